package load_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/load"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

// ends are publications and subscriptions of n streams.
func ends(t *testing.T, n int) (*aeron.Driver, []*aeron.ExclusivePublication, []*aeron.Subscription) {
	t.Helper()
	drv, err := aeron.Open(aeron.Config{Directory: testdriver.Dir(t), Threading: aeron.Shared, TermLength: 64 << 10, IPCTermLength: 64 << 10})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(testdriver.Context(t)))
	var pubs []*aeron.ExclusivePublication
	var subs []*aeron.Subscription
	for id := range int32(n) {
		sub, err := drv.AddSubscription(testdriver.Context(t), "aeron:ipc", id)
		require.NoError(t, err)
		pub, err := drv.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", id)
		require.NoError(t, err)
		subs, pubs = append(subs, sub), append(pubs, pub)
	}
	return drv, pubs, subs
}

func options() load.Options {
	return load.Options{Rate: 2000, Size: 32, Warmup: 20 * time.Millisecond, Duration: 200 * time.Millisecond, Wait: testdriver.Patience, Idle: idle.Yield}
}

func TestRun_everyMessageAtItsTime(t *testing.T) {
	_, pubs, subs := ends(t, 3)
	r, err := load.Run(testdriver.Context(t), pubs, subs, options())
	require.NoError(t, err)
	require.Equal(t, int64(400), r.Sent, "2000 a second for 200 ms")
	require.Equal(t, r.Sent, r.Received)
	require.Equal(t, r.Received, r.Latency.TotalCount())
	require.Positive(t, r.Latency.Min())
	require.GreaterOrEqual(t, r.Elapsed, 199*time.Millisecond, "the last one is not due before")
	require.Positive(t, r.Rate())
}

func TestRun_asFastAsItGoes(t *testing.T) {
	_, pubs, subs := ends(t, 1)
	o := options()
	o.Rate = 0
	r, err := load.Run(testdriver.Context(t), pubs, subs, o)
	require.NoError(t, err)
	require.Positive(t, r.Sent)
	require.Equal(t, r.Sent, r.Received)
	require.Zero(t, r.Latency.TotalCount(), "a queue's length is no latency")
}

func TestRun_whatHoldsUpTheSenderCounts(t *testing.T) {
	_, pubs, subs := ends(t, 1)
	o := options()
	// Nobody can send a message every nanosecond: all are due at once, and the last ones wait for all the others.
	o.Rate, o.Warmup, o.Duration = 1e9, 0, 5*time.Microsecond
	// If the first ones have to wait as well, for a processor, that says nothing: once more.
	testdriver.Await(t, "latencies that grow with the queue, in a window that 5000 messages do not fit into", func() bool {
		r, err := load.Run(testdriver.Context(t), pubs, subs, o)
		require.NoError(t, err)
		require.Equal(t, int64(5000), r.Received)
		return r.Latency.ValueAtPercentile(99) > 2*r.Latency.ValueAtPercentile(5) && r.BackPressured > 0
	})
}

func TestRun_othersMessagesDoNotCount(t *testing.T) {
	drv, pubs, subs := ends(t, 1)
	other, err := drv.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 0)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait := idle.Sleep(time.Millisecond) // so that ours find room
		for ctx.Err() == nil {
			message := make([]byte, 32)
			binary.LittleEndian.PutUint64(message, uint64(time.Hour))
			_, _ = other.Offer(message)
			_, _ = other.Offer(message[:4])
			wait.Idle(0)
		}
	}()
	r, err := load.Run(testdriver.Context(t), pubs, subs, options())
	cancel()
	<-done
	require.NoError(t, err)
	require.Equal(t, int64(400), r.Received)
}

