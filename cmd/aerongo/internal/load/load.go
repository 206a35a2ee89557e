// Package load puts a load on streams of a driver and measures what comes of it: the throughput, and at a fixed rate how long messages take
// from when each should have been sent until its subscriber has it.
package load

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
)

// MinSize is the shortest message: when it should have been sent, and whose it is.
const MinSize = 16

// The histogram's range in nanoseconds and its precision in decimal digits. Longer latencies are recorded as the longest.
const (
	longest = int64(time.Hour)
	digits  = 3
)

// Options say what to do.
type Options struct {
	Rate     float64              // messages a second over all streams; 0: as many as go, and no latencies
	Size     int                  // of a message in bytes, at least MinSize
	Warmup   time.Duration        // not measured
	Duration time.Duration        // measured, more than 0
	Wait     time.Duration        // for subscribers before, and for the last messages after that, more than 0
	Idle     func() idle.Strategy // between two looks, one for each side
}

// ErrNobody says that a publication found no subscriber.
var ErrNobody = errors.New("no subscriber")

// Result is what came of it.
type Result struct {
	Sent          int64         // in the measured time
	Received      int64         // of those
	BackPressured int64         // how often the log was full
	Elapsed       time.Duration // from the first to the last of those that were received
	Latency       *hdrhistogram.Histogram
}

// Rate is how many messages a second were received.
func (r Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Received) / r.Elapsed.Seconds()
}

// Run sends through pubs by turns and takes from subs. All belong to it until it returns.
//
// Latencies are from the moment at which a message should have been sent: what holds up the sender counts for each message
// that had to wait for it (no coordinated omission).
//
// Errors: ErrNobody, ctx's cause, and those of Offer and Poll.
func Run(ctx context.Context, pubs []*aeron.ExclusivePublication, subs []*aeron.Subscription, o Options) (Result, error) {
	if len(pubs) == 0 || len(subs) == 0 || !(o.Rate >= 0) || math.IsInf(o.Rate, 1) || o.Size < MinSize || o.Warmup < 0 || o.Duration <= 0 || o.Wait <= 0 || o.Idle == nil {
		return Result{}, fmt.Errorf("%d publications, %d subscriptions, Rate %v, Size %d, Warmup %v, Duration %v, Wait %v: need at least 1, 1, 0, %d, 0, more than 0, more than 0, and an idle strategy",
			len(pubs), len(subs), o.Rate, o.Size, o.Warmup, o.Duration, o.Wait, MinSize)
	}
	for _, pub := range pubs {
		if limit := pub.MaxMessageLength(); o.Size > limit {
			return Result{}, fmt.Errorf("a message of %d bytes: stream %d takes at most %d: %w", o.Size, pub.StreamID(), limit, aeron.ErrMessageTooLong)
		}
		if err := ready(ctx, pub, o.Wait); err != nil {
			return Result{}, err
		}
	}
	begun := time.Now()
	r := run{options: o, begun: begun, mark: uint64(begun.UnixNano()), from: int64(o.Warmup), histogram: hdrhistogram.New(1, longest, digits)}
	stop := context.AfterFunc(ctx, func() { r.ended.Store(true) })
	defer stop()

	received := make(chan error, 1)
	go func() { received <- r.receive(subs) }()
	sent := r.send(pubs)
	r.finished.Store(true)
	err := errors.Join(sent, <-received)
	if r.ended.Load() {
		return Result{}, context.Cause(ctx)
	}
	result := Result{
		Sent: r.sent.Load(), Received: r.received, BackPressured: r.backPressured, Elapsed: time.Duration(r.last - r.first), Latency: r.histogram,
	}
	return result, err
}

// ready waits until somebody listens.
func ready(ctx context.Context, pub *aeron.ExclusivePublication, wait time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	err := pub.AwaitReady(waiting)
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		return fmt.Errorf("%w on channel %s stream %d after %v", ErrNobody, pub.Channel(), pub.StreamID(), wait)
	}
	return err
}

