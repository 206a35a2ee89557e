package aeronc

import (
	"errors"
	"sync/atomic"
	"unsafe"

	"github.com/aeroncgo/aeron/cgo"
)

// ErrBatchFull is what Add returns when the batch has no room for the message before it is flushed.
var ErrBatchFull = errors.New("aeron: batch full: flush it first")

// MaxBatchLength is the longest that a batch may be, in bytes.
const MaxBatchLength = 1 << 30

// Batch collects messages, of any length that an offer takes, and appends them with one step: subscribers see all that a term and the window
// have room for at once. What the log holds then is what offers one by one would have left there. For one goroutine at a time. It needs no
// closing; what was never flushed was never sent.
type Batch struct {
	p       batcher
	w       *writer
	base    *publicationBase
	limit   int
	frames  []byte  // the messages as frames, complete but for their place; from head on they are not out
	lengths []int32 // how much of frames each message takes; from first on
	head    int
	first   int
	parts   [][]byte // of one message, for C
}

// batcher is a publication that takes a batch.
type batcher interface {
	// flush appends as many messages as possible and returns why it were not all, or 0.
	flush(b *Batch) (result int64, err error)
}

// NewBatch makes a batch for up to length bytes of the log, 1 to MaxBatchLength; every message takes 32 bytes, and is rounded up to 32, besides
// its own. An empty batch takes any message, however long.
func (p *Publication) NewBatch(length int) (*Batch, error) {
	if p == nil {
		return nil, ErrClosed
	}
	return newBatch(p, &p.publicationBase, &p.log.writer, length)
}

// NewBatch makes a batch; see [Publication.NewBatch].
func (p *ExclusivePublication) NewBatch(length int) (*Batch, error) {
	if p == nil {
		return nil, ErrClosed
	}
	return newBatch(p, &p.publicationBase, &p.log.writer, length)
}

func newBatch(p batcher, base *publicationBase, w *writer, length int) (*Batch, error) {
	if length < 1 || length > MaxBatchLength {
		return nil, invalidArgument("length", length, "must be 1 to 1073741824")
	}
	return &Batch{
		p: p, base: base, w: w, limit: length, frames: make([]byte, 0, length), lengths: make([]int32, 0, length/frameAlignment+1),
	}, nil
}

// Len is how many messages are in the batch.
func (b *Batch) Len() int {
	if b == nil || b.w == nil {
		return 0
	}
	return len(b.lengths) - b.first
}

// Size is how many bytes of the log they will take.
func (b *Batch) Size() int {
	if b == nil || b.w == nil {
		return 0
	}
	return len(b.frames) - b.head
}

// Reset drops what is in the batch.
func (b *Batch) Reset() {
	if b == nil || b.w == nil {
		return
	}
	b.frames, b.lengths, b.head, b.first = b.frames[:0], b.lengths[:0], 0, 0
}

// Add copies a message into the batch. ErrBatchFull says that it has no room before a Flush, ErrMessageTooLong that it never will.
func (b *Batch) Add(message []byte) error {
	if b == nil || b.w == nil {
		return ErrClosed
	}
	if len(message) > int(b.w.maxPayload) {
		return b.addFragmented(message)
	}
	length := int32(len(message)) + headerLength
	framed := int(align(length))
	begin := len(b.frames)
	if begin+framed > b.limit {
		if _, err := b.grow(framed); err != nil {
			return err
		}
		begin = len(b.frames) - framed
	} else {
		b.frames = b.frames[:begin+framed]
		b.lengths = append(b.lengths, int32(framed))
	}
	// In one piece for the sake of short messages, as Offer.
	to := b.frames[begin : begin+framed]
	b.w.begin(unsafe.Pointer(unsafe.SliceData(to)), length, unfragmentedWord)
	put(unsafe.Pointer(unsafe.SliceData(to[headerLength:])), message)
	clear(to[length:])
	return nil
}

