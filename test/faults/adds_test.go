package faults

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

const cancelledAdds = 500

// 500 adds at once, each of which is given up half way: no object is left, and the client works.
func TestAddsCancelled(t *testing.T) {
	figures.Begin(t)
	var pending int
	var late int64
	t.Run("Pending", func(t *testing.T) { pending = cancelWhilePending(t) })
	t.Run("Racing", func(t *testing.T) { late = cancelAgainstTheAnswer(t) })
	figures.Record(t, "cancelled of 500 that the driver had been asked and could not answer", pending)
	figures.Record(t, "cancelled of 500 whose driver answered meanwhile", late)
}

// cancelWhilePending takes back adds that lie with a driver which is stopped.
func cancelWhilePending(t *testing.T) int {
	dir := shm(t)
	c := start(t, "driver", dir)
	c.expect("started")
	client := testdriver.Connect(t, dir, func(c *aeronc.Context) {
		require.NoError(t, c.SetDriverTimeout(2*testdriver.Patience)) // nothing ends but by being cancelled
	})
	c.signal(syscall.SIGSTOP)
	awaitStopped(t, c.cmd.Process.Pid)
	left := make([]*aeronc.AsyncAdd[*aeronc.Subscription], cancelledAdds)
	for i := range left {
		add, err := client.AsyncAddSubscription("aeron:ipc", int32(i))
		require.NoError(t, err)
		left[i] = add
	}
	cancelled := 0
	for len(left) > 0 { // so many at a time as may wait for the driver
		var pending, waiting []*aeronc.AsyncAdd[*aeronc.Subscription]
		testdriver.Await(t, "adds to be on their way to the driver", func() bool {
			pending, waiting = nil, nil
			for _, add := range left {
				if add.RegistrationID() != 0 {
					pending = append(pending, add)
				} else {
					waiting = append(waiting, add)
				}
			}
			return len(pending) > 0
		})
		var work sync.WaitGroup
		errs := make([]error, len(pending))
		for i, add := range pending {
			work.Go(func() { errs[i] = add.Cancel() })
		}
		work.Wait()
		require.NoError(t, errors.Join(errs...))
		for _, add := range pending {
			_, done, err := add.Poll()
			require.False(t, done)
			require.ErrorIs(t, err, context.Canceled)
			cancelled++
		}
		left = waiting
	}
	require.Equal(t, cancelledAdds, cancelled)
	c.signal(syscall.SIGCONT)
	requireNobodySubscribed(t, dir)
	require.NoError(t, client.Err())
	sub, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	require.NoError(t, sub.Close())
	require.NoError(t, client.Close())
	c.tell("close")
	c.succeed()
	return cancelled
}

// cancelAgainstTheAnswer lets adds end with their contexts while the driver answers them.
func cancelAgainstTheAnswer(t *testing.T) int64 {
	d := opened(t, small(shm(t)))
	var work sync.WaitGroup
	var made, cancelled atomic.Int64
	errs := make(chan error, cancelledAdds)
	for i := range cancelledAdds {
		work.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i%50)*200*time.Microsecond)
			defer cancel()
			sub, err := d.AddSubscription(ctx, "aeron:ipc", int32(i))
			switch {
			case err == nil:
				made.Add(1)
				errs <- sub.Close()
			case errors.Is(err, context.DeadlineExceeded):
				cancelled.Add(1)
			default:
				errs <- err
			}
		})
	}
	work.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.EqualValues(t, cancelledAdds, made.Load()+cancelled.Load())
	require.Positive(t, cancelled.Load())
	requireFlow(t, d)
	requireNobodySubscribed(t, d.Dir())
	require.NoError(t, d.Err())
	return cancelled.Load()
}

