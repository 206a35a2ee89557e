package faults

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// How long a silent client counts as alive in the tests that silence one: a client tells that it is alive twice a second, and a busy
// machine may make it wait for a while.
const liveness = 4 * time.Second

// A client of a driver elsewhere with a stream of its own, which is told to go on by a line, and says what became of it: that its messages
// flow or, with the argument "lost", that its objects are over. These go on until the conductor has noticed. With a second
// argument "unstepped" it is one that must be stepped, and is not until it is told to go on.
func runClient(dir string, args []string) error {
	lost, how := args[0] == "lost", args[1]
	ctx, cancel := patience()
	defer cancel()
	d, err := begun(ctx, aeron.Config{Directory: dir, External: true, ClientIdle: 200 * time.Microsecond, Invoker: how == "unstepped"})
	if err != nil {
		return err
	}
	pub, sub, err := ipcStream(ctx, d, 1)
	if err != nil {
		return err
	}
	if err := errors.Join(pub.AwaitReady(ctx), pub.Publish(ctx, []byte("before"))); err != nil {
		return err
	}
	fmt.Println("running")
	bufio.NewScanner(os.Stdin).Scan()
	received := 0
	poll := func() error {
		_, err := sub.Poll(func(aeron.Fragment) { received++ }, 10)
		return err
	}
	var pollErr, offerErr error
	err = await("errors, or messages", func() bool {
		if how == "unstepped" {
			_, _ = d.DoWork() // what is wrong is said by d as well
		}
		if pollErr == nil {
			pollErr = poll()
		}
		if _, err := pub.Offer([]byte("after")); err != nil && !passing(err) {
			offerErr = err
		}
		if pollErr != nil && offerErr != nil {
			return d.Err() != nil // which is told by another thread
		}
		return received > 100 && !lost
	})
	if err != nil {
		return err
	}
	report(map[string]bool{
		"lost": pollErr != nil, "typed": errors.Is(pollErr, aeron.ErrClosed) && errors.Is(offerErr, aeron.ErrClosed),
		"said":  errors.Is(d.Err(), aeron.CodeConductorServiceTimeout) || errors.Is(d.Err(), aeron.CodeClientTimeout),
		"flows": received > 100 && pollErr == nil && offerErr == nil,
	})
	if err := d.Close(); err != nil {
		return err
	}
	// Somebody new, as a program would after it.
	again, err := begun(ctx, aeron.Config{Directory: dir, External: true})
	if err != nil {
		return err
	}
	if pub, sub, err = ipcStream(ctx, again, 2); err != nil {
		return err
	}
	return errors.Join(pub.AwaitReady(ctx), pour(pub, sub, 100, 100), again.Close())
}

// A process that is frozen for longer than its client may be silent finds every object ended by a typed error, and connects anew; one
// that is frozen for less goes on.
func TestClientFrozen(t *testing.T) {
	figures.Begin(t)
	frozen := map[string]time.Duration{}
	for name, fate := range map[string]string{"PastItsLiveness": "lost", "ForAMoment": "flows"} {
		t.Run(name, func(t *testing.T) {
			dir := shm(t)
			cfg := small(dir)
			cfg.ClientLivenessTimeout = liveness
			cfg.UnblockTimeout = 2 * liveness
			d := opened(t, cfg)
			requireFlow(t, d) // a client is known once it has asked for something
			c := start(t, "client", dir, fate, "")
			c.expect("running")
			testdriver.Await(t, "this process's client and the child's to be known", func() bool { return counters(t, dir, stats.TypeClientHeartbeat) == 2 })
			c.signal(syscall.SIGSTOP)
			began := time.Now()
			if fate == "lost" {
				testdriver.Await(t, "the driver to give it up", func() bool { return counters(t, dir, stats.TypeClientHeartbeat) == 1 })
			} else {
				time.Sleep(liveness / 4) // the length of the freeze is what is tested
			}
			c.signal(syscall.SIGCONT)
			frozen[fate] = time.Since(began).Round(time.Millisecond)
			c.tell("go on")
			said := result[map[string]bool](c)
			if fate == "flows" {
				require.Equal(t, map[string]bool{"lost": false, "typed": false, "said": false, "flows": true}, said)
			} else {
				require.Equal(t, map[string]bool{"lost": true, "typed": true, "said": true, "flows": false}, said)
			}
			requireFlow(t, d)
		})
	}
	figures.Record(t, "how long a client may be silent", liveness)
	figures.Record(t, "frozen for, and lost", frozen["lost"])
	figures.Record(t, "frozen for, and went on", frozen["flows"])
}

// sendTo gives a subscription a message whenever it is connected, until the test ends.
func sendTo(t *testing.T, d *aeron.Driver, streamID int32) *aeron.Subscription {
	t.Helper()
	ctx := testdriver.Context(t)
	sub, err := d.AddSubscription(ctx, "aeron:ipc", streamID)
	require.NoError(t, err)
	pub, err := d.AddPublication(ctx, "aeron:ipc", streamID)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	for range 10 {
		require.NoError(t, pub.Publish(ctx, []byte("message")))
	}
	require.NoError(t, sub.AwaitReady(ctx))
	return sub
}

