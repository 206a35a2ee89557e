package aeronc

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// Claim is a piece of a publication's log that is the caller's to fill: zero copy. It is a value; copies are the same claim.
//
// Commit or Abort it exactly once and soon: subscribers see nothing beyond it until then, and the driver turns a claim of a
// concurrent publication into padding after the unblock timeout (15 s). The zero Claim is resolved.
//
// C: aeron_buffer_claim_t
type Claim struct {
	owner    *publicationBase
	slot     *claimSlot
	ticket   uint64
	frame    unsafe.Pointer
	data     []byte
	position int64
	termID   int32
}

// claimSlot says whether a claim is open, outside the log: a claim that was resolved may have outlived its memory. An odd state is
// the ticket of the claim that is open, an even one is free.
type claimSlot struct{ state atomic.Uint64 }

// take opens the slot, if it is free.
func (s *claimSlot) take() (ticket uint64, ok bool) {
	state := s.state.Load()
	return state + 1, state&1 == 0 && s.state.CompareAndSwap(state, state+1)
}

// inUse marks a slot while somebody writes to its claim's frame.
const inUse = 1 << 63

// hold keeps a claim from being resolved, and its memory from going, until release.
func (s *claimSlot) hold(ticket uint64) bool { return s.state.CompareAndSwap(ticket, ticket|inUse) }

func (s *claimSlot) release(ticket uint64) { s.state.Store(ticket) }

// free closes the slot, once per ticket.
func (s *claimSlot) free(ticket uint64) bool {
	for !s.state.CompareAndSwap(ticket, ticket+1) {
		if s.state.Load() != ticket|inUse {
			return false
		}
		runtime.Gosched() // somebody else is at the frame for a moment
	}
	return true
}

// Data is the claimed memory, of the claimed length. It is the log itself: valid until Commit or Abort, and never after.
func (c Claim) Data() []byte { return c.data }

// Position is where the stream will be once the claim is committed.
func (c Claim) Position() int64 { return c.position }

// SetReservedValue sets the 8 bytes that the frame's header leaves to the application. Only before Commit.
//
// C: reserved_value of aeron_data_header_t
func (c Claim) SetReservedValue(value int64) error {
	if c.owner == nil || !c.slot.hold(c.ticket) {
		return ErrClaimResolved
	}
	defer c.slot.release(c.ticket)
	if !c.pending() {
		return ErrClaimUnblocked
	}
	*(*int64)(unsafe.Add(c.frame, offsetReservedValue)) = value
	return nil
}

// Commit makes the message visible to subscribers. It returns ErrClaimResolved the second time, ErrClosed when the publication has
// been closed since, and ErrClaimUnblocked when the driver was quicker: then the claim has become padding.
//
// C: aeron_buffer_claim_commit
func (c Claim) Commit() error { return c.resolve(false) }

// Abort turns the claim into padding, which subscribers skip. See Commit for its errors.
//
// C: aeron_buffer_claim_abort
func (c Claim) Abort() error { return c.resolve(true) }

// claimed is the first word of the frame while the claim is open: length, version, flags and type.
func (c Claim) claimed() uint64 {
	return uint64(uint32(-c.frameLength())) | uint64(unfragmentedWord)<<32
}

func (c Claim) frameLength() int32 { return int32(len(c.data)) + headerLength }

// pending reports whether the frame still is this claim's. The driver may have given the claim up, and the log may have come round to
// this place again. Only while the claim's share keeps the log mapped.
func (c Claim) pending() bool {
	return atomic.LoadUint64((*uint64)(c.frame)) == c.claimed() && *(*int32)(unsafe.Add(c.frame, offsetTermID)) == c.termID
}

func (c Claim) resolve(abort bool) error {
	if c.owner == nil || !c.slot.free(c.ticket) {
		return ErrClaimResolved
	}
	// The log is mapped until the claim's share in the publication goes back.
	defer c.owner.unclaim()
	closed := c.owner.life.closed.Load()
	header := unfragmentedWord
	if abort || closed {
		header &= 1<<16 - 1 // type 0: padding
	}
	// Length and type change in one step or not at all.
	resolved := uint64(uint32(c.frameLength())) | uint64(header)<<32
	if !c.pending() || !atomic.CompareAndSwapUint64((*uint64)(c.frame), c.claimed(), resolved) {
		return ErrClaimUnblocked
	}
	if closed {
		return ErrClosed
	}
	return nil
}
