package aeronc

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// door lets any number of goroutines in at a time, and after shut nobody. It is to a concurrent publication what the gate is to an
// exclusive one: a goroutine that has an entry of its own passes with plain stores and loads, and shut makes up for the fence that it
// left out. Whoever finds no entry has to be counted in another way.
type door struct {
	shutting uint32
	entries  [doorEntries]entry
}

// doorEntries is how many goroutines can have an entry. One that belongs to a goroutine that has ended, or has got another stack, is taken
// over by the next that runs on the same piece of memory.
const doorEntries = 16

// entry is on a cache line of its own.
type entry struct {
	piece uintptr // of a stack: whoever runs on it is the owner; set once
	busy  uint32  // 1 while an owner is inside
	_     [64 - unsafe.Sizeof(uintptr(0)) - 4]byte
}

// of is the entry that somebody on that piece of stack may have. The factor spreads pieces that lie beside each other.
//
//go:nosplit
func (d *door) of(piece uintptr) *entry { return &d.entries[uint32(piece)*2654435761>>(32-4)] }

// enter gives the calling goroutine's entry, to be left by leave, or nil.
func (d *door) enter() *entry {
	if !biased {
		return nil
	}
	at := piece()
	e := d.of(at)
	if !e.here(at) {
		e.take(at) // for the next time: by now the stack may be another
		return nil
	}
	if e.enter(d) {
		return e
	}
	e.leave()
	return nil
}

// here reports whether the entry belongs to who has asked for that piece of stack and called nothing since that may move its stack; see the
// gate. Who was inside when its stack was moved is inside still.
//
//go:nosplit
func (e *entry) here(piece uintptr) bool { return atomic.LoadUintptr(&e.piece) == piece && e.busy == 0 }

// enter reports whether the door is open to the entry's goroutine; leave must follow in any case.
//
//go:nosplit
func (e *entry) enter(d *door) bool {
	e.busy = 1
	// The load may run ahead of the store: shut waits behind a barrier before it looks at busy.
	return atomic.LoadUint32(&d.shutting) == 0
}

func (e *entry) take(piece uintptr) {
	if atomic.LoadUintptr(&e.piece) == 0 && barrierWorks() {
		atomic.CompareAndSwapUintptr(&e.piece, 0, piece)
	}
}

func (e *entry) leave() { storeUint32(&e.busy, 0) }

// shut lets nobody in any more and waits until all are out.
func (d *door) shut() {
	atomic.StoreUint32(&d.shutting, 1)
	if !biased {
		return
	}
	fenced := false
	for n := range d.entries {
		e := &d.entries[n]
		if atomic.LoadUintptr(&e.piece) == 0 {
			continue
		}
		if !fenced {
			barrier()
			fenced = true
		}
		for atomic.LoadUint32(&e.busy) != 0 {
			runtime.Gosched()
		}
	}
}