// A handler may do what it should not: the subscription is usable afterwards, and so is the client.
func TestHandler(t *testing.T) {
	figures.Begin(t)
	harmless := 0 // ways to misbehave
	cfg := small(shm(t))
	cfg.ClientLivenessTimeout = liveness
	cfg.UnblockTimeout = 2 * liveness
	d := opened(t, cfg)
	poll := func(sub *aeron.Subscription, f func()) (err error) {
		n, err := sub.Poll(func(aeron.Fragment) { f() }, 1)
		if n == 0 && err == nil {
			err = errors.New("no message")
		}
		return err
	}
	next := func(t *testing.T, sub *aeron.Subscription) {
		t.Helper()
		got := 0
		testdriver.Await(t, "the next message", func() bool {
			_, err := sub.Poll(func(aeron.Fragment) { got++ }, 1)
			require.NoError(t, err)
			return got > 0
		})
	}
	t.Run("Blocks", func(t *testing.T) { // for longer than a client may be silent
		sub := sendTo(t, d, 201)
		require.NoError(t, poll(sub, func() { time.Sleep(liveness + liveness/2) }))
		next(t, sub)
		requireFlow(t, d)
		harmless++
	})
	t.Run("Panics", func(t *testing.T) {
		sub := sendTo(t, d, 202)
		require.PanicsWithValue(t, "boom", func() { _ = poll(sub, func() { panic("boom") }) })
		next(t, sub)
		harmless++
	})
	t.Run("Exits", func(t *testing.T) { // the goroutine, as t.FailNow does
		sub := sendTo(t, d, 203)
		var over sync.WaitGroup
		over.Go(func() { _ = poll(sub, runtime.Goexit) })
		over.Wait()
		next(t, sub)
		harmless++
	})
	t.Run("Closes", func(t *testing.T) {
		sub := sendTo(t, d, 204)
		require.NoError(t, poll(sub, func() { require.NoError(t, sub.Close()) }))
		testdriver.Await(t, "the end", sub.IsClosed)
		harmless++
	})
	t.Run("Polls", func(t *testing.T) {
		sub := sendTo(t, d, 205)
		require.NoError(t, poll(sub, func() {
			_, err := sub.Poll(func(aeron.Fragment) {}, 1)
			require.ErrorIs(t, err, aeron.ErrBusy)
		}))
		next(t, sub)
		harmless++
	})
	figures.Record(t, "handlers that block, panic, exit, close and poll, and harmed nobody", harmless)
}

// The client's conductor is a thread of C's: Go that has one processor to itself, which several goroutines want, and collects garbage all the
// time, does not lose the client. For longer than a client may be silent.
func TestClient_besideBusyGo(t *testing.T) {
	figures.Begin(t)
	cfg := small(shm(t))
	cfg.ClientLivenessTimeout = liveness
	d := opened(t, cfg)
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	var stop atomic.Bool
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			var kept [][]byte
			for n := 0; !stop.Load(); n++ {
				if kept = append(kept, make([]byte, 1<<16)); len(kept) > 500 {
					kept = nil
				}
			}
		})
	}
	var collections runtime.MemStats
	runtime.ReadMemStats(&collections)
	collected, flows := collections.NumGC, 0
	busy := bounded(liveness+time.Second, 20*time.Second)
	for deadline := time.Now().Add(busy); time.Now().Before(deadline); flows++ {
		requireFlow(t, d)
	}
	stop.Store(true)
	work.Wait()
	require.NoError(t, d.Err())
	runtime.ReadMemStats(&collections)
	figures.Record(t, "busy for, where a client may be silent for", fmt.Sprintf("%v, %v", busy, liveness))
	figures.Record(t, "rounds of streams that came, flowed and went meanwhile, collections of garbage", fmt.Sprintf("%d, %d", flows, collections.NumGC-collected))
}

// Counters run out: the Add fails with an error that says so, what is there goes on, and there is room again when something is closed.
func TestCountersExhausted(t *testing.T) {
	figures.Begin(t)
	cfg := small(shm(t))
	cfg.CountersLength = 1 << 20
	cfg.LingerTimeout = 50 * time.Millisecond
	d := opened(t, cfg)
	channel := testdriver.UDP(t)
	var pubs []*aeron.Publication
	var refused error
	for refused == nil && len(pubs) < 8192 {
		pub, err := d.AddPublication(context.Background(), channel, int32(1000+len(pubs)))
		if refused = err; err == nil {
			pubs = append(pubs, pub)
		}
	}
	var e *aeron.Error
	require.ErrorAs(t, refused, &e)
	require.ErrorIs(t, refused, aeron.CodeGeneric)
	require.ErrorIs(t, refused, syscall.ENOMEM)
	require.ErrorContains(t, refused, "counter")
	figures.Record(t, "UDP publications until the counters ran out", len(pubs))
	require.NoError(t, d.Err())
	for _, pub := range pubs {
		require.NoError(t, pub.Close())
	}
	testdriver.Await(t, "counters to be free again", func() bool { // a freed one rests for a second
		for i := range int32(10) {
			pub, err := d.AddPublication(context.Background(), channel, 1+i)
			if err != nil {
				return false
			}
			defer func() { require.NoError(t, pub.Close()) }()
		}
		return true
	})
	requireFlow(t, d)
}
