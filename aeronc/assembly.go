package aeronc

import (
	"fmt"
	"math"
	"unsafe"
)

// Assembly says how a subscription puts messages together.
type Assembly struct {
	// MaxMessageLength is the longest message that is put together, in bytes, up to LongestAssembled; a longer one is skipped. 0
	// means DefaultMaxMessageLength.
	MaxMessageLength int
	// Dropped, if set, hears of every message that was skipped for its length: an *Error that matches ErrMessageTooLong. It runs inside
	// the poll, as handlers do.
	Dropped func(error)
}

// DefaultMaxMessageLength is the longest message that Aeron sends, whatever the term length.
const DefaultMaxMessageLength = 16 << 20

// LongestAssembled is the most that MaxMessageLength may be: what a message's length, header included, has room for.
const LongestAssembled = math.MaxInt32 - headerLength

// SetAssembly changes how the polls that put messages together do so. Best before the first poll; it waits for one that runs.
func (s *Subscription) SetAssembly(a Assembly) error {
	if s == nil || s.client == nil {
		return ErrClosed
	}
	if a.MaxMessageLength == 0 {
		a.MaxMessageLength = DefaultMaxMessageLength
	}
	if a.MaxMessageLength < 0 || a.MaxMessageLength > LongestAssembled {
		return invalidArgument("MaxMessageLength", a.MaxMessageLength, fmt.Sprintf("must be 0, for %d, to %d", DefaultMaxMessageLength, LongestAssembled))
	}
	if err := s.acquire(); err != nil {
		return err
	}
	defer s.release()
	s.assembly = a
	return nil
}

// assembly is a message of one image that is not complete. next is the position at which its next fragment begins, 0 when none is under
// way.
type assembly struct {
	buffer []byte // as a frame: the header of the first fragment, and the payloads that there are
	next   int64
}

// Assemble makes a handler of messages of one that takes fragments, for any poll: what polls named for messages do by themselves. A message
// that is one fragment is passed on as it is; fragments are collected in their image, one message at a time, and go with it. A fragment whose
// predecessors are missing, as after loss on an unreliable stream, is skipped with the rest of its message.
//
// C: aeron_fragment_assembler_handler, aeron_image_fragment_assembler_handler
func Assemble(f func(Fragment)) func(Fragment) {
	if f == nil {
		return nil
	}
	c := consumer{plain: f}
	return func(fragment Fragment) {
		if fragment.extent.flags&FlagUnfragmented == FlagUnfragmented || fragment.image == nil {
			f(fragment)
			return
		}
		fragment.image.assemble(c, fragment)
	}
}

// AssembleControlled is Assemble for a handler that says what becomes of each message: after Abort, the last fragment comes again.
//
// C: aeron_controlled_fragment_assembler_handler, aeron_image_controlled_fragment_assembler_handler
func AssembleControlled(f func(Fragment) Action) func(Fragment) Action {
	if f == nil {
		return nil
	}
	c := consumer{controlled: f}
	return func(fragment Fragment) Action {
		if fragment.extent.flags&FlagUnfragmented == FlagUnfragmented || fragment.image == nil {
			return f(fragment)
		}
		return fragment.image.assemble(c, fragment)
	}
}

// assemble gives c a whole message when fragment, which is none, completes one. Inside a poll only.
func (i *Image) assemble(c consumer, fragment Fragment) Action {
	m := i.assembly
	if m == nil {
		m = &assembly{}
		i.assembly = m
	}
	begin := fragment.position - int64(align(fragment.extent.length+headerLength))
	if fragment.extent.flags&FlagBegin != 0 {
		if m.next != 0 {
			i.dropped.Add(1) // the one before has no end
		}
		m.buffer = append(m.buffer[:0], unsafe.Slice((*byte)(fragment.frame), headerLength)...)
	} else if m.next == 0 || m.next != begin {
		if m.next != 0 {
			i.dropped.Add(1)
		}
		m.next = 0
		return Continue
	}
	if limit := i.subscription.assembly.MaxMessageLength; len(m.buffer)-headerLength+int(fragment.extent.length) > limit {
		m.next = 0
		i.tooLong(limit)
		return Continue
	}
	before := len(m.buffer)
	m.buffer = append(m.buffer, fragment.Data()...)
	if fragment.extent.flags&FlagEnd == 0 {
		m.next = fragment.position
		return Continue
	}
	message := fragment
	message.frame = unsafe.Pointer(unsafe.SliceData(m.buffer))
	message.extent = extent{int32(len(m.buffer) - headerLength), fragment.extent.flags | FlagUnfragmented}
	// If c aborts or panics, the last fragment comes again and must find what was there before it.
	taken := false
	defer func() {
		if !taken {
			m.buffer, m.next = m.buffer[:before], begin
		}
	}()
	action := c.use(message)
	if taken = action == Continue || action == Commit || action == Break; taken {
		m.next = 0
	}
	return action
}

// DroppedMessages is how many messages of several fragments were given up: they were too long, or had lost a fragment behind the first.
func (i *Image) DroppedMessages() int64 {
	if i == nil || i.subscription == nil {
		return 0
	}
	return i.dropped.Load()
}

func (i *Image) tooLong(limit int) {
	i.dropped.Add(1)
	if hear := i.subscription.assembly.Dropped; hear != nil {
		hear(&Error{
			Op: "assemble", Channel: i.subscription.channel, StreamID: i.subscription.info.StreamID,
			Detail: fmt.Sprintf("a message of session %d from %s is longer than the %d bytes that this subscription takes: it is skipped; raise MaxMessageLength", i.constants.SessionID, i.constants.Source, limit),
			Err:    ErrMessageTooLong,
		})
	}
}
