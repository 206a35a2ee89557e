package aeron

import (
	"fmt"

	"github.com/aeroncgo/aeron/aeronc"
)

// Batch collects messages, of any length that Offer takes, and appends them in one step, which costs less than offers one by one and
// leaves the same in the log.
//
//	b := aeron.NewBatch(pub, 64<<10)
//	err := b.Add(message)        // copied; ErrBatchFull: flush first
//	n, err := b.Flush()          // n messages are out; with an error the rest are still in b, for another Flush
//
// For one goroutine at a time; different batches of one publication are independent. It needs no closing; what was never flushed was
// never sent.
type Batch struct {
	pub *sending
	c   *aeronc.Batch
	err error // why it cannot be used
}

// NewBatch makes a batch for up to length bytes of pub's log, 1 to 1 GiB: every message takes 32 bytes besides its own, rounded up to
// a multiple of 32. An empty batch takes any message, however long. A pub that is not of this package, or nil, and a length out of
// range are ErrInvalidArgument from Add and Flush.
func NewBatch(pub Sender, length int) *Batch {
	p := baseOf(pub)
	if p == nil {
		return &Batch{err: &Error{
			Op: "batch", Detail: fmt.Sprintf("pub=%T must be a publication that AddPublication or AddExclusivePublication gave", pub),
			Err: ErrInvalidArgument,
		}}
	}
	c, err := p.raw.NewBatch(length)
	return &Batch{pub: p, c: c, err: err}
}

var errNoBatch = &Error{Op: "batch", Detail: "the zero Batch has no publication: use NewBatch", Err: ErrInvalidArgument}

// unusable is why the batch cannot be used, or nil.
func (b *Batch) unusable() error {
	if b == nil || b.c == nil && b.err == nil {
		return errNoBatch
	}
	return b.err
}

// Add copies a message into the batch. ErrBatchFull says that it has no room before a Flush, ErrMessageTooLong that it never will.
func (b *Batch) Add(message []byte) error {
	if b == nil || b.c == nil {
		return b.unusable()
	}
	return b.c.Add(message)
}

// Flush appends what is in the batch, in order, and reports how many messages are out now. It never blocks. If it is not all of them
// the error says why, the rest stays in the batch, and nothing is lost or sent twice: after ErrBackPressured, ErrNotConnected and
// ErrAdminAction, flush again; ErrClosed, ErrMaxPositionExceeded and any *Error do not go away.
//
// C: aeron_exclusive_publication_offer_block
func (b *Batch) Flush() (n int, err error) {
	if b == nil || b.c == nil {
		return 0, b.unusable()
	}
	return b.c.Flush()
}

// Len is how many messages are in the batch.
func (b *Batch) Len() int {
	if b == nil {
		return 0
	}
	if b.unusable() != nil {
		return 0
	}
	return b.c.Len()
}

// Size is how many bytes of the log they will take.
func (b *Batch) Size() int {
	if b == nil {
		return 0
	}
	if b.unusable() != nil {
		return 0
	}
	return b.c.Size()
}

// Reset drops what is in the batch.
func (b *Batch) Reset() {
	if b == nil {
		return
	}
	if b.unusable() == nil {
		b.c.Reset()
	}
}
