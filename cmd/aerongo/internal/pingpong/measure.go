// Package pingpong measures how long a message takes to another program and back.
//
// The two sides are compatible with Aeron's samples, cping and cpong in C and Ping and Pong in Java: a ping begins with a timestamp of
// eight bytes, a pong is the same message sent back, and each side has a publication and a subscription.
package pingpong

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
)

// MinLength is the shortest message: its timestamp.
const MinLength = 8

// The histogram's range in nanoseconds and its precision in decimal digits. Longer latencies are recorded as the longest.
const (
	longest = int64(time.Hour)
	digits  = 3
)

// Options say what to measure.
type Options struct {
	Messages int64         // how many are measured, at least 1
	Warmup   int64         // how many are sent before that
	Length   int           // of a message in bytes, at least MinLength
	Rate     float64       // messages a second; 0 sends each when the one before it is back
	Wait     time.Duration // how long to wait for the other side, and for each message, more than 0
	Idle     idle.Strategy // between two looks
}

// ErrNoPong says that the other side does not answer.
var ErrNoPong = errors.New("no pong")

// Measure sends pings through pub and takes pongs from sub. Both belong to the calling goroutine until it returns.
//
// With a rate, latencies are measured from when a message should have been sent: what holds up the sender counts, as it would for
// anybody who has to send at that moment (no coordinated omission).
//
// Errors: ErrNoPong, ctx's cause, and those of Offer and Poll.
func Measure(ctx context.Context, sub *aeron.Subscription, pub *aeron.ExclusivePublication, o Options) (*hdrhistogram.Histogram, error) {
	if o.Messages < 1 || o.Warmup < 0 || o.Length < MinLength || o.Rate < 0 || o.Wait <= 0 || o.Idle == nil {
		return nil, fmt.Errorf("measure: Messages %d, Warmup %d, Length %d, Rate %v, Wait %v: need at least 1, 0, %d, 0, more than 0, and an idle strategy",
			o.Messages, o.Warmup, o.Length, o.Rate, o.Wait, MinLength)
	}
	if limit := pub.MaxMessageLength(); o.Length > limit {
		return nil, fmt.Errorf("a message of %d bytes: this stream takes at most %d: %w", o.Length, limit, aeron.ErrMessageTooLong)
	}
	if err := handshake(ctx, sub, pub, o.Wait); err != nil {
		return nil, err
	}
	m := meter{sub: sub, pub: pub, options: o, message: make([]byte, o.Length), begun: time.Now(), histogram: hdrhistogram.New(1, longest, digits)}
	ended := context.AfterFunc(ctx, func() { m.ended.Store(true) })
	defer ended()
	for _, n := range []int64{o.Warmup, o.Messages} {
		m.histogram.Reset()
		if err := m.run(n); err != nil {
			if m.ended.Load() {
				return nil, context.Cause(ctx)
			}
			return nil, err
		}
	}
	return m.histogram, nil
}

// handshake waits until both ways are connected.
func handshake(ctx context.Context, sub *aeron.Subscription, pub *aeron.ExclusivePublication, wait time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for _, side := range []struct {
		ready func(context.Context) error
		what  string
	}{
		{sub.AwaitReady, fmt.Sprintf("nobody publishes pongs on channel %s stream %d", sub.Channel(), sub.StreamID())},
		{func(ctx context.Context) error { return pub.AwaitReady(ctx) }, fmt.Sprintf("nobody subscribes to pings on channel %s stream %d", pub.Channel(), pub.StreamID())},
	} {
		err := side.ready(waiting)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case waiting.Err() != nil:
			return fmt.Errorf("%w: %s after %v", ErrNoPong, side.what, wait)
		default:
			return err
		}
	}
	return nil
}

// meter is one measurement.
type meter struct {
	sub       *aeron.Subscription
	pub       *aeron.ExclusivePublication
	options   Options
	message   []byte
	begun     time.Time
	histogram *hdrhistogram.Histogram
	ended     atomic.Bool
	expected  func(i int64) int64 // the timestamp of message i
	sent      int64
	received  int64
}

