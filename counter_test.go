package aeron_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestCountersAndDestinations(t *testing.T) {
	d := start(t, config(t))
	ctx := testdriver.Context(t)
	c, err := d.AddCounter(ctx, 1234, []byte("k"), "orders")
	require.NoError(t, err)
	require.NoError(t, c.Set(7))
	found := false
	for record := range d.Counters() {
		found = found || record.ID == c.ID() && record.Value == 7 && record.Label == "orders"
	}
	require.True(t, found)
	fixed, err := d.AddStaticCounter(ctx, 1235, nil, "fixed", 1)
	require.NoError(t, err)
	require.NoError(t, fixed.Close())
	_, err = d.NextSessionID(ctx, 7)
	require.NoError(t, err)

	sub, err := d.AddSubscription(ctx, "aeron:udp?endpoint=127.0.0.1:0", 7)
	require.NoError(t, err)
	channel := ""
	testdriver.Await(t, "a port", func() bool {
		channel, err = sub.ResolvedChannel()
		require.NoError(t, err)
		return channel != ""
	})
	pub, err := d.AddExclusivePublication(ctx, "aeron:udp?control-mode=manual|term-length=64k", 7)
	require.NoError(t, err)
	id, err := pub.AddDestination(ctx, channel)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	addresses, err := pub.LocalAddresses()
	require.NoError(t, err)
	require.Len(t, addresses, 1)
	require.NoError(t, pub.RemoveDestinationByID(ctx, id))
	require.NoError(t, pub.Revoke())
	require.ErrorIs(t, pub.Revoke(), aeron.ErrClosed)

	manual, err := d.AddSubscription(ctx, "aeron:udp?control-mode=manual", 8)
	require.NoError(t, err)
	destination := testdriver.UDP(t)
	_, err = manual.AddDestination(ctx, destination)
	require.NoError(t, err)
	addresses, err = manual.LocalAddresses()
	require.NoError(t, err)
	require.Len(t, addresses, 1)
	require.NoError(t, manual.RemoveDestination(ctx, destination))

	require.NoError(t, d.Close())
	require.True(t, c.IsClosed())
	_, err = d.AddCounter(ctx, 1234, nil, "")
	require.ErrorIs(t, err, aeron.ErrClosed)
	for range d.Counters() {
		t.Fatal("a counter of a closed driver")
	}
}
