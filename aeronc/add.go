package aeronc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aeroncgo/aeron/cgo"
)

// The pauses between two looks at an add: the driver needs some hundred microseconds.
const (
	firstAddSleep = 50 * time.Microsecond
	lastAddSleep  = time.Millisecond
)

// addition is one add, or another question to the driver, until it is answered or nobody waits for the answer any more. Who does not wait
// steps it, and who waits does so again and again: one goroutine at a time, which is inside c.calls. It is used once.
type addition[T any] struct {
	c       *Client
	e       Error
	refused error // what is wrong with it, before C is asked
	// start hands C the question. It leaves nothing when it fails, and is called again when that was for want of room.
	start func() (question[T], error)
	// remove takes back what was asked for. Without it nobody can.
	remove func(registrationID int64) error
	// undo, if any, undoes start after the driver's no.
	undo func()
	// over, if any, hears once of a question that C was asked: that C has done with it, or that it will not before the client is closed.
	over func(done bool)

	holds    bool // one of c.adds
	deadline time.Time
	asked    bool // then there are poll and id
	poll     func() (T, bool, error)
	id       atomic.Int64
}

// question is what C was asked: the id that the driver knows it by, and what asks C for the answer, once. C has done with it after an answer
// and after an error.
type question[T any] struct {
	id   int64
	poll func() (T, bool, error)
}

// async is an add of C's.
type async[R any] interface {
	Poll() (R, bool, error)
	RegistrationID() int64
}

// questionOf is the question of an add of C's, unless C has failed; made makes an object of what comes of it.
func questionOf[R, T any](a async[R], err error, made func(R) (T, error)) (question[T], error) {
	if err != nil {
		return question[T]{}, err
	}
	return question[T]{a.RegistrationID(), func() (value T, done bool, err error) {
		raw, done, err := a.Poll()
		if done {
			value, err = made(raw)
		}
		return value, done, err
	}}, nil
}

func (a *addition[T]) with(err error) error {
	e := a.e
	e.Err = err
	return &e
}

// said is what C has said, as an error.
func (a *addition[T]) said(err error) *Error {
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
	case strings.Contains(why.Detail, ".logbuffer"):
		why.Err = remedied(why.Err)
	}
	return why
}

// remedied says what to do where the driver may not write the log of what is added. It may be another process, of another user.
func remedied(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: give the media driver's user the right to write there", err)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: the media driver's directory must be mounted for writing", err)
	}
	return err
}

// patience ends shortly before C times the add out itself, after which it cannot be taken back.
func (a *addition[T]) patience() time.Duration { return a.c.timeout - a.c.timeout/10 }

// late is the error of an add that has waited for all of its patience.
func (a *addition[T]) late() error {
	e := a.e
	e.Detail, e.Err = "no answer from the media driver in "+a.patience().String(), ErrTimeout
	return &e
}

// do is the add that waits.
func (a *addition[T]) do(ctx context.Context) (none T, err error) {
	if a.refused != nil {
		return none, a.refused
	}
	if !a.c.calls.enter() {
		return none, a.with(ErrClosed)
	}
	defer a.c.calls.exit()
	return a.wait(ctx)
}

// wait goes on until the driver has answered, ctx ends, or the client does.
func (a *addition[T]) wait(ctx context.Context) (value T, err error) {
	if ctx.Err() != nil {
		return value, a.with(context.Cause(ctx))
	}
	a.startClock()
	if !a.c.invoker { // which does its own work while it waits, below
		late := time.NewTimer(time.Until(a.deadline))
		defer late.Stop()
		select {
		case a.c.adds <- struct{}{}:
			a.holds = true
		case <-late.C:
			return value, a.late()
		case <-ctx.Done():
			return value, a.with(context.Cause(ctx))
		case <-a.c.life.closing:
			return value, a.with(ErrClosed)
		case <-a.c.dead: // as step will say
		}
	}
	step := func() (over bool) {
		value, over, err = a.step()
		return over
	}
	if ended := a.repeat(ctx, step); ended != nil {
		a.drop()
		return value, ended
	}
	return value, err
}

