//go:build cgo

package aeronprom_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronprom"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

func TestCollect_aRealDriver(t *testing.T) {
	ctx := testdriver.Context(t)
	drv, err := aeron.Open(aeron.Config{Directory: testdriver.Dir(t), Threading: aeron.Shared, TermLength: 64 << 10, IPCTermLength: 64 << 10, ClientName: "metrics test"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	c := newCollector(t, drv.Dir(), aeronprom.Options{})
	require.InDelta(t, 0.0, gather(t, c)["aeron_up"], 0)
	require.NoError(t, drv.Start(ctx))

	channel := testdriver.UDP(t)
	sub, err := drv.AddSubscription(ctx, channel, 10)
	require.NoError(t, err)
	pub, err := drv.AddExclusivePublication(ctx, channel, 10)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	const messages = 20
	for range messages {
		require.NoError(t, pub.Publish(ctx, make([]byte, 96))) // 128 bytes with the header
	}
	sum := func(got series, prefix string) (sum float64, n int) {
		for name, value := range got {
			if strings.HasPrefix(name, prefix+" ") && strings.Contains(name, " stream_id=10") {
				sum += value
				n++
			}
		}
		return sum, n
	}
	var got series
	testdriver.Await(t, "the receiver's position", func() bool {
		got = gather(t, c)
		received, _ := sum(got, "aeron_receiver_position_bytes_total")
		return received == messages*128
	})
	lag, subscribers := sum(got, "aeron_subscriber_lag_bytes")
	require.Equal(t, 1, subscribers)
	require.InDelta(t, messages*128, lag, 0, "nobody has polled")
	require.Positive(t, got["aeron_bytes_sent_total"])
	require.Positive(t, got["aeron_mapped_bytes"])
	for id := range int32(46) {
		if id != stats.SystemNativeResourceAgentProxyFails {
			require.Contains(t, got, aeronprom.SystemMetricName(id))
		}
	}

	for read := 0; read < messages; {
		n, err := sub.Poll(func(aeron.Fragment) {}, 10)
		require.NoError(t, err)
		read += n
	}
	lag, _ = sum(gather(t, c), "aeron_subscriber_lag_bytes")
	require.Zero(t, lag)
	require.NoError(t, drv.Close())
	require.InDelta(t, 0.0, gather(t, c)["aeron_up"], 0)
}
