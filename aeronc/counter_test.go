package aeronc_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

const ownType = 1234

func TestCounter(t *testing.T) {
	client := testdriver.Start(t).Connect()
	c, err := client.AddCounter(testdriver.Context(t), ownType, []byte("key"), "own\ncounter")
	require.NoError(t, err)
	require.EqualValues(t, 1, aeronc.Live().Counters)
	k := c.Constants()
	require.Equal(t, aeronc.CounterConstants{RegistrationID: k.RegistrationID, CounterID: c.ID(), TypeID: ownType, Label: "own\ncounter"}, k)
	require.NoError(t, c.Set(40))
	v, err := c.Add(2)
	require.NoError(t, err)
	require.EqualValues(t, 42, v)
	swapped, err := c.CompareAndSwap(41, 0)
	require.NoError(t, err)
	require.False(t, swapped)
	swapped, err = c.CompareAndSwap(42, 43)
	require.NoError(t, err)
	require.True(t, swapped)
	v, err = c.Value()
	require.NoError(t, err)
	require.EqualValues(t, 43, v)
	require.False(t, c.IsClosed())

	r := client.CountersReader()
	id, ok := r.Find(ownType, k.RegistrationID)
	require.True(t, ok)
	require.Equal(t, c.ID(), id)
	_, ok = r.Find(ownType+1, k.RegistrationID)
	require.False(t, ok)
	label, err := r.Label(id)
	require.NoError(t, err)
	require.Equal(t, `own\ncounter`, label)
	key, err := r.Key(id)
	require.NoError(t, err)
	require.Equal(t, "key", strings.TrimRight(string(key), "\x00"))
	state, err := r.State(id)
	require.NoError(t, err)
	require.Equal(t, aeronc.CounterAllocated, state)
	typeID, err := r.TypeID(id)
	require.NoError(t, err)
	require.EqualValues(t, ownType, typeID)
	for want, f := range map[int64]func(int32) (int64, error){
		43: r.Value, k.RegistrationID: r.RegistrationID, client.ID(): r.OwnerID, 0: r.ReferenceID,
	} {
		got, err := f(id)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	at, err := r.ReusableAt(id)
	require.NoError(t, err)
	require.True(t, at.IsZero())
	found := false
	for record := range r.All() {
		if record.ID == id {
			found = true
			require.EqualValues(t, 43, record.Value)
			break
		}
	}
	require.True(t, found)
	require.Contains(t, client.PrintCounters(), "counter")

	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	require.Zero(t, aeronc.Live().Counters)
	testdriver.Await(t, "the driver to take it back", func() bool {
		_, ok := r.Find(ownType, k.RegistrationID)
		return !ok
	})
}

func TestCounter_closedRefusesAll(t *testing.T) {
	client := testdriver.Start(t).Connect()
	c, err := client.AddCounter(testdriver.Context(t), ownType, nil, "")
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.True(t, c.IsClosed())
	for name, f := range onValue(c) {
		require.ErrorIs(t, f(), aeronc.ErrClosed, name)
	}
}

// onValue is all that is done with a counter's value.
func onValue(c *aeronc.Counter) map[string]func() error {
	return map[string]func() error{
		"value": func() error { _, err := c.Value(); return err },
		"set":   func() error { return c.Set(1) },
		"add":   func() error { _, err := c.Add(1); return err },
		"swap":  func() error { _, err := c.CompareAndSwap(0, 1); return err },
	}
}

// Its place is another client's soon.
func TestCounter_ofAClientThatHasGivenUpRefusesAll(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	own, err := client.AddCounter(testdriver.Context(t), ownType, nil, "own")
	require.NoError(t, err)
	static, err := client.AddStaticCounter(testdriver.Context(t), ownType, nil, "static", 9)
	require.NoError(t, err)
	require.NoError(t, d.Close())
	<-client.Dead()
	for _, c := range []*aeronc.Counter{own, static} {
		require.True(t, c.IsClosed())
		for name, f := range onValue(c) {
			require.ErrorIs(t, f(), aeronc.ErrClosed, name)
		}
	}
}

func TestStaticCounter_keepsItsFirstLabel(t *testing.T) {
	client := testdriver.Start(t).Connect()
	for _, label := range []string{"first", "second"} {
		c, err := client.AddStaticCounter(testdriver.Context(t), ownType, nil, label, 9)
		require.NoError(t, err)
		require.Equal(t, "first", c.Constants().Label)
		require.NoError(t, c.Close())
	}
}

func TestCounter_concurrentUseAndClose(t *testing.T) {
	client := testdriver.Start(t).Connect()
	c, err := client.AddCounter(testdriver.Context(t), ownType, nil, "busy")
	require.NoError(t, err)
	var users sync.WaitGroup
	for range 4 {
		users.Go(func() {
			for {
				if _, err := c.Add(1); err != nil {
					if !errors.Is(err, aeronc.ErrClosed) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	testdriver.Await(t, "some use", func() bool { v, _ := c.Value(); return v > 1000 })
	var closers sync.WaitGroup
	for range 3 {
		closers.Go(func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	closers.Wait()
	users.Wait()
}

func TestStaticCounter(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	c, err := client.AddStaticCounter(testdriver.Context(t), ownType, []byte{1}, "static", 77)
	require.NoError(t, err)
	require.NoError(t, c.Set(5))
	require.NoError(t, c.Close())
	require.NoError(t, client.Close())
	again, err := d.Connect().AddStaticCounter(testdriver.Context(t), ownType, []byte{1}, "static", 77)
	require.NoError(t, err)
	v, err := again.Value()
	require.NoError(t, err)
	require.EqualValues(t, 5, v, "it outlives the client")
	require.EqualValues(t, 77, again.Constants().RegistrationID)
	require.NoError(t, again.Close())
}

// C would neither mark nor free the static counters of a client that has given up. LeakSanitizer looks.
func TestStaticCounter_goesWithAClientThatHasLostItsDriver(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	ctx := testdriver.Context(t)
	var counters []*aeronc.Counter
	for id := range int64(3) {
		c, err := client.AddStaticCounter(ctx, ownType, nil, "static", id)
		require.NoError(t, err)
		counters = append(counters, c)
	}
	own, err := client.AddCounter(ctx, ownType, nil, "own")
	require.NoError(t, err)
	require.False(t, counters[0].IsClosed())
	require.NoError(t, d.Close())
	<-client.Dead()
	require.True(t, own.IsClosed())
	require.True(t, counters[0].IsClosed())
	require.NoError(t, counters[0].Close())
	require.NoError(t, client.Close())
	require.NoError(t, counters[1].Close())
	require.Zero(t, aeronc.Live().Counters)
}

func TestCounters_misuse(t *testing.T) {
	client := testdriver.Start(t).Connect()
	ctx := testdriver.Context(t)
	_, err := client.AddCounter(ctx, ownType, make([]byte, 113), "")
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	require.ErrorContains(t, err, "the key has 113 bytes")
	_, err = client.AddStaticCounter(ctx, ownType, nil, strings.Repeat("x", 381), 1)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	require.ErrorContains(t, err, "the label has 381 bytes")
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = client.AddCounter(ended, ownType, nil, "")
	require.ErrorIs(t, err, context.Canceled)
	r := client.CountersReader()
	for _, id := range []int32{-1, r.MaxCounterID() + 1} {
		_, err = r.Value(id)
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
		_, err = r.Label(id)
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	}
	open, err := client.AddCounter(ctx, ownType, nil, "closed by its client")
	require.NoError(t, err)
	require.NoError(t, client.Close())
	require.True(t, open.IsClosed())
	_, err = client.AddCounter(ctx, ownType, nil, "")
	require.ErrorIs(t, err, aeronc.ErrClosed)
	_, err = (*aeronc.Client)(nil).AddCounter(ctx, ownType, nil, "")
	require.ErrorIs(t, err, aeronc.ErrClosed)
	_, err = r.Value(0)
	require.ErrorIs(t, err, aeronc.ErrClosed)
	require.EqualValues(t, -1, r.MaxCounterID())
	for range r.All() {
		t.Fatal("a counter of a closed client")
	}
	_, err = client.NextSessionID(ctx, 1)
	require.ErrorIs(t, err, aeronc.ErrClosed)
	_, err = client.NextCorrelationID()
	require.ErrorIs(t, err, aeronc.ErrClosed)
	require.Empty(t, client.PrintCounters())
}

func TestClient_ids(t *testing.T) {
	client := testdriver.Start(t).Connect()
	first, err := client.NextSessionID(testdriver.Context(t), 7)
	require.NoError(t, err)
	second, err := client.NextSessionID(testdriver.Context(t), 7)
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	a, err := client.NextCorrelationID()
	require.NoError(t, err)
	b, err := client.NextCorrelationID()
	require.NoError(t, err)
	require.Greater(t, b, a)
}
