package aeronc

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"github.com/aeroncgo/aeron/cgo"
)

// The inside that tests look at.
var (
	OneLine   = oneLine
	Printable = printable
	FromC     = func(op string, code int32, text string) *Error {
		return fromC(op, &cgo.Error{Op: op, Code: code, Text: text})
	}
)

// ReferenceBuild says that logs are read and written by C's functions in all tests.
const ReferenceBuild = referenceBuild

// Inject records an event as C's conductor would.
func (c *Client) Inject(kind int32, code int32, text string) {
	c.pump.queue.PushForTest(cgo.EventKind(kind), code, text)
}

// Listeners is how many callbacks of C's are still expected.
func (c *Client) Listeners() int {
	c.pump.mu.Lock()
	defer c.pump.mu.Unlock()
	return len(c.pump.listeners)
}

// Reference makes a subscription's polls C's own, or Go's.
func (s *Subscription) Reference(on bool) { s.reference = on }

// LongestBlock is how much of a log with terms of that length a batch of a concurrent publication takes at once.
func LongestBlock(termLength int32) int32 {
	l := concurrentLog{}
	l.TermLength = termLength
	return l.longestBlock()
}

// TearRotation leaves C's state as it is in the middle of going on to the next term, until mend.
func (p *ExclusivePublication) TearRotation() (mend func()) {
	offset := p.log.state.TermOffset
	p.log.state.TermOffset = 0
	return func() { p.log.state.TermOffset = offset }
}

// ForgetAbandonedLogs takes back what a test has left to the process on purpose.
func ForgetAbandonedLogs() { live.abandoned.Store(0) }

// Reference makes a publication's offers and claims go to C.
func (p *publicationBase) Reference() { p.reference = true }

// FieldInfo is what tests know of a field of DriverConfig.
type FieldInfo struct{ Name, Setting, Def string }

// DriverConfigFields are the fields that Apply sets.
func DriverConfigFields() []FieldInfo {
	var fields []FieldInfo
	for _, f := range driverConfigFields {
		fields = append(fields, FieldInfo{f.name, f.setting, f.def})
	}
	return fields
}

// PollC polls through C's own poll, the reference for Poll.
func (s *Subscription) PollC(f func(data []byte, flags uint8) Action, limit int) (int, error) {
	s.reference = true
	return s.PollControlled(func(fragment Fragment) Action { return f(fragment.Data(), fragment.Flags()) }, limit)
}

// ByC lets poll read by C alone, by whichever of C's own polls.
func (s *Subscription) ByC(poll func(raw cgo.Subscription, images []cgo.Image) (int, error)) (int, error) {
	if err := s.acquire(); err != nil {
		return 0, err
	}
	defer s.release()
	images := make([]cgo.Image, 0, len(s.images))
	for _, i := range s.images {
		images = append(images, i.raw)
	}
	return poll(s.raw, images)
}

// Walk is an image whose memory is a test's.
type Walk struct {
	image *Image
	term  []byte
}

// NewWalk makes a first term of length bytes that holds these at an offset, which is the subscriber's position.
func NewWalk(length int32, position int64, at []byte) *Walk {
	words := make([]uint64, length/8+1)
	closed := byte(0)
	term := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), length)
	copy(term[min(position, int64(length)):], at)
	i := &Image{subscription: &Subscription{}, mask: length - 1}
	i.memory.Position = &position
	i.memory.Closed = &closed
	i.memory.TermLength = length
	i.memory.PositionBitsToShift = int32(bits.TrailingZeros32(uint32(length)))
	for k := range i.memory.Terms {
		i.memory.Terms[k] = unsafe.Pointer(&term[0])
	}
	return &Walk{i, term}
}

// Position is the subscriber's.
func (w *Walk) Position() int64 { return *w.image.memory.Position }

// Poll walks once. f gets what a handler gets, and whether it lies in the term.
func (w *Walk) Poll(assemble bool, f func(data []byte, inside bool)) (int, error) {
	begin := uintptr(unsafe.Pointer(&w.term[0]))
	n, _, err := w.image.walk(consumer{assemble: assemble, plain: func(fragment Fragment) {
		at := uintptr(unsafe.Pointer(unsafe.SliceData(fragment.Data())))
		f(fragment.Data(), at >= begin && at+uintptr(len(fragment.Data())) <= begin+uintptr(len(w.term)))
	}}, 10, noBound)
	return n, err
}

// FailIdleStrategy sets an idle strategy as if C failed with err.
func (c *DriverContext) FailIdleStrategy(name string, err error) error {
	return c.setIdleStrategy(name, "yield", cgo.DriverContextSenderIdleStrategyInitArgs, func(*cgo.DriverContext, string) error { return err })
}

// FailIdleStrategy sets an idle strategy as if C failed with err.
func (c *Context) FailIdleStrategy(name string, err error) error {
	return c.setIdleStrategy(name, "yield", cgo.ContextIdleStrategyInitArgs, func(*cgo.Context, string) error { return err })
}

// SettingsWithoutGetter are the settings of both contexts that C cannot be asked for.
func SettingsWithoutGetter() (names []string) {
	for _, s := range allDriverContextSettings {
		if s.get == nil {
			names = append(names, s.name)
		}
	}
	for _, s := range contextSettings {
		if s.get == nil {
			names = append(names, s.name)
		}
	}
	return names
}

// Fragments makes fragments of an image of their own.
type Fragments struct{ image *Image }

// NewFragments makes an image whose messages are put together up to limit bytes.
func NewFragments(limit int) *Fragments {
	return &Fragments{&Image{subscription: &Subscription{assembly: Assembly{MaxMessageLength: limit}}}}
}

// Next is a fragment that begins at a position, with a reserved value.
func (f *Fragments) Next(begin int64, flags uint8, reserved int64, data []byte) Fragment {
	frame := make([]byte, headerLength+len(data))
	binary.NativeEndian.PutUint64(frame[offsetReservedValue:], uint64(reserved))
	copy(frame[headerLength:], data)
	return Fragment{
		image: f.image, frame: unsafe.Pointer(unsafe.SliceData(frame)), extent: extent{int32(len(data)), flags},
		position: begin + int64(align(int32(len(data))+headerLength)),
	}
}

// Dropped is how many messages the image has given up.
func (f *Fragments) Dropped() int64 { return f.image.DroppedMessages() }

// SettingsWithoutVariable are the driver's settings that no variable and no property has.
func SettingsWithoutVariable() (names []string) {
	for _, s := range allDriverContextSettings {
		if s.env == "" {
			names = append(names, s.name)
		}
	}
	return names
}
