package cgo

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"net/netip"
	"unsafe"
)

// EventKind says what happened in C.
type EventKind int32

// The kinds of events. Which fields of an Event a kind fills is said with each.
const (
	EventError                   EventKind = C.AERONGO_EVENT_ERROR                     // Code, Text
	EventClosed                  EventKind = C.AERONGO_EVENT_CLOSED                    // Tag: C has freed the object
	EventImageAvailable          EventKind = C.AERONGO_EVENT_IMAGE_AVAILABLE           // Tag, RegistrationID (correlation id), SessionID, Position, Text (source)
	EventImageUnavailable        EventKind = C.AERONGO_EVENT_IMAGE_UNAVAILABLE         // as EventImageAvailable
	EventCounterAvailable        EventKind = C.AERONGO_EVENT_COUNTER_AVAILABLE         // RegistrationID, CounterID
	EventCounterUnavailable      EventKind = C.AERONGO_EVENT_COUNTER_UNAVAILABLE       // RegistrationID, CounterID
	EventClientClosed            EventKind = C.AERONGO_EVENT_CLIENT_CLOSED             // -
	EventTerminationRequested    EventKind = C.AERONGO_EVENT_TERMINATION_REQUESTED     // -
	EventNewPublication          EventKind = C.AERONGO_EVENT_NEW_PUBLICATION           // RegistrationID, SessionID, StreamID, Text (channel)
	EventNewExclusivePublication EventKind = C.AERONGO_EVENT_NEW_EXCLUSIVE_PUBLICATION // as EventNewPublication
	EventNewSubscription         EventKind = C.AERONGO_EVENT_NEW_SUBSCRIPTION          // RegistrationID, StreamID, Text (channel)
	EventErrorFrame              EventKind = C.AERONGO_EVENT_ERROR_FRAME               // RegistrationID, SessionID, StreamID, Code, Text, Frame
	EventPrinted                 EventKind = C.AERONGO_EVENT_PRINTED                   // Text, Code (1: standard error)
)

// Event is one record of a queue, copied to Go.
type Event struct {
	Tag            Tag
	Text           string
	RegistrationID int64
	Position       int64
	Kind           EventKind
	Code           int32
	SessionID      int32
	CounterID      int32
	StreamID       int32
	Frame          *ErrorFrame
}

// ErrorFrame is what else a subscriber's error frame says, which a publication was sent. It comes from the network.
type ErrorFrame struct {
	DestinationRegistrationID int64
	ReceiverID                int64
	GroupTag                  int64
	Source                    netip.AddrPort
}

// swappedLoopback is what the driver says an image of IPC was rejected from: it forgets to swap the bytes.
var swappedLoopback = netip.AddrFrom4([4]byte{1, 0, 0, 127})

// errorFrame takes a copy of the values and frees C's.
//
// C: aeron_publication_error_values_copy
// C: aeron_publication_error_values_delete
func errorFrame(values *C.aeron_publication_error_values_t) (*ErrorFrame, string) {
	var c C.aerongo_error_frame_t
	C.aerongo_error_frame_read(values, &c)
	defer C.aerongo_error_frame_delete(values)
	const ipv4 = 1 // AERON_RESPONSE_ADDRESS_TYPE_IPV4
	address := *(*[16]byte)(unsafe.Pointer(&c.source_address))
	ip := netip.AddrFrom16(address)
	if c.address_type == ipv4 {
		ip = netip.AddrFrom4([4]byte(address[:4]))
	}
	if ip == swappedLoopback && c.source_port == 0 {
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return &ErrorFrame{
		DestinationRegistrationID: int64(c.destination_registration_id),
		ReceiverID:                int64(c.receiver_id),
		GroupTag:                  int64(c.group_tag),
		Source:                    netip.AddrPortFrom(ip, uint16(c.source_port)),
	}, C.GoStringN(c.message, c.message_length)
}

// Events is the queue that C's threads write and Go reads.
type Events struct{ c *C.aerongo_events_t }

// NewEvents makes a queue. Its file descriptor becomes readable when records wait; Go owns and closes it.
func NewEvents() (Events, int, error) {
	r := C.aerongo_events_create()
	if err := errorOf("create event queue", r); err != nil {
		return Events{}, -1, err
	}
	q := Events{(*C.aerongo_events_t)(r.ptr)}
	return q, int(C.aerongo_events_read_fd(q.c)), nil
}

// Take removes the oldest record; false when there is none.
func (q Events) Take() (Event, bool) {
	var e C.aerongo_event_t
	if C.aerongo_events_take(q.c, &e) == 0 {
		return Event{}, false
	}
	event := Event{
		Tag:            Tag{e.tag},
		Text:           text(e.text),
		RegistrationID: int64(e.registration_id),
		Position:       int64(e.position),
		Kind:           EventKind(e.kind),
		Code:           int32(e.code),
		SessionID:      int32(e.session_id),
		CounterID:      int32(e.counter_id),
		StreamID:       int32(e.stream_id),
	}
	if e.error_frame != nil {
		event.Frame, event.Text = errorFrame(e.error_frame)
	}
	return event, true
}

// Dropped is how many records were lost because Go did not come to read them, or for want of memory.
func (q Events) Dropped() int64 { return int64(C.aerongo_events_dropped(q.c)) }

// PushForTest adds a record as a C callback would.
func (q Events) PushForTest(kind EventKind, code int32, detail string) {
	c := C.CString(detail)
	defer C.free(unsafe.Pointer(c))
	C.aerongo_events_push_for_test(q.c, C.int32_t(kind), C.int32_t(code), c)
}

// Destroy frees the queue and what waits in it. No C callback may use it any more.
func (q Events) Destroy() { C.aerongo_events_destroy(q.c) }
