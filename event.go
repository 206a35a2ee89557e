package aeron

import (
	"sync"

	"github.com/aeroncgo/aeron/aeronc"
)

// Event tells what came or went, or that a subscriber has refused a publication; see [EventKind].
type Event = aeronc.Event

// EventKind says what an Event tells.
type EventKind = aeronc.EventKind

// The kinds of events.
const (
	ImageAvailable            = aeronc.ImageAvailable
	ImageUnavailable          = aeronc.ImageUnavailable
	CounterAvailable          = aeronc.CounterAvailable
	CounterUnavailable        = aeronc.CounterUnavailable
	PublicationAdded          = aeronc.PublicationAdded
	ExclusivePublicationAdded = aeronc.ExclusivePublicationAdded
	SubscriptionAdded         = aeronc.SubscriptionAdded
	ErrorFrameReceived        = aeronc.ErrorFrameReceived
)

// OnEvent calls f for every event of the driver's client in this process, whichever handle it is about, from now on until remove is
// called or the handle is closed. f runs on a goroutine of the client, one call at a time for all listeners: while it blocks, others
// wait, and events that cannot be kept are dropped. It may panic.
func (d *Driver) OnEvent(f func(Event)) (remove func()) {
	if d == nil || d.entry == nil {
		return func() {}
	}
	if f == nil {
		return func() {}
	}
	e, l := d.entry, &eventListener{owner: d, hear: f}
	e.mu.Lock()
	if !d.forgotten {
		e.eventListeners[l] = struct{}{}
	}
	e.mu.Unlock()
	return func() {
		e.mu.Lock()
		delete(e.eventListeners, l)
		e.mu.Unlock()
	}
}

// mostEvents is the longest that a channel of Events is made.
const mostEvents = 1 << 16

// Events is OnEvent as a channel, which keeps up to capacity events, at least one and at most 65,536, and drops what comes while it is full.
// stop ends it and closes the channel; call it, also after the handle was closed.
func (d *Driver) Events(capacity int) (events <-chan Event, stop func()) {
	if d == nil || d.entry == nil {
		none := make(chan Event)
		close(none)
		return none, func() {}
	}
	channel := make(chan Event, min(max(capacity, 1), mostEvents))
	var mu sync.Mutex
	stopped := false
	remove := d.OnEvent(func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return
		}
		select {
		case channel <- e:
		default:
		}
	})
	return channel, func() {
		remove()
		mu.Lock()
		defer mu.Unlock()
		if !stopped {
			stopped = true
			close(channel)
		}
	}
}

type eventListener struct {
	owner *Driver
	hear  func(Event)
}

// announce runs on a goroutine of the client.
func (e *entry) announce(event Event) {
	e.mu.Lock()
	listeners := make([]*eventListener, 0, len(e.eventListeners))
	for l := range e.eventListeners {
		listeners = append(listeners, l)
	}
	e.mu.Unlock()
	e.announcing.Lock()
	defer e.announcing.Unlock()
	for _, l := range listeners {
		l.tell(event)
	}
}

// tell keeps a panic of one listener from the others.
func (l *eventListener) tell(event Event) {
	defer func() { _ = recover() }()
	l.hear(event)
}