func TestRun_badOptionsAndBadEnds(t *testing.T) {
	drv, pubs, subs := ends(t, 1)
	for name, change := range map[string]func(*load.Options){
		"rate":     func(o *load.Options) { o.Rate = -1 },
		"NaN":      func(o *load.Options) { o.Rate = math.NaN() },
		"infinite": func(o *load.Options) { o.Rate = math.Inf(1) },
		"size":     func(o *load.Options) { o.Size = 15 },
		"warmup":   func(o *load.Options) { o.Warmup = -1 },
		"duration": func(o *load.Options) { o.Duration = 0 },
		"wait":     func(o *load.Options) { o.Wait = 0 },
		"idle":     func(o *load.Options) { o.Idle = nil },
	} {
		o := options()
		change(&o)
		_, err := load.Run(testdriver.Context(t), pubs, subs, o)
		require.ErrorContains(t, err, "need at least", name)
	}
	_, err := load.Run(testdriver.Context(t), nil, subs, options())
	require.ErrorContains(t, err, "0 publications")
	o := options()
	o.Size = 1 << 20
	_, err = load.Run(testdriver.Context(t), pubs, subs, o)
	require.ErrorIs(t, err, aeron.ErrMessageTooLong)

	deaf, err := drv.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 99)
	require.NoError(t, err)
	o = options()
	o.Wait = 20 * time.Millisecond
	_, err = load.Run(testdriver.Context(t), []*aeron.ExclusivePublication{deaf}, subs, o)
	require.ErrorIs(t, err, load.ErrNobody)
	require.ErrorContains(t, err, "stream 99")

	// Somebody else listens, and we do not: what is not received is lost, and that is told.
	elsewhere, err := drv.AddSubscription(testdriver.Context(t), "aeron:ipc", 98)
	require.NoError(t, err)
	o.Duration = 20 * time.Millisecond
	r, err := load.Run(testdriver.Context(t), pubs, []*aeron.Subscription{elsewhere}, o)
	require.NoError(t, err)
	require.Positive(t, r.Sent)
	require.Zero(t, r.Received)
	require.Zero(t, r.Rate())
}

func TestRun_ends(t *testing.T) {
	_, pubs, subs := ends(t, 1)
	o := options()
	o.Duration = time.Hour
	underWay := func(end func()) {
		before, err := pubs[0].Position()
		require.NoError(t, err)
		go func() {
			for now := before; now == before; now, _ = pubs[0].Position() {
				time.Sleep(time.Millisecond)
			}
			end()
		}()
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	underWay(func() { cancel(cause) })
	_, err := load.Run(ctx, pubs, subs, o)
	require.ErrorIs(t, err, cause)

	underWay(func() { _ = subs[0].Close() })
	_, err = load.Run(testdriver.Context(t), pubs, subs, o)
	require.ErrorIs(t, err, aeron.ErrClosed)
}

func TestWriteSVG_isAPicture(t *testing.T) {
	for name, values := range map[string][]int64{"many": {1500, 2500, 100_000, 3_000_000}, "one": {1}, "none": nil, "long": {int64(time.Hour)}} {
		h := hdrhistogram.New(1, int64(time.Hour), 3)
		for _, v := range values {
			require.NoError(t, h.RecordValue(v))
		}
		var b bytes.Buffer
		require.NoError(t, load.WriteSVG(&b, `<aeron:udp?endpoint="x">&`, h))
		decoder := xml.NewDecoder(strings.NewReader(b.String()))
		elements := map[string]int{}
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, name)
			if e, ok := token.(xml.StartElement); ok {
				elements[e.Name.Local]++
			}
		}
		require.Equal(t, 1, elements["polyline"], name)
		require.Greater(t, elements["text"], 3, name)
		require.NotContains(t, b.String(), "NaN", name)
		require.NotContains(t, b.String(), "Inf", name)
	}
	h := hdrhistogram.New(1, 1000, 3)
	require.Nil(t, load.PercentilesOf(h))
	require.NoError(t, h.RecordValue(10))
	require.Equal(t, &load.Percentiles{Min: 10, Mean: 10, P50: 10, P90: 10, P99: 10, P999: 10, P9999: 10, Max: 10}, load.PercentilesOf(h))
}
