package pingpong_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/drain"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/pingpong"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

const (
	pings = 1
	pongs = 2
)

func driver(t *testing.T) *aeron.Driver {
	t.Helper()
	drv, err := aeron.Open(aeron.Config{Directory: testdriver.Dir(t), Threading: aeron.Shared, TermLength: 64 << 10, IPCTermLength: 64 << 10})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(testdriver.Context(t)))
	return drv
}

// side adds one side of a ping-pong.
func side(t *testing.T, drv *aeron.Driver, in, out int32) (*aeron.Subscription, *aeron.ExclusivePublication) {
	t.Helper()
	sub, err := drv.AddSubscription(testdriver.Context(t), "aeron:ipc", in)
	require.NoError(t, err)
	pub, err := drv.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", out)
	require.NoError(t, err)
	return sub, pub
}

// echoing runs an echo until the returned function is called.
func echoing(t *testing.T, drv *aeron.Driver, patience time.Duration) (stop func() pingpong.EchoStats) {
	t.Helper()
	sub, pub := side(t, drv, pings, pongs)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan pingpong.EchoStats, 1)
	var failure error
	go func() {
		stats, err := pingpong.Echo(ctx, sub, pub, idle.Backoff(), patience)
		failure = err
		done <- stats
	}()
	stopped := false
	stop = func() pingpong.EchoStats {
		if stopped {
			return pingpong.EchoStats{}
		}
		stopped = true
		cancel()
		stats := <-done
		require.NoError(t, failure)
		return stats
	}
	t.Cleanup(func() { stop() })
	return stop
}

func options() pingpong.Options {
	return pingpong.Options{Messages: 100, Warmup: 10, Length: 16, Wait: testdriver.Patience, Idle: idle.Yield()}
}

func TestMeasure_everyMessageCountsOnce(t *testing.T) {
	drv := driver(t)
	stop := echoing(t, drv, testdriver.Patience)
	sub, pub := side(t, drv, pongs, pings)
	o := options()
	h, err := pingpong.Measure(testdriver.Context(t), sub, pub, o)
	require.NoError(t, err)
	require.Equal(t, o.Messages, h.TotalCount())

	o.Rate, o.Warmup = 5000, 0
	begin := time.Now()
	h, err = pingpong.Measure(testdriver.Context(t), sub, pub, o)
	require.NoError(t, err)
	require.Equal(t, o.Messages, h.TotalCount())
	require.GreaterOrEqual(t, time.Since(begin), 99*time.Second/5000, "the last one is not due before")
	require.Equal(t, pingpong.EchoStats{Echoed: 210}, stop())
}

func TestMeasure_whatHoldsUpTheSenderCounts(t *testing.T) {
	drv := driver(t)
	echoing(t, drv, testdriver.Patience)
	sub, pub := side(t, drv, pongs, pings)
	o := options()
	// Nobody can send a message every nanosecond: all are due at once, and the last one waits for all the others.
	o.Rate, o.Warmup, o.Messages = 1e9, 0, 2000
	// If the first ones have to wait as well, for a processor, that says nothing: once more.
	testdriver.Await(t, "latencies that grow with the queue", func() bool {
		h, err := pingpong.Measure(testdriver.Context(t), sub, pub, o)
		require.NoError(t, err)
		return h.ValueAtPercentile(99) > 2*h.ValueAtPercentile(10)
	})
}

func TestMeasure_ignoresWhatIsNotItsOwn(t *testing.T) {
	drv := driver(t)
	sub, pub := side(t, drv, pongs, pings)
	echoSub, echoPub := side(t, drv, pings, pongs)
	require.NoError(t, echoPub.AwaitReady(testdriver.Context(t)))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // an echo that others use too: around each pong there are strange ones
		defer close(done)
		strange := make([]byte, 16)
		binary.LittleEndian.PutUint64(strange, 1)
		for ctx.Err() == nil {
			_, err := echoSub.Poll(func(f aeron.Fragment) {
				for _, message := range [][]byte{strange, {1, 2, 3}, nil, f.Data(), f.Data()} {
					_ = echoPub.Publish(ctx, message) // ends with ctx
				}
			}, 10)
			if err != nil {
				return
			}
		}
	}()
	h, err := pingpong.Measure(testdriver.Context(t), sub, pub, options())
	cancel()
	<-done
	require.NoError(t, err)
	require.Equal(t, int64(100), h.TotalCount())
}

