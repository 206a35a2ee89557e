package aeronc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// pending is an AsyncAdd of any kind.
type pending interface {
	RegistrationID() int64
	Done() <-chan struct{}
	Cancel() error
	poll() (any, bool, error)
	await(context.Context) (any, error)
}

type anAdd[T any] struct {
	async[T]
}

type async[T any] interface {
	RegistrationID() int64
	Done() <-chan struct{}
	Cancel() error
	Poll() (T, bool, error)
	Await(context.Context) (T, error)
}

func (a anAdd[T]) poll() (any, bool, error)               { return a.Poll() }
func (a anAdd[T]) await(ctx context.Context) (any, error) { return a.Await(ctx) }

// asyncAdds begins an add of every kind.
var asyncAdds = map[string]func(c *aeronc.Client, channel string, n int) (pending, error){
	"publication": func(c *aeronc.Client, channel string, n int) (pending, error) {
		a, err := c.AsyncAddPublication(channel, int32(n))
		return anAdd[*aeronc.Publication]{a}, err
	},
	"exclusive": func(c *aeronc.Client, channel string, n int) (pending, error) {
		a, err := c.AsyncAddExclusivePublication(channel, int32(n))
		return anAdd[*aeronc.ExclusivePublication]{a}, err
	},
	"subscription": func(c *aeronc.Client, channel string, n int) (pending, error) {
		a, err := c.AsyncAddSubscription(channel, int32(n))
		return anAdd[*aeronc.Subscription]{a}, err
	},
	"counter": func(c *aeronc.Client, _ string, n int) (pending, error) {
		a, err := c.AsyncAddCounter(1001, []byte("key"), fmt.Sprintf("async %d", n))
		return anAdd[*aeronc.Counter]{a}, err
	},
	"static counter": func(c *aeronc.Client, _ string, n int) (pending, error) {
		a, err := c.AsyncAddStaticCounter(1002, []byte("key"), fmt.Sprintf("static %d", n), int64(n))
		return anAdd[*aeronc.Counter]{a}, err
	},
}

func begin(t *testing.T, client *aeronc.Client, kind string, n int) pending {
	t.Helper()
	a, err := asyncAdds[kind](client, "aeron:ipc", n)
	require.NoError(t, err)
	return a
}

func closeIt(t *testing.T, v any) {
	t.Helper()
	c, ok := v.(interface{ Close() error })
	require.True(t, ok)
	require.NoError(t, c.Close())
}

func TestAsyncAdd_givesWhatIsAddedAsOftenAsItIsAsked(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	for kind := range asyncAdds {
		a := begin(t, client, kind, 10)
		var got any
		testdriver.Await(t, kind, func() bool {
			v, done, err := a.poll()
			require.NoError(t, err)
			got = v
			return done
		})
		<-a.Done()
		require.NotZero(t, a.RegistrationID())
		again, err := a.await(testdriver.Context(t))
		require.NoError(t, err)
		require.Same(t, got, again)
		require.NoError(t, a.Cancel(), "it is the caller's now")
		open, ok := got.(interface{ IsClosed() bool })
		require.True(t, ok)
		require.False(t, open.IsClosed())
		closeIt(t, got)
	}
}

func TestAsyncAdd_refusesAtOnceWhatCWouldMisread(t *testing.T) {
	client := testdriver.Start(t).Connect()
	for _, kind := range []string{"publication", "exclusive", "subscription"} {
		for _, channel := range []string{"", strings.Repeat("x", 5000)} {
			_, err := asyncAdds[kind](client, channel, 1)
			require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
		}
		a, err := asyncAdds[kind](client, "aeron:tcp?endpoint=localhost:1", 1)
		require.NoError(t, err, "the driver has to say")
		_, err = a.await(testdriver.Context(t))
		require.ErrorIs(t, err, aeronc.CodeInvalidChannel)
		_, done, err := a.poll()
		require.False(t, done)
		require.ErrorIs(t, err, aeronc.CodeInvalidChannel, "and again")
		require.NoError(t, a.Cancel())
	}
	_, err := client.AsyncAddCounter(1001, make([]byte, 113), "")
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	_, err = client.AsyncAddStaticCounter(1001, nil, strings.Repeat("l", 381), 1)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
}

