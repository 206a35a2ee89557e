package aeronc

import (
	"net/netip"
	"sync/atomic"
)

// EventKind says what an Event tells.
type EventKind int32

// The kinds of events.
const (
	ImageAvailable     EventKind = 1 // a publisher's stream can be read
	ImageUnavailable   EventKind = 2 // it has ended or was lost
	CounterAvailable   EventKind = 3 // a counter was added in the driver, by any client
	CounterUnavailable EventKind = 4 // a counter was removed

	PublicationAdded          EventKind = 5 // the driver has answered an add of this client
	ExclusivePublicationAdded EventKind = 6
	SubscriptionAdded         EventKind = 7
	ErrorFrameReceived        EventKind = 8 // a subscriber has refused a publication: it has rejected the image
)

// Event tells of what came or went, or of an error frame. Subscription and the fields from SessionID to Source are for images, CounterID
// and RegistrationID for counters; for images RegistrationID is the image's correlation id. What was added has RegistrationID, StreamID,
// Channel and, if it is a publication, SessionID. ErrorFrame is for error frames, with the RegistrationID, SessionID and StreamID of the
// publication.
type Event struct {
	Kind           EventKind
	Subscription   *Subscription
	SessionID      int32
	Position       int64
	Source         string
	CounterID      int32
	RegistrationID int64
	StreamID       int32
	Channel        string
	ErrorFrame     *ErrorFrame
}

// ErrorFrame is what a subscriber has answered a publication with. It comes from the network and is not to be trusted; control
// characters of Message are escaped.
//
// C: aeron_publication_error_values_t
type ErrorFrame struct {
	Code                      Code
	Message                   string
	Source                    netip.AddrPort // of the subscriber's driver
	ReceiverID                int64
	GroupTag                  int64
	DestinationRegistrationID int64
}

// hooks calls the user's functions on a goroutine of its own, so that they may block, panic or call anything without touching
// the pump, which close notifications depend on.
type hooks struct {
	onError func(error)
	onEvent func(Event)
	queue   chan func()
	done    chan struct{}
	dropped atomic.Int64
}

const hookQueue = 1024

func newHooks(onError func(error), onEvent func(Event)) *hooks {
	h := &hooks{onError: onError, onEvent: onEvent}
	if onError == nil && onEvent == nil {
		return h
	}
	h.queue, h.done = make(chan func(), hookQueue), make(chan struct{})
	go func() {
		defer close(h.done)
		for call := range h.queue {
			h.guard(call)
		}
	}()
	return h
}

// guard runs one call of the user's. A panic there has nobody to go to: it is counted with the dropped events.
func (h *hooks) guard(call func()) {
	defer func() {
		if recover() != nil {
			h.dropped.Add(1)
		}
	}()
	call()
}

func (h *hooks) error(err error) {
	if h.onError != nil {
		h.post(func() { h.onError(err) })
	}
}

func (h *hooks) event(e Event) {
	if h.onEvent != nil {
		h.post(func() { h.onEvent(e) })
	}
}

func (h *hooks) post(call func()) {
	select {
	case h.queue <- call:
	default:
		h.dropped.Add(1)
	}
}

// stop lets the goroutine end when it has made the calls that wait. It does not wait for that: the user's function may be what
// closes the client. Nobody posts any more: the pump has ended; adds are calls of the client, which Close has waited for; and a poll that finds an
// image in doubt owns its subscription, whose teardown, which the client's has waited for, lets nobody own it any more.
func (h *hooks) stop() {
	if h.queue != nil {
		close(h.queue)
	}
}
