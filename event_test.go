package aeron_test

import (
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestEvents(t *testing.T) {
	d := start(t, config(t))
	ctx := testdriver.Context(t)
	events, stop := d.Events(1000)
	defer stop()
	defer d.OnEvent(func(aeron.Event) { panic("of one listener, and nobody else's") })()
	d.OnEvent(nil)()
	await := func(kind aeron.EventKind) (found aeron.Event) {
		t.Helper()
		testdriver.Await(t, "an event", func() bool {
			select {
			case found = <-events:
				return found.Kind == kind
			default:
				return false
			}
		})
		return found
	}
	channel := testdriver.UDP(t)
	pub, err := d.AddPublication(ctx, channel+"|term-length=64k", 7)
	require.NoError(t, err)
	e := await(aeron.PublicationAdded)
	require.EqualValues(t, 7, e.StreamID)
	require.Equal(t, pub.Constants().SessionID, e.SessionID)
	require.True(t, strings.HasPrefix(e.Channel, channel))
	sub, err := d.AddSubscription(ctx, channel, 7)
	require.NoError(t, err)
	require.EqualValues(t, 7, await(aeron.SubscriptionAdded).StreamID)
	require.Equal(t, pub.Constants().SessionID, await(aeron.ImageAvailable).SessionID)
	_, err = d.AddExclusivePublication(ctx, "aeron:ipc?term-length=64k", 8)
	require.NoError(t, err)
	require.EqualValues(t, 8, await(aeron.ExclusivePublicationAdded).StreamID)

	testdriver.Await(t, "an image", func() bool { return len(sub.Images()) == 1 && pub.IsConnected() })
	require.NoError(t, sub.Images()[0].Reject("not\nthis"))
	frame := await(aeron.ErrorFrameReceived)
	require.Equal(t, pub.Constants().RegistrationID, frame.RegistrationID)
	require.NotNil(t, frame.ErrorFrame)
	require.Contains(t, frame.ErrorFrame.Message, `not\nthis`)
	require.True(t, frame.ErrorFrame.Source.Addr().IsLoopback())
	stop()
	stop()
	for range events { // what was kept, and then the end
	}
}

func TestEvents_keepNoMoreThanThereIsMemoryFor(t *testing.T) {
	d := start(t, config(t))
	events, stop := d.Events(math.MaxInt)
	defer stop()
	require.Equal(t, 1<<16, cap(events))
}

// The events of a client that was lost and of the one after it come one at a time.
func TestOnEvent_oneCallAtATimeAcrossStarts(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	d := start(t, aeron.Config{External: true, Directory: dir})
	ctx := testdriver.Context(t)
	var inside, calls atomic.Int32
	entered, release := make(chan struct{}), make(chan struct{})
	together := make(chan struct{}, 1000)
	d.OnEvent(func(e aeron.Event) {
		if inside.Add(1) > 1 {
			together <- struct{}{}
		}
		if calls.Add(1) == 1 {
			close(entered)
			<-release
		}
		inside.Add(-1)
	})
	_, err := d.AddPublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	<-entered
	require.NoError(t, running.Close())
	awaitLost(t, d)
	startIn(t, dir)
	require.NoError(t, d.Start(ctx))
	// A listener of another kind is called by the same goroutine behind the event.
	_, err = d.AddPublication(ctx, "aeron:ipc", 2)
	require.NoError(t, err)
	later, done := d.Events(1000)
	defer done()
	third, err := d.AddPublication(ctx, "aeron:ipc", 3)
	require.NoError(t, err)
	close(release)
	for e := range later {
		if e.Kind == aeron.PublicationAdded && e.RegistrationID == third.Constants().RegistrationID && e.StreamID == 3 {
			break
		}
	}
	require.Empty(t, together)
	require.Greater(t, calls.Load(), int32(2))
}

func TestAwaitReady_minReceivers(t *testing.T) {
	d := start(t, config(t))
	ctx := testdriver.Context(t)
	pub, err := d.AddPublication(ctx, "aeron:ipc?term-length=64k", 7)
	require.NoError(t, err)
	_, err = d.AddSubscription(ctx, "aeron:ipc", 7)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx, nil, aeron.MinReceivers(1)), "no option is none")
	done := make(chan error)
	go func() { done <- pub.AwaitReady(ctx, aeron.MinReceivers(2)) }()
	select {
	case err := <-done:
		require.FailNow(t, "with one subscriber of two", "%v", err)
	default:
	}
	_, err = d.AddSubscription(ctx, "aeron:ipc", 7)
	require.NoError(t, err)
	require.NoError(t, <-done)

	channel := testdriver.UDP(t)
	uncounted, err := d.AddPublication(ctx, channel+"|term-length=64k", 9)
	require.NoError(t, err)
	_, err = d.AddSubscription(ctx, channel, 9)
	require.NoError(t, err)
	require.NoError(t, uncounted.AwaitReady(ctx))
	err = uncounted.AwaitReady(ctx, aeron.MinReceivers(2))
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	require.ErrorContains(t, err, "fc=min")
}
