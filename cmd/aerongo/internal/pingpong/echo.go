package pingpong

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
)

// EchoStats is what an echo has done.
type EchoStats struct {
	Echoed  int64 // sent back
	Dropped int64 // not sent back: nobody listened, or the message is too long for the way back
}

// Patience is how long an echo should keep a message for a subscriber that seems not to be there. When somebody who listened has left
// and somebody else comes to the same driver, that driver reports the end of the one and the life of the other by turns for
// up to three seconds, and the publication may look unconnected for most of them.
const Patience = 5 * time.Second

// Echo sends back through pub what sub brings, until ctx ends, which is no error. Both belong to the calling goroutine until it
// returns. Pings of several programs are all served. A message for which nobody has listened for as long as patience is
// dropped, and those after it at once, until somebody listens.
func Echo(ctx context.Context, sub *aeron.Subscription, pub *aeron.ExclusivePublication, strategy idle.Strategy, patience time.Duration) (EchoStats, error) {
	e := echo{pub: pub, idle: strategy, patience: patience}
	stop := context.AfterFunc(ctx, func() { e.ended.Store(true) })
	defer stop()
	for !e.ended.Load() {
		n, err := sub.Poll(e.onPing, pollLimit)
		if e.failure != nil {
			return e.stats, e.failure
		}
		if err != nil {
			return e.stats, err
		}
		strategy.Idle(n)
	}
	return e.stats, nil
}

type echo struct {
	pub      *aeron.ExclusivePublication
	idle     idle.Strategy
	stats    EchoStats
	ended    atomic.Bool
	deaf     bool // nobody has listened for a while: no patience until somebody does
	patience time.Duration
	failure  error
}

func (e *echo) onPing(f aeron.Fragment) {
	if e.failure != nil {
		return
	}
	var since time.Time
	for !e.ended.Load() {
		_, err := e.pub.Offer(f.Data())
		switch {
		case err == nil:
			e.stats.Echoed++
			e.deaf = false
			return
		case errors.Is(err, aeron.ErrMessageTooLong):
			e.stats.Dropped++
			return
		case errors.Is(err, aeron.ErrNotConnected):
			if since.IsZero() {
				since = time.Now()
			}
			if e.deaf || time.Since(since) > e.patience {
				e.deaf = true
				e.stats.Dropped++
				return
			}
		case errors.Is(err, aeron.ErrBackPressured), errors.Is(err, aeron.ErrAdminAction):
		default:
			e.failure = fmt.Errorf("send a pong: %w", err)
			return
		}
		e.idle.Idle(0)
	}
}
