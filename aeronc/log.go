package aeronc

import (
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/aeroncgo/aeron/cgo"
)

// The second word of a frame's header: version, flags and type. A frame of data has type 1, padding 0.
const (
	dataWord         = uint32(1) << 16
	unfragmentedWord = uint32(FlagUnfragmented)<<8 | dataWord
	paddingWord      = uint32(FlagUnfragmented) << 8
)

// writer writes frames into a publication's log, at places that its owner has reserved.
type writer struct {
	cgo.Log
	session, stream int32
	initialTermID   int32
	maxPayload      int32
	shift           uint8
	maxPosition     int64
}

func newWriter(log cgo.Log, info cgo.PublicationInfo) writer {
	return writer{
		Log: log, session: info.SessionID, stream: info.StreamID, initialTermID: info.InitialTermID,
		maxPayload: int32(info.MaxPayloadLength), shift: uint8(info.PositionBitsToShift), maxPosition: info.MaxPossiblePosition,
	}
}

// place is where a message goes. position is the stream's behind it, or, below zero, why there is no place.
type place struct {
	term     unsafe.Pointer
	position int64
	offset   int32
	termID   int32
}

func refused(result int64) place { return place{position: result} }

// isClosed reports whether C has given the publication up, or there is none. Before anything else of the log is touched.
func (w *writer) isClosed() bool { return w.Closed == nil || *w.Closed != 0 }

// framed is how much of the log a message takes, headers and alignment included.
func (w *writer) framed(length int) int32 {
	if length <= int(w.maxPayload) {
		return align(int32(length) + headerLength)
	}
	// The caller has checked that it is no longer than a message may be, so that it fits into 32 bits.
	whole, rest := int32(length)/w.maxPayload, int32(length)%w.maxPayload
	framed := whole * (w.maxPayload + headerLength)
	if rest > 0 {
		framed += align(rest + headerLength)
	}
	return framed
}

// active is the term that the log says is written, of three, and its raw tail. The log belongs to others too: it picks one of them, whatever it says.
func (w *writer) active() (partition uintptr, count int32, raw int64) {
	count = atomic.LoadInt32(w.ActiveTermCount) & math.MaxInt32
	partition = uintptr(uint32(count) % 3)
	return partition, count, atomic.LoadInt64(&w.Tails[partition])
}

// clamp is the offset of a raw tail, which may have been moved beyond the end of the term. It is one that a frame may begin at, with room for
// a header behind it, whatever the log says.
func (w *writer) clamp(raw int64) int32 {
	return int32(min(raw&(0xFFFFFFFF&^(frameAlignment-1)), int64(w.TermLength)))
}

// position is the stream's at an offset of a term, of which there were count before.
func (w *writer) position(count, offset int32) int64 {
	return int64(count)<<w.shift + int64(offset)
}

// header begins a frame, with a negative length: nobody reads any further than that until publish, and the driver finds how much there is
// to make padding if this process dies before. So the length comes first, and the order of the others does not matter.
func (w *writer) header(frame unsafe.Pointer, length, offset, termID int32, word uint32) {
	storeFirst((*uint64)(frame), uint64(uint32(-length))|uint64(word)<<32)
	w.name(frame, offset, termID)
}

// name writes where a frame is, and whose.
func (w *writer) name(frame unsafe.Pointer, offset, termID int32) {
	*(*uint64)(unsafe.Add(frame, offsetTermOffset)) = uint64(uint32(offset)) | uint64(uint32(w.session))<<32
	*(*uint64)(unsafe.Add(frame, offsetStreamID)) = uint64(uint32(w.stream)) | uint64(uint32(termID))<<32
}

// publish makes a frame visible: the last store of it, with release order.
func publish(frame unsafe.Pointer, length int32) { storeRelease32((*int32)(frame), length) }

// frame writes a message that is one frame.
func (w *writer) frame(at place, message []byte, reserved int64) {
	length := int32(len(message)) + headerLength
	frame := unsafe.Add(at.term, at.offset)
	w.header(frame, length, at.offset, at.termID, unfragmentedWord)
	*(*int64)(unsafe.Add(frame, offsetReservedValue)) = reserved
	put(unsafe.Add(frame, headerLength), message)
	publish(frame, length)
}

// put copies a message to where there is room for it. A short one is moved in place: copy is a call, before which everything in registers has
// to be stored.
func put(to unsafe.Pointer, message []byte) {
	const word = 16
	n := len(message)
	if uint(n-word) > 3*word {
		copy(unsafe.Slice((*byte)(to), n), message)
		return
	}
	from := unsafe.Pointer(unsafe.SliceData(message))
	last := n - word
	for i := 0; i < last; i += word {
		*(*[word]byte)(unsafe.Add(to, i)) = *(*[word]byte)(unsafe.Add(from, i))
	}
	*(*[word]byte)(unsafe.Add(to, last)) = *(*[word]byte)(unsafe.Add(from, last))
}

// message writes a message of length bytes, which parts make up, in as many frames as it takes.
func (w *writer) message(at place, parts [][]byte, length int, reserved int64) {
	word, rest, skip := uint32(FlagBegin)<<8|dataWord, int32(length), 0
	for offset := at.offset; ; word = dataWord {
		size := min(rest, w.maxPayload)
		if rest -= size; rest == 0 {
			word |= uint32(FlagEnd) << 8
		}
		frame := unsafe.Add(at.term, offset)
		w.header(frame, size+headerLength, offset, at.termID, word)
		*(*int64)(unsafe.Add(frame, offsetReservedValue)) = reserved
		parts, skip = gather(unsafe.Slice((*byte)(unsafe.Add(frame, headerLength)), size), parts, skip)
		publish(frame, size+headerLength)
		if rest == 0 {
			return
		}
		offset += align(size + headerLength)
	}
}

// gather fills to from parts, of which the first was taken up to skip, and returns what is left.
func gather(to []byte, parts [][]byte, skip int) ([][]byte, int) {
	for len(to) > 0 && len(parts) > 0 {
		n := copy(to, parts[0][skip:])
		to = to[n:]
		if skip += n; skip == len(parts[0]) {
			parts, skip = parts[1:], 0
		}
	}
	return parts, skip
}

// pad makes what is left of a term padding, which subscribers skip.
func (w *writer) pad(at place) {
	if length := w.TermLength - at.offset; length > 0 {
		frame := unsafe.Add(at.term, at.offset)
		w.header(frame, length, at.offset, at.termID, paddingWord)
		publish(frame, length)
	}
}

// pressure is why a message of length bytes may not be written at position.
func (w *writer) pressure(position int64, length int) place {
	switch {
	case position+int64(align(int32(length)+headerLength)) >= w.maxPosition:
		return refused(resultMaxPosition)
	case atomic.LoadInt32(w.Connected) == 1:
		return refused(resultBackPressured)
	}
	return refused(resultNotConnected)
}
