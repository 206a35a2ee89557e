package aeronc

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// request is an add with what becomes of its answer. It is made for one add.
type request[T added] struct {
	client  *Client
	e       Error
	refused error // what is wrong with it, before C is asked
	// wait asks and waits, step asks or looks once and does not wait, drop takes it back.
	wait func(ctx context.Context, asked func(id int64)) (T, error)
	step func() (value T, over bool, err error)
	drop func()
	id   func() int64
}

// added is what can be added.
type added interface {
	*Publication | *ExclusivePublication | *Subscription | *Counter
	Close() error
}

// newRequest is a request of an addition. made makes an object of what C gives; unmade, if any, undoes what came before an add that C has
// nothing of.
func newRequest[T added, R any, A async[R]](
	c *Client, e Error, refused error, a *addition[R, A], made func(R) (T, error), unmade func(),
) *request[T] {
	a.c, a.e = c, e
	failed := func(settled bool) {
		if settled && unmade != nil {
			unmade()
		}
	}
	r := &request[T]{client: c, e: e, refused: refused, id: func() int64 { return a.id }}
	r.wait = func(ctx context.Context, asked func(int64)) (none T, err error) {
		raw, settled, err := a.wait(ctx, asked)
		if err != nil {
			failed(settled)
			return none, err
		}
		return made(raw)
	}
	begun := false
	fail := func(settled bool, err error) error {
		a.free()
		failed(settled)
		return err
	}
	r.step = func() (none T, over bool, err error) {
		select {
		case <-c.dead:
			return none, true, fail(!begun, a.lost())
		default:
		}
		if !begun {
			select {
			case c.adds <- struct{}{}:
				a.holds = true
			default:
				return none, false, nil // too many wait for the driver already
			}
			if err := a.ask(); errors.Is(err, CodeBufferFull) {
				a.free()
				return none, false, nil // too many words wait for the conductor: the next step asks again
			} else if err != nil {
				return none, true, fail(true, err)
			}
			begun = true
		}
		raw, ok, settled, err := a.look()
		switch {
		case err != nil:
			return none, true, fail(settled, err)
		case ok:
			a.free()
			value, err := made(raw)
			return value, true, err
		case time.Now().After(a.deadline):
			a.giveUp()
			return none, true, fail(false, a.late())
		}
		return none, false, nil
	}
	r.drop = func() {
		if begun {
			a.giveUp()
		}
		a.free()
	}
	return r
}

func (r *request[T]) fail(cause error) error {
	e := r.e
	e.Err = cause
	return &e
}

// do is the add that waits.
func (r *request[T]) do(ctx context.Context) (none T, err error) {
	if r.refused != nil {
		return none, r.refused
	}
	if !r.client.calls.enter() {
		return none, r.fail(ErrClosed)
	}
	defer r.client.calls.exit()
	return r.wait(ctx, nil)
}

