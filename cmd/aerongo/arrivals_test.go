package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestArrivals_keepNobodyWhoHasGone(t *testing.T) {
	ctx := testdriver.Context(t)
	drv, err := aeron.Open(aeron.Config{Directory: testdriver.Dir(t), Threading: aeron.Shared, IPCTermLength: 64 << 10, Settings: "timer_interval_ns=10ms"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(ctx))
	sub, err := drv.AddSubscription(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	var publishers arrivals
	require.False(t, publishers.allEnded(sub), "nobody has come")
	for range 5 {
		pub, err := drv.AddExclusivePublication(ctx, "aeron:ipc?linger=0", 1)
		require.NoError(t, err)
		require.NoError(t, pub.AwaitReady(ctx))
		testdriver.Await(t, "its image", func() bool { return len(sub.Images()) == 1 })
		image := sub.Images()[0]
		for range 2 {
			publishers.note(image)
		}
		require.False(t, publishers.allEnded(sub), "one is there")
		require.Len(t, publishers.there, 1, "and the ones before are forgotten")
		require.NoError(t, pub.Close())
		testdriver.Await(t, "its end", func() bool { return publishers.allEnded(sub) })
		testdriver.Await(t, "that it is gone", image.IsClosed)
		require.True(t, publishers.allEnded(sub))
	}
}