func TestAsyncAdd_awaitEndsWithItsContextAndTheAddGoesOn(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker)) })
	client := d.Connect()
	for kind := range asyncAdds {
		a := begin(t, client, kind, 20)
		cause := errors.New("the user went away")
		ctx, cancel := context.WithCancelCause(testdriver.Context(t))
		cancel(cause)
		_, err := a.await(ctx)
		require.ErrorIs(t, err, cause)
		_, done, err := a.poll()
		require.NoError(t, err)
		require.False(t, done, "nobody steps the driver")
		testdriver.Await(t, kind, func() bool {
			_, err := d.DoWork()
			require.NoError(t, err)
			_, done, err := a.poll()
			require.NoError(t, err)
			return done
		})
	}
}

// Half of some hundred adds of every kind are cancelled, at any moment: those are gone, from C, from the driver and from Go, and the others
// are there.
func TestAsyncAdd_cancelHalfOfHundreds(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	ctx := testdriver.Context(t)
	listeners := client.Listeners()
	warm, err := client.AddPublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	require.NoError(t, warm.Close())
	testdriver.Await(t, "its listener to go, a moment after Close", func() bool { return client.Listeners() == listeners })
	before := aeronc.Live()
	kinds := []string{"publication", "exclusive", "subscription", "counter"} // static counters stay
	const adds = 400
	all := make([]pending, adds)
	for n := range all {
		all[n] = begin(t, client, kinds[n%len(kinds)], n)
	}
	var cancels sync.WaitGroup
	failed := make([]error, adds)
	for n := range all {
		if n/len(kinds)%2 == 1 {
			cancels.Go(func() {
				if n%3 == 0 {
					<-all[n].Done() // the driver has answered, and nobody has asked
				}
				failed[n] = all[n].Cancel()
			})
		}
	}
	kept := 0
	for n, a := range all {
		if n/len(kinds)%2 == 0 {
			v, err := a.await(ctx)
			require.NoError(t, err)
			kept++
			defer closeIt(t, v)
		}
	}
	cancels.Wait()
	require.NoError(t, errors.Join(failed...))
	require.Equal(t, adds/2, kept)
	for n, a := range all {
		v, done, err := a.poll()
		if n/len(kinds)%2 == 0 {
			require.True(t, done)
			continue
		}
		require.ErrorIs(t, err, context.Canceled)
		require.False(t, done)
		require.Equal(t, "<nil>", fmt.Sprint(v), "nothing is given")
	}
	per := int64(kept / len(kinds))
	testdriver.Await(t, "what was cancelled to be gone from C", func() bool {
		now := aeronc.Live()
		return now.Publications == before.Publications+2*per && now.Subscriptions == before.Subscriptions+per && now.Counters == before.Counters+per
	})
	testdriver.Await(t, "and its listeners", func() bool { return client.Listeners() == listeners+kept })
	testdriver.Await(t, "and from the driver", func() bool {
		ours := 0
		for c := range client.CountersReader().All() {
			if c.TypeID == 1001 {
				ours++
			}
		}
		return ours == int(per)
	})
}

