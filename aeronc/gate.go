package aeronc

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// gate lets one goroutine in at a time, and after shut nobody.
//
// It is meant for one goroutine that writes, or polls, all the time, beside which any locked instruction shows: it waits until every store
// before it has reached memory that a subscriber on another core has just read. So a goroutine owns the gate, where the platform
// allows, and passes with plain stores and loads. Whoever else comes suspends that, with a barrier on all threads of the process that makes up
// for the fence which the owner left out; from then on a mutex does it, until somebody has been alone for a while, and is the owner then.
type gate struct {
	owner     atomic.Pointer[ownership] // changed under the mutex, while nobody is inside
	mu        sync.Mutex
	slow      bool  // whoever is inside has the mutex; written and read by who is inside
	closed    bool  // under the mutex
	next      bool  // candidate becomes the owner on leaving; under the mutex
	alone     int   // how often candidate has come through the mutex since somebody else did; under the mutex
	candidate stack // of who came through the mutex last; under the mutex
}

// ownership is what an owner passes with. An owner that was suspended passes with a new one, if it becomes the owner again: one that it
// was slow to let go of, on its way in, says for ever that it needs the mutex.
type ownership struct {
	stack     stack
	piece     uintptr  // of the stack, from which the owner passed last; the owner's to write
	busy      uint32   // 1 while the owner is inside without the mutex; the owner's to write
	suspended uint32   // 1 from when even the owner needs the mutex; set under the mutex
	_         [32]byte // a cache line that nobody else writes to
}

// stack is where a goroutine's stack lies. Two goroutines that live have none of it in common; one that outgrows its stack moves on to
// another, and is somebody else from then on.
type stack struct{ low, high uintptr }

// pieceBits is the length of a piece of stack: no stack is shorter, and each begins at a multiple of it, so that no two share a piece.
const pieceBits = 11

// aloneFor is how many times in a row a goroutine comes through the mutex before it passes without.
const aloneFor = 1000

// passage is how an attempt to enter ended.
type passage uint8

const (
	entered passage = iota
	shut            // nobody enters any more
	busy            // somebody is inside, and the caller must not wait
)

// mine reports whether the caller is the owner, until it calls something that may move its stack.
//
//go:nosplit
func (o *ownership) mine() bool { return o != nil && o.stack == currentStack() }

// here is mine for who has asked for the piece of stack that it is on and called nothing since that may move its stack: only one goroutine is
// on it, so that it need not be asked for its whole stack. enter must follow in the same way.
//
//go:nosplit
func (o *ownership) here(piece uintptr) bool { return o != nil && o.piece == piece && o.busy == 0 }

// enter lets the owner in, who is not inside already, and leave must follow in any case; false says that the mutex is needed all the same.
//
//go:nosplit
func (o *ownership) enter() bool {
	o.busy = 1
	// The load may run ahead of the store: whoever suspends waits behind a barrier before it looks at busy.
	return atomic.LoadUint32(&o.suspended) == 0
}

func (o *ownership) leave() { storeUint32(&o.busy, 0) }

// enter waits for its turn and reports whether the gate is open; leave must follow if so.
func (g *gate) enter() bool { return g.pass(0, nil) == entered }

// enterFrom is enter for who comes from that piece of stack, and will be known by it.
func (g *gate) enterFrom(piece uintptr) bool { return g.pass(piece, nil) == entered }

// pass is enter for who may not wait: mayWait is asked when there is something to wait for.
func (g *gate) pass(piece uintptr, mayWait func() bool) passage {
	if o := g.owner.Load(); o.mine() {
		if o.busy == 0 {
			if o.enter() {
				if o.stack.holds(piece) {
					o.piece = piece
				}
				return entered
			}
			o.leave()
		} else if mayWait != nil && !mayWait() {
			return busy
		}
	}
	return g.passSlow(mayWait)
}

func (g *gate) passSlow(mayWait func() bool) passage {
	if !g.mu.TryLock() {
		if mayWait != nil && !mayWait() {
			return busy
		}
		g.mu.Lock()
	}
	if g.closed {
		g.mu.Unlock()
		return shut
	}
	if biased {
		me, o := currentStack(), g.owner.Load()
		if o != nil && !o.suspend(mayWait) {
			g.mu.Unlock()
			return busy
		}
		if g.candidate != me {
			g.candidate, g.alone = me, 0
		}
		g.alone++
		g.next = (o == nil || g.alone >= aloneFor) && barrierWorks()
	}
	g.slow = true
	return entered
}

// suspend makes the owner take the mutex too, and waits until it is out, if it may. Under the mutex only.
func (o *ownership) suspend(mayWait func() bool) bool {
	if atomic.LoadUint32(&o.suspended) == 0 {
		atomic.StoreUint32(&o.suspended, 1)
		barrier()
	}
	// Now either the owner's busy is seen here, or this suspended is seen there.
	for spins := 0; atomic.LoadUint32(&o.busy) != 0; spins++ {
		if mayWait != nil && !mayWait() {
			return false
		}
		if spins < 100 {
			runtime.Gosched()
		} else {
			time.Sleep(50 * time.Microsecond) // a handler takes its time
		}
	}
	return true
}

func (g *gate) leave() {
	// Not busy: an owner whose passage is suspended raises it for a moment before it sees that.
	if g.slow {
		g.slow = false
		if g.next {
			// Only now: inside, who has the mutex is known by it.
			g.owner.Store(&ownership{stack: g.candidate})
			g.next, g.candidate, g.alone = false, stack{}, 0
		}
		g.mu.Unlock()
		return
	}
	g.owner.Load().leave()
}

// shut waits for its turn and lets nobody in any more.
func (g *gate) shut() {
	g.mu.Lock()
	if o := g.owner.Load(); biased && o != nil {
		o.suspend(nil)
	}
	g.closed = true
	g.mu.Unlock()
}
