package aeron_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

const (
	// callers is how many goroutines call methods while another closes.
	callers = 100
	// patience is how long one call may wait: long enough for the driver's answer, and over while others close.
	patience = 100 * time.Millisecond
)

// moments are how many calls have returned when the closing begins. Of the rounds that close the driver, the last begins when every method has
// been called too, and those that wait for the driver or a peer have got what they want.
var moments = []int64{0, 200, 1000}

// Every public method of a driver and of what it gives, called by a hundred goroutines while another closes the objects, the driver, or
// both, in every way there is and at several moments: each returns, with a typed error or none. That nothing else happens is for the lanes
// to see that watch memory.
func TestEveryMethod_againstClose(t *testing.T) {
	figures.Begin(t)
	closeObjects := func(objects []any) (err error) {
		for _, object := range objects {
			if c, ok := object.(interface{ Close() error }); ok {
				err = errors.Join(err, c.Close())
			}
		}
		return err
	}
	closers := map[string]func(d *aeron.Driver, objects []any) error{
		"driver":  func(d *aeron.Driver, _ []any) error { return d.Close() },
		"objects": func(_ *aeron.Driver, objects []any) error { return closeObjects(objects) },
		"if single": func(d *aeron.Driver, objects []any) error {
			err := closeObjects(objects)
			single := d.CloseIfSingle()
			for errors.Is(single, aeron.ErrInUse) { // by what the others add and close
				runtime.Gosched()
				single = d.CloseIfSingle()
			}
			return errors.Join(err, single)
		},
		"revoked, used": func(d *aeron.Driver, objects []any) error {
			return d.Use(func(*aeron.Driver) error { return objects[2].(*aeron.ExclusivePublication).Revoke() })
		},
		"subscription first": func(d *aeron.Driver, objects []any) error {
			return errors.Join(objects[0].(*aeron.Subscription).Close(), d.Close())
		},
	}
	var calls [phases]int64
	called, rounds := 0, 0
	for name, closeAll := range closers {
		for n, moment := range moments {
			transport := transports[rounds%len(transports)]
			rounds++
			t.Run(fmt.Sprintf("%s after %d calls, %s", name, moment, transport.name), func(t *testing.T) {
				channel := transport.channel(t)
				d, all := familyOn(t, channel)
				r := &round{methods: methodsOf(t, all, channel), closed: make(chan struct{})}
				r.tally = make([]tally, len(r.methods))
				called = len(r.methods)
				var work sync.WaitGroup
				for i := range callers {
					work.Go(func() { r.run(t, i) })
				}
				work.Go(func() {
					defer close(r.closed)
					defer func() {
						if r.phase.Load() == before {
							t.Logf("missing: %v", r.missing())
						}
					}()
					testdriver.Await(t, "calls before the closing", func() bool { return r.reached(moment, n == len(moments)-1 && name == "driver") })
					r.phase.Store(during)
					// A claim that somebody has just made and not taken back yet is what Close has to speak of.
					if err := closeAll(d, all[1:]); err != nil && !errors.Is(err, aeron.ErrClaimsOutstanding) {
						t.Errorf("closing: %v", err)
					}
					r.phase.Store(after)
				})
				done := make(chan struct{})
				go func() { work.Wait(); close(done) }()
				select {
				case <-done:
				case <-time.After(3 * testdriver.Patience):
					stacks := make([]byte, 1<<20)
					require.FailNow(t, "somebody hangs", "%s", stacks[:runtime.Stack(stacks, true)])
				}
				require.NoError(t, d.Close())
				for phase := range calls {
					calls[phase] += r.calls[phase].Load()
				}
			})
		}
	}
	t.Logf("calls that began before, during and after the closing: %d", calls)
	for phase, n := range calls {
		require.Positive(t, n, "calls that began in phase %d of 3", phase)
	}
	figures.Record(t, "methods, called by how many goroutines, against how many ways to close, in how many rounds", fmt.Sprintf("%d, %d, %d, %d", called, callers, len(closers), rounds))
}