func TestMeasure_noAnswer(t *testing.T) {
	drv := driver(t)
	sub, pub := side(t, drv, pongs, pings)
	o := options()
	o.Wait = 20 * time.Millisecond
	_, err := pingpong.Measure(testdriver.Context(t), sub, pub, o)
	require.ErrorIs(t, err, pingpong.ErrNoPong)
	require.ErrorContains(t, err, "nobody publishes pongs")

	_, deaf := side(t, drv, 99, pongs)
	_, err = pingpong.Measure(testdriver.Context(t), sub, pub, o)
	require.ErrorIs(t, err, pingpong.ErrNoPong)
	require.ErrorContains(t, err, "nobody subscribes to pings")

	// Both are there, and nobody sends anything back.
	_, err = drv.AddSubscription(testdriver.Context(t), "aeron:ipc", pings)
	require.NoError(t, err)
	require.NoError(t, deaf.AwaitReady(testdriver.Context(t)))
	for _, rate := range []float64{0, 1000} {
		o.Rate = rate
		_, err = pingpong.Measure(testdriver.Context(t), sub, pub, o)
		require.ErrorIs(t, err, pingpong.ErrNoPong)
		require.ErrorContains(t, err, "to come back")
	}

	ctx, cancel := context.WithCancelCause(context.Background())
	stopped := errors.New("stopped")
	cancel(stopped)
	_, err = pingpong.Measure(ctx, sub, pub, options())
	require.ErrorIs(t, err, stopped)
}

func TestMeasure_cancelledOnTheWay(t *testing.T) {
	drv := driver(t)
	sub, pub := side(t, drv, pongs, pings)
	silent, _ := side(t, drv, pings, pongs)
	stopped := errors.New("stopped")
	for _, rate := range []float64{0, 1000} {
		ctx, cancel := context.WithCancelCause(context.Background())
		go func() {
			// The first ping has come: the measurement is under way.
			if err := receiveOne(silent); err == nil {
				cancel(stopped)
			}
		}()
		o := options()
		o.Rate, o.Wait = rate, time.Hour
		_, err := pingpong.Measure(ctx, sub, pub, o)
		require.ErrorIs(t, err, stopped)
		cancel(nil)
	}
}

func receiveOne(sub *aeron.Subscription) error {
	for _, err := range sub.Messages(context.Background()) {
		return err
	}
	return nil
}

func TestMeasure_refusesOptionsThatMakeNoSense(t *testing.T) {
	drv := driver(t)
	sub, pub := side(t, drv, pongs, pings)
	for _, change := range []func(*pingpong.Options){
		func(o *pingpong.Options) { o.Messages = 0 },
		func(o *pingpong.Options) { o.Warmup = -1 },
		func(o *pingpong.Options) { o.Length = pingpong.MinLength - 1 },
		func(o *pingpong.Options) { o.Rate = -1 },
		func(o *pingpong.Options) { o.Wait = 0 },
		func(o *pingpong.Options) { o.Idle = nil },
	} {
		o := options()
		change(&o)
		_, err := pingpong.Measure(testdriver.Context(t), sub, pub, o)
		require.ErrorContains(t, err, "measure:")
	}
	o := options()
	o.Length = pub.MaxMessageLength() + 1
	_, err := pingpong.Measure(testdriver.Context(t), sub, pub, o)
	require.ErrorIs(t, err, aeron.ErrMessageTooLong)
}