func (b *Batch) addFragmented(message []byte) error {
	if len(message) > b.base.longest {
		return b.base.tooLong("add to batch", len(message), b.base.longest)
	}
	frames, err := b.grow(int(b.w.framed(len(message))))
	if err != nil {
		return err
	}
	word := uint32(FlagBegin)<<8 | dataWord
	for payload := int(b.w.maxPayload); len(message) > payload; word = dataWord {
		b.frame(frames[:payload+headerLength], message[:payload], word)
		frames, message = frames[payload+headerLength:], message[payload:]
	}
	b.frame(frames, message, word|uint32(FlagEnd)<<8)
	return nil
}

// frame fills to, which is one frame: its place in the log is set when it gets one.
func (b *Batch) frame(to, payload []byte, word uint32) {
	b.w.begin(unsafe.Pointer(unsafe.SliceData(to)), int32(len(payload)+headerLength), word)
	clear(to[headerLength+copy(to[headerLength:], payload):])
}

// begin writes the header of a frame of a batch, in memory that nobody else sees.
func (w *writer) begin(frame unsafe.Pointer, length int32, word uint32) {
	*(*uint64)(frame) = uint64(uint32(length)) | uint64(word)<<32
	w.name(frame, 0, 0)
	*(*int64)(unsafe.Add(frame, offsetReservedValue)) = 0
}

// grow makes room for a message that takes length bytes.
func (b *Batch) grow(length int) ([]byte, error) {
	begin := len(b.frames)
	if begin+length > b.limit {
		if begin == 0 {
			// More than the limit, alone.
			if cap(b.frames) < length {
				b.frames = make([]byte, 0, length)
			}
		} else if b.Size()+length > b.limit {
			return nil, ErrBatchFull
		} else {
			b.frames = b.frames[:copy(b.frames, b.frames[b.head:])]
			b.lengths = b.lengths[:copy(b.lengths, b.lengths[b.first:])]
			b.head, b.first, begin = 0, 0, len(b.frames)
		}
	}
	b.frames = b.frames[:begin+length]
	b.lengths = append(b.lengths, int32(length))
	return b.frames[begin:], nil
}

// Flush appends what is in the batch, in order, and returns how many messages are out. If that is not all of them the error says why, and the
// rest is still in the batch, to be flushed again: ErrBackPressured, ErrNotConnected or ErrAdminAction; or, not to be, ErrClosed and
// ErrMaxPositionExceeded.
//
// C: aeron_exclusive_publication_offer_block
func (b *Batch) Flush() (n int, err error) {
	if b == nil || b.w == nil {
		return 0, ErrClosed
	}
	before := b.Len()
	if before == 0 {
		return 0, nil
	}
	result, err := b.p.flush(b)
	if n = before - b.Len(); n == before {
		b.Reset()
		return n, nil
	}
	if err == nil {
		_, err = b.base.outcome(result)
	}
	return n, err
}

// fit is how many messages, and bytes, go into room bytes of a term if each must begin before window: as many as would be offered one by
// one.
func (b *Batch) fit(room int32, window int64) (n int, size int32) {
	for _, length := range b.lengths[b.first:] {
		if int64(size) >= window || size+length > room {
			break
		}
		size += length
		n++
	}
	return n, size
}

// out forgets n messages of size bytes, which are in the log.
func (b *Batch) out(n int, size int32) {
	b.first += n
	b.head += int(size)
}

// next is the first message as frames.
func (b *Batch) next() []byte { return b.frames[b.head : b.head+int(b.lengths[b.first])] }

// payloads are the pieces of the first message, and how long it is.
func (b *Batch) payloads() (parts [][]byte, length int) {
	parts = b.parts[:0]
	for frames := b.next(); len(frames) > 0; {
		end := *(*int32)(unsafe.Pointer(&frames[0]))
		parts = append(parts, frames[headerLength:end])
		length += int(end) - headerLength
		frames = frames[align(end):]
	}
	b.parts = parts
	return parts, length
}

