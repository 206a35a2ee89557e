package aeron

import (
	"errors"
	"sync"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/idle"
)

// DoWork runs one duty cycle of the embedded driver and one of the client, on the calling goroutine, and reports how much they did: 0
// calls for an idle strategy. For Config.Invoker, where nothing happens unless somebody steps; an external driver has its own threads,
// so that only the client is stepped.
//
// Everything that waits in this package (Add…, AwaitReady, Publish, Messages, Fragments, Send, a Writer, AwaitLogDeleted, DelayLinger)
// steps by itself, so one goroutine is enough for all. Between that, step at least every few hundred milliseconds: a client that was not stepped for
// ClientLivenessTimeout is lost, and to others the driver looks dead after DriverTimeout.
//
// One goroutine at a time. Errors: ErrBusy while another one steps, ErrInvalidArgument without Invoker, ErrNotStarted, ErrClosed, and
// what C reports.
//
// C: aeron_driver_main_do_work, aeron_main_do_work
func (d *Driver) DoWork() (int, error) {
	if d == nil || d.entry == nil {
		return 0, ErrClosed
	}
	const op = "duty cycle"
	if !d.entry.cfg.Invoker {
		return 0, &Error{Op: op, Dir: d.Dir(), Detail: "the driver has threads of its own: DoWork is for Config.Invoker", Err: ErrInvalidArgument}
	}
	if d.isClosing() {
		return 0, &Error{Op: op, Dir: d.Dir(), Err: ErrClosed}
	}
	worked, err := d.entry.step()
	if err != nil {
		var known *Error
		if !errors.As(err, &known) {
			err = &Error{Op: op, Dir: d.Dir(), Err: err}
		}
	}
	return worked, err
}

var errStepping = &Error{Op: "duty cycle", Detail: "another goroutine steps this driver: let one do it", Err: ErrBusy}

// step is a duty cycle of what has no threads; nothing for what has.
func (e *entry) step() (int, error) {
	if !e.cfg.Invoker {
		return 0, nil
	}
	if !e.stepping.TryLock() {
		return 0, errStepping
	}
	defer e.stepping.Unlock()
	client, err := e.connected("duty cycle")
	if err != nil {
		return 0, err
	}
	worked := 0
	if driver := e.effective().embedded; driver != nil {
		worked, err = driver.DoWork()
	}
	// The client lives by being stepped, whatever the driver's cycle met.
	n, stepped := client.DoWork()
	return worked + n, errors.Join(err, stepped)
}

// waiting is how to wait for the driver: with s, and by doing its work where nobody else does.
func (e *entry) waiting(s idle.Strategy) idle.Strategy {
	if e.cfg.Invoker {
		return stepping{e, s}
	}
	return s
}

// waits are strategies that nobody waits with now, so that a message that has to wait allocates none.
var waits = sync.Pool{New: func() any { return idle.Backoff() }}

// borrow takes one of them, which goes back by waits.Put.
func borrow() idle.Strategy {
	s, _ := waits.Get().(idle.Strategy) // nothing else is put there
	s.Reset()
	return s
}

// stepping steps a driver that has no threads, and idles if there was nothing to do.
type stepping struct {
	entry *entry
	idle  idle.Strategy
}

// Idle makes a step. What goes wrong with it, those who wait see by what they wait for.
func (s stepping) Idle(workCount int) {
	if n, err := s.entry.step(); err == nil {
		workCount += n
	}
	s.idle.Idle(workCount)
}

// Reset resets what it idles with.
func (s stepping) Reset() { s.idle.Reset() }

// stepWith makes a client that waits for an embedded driver without threads step it.
func (c Config) stepWith(client *aeronc.Context, driver *aeronc.Driver) error {
	if !c.Invoker || driver == nil {
		return nil
	}
	return client.SetStep(driver.DoWork)
}
