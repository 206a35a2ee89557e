package aeron_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// Every public method of a driver and of what it gives, called by a hundred goroutines while another closes the objects, the driver, or
// both, in every way there is: each returns, with a typed error or none. That nothing else happens is for the lanes to see that watch memory.
func TestEveryMethod_againstClose(t *testing.T) {
	figures.Begin(t)
	const goroutines = 100
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
	called := 0
	for name, closeAll := range closers {
		t.Run(name, func(t *testing.T) {
			d, all := family(t)
			methods := methodsOf(t, all)
			called = len(methods)
			begin := make(chan struct{})
			var work sync.WaitGroup
			for i := range goroutines {
				work.Go(func() {
					<-begin
					for k := range methods {
						methods[(k*7+i)%len(methods)].call(t)
					}
				})
			}
			work.Go(func() {
				<-begin
				// A claim that somebody has just made and not taken back yet is what Close has to speak of.
				if err := closeAll(d, all[1:]); err != nil && !errors.Is(err, aeron.ErrClaimsOutstanding) {
					t.Errorf("closing: %v", err)
				}
			})
			close(begin)
			done := make(chan struct{})
			go func() { work.Wait(); close(done) }()
			select {
			case <-done:
			case <-time.After(3 * testdriver.Patience):
				stacks := make([]byte, 1<<20)
				require.FailNow(t, "somebody hangs", "%s", stacks[:runtime.Stack(stacks, true)])
			}
			require.NoError(t, d.Close())
		})
	}
	figures.Record(t, "methods, by how many goroutines each, against how many ways to close", fmt.Sprintf("%d, %d, %d", called, goroutines, len(closers)))
}

// A bound is a method of an object, with arguments that are good.
type bound struct {
	name   string
	object any
	f      reflect.Value
	args   []reflect.Value
}

func (b bound) call(t *testing.T) {
	for _, r := range b.f.Call(b.args) {
		if err, ok := reflect.TypeAssert[error](r); ok && !hasType(err) {
			t.Errorf("%s: an error of no type: %v", b.name, err)
		}
		switch opened := r.Interface().(type) {
		case aeron.Claim:
			_ = opened.Abort()
		case interface{ Close() error }:
			if !r.IsZero() && opened != b.object { // which NewIfClosed gives when it is not closed
				_ = opened.Close()
			}
		case func(): // takes back what was registered
			opened()
		}
	}
}

func hasType(err error) bool {
	var e *aeron.Error
	for _, known := range []error{
		aeron.ErrClosed, aeron.ErrInvalidArgument, aeron.ErrClaimResolved, aeron.ErrBackPressured, aeron.ErrAdminAction, aeron.ErrNotConnected,
		context.Canceled,
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
func methodsOf(t *testing.T, objects []any) (methods []bound) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // so that nothing waits
	arguments := []reflect.Value{reflect.ValueOf(ctx)}
	excused := map[string]bool{}
	for _, object := range objects {
		arguments = append(arguments, reflect.ValueOf(object))
	}
	for _, v := range arguments[1:] {
		if _, batch := reflect.TypeAssert[*aeron.Batch](v); batch { // which is for one goroutine at a time
			continue
		}
		for i := range v.NumMethod() {
			m := bound{name: v.Type().String() + "." + v.Type().Method(i).Name, object: v.Interface(), f: v.Method(i)}
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
	case t == reflect.TypeFor[[]byte]():
		return reflect.ValueOf([]byte("message")), true
	case t == reflect.TypeFor[[][]byte]():
		return reflect.ValueOf([][]byte{[]byte("a"), []byte("b")}), true
	case t.Kind() == reflect.String:
		return reflect.ValueOf("aeron:ipc").Convert(t), true
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
