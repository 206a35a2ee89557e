package aeronc

import (
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/aeroncgo/aeron/cgo"
)

// exclusiveLog finds places in the log of an exclusive publication, on C's own state of it and in the order that C does: either side may
// write the next message. Inside the gate only.
type exclusiveLog struct {
	writer
	state *cgo.ExclusiveState
}

// reserve takes framed bytes of the log, for a message of length bytes.
func (l *exclusiveLog) reserve(length int, framed int32) place {
	if l.isClosed() {
		return refused(resultClosed)
	}
	s := l.state
	offset, position := s.TermOffset, s.TermBegin+int64(s.TermOffset)
	if position >= atomic.LoadInt64(l.PositionLimit) {
		return l.pressure(position, length)
	}
	at := place{l.Terms[s.Partition], position + int64(framed), offset, s.TermID}
	end := offset + framed
	// The tail goes first, as in C: it tells the driver how far there may be frames.
	storeTail(&l.Tails[s.Partition], rawTail(s.TermID, end))
	if end > l.TermLength {
		return l.endTerm(at)
	}
	s.TermOffset = end
	return at
}

// endTerm pads the term and goes on to the next, in which the caller has to try again.
func (l *exclusiveLog) endTerm(at place) place {
	l.pad(at)
	s := l.state
	if s.TermBegin+int64(l.TermLength) >= l.maxPosition {
		return refused(resultMaxPosition)
	}
	l.rotate()
	return refused(resultAdminAction)
}

func (l *exclusiveLog) rotate() {
	s := l.state
	s.TermID++
	s.TermOffset = 0
	s.TermBegin += int64(l.TermLength)
	count := s.TermID - l.initialTermID
	s.Partition = uintptr(uint32(count) % 3)
	// In this order, for written.
	storeTail(&l.Tails[s.Partition], rawTail(s.TermID, 0))
	storeRelease32(l.ActiveTermCount, count)
}

// written is how far the stream has been written, for anybody at any time, and only grows. state cannot be asked from outside of the gate:
// its offset and the beginning of its term change one after the other, and between the two a whole term seems to be missing. A tail has both,
// and is that of the active term or, if the writer has gone on meanwhile, of one behind it.
func (l *exclusiveLog) written() int64 {
	_, _, raw := l.active()
	return l.position((int32(raw>>32)-l.initialTermID)&math.MaxInt32, l.clamp(raw))
}

// rawTail is a tail as the log keeps it.
func rawTail(termID, offset int32) int64 { return int64(termID)<<32 | int64(offset) }

// concurrentLog finds places in the log of a concurrent publication, whose whole state is in the log: any number of threads of any number
// of processes may write.
type concurrentLog struct{ writer }

// tail is where the stream will be written next, if nobody else is quicker.
func (l *concurrentLog) tail() (partition uintptr, count, offset int32, ok bool) {
	partition, count, raw := l.active()
	return partition, count, l.clamp(raw), count == int32(raw>>32)-l.initialTermID
}

// reserve takes framed bytes of the log, for a message of length bytes.
func (l *concurrentLog) reserve(length int, framed int32) place {
	if l.isClosed() {
		return refused(resultClosed)
	}
	limit := atomic.LoadInt64(l.PositionLimit)
	partition, count, offset, ok := l.tail()
	if !ok {
		return refused(resultAdminAction) // somebody is about to move on to the next term
	}
	if position := l.position(count, offset); position >= limit {
		return l.pressure(position, length)
	}
	return l.take(partition, framed)
}

// take moves the tail, and ends the term if it is the one who moves it beyond.
func (l *concurrentLog) take(partition uintptr, framed int32) place {
	return l.taken(partition, l.move(partition, framed), framed)
}

// move moves the tail by framed bytes and returns where it was.
func (l *concurrentLog) move(partition uintptr, framed int32) (raw int64) {
	return atomic.AddInt64(&l.Tails[partition], int64(framed)) - int64(framed)
}

// taken is the place of framed bytes at raw, from where the caller has moved the tail.
func (l *concurrentLog) taken(partition uintptr, raw int64, framed int32) place {
	offset, termID := l.clamp(raw), int32(raw>>32)
	count := termID - l.initialTermID
	if count < 0 {
		return refused(resultAdminAction) // somebody else has changed the term's id meanwhile, to one that cannot be
	}
	at := place{l.Terms[partition], l.position(count, offset+framed), offset, termID}
	if offset+framed > l.TermLength {
		return l.endTerm(at, count)
	}
	return at
}

// endTerm pads the term, if there is room for padding, and sees to it that the next one is active. Everybody who comes too late for this term
// does so, and one of them succeeds.
func (l *concurrentLog) endTerm(at place, count int32) place {
	l.pad(at)
	if at.position >= l.maxPosition {
		return refused(resultMaxPosition)
	}
	next := &l.Tails[uint32(count+1)%3]
	for {
		raw := atomic.LoadInt64(next)
		if int32(raw>>32) != at.termID+1-3 || atomic.CompareAndSwapInt64(next, raw, rawTail(at.termID+1, 0)) {
			break
		}
	}
	atomic.CompareAndSwapInt32(l.ActiveTermCount, count, count+1)
	return refused(resultAdminAction)
}

// claim writes the header of a frame that is to be filled and committed by the caller.
func (w *writer) claim(at place, length int) (frame unsafe.Pointer) {
	frame = unsafe.Add(at.term, at.offset)
	w.header(frame, int32(length)+headerLength, at.offset, at.termID, unfragmentedWord)
	*(*int64)(unsafe.Add(frame, offsetReservedValue)) = 0
	return frame
}