// repeat steps until that says that it is over, ctx ends or the client closes. A client without threads does its own work in between:
// nobody else may come to it while this goroutine waits.
func (a *addition[T]) repeat(ctx context.Context, step func() (over bool)) error {
	sleep := firstAddSleep
	pause := time.NewTimer(sleep)
	defer pause.Stop()
	for !step() {
		if a.c.invoker {
			worked, err := a.c.stepAll()
			if err != nil {
				return a.said(err)
			}
			if worked > 0 && ctx.Err() == nil && !a.c.life.closed.Load() {
				continue // there is more to do, and nobody else to do it
			}
		}
		select {
		case <-pause.C:
			sleep = min(sleep*2, lastAddSleep)
			pause.Reset(sleep)
		case <-ctx.Done():
			return a.with(context.Cause(ctx))
		case <-a.c.life.closing:
			return a.with(ErrClosed)
		}
	}
	return nil
}

// startClock begins the patience, once.
func (a *addition[T]) startClock() {
	if a.deadline.IsZero() {
		a.deadline = time.Now().Add(a.patience())
	}
}

// end gives the place among those that wait for the driver back.
func (a *addition[T]) end() {
	if a.holds {
		a.holds = false
		<-a.c.adds
	}
}

// step asks the driver, or looks for its answer, and does not wait. It is over with the answer, and with an error.
func (a *addition[T]) step() (value T, over bool, err error) {
	select {
	case <-a.c.dead:
		// What was asked stays where it is until the client is closed: no conductor would hear of it.
		if a.asked {
			a.tell(false)
		}
		a.end()
		return value, true, a.with(both{ErrClosed, a.c.Err()})
	default:
	}
	a.startClock()
	if !a.holds {
		select {
		case a.c.adds <- struct{}{}:
			a.holds = true
		default:
			if time.Now().After(a.deadline) {
				return value, true, a.late()
			}
			return value, false, nil // too many wait for the driver already
		}
	}
	if !a.asked {
		if err = a.ask(); err != nil {
			a.end()
			return value, true, err
		}
		if !a.asked {
			return value, false, nil // there is no room in the queue
		}
	}
	value, over, err = a.poll()
	switch {
	case over:
		a.tell(true)
		a.end()
	case err != nil:
		a.tell(true)
		failed := a.said(err)
		switch {
		case failed.Code != CodeDriverTimeout && a.undo != nil:
			a.undo()
		case failed.Code == CodeDriverTimeout && a.remove != nil:
			a.giveUp() // no answer is not a no: the driver may come to it later
		}
		a.end()
		return value, true, failed
	case time.Now().After(a.deadline):
		a.drop()
		return value, true, a.late()
	}
	return value, over, err
}

// ask fails when it is no use to ask again. The conductor's queue, or the driver's, may be full of what others have given up.
func (a *addition[T]) ask() error {
	err := a.c.conduct(func() (err error) {
		asked := 0
		if a.c.invoker {
			if asked, err = cgo.ClientAsked(a.c.raw); err != nil {
				return err
			}
		}
		q, err := a.start()
		switch {
		case err == nil:
			a.asked, a.poll = true, q.poll
			a.id.Store(q.id)
		case a.c.invoker:
			cgo.ClientForget(a.c.raw, asked)
		}
		return err
	})
	if err == nil {
		return nil
	}
	failed := a.said(err)
	if (failed.Code == CodeBufferFull || failed.Code == CodeDriverBufferFull) && time.Now().Before(a.deadline) {
		return nil
	}
	return failed
}

// drop ends an add that nobody waits for any more.
func (a *addition[T]) drop() {
	if a.asked {
		a.giveUp()
	}
	a.end()
}

// giveUp takes the add back, or has it polled until C is done with it. The conductor's queue holds some 250 words: when many are given up at
// once, the others wait for their turn. It fails only when the conductor cannot be told, and then aeron_close frees the add.
func (a *addition[T]) giveUp() {
	if a.remove == nil {
		live.pending.Add(1)
		go a.settle()
		return
	}
	for until := time.Now().Add(a.c.timeout); ; {
		err := a.c.conduct(func() error { return a.remove(a.id.Load()) })
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

func (a *addition[T]) tell(done bool) {
	if a.over != nil {
		a.over(done)
	}
}

// settle sees what nobody waits for any more and nobody can take back to its end.
func (a *addition[T]) settle() {
	defer live.pending.Add(-1)
	a.tell(a.pollOn())
}

// pollOn polls until C has done with it, and reports false if it will not before the client is closed.
func (a *addition[T]) pollOn() bool {
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for {
		select {
		case <-a.c.life.closing:
			return false
		case <-a.c.dead:
			return false
		case <-pause.C:
		}
		if !a.c.calls.enter() {
			return false
		}
		_, done, err := a.poll()
		a.c.calls.exit()
		if done || err != nil {
			return true
		}
	}
}
