package aeronc

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// door lets any number of goroutines in at a time, and after shut nobody. It is to a concurrent publication what the gate is to an
// exclusive one: a goroutine that has an entry of its own passes with plain stores and loads, and shut makes up for the fence that it
// left out. Whoever finds no entry has to be counted in another way.
type door struct {
	_     [64]byte // what lies before and behind is written all the time, the slots are not
	slots [doorSlots]slot
	_     [64]byte

	missed uint32 // how often somebody found no slot since all were taken; lost counts do no harm
	full   uint32 // 1 while all are taken
	mu     sync.Mutex
	closed bool // under the mutex
}

// doorSlots is how many goroutines can have an entry at a time.
const doorSlots = 16

// sweepEvery is how many times goroutines without an entry pass before slots are looked through for those that nobody uses any more: a
// goroutine that has ended, or has got another stack, says nothing.
const sweepEvery = 4096

// slot is where an entry is found. It changes under the mutex.
type slot struct {
	piece atomic.Uintptr // the entry's, so that who looks for another one need not touch that entry's cache line
	entry atomic.Pointer[entry]
}

// entry is on a cache line of its own. It has one owner for ever: one that is taken out of its slot stays suspended.
type entry struct {
	piece     uintptr // of a stack: whoever runs on it is the owner
	busy      uint32  // 1 while the owner is inside; the owner's to write
	suspended uint32  // 1 from when the owner has to say that it is still there, or the door is shut; set and cleared under the mutex
	_         [64 - unsafe.Sizeof(uintptr(0)) - 8]byte
}

// home is the slot where who is on that piece of stack looks first. The factor spreads pieces that lie beside each other.
//
//go:nosplit
func home(piece uintptr) uint32 { return uint32(piece) * 2654435761 >> (32 - 4) }

// of is the entry of who is on that piece of stack, if it has it where it looks first.
//
//go:nosplit
func (d *door) of(piece uintptr) *entry { return d.slots[home(piece)].of(piece) }

//go:nosplit
func (s *slot) of(piece uintptr) *entry {
	if s.piece.Load() != piece {
		return nil
	}
	return s.entry.Load()
}

// find is the entry of who is on that piece of stack, wherever it is, or nil.
//
//go:nosplit
//go:noinline
func (d *door) find(piece uintptr) *entry {
	for n := range d.slots {
		if e := d.slots[n].of(piece); e != nil {
			return e
		}
	}
	return nil
}

// enter gives the calling goroutine's entry, to be left by leave, or nil.
func (d *door) enter() *entry {
	if !biased {
		return nil
	}
	at := piece()
	e := d.find(at)
	if !e.here(at) {
		d.take(at) // for the next time: by now the stack may be another
		return nil
	}
	if e.enter() {
		return e
	}
	e.leave()
	d.take(at)
	return nil
}

// here reports whether the entry belongs to who has asked for that piece of stack and called nothing since that may move its stack; see the
// gate. Who was inside when its stack was moved is inside still. The slot may have changed hands while it was read, the entry has not.
//
//go:nosplit
func (e *entry) here(piece uintptr) bool { return e != nil && e.piece == piece && e.busy == 0 }

// enter reports whether the owner may go on; leave must follow in any case.
//
//go:nosplit
func (e *entry) enter() bool {
	e.busy = 1
	// The load may run ahead of the store: whoever suspends waits behind a barrier before it looks at busy.
	return atomic.LoadUint32(&e.suspended) == 0
}

func (e *entry) leave() { storeUint32(&e.busy, 0) }

// take sees to it that who is on that piece of stack has an entry the next time, if there is room.
func (d *door) take(piece uintptr) {
	if e := d.find(piece); e != nil {
		if atomic.LoadUint32(&e.suspended) == 0 {
			return // it is inside
		}
	} else if atomic.LoadUint32(&d.full) != 0 {
		n := atomic.LoadUint32(&d.missed) + 1
		storeUint32(&d.missed, n)
		if n%sweepEvery != 0 {
			return
		}
	}
	if !barrierWorks() || !d.mu.TryLock() {
		return // whoever has the mutex has it for a moment
	}
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	if e := d.find(piece); e != nil {
		atomic.StoreUint32(&e.suspended, 0)
		return
	}
	free := d.free(piece)
	if free == nil && atomic.LoadUint32(&d.full) != 0 {
		d.sweep()
		free = d.free(piece)
	}
	if free == nil {
		atomic.StoreUint32(&d.full, 1)
		return
	}
	atomic.StoreUint32(&d.full, 0)
	free.entry.Store(&entry{piece: piece})
	free.piece.Store(piece) // last: who reads it finds an entry
}

// free is the empty slot that is nearest to where who is on that piece of stack looks first, or nil. Under the mutex.
func (d *door) free(piece uintptr) *slot {
	for n := range uint32(doorSlots) {
		if s := &d.slots[(home(piece)+n)%doorSlots]; s.entry.Load() == nil {
			return s
		}
	}
	return nil
}

// sweep empties the slots whose owners have not come since the sweep before, and asks all others. Under the mutex.
func (d *door) sweep() {
	for n := range d.slots {
		s := &d.slots[n]
		if e := s.entry.Load(); e != nil && atomic.LoadUint32(&e.suspended) != 0 && atomic.LoadUint32(&e.busy) == 0 {
			// Its owner is not inside and cannot get there: it would see that it is suspended.
			s.piece.Store(0)
			s.entry.Store(nil)
		}
	}
	d.suspend()
}

// suspend makes all owners say that they are there before they pass again; who is inside stays so. Under the mutex.
func (d *door) suspend() {
	any := false
	for n := range d.slots {
		if e := d.slots[n].entry.Load(); e != nil {
			atomic.StoreUint32(&e.suspended, 1)
			any = true
		}
	}
	if any {
		barrier() // now either an owner's busy is seen here, or suspended is seen there
	}
}

// shut lets nobody in any more and waits until all are out.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.suspend()
	for n := range d.slots {
		if e := d.slots[n].entry.Load(); e != nil {
			for atomic.LoadUint32(&e.busy) != 0 {
				runtime.Gosched()
			}
		}
	}
}
