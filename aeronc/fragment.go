package aeronc

import "unsafe"

// Fragment is a frame of the log as a handler sees it, or a message put together of several by an assembler. It is borrowed: it
// and its Data are valid until the handler returns. IPC memory may be zeroed the moment that the position passes it, so a slice
// kept longer can change under its owner; copy what is needed.
type Fragment struct {
	// Four words in four fields is the most that the compiler keeps in registers. A larger one goes through memory for every handler and
	// every method, in pieces that the processor cannot forward from store to load.
	image    *Image
	frame    unsafe.Pointer // the header; the payload is behind it
	position int64
	extent   extent
}

// extent is what is known of a frame's payload. Not read from the frame again: others may write to that memory.
type extent struct {
	length int32
	flags  uint8
}

// Data is the payload, without the header. Valid until the handler returns.
func (f Fragment) Data() []byte {
	if f.frame == nil {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Add(f.frame, headerLength)), f.extent.length)
}

// Image is the image that the fragment came from.
func (f Fragment) Image() *Image { return f.image }

// SessionID is the publisher's session.
func (f Fragment) SessionID() int32 {
	if f.image == nil {
		return 0
	}
	return f.image.constants.SessionID
}

// StreamID is the stream.
func (f Fragment) StreamID() int32 { return f.field(offsetStreamID) }

// TermID is the term that the frame lies in; a message's first one.
func (f Fragment) TermID() int32 { return f.field(offsetTermID) }

// TermOffset is where in its term the frame begins; a message's first one.
func (f Fragment) TermOffset() int32 { return f.field(offsetTermOffset) }

// Flags are FlagBegin, FlagEnd and so on; FlagUnfragmented for a whole message.
func (f Fragment) Flags() uint8 { return f.extent.flags }

// ReservedValue is what the publisher put into the 8 bytes that are the application's; of the first frame of a message.
func (f Fragment) ReservedValue() int64 {
	if f.frame == nil {
		return 0
	}
	return *(*int64)(unsafe.Add(f.frame, offsetReservedValue))
}

// Position is the stream's position behind the fragment, in bytes since its beginning.
//
// C: aeron_header_position
func (f Fragment) Position() int64 { return f.position }

func (f Fragment) field(offset uintptr) int32 {
	if f.frame == nil {
		return 0
	}
	return *(*int32)(unsafe.Add(f.frame, offset))
}

// Action is what a handler wants done with a fragment.
//
// C: aeron_controlled_fragment_handler_action_t
type Action int32

// The actions. The zero Action is not one: it counts as Abort, so that a forgotten return loses nothing.
const (
	Abort    Action = 1 // end the poll, of all images; deliver this fragment again
	Break    Action = 2 // end the poll, of all images, behind this fragment
	Commit   Action = 3 // store the position behind this fragment now, and go on
	Continue Action = 4 // go on; the position is stored when the poll ends
)
