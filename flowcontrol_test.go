package aeron_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

// What flow and congestion control do to real traffic: a publication to two receivers, of which one may not read.

// cast is a publication that sends to whoever comes, and two receivers with drivers of their own.
type cast struct {
	publisher   *aeron.Driver
	p           *aeron.ExclusivePublication
	read, idle  *aeron.Subscription
	sent, taken int64
}

const castTerm = 64 << 10

// newCast has a publisher with a flow control, and receivers whose drivers send tags, if any.
func newCast(t *testing.T, publisher aeron.DriverConfig, readTag, idleTag aeron.Optional[int64]) *cast {
	t.Helper()
	ctx := testdriver.Context(t)
	control := address(t)
	driver := func(c aeron.DriverConfig) *aeron.Driver {
		cfg := config(t)
		cfg.Driver = c
		return start(t, cfg)
	}
	receiver := func(tag aeron.Optional[int64]) *aeron.Subscription {
		d := driver(aeron.DriverConfig{ReceiverGroupTag: tag, RcvStatusMessageTimeout: 20 * time.Millisecond})
		return subscribe(t, d, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|control-mode=dynamic|control=%s", testdriver.Port(t), control))
	}
	c := &cast{publisher: driver(publisher)}
	c.p = publishOn(t, c.publisher, "aeron:udp?control-mode=dynamic|control="+control)
	c.read, c.idle = receiver(readTag), receiver(idleTag)
	require.NoError(t, c.read.AwaitReady(ctx))
	require.NoError(t, c.idle.AwaitReady(ctx))
	require.NoError(t, c.p.AwaitReady(ctx))
	return c
}

// drain reads what has come to one of the receivers.
func drain(t *testing.T, s *aeron.Subscription) int64 {
	t.Helper()
	n, err := s.Poll(func(aeron.Fragment) {}, 100)
	require.NoError(t, err)
	return int64(n)
}

// offer sends one message if it can.
func (c *cast) offer(t *testing.T) bool {
	t.Helper()
	_, err := c.p.Offer(bytes.Repeat([]byte{'x'}, 1000))
	switch {
	case err == nil:
		c.sent++
		return true
	case errors.Is(err, aeron.ErrBackPressured), errors.Is(err, aeron.ErrAdminAction):
		return false
	}
	require.NoError(t, err)
	return false
}

// sendTerms sends so many terms, while the one receiver reads.
func (c *cast) sendTerms(t *testing.T, terms int) {
	t.Helper()
	messages := c.sent + int64(terms*castTerm/1024)
	testdriver.Await(t, fmt.Sprintf("%d terms to be sent", terms), func() bool {
		for range 100 {
			c.offer(t)
			c.taken += drain(t, c.read)
		}
		return c.sent >= messages
	})
}

// sendUntilHeld sends until the publication is held: nothing more can be offered, and nothing more comes to the one that reads.
func (c *cast) sendUntilHeld(t *testing.T) {
	t.Helper()
	still := 0
	testdriver.Await(t, "the publication to be held", func() bool {
		got := drain(t, c.read)
		c.taken += got
		if still++; c.offer(t) || got > 0 {
			still = 0
		}
		return still > 100 // with a pause after each: far longer than a status message takes
	})
	const message = 1000 + 32 + 24 // in frames of multiples of 32
	require.LessOrEqual(t, c.taken*message, int64(castTerm/4+castTerm/16), "no more than the window of the one that does not read")
	require.Less(t, c.taken, c.sent)
}

func TestFlowControl_minWaitsForTheSlowest(t *testing.T) {
	c := newCast(t, aeron.DriverConfig{MulticastFlowControl: "min"}, aeron.Optional[int64]{}, aeron.Optional[int64]{})
	testdriver.Await(t, "both to count", func() bool {
		for counter := range c.publisher.Counters() {
			if counter.TypeID == stats.TypeFlowControlReceivers {
				return counter.Value == 2
			}
		}
		return false
	})
	c.sendUntilHeld(t)
	held := c.sent
	// As soon as the slow one reads, it goes on.
	testdriver.Await(t, "more", func() bool {
		drain(t, c.idle)
		c.taken += drain(t, c.read)
		c.offer(t)
		return c.sent >= held+100
	})
}

func TestFlowControl_maxLeavesTheSlowestBehind(t *testing.T) {
	c := newCast(t, aeron.DriverConfig{MulticastFlowControl: "max"}, aeron.Optional[int64]{}, aeron.Optional[int64]{})
	c.sendTerms(t, 4)
}

func TestFlowControl_taggedFollowsThoseWithTheTag(t *testing.T) {
	tagged := aeron.DriverConfig{MulticastFlowControl: "tagged", FlowControlGroupTag: aeron.Some[int64](7), FlowControlGroupMinSize: 1}
	t.Run("the reader has it", func(t *testing.T) {
		newCast(t, tagged, aeron.Some[int64](7), aeron.Optional[int64]{}).sendTerms(t, 4)
	})
	t.Run("the one that does not read has it", func(t *testing.T) {
		newCast(t, tagged, aeron.Some[int64](8), aeron.Some[int64](7)).sendUntilHeld(t)
	})
}

// window is what cubic says of its window, 0 if there is none.
func window(d *aeron.Driver) int64 {
	for c := range d.Counters() {
		if strings.HasPrefix(c.Label, "rcv-cc-cubic-wnd") {
			return c.Value
		}
	}
	return 0
}

// Cubic makes the window small when packets are lost, and everything arrives all the same.
func TestCongestionControl_cubicAnswersLoss(t *testing.T) {
	for _, by := range []string{"driver", "channel"} {
		t.Run(by, func(t *testing.T) {
			cfg := config(t)
			cfg.TermLength, cfg.MTU = 1<<20, 1408 // a window of 128 KiB to shrink from
			cfg.Driver.IncomingLoss = "loss:rate=0.1|seed=7|recv-msg-mask=0x2"
			channel := testdriver.UDP(t)
			receiving := channel
			if by == "driver" {
				cfg.Driver.CongestionControl = "cubic"
			} else {
				receiving += "|cc=cubic"
			}
			d := start(t, cfg)
			s, p := subscribe(t, d, receiving), publishOn(t, d, channel)
			require.NoError(t, p.AwaitReady(testdriver.Context(t)))
			testdriver.Await(t, "a window", func() bool { return window(d) > 0 })
			smallest, largest := int64(1<<40), int64(0)
			var sent, received []string
			for i := range 60 {
				sent = append(sent, fmt.Sprint("message ", i, strings.Repeat(".", 1000)))
				publish(t, p, sent[i])
				received = append(received, receive(t, s, 1)...)
				smallest, largest = min(smallest, window(d)), max(largest, window(d))
			}
			require.Equal(t, sent, received)
			require.Less(t, smallest, largest, "it has moved")
			require.Positive(t, smallest)
			require.LessOrEqual(t, largest, int64(128<<10))
		})
	}
}

func TestCongestionControl_staticHasNoSuchWindow(t *testing.T) {
	cfg := config(t)
	cfg.Driver.CongestionControl = "static"
	d, channel := start(t, cfg), testdriver.UDP(t)
	exchange(t, publishOn(t, d, channel), subscribe(t, d, channel))
	require.Zero(t, window(d))
}
