package stats_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

// awaitExplained refreshes until the stream's explanation is as it should be.
func awaitExplained(t *testing.T, snap *stats.Snapshot, id int32, what string, ok func(stats.Explanation) bool) stats.Explanation {
	t.Helper()
	var e stats.Explanation
	deadline := time.Now().Add(testdriver.Patience)
	for {
		require.NoError(t, snap.Refresh())
		all := slices.DeleteFunc(slices.Collect(snap.Explain()), func(e stats.Explanation) bool { return e.StreamID != id })
		if len(all) == 1 {
			if e = all[0]; ok(e) {
				return e
			}
		}
		require.True(t, time.Now().Before(deadline), "waited for %s: %v\n%+v", what, e, all)
		time.Sleep(5 * time.Millisecond)
	}
}

// full publishes until the window is closed, and reports whether it was: the limit is moved by threads that may be behind, and what they
// have let in since makes an explanation one of the past.
func full(t *testing.T, p *aeronc.ExclusivePublication) bool {
	t.Helper()
	for sent := 0; ; {
		_, err := p.Offer(make([]byte, 96))
		switch {
		case err == nil:
			sent++
		case errors.Is(err, aeronc.ErrBackPressured):
			return sent == 0
		default:
			require.ErrorIs(t, err, aeronc.ErrAdminAction)
		}
	}
}

func named(name string) func(*aeronc.Context) {
	return func(c *aeronc.Context) { _ = c.SetClientName(name) }
}

func add(t *testing.T, client *aeronc.Client, channel string, id int32) *aeronc.Subscription {
	t.Helper()
	s, err := client.AddSubscription(testdriver.Context(t), channel, id)
	require.NoError(t, err)
	return s
}

func publish(t *testing.T, client *aeronc.Client, channel string, id int32) *aeronc.ExclusivePublication {
	t.Helper()
	p, err := client.AddExclusivePublication(testdriver.Context(t), channel, id)
	require.NoError(t, err)
	return p
}

// consume reads all there is until the test is done with it.
func consume(t *testing.T, s *aeronc.Subscription) {
	t.Helper()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				if n, err := s.Poll(func(aeronc.Fragment) {}, 100); err != nil || n == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
}

// explainable is a driver whose streams are to be explained: an embedded one or, in the interop lane, Java's.
type explainable struct{ dir string }

func (d explainable) connect(t *testing.T, change ...func(*aeronc.Context)) *aeronc.Client {
	return testdriver.Connect(t, d.dir, change...)
}

// How long an untethered subscriber is waited for, and how long it rests.
const (
	untetheredLimit  = 3 * time.Second
	untetheredLinger = 100 * time.Millisecond
	untetheredRest   = time.Hour
)

func embedded(t *testing.T) explainable {
	return explainable{testdriver.Start(t, func(c *aeronc.DriverContext) {
		require.NoError(t, c.SetUntetheredWindowLimitTimeout(untetheredLimit))
		require.NoError(t, c.SetUntetheredLingerTimeout(untetheredLinger))
		require.NoError(t, c.SetUntetheredRestingTimeout(untetheredRest))
	}).Dir()}
}

// scenarios are what an explanation must get right. Their streams have ids of their own, so that one driver may have them all.
var scenarios = map[string]func(*testing.T, explainable){
	"slow subscriber, IPC":    func(t *testing.T, d explainable) { slowSubscriber(t, d, "aeron:ipc", 5) },
	"slow subscriber, UDP":    func(t *testing.T, d explainable) { slowSubscriber(t, d, testdriver.UDP(t), 15) },
	"no subscriber":           noSubscriber,
	"spy":                     aSpyLimits,
	"untethered subscriber":   anUntetheredSubscriber,
	"flow control":            flowControlWaits,
	"ended":                   anEndedPublication,
	"loss":                    lossLimits,
	"window elsewhere":        func(t *testing.T, d explainable) { windowElsewhere(t, d, embedded(t), 6) },
	"subscriber of elsewhere": func(t *testing.T, d explainable) { windowElsewhere(t, embedded(t), d, 16) },
}

func TestExplain(t *testing.T) {
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) { scenario(t, embedded(t)) })
	}
}