// block writes messages of these lengths as frames, which lie one behind the other. Until the first is published, the last of all, its length
// is that of the whole block, negative, so that the driver makes all of it padding if this process dies on the way.
func (w *writer) block(at place, frames []byte, lengths []int32) {
	first := unsafe.Pointer(unsafe.SliceData(frames))
	whole := w.maxPayload + headerLength
	offset := int32(0)
	for _, length := range lengths {
		end := offset + length
		for ; offset < end; offset += whole {
			frame := unsafe.Pointer(&frames[offset])
			*(*int32)(unsafe.Add(frame, offsetTermOffset)) = at.offset + offset
			*(*int32)(unsafe.Add(frame, offsetTermID)) = at.termID
		}
		offset = end
	}
	to := unsafe.Add(at.term, at.offset)
	storeFirst((*uint64)(to), *(*uint64)(first)&^0xFFFFFFFF|uint64(uint32(-int32(len(frames)))))
	const word = 8
	copy(unsafe.Slice((*byte)(unsafe.Add(to, word)), len(frames)-word), frames[word:])
	publish(to, *(*int32)(first))
}

func (p *ExclusivePublication) flush(b *Batch) (int64, error) {
	if !p.gate.enter() {
		return resultClosed, nil
	}
	defer p.gate.leave()
	if p.reference {
		return b.offer(func(parts [][]byte) (int64, error) { return cgo.ExclusivePublicationOfferV(p.c, parts, 0) })
	}
	return p.log.flush(b), nil
}

func (l *exclusiveLog) flush(b *Batch) (result int64) {
	if l.isClosed() {
		return resultClosed // or never open: there is no state then
	}
	for b.Len() > 0 {
		s := l.state
		n, size := b.fit(l.TermLength-s.TermOffset, atomic.LoadInt64(l.PositionLimit)-s.TermBegin-int64(s.TermOffset))
		if n == 0 {
			n, size = 1, b.lengths[b.first] // which is refused, or ends the term
		}
		_, length := b.payloads()
		at := l.reserve(length, size)
		if at.position >= 0 {
			l.block(at, b.frames[b.head:b.head+int(size)], b.lengths[b.first:b.first+n])
			b.out(n, size)
		} else if at.position != resultAdminAction {
			return at.position
		}
	}
	return 0
}

func (p *Publication) flush(b *Batch) (int64, error) {
	e, ok := p.enter()
	if !ok {
		return resultClosed, nil
	}
	defer p.leave(e)
	if p.reference {
		return b.offer(func(parts [][]byte) (int64, error) { return cgo.PublicationOfferV(p.c, parts, 0) })
	}
	return p.log.flush(b), nil
}

// longestBlock is how much of the log a writer may take at once: as much as C's longest message. Writers that come too late for a term still move
// its tail, and C counts on it that they are not so many, with no more than that each, that it runs into the term's id.
func (l *concurrentLog) longestBlock() int32 { return min(l.TermLength/8, DefaultMaxMessageLength) }

func (l *concurrentLog) flush(b *Batch) (result int64) {
	for b.Len() > 0 {
		if l.isClosed() {
			return resultClosed
		}
		limit := atomic.LoadInt64(l.PositionLimit)
		partition, count, offset, ok := l.tail()
		if !ok {
			return resultAdminAction // somebody else is about to move on to the next term
		}
		position := l.position(count, offset)
		if position >= limit {
			_, length := b.payloads()
			return l.pressure(position, length).position
		}
		n, size := b.fit(min(l.TermLength-offset, l.longestBlock()), limit-position)
		if n == 0 {
			n, size = 1, b.lengths[b.first] // which may end the term
		}
		at := l.take(partition, size)
		if at.position >= 0 {
			l.block(at, b.frames[b.head:b.head+int(size)], b.lengths[b.first:b.first+n])
			b.out(n, size)
		} else if at.position != resultAdminAction {
			return at.position
		}
	}
	return 0
}

// offer offers the messages one by one, through C.
func (b *Batch) offer(one func(parts [][]byte) (int64, error)) (int64, error) {
	for rotations := 0; b.Len() > 0; {
		parts, _ := b.payloads()
		position, err := one(parts)
		switch {
		case position >= 0:
			b.out(1, b.lengths[b.first])
			rotations = 0
		case position == resultAdminAction && rotations == 0:
			rotations++
		default:
			_, err = b.base.result("flush", position, err)
			return position, err
		}
	}
	return 0, nil
}
