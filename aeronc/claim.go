package aeronc

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/aeroncgo/aeron/cgo"
)

// Claim is a piece of a publication's log that is the caller's to fill: zero copy. It is a value; copies are the same claim.
//
// Commit or Abort it exactly once and soon: subscribers see nothing beyond it until then, and the driver turns a claim of a
// concurrent publication into padding after the unblock timeout (15 s). The zero Claim is resolved.
//
// A publication has room for 32 claims that are open at a time; each one beyond those costs an allocation.
//
// C: aeron_buffer_claim_t
type Claim struct {
	// Four words in four fields: more of them the compiler does not keep in registers.
	slot     *claimSlot
	frame    unsafe.Pointer
	position int64
	extent   claimExtent
}

type claimExtent struct{ length, termID int32 }

// claimSlot says whether a claim is open, outside the log: a claim that was resolved may have outlived its memory. What it says of an open
// claim is its ticket, which no other claim of the publication has; 0 is a slot that is free.
type claimSlot struct {
	owner *publicationBase
	state int64
	extra bool // beyond those that the publication has for good
}

// take opens the slot, if it is free. alone says that nobody else can be taking it.
func (s *claimSlot) take(ticket int64, alone bool) bool {
	if atomic.LoadInt64(&s.state) != 0 {
		return false
	}
	if alone {
		storeRelease64(&s.state, ticket)
		return true
	}
	return atomic.CompareAndSwapInt64(&s.state, 0, ticket)
}

// inUse marks a slot while somebody writes to its claim's frame.
const inUse = 2

// hold keeps everybody else waiting who wants to hold the claim, and its memory from going, until the slot gets another state. false says that
// the claim is resolved.
func (s *claimSlot) hold(ticket int64) bool {
	for !atomic.CompareAndSwapInt64(&s.state, ticket, ticket|inUse) {
		if state := atomic.LoadInt64(&s.state); state != ticket|inUse && state != ticket {
			return false
		}
		runtime.Gosched() // somebody else is at the frame for a moment
	}
	return true
}

// ticket is the claim's: positions are multiples of 32, and each is that of one frame.
func (c Claim) ticket() int64 { return c.position | 1 }

// Data is the claimed memory, of the claimed length. It is the log itself: valid until Commit or Abort, and never after.
func (c Claim) Data() []byte {
	if c.slot == nil {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Add(c.frame, headerLength)), c.extent.length)
}

// Position is where the stream will be once the claim is committed.
func (c Claim) Position() int64 { return c.position }

// SetReservedValue sets the 8 bytes that the frame's header leaves to the application. Only before Commit.
//
// C: reserved_value of aeron_data_header_t
func (c Claim) SetReservedValue(value int64) error {
	if c.slot == nil || !c.slot.hold(c.ticket()) {
		return ErrClaimResolved
	}
	err := ErrClaimUnblocked
	if c.pending() {
		*(*int64)(unsafe.Add(c.frame, offsetReservedValue)) = value
		err = nil
	}
	storeRelease64(&c.slot.state, c.ticket())
	return err
}

// Commit makes the message visible to subscribers. It returns ErrClaimResolved the second time, ErrClosed when the publication has
// been closed since, and ErrClaimUnblocked when the driver was quicker: then the claim has become padding.
//
// C: aeron_buffer_claim_commit
func (c Claim) Commit() error { return c.resolve(unfragmentedWord) }

// Abort turns the claim into padding, which subscribers skip. See Commit for its errors.
//
// C: aeron_buffer_claim_abort
func (c Claim) Abort() error { return c.resolve(paddingWord) }

// firstWord is the first 8 bytes of the frame: length, version, flags and type.
func firstWord(length int32, word uint32) uint64 { return uint64(uint32(length)) | uint64(word)<<32 }

func (c Claim) frameLength() int32 { return c.extent.length + headerLength }

// claimed is the first word while the claim is open.
func (c Claim) claimed() uint64 { return firstWord(-c.frameLength(), unfragmentedWord) }

// pending reports whether the frame still is this claim's. The driver may have given the claim up, and the log may have come round to
// this place again. Only while the slot is held, which keeps the log mapped.
func (c Claim) pending() bool {
	return atomic.LoadUint64((*uint64)(c.frame)) == c.claimed() && *(*int32)(unsafe.Add(c.frame, offsetTermID)) == c.extent.termID
}

func (c Claim) resolve(word uint32) error {
	s := c.slot
	if s == nil || !s.hold(c.ticket()) {
		return ErrClaimResolved
	}
	p := s.owner
	closed := p.life.closed.Load()
	if closed {
		word = paddingWord
	}
	// Length and type change in one step or not at all: the driver gives up claims of concurrent publications, and
	// of no others whose client lives.
	resolved := c.pending()
	if p.alone && resolved {
		storeRelease64((*int64)(c.frame), int64(firstWord(c.frameLength(), word)))
	} else if resolved {
		resolved = atomic.CompareAndSwapUint64((*uint64)(c.frame), c.claimed(), firstWord(c.frameLength(), word))
	}
	// After the last use of the log, which may be unmapped from here on.
	storeRelease64(&s.state, 0)
	if s.extra {
		p.extraClaims.Add(-1)
	}
	if p.life.closed.Load() {
		p.calls.wake()
	}
	switch {
	case !resolved:
		return ErrClaimUnblocked
	case closed:
		return ErrClosed
	}
	return nil
}

// claimSlots is how many claims may be open at a time without an allocation.
const claimSlots = 32

// claim makes a claim of a frame, which is claimed already. The caller is inside the gate or the door.
func (p *publicationBase) claim(frame unsafe.Pointer, position int64, length int, termID int32) Claim {
	c := Claim{frame: frame, position: position, extent: claimExtent{int32(length), termID}}
	// Claims that follow each other try slots that do.
	first := uint64(position) / frameAlignment
	for n := range uint64(claimSlots) {
		if s := &p.slots[(first+n)%claimSlots]; s.take(c.ticket(), p.alone) {
			c.slot = s
			return c
		}
	}
	p.extraClaims.Add(1)
	c.slot = &claimSlot{owner: p, state: c.ticket(), extra: true}
	return c
}

// claimedByC is what a claim of C's came to.
func (p *publicationBase) claimedByC(c cgo.Claim, length int, err error) (Claim, error) {
	if _, err = p.result("claim", c.Position, err); err != nil {
		return Claim{}, err
	}
	return p.claim(c.Frame, c.Position, length, *(*int32)(unsafe.Add(c.Frame, offsetTermID))), nil
}

// openClaims is how many claims are open. Once nobody can claim any more it only falls.
func (p *publicationBase) openClaims() int64 {
	n := p.extraClaims.Load()
	for s := range p.slots {
		if atomic.LoadInt64(&p.slots[s].state) != 0 {
			n++
		}
	}
	return n
}

// awaitClaims returns when all claims are resolved, or the client has been closed. Whoever resolves the last one wakes it, unless that happened
// in the moment when the publication was closed: therefore it looks by itself, too.
func (p *publicationBase) awaitClaims() {
	const often, seldom = 10 * time.Millisecond, time.Second
	for wait := often; p.openClaims() > 0; wait = min(2*wait, seldom) {
		select {
		case <-p.calls.left:
		case <-time.After(wait):
		case <-p.gone:
			return
		}
	}
}