func slowSubscriber(t *testing.T, d explainable, channel string, id int32) {
	fast, slow := d.connect(t, named("fast")), d.connect(t, named("risk-engine"))
	consume(t, add(t, fast, channel, id))
	lazy := add(t, slow, channel, id)
	p := publish(t, fast, channel, id)
	snap := open(t, d.dir)
	awaitExplained(t, snap, id, "readiness", func(e stats.Explanation) bool { return e.State == stats.StreamReady && len(e.Subscribers) == 2 })
	e := awaitExplained(t, snap, id, "the limiter", func(e stats.Explanation) bool {
		return full(t, p) && e.State == stats.StreamBackPressured && e.Limiter == stats.LimitedBySubscriber && e.Subscribers[0].Position > 0 && e.Slowest.Client != ""
	})
	require.Equal(t, lazy.RegistrationID(), e.Slowest.RegistrationID)
	require.Equal(t, "risk-engine", e.Slowest.Client)
	require.Equal(t, []int{os.Getpid()}, e.Slowest.PIDs)
	require.Equal(t, slow.ID(), e.Slowest.ClientID)
	position, err := p.Position()
	require.NoError(t, err)
	require.Equal(t, position, e.Slowest.Lag, "it has read nothing")
	require.Zero(t, e.Remaining())
	require.True(t, e.Slowest.Counts)
	if channel == "aeron:ipc" {
		require.Equal(t, position/128, e.Slowest.LagMessages)
		require.EqualValues(t, 32<<10, e.Window)
	}
	require.Regexp(t, `^limited by subscriber \d+ \(client risk-engine, pid \d+\): [\d.]+ KiB behind`, e.String())

	lagging, err := lazy.Poll(func(aeronc.Fragment) {}, 10)
	require.NoError(t, err)
	require.Positive(t, lagging)
	consume(t, lazy)
	awaitExplained(t, snap, id, "an open window", func(e stats.Explanation) bool {
		return e.State == stats.StreamReady && e.Slowest.Lag == 0 && e.Slowest.LagMessages == 0
	})
}

func noSubscriber(t *testing.T, d explainable) {
	client := d.connect(t)
	publish(t, client, "aeron:ipc", 1)
	publish(t, client, testdriver.UDP(t), 2)
	snap := open(t, d.dir)
	e := awaitExplained(t, snap, 1, "the stream", func(stats.Explanation) bool { return true })
	require.Equal(t, stats.StreamNoSubscriber, e.State)
	require.Equal(t, "not ready: no subscriber", e.String())
	e = awaitExplained(t, snap, 2, "the stream", func(stats.Explanation) bool { return true })
	require.Equal(t, stats.StreamAwaitingStatus, e.State)
	require.Contains(t, e.String(), "no receiver answers")
}

func aSpyLimits(t *testing.T, d explainable) {
	client, spying := d.connect(t), d.connect(t, named("auditor"))
	channel := testdriver.UDP(t)
	p := publish(t, client, channel, 3)
	spy := add(t, spying, "aeron-spy:"+channel, 3)
	snap := open(t, d.dir)
	e := awaitExplained(t, snap, 3, "a spy", func(e stats.Explanation) bool { return len(e.Subscribers) == 1 })
	require.Equal(t, stats.StreamAwaitingStatus, e.State)
	require.Contains(t, e.String(), "ssc=true")
	consume(t, add(t, client, channel, 3))
	awaitExplained(t, snap, 3, "readiness", func(e stats.Explanation) bool { return e.State == stats.StreamReady })
	e = awaitExplained(t, snap, 3, "the limiter", func(e stats.Explanation) bool {
		return full(t, p) && e.State == stats.StreamBackPressured && e.Limiter == stats.LimitedBySubscriber && e.Slowest.Client != ""
	})
	require.True(t, e.Slowest.Spy)
	require.Equal(t, spy.RegistrationID(), e.Slowest.RegistrationID)
	require.Equal(t, "auditor", e.Slowest.Client)
	require.True(t, strings.HasPrefix(e.String(), "limited by spy "), e.String())
}

func anUntetheredSubscriber(t *testing.T, d explainable) {
	client, other := d.connect(t), d.connect(t, named("viewer"))
	consume(t, add(t, client, "aeron:ipc", 4))
	viewer := add(t, other, "aeron:ipc?tether=false", 4)
	p := publish(t, client, "aeron:ipc", 4)
	snap := open(t, d.dir)
	awaitExplained(t, snap, 4, "readiness", func(e stats.Explanation) bool { return e.State == stats.StreamReady && len(e.Subscribers) == 2 })
	limited := false
	e := awaitExplained(t, snap, 4, "it to be left behind", func(e stats.Explanation) bool {
		for range 100 {
			if _, err := p.Offer(make([]byte, 96)); err != nil {
				break
			}
		}
		if e.State == stats.StreamBackPressured && e.Limiter == stats.LimitedBySubscriber && e.Slowest.RegistrationID == viewer.RegistrationID() {
			require.True(t, e.Slowest.Untethered)
			require.Regexp(t, `^limited by untethered subscriber \d+ `, e.String())
			limited = true
		}
		return slices.ContainsFunc(e.Subscribers, func(s stats.StreamSubscriber) bool {
			return s.RegistrationID == viewer.RegistrationID() && !s.Counts
		})
	})
	require.True(t, limited, "before that it has held the stream back")
	require.False(t, e.Slowest.Untethered, "nobody waits for it any more")
}