// The phases of a round.
const (
	before = iota
	during
	after
	phases
)

// round is one closing of a family, and the calls around it.
type round struct {
	methods  []bound
	tally    []tally
	phase    atomic.Int32
	calls    [phases]atomic.Int64 // by the phase in which they began
	returned atomic.Int64
	closed   chan struct{}
}

// tally is what became of one method before the closing.
type tally struct{ called, succeeded atomic.Bool }

// run calls methods until the closing begins, some more while it goes on, and some more behind it.
func (r *round) run(t *testing.T, caller int) {
	next := caller
	call := func() {
		i := next * 7 % len(r.methods)
		next++
		phase := r.phase.Load()
		if r.methods[i].alone && caller > 0 || r.methods[i].late && phase == before {
			return
		}
		r.calls[phase].Add(1)
		ok := r.methods[i].call(t)
		if r.phase.Load() == before {
			r.tally[i].called.Store(true)
			if ok {
				r.tally[i].succeeded.Store(true)
			}
		}
		r.returned.Add(1)
	}
	for r.phase.Load() == before && !t.Failed() {
		call()
	}
	for n := 0; n < 10 && r.phase.Load() == during; n++ {
		call()
	}
	<-r.closed
	for range 3 {
		call()
	}
}

// reached reports whether the closing may begin: after so many calls and, with all, after each method and the success of those that wait.
func (r *round) reached(moment int64, all bool) bool {
	if r.returned.Load() < moment {
		return false
	}
	return !all || len(r.missing()) == 0
}

// missing are the methods that were not called before the closing, or wait and had no success.
func (r *round) missing() (names []string) {
	for i := range r.methods {
		if r.methods[i].late {
			continue
		}
		if name := r.methods[i].name; !r.tally[i].called.Load() || waits.MatchString(name) && !r.tally[i].succeeded.Load() {
			names = append(names, name)
		}
	}
	return names
}

// waits are the methods that wait for the driver or a peer, and find it in a family.
var waits = regexp.MustCompile(`\.(Add(Publication|ExclusivePublication|Subscription|Counter|StaticCounter)|Publish|AwaitReady|Messages|Fragments|Send|NextSessionID)$`)

// A bound is a method of an object, with arguments that are good. A context among them is the call's own.
type bound struct {
	name   string
	object any
	f      reflect.Value
	args   []reflect.Value
	alone  bool // one goroutine only
	ended  bool // its context has ended
	late   bool // only once the closing has begun
}

// ending is the method that takes from a subscription what others are to receive.
const ending = "*aeronc.Image.Reject"

// unanswered are the methods that C's driver has no answer for where there are no destinations. What waits for one, and has given up, takes
// the place of a call that could be answered, until the client gives up too.
var unanswered = regexp.MustCompile(`\.RemoveDestinationByID$`)

// call reports whether there was no error.
func (b bound) call(t *testing.T) (ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if b.ended {
		cancel()
	}
	args := slices.Clone(b.args)
	for i, arg := range args {
		if _, is := reflect.TypeAssert[context.Context](arg); is {
			args[i] = reflect.ValueOf(ctx)
		}
	}
	ok = true
	look := func(err error) {
		if err != nil && !hasType(err) {
			t.Errorf("%s: an error of no type: %v", b.name, err)
		}
		ok = ok && err == nil
	}
	for _, r := range b.f.Call(args) {
		if err, is := reflect.TypeAssert[error](r); is {
			look(err)
		}
		switch opened := r.Interface().(type) {
		case aeron.Claim:
			_ = opened.Abort()
		case iter.Seq2[aeron.Message, error]:
			for _, err := range opened {
				look(err)
				break
			}
		case iter.Seq2[aeron.Fragment, error]:
			for _, err := range opened {
				look(err)
				break
			}
		case *aeronc.Subscription: // the image's, and not opened here
		case interface{ Close() error }:
			if !r.IsZero() && opened != b.object { // which NewIfClosed gives when it is not closed
				_ = opened.Close()
			}
		case func(): // takes back what was registered
			opened()
		}
	}
	return ok
}