func TestEcho_sendsBackWhatItGetsAndDropsWhatNobodyWants(t *testing.T) {
	drv := driver(t)
	stop := echoing(t, drv, 10*time.Millisecond)
	pub, err := drv.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", pings)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(testdriver.Context(t)))
	// Nobody listens to pongs yet. The first waits for somebody, and none comes; the second is dropped at once.
	require.NoError(t, pub.Publish(testdriver.Context(t), []byte("dropped")))
	require.NoError(t, pub.Publish(testdriver.Context(t), nil))
	position, err := pub.Position()
	require.NoError(t, err)
	watch, err := drain.Open(drv.Dir(), pub.SessionID(), pub.StreamID(), 0)
	require.NoError(t, err)
	defer watch.Close()
	testdriver.Await(t, "both are dropped", func() bool {
		progress, err := watch.Look(position)
		require.NoError(t, err)
		return progress.Certain
	})

	sub, err := drv.AddSubscription(testdriver.Context(t), "aeron:ipc", pongs)
	require.NoError(t, err)
	require.NoError(t, sub.AwaitReady(testdriver.Context(t)))
	long := bytes.Repeat([]byte("long"), 2000)
	var back [][]byte
	testdriver.Await(t, "echoes", func() bool {
		// The echo may find out about the subscription later than we do, and drops until then.
		if len(back) == 0 {
			require.NoError(t, pub.Publish(testdriver.Context(t), long))
		}
		_, err := sub.Poll(func(f aeron.Fragment) { back = append(back, bytes.Clone(f.Data())) }, 100)
		require.NoError(t, err)
		return len(back) > 0
	})
	require.Equal(t, long, back[0])
	stats := stop()
	require.GreaterOrEqual(t, stats.Dropped, int64(2))
	require.GreaterOrEqual(t, stats.Echoed, int64(1))
}

func TestReport(t *testing.T) {
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	for i := int64(1); i <= 10000; i++ {
		require.NoError(t, h.RecordValue(i*1000))
	}
	r := pingpong.NewReport(h, pingpong.Options{Rate: 5, Length: 64})
	text, err := json.Marshal(r)
	require.NoError(t, err)
	var fields map[string]float64
	require.NoError(t, json.Unmarshal(text, &fields))
	for name, want := range map[string]float64{
		"count": 10000, "rate": 5, "length": 64, "min": 1000, "mean": 5e6,
		"p50": 5e6, "p90": 9e6, "p99": 9.9e6, "p99.9": 9.99e6, "p99.99": 9.999e6, "max": 1e7,
	} {
		require.InEpsilon(t, want, fields[name], 0.002, name)
	}
	require.Len(t, fields, 11)
}

func TestTableAndPlot(t *testing.T) {
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	var plot bytes.Buffer
	require.NoError(t, pingpong.WritePlot(&plot, h))
	require.Empty(t, plot.String(), "of nothing there is no plot")
	for range 100 {
		require.NoError(t, h.RecordValue(5000))
	}
	require.NoError(t, h.RecordValue(80000))

	var table bytes.Buffer
	require.NoError(t, pingpong.WriteTable(&table, h))
	require.Contains(t, table.String(), "Percentile")
	require.Contains(t, table.String(), "5.00", "in microseconds")

	require.NoError(t, pingpong.WritePlot(&plot, h))
	rows := strings.Split(strings.TrimSpace(plot.String()), "\n")
	require.LessOrEqual(t, len(rows), 17)
	require.Contains(t, rows[0], "5.0 µs |"+strings.Repeat("#", 50)+" 100")
	require.True(t, strings.HasSuffix(rows[len(rows)-1], " 1"), rows[len(rows)-1])

	require.ErrorIs(t, pingpong.WriteTable(failing{}, h), io.ErrClosedPipe)
	require.ErrorIs(t, pingpong.WritePlot(failing{}, h), io.ErrClosedPipe)
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
