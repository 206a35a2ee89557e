package faults

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

const cancelledAdds = 500

// 500 adds at once, of publications, exclusive publications, subscriptions and counters in turn, each of which is given up half way: no object,
// log, counter or mapping is left, and the client works.
func TestAddsCancelled(t *testing.T) {
	figures.Begin(t)
	var pending int
	var late int64
	t.Run("Pending", func(t *testing.T) { pending = cancelWhilePending(t) })
	t.Run("Racing", func(t *testing.T) { late = cancelAgainstTheAnswer(t) })
	figures.Record(t, "cancelled of 500 that the driver had been asked and could not answer", pending)
	figures.Record(t, "cancelled of 500 whose driver answered meanwhile", late)
}

// channelOf is the channel of the n-th add, each four of which are over IPC and over UDP in turn. A publication that goes leaves at once.
func channelOf(udp string, n int) string {
	return []string{"aeron:ipc?", udp + "|"}[n/4%2] + "term-length=64k|linger=0"
}

// cancelled is an add of any kind.
type cancelled struct {
	asked  func() int64
	cancel func() error
	poll   func() (done bool, err error)
}

func cancelledOf[T interface {
	*aeronc.Publication | *aeronc.ExclusivePublication | *aeronc.Subscription | *aeronc.Counter
	Close() error
}](add *aeronc.AsyncAdd[T], err error) (cancelled, error) {
	if err != nil {
		return cancelled{}, err
	}
	return cancelled{add.RegistrationID, add.Cancel, func() (bool, error) {
		_, done, err := add.Poll()
		return done, err
	}}, nil
}

func addToCancel(client *aeronc.Client, channel string, n int) (cancelled, error) {
	switch n % 4 {
	case 0:
		return cancelledOf(client.AsyncAddPublication(channel, int32(n)))
	case 1:
		return cancelledOf(client.AsyncAddExclusivePublication(channel, int32(n)))
	case 2:
		return cancelledOf(client.AsyncAddSubscription(channel, int32(n)))
	}
	return cancelledOf(client.AsyncAddCounter(1001, nil, fmt.Sprint("counter ", n)))
}

// requireNothingLeft waits until a driver has so many counters again and no log, and this process has mapped none.
func requireNothingLeft(t *testing.T, dir string, counted int) {
	t.Helper()
	testdriver.Await(t, "every log, mapping and counter to go", func() bool {
		return len(logs(t, dir)) == 0 && mappedLogs() == 0 && len(everyCounter(t, dir)) == counted
	})
}

