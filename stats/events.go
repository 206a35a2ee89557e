package stats

import (
	"encoding/binary"
	"errors"
	"os"
	"time"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// EventKind is what has happened.
type EventKind string

// What a driver tells its clients, and [Events] passes on.
const (
	EventAvailableImage     EventKind = "available-image"
	EventUnavailableImage   EventKind = "unavailable-image"
	EventAvailableCounter   EventKind = "available-counter"
	EventUnavailableCounter EventKind = "unavailable-counter"
	EventPublicationReady   EventKind = "publication-ready"
	EventSubscriptionReady  EventKind = "subscription-ready"
	EventClientTimeout      EventKind = "client-timeout"
	EventRegistrationError  EventKind = "registration-error"
	EventDriverStarted      EventKind = "driver-started" // another driver is in the directory
	EventMissed             EventKind = "missed"         // the driver was faster than the reader: some are lost
)

// Event is something that a driver has told its clients. Fields that a kind does not have are zero.
type Event struct {
	// Time is when it was read, which is after it happened by up to the pause between two polls.
	Time time.Time
	Kind EventKind
	// RegistrationID is that of the publication, subscription or counter, of an image, or of the command that failed.
	RegistrationID int64
	// SubscriptionID is the subscription's that got or lost an image.
	SubscriptionID int64
	SessionID      int32
	StreamID       int32
	// CounterID is the counter's; of an image, that of the subscription's position in it.
	CounterID int32
	// ClientID is the client's that was silent for too long.
	ClientID int64
	// Channel is that of an unavailable image's subscription.
	Channel string
	// Source is where an available image comes from.
	Source string
	// Code is the error's number.
	Code int32
	// Text is the error's text.
	Text string
}

// Events reads what a driver tells all its clients, from the moment at which it was opened, without being one: it takes nothing
// from them. One goroutine at a time may use it.
type Events struct {
	dir      string
	file     *cncfile.File
	base     int64 // of the buffer in the file
	capacity int64
	next     int64 // the position to read at
	closed   bool
}

// The layout of the broadcast buffer's trailer (aeron_broadcast_descriptor_t), of its records, and of what they say
// (aeron_control_protocol.h).
const (
	broadcastIntentOffset = 0
	broadcastTailOffset   = 8
	broadcastHeader       = 8
	broadcastPadding      = -1

	// maxEventBytes is how far one may be behind: that is read at once, and a file may say that there is a GiB.
	maxEventBytes = 16 << 20

	responseError              = 0x0F01
	responseAvailableImage     = 0x0F02
	responsePublicationReady   = 0x0F03
	responseUnavailableImage   = 0x0F05
	responseExclusiveReady     = 0x0F06
	responseSubscriptionReady  = 0x0F07
	responseCounterReady       = 0x0F08
	responseUnavailableCounter = 0x0F09
	responseClientTimeout      = 0x0F0A
)

// OpenEvents begins to read what the driver in dir tells. The errors are those of [Open].
func OpenEvents(dir string) (*Events, error) {
	e := &Events{dir: dir}
	if err := e.open(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Events) open() error {
	f, err := cncfile.Open(e.dir)
	if err != nil {
		return translate("open", e.dir, err)
	}
	h := f.Header()
	e.file, e.base, e.capacity = f, h.ToClientsOffset(), int64(h.ToClientsLength)-cncfile.BroadcastTrailerLength
	tail, err := e.position(broadcastTailOffset)
	if err != nil {
		return errors.Join(err, e.leave())
	}
	e.next = tail
	return nil
}

// Close ends the reading; closing again does nothing.
func (e *Events) Close() error {
	e.closed = true
	return e.leave()
}

// leave closes the file; the next Poll opens the one that is there then.
func (e *Events) leave() error {
	if e.file == nil {
		return nil
	}
	err := e.file.Close()
	e.file = nil
	return err
}

// position reads a counter of the trailer.
func (e *Events) position(offset int64) (int64, error) {
	var b [8]byte
	if err := readFull(e.file, cncName, b[:], e.base+e.capacity+offset); err != nil {
		return 0, translate("read events of", e.file.Path(), err)
	}
	position := int64(binary.LittleEndian.Uint64(b[:]))
	if position < 0 || position%broadcastHeader != 0 {
		return 0, translate("read events of", e.file.Path(), problemf(ErrCorrupt, "the buffer for clients is at %d", position))
	}
	return position, nil
}

// Poll gives what has happened since the last call; nothing, mostly. It does not wait. If another driver is in the directory by now,
// it goes on with that one. An error, such as [ErrNotFound] when there is none, is no end, unless it is [ErrClosed]: call again.
func (e *Events) Poll() ([]Event, error) {
	if e.closed {
		return nil, &Error{Op: "read events of", Path: e.dir, Err: ErrClosed}
	}
	if e.file == nil {
		if err := e.open(); err != nil {
			return nil, err
		}
		return []Event{{Time: time.Now(), Kind: EventDriverStarted}}, nil
	}
	events, err := e.read()
	if (err != nil || len(events) == 0) && e.replaced() {
		err = errors.Join(err, e.leave()) // the next call opens the new one
	}
	return events, err
}

// replaced reports whether the name means another file by now.
func (e *Events) replaced() bool {
	now, err := os.Lstat(e.file.Path())
	if err != nil {
		return errors.Is(err, os.ErrNotExist)
	}
	mine, err := e.file.Stat()
	return err == nil && !os.SameFile(mine, now)
}

// read goes through the records up to the tail, as aeron_broadcast_receiver_receive does.
func (e *Events) read() (events []Event, err error) {
	tail, err := e.position(broadcastTailOffset)
	if err != nil || tail == e.next {
		return nil, err
	}
	now := time.Now()
	if tail < e.next || tail-e.next > min(e.capacity, maxEventBytes) { // lapped, or nonsense
		e.next = tail
		return []Event{{Time: now, Kind: EventMissed}}, nil
	}
	// All that is new in one piece, and then a look whether it was overwritten meanwhile.
	b := make([]byte, tail-e.next)
	at := e.next % e.capacity
	first := min(int64(len(b)), e.capacity-at)
	for _, part := range []struct {
		b      []byte
		offset int64
	}{{b[:first], at}, {b[first:], 0}} {
		if err := readFull(e.file, cncName, part.b, e.base+part.offset); err != nil {
			return nil, translate("read events of", e.file.Path(), err)
		}
	}
	intent, err := e.position(broadcastIntentOffset)
	if err != nil {
		return nil, err
	}
	begin := e.next
	e.next = tail
	if intent-begin > e.capacity {
		return []Event{{Time: now, Kind: EventMissed}}, nil
	}
	for len(b) >= broadcastHeader {
		length := int64(int32(binary.LittleEndian.Uint32(b)))
		kind := int32(binary.LittleEndian.Uint32(b[4:]))
		if length < broadcastHeader || align(length, broadcastHeader) > int64(len(b)) {
			return events, translate("read events of", e.file.Path(), problemf(ErrCorrupt, "an event has %d bytes of %d", length, len(b)))
		}
		if event, ok := decodeEvent(kind, b[broadcastHeader:length]); ok {
			event.Time = now
			events = append(events, event)
		}
		b = b[align(length, broadcastHeader):]
	}
	return events, nil
}

// decodeEvent gives what a record says; ok is false for what is none of this package's kinds, or too short.
func decodeEvent(kind int32, b []byte) (e Event, ok bool) {
	m := record(b)
	switch kind {
	case responseAvailableImage:
		e = Event{Kind: EventAvailableImage, RegistrationID: m.i64(0), SessionID: m.i32(8), StreamID: m.i32(12), SubscriptionID: m.i64(16), CounterID: m.i32(24)}
		_, next := m.text(28)
		e.Source, _ = m.text(next)
	case responseUnavailableImage:
		e = Event{Kind: EventUnavailableImage, RegistrationID: m.i64(0), SubscriptionID: m.i64(8), StreamID: m.i32(16)}
		e.Channel, _ = m.text(20)
	case responsePublicationReady, responseExclusiveReady:
		e = Event{Kind: EventPublicationReady, RegistrationID: m.i64(0), SessionID: m.i32(16), StreamID: m.i32(20), CounterID: m.i32(24)}
	case responseSubscriptionReady:
		e = Event{Kind: EventSubscriptionReady, RegistrationID: m.i64(0), CounterID: m.i32(8)}
	case responseCounterReady:
		e = Event{Kind: EventAvailableCounter, RegistrationID: m.i64(0), CounterID: m.i32(8)}
	case responseUnavailableCounter:
		e = Event{Kind: EventUnavailableCounter, RegistrationID: m.i64(0), CounterID: m.i32(8)}
	case responseClientTimeout:
		e = Event{Kind: EventClientTimeout, ClientID: m.i64(0)}
	case responseError:
		e = Event{Kind: EventRegistrationError, RegistrationID: m.i64(0), Code: m.i32(8)}
		e.Text, _ = m.text(12)
	default:
		return Event{}, false
	}
	return e, len(b) >= broadcastHeader
}

// record is a message of the driver; what lies behind its end is zero.
type record []byte

func (m record) i32(at int) int32 {
	if at < 0 || at+4 > len(m) {
		return 0
	}
	return int32(binary.LittleEndian.Uint32(m[at:]))
}

func (m record) i64(at int) int64 {
	if at < 0 || at+8 > len(m) {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(m[at:]))
}

// text is what follows its length, for people, and where the next one begins.
func (m record) text(at int) (text string, next int) {
	length, begin := int(m.i32(at)), at+4
	if length <= 0 || length > len(m)-begin {
		return "", len(m)
	}
	return clean(string(m[begin:begin+length]), false), int(align(int64(begin+length), 4))
}
