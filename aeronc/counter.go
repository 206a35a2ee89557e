package aeronc

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/aeroncgo/aeron/cgo"
)

// CounterConstants is what does not change while a counter is open.
//
// C: aeron_counter_constants_t
type CounterConstants struct {
	RegistrationID int64
	CounterID      int32
	TypeID         int32
	Label          string
}

// Counter is a counter of the client's own in the driver's memory, where tools see it. Its methods may be called from any goroutine; they
// are atomic.
//
// C: aeron_counter_t
type Counter struct {
	client    *Client
	raw       cgo.Counter
	value     *int64
	closedByC *byte
	constants CounterConstants
	listener  cgo.Listener
	life      lifecycle
	calls     calls
	freeOnce  sync.Once
	gone      chan struct{}
	goneOnce  sync.Once
}

// AddCounter adds a counter and waits for the driver, for ctx, or for most of the driver timeout. The type is the application's: Aeron
// takes those below 1000 for itself. key has up to 112 bytes and label up to 380. After an error nothing is left in the driver.
//
// C: aeron_async_add_counter, aeron_async_add_counter_poll, aeron_async_remove_counter
func (c *Client) AddCounter(ctx context.Context, typeID int32, key []byte, label string) (*Counter, error) {
	if c == nil {
		return nil, ErrClosed
	}
	return c.ownCounterAdd(typeID, key, label).do(ctx)
}

// AsyncAddCounter is AddCounter without waiting; see [AsyncAdd].
//
// C: aeron_async_add_counter, aeron_async_add_counter_poll, aeron_async_add_counter_cancel, aeron_async_add_counter_get_registration_id
func (c *Client) AsyncAddCounter(typeID int32, key []byte, label string) (*AsyncAdd[*Counter], error) {
	if c == nil {
		return nil, ErrClosed
	}
	return begin(c.ownCounterAdd(typeID, bytes.Clone(key), label))
}

func (c *Client) ownCounterAdd(typeID int32, key []byte, label string) *addition[*Counter] {
	return c.counterAdd("add counter", typeID, key, label, func() (cgo.AsyncAddCounter, error) {
		return cgo.AddAsyncCounter(c.raw, typeID, key, label)
	})
}

// AddStaticCounter gives the counter with a type and registration id that outlives its clients, and adds it if there is none. Close
// gives the handle back and leaves the counter; it goes with its driver. After an error it may be in the driver all the same.
//
// C: aeron_async_add_static_counter, aeron_async_add_counter_poll
func (c *Client) AddStaticCounter(ctx context.Context, typeID int32, key []byte, label string, registrationID int64) (*Counter, error) {
	if c == nil {
		return nil, ErrClosed
	}
	return c.staticCounterAdd(typeID, key, label, registrationID).do(ctx)
}

// AsyncAddStaticCounter is AddStaticCounter without waiting; see [AsyncAdd]. One that was cancelled may be in the driver all the same.
//
// C: aeron_async_add_static_counter, aeron_async_add_counter_poll, aeron_async_add_counter_cancel
func (c *Client) AsyncAddStaticCounter(typeID int32, key []byte, label string, registrationID int64) (*AsyncAdd[*Counter], error) {
	if c == nil {
		return nil, ErrClosed
	}
	return begin(c.staticCounterAdd(typeID, bytes.Clone(key), label, registrationID))
}

func (c *Client) staticCounterAdd(typeID int32, key []byte, label string, registrationID int64) *addition[*Counter] {
	return c.counterAdd("add static counter", typeID, key, label, func() (cgo.AsyncAddCounter, error) {
		return cgo.AddAsyncStaticCounter(c.raw, typeID, key, label, registrationID)
	})
}

func (c *Client) counterAdd(
	op string, typeID int32, key []byte, label string, start func() (cgo.AsyncAddCounter, error),
) *addition[*Counter] {
	e := Error{Op: op}
	var refused error
	switch {
	case len(key) > cgo.MaxCounterKey:
		e.Detail = fmt.Sprintf("the key has %d bytes, where Aeron takes up to %d", len(key), cgo.MaxCounterKey)
	case len(label) > cgo.MaxCounterLabel:
		e.Detail = fmt.Sprintf("the label has %d bytes, where Aeron takes up to %d", len(label), cgo.MaxCounterLabel)
	}
	if e.Detail != "" {
		refused = &Error{Op: op, Detail: e.Detail, Err: ErrInvalidArgument}
	}
	made := func(raw cgo.Counter) (*Counter, error) {
		info, err := cgo.CounterConstants(raw)
		if err != nil {
			return nil, fromC(op, err)
		}
		label := label
		if found, err := cgo.CountersReaderLabel(cgo.ClientCountersReader(c.raw), info.CounterID); err == nil {
			label = found // a static counter that was there before has its own
		}
		counter := &Counter{
			client: c, raw: raw, value: cgo.CounterAddr(raw), closedByC: cgo.CounterClosed(raw), gone: make(chan struct{}),
			constants: CounterConstants{RegistrationID: info.RegistrationID, CounterID: info.CounterID, TypeID: typeID, Label: label},
		}
		counter.life.open()
		counter.calls.open()
		counter.listener = c.pump.listener(counter)
		live.counters.Add(1)
		c.adopt(counter)
		return counter, nil
	}
	return &addition[*Counter]{
		c: c, e: e, refused: refused,
		start: func() (question[*Counter], error) {
			a, err := start()
			return questionOf(a, err, made)
		},
		remove: func(id int64) error { return cgo.RemoveCounter(c.raw, id) },
	}
}

