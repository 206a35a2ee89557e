//go:build linux && amd64 && !race

package aeronc

import (
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// biased: a gate can have an owner. The order of the processor's stores, the barrier of the system, and no race detector, which
// cannot see either, are needed.
const biased = true

// currentStack is the stack that the calling goroutine is on.
func currentStack() stack

// piece is the piece of its stack that the caller is on. Inlined, it costs two instructions, where asking for the whole stack is a call.
// nosplit, here and below: a stack is moved where a function begins that may need more of it, and so not here, inlined or not.
//
//go:nosplit
func piece() uintptr {
	var here byte
	return uintptr(unsafe.Pointer(&here)) >> pieceBits
}

// holds reports whether the stack has that piece.
func (s stack) holds(piece uintptr) bool { return piece-s.low>>pieceBits < (s.high-s.low)>>pieceBits }

// The commands of membarrier(2).
const (
	membarrierPrivateExpedited         = 1 << 3
	membarrierRegisterPrivateExpedited = 1 << 4
)

// barrierWorks reports whether barrier does what it says here: the system call is from Linux 4.14, and some sandboxes have none.
// Package cgo has registered already, unless this is a library that a running process has loaded.
var barrierWorks = sync.OnceValue(func() bool {
	_, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierRegisterPrivateExpedited, 0, 0)
	if errno == 0 {
		_, _, errno = unix.Syscall(unix.SYS_MEMBARRIER, membarrierPrivateExpedited, 0, 0)
	}
	return errno == 0
})

// barrier is a full memory barrier on every thread of the process that is running. It has worked before, and can still fail while the
// system is out of memory, or for good if a sandbox was put up since. It is tried for as long as that makes a difference: within a second
// every processor has long done with the stores that were under way.
func barrier() {
	for range 1000 {
		if _, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierPrivateExpedited, 0, 0); errno == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