// run is one run: a sender and a receiver, each on a goroutine.
type run struct {
	options Options
	begun   time.Time
	mark    uint64 // tells our messages from others'
	from    int64  // what should be sent from then on is measured

	ended    atomic.Bool // by ctx
	finished atomic.Bool
	sent     atomic.Int64 // what is measured

	backPressured int64 // the sender's

	received    int64 // the receiver's, as is all below
	first, last int64
	histogram   *hdrhistogram.Histogram
	failed      atomic.Bool
}

// now is a clock: nanoseconds, never going back.
func (r *run) now() int64 { return int64(time.Since(r.begun)) }

func (r *run) send(pubs []*aeron.ExclusivePublication) error {
	message := make([]byte, r.options.Size)
	binary.LittleEndian.PutUint64(message[8:], r.mark)
	wait := r.options.Idle()
	until := int64(r.options.Warmup + r.options.Duration)
	interval := 0.0
	if r.options.Rate > 0 {
		interval = 1e9 / r.options.Rate
	}
	for i := int64(0); !r.ended.Load() && !r.failed.Load(); i++ {
		due := int64(float64(i) * interval)
		now := r.now()
		if interval == 0 {
			due = now
		}
		if due >= until || now >= until+int64(r.options.Wait) {
			return nil
		}
		for now < due && !r.ended.Load() {
			wait.Idle(0)
			now = r.now()
		}
		binary.LittleEndian.PutUint64(message, uint64(due))
		sent, err := r.offer(pubs[i%int64(len(pubs))], message, wait, until)
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if !sent {
			return nil
		}
		if due >= r.from {
			r.sent.Add(1)
		}
	}
	return nil
}

// offer sends one message as soon as that is possible, or reports that the time was over before.
func (r *run) offer(pub *aeron.ExclusivePublication, message []byte, wait idle.Strategy, until int64) (bool, error) {
	for held := false; ; held = true {
		_, err := pub.Offer(message)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, aeron.ErrBackPressured), errors.Is(err, aeron.ErrAdminAction), errors.Is(err, aeron.ErrNotConnected):
		default:
			return false, err
		}
		if !held {
			r.backPressured++
		}
		if r.ended.Load() || r.failed.Load() || r.now() >= until+int64(r.options.Wait) {
			return false, nil
		}
		wait.Idle(0)
	}
}

// pollLimit is how many fragments one poll takes.
const pollLimit = 64

// receive takes messages until all that were sent are there, or until none has come for as long as Wait after the last was sent.
func (r *run) receive(subs []*aeron.Subscription) error {
	wait := r.options.Idle()
	quiet := int64(-1) // since when
	for !r.ended.Load() {
		n := 0
		for _, sub := range subs {
			took, err := sub.Poll(r.take, pollLimit)
			if err != nil {
				r.failed.Store(true)
				return fmt.Errorf("receive: %w", err)
			}
			n += took
		}
		switch {
		case !r.finished.Load():
		case r.received >= r.sent.Load():
			return nil
		case n > 0 || quiet < 0:
			quiet = r.now()
		case r.now()-quiet > int64(r.options.Wait):
			return nil // the rest is lost
		}
		wait.Idle(n)
	}
	return nil
}

// take records a message, if it is ours and counts.
func (r *run) take(f aeron.Fragment) {
	data := f.Data()
	if len(data) < MinSize || binary.LittleEndian.Uint64(data[8:]) != r.mark {
		return
	}
	due := int64(binary.LittleEndian.Uint64(data))
	if due < r.from {
		return
	}
	now := r.now()
	if r.received == 0 || due < r.first { // streams are polled by turns, so the first is not the earliest
		r.first = due
	}
	r.received++
	r.last = now
	if r.options.Rate > 0 {
		// Inside the range it cannot fail.
		_ = r.histogram.RecordValue(min(max(now-due, 1), longest))
	}
}
