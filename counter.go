package aeron

import (
	"context"
	"iter"

	"github.com/aeroncgo/aeron/aeronc"
)

// CounterRecord is a counter of the driver as it was when it was read; package stats decodes keys.
type CounterRecord = aeronc.CounterRecord

// Counter is a counter of the program's own, which lies in the driver's memory and is seen by every tool: aerongo stat, AeronStat, the
// Prometheus exporter. Its methods are atomic and may be called from any goroutine.
type Counter struct {
	raw    *aeronc.Counter
	driver *Driver
}

// CounterConstants is what does not change while a counter is open.
type CounterConstants = aeronc.CounterConstants

// AddCounter adds a counter, which goes when it is closed, or the handle that added it. The type is the application's: Aeron takes those
// below 1000 for itself. key has up to 112 bytes and label up to 380.
//
// C: aeron_async_add_counter
func (d *Driver) AddCounter(ctx context.Context, typeID int32, key []byte, label string) (*Counter, error) {
	if d == nil || d.entry == nil {
		return nil, ErrClosed
	}
	return d.addCounter("add counter", func(c *aeronc.Client) (*aeronc.Counter, error) {
		return c.AddCounter(ctx, typeID, key, label)
	})
}

// AddStaticCounter gives the counter with a type and a registration id that outlives its clients, and adds it if there is none. Close
// gives the handle back and leaves the counter; it goes with its driver. After an error it may be in the driver all the same.
//
// C: aeron_async_add_static_counter
func (d *Driver) AddStaticCounter(ctx context.Context, typeID int32, key []byte, label string, registrationID int64) (*Counter, error) {
	if d == nil || d.entry == nil {
		return nil, ErrClosed
	}
	return d.addCounter("add static counter", func(c *aeronc.Client) (*aeronc.Counter, error) {
		return c.AddStaticCounter(ctx, typeID, key, label, registrationID)
	})
}

func (d *Driver) addCounter(op string, add func(*aeronc.Client) (*aeronc.Counter, error)) (*Counter, error) {
	client, err := d.client(op, "", 0)
	if err != nil {
		return nil, err
	}
	answered := d.entry.adding(op, "", 0)
	raw, err := add(client)
	answered(&err)
	if err != nil {
		return nil, err
	}
	c := &Counter{raw: raw, driver: d}
	if err := d.adopt(c); err != nil {
		return nil, err
	}
	return c, nil
}

// counter is what C's methods are called on, which survive nil.
func (c *Counter) counter() *aeronc.Counter {
	if c == nil {
		return nil
	}
	return c.raw
}

// Constants is what does not change: id, type, label and registration id. Usable after Close.
//
// C: aeron_counter_constants
func (c *Counter) Constants() CounterConstants { return c.counter().Constants() }

// ID is where the counter is found among all counters. Usable after Close.
func (c *Counter) ID() int32 { return c.counter().ID() }

// IsClosed reports whether the counter is closed, or its driver lost.
//
// C: aeron_counter_is_closed
func (c *Counter) IsClosed() bool { return c.counter().IsClosed() }

// Value is the counter's value. ErrClosed when closed.
//
// C: aeron_counter_addr
func (c *Counter) Value() (int64, error) { return c.counter().Value() }

// Set stores a value. ErrClosed when closed.
func (c *Counter) Set(value int64) error { return c.counter().Set(value) }

// Add adds delta and returns the new value. ErrClosed when closed.
func (c *Counter) Add(delta int64) (int64, error) { return c.counter().Add(delta) }

// CompareAndSwap stores a value if the counter has the old one, and reports whether it had. ErrClosed when closed.
func (c *Counter) CompareAndSwap(old, value int64) (bool, error) {
	return c.counter().CompareAndSwap(old, value)
}

// Close gives the counter back and waits until the client has confirmed it. A second call returns nil.
//
// C: aeron_counter_close
func (c *Counter) Close() error {
	if c == nil || c.driver == nil {
		return nil
	}
	c.driver.disown(c)
	return c.raw.Close()
}

// Counters are the driver's counters in use, as they were when the loop began; none when the driver does not run. Package stats reads
// them without a client, and decodes them.
//
// C: aeron_counters_reader_foreach_counter
func (d *Driver) Counters() iter.Seq[CounterRecord] {
	if d == nil || d.entry == nil {
		return func(func(CounterRecord) bool) {}
	}
	return func(yield func(CounterRecord) bool) {
		client, err := d.client("read counters", "", 0)
		if err == nil {
			client.CountersReader().All()(yield)
		}
	}
}

// NextSessionID asks the driver for a session id that no publication of a stream has.
//
// C: aeron_async_next_session_id
func (d *Driver) NextSessionID(ctx context.Context, streamID int32) (id int32, err error) {
	if d == nil || d.entry == nil {
		return 0, ErrClosed
	}
	client, err := d.client("next session id", "", streamID)
	if err != nil {
		return 0, err
	}
	defer d.entry.adding("ask for a session id", "", streamID)(&err)
	return client.NextSessionID(ctx, streamID)
}
