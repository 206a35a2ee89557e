package soak

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

var (
	duration = flag.Duration("duration", 30*time.Second, "how long to soak")
	streams  = flag.Int("streams", 100, "how many streams there are at a time")
	messages = flag.Int64("messages", 1<<62, "end earlier after so many messages")
	seed     = flag.Uint64("seed", 1, "of lengths, contents and losses")
	plotFile = flag.String("plot", "", "draw what the process held as SVG into this file")
)

func TestMain(m *testing.M) {
	if os.Getenv(childDirectory) != "" {
		os.Exit(child())
	}
	os.Exit(testdriver.Main(m))
}

// settings are those of all drivers here: small, on one thread, and quick to let go of what has been closed.
//
// Upstream asks for a retransmission every 100 µs until it comes. With a tenth of everything lost and few cores that fills the sockets'
// buffers with requests, and nothing else gets through; so it is every 20 ms here.
//
// The window is a quarter of a term. With half a term, which is the most, a sender can stop for good: padding at the end of a term
// takes it beyond the window, and if all of that is lost, it refuses the receiver's status messages as too far behind (1.54).
func settings(dir string) aeron.Config {
	return aeron.Config{
		Directory: dir, Threading: aeron.Shared, TermLength: 64 << 10, IPCTermLength: 64 << 10, MTU: 1408, IPCMTU: 1408, InitialWindow: 16 << 10,
		LingerTimeout: 100 * time.Millisecond, ClientLivenessTimeout: 5 * time.Second,
		Driver: aeron.DriverConfig{TimerInterval: 50 * time.Millisecond, NAKUnicastDelay: 200 * time.Microsecond, NAKUnicastRetryDelayRatio: 100},
	}
}

func open(t *testing.T, config aeron.Config) *aeron.Driver {
	t.Helper()
	d, err := aeron.Open(config)
	require.NoError(t, err)
	require.NoError(t, d.Start(testdriver.Context(t)))
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

// Nothing is lost or doubled, and nothing grows.
func TestSoak(t *testing.T) {
	figures.Begin(t)
	t.Logf("-seed %d", *seed)
	place := testdriver.Dir(t)
	require.NoError(t, os.Mkdir(place, 0o700))
	near := open(t, settings(filepath.Join(place, "near")))
	lossy := settings(filepath.Join(place, "far"))
	lossy.Driver.IncomingLoss = fmt.Sprintf("loss:rate=0.1|seed=%d|recv-msg-mask=0x2", *seed) // of data
	far := open(t, lossy)
	routes := []route{{near, near, "aeron:ipc"}, {near, far, testdriver.UDP(t)}, {far, far, "aeron:ipc"}, {near, far, testdriver.UDP(t)}}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all totals
	var running sync.WaitGroup
	failures := make(chan error, *streams+2)
	for i := range *streams {
		running.Go(func() {
			if err := generations(ctx, routes[i%len(routes)], i, &all); err != nil {
				failures <- err
				cancel()
			}
		})
	}
	churn := churn{place: place, near: near.Dir(), port: testdriver.Port(t)}
	for _, f := range []func(context.Context) error{churn.clients, churn.drivers} {
		running.Go(func() {
			if err := f(ctx); err != nil {
				failures <- err
				cancel()
			}
		})
	}
	samples := watch(ctx, t, cancel, place, &all)
	running.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	grown, told := growth(samples)
	took := samples[len(samples)-1].at
	figures.Record(t, "ran for", took.Round(time.Second))
	figures.Record(t, "messages", fmt.Sprintf("%d in %d streams, %d MiB, of %d that were sent", all.messages.Load(), all.streams.Load(), all.bytes.Load()>>20, all.sent.Load()))
	figures.Record(t, "dropped by the interceptor", fmt.Sprintf("%d losses were seen and repaired", losses(t, far)))
	figures.Record(t, "came and went", fmt.Sprintf("%d drivers, %d clients, %d of which were killed", churn.driversDone, churn.clientsDone, churn.clientsKilled))
	for i, kind := range kinds {
		figures.Record(t, kind.name, told[i])
	}
	if *plotFile != "" {
		title := fmt.Sprintf("%d streams for %v: what the process held", *streams, took.Round(time.Second))
		require.NoError(t, os.WriteFile(*plotFile, []byte(plot(samples, title)), 0o644))
	}
	require.Positive(t, all.messages.Load())
	require.Equal(t, all.sent.Load(), all.messages.Load(), "messages that were sent, and received")
	require.Positive(t, losses(t, far), "the interceptor dropped nothing: the test tests less than it says")
	require.Positive(t, churn.driversDone)
	require.Positive(t, churn.clientsDone)
	require.Positive(t, churn.clientsKilled)
	require.Empty(t, grown, "these grew from the second third of the time to the last")
}

// generations lets one stream follow the other on the same place until ctx ends.
func generations(ctx context.Context, r route, index int, all *totals) error {
	for generation := 0; ctx.Err() == nil; generation++ {
		id := int32(1000*generation%1_000_000 + index) // another id each time, so that what is late cannot be taken for new
		s, err := openStream(context.Background(), r, id, *seed<<32+uint64(generation)*1000+uint64(index))
		if err == nil {
			if err = s.live(ctx, all); err != nil {
				err = fmt.Errorf("%w (%s)", err, r.channel)
			}
			if closing := s.close(); err == nil {
				err = closing
			}
		}
		if err != nil {
			return fmt.Errorf("stream %d, generation %d, seed %d: %w", index, generation, *seed, err)
		}
	}
	return nil
}

// longerWhenFaster is how many thirds of the time the soak goes on for when something has grown while streams came to follow each other
// faster, as they do when others let go of the machine. What grows at an even pace is a leak at once.
const longerWhenFaster = 3

// watch samples a few hundred times, and ends the soak when its time is over: what it returns is of the last *duration.
func watch(ctx context.Context, t *testing.T, cancel func(), place string, all *totals) []sample {
	t.Helper()
	begin, end, longer := time.Now(), *duration, 0
	tick := time.NewTicker(max(*duration/600, 50*time.Millisecond))
	defer tick.Stop()
	var samples []sample
	for {
		s, err := take(time.Since(begin), place)
		require.NoError(t, err)
		s.streams = all.streams.Load()
		samples = append(samples, s)
		if all.messages.Load() >= *messages {
			cancel()
		}
		if time.Since(begin) >= end {
			grown, _ := growth(samples)
			if len(grown) == 0 || steady(samples) || longer == longerWhenFaster {
				cancel()
				return samples
			}
			t.Logf("longer, since streams follow each other faster: %v", grown)
			longer++
			end += *duration / 3
			samples = samples[len(samples)/3:]
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return samples
		}
	}
}
