package aeronc

import (
	"context"
	"errors"
	"sync"
)

// added is what can be added.
type added interface {
	*Publication | *ExclusivePublication | *Subscription | *Counter
	Close() error
}

// begin is the add that does not wait.
func begin[T added](add *addition[T]) (*AsyncAdd[T], error) {
	if add.refused != nil {
		return nil, add.refused
	}
	if add.c.calls.left == nil || add.c.life.closed.Load() {
		return nil, add.with(ErrClosed)
	}
	a := &AsyncAdd[T]{add: add, done: make(chan struct{})}
	if add.c.invoker {
		return a, nil
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	a.stop = cancel
	go func() {
		defer cancel(nil)
		a.finish(add.do(ctx))
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
	add  *addition[T]
	stop context.CancelCauseFunc // of a client with threads
	done chan struct{}           // closed when value and err are there

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

// RegistrationID is the id that the driver knows it by, and 0 before it was asked.
//
// C: aeron_async_add_publication_get_registration_id, aeron_async_add_exclusive_publication_get_registration_id,
// aeron_async_add_subscription_get_registration_id, aeron_async_add_counter_get_registration_id
func (a *AsyncAdd[T]) RegistrationID() int64 {
	if a == nil || a.add == nil {
		return 0
	}
	return a.add.id.Load()
}

// Done is closed when Poll has something to say. Of a client without threads only Poll and Await find that out.
func (a *AsyncAdd[T]) Done() <-chan struct{} {
	if a == nil || a.add == nil {
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
	if a == nil || a.add == nil {
		return value, false, ErrClosed
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.isDone() && a.add.c.invoker {
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
	if !a.add.c.calls.enter() {
		a.finishLocked(none, a.add.with(ErrClosed))
		return
	}
	defer a.add.c.calls.exit()
	if value, over, err := a.add.step(); over {
		a.finishLocked(value, err)
	}
}

// Await waits for the driver's answer, or for ctx: then the add goes on, and it can be asked again. See Poll for its errors.
func (a *AsyncAdd[T]) Await(ctx context.Context) (value T, err error) {
	if a == nil || a.add == nil {
		return value, ErrClosed
	}
	if a.add.c.invoker {
		return a.awaitStepping(ctx)
	}
	select {
	case <-a.done:
	case <-ctx.Done():
		select {
		case <-a.done: // and it is no use to say otherwise
		default:
			return value, a.add.with(context.Cause(ctx))
		}
	}
	value, _, err = a.Poll()
	return value, err
}

// awaitStepping is Await of a client without threads.
func (a *AsyncAdd[T]) awaitStepping(ctx context.Context) (value T, err error) {
	if !a.add.c.calls.enter() {
		value, _, err = a.Poll()
		return value, err
	}
	defer a.add.c.calls.exit()
	over := func() (done bool) {
		value, done, err = a.Poll()
		return done || err != nil
	}
	if ended := a.add.repeat(ctx, over); ended != nil {
		return value, ended
	}
	return value, err
}

// Cancel takes the add back, and waits until that is settled: what the driver makes of it goes again. What Poll or Await have given away
// already is its owner's, and stays. A second call, and one after the add has failed, return nil.
//
// C: aeron_async_add_publication_cancel, aeron_async_add_exclusive_publication_cancel, aeron_async_add_subscription_cancel,
// aeron_async_add_counter_cancel
func (a *AsyncAdd[T]) Cancel() error {
	if a == nil || a.add == nil {
		return ErrClosed
	}
	if a.stop != nil {
		a.stop(errCancelled)
		<-a.done
	}
	a.mu.Lock()
	var none T
	if !a.isDone() {
		if a.add.c.calls.enter() {
			a.add.drop()
			a.add.c.calls.exit()
		}
		a.finishLocked(none, a.add.with(errCancelled))
	}
	unwanted := a.value
	if a.err != nil || a.taken {
		unwanted = none
	} else {
		a.value, a.err = none, a.add.with(errCancelled)
	}
	a.mu.Unlock()
	if unwanted == none {
		return nil
	}
	return unwanted.Close()
}