// begin is the add that does not.
func (r *request[T]) begin() (*AsyncAdd[T], error) {
	if r.refused != nil {
		return nil, r.refused
	}
	if r.client.calls.left == nil || r.client.life.closed.Load() {
		return nil, r.fail(ErrClosed)
	}
	a := &AsyncAdd[T]{request: r, done: make(chan struct{})}
	if r.client.invoker {
		return a, nil
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	a.stop = cancel
	go func() {
		defer cancel(nil)
		var none T
		if !r.client.calls.enter() {
			a.finish(none, a.closed())
			return
		}
		defer r.client.calls.exit()
		a.finish(r.wait(ctx, a.id.Store))
	}()
	return a, nil
}

// AsyncAdd is an add that the driver may not have answered yet. Ask it with Poll or Await, or take it back with Cancel; when the client
// closes, it ends. Any goroutine.
//
// It asks for itself, at once unless many adds of the client wait for the driver, and has an end of its own, most of the driver timeout. A
// client without threads does nothing by itself: there Poll asks, once, and Await steps the client meanwhile, as the adds that wait do.
//
// What is added is the client's to close from the moment when the driver has answered, whether somebody has asked for it or not.
//
// C: aeron_async_add_publication_t, aeron_async_add_exclusive_publication_t, aeron_async_add_subscription_t, aeron_async_add_counter_t
type AsyncAdd[T added] struct {
	request *request[T]
	stop    context.CancelCauseFunc // of a client with threads
	id      atomic.Int64
	done    chan struct{} // closed when value and err are there

	mu    sync.Mutex // guards what follows, and the steps of a client without threads
	value T
	err   error
	taken bool // somebody has got value
}

// errCancelled ends an add for Cancel.
var errCancelled = both{context.Canceled, errors.New("the add was cancelled")}

func (a *AsyncAdd[T]) finish(value T, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.finishLocked(value, err)
}

func (a *AsyncAdd[T]) finishLocked(value T, err error) {
	a.value, a.err = value, err
	close(a.done)
}

func (a *AsyncAdd[T]) isDone() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

func (a *AsyncAdd[T]) closed() error { return a.request.fail(ErrClosed) }

// RegistrationID is the id that the driver knows it by, and 0 before it was asked.
//
// C: aeron_async_add_publication_get_registration_id, aeron_async_add_exclusive_publication_get_registration_id,
// aeron_async_add_subscription_get_registration_id, aeron_async_add_counter_get_registration_id
func (a *AsyncAdd[T]) RegistrationID() int64 {
	if a == nil {
		return 0
	}
	return a.id.Load()
}

// Done is closed when Poll has something to say. Of a client without threads only Poll and Await find that out.
func (a *AsyncAdd[T]) Done() <-chan struct{} {
	if a == nil || a.request == nil {
		none := make(chan struct{})
		close(none)
		return none
	}
	return a.done
}

// Poll reports whether the driver has answered, and gives what was added, each time it is called. It does not wait. Errors: those of the
// add that waits; ErrClosed when the client has closed first; context.Canceled after Cancel.
//
// C: aeron_async_add_publication_poll, aeron_async_add_exclusive_publication_poll, aeron_async_add_subscription_poll,
// aeron_async_add_counter_poll
func (a *AsyncAdd[T]) Poll() (value T, done bool, err error) {
	if a == nil || a.request == nil {
		return value, false, ErrClosed
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.isDone() && a.request.client.invoker {
		a.stepLocked()
	}
	if !a.isDone() {
		return value, false, nil
	}
	a.taken = a.err == nil
	return a.value, a.err == nil, a.err
}

// stepLocked asks, or looks, once.
func (a *AsyncAdd[T]) stepLocked() {
	var none T
	c := a.request.client
	if !c.calls.enter() {
		a.finishLocked(none, a.closed())
		return
	}
	defer c.calls.exit()
	value, over, err := a.request.step()
	a.id.Store(a.request.id())
	if over {
		a.finishLocked(value, err)
	}
}

// Await waits for the driver's answer, or for ctx: then the add goes on, and it can be asked again. See Poll for its errors.
func (a *AsyncAdd[T]) Await(ctx context.Context) (value T, err error) {
	if a == nil || a.request == nil {
		return value, ErrClosed
	}
	pause := firstAddSleep
	for a.request.client.invoker {
		if value, done, err := a.Poll(); done || err != nil {
			return value, err
		}
		worked, err := a.step()
		if err != nil {
			return value, err
		}
		if ctx.Err() != nil {
			return value, a.request.fail(context.Cause(ctx))
		}
		if worked == 0 {
			time.Sleep(pause)
			pause = min(2*pause, lastAddSleep)
		}
	}
	select {
	case <-a.done:
	case <-ctx.Done():
		select {
		case <-a.done: // and it is no use to say otherwise
		default:
			return value, a.request.fail(context.Cause(ctx))
		}
	}
	value, _, err = a.Poll()
	return value, err
}

// step is a duty cycle of the client, and of what it waits for.
func (a *AsyncAdd[T]) step() (int, error) {
	c := a.request.client
	if !c.calls.enter() {
		return 0, a.closed()
	}
	defer c.calls.exit()
	worked, err := c.stepAll()
	if err != nil {
		return worked, fromC(a.request.e.Op, err)
	}
	return worked, nil
}

// Cancel takes the add back, and waits until that is settled: what the driver makes of it goes again. What Poll or Await have given away
// already is its owner's, and stays. A second call, and one after the add has failed, return nil.
//
// C: aeron_async_add_publication_cancel, aeron_async_add_exclusive_publication_cancel, aeron_async_add_subscription_cancel,
// aeron_async_add_counter_cancel
func (a *AsyncAdd[T]) Cancel() error {
	if a == nil || a.request == nil {
		return ErrClosed
	}
	if a.stop != nil {
		a.stop(errCancelled)
		<-a.done
	}
	a.mu.Lock()
	var none T
	if !a.isDone() {
		if a.request.client.calls.enter() {
			a.request.drop()
			a.request.client.calls.exit()
		}
		a.finishLocked(none, a.request.fail(errCancelled))
	}
	unwanted := a.value
	if a.err != nil || a.taken {
		unwanted = none
	} else {
		a.value, a.err = none, a.request.fail(errCancelled)
	}
	a.mu.Unlock()
	if unwanted == none {
		return nil
	}
	return unwanted.Close()
}
