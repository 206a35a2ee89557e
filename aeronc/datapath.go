package aeronc

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/aeroncgo/aeron/cgo"
)

// DataPath says who reads and writes a log: Go, or C's own functions, the reference.
type DataPath struct {
	// Reference is true when every offer, claim and poll goes to C.
	Reference bool
	// Reason is who chose that, when Reference is true: the program's build or the client's context. A log that is in doubt is not a reason:
	// it is refused, with ErrLayout, on either path.
	Reason string
}

// String is "Go", or "C: " and the reason.
func (d DataPath) String() string {
	if d.Reference {
		return "C: " + d.Reason
	}
	return "Go"
}

// The reasons that are a choice.
const (
	builtForReference = "built with -tags aeron_reference"
	askedForReference = "the client's context asks for it"
)

// SetReferencePath makes what the client adds read and write logs by C's own functions, at a crossing for every message: to compare with,
// and to look for faults. The build tag aeron_reference does the same for a whole program. Default false.
func (c *Context) SetReferencePath(on bool) error {
	if c == nil {
		return ErrClosed
	}
	return c.set(func(*cgo.Context) error { c.reference = on; return nil })
}

// dataPath is what new publications and subscriptions begin with.
func (c *Client) dataPath() DataPath {
	switch {
	case referenceBuild:
		return DataPath{true, builtForReference}
	case c.context.reference:
		return DataPath{true, askedForReference}
	}
	return DataPath{}
}

// doubt is what to say of a log that is not what Go takes it for. C's own functions are no way out: they believe whatever a log says.
func doubt(what string) string {
	return what + ": it is not used: was the driver's directory tampered with?"
}

// check compares what a writer takes the log for with what C says of it, in words, or "".
func (w *writer) check(info cgo.PublicationInfo) string {
	// The log's metadata begin with the tails, and hold a model of a header.
	model := unsafe.Add(unsafe.Pointer(w.Tails), offsetDefaultHeader)
	for _, c := range []struct {
		what   string
		log, c int64
	}{
		{"term length", int64(w.TermLength), int64(info.TermBufferLength)},
		{"bits of a position", 1 << w.shift, int64(info.TermBufferLength)},
		{"MTU", int64(w.MTU), int64(info.MaxPayloadLength) + headerLength},
		{"session", int64(*(*int32)(unsafe.Add(model, offsetSessionID))), int64(info.SessionID)},
		{"stream", int64(*(*int32)(unsafe.Add(model, offsetStreamID))), int64(info.StreamID)},
		{"first word of a frame", int64(*(*uint32)(unsafe.Add(model, offsetWord))), int64(unfragmentedWord)},
	} {
		if c.log != c.c {
			return fmt.Sprintf("%s is %d in the log and %d in C", c.what, c.log, c.c)
		}
	}
	return mtuDoubt(int64(w.MTU))
}

// mtuDoubt is what is wrong with an MTU, if anything. C, which divides by what a frame holds, would end the process at a long message.
func mtuDoubt(mtu int64) string {
	const longest = 65504 // AERON_MAX_UDP_PAYLOAD_LENGTH
	if mtu > headerLength && mtu <= longest && mtu%frameAlignment == 0 {
		return ""
	}
	return fmt.Sprintf("the log's MTU is %d, where a multiple of %d above %d and up to %d must be", mtu, frameAlignment, headerLength, longest)
}

// settle chooses who writes the log, unless there is something odd about it. Then nobody does: the publication, which nobody has yet, is
// closed without waiting, for this may be where Close waits for.
func (p *publicationBase) settle(e Error, odd string) error {
	p.path = p.client.dataPath()
	p.reference = p.path.Reference
	if odd == "" {
		return nil
	}
	go func() { _ = p.Close() }()
	e.Detail, e.Err = doubt(odd), ErrLayout
	return &e
}

// between is "" when a position that only grows, read between two readings of C's, lies between them.
func between(what string, before, ours, after int64) string {
	if before >= 0 && after >= 0 && (ours < before || ours > after) {
		return fmt.Sprintf("%s is %d in the log and %d to %d in C", what, ours, before, after)
	}
	return ""
}

func (p *Publication) checkLayout(info cgo.PublicationInfo) string {
	if what := p.log.check(info); what != "" {
		return what
	}
	// Others write meanwhile. A reading, of theirs or ours, may be torn by several ends of terms; not one time after the other.
	odd := ""
	for range 3 {
		before := p.raw.position()
		_, count, offset, _ := p.log.tail()
		if odd = between("position", before, p.log.position(count, offset), p.raw.position()); odd == "" {
			break
		}
	}
	return odd
}

func (p *ExclusivePublication) checkLayout(info cgo.PublicationInfo) string {
	if what := p.log.check(info); what != "" {
		return what
	}
	s := p.log.state
	// C takes its state from the log, once, as it is, and writes there.
	count := s.TermID - info.InitialTermID
	if count < 0 || s.Partition != uintptr(count%3) || s.TermBegin != int64(count)<<p.log.shift {
		return fmt.Sprintf("term %d begins at %d in partition %d", s.TermID, s.TermBegin, s.Partition)
	}
	if s.TermOffset < 0 || s.TermOffset > p.log.TermLength || s.TermOffset%frameAlignment != 0 {
		return fmt.Sprintf("the next frame's offset is %d in a term of %d bytes", s.TermOffset, p.log.TermLength)
	}
	return between("position", p.raw.position(), s.TermBegin+int64(s.TermOffset), p.raw.position())
}

// checkLayout is the same for an image that is new: nobody polls it yet. Its log may have been mapped long ago, for a publication or another
// subscription, and its metadata may have changed since.
func (i *Image) checkLayout() string {
	m := &i.memory
	if i.closedByC() {
		return "" // it is not read, and its counter may be somebody else's
	}
	if m.TermLength <= 0 || m.TermLength&(m.TermLength-1) != 0 || 1<<m.PositionBitsToShift != m.TermLength {
		return fmt.Sprintf("term length %d does not go with %d bits of a position", m.TermLength, m.PositionBitsToShift)
	}
	model := unsafe.Add(m.Metadata, offsetDefaultHeader)
	if session := *(*int32)(unsafe.Add(model, offsetSessionID)); session != m.SessionID {
		return fmt.Sprintf("session is %d in the log and %d in C", session, m.SessionID)
	}
	return between("position of the subscriber", cgo.ImagePosition(i.raw), atomic.LoadInt64(m.Position), cgo.ImagePosition(i.raw))
}

// DataPath says who reads and writes the publication's log.
func (p *publicationBase) DataPath() DataPath {
	if p == nil || p.client == nil {
		return DataPath{}
	}
	return p.path
}

// DataPath says who reads the subscription's logs.
func (s *Subscription) DataPath() DataPath {
	if s == nil || s.client == nil {
		return DataPath{}
	}
	return *s.path.Load()
}

func (s *Subscription) setPath(d DataPath) {
	s.reference = d.Reference
	s.path.Store(&d)
}