// now is a clock for timestamps: nanoseconds, never going back.
func (m *meter) now() int64 { return int64(time.Since(m.begun)) }

func (m *meter) run(messages int64) error {
	m.sent, m.received = 0, 0
	if m.options.Rate > 0 {
		return m.atRate(messages)
	}
	return m.oneByOne(messages)
}

var errEnded = errors.New("ended")

// oneByOne sends each message when the one before it is back.
func (m *meter) oneByOne(messages int64) error {
	var stamp int64
	m.expected = func(int64) int64 { return stamp }
	for m.sent < messages {
		for waiting := m.patience(); ; m.options.Idle.Idle(0) {
			stamp = m.now()
			sent, err := m.offer(stamp)
			if err != nil {
				return err
			}
			if sent {
				break
			}
			if err := waiting.check("to be sent"); err != nil {
				return err
			}
		}
		for waiting := m.patience(); m.received < m.sent; {
			n, err := m.poll()
			if err != nil {
				return err
			}
			if n == 0 {
				if err := waiting.check("to come back"); err != nil {
					return err
				}
			}
			m.options.Idle.Idle(n)
		}
	}
	return nil
}

// atRate sends each message at its time, or as soon after it as it can.
func (m *meter) atRate(messages int64) error {
	begin, interval := m.now(), 1e9/m.options.Rate
	m.expected = func(i int64) int64 { return begin + int64(float64(i)*interval) }
	waiting := m.patience()
	for m.received < messages {
		work := 0
		if m.sent < messages {
			if due := m.expected(m.sent); m.now() >= due {
				sent, err := m.offer(due)
				if err != nil {
					return err
				}
				if sent {
					work++
				}
			} else if m.sent == m.received {
				waiting.reset() // nothing is under way, and nothing is due
			}
		}
		n, err := m.poll()
		if err != nil {
			return err
		}
		if work += n; work > 0 {
			if n > 0 {
				waiting.reset()
			}
		} else if err := waiting.check("to come back"); err != nil {
			return err
		}
		m.options.Idle.Idle(work)
	}
	return nil
}

// offer sends one message, or reports that it has to be tried again.
func (m *meter) offer(stamp int64) (sent bool, err error) {
	binary.LittleEndian.PutUint64(m.message, uint64(stamp))
	_, err = m.pub.Offer(m.message)
	switch {
	case err == nil:
		m.sent++
		return true, nil
	case errors.Is(err, aeron.ErrBackPressured), errors.Is(err, aeron.ErrAdminAction), errors.Is(err, aeron.ErrNotConnected):
		return false, nil
	}
	return false, err
}

// pollLimit is how many fragments one poll takes, as in the samples.
const pollLimit = 10

func (m *meter) poll() (int, error) { return m.sub.Poll(m.onPong, pollLimit) }

// onPong records a message that is back. Whatever is not the next of ours, such as the pong of another program's ping, is let
// pass.
func (m *meter) onPong(f aeron.Fragment) {
	if len(f.Data()) < MinLength || m.received >= m.sent {
		return
	}
	stamp := int64(binary.LittleEndian.Uint64(f.Data()))
	if stamp != m.expected(m.received) {
		return
	}
	m.received++
	// Inside the range it cannot fail.
	_ = m.histogram.RecordValue(min(max(m.now()-stamp, 1), longest))
}

// patience ends a wait. It looks at the clock only now and then.
type patience struct {
	meter *meter
	turns int
	until time.Time
}

func (m *meter) patience() patience { return patience{meter: m} }

func (p *patience) reset() { p.turns, p.until = 0, time.Time{} }

// clockTurns is how many idle turns there are between two looks at the clock.
const clockTurns = 64

func (p *patience) check(what string) error {
	if p.meter.ended.Load() {
		return errEnded
	}
	if p.turns++; p.turns%clockTurns != 0 {
		return nil
	}
	now := time.Now()
	if p.until.IsZero() {
		p.until = now.Add(p.meter.options.Wait)
	}
	if now.After(p.until) {
		return fmt.Errorf("%w: waited %v for message %d %s", ErrNoPong, p.meter.options.Wait, p.meter.received+1, what)
	}
	return nil
}