// requireNobodySubscribed adds a publication to every stream that a subscription was asked for: a driver counts the position of each
// subscriber that it has then, and connects the publication.
func requireNobodySubscribed(t *testing.T, dir string) {
	t.Helper()
	client := testdriver.Connect(t, dir)
	adds := make([]*aeronc.AsyncAdd[*aeronc.Publication], cancelledAdds)
	for i := range adds {
		add, err := client.AsyncAddPublication("aeron:ipc?term-length=64k|sparse=true", int32(i))
		require.NoError(t, err)
		adds[i] = add
	}
	ctx := testdriver.Context(t)
	pubs := make([]*aeronc.Publication, len(adds))
	for i, add := range adds {
		pub, err := add.Await(ctx)
		require.NoError(t, err)
		pubs[i] = pub
	}
	connected := func() (streams []string) {
		for i, pub := range pubs {
			if pub.IsConnected() {
				streams = append(streams, fmt.Sprint(i))
			}
		}
		return streams
	}
	testdriver.Await(t, "no subscriber to be there", func() bool {
		return counters(t, dir, subscriberPosition) == 0 && len(connected()) == 0
	})
	// One that is there is seen.
	sub, err := client.AddSubscription(ctx, "aeron:ipc", cancelledAdds/2)
	require.NoError(t, err)
	testdriver.Await(t, "the one subscriber", func() bool {
		return counters(t, dir, subscriberPosition) == 1 && len(connected()) == 1
	})
	require.NoError(t, sub.Close())
	require.NoError(t, client.Close())
}

// Publications and subscriptions come and go, over IPC and UDP in turn, and messages with them: nothing of them is left.
func TestOpenClose(t *testing.T) {
	figures.Begin(t)
	cfg := small(shm(t))
	cfg.LingerTimeout = 50 * time.Millisecond
	cfg.ImageLivenessTimeout = time.Second
	d := opened(t, cfg)
	channels := []string{"aeron:ipc", testdriver.UDP(t)}
	cycle := func(i int) {
		ctx, cancel := context.WithTimeout(context.Background(), testdriver.Patience)
		defer cancel()
		requireFlowOver(ctx, t, d, channels[i%2])
	}
	for i := range 10 { // what is made once per process, such as threads that stay
		cycle(i)
	}
	empty := func() bool { return occupied(d.Dir()+"/publications") == 0 && occupied(d.Dir()+"/images") == 0 }
	testdriver.Await(t, "the logs of the first ones to go", empty)
	var counted int
	testdriver.Await(t, "their counters to go", func() bool {
		last := counted
		counted = len(everyCounter(t, d.Dir()))
		return counted == last && counters(t, d.Dir(), subscriberPosition) == 0
	})
	objects, before, memory := aeronc.Live(), testdriver.Held(t), resident()
	cycles := bounded(300, 10_000)
	began := time.Now()
	for i := range cycles {
		cycle(i)
	}
	took := time.Since(began)
	testdriver.Await(t, "the logs to go", empty)
	var after testdriver.Holdings
	left := 0
	testdriver.Await(t, "the descriptors and counters of the beginning", func() bool {
		after, left = testdriver.Held(t), len(everyCounter(t, d.Dir()))
		return after.Descriptors == before.Descriptors && left == counted
	})
	require.LessOrEqual(t, after.Threads, before.Threads+testdriver.SpareThreads)
	require.LessOrEqual(t, after.Mappings, before.Mappings+testdriver.SpareMappings)
	require.Equal(t, objects, aeronc.Live())
	growth := resident() - memory
	require.Less(t, growth, int64(64<<20))
	require.NoError(t, d.Err())
	figures.Record(t, "cycles", cycles)
	figures.Record(t, "each took", (took / time.Duration(cycles)).Round(time.Microsecond))
	figures.Record(t, "memory", fmt.Sprintf("%+.1f MiB", float64(growth)/(1<<20)))
	figures.Record(t, "threads, descriptors, mappings, counters", fmt.Sprintf("%+d, %+d, %+d, %+d", after.Threads-before.Threads,
		after.Descriptors-before.Descriptors, after.Mappings-before.Mappings, left-counted))
}
