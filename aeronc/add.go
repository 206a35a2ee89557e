package aeronc

import (
	"context"
	"errors"
	"time"
)

// async is an add that the driver has not answered.
type async[R any] interface {
	Poll() (R, bool, error)
	RegistrationID() int64
}

// addSleeps are the pauses between two looks at an add: the driver needs some hundred microseconds.
const (
	firstAddSleep = 50 * time.Microsecond
	lastAddSleep  = time.Millisecond
)

// addition is one add, from the question to the answer. One goroutine at a time, which is inside c.calls.
//
// start asks the driver. remove takes back what was asked for when nobody waits for it any more.
type addition[R any, A async[R]] struct {
	c      *Client
	e      Error
	start  func() (A, error)
	remove func(registrationID int64) error

	pending  A
	id       int64
	holds    bool // one of c.adds
	deadline time.Time
}

func (a *addition[R, A]) with(err error) error {
	e := a.e
	e.Err = err
	return &e
}

// said is what C has said, as an error.
func (a *addition[R, A]) said(err error) *Error {
	why := fromC(a.e.Op, err)
	why.Channel, why.StreamID, why.Dir = a.e.Channel, a.e.StreamID, a.e.Dir
	switch {
	case why.Code == CodeClientIllegalState:
		// C has given up, and said so to the error handler; its word may still be on the way.
		why.Err = ErrClosed
		if lost := a.c.deadErr.Load(); lost != nil {
			why.Code, why.Detail, why.Err = 0, "", both{ErrClosed, lost}
		}
	case why.Code == CodeDriverTimeout:
		why.Err = ErrTimeout
	}
	return why
}

// lost is the error of an add whose client has given up.
func (a *addition[R, A]) lost() error { return a.with(both{ErrClosed, a.c.Err()}) }

// patience ends shortly before C times the add out itself, after which it cannot be taken back.
func (a *addition[R, A]) patience() time.Duration { return a.c.timeout - a.c.timeout/10 }

func (a *addition[R, A]) ask() (err error) {
	err = a.c.conduct(func() (err error) {
		if a.pending, err = a.start(); err == nil {
			a.id = a.pending.RegistrationID()
		}
		return err
	})
	if err != nil {
		return a.said(err)
	}
	a.deadline = time.Now().Add(a.patience())
	return nil
}

// askUntilHeard asks again as long as the conductor's queue is full of words, those of adds that were given up for instance. An error says
// that C has nothing of the add.
func (a *addition[R, A]) askUntilHeard(ctx context.Context) error {
	for until := time.Now().Add(a.patience()); ; {
		err := a.ask()
		if err == nil || !errors.Is(err, CodeBufferFull) || time.Now().After(until) {
			return err
		}
		if a.c.invoker {
			if _, err := a.c.stepAll(); err != nil { // nobody else empties the queue
				return a.said(err)
			}
		}
		select {
		case <-time.After(lastAddSleep):
		case <-ctx.Done():
			return a.with(context.Cause(ctx))
		case <-a.c.life.closing:
			return a.with(ErrClosed)
		case <-a.c.dead:
			return a.lost()
		}
	}
}

// look asks C once. settled is false with an error after which C may still act on the add.
func (a *addition[R, A]) look() (r R, ok, settled bool, err error) {
	r, ok, err = a.pending.Poll()
	if err == nil {
		return r, ok, ok, nil
	}
	failed := a.said(err)
	if failed.Code == CodeDriverTimeout {
		// No answer is not a no: the driver may come to it later.
		a.giveUp()
		return r, false, false, failed
	}
	return r, false, true, failed
}

// giveUp takes the add back. The conductor's queue holds some 250 words: when many are given up at once, the others wait for their turn. It
// fails only when the conductor cannot be told, and then aeron_close frees the add.
func (a *addition[R, A]) giveUp() {
	for until := time.Now().Add(a.c.timeout); ; {
		err := a.c.conduct(func() error { return a.remove(a.id) })
		if err == nil || fromC(a.e.Op, err).Code != CodeBufferFull || a.c.life.closed.Load() || time.Now().After(until) {
			return
		}
		select {
		case <-a.c.dead:
			return
		case <-time.After(lastAddSleep):
		}
	}
}

// late is the error of an add that has waited for all of its patience.
func (a *addition[R, A]) late() error {
	e := a.e
	e.Detail, e.Err = "no answer from the media driver in "+a.patience().String(), ErrTimeout
	return &e
}

// free gives back the place among those that wait for the driver.
func (a *addition[R, A]) free() {
	if a.holds {
		a.holds = false
		<-a.c.adds
	}
}

// add asks the driver for something and waits until it has it, ctx ends, or the client does. The caller is inside c.calls. settled is
// false when C may still act on the add.
func add[R any, A async[R]](
	ctx context.Context, c *Client, e Error, start func() (A, error), remove func(registrationID int64) error,
) (r R, settled bool, err error) {
	a := &addition[R, A]{c: c, e: e, start: start, remove: remove}
	return a.wait(ctx, nil)
}

// wait is add; asked, if any, hears the registration id once there is one.
func (a *addition[R, A]) wait(ctx context.Context, asked func(id int64)) (r R, settled bool, err error) {
	c := a.c
	if ctx.Err() != nil {
		return r, true, a.with(context.Cause(ctx))
	}
	select {
	case c.adds <- struct{}{}:
		a.holds = true
		defer a.free()
	case <-ctx.Done():
		return r, true, a.with(context.Cause(ctx))
	case <-c.life.closing:
		return r, true, a.with(ErrClosed)
	case <-c.dead:
		return r, true, a.lost()
	}
	if err := a.askUntilHeard(ctx); err != nil {
		return r, true, err
	}
	if asked != nil {
		asked(a.id)
	}
	deadline := time.NewTimer(time.Until(a.deadline))
	defer deadline.Stop()
	sleep := firstAddSleep
	pause := time.NewTimer(sleep)
	defer pause.Stop()
	for {
		worked := 0
		if c.invoker {
			// Nobody else may come to step them while this goroutine waits.
			if worked, err = c.stepAll(); err != nil {
				return r, false, a.said(err)
			}
		}
		r, ok, settled, err := a.look()
		if ok || err != nil {
			return r, settled, err
		}
		if worked > 0 && ctx.Err() == nil && !c.life.closed.Load() && time.Now().Before(a.deadline) {
			continue // there is more to do, and nobody else to do it
		}
		select {
		case <-pause.C:
			sleep = min(sleep*2, lastAddSleep)
			pause.Reset(sleep)
			continue
		case <-ctx.Done():
			err = a.with(context.Cause(ctx))
		case <-c.life.closing:
			err = a.with(ErrClosed)
		case <-c.dead:
			// The add stays where it is until the client is closed: no conductor would hear of it.
			return r, false, a.lost()
		case <-deadline.C:
			err = a.late()
		}
		a.giveUp()
		return r, false, err
	}
}
