package aeron_test

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/misuse"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// handles are the types whose values belong to a driver: nil, zero and closed ones must say so.
var handles = map[string]func() (null, zero any){
	"Driver":               func() (any, any) { return (*aeron.Driver)(nil), new(aeron.Driver) },
	"Publication":          func() (any, any) { return (*aeron.Publication)(nil), new(aeron.Publication) },
	"ExclusivePublication": func() (any, any) { return (*aeron.ExclusivePublication)(nil), new(aeron.ExclusivePublication) },
	"Subscription":         func() (any, any) { return (*aeron.Subscription)(nil), new(aeron.Subscription) },
	"Image":                func() (any, any) { return (*aeron.Image)(nil), new(aeron.Image) },
	"Batch":                func() (any, any) { return (*aeron.Batch)(nil), new(aeron.Batch) },
	"Claim":                func() (any, any) { return new(aeron.Claim), aeron.Claim{} },
	"Fragment":             func() (any, any) { return new(aeron.Fragment), aeron.Fragment{} },
	"Writer":               func() (any, any) { return (*aeron.Writer)(nil), new(aeron.Writer) },
	"Counter":              func() (any, any) { return (*aeron.Counter)(nil), new(aeron.Counter) },
	"Message":              func() (any, any) { return new(aeron.Message), aeron.Message{} },
}

// values are the types that are plain: their zero is a value like others.
var values = map[string]any{
	"Config": aeron.Config{Directory: "/dev/shm/aerontest-nowhere"}, "DriverConfig": aeron.DriverConfig{}, "Optional": aeron.Optional[int]{}, "PortRange": aeron.PortRange{},
	"Profile": aeron.Profile(9), "ThreadingMode": aeron.ThreadingMode(9), "Error": &aeron.Error{}, "Code": aeron.Code(9), "Action": aeron.Action(9),
	"Registry": aeron.Registry{}, "DataPath": aeron.DataPath{}, "CounterRecord": aeron.CounterRecord{}, "Event": aeron.Event{}, "EventKind": aeron.EventKind(9), "Warning": aeron.Warning{}, "WriterOptions": aeron.WriterOptions{}, "Severity": aeron.Severity(9), "Block": aeron.Block{}, "SendOptions": aeron.SendOptions{}, "Constants": aeron.Constants{}, "CounterConstants": aeron.CounterConstants{}, "Explanation": aeron.Explanation{},
}

func TestMisuse_isTriedOnEveryType(t *testing.T) {
	for _, name := range misuse.Types(t, ".") {
		_, handle := handles[name]
		_, value := values[name]
		require.NotEqual(t, handle, value, "type %s: name it in handles or in values", name)
	}
}

// quiet are the methods that have nothing to complain about on a handle that is closed, or was never open.
var quiet = []string{"Close", "Err", "Error", "CloseIfSingle", "IsInUse"}

func TestMisuse_nilAndZero(t *testing.T) {
	for name, make := range handles {
		t.Run(name, func(t *testing.T) {
			null, zero := make()
			misuse.Calls(t, null, true, quiet...)
			misuse.Calls(t, zero, true, quiet...)
		})
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			misuse.Calls(t, value, false)
			pointer := reflect.New(reflect.TypeOf(value))
			pointer.Elem().Set(reflect.ValueOf(value))
			if pointer.Elem().Kind() != reflect.Pointer {
				misuse.Calls(t, pointer.Interface(), false)
			}
		})
	}
}

// family is one of each handle, open.
func family(t *testing.T) (*aeron.Driver, []any) {
	t.Helper()
	return familyOn(t, "aeron:ipc")
}

func familyOn(t *testing.T, channel string) (*aeron.Driver, []any) {
	t.Helper()
	ctx := testdriver.Context(t)
	d := start(t, config(t))
	sub, err := d.AddSubscription(ctx, channel, 10)
	require.NoError(t, err)
	pub, err := d.AddPublication(ctx, channel, 10)
	require.NoError(t, err)
	exclusive, err := d.AddExclusivePublication(ctx, channel, 10)
	require.NoError(t, err)
	for _, p := range []aeron.Sender{pub, exclusive} {
		require.NoError(t, p.AwaitReady(ctx))
		require.NoError(t, p.Publish(ctx, []byte("message")))
	}
	testdriver.Await(t, "both images", func() bool { return len(sub.Images()) == 2 })
	claim, err := pub.TryClaim(16)
	require.NoError(t, err)
	require.NoError(t, claim.Abort())
	batch := aeron.NewBatch(pub, 4096)
	counter, err := d.AddCounter(ctx, 1001, []byte("key"), "misuse")
	require.NoError(t, err)
	static, err := d.AddStaticCounter(ctx, 1001, []byte("key"), "misuse, static", 77)
	require.NoError(t, err)
	// No Fragment: its memory is borrowed, until its handler returns, and there is nothing that could tell it afterwards.
	return d, []any{d, sub, pub, exclusive, claim, sub.Images()[0], batch, counter, static}
}

func TestMisuse_closed(t *testing.T) {
	d, all := family(t)
	require.NoError(t, d.Close())
	for _, handle := range all {
		misuse.Calls(t, handle, false)
	}
	require.ErrorIs(t, d.Start(t.Context()), aeron.ErrClosed)
}

func TestMisuse_closedAlone(t *testing.T) {
	d, all := family(t)
	closed := 0
	for _, handle := range all[1:] {
		c, ok := handle.(interface{ Close() error })
		if _, image := handle.(*aeron.Image); !ok || image {
			continue
		}
		require.NoError(t, c.Close())
		misuse.Calls(t, handle, false)
		closed++
	}
	require.Equal(t, 5, closed)
	require.NoError(t, d.Err())
}

// Everything is called while it is being closed, by several goroutines.
func TestMisuse_closingMeanwhile(t *testing.T) {
	for range 3 {
		d, all := family(t)
		var callers sync.WaitGroup
		for _, handle := range all {
			callers.Go(func() { misuse.Calls(t, handle, false) })
		}
		time.Sleep(time.Duration(200+len(all)) * time.Microsecond) // any moment will do
		require.NoError(t, d.Close())
		callers.Wait()
	}
}
