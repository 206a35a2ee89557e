package aeronc

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/aeroncgo/aeron/internal/callstack"
)

// closeWait is how long a Close waits for calls in flight and for C before it returns with ErrTimeout, leaving the rest to
// happen behind it: a handler that never returns must not hang whoever closes.
const closeWait = 15 * time.Second

// lifecycle takes one object from open over closing to closed.
type lifecycle struct {
	once     sync.Once
	closed   atomic.Bool // no new call may start
	closing  chan struct{}
	done     chan struct{}
	err      error // of the teardown; read after done
	reported atomic.Bool
}

func (l *lifecycle) open() {
	l.closing = make(chan struct{})
	l.done = make(chan struct{})
}

// begin closes the door, once, and runs teardown behind it.
func (l *lifecycle) begin(teardown func() error) {
	l.once.Do(func() {
		l.closed.Store(true)
		if l.closing == nil {
			return // never opened
		}
		close(l.closing)
		go func() {
			l.err = teardown()
			close(l.done)
		}()
	})
}

// close is Close: begin and wait. The teardown's error goes to the first who waits for it, later callers get nil.
func (l *lifecycle) close(op string, teardown func() error) error {
	l.begin(teardown)
	if l.closing == nil || InHandler() {
		return nil
	}
	select {
	case <-l.done:
	default:
		timer := time.NewTimer(closeWait)
		defer timer.Stop()
		select {
		case <-l.done:
		case <-timer.C:
			return &Error{Op: op, Detail: "calls in flight have not returned in " + closeWait.String() + "; it will close when they do", Err: ErrTimeout}
		}
	}
	if l.reported.CompareAndSwap(false, true) {
		return l.err
	}
	return nil
}

// calls counts the calls that are inside C, so that a teardown can wait for them.
type calls struct {
	n    atomic.Int64 // noEntry is added once no new call may enter
	left chan struct{}
}

const noEntry = int64(-1) << 62

func (c *calls) open() { c.left = make(chan struct{}, 1) }

// enter reports whether a call may go on; exit must follow if so. A call that is refused leaves no trace, not for a moment: nobody is
// inside once the last one has left.
func (c *calls) enter() bool {
	if c.left == nil {
		return false // never opened
	}
	for {
		n := c.n.Load()
		if n < 0 {
			return false
		}
		if c.n.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (c *calls) exit() {
	if c.n.Add(-1) < 0 {
		c.wake()
	}
}

// wake makes drain look again.
func (c *calls) wake() {
	select {
	case c.left <- struct{}{}:
	default:
	}
}

// shut lets nobody in any more. Called once, before drain.
func (c *calls) shut() { c.n.Add(noEntry) }

// drain waits until all are out.
func (c *calls) drain() {
	for c.n.Load() > noEntry {
		<-c.left
	}
}

// reads are the functions below which every handler runs.
var reads = []string{"aeronc.(*Image).walk", "aeronc.(*Image).walkBlock", "aeronc.(*Image).readC", "aeronc.(*Image).readBlockC"}

// InHandler reports whether the calling goroutine is inside a handler of some poll, where waiting for a poll to end could wait
// for itself. It walks the stack, a microsecond or so, and is called only where something would wait.
func InHandler() bool { return callstack.Has(reads...) }

// Counts are the numbers of objects that are open in this process. A publication that was closed with claims open counts until they
// are resolved.
type Counts struct {
	Drivers, Clients, Publications, Subscriptions, Images, Counters int64
	// Pending are requests that were given up and that C has not done with.
	Pending int64
	// Tags, Listeners and AbandonedLogs belong to the inside: what C may still call back on, and log mappings that were left
	// to the process because a claim on them was never resolved.
	Tags, Listeners, AbandonedLogs int64
}

var live struct {
	drivers, clients, publications, subscriptions, images, counters, pending, abandoned atomic.Int64
}