// More cancels at once than C's queue has room for words: none is lost, which would leave an add behind in C until the client closes.
func TestAsyncAdd_cancelAllOfHundredsAtOnce(t *testing.T) {
	d := testdriver.Start(t)
	// A conductor that looks seldom, so that the queue fills up.
	client := d.Connect(func(c *aeronc.Context) {
		require.NoError(t, c.SetIdleStrategyInitArgs("100ms"))
		require.NoError(t, c.SetIdleStrategy("sleep-ns"))
	})
	listeners := client.Listeners()
	var cancels sync.WaitGroup
	failed := make([]error, 300)
	all := make([]pending, len(failed))
	for n := range failed {
		a := begin(t, client, "subscription", n)
		all[n] = a
		cancels.Go(func() {
			testdriver.Await(t, "asked, or waiting for a turn", func() bool { return a.RegistrationID() != 0 || n >= 64 })
			failed[n] = a.Cancel()
		})
	}
	cancels.Wait()
	require.NoError(t, errors.Join(failed...))
	for _, a := range all {
		_, _, err := a.poll()
		require.ErrorIs(t, err, context.Canceled, "and no question found the queue full")
	}
	testdriver.Await(t, "C to let go of every listener", func() bool { return client.Listeners() == listeners })
}

// A client that closes ends what is under way, on either side of the driver's answer.
func TestAsyncAdd_endsWithItsClient(t *testing.T) {
	d := testdriver.Start(t)
	for range 5 {
		client := d.Connect()
		var all []pending
		for n := range 40 {
			for kind := range asyncAdds {
				all = append(all, begin(t, client, kind, n))
			}
		}
		done := make(chan error, 1)
		go func() { done <- client.Close() }()
		for n, a := range all {
			if n%2 == 0 {
				require.NoError(t, a.Cancel())
			}
		}
		require.NoError(t, <-done)
		for _, a := range all {
			<-a.Done()
			if v, ok, err := a.poll(); ok {
				closeIt(t, v)
			} else if !errors.Is(err, context.Canceled) {
				require.ErrorIs(t, err, aeronc.ErrClosed)
			}
		}
		_, err := asyncAdds["subscription"](client, "aeron:ipc", 1)
		require.ErrorIs(t, err, aeronc.ErrClosed)
	}
	// What nobody has asked for is not left behind: TestMain counts.
}

func TestAsyncAdd_endsWithItsDriver(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker)) })
	client := d.Connect()
	var all []pending
	for kind := range asyncAdds {
		all = append(all, begin(t, client, kind, 1))
	}
	require.NoError(t, d.Close())
	for _, a := range all {
		_, err := a.await(testdriver.Context(t))
		require.ErrorIs(t, err, aeronc.ErrClosed)
		require.NoError(t, a.Cancel())
	}
}

// Without threads nothing happens but in Poll, Await and the caller's own steps.
func TestAsyncAdd_ofAClientThatIsSteppedByItsCaller(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker)) })
	client := d.Connect(func(c *aeronc.Context) {
		require.NoError(t, c.SetUseConductorAgentInvoker(true))
		require.NoError(t, c.SetStep(d.DoWork))
	})
	ctx := testdriver.Context(t)
	listeners := client.Listeners()
	for kind := range asyncAdds {
		a := begin(t, client, kind, 30)
		require.Zero(t, a.RegistrationID(), "it has not been asked")
		_, done, err := a.poll()
		require.NoError(t, err)
		require.False(t, done)
		require.NotZero(t, a.RegistrationID())
		for !done {
			for _, step := range []func() (int, error){d.DoWork, client.DoWork} {
				_, err = step()
				require.NoError(t, err)
			}
			_, done, err = a.poll()
			require.NoError(t, err)
			require.NoError(t, ctx.Err())
		}
		v, err := a.await(ctx)
		require.NoError(t, err)
		closeIt(t, v)

		waits := begin(t, client, kind, 31)
		v, err = waits.await(ctx)
		require.NoError(t, err, "it steps them itself")
		closeIt(t, v)

		never := begin(t, client, kind, 32)
		require.NoError(t, never.Cancel())
		_, _, err = never.poll()
		require.ErrorIs(t, err, context.Canceled)
		asked := begin(t, client, kind, 33)
		_, _, err = asked.poll()
		require.NoError(t, err)
		require.NoError(t, asked.Cancel())
		_, err = asked.await(ctx)
		require.ErrorIs(t, err, context.Canceled)

		ended, cancel := context.WithTimeout(ctx, time.Nanosecond)
		late := begin(t, client, kind, 34)
		_, err = late.await(ended)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, late.Cancel())
	}
	testdriver.Await(t, "C to let go of every listener", func() bool {
		for _, step := range []func() (int, error){d.DoWork, client.DoWork} {
			_, err := step()
			require.NoError(t, err)
		}
		return client.Listeners() == listeners
	})
	left := begin(t, client, "subscription", 40)
	_, _, err := left.poll()
	require.NoError(t, err)
	require.NoError(t, client.Close())
	_, _, err = left.poll()
	require.ErrorIs(t, err, aeronc.ErrClosed)
	<-left.Done()
}

