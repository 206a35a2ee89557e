package aeronc

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
)

// eventually waits for what another goroutine is about to do.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, time.Millisecond, what)
}

func TestHooks_withoutHandlersCostNothing(t *testing.T) {
	h := newHooks(nil, nil)
	h.error(errors.New("nobody hears this"))
	h.event(Event{Kind: ImageAvailable})
	require.Zero(t, h.dropped.Load())
	require.Nil(t, h.queue)
	h.stop()
}

func TestHooks_callOneAtATimeInOrder(t *testing.T) {
	var heard []string
	var inside atomic.Int64
	done := make(chan struct{})
	note := func(what string) {
		if inside.Add(1) != 1 {
			t.Error("two handlers at a time")
		}
		heard = append(heard, what)
		inside.Add(-1)
	}
	h := newHooks(func(err error) { note(err.Error()) }, func(e Event) {
		note("event")
		if e.Kind == CounterUnavailable {
			close(done)
		}
	})
	h.error(errors.New("first"))
	h.event(Event{Kind: ImageAvailable})
	h.error(errors.New("second"))
	h.event(Event{Kind: CounterUnavailable})
	<-done
	require.Equal(t, []string{"first", "event", "second", "event"}, heard)
	require.Zero(t, h.dropped.Load())
	h.stop()
	<-h.done
}

func TestHooks_aPanicLosesOneCallAndNoMore(t *testing.T) {
	calls := make(chan int, 3)
	n := 0
	h := newHooks(func(error) {
		n++
		calls <- n
		if n == 2 {
			panic("a handler's")
		}
	}, nil)
	for range 3 {
		h.error(errors.New("x"))
	}
	for want := 1; want <= 3; want++ {
		require.Equal(t, want, <-calls)
	}
	require.EqualValues(t, 1, h.dropped.Load())
	h.event(Event{}) // nobody asked for events
	h.stop()
	<-h.done
	require.EqualValues(t, 1, h.dropped.Load())
}

func TestHooks_thatBlockLoseWhatDoesNotFit(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	var calls atomic.Int64
	h := newHooks(nil, func(Event) {
		if calls.Add(1) == 1 {
			close(entered)
		}
		<-release
	})
	h.event(Event{})
	<-entered
	const extra = 10
	for range hookQueue + extra {
		h.event(Event{})
	}
	require.EqualValues(t, extra, h.dropped.Load())
	close(release)
	h.stop()
	<-h.done
	require.EqualValues(t, hookQueue+1, calls.Load(), "what fitted was delivered")
}

func TestPump_deliversWhatWaitsBeforeItStops(t *testing.T) {
	p, err := newPump("test")
	require.NoError(t, err)
	var got []int32
	p.run(func(e cgo.Event) { got = append(got, e.Code) })
	for n := range int32(100) {
		p.queue.PushForTest(cgo.EventError, n, "")
	}
	p.stop()
	require.Len(t, got, 100)
	for n, code := range got {
		require.EqualValues(t, n, code)
	}
}

func TestPump_thatNeverRanFreesItsListeners(t *testing.T) {
	tags, listeners := cgo.LiveTags(), cgo.LiveListeners()
	p, err := newPump("test")
	require.NoError(t, err)
	first, second := p.listener("first"), p.listener("second")
	require.NotEqual(t, first, second)
	require.Equal(t, listeners+2, cgo.LiveListeners())
	p.forget(first)
	p.forget(first)
	require.Equal(t, listeners+1, cgo.LiveListeners())
	p.stop()
	require.Equal(t, tags, cgo.LiveTags())
	require.Equal(t, listeners, cgo.LiveListeners())
	p.forget(second) // after the end: nothing left to do
	require.Equal(t, listeners, cgo.LiveListeners())
}

func TestClient_whatEndsItAndWhatDoesNot(t *testing.T) {
	for code, ends := range map[Code]bool{
		CodeDriverTimeout: true, CodeClientTimeout: true, CodeConductorServiceTimeout: true,
		CodeClientIllegalState: true, CodeBroadcastReceiverIllegalState: true,
		CodeBufferFull: false, CodeDriverBufferFull: false, CodeGeneric: false, CodeInvalidChannel: false, Code(4711): false,
	} {
		heard := make(chan error, 2)
		c := &Client{dir: "/dev/shm/none", dead: make(chan struct{}), hooks: newHooks(func(err error) { heard <- err }, nil)}
		c.onEvent(cgo.Event{Kind: cgo.EventError, Code: int32(code), Text: "why"})
		err := <-heard
		require.ErrorIs(t, err, code)
		require.ErrorContains(t, err, "why")
		require.ErrorContains(t, err, "/dev/shm/none")
		require.Equal(t, ends, c.deadErr.Load() != nil, code.String())
		if ends {
			<-c.dead
			// C reports the end twice now and then; the first reason stands.
			c.onEvent(cgo.Event{Kind: cgo.EventError, Code: int32(CodeClientTimeout), Text: "again"})
			require.Error(t, <-heard)
			require.Equal(t, "why", c.deadErr.Load().Detail)
		}
		c.hooks.stop()
	}
}

func TestClient_eventsOfASubscriptionThatIsNotThereYetWait(t *testing.T) {
	var heard atomic.Int64
	c := &Client{hooks: newHooks(nil, func(e Event) {
		if e.Subscription != nil {
			heard.Add(1)
		}
	})}
	s := &Subscription{client: c}
	for range earlyEvents + 5 {
		s.onImage(Event{Kind: ImageAvailable, Subscription: s})
	}
	require.Len(t, s.early, earlyEvents, "bounded, whatever the network does")
	require.Zero(t, heard.Load())
	s.known, s.early = true, nil
	s.onImage(Event{Kind: ImageUnavailable, Subscription: s})
	eventually(t, "the event", func() bool { return heard.Load() == 1 })
	c.hooks.stop()
}

func TestDurations_areRefusedRatherThanRounded(t *testing.T) {
	for _, c := range []struct {
		value, unit time.Duration
		want        int64
		ok          bool
	}{
		{5 * time.Second, time.Millisecond, 5000, true},
		{0, time.Nanosecond, 0, true},
		{time.Microsecond, time.Millisecond, 0, false},
		{-time.Second, time.Millisecond, 0, false},
		{1500 * time.Microsecond, time.Millisecond, 0, false},
	} {
		units, err := durationUnits("a_setting", c.value, c.unit)
		if !c.ok {
			require.ErrorIs(t, err, ErrInvalidArgument)
			require.ErrorContains(t, err, "a_setting")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, units)
		require.Equal(t, c.value, durationOf(units, c.unit))
	}
	const longest = time.Duration(1<<63 - 1)
	require.Equal(t, longest, durationOf(-1, time.Nanosecond), "a uint64 of C's that does not fit")
	require.Equal(t, longest, durationOf(1<<62, time.Millisecond))
}
