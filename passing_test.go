package aeron_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// A stream whose messages of two frames and more are longer than the subscription takes.
func strict(t *testing.T) (*aeron.Driver, *aeron.ExclusivePublication, *aeron.Subscription) {
	t.Helper()
	return stream(t, "aeron:ipc?mtu=1408", aeron.MaxMessageLength(1376))
}

// skip sends a message that is too long and one that is not, and polls until the second has come: the first was met before.
func skip(t *testing.T, p aeron.Sender, s *aeron.Subscription) {
	t.Helper()
	publish(t, p, strings.Repeat("long", 500), "short")
	require.Equal(t, []string{"short"}, receive(t, s, 1))
}

// The listener waits for the poll, as a Close of the subscription does, so the poll must not wait for the listener.
func TestOnError_holdsUpNoPoll(t *testing.T) {
	d, p, s := strict(t)
	polled, told := make(chan struct{}), make(chan error, 10)
	d.OnError(func(err error) {
		<-polled
		told <- err
	})
	within(t, "the polls", func() { skip(t, p, s); skip(t, p, s) })
	close(polled)
	for range 2 {
		require.ErrorIs(t, <-told, aeron.ErrMessageTooLong)
	}
}

func TestOnError_mayPollWhatTellsOfIt(t *testing.T) {
	d, p, s := strict(t)
	told := make(chan error, 10)
	first := true
	d.OnError(func(err error) {
		if first {
			first = false
			skip(t, p, s)
		}
		told <- err
	})
	skip(t, p, s)
	within(t, "both errors", func() {
		for range 2 {
			require.ErrorIs(t, <-told, aeron.ErrMessageTooLong)
		}
	})
}

func TestOnError_mayCloseWhatIsPolled(t *testing.T) {
	d, p, s := strict(t)
	closed := make(chan error, 10)
	d.OnError(func(error) { closed <- errors.Join(s.Close(), d.Close()) })
	publish(t, p, strings.Repeat("long", 500))
	within(t, "Close", func() {
		for {
			if _, err := s.Poll(func(aeron.Fragment) {}, 10); err != nil {
				require.ErrorIs(t, err, aeron.ErrClosed)
				break
			}
		}
		require.NoError(t, <-closed)
	})
}

// However many messages are skipped while a listener is slow: each is told of, or counted in what is.
func TestOnError_countsWhatThereIsNoRoomFor(t *testing.T) {
	d, p, s := strict(t)
	var h heard
	entered, release := make(chan struct{}), make(chan struct{})
	first := true
	d.OnError(func(err error) {
		if first {
			first = false
			close(entered)
			<-release
		}
		h.listen(err)
	})
	skip(t, p, s)
	<-entered
	const room, more = 256, 10
	for range room + more {
		skip(t, p, s)
	}
	require.EqualValues(t, 1+room+more, s.Images()[0].DroppedMessages())
	close(release)
	testdriver.Await(t, "the count", func() bool { return h.of("10 more errors of polls were not told") == 1 })
	require.Equal(t, 1+room, h.of("longer than the 1376 bytes"))
	skip(t, p, s)
	testdriver.Await(t, "the next one", func() bool { return h.of("longer than the 1376 bytes") == 2+room })
}

// addsDestinations is what both kinds of publication and subscriptions do.
type addsDestinations interface {
	AddDestination(ctx context.Context, channel string) (int64, error)
}

// Whatever the driver refuses, whoever asked is told; listeners would take it for the driver's own trouble.
func TestOnError_leavesOutWhatOtherCallsWereRefused(t *testing.T) {
	d := start(t, config(t))
	var h heard
	d.OnError(h.listen)
	d.SetErrorFilter(func(error) bool { return true })
	ctx := testdriver.Context(t)
	const manual = "aeron:udp?control-mode=manual"
	s, err := d.AddSubscription(ctx, manual, 1)
	require.NoError(t, err)
	changed := []addsDestinations{s}
	for _, k := range kinds {
		p, err := k.add(d, ctx, manual, 2)
		require.NoError(t, err)
		changed = append(changed, p.(addsDestinations))
	}
	refused := 0
	refuse := func(err error) {
		t.Helper()
		require.Error(t, err)
		require.NotEmpty(t, typed(t, err).Detail)
		require.NotErrorIs(t, err, aeron.ErrTimeout)
		refused++
	}
	for _, c := range changed {
		refuse(second(c.AddDestination(ctx, "aeron:udp?control-mode=dynamic")))
	}
	refuse(s.RemoveDestination(ctx, "aeron:udp?endpoint=no-such-host.invalid:4000"))
	own, err := d.AddCounter(ctx, 2000, nil, "of the client")
	require.NoError(t, err)
	refuse(second(d.AddStaticCounter(ctx, 2000, nil, "static", own.Constants().RegistrationID)))
	untilSentinel(t, d, &h)
	require.Len(t, h.all(), 1, "%d commands were refused, and listeners were told of %v", refused, h.all())
}