// A receiver elsewhere that keeps its window shut: the other driver knows who.
func windowElsewhere(t *testing.T, here, there explainable, id int32) {
	publisher, subscriber := here.connect(t), there.connect(t, named("far"))
	channel := testdriver.UDP(t)
	lazy := add(t, subscriber, channel, id)
	p := publish(t, publisher, channel, id)
	snap, far := open(t, here.dir), open(t, there.dir)
	awaitExplained(t, snap, id, "readiness", func(e stats.Explanation) bool { return e.State == stats.StreamReady })
	e := awaitExplained(t, snap, id, "the limiter", func(e stats.Explanation) bool {
		return full(t, p) && e.State == stats.StreamBackPressured && e.Limiter == stats.LimitedByReceiverWindow
	})
	require.Empty(t, e.Subscribers)
	require.Positive(t, e.Unsent)
	require.Contains(t, e.String(), "the receiver's own driver knows")
	e = awaitExplained(t, far, id, "the other half", func(e stats.Explanation) bool {
		return e.State == stats.StreamBackPressured && e.Limiter == stats.LimitedBySubscriber && e.Slowest.Client != ""
	})
	require.False(t, e.Published)
	require.Equal(t, lazy.RegistrationID(), e.Slowest.RegistrationID)
	require.Equal(t, "far", e.Slowest.Client)
	require.Positive(t, e.Slowest.LagMessages)
}

func flowControlWaits(t *testing.T, d explainable) {
	client := d.connect(t)
	channel := testdriver.UDP(t)
	_, endpoint, _ := strings.Cut(channel, "endpoint=")
	mdc := "aeron:udp?control-mode=dynamic|control=" + endpoint + "|fc=min,g:/2"
	publish(t, client, mdc, 7)
	add(t, client, "aeron:udp?endpoint=127.0.0.1:0|control-mode=dynamic|control="+endpoint, 7)
	snap := open(t, d.dir)
	e := awaitExplained(t, snap, 7, "one receiver", func(e stats.Explanation) bool { return e.Receivers == 1 })
	require.EqualValues(t, 2, e.RequiredReceivers)
	require.Equal(t, stats.StreamAwaitingReceivers, e.State)
	require.Contains(t, e.String(), "waits for 2 receivers, and counts 1")

	// A receiver answers, and has not the tag that flow control counts by: nobody has been left behind.
	_, tagged, _ := strings.Cut(testdriver.UDP(t), "endpoint=")
	publish(t, client, "aeron:udp?control-mode=dynamic|control="+tagged+"|fc=tagged,g:7/1", 17)
	add(t, client, "aeron:udp?endpoint=127.0.0.1:0|control-mode=dynamic|control="+tagged, 17)
	e = awaitExplained(t, snap, 17, "its image", func(e stats.Explanation) bool { return len(e.Subscribers) == 1 })
	require.Equal(t, stats.StreamAwaitingReceivers, e.State)
	require.Zero(t, e.Receivers)
	require.Equal(t, "not ready: flow control tagged,g:7/1 waits for 1 receivers, and counts 0", e.String())
}

func anEndedPublication(t *testing.T, d explainable) {
	client := d.connect(t)
	p, _ := stream(t, client, "aeron:ipc", 8)
	snap := open(t, d.dir)
	awaitExplained(t, snap, 8, "readiness", func(e stats.Explanation) bool { return e.State == stats.StreamReady })
	offer(t, p, 3, 96)
	require.NoError(t, p.Close())
	e := awaitExplained(t, snap, 8, "the end", func(e stats.Explanation) bool { return e.State == stats.StreamEnded })
	require.Contains(t, e.String(), "384 B behind (3 messages)")
}

func lossLimits(t *testing.T, d explainable) {
	client := d.connect(t)
	channel := testdriver.UDP(t)
	add(t, client, channel, 9)
	_, endpoint, _ := strings.Cut(channel, "endpoint=")
	testdriver.Gap(t, endpoint, -123, 9)
	snap := open(t, d.dir)
	e := awaitExplained(t, snap, 9, "loss", func(e stats.Explanation) bool { return e.BytesLost > 0 && e.NAKsSent > 0 })
	require.Equal(t, stats.LimitedByLoss, e.Limiter)
	require.Positive(t, e.Missing)
	require.EqualValues(t, -1, e.Slowest.LagMessages, "what has not arrived cannot be counted")
	require.Contains(t, e.String(), "lost in 1 gaps")
}
