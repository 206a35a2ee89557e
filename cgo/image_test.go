package cgo_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
)

func TestSubscription_imagesByCsOwnFunctions(t *testing.T) {
	r := start(t)
	p, s, i := connected(r)
	info, err := cgo.ExclusivePublicationConstants(p)
	require.NoError(t, err)
	count := func() int {
		n, err := cgo.SubscriptionImageCount(s)
		require.NoError(t, err)
		return n
	}
	require.Equal(t, 1, count())
	byID, ok := cgo.SubscriptionImageBySessionID(s, info.SessionID)
	require.True(t, ok)
	require.Equal(t, i, byID)
	at, ok := cgo.SubscriptionImageAtIndex(s, 0)
	require.True(t, ok)
	require.Equal(t, i, at)
	_, ok = cgo.SubscriptionImageBySessionID(s, info.SessionID+1)
	require.False(t, ok)
	_, ok = cgo.SubscriptionImageAtIndex(s, 1)
	require.False(t, ok)
	require.Empty(t, cgo.SubscriptionForEachImage(s, 0))
	require.NoError(t, cgo.SubscriptionImageRetain(s, i))
	require.NoError(t, cgo.SubscriptionImageRelease(s, i))
	require.NoError(t, cgo.ImageRelease(at))

	memory, err := cgo.ImageMemory(byID)
	require.NoError(t, err)
	require.Equal(t, info.SessionID, memory.SessionID)
	require.Equal(t, info.InitialTermID, memory.InitialTermID)
	require.EqualValues(t, 64<<10, memory.TermLength)
	require.EqualValues(t, 1408, memory.MTU)
	_, err = cgo.ImageMemory(cgo.Image{})
	require.ErrorContains(t, err, "image constants")

	require.False(t, cgo.ImageIsClosed(byID))
	require.Zero(t, cgo.ImageActiveTransportCount(byID), "IPC needs none")
	require.EqualValues(t, -1, cgo.SubscriptionChannelStatus(s), "and has no status")
	require.EqualValues(t, math.MaxInt64, cgo.ImageEndOfStreamPosition(byID), "nobody knows yet")
	r.send(p, "one")
	require.NoError(t, cgo.ExclusivePublicationClose(p, r.listener))
	r.await("the end of the stream to be known", func() bool { return cgo.ImageEndOfStreamPosition(byID) == 64 })
	require.False(t, cgo.ImageIsEndOfStream(byID))
	require.Len(t, r.poll(s), 1)
	require.True(t, cgo.ImageIsEndOfStream(byID))
	require.False(t, cgo.ImageIsPublicationRevoked(byID))
	r.event(cgo.EventImageUnavailable)
	require.True(t, cgo.ImageIsClosed(byID))
	require.Zero(t, count())
	require.False(t, cgo.SubscriptionIsConnected(s))
	require.NoError(t, cgo.ImageRelease(byID))
	require.ErrorContains(t, cgo.ImageRelease(cgo.Image{}), "image")
}

// An image that has left its subscription does not know it any more, and so is rejected by who does.
func TestSubscription_rejectImage(t *testing.T) {
	r := start(t)
	_, s, i := connected(r)
	info, err := cgo.ImageMemory(i)
	require.NoError(t, err)
	reject := func(reason string) error {
		return cgo.SubscriptionRejectImage(s, info.CorrelationID, cgo.ImagePosition(i), reason)
	}
	require.ErrorContains(t, reject("a\x00b"), "NUL byte")
	require.NoError(t, reject("no more"))
	r.event(cgo.EventImageUnavailable)
	images, _ := cgo.SubscriptionRetainImages(s) // from here on the conductor may part the two
	require.Empty(t, images)
	require.NoError(t, reject("again"))
}

func TestImage_reject(t *testing.T) {
	r := start(t)
	p, s, i := connected(r)
	require.NoError(t, cgo.ImageReject(i, "no more"))
	r.event(cgo.EventImageUnavailable)
	require.False(t, cgo.SubscriptionIsConnected(s))
	r.await("the publication to hear of it", func() bool { return !cgo.ExclusivePublicationIsConnected(p) })
	require.ErrorContains(t, cgo.ImageReject(i, "a\x00b"), "NUL byte")
}