// More than C's ring bears at a time, without threads: those that are over the bound wait for their turn.
func TestAsyncAdd_manyWithoutThreads(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect(func(c *aeronc.Context) { require.NoError(t, c.SetUseConductorAgentInvoker(true)) })
	var all []pending
	for n := range 200 {
		a := begin(t, client, "subscription", n)
		_, _, err := a.poll()
		require.NoError(t, err)
		all = append(all, a)
	}
	require.NotZero(t, all[0].RegistrationID())
	require.Zero(t, all[199].RegistrationID())
	for _, a := range all {
		v, err := a.await(testdriver.Context(t))
		require.NoError(t, err)
		closeIt(t, v)
	}
}

// Adds that nobody asks any more keep their places. Whoever waits for one has an end all the same, and the client does its work meanwhile.
func TestAsyncAdd_withoutAPlaceHasAnEnd(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect(func(c *aeronc.Context) {
		require.NoError(t, c.SetUseConductorAgentInvoker(true))
		require.NoError(t, c.SetDriverTimeout(3*time.Second))
	})
	var all []pending
	for n := range 64 {
		a := begin(t, client, "subscription", n)
		_, _, err := a.poll()
		require.NoError(t, err)
		require.NotZero(t, a.RegistrationID())
		all = append(all, a)
	}
	_, err := begin(t, client, "subscription", 64).await(context.Background())
	require.ErrorIs(t, err, aeronc.ErrTimeout)
	_, err = client.AddSubscription(context.Background(), "aeron:ipc", 65)
	require.ErrorIs(t, err, aeronc.ErrTimeout)
	require.NoError(t, client.Err(), "the client was stepped")
	for _, a := range all {
		_, done, err := a.poll()
		require.True(t, done || err != nil) // answered long ago; in time or not is the machine's
	}
	s, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", 66)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func ExampleClient_AsyncAddPublication() {
	// begin asks for all of them before it waits for any.
	begin := func(ctx context.Context, client *aeronc.Client, channels []string) (publications []*aeronc.Publication, err error) {
		var adds []*aeronc.AsyncAdd[*aeronc.Publication]
		for _, channel := range channels {
			add, err := client.AsyncAddPublication(channel, 10)
			if err != nil {
				return nil, err
			}
			adds = append(adds, add)
		}
		for _, add := range adds {
			publication, failed := add.Await(ctx)
			if failed != nil {
				err = errors.Join(err, failed, add.Cancel())
				continue
			}
			publications = append(publications, publication)
		}
		return publications, err
	}
	// The rest is a driver to ask. Package aeron runs one in a line.
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	dir := fmt.Sprintf("/dev/shm/aeronc-example-%d", os.Getpid())
	defer os.RemoveAll(dir)
	settings, err := aeronc.NewDriverContext()
	must(err)
	must(settings.SetDir(dir))
	driver, err := aeronc.StartDriver(settings)
	must(err)
	defer driver.Close()
	c, err := aeronc.NewContext()
	must(err)
	must(c.SetDir(dir))
	client, err := aeronc.Connect(c)
	must(err)
	defer client.Close()
	publications, err := begin(context.Background(), client, []string{"aeron:ipc?alias=one", "aeron:ipc?alias=two"})
	fmt.Println(len(publications), err)
	// Output: 2 <nil>
}
