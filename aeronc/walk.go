package aeronc

import (
	"fmt"
	"math"
	"sync/atomic"
	"unsafe"
)

// consumer is what becomes of the fragments that a poll finds: one of the two is set.
type consumer struct {
	plain      func(Fragment)
	controlled func(Fragment) Action
	assemble   bool // fragments into messages first
}

func (c consumer) use(f Fragment) Action {
	if c.plain != nil {
		c.plain(f)
		return Continue
	}
	return c.controlled(f)
}

// noBound is the limit position of a poll that has none.
const noBound = math.MaxInt64

// look reports, quickly, whether there is something for a walk to do.
func (i *Image) look() bool {
	position := atomic.LoadInt64(i.memory.Position)
	if position < 0 || position&(frameAlignment-1) != 0 {
		return true // walk has something to say to that
	}
	term := i.memory.Terms[uint64(position)>>uint8(i.memory.PositionBitsToShift)%3]
	return atomic.LoadInt32((*int32)(unsafe.Add(term, int32(position)&i.mask))) > 0
}

// walk hands the fragments from the subscriber's position on to c and stores the new position, once, behind what was consumed: also
// when the handler panics or calls runtime.Goexit, whose fragment stays. Owner of the subscription only. It ends at the end of a term, like
// C's own polls, and before the first fragment that begins at bound or later; ended says that the handler wants no more, of any image.
//
// The memory is shared with other processes, so nothing in it is believed: a position or a frame that cannot be ends the image.
//
//go:noinline
func (i *Image) walk(c consumer, limit int, bound int64) (n int, ended bool, err error) {
	m := &i.memory
	if i.closedByC() || i.corrupt.Load() {
		return 0, false, nil
	}
	position := atomic.LoadInt64(m.Position)
	if position < 0 || position&(frameAlignment-1) != 0 {
		return 0, false, i.condemn(fmt.Sprintf("position %d of the subscriber", position))
	}
	if position >= bound {
		return 0, false, nil
	}
	offset := int32(position) & i.mask
	base := position - int64(offset)
	end := int32(min(int64(m.TermLength), bound-base))
	term := m.Terms[uint64(position)>>uint8(m.PositionBitsToShift)%3]
	stored, consumed := offset, offset
	defer func() {
		// The counter may belong to somebody else once the image is closed.
		if consumed > stored && !i.closedByC() {
			storeRelease64(m.Position, base+int64(consumed))
		}
	}()
	closed := &i.subscription.life.closed
	// consumed is for the deferred function and so in memory; at is the loop's own.
	for at := offset; n < limit && at < end; {
		if closed.Load() {
			return n, true, ErrClosed
		}
		if i.closedByC() {
			return n, false, nil // the publisher no longer waits for this subscriber: it may write the term anew
		}
		frame := unsafe.Add(term, at)
		length := atomic.LoadInt32((*int32)(frame))
		if length <= 0 {
			break
		}
		if length < headerLength || length > m.TermLength-at {
			return n, false, i.condemn(fmt.Sprintf("frame length %d at offset %d of a term of %d bytes", length, at, m.TermLength))
		}
		at += align(length)
		word := *(*uint32)(unsafe.Add(frame, offsetWord))
		if word>>16 == typePadding {
			consumed = at
			continue
		}
		f := Fragment{i, frame, base + int64(at), extent{length - headerLength, uint8(word >> 8)}}
		action := Continue
		if c.assemble && f.extent.flags&FlagUnfragmented != FlagUnfragmented {
			action = i.assemble(c, f)
		} else if c.plain != nil {
			c.plain(f)
		} else {
			action = c.controlled(f)
		}
		switch action {
		case Continue:
			consumed = at
			n++
		case Commit:
			consumed = at
			n++
			if i.closedByC() {
				return n, false, nil
			}
			storeRelease64(m.Position, base+int64(consumed))
			stored = consumed
		case Break:
			consumed = at
			return n + 1, true, nil
		default:
			return n, true, nil
		}
	}
	return n, false, nil
}

// Block is a run of whole frames as they lie in the log, headers and alignment included. Borrowed: it and its Data are valid until the
// handler returns. A block that begins with padding holds nothing else.
type Block struct {
	image  *Image
	data   []byte
	termID int32
}

// Data is the frames. Valid until the handler returns.
func (b Block) Data() []byte { return b.data }

// Image is the image that the block came from.
func (b Block) Image() *Image { return b.image }

// TermID is the term that the frames lie in.
func (b Block) TermID() int32 { return b.termID }

// walkBlock hands the longest run of whole frames, of up to limit bytes, to f and stores the position behind it; nothing is stored if f
// panics or calls runtime.Goexit. Padding is a block of its own, which alone may be longer than limit. Owner of the subscription only.
//
//go:noinline
func (i *Image) walkBlock(f func(Block), limit int) (n int, err error) {
	m := &i.memory
	if i.closedByC() || i.corrupt.Load() {
		return 0, nil
	}
	position := atomic.LoadInt64(m.Position)
	if position < 0 || position&(frameAlignment-1) != 0 {
		return 0, i.condemn(fmt.Sprintf("position %d of the subscriber", position))
	}
	offset := int32(position) & i.mask
	term := m.Terms[uint64(position)>>uint8(m.PositionBitsToShift)%3]
	end := offset + int32(min(limit, int(m.TermLength-offset)))
	scanned := offset
	for scanned < end {
		frame := unsafe.Add(term, scanned)
		length := atomic.LoadInt32((*int32)(frame))
		if length <= 0 {
			break
		}
		if length < headerLength || length > m.TermLength-scanned {
			return 0, i.condemn(fmt.Sprintf("frame length %d at offset %d of a term of %d bytes", length, scanned, m.TermLength))
		}
		next := scanned + align(length)
		if *(*uint32)(unsafe.Add(frame, offsetWord))>>16 == typePadding {
			if scanned == offset {
				scanned = next
			}
			break
		}
		if next > end {
			break
		}
		scanned = next
	}
	if scanned == offset {
		return 0, nil
	}
	first := unsafe.Add(term, offset)
	f(Block{image: i, data: unsafe.Slice((*byte)(first), scanned-offset), termID: *(*int32)(unsafe.Add(first, offsetTermID))})
	if !i.closedByC() {
		storeRelease64(m.Position, position+int64(scanned-offset))
	}
	return int(scanned - offset), nil
}