// cancelWhilePending takes back adds that lie with a driver which is stopped.
func cancelWhilePending(t *testing.T) int {
	dir := shm(t)
	c := start(t, "driver", dir)
	c.expect("started")
	client := testdriver.Connect(t, dir, func(c *aeronc.Context) {
		require.NoError(t, c.SetDriverTimeout(2*testdriver.Patience)) // nothing ends but by being cancelled
	})
	first, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", 1) // the driver counts the client from here on
	require.NoError(t, err)
	require.NoError(t, first.Close())
	counted, objects, udp := len(everyCounter(t, dir)), aeronc.Live(), testdriver.UDP(t)
	c.signal(syscall.SIGSTOP)
	awaitStopped(t, c.cmd.Process.Pid)
	left := make([]cancelled, cancelledAdds)
	for i := range left {
		left[i], err = addToCancel(client, channelOf(udp, i), i)
		require.NoError(t, err)
	}
	taken := 0
	for len(left) > 0 { // so many at a time as may wait for the driver
		var pending, waiting []cancelled
		testdriver.Await(t, "adds to be on their way to the driver", func() bool {
			pending, waiting = nil, nil
			for _, add := range left {
				if add.asked() != 0 {
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
			work.Go(func() { errs[i] = add.cancel() })
		}
		work.Wait()
		require.NoError(t, errors.Join(errs...))
		for _, add := range pending {
			done, err := add.poll()
			require.False(t, done)
			require.ErrorIs(t, err, context.Canceled)
			taken++
		}
		left = waiting
	}
	require.Equal(t, cancelledAdds, taken)
	before := asked(t, dir)
	c.signal(syscall.SIGCONT)
	// Behind all that the driver was asked.
	last, err := client.AddCounter(testdriver.Context(t), 1001, nil, "last")
	require.NoError(t, err)
	require.Greater(t, asked(t, dir), before)
	require.NoError(t, last.Close())
	requireNothingLeft(t, dir, counted)
	require.Equal(t, objects, aeronc.Live())
	requireNobodySubscribed(t, dir)
	require.NoError(t, client.Err())
	sub, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	require.NoError(t, sub.Close())
	require.NoError(t, client.Close())
	c.tell("close")
	c.succeed()
	return taken
}

// addAndClose adds what addToCancel does, and closes what comes.
func addAndClose(ctx context.Context, d *aeron.Driver, channel string, n int) error {
	var added interface{ Close() error }
	var err error
	switch n % 4 {
	case 0:
		added, err = d.AddPublication(ctx, channel, int32(n))
	case 1:
		added, err = d.AddExclusivePublication(ctx, channel, int32(n))
	case 2:
		added, err = d.AddSubscription(ctx, channel, int32(n))
	default:
		added, err = d.AddCounter(ctx, 1001, nil, fmt.Sprint("counter ", n))
	}
	if err != nil {
		return err
	}
	return added.Close()
}

// cancelAgainstTheAnswer lets adds end with their contexts while the driver answers them.
func cancelAgainstTheAnswer(t *testing.T) int64 {
	cfg := small(shm(t))
	cfg.ClientSettings = "resource_linger_duration_ns=50ms" // how long C keeps the mapping of a log that is over
	d := opened(t, cfg)
	require.NoError(t, addAndClose(testdriver.Context(t), d, "aeron:ipc", 2)) // the driver counts the client from here on
	counted, objects, udp := len(everyCounter(t, d.Dir())), aeronc.Live(), testdriver.UDP(t)
	var work sync.WaitGroup
	var late [4]atomic.Int64 // of each kind
	errs := make(chan error, cancelledAdds)
	for i := range cancelledAdds {
		work.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i/4%50)*200*time.Microsecond)
			defer cancel()
			err := addAndClose(ctx, d, channelOf(udp, i), i)
			if errors.Is(err, context.DeadlineExceeded) {
				late[i%4].Add(1)
				err = nil
			}
			errs <- err
		})
	}
	work.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	sum := int64(0)
	for kind := range late {
		require.Positive(t, late[kind].Load())
		sum += late[kind].Load()
	}
	requireNothingLeft(t, d.Dir(), counted)
	require.Equal(t, objects, aeronc.Live())
	requireFlow(t, d)
	requireNobodySubscribed(t, d.Dir())
	require.NoError(t, d.Err())
	return sum
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

// leftOfACycle is what a process's memory may grow by for each cycle, in bytes: less than the smallest of what a cycle makes, a publication or
// subscription of C's with its channel.
const leftOfACycle = 256

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
	for i := range bounded(10, 3000) { // what is made once per process, such as threads that stay, and what heaps keep for themselves
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
	debug.FreeOSMemory() // Go's garbage is not what may leak
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
	debug.FreeOSMemory()
	growth := resident() - memory
	heaps := int64(bounded(4, 2)) << 20 // what they vary by, the more the younger the process is
	require.Less(t, growth, heaps+int64(cycles)*leftOfACycle, "bytes: %d for each cycle", growth/int64(cycles))
	require.NoError(t, d.Err())
	figures.Record(t, "cycles", cycles)
	figures.Record(t, "each took", (took / time.Duration(cycles)).Round(time.Microsecond))
	figures.Record(t, "memory", fmt.Sprintf("%+.1f MiB", float64(growth)/(1<<20)))
	figures.Record(t, "threads, descriptors, mappings, counters", fmt.Sprintf("%+d, %+d, %+d, %+d", after.Threads-before.Threads,
		after.Descriptors-before.Descriptors, after.Mappings-before.Mappings, left-counted))
}