func hasType(err error) bool {
	var e *aeron.Error
	for _, known := range []error{
		aeron.ErrClosed, aeron.ErrInvalidArgument, aeron.ErrClaimResolved, aeron.ErrBackPressured, aeron.ErrAdminAction, aeron.ErrNotConnected,
		aeron.ErrBatchFull, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, &e)
}

// notCalled are the methods that are not among those that a hundred goroutines call, and why.
var notCalled = map[string]string{
	"*aeron.Driver.Close":                "closes",
	"*aeron.Driver.CloseIfSingle":        "closes",
	"*aeron.Driver.Use":                  "closes",
	"*aeron.Subscription.Close":          "closes",
	"*aeron.Publication.Close":           "closes",
	"*aeron.ExclusivePublication.Close":  "closes",
	"*aeron.ExclusivePublication.Revoke": "closes",
	"*aeron.Counter.Close":               "closes",
}

// methodsOf gives the methods of the objects, bound to good arguments, which may be some of the objects. One that there are no arguments
// for, and no reason, fails the test.
func methodsOf(t *testing.T, objects []any, channel string) (methods []bound) {
	arguments := []reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(channel)}
	excused := map[string]bool{}
	for _, object := range objects {
		arguments = append(arguments, reflect.ValueOf(object))
	}
	for _, v := range arguments[2:] {
		_, batch := reflect.TypeAssert[*aeron.Batch](v) // which is for one goroutine at a time
		for i := range v.NumMethod() {
			m := bound{name: v.Type().String() + "." + v.Type().Method(i).Name, object: v.Interface(), f: v.Method(i), alone: batch}
			m.ended, m.late = unanswered.MatchString(m.name), m.name == ending
			if notCalled[m.name] != "" {
				excused[m.name] = true
				continue
			}
			f := m.f.Type()
			for k := range f.NumIn() {
				in, variadic := f.In(k), f.IsVariadic() && k == f.NumIn()-1
				if variadic {
					in = in.Elem()
				}
				arg, ok := argument(in, arguments)
				if !ok && variadic {
					continue // none will do
				}
				require.True(t, ok, "%s is not called: give it an argument of type %s here, or a reason in notCalled", m.name, in)
				m.args = append(m.args, arg)
			}
			methods = append(methods, m)
		}
	}
	require.Len(t, excused, len(notCalled), "a reason for a method that there is not: %v", excused)
	return methods
}

// argument gives something of a type: one of those given, if it is of it, or a value that will do.
func argument(t reflect.Type, given []reflect.Value) (reflect.Value, bool) {
	for _, v := range given {
		if v.Type().AssignableTo(t) {
			return v, true
		}
	}
	switch {
	case t == reflect.TypeFor[aeron.SendOptions](): // never waits longer than its context
		return reflect.Zero(t), true
	case t == reflect.TypeFor[*aeronc.Client](): // another one, to be asked about
		return reflect.ValueOf(new(aeronc.Client)), true
	case t == reflect.TypeFor[[]byte]():
		return reflect.ValueOf([]byte("message")), true
	case t == reflect.TypeFor[[][]byte]():
		return reflect.ValueOf([][]byte{[]byte("a"), []byte("b")}), true
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int32, t.Kind() == reflect.Int64:
		return reflect.ValueOf(10).Convert(t), true
	case t.Kind() == reflect.Func && t.NumIn() <= 2:
		return reflect.MakeFunc(t, func([]reflect.Value) []reflect.Value {
			var results []reflect.Value
			for out := range t.Outs() {
				result := reflect.Zero(out)
				if out == reflect.TypeFor[aeron.Action]() {
					result = reflect.ValueOf(aeron.Continue)
				}
				results = append(results, result)
			}
			return results
		}), true
	}
	return reflect.Value{}, false
}
