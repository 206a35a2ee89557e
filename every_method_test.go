package aeron_test

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// Every public method of a driver and of what it gives, called by a hundred goroutines while another closes the objects, the driver, or
// both: each returns, with a typed error or none. That nothing else happens is for the lanes to see that watch memory.
func TestEveryMethod_againstClose(t *testing.T) {
	const goroutines = 100
	closers := map[string]func(d *aeron.Driver, objects []any) error{
		"driver": func(d *aeron.Driver, _ []any) error { return d.Close() },
		"objects": func(_ *aeron.Driver, objects []any) (err error) {
			for _, object := range objects {
				if c, ok := object.(interface{ Close() error }); ok {
					err = errors.Join(err, c.Close())
				}
			}
			return err
		},
		"subscription first": func(d *aeron.Driver, objects []any) error {
			return errors.Join(objects[0].(*aeron.Subscription).Close(), d.Close())
		},
	}
	for name, closeAll := range closers {
		t.Run(name, func(t *testing.T) {
			d, all := family(t)
			var methods []bound
			for _, object := range all {
				if _, batch := object.(*aeron.Batch); !batch { // which is for one goroutine at a time
					methods = append(methods, methodsOf(object)...)
				}
			}
			require.Greater(t, len(methods), 120)
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
				if err := closeAll(d, all[1:]); err != nil {
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
}

// A bound is a method of an object, with arguments that are good.
type bound struct {
	name string
	f    reflect.Value
	args []reflect.Value
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
			if !r.IsZero() {
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

// methodsOf gives the methods that there are arguments for, but for those that close.
func methodsOf(object any) (methods []bound) {
	v := reflect.ValueOf(object)
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // so that nothing waits
	for i := range v.NumMethod() {
		name := v.Type().Method(i).Name
		switch name {
		case "Close", "CloseIfSingle", "Use", "Revoke", "DeleteDirectory":
			continue
		}
		m := bound{name: v.Type().String() + "." + name, f: v.Method(i)}
		known := true
		for k := range m.f.Type().NumIn() {
			if m.f.Type().IsVariadic() && k == m.f.Type().NumIn()-1 {
				break
			}
			arg, ok := argument(m.f.Type().In(k), reflect.ValueOf(ctx))
			known = known && ok
			m.args = append(m.args, arg)
		}
		if known {
			methods = append(methods, m)
		}
	}
	return methods
}

func argument(t reflect.Type, ctx reflect.Value) (reflect.Value, bool) {
	switch {
	case ctx.Type().AssignableTo(t):
		return ctx, true
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