// Constants is what does not change.
//
// C: aeron_counter_constants
func (c *Counter) Constants() CounterConstants {
	if c == nil || c.client == nil {
		return CounterConstants{}
	}
	return c.constants
}

// ID is where the counter is found among all counters.
func (c *Counter) ID() int32 {
	if c == nil || c.client == nil {
		return 0
	}
	return c.constants.CounterID
}

// IsClosed reports whether the counter is closed, or its client has given up.
//
// C: aeron_counter_is_closed
func (c *Counter) IsClosed() bool {
	if c == nil || c.client == nil {
		return true
	}
	if !c.calls.enter() {
		return true
	}
	defer c.calls.exit()
	// A client that gives up marks its counters, but for static ones.
	return cgo.CounterIsClosed(c.raw) || cgo.ClientIsClosed(c.client.raw)
}

// enter reports whether the value is still the counter's; c.calls.exit must follow if so. Once the client has given up, the driver gives
// its counters' places to others. The flag is read as an image's is: see [Image.closedByC].
func (c *Counter) enter() bool {
	if c == nil || c.client == nil || !c.calls.enter() {
		return false
	}
	if *c.closedByC != 0 || c.client.deadErr.Load() != nil {
		c.calls.exit()
		return false
	}
	return true
}

// Value is the counter's value. ErrClosed when closed, and when its client has given up.
//
// C: aeron_counter_addr
func (c *Counter) Value() (int64, error) {
	if !c.enter() {
		return 0, ErrClosed
	}
	defer c.calls.exit()
	return atomic.LoadInt64(c.value), nil
}

// Set stores a value. ErrClosed when closed, and when its client has given up.
func (c *Counter) Set(value int64) error {
	if !c.enter() {
		return ErrClosed
	}
	defer c.calls.exit()
	atomic.StoreInt64(c.value, value)
	return nil
}

// Add adds delta and returns the new value. ErrClosed when closed, and when its client has given up.
func (c *Counter) Add(delta int64) (int64, error) {
	if !c.enter() {
		return 0, ErrClosed
	}
	defer c.calls.exit()
	return atomic.AddInt64(c.value, delta), nil
}

// CompareAndSwap stores a value if the counter has the old one, and reports whether it had. ErrClosed when closed, and when its client has given up.
func (c *Counter) CompareAndSwap(old, value int64) (bool, error) {
	if !c.enter() {
		return false, ErrClosed
	}
	defer c.calls.exit()
	return atomic.CompareAndSwapInt64(c.value, old, value), nil
}

// Close gives the counter back and waits until C has let go of it. Any goroutine; a second call returns nil. Inside a handler it
// returns at once.
//
// C: aeron_counter_close
func (c *Counter) Close() error {
	if c == nil || c.client == nil {
		return nil
	}
	return c.life.close("close counter", c.teardown)
}

func (c *Counter) beginClose()             { c.life.begin(c.teardown) }
func (c *Counter) closed() <-chan struct{} { return c.life.done }

func (c *Counter) teardown() error {
	c.calls.shut()
	c.calls.drain()
	var err error
	notified := false
	c.freeOnce.Do(func() {
		// C says nothing about a counter that it has closed itself; its memory goes with the client.
		if !cgo.CounterIsClosed(c.raw) {
			notified, err = c.client.give("close counter", func() error { return cgo.CounterClose(c.raw, c.listener) })
		}
	})
	if notified && err == nil {
		err = c.client.awaitGone(c.gone, "close counter")
	}
	return err
}

// onClosed runs on the pump's goroutine when C has freed the counter.
func (c *Counter) onClosed() {
	c.client.disown(c)
	c.client.pump.forget(c.listener)
	c.goneOnce.Do(func() {
		live.counters.Add(-1)
		close(c.gone)
	})
}

func (c *Counter) abandon() {
	// From here on the client frees it.
	c.freeOnce.Do(func() {})
	c.goneOnce.Do(func() { live.counters.Add(-1) })
}
