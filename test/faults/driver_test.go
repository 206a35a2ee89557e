package faults

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
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

// The driver's timeout in these tests, as driver and client see it: longer than a busy machine makes a driver wait that is alive.
const driverTimeout = 4 * time.Second

// prompt is how soon a call must come back that has no reason to wait, on a machine that is busy with other things.
const prompt = 10 * time.Second

// A driver without a client, until it is told to close or is asked to end. With the argument "patient" it waits for its turn.
func runDriver(dir string, args []string) error {
	cfg := small(dir)
	cfg.DriverTimeout, cfg.AllowTermination = driverTimeout, true
	d, err := aeron.Open(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := patience()
	defer cancel()
	patient := len(args) > 0 && args[0] == "patient"
	for err = d.Start(ctx); patient && errors.Is(err, aeron.ErrDriverActive); err = d.Start(ctx) {
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	fmt.Println("started")
	told := make(chan struct{})
	go func() {
		bufio.NewScanner(os.Stdin).Scan()
		close(told)
	}()
	select {
	case <-told:
	case <-d.TerminationRequested():
		fmt.Println("asked to end")
	}
	return d.Close()
}

// A fleet is ten publications and ten subscriptions of a driver, all busy, half of them over UDP.
type fleet struct {
	driver *aeron.Driver
	pubs   []*aeron.ExclusivePublication
	subs   []*aeron.Subscription
	stop   chan struct{}
	work   sync.WaitGroup
	moved  [fleetSize]atomic.Int64 // what each subscription has received
	ends   chan error              // why each of the twenty has stopped
}

const fleetSize = 10

func newFleet(t *testing.T, d *aeron.Driver) *fleet {
	t.Helper()
	f := &fleet{driver: d, stop: make(chan struct{}), ends: make(chan error, 2*fleetSize)}
	ctx := testdriver.Context(t)
	udp := testdriver.UDP(t)
	for i := range fleetSize {
		channel := []string{"aeron:ipc", udp}[i%2]
		sub, err := d.AddSubscription(ctx, channel, int32(100+i))
		require.NoError(t, err)
		pub, err := d.AddExclusivePublication(ctx, channel, int32(100+i))
		require.NoError(t, err)
		f.pubs, f.subs = append(f.pubs, pub), append(f.subs, sub)
	}
	for i := range fleetSize {
		require.NoError(t, f.pubs[i].AwaitReady(ctx))
		f.work.Go(func() { f.ends <- f.sendUntilItEnds(f.pubs[i]) })
		f.work.Go(func() { f.ends <- f.receiveUntilItEnds(f.subs[i], &f.moved[i]) })
	}
	t.Cleanup(func() {
		f.halt()
		f.work.Wait()
	})
	f.requireFlows(t, 100)
	return f
}

// requireFlows waits until each subscription has received so many messages from now on.
func (f *fleet) requireFlows(t *testing.T, count int64) {
	t.Helper()
	var before [fleetSize]int64
	for i := range before {
		before[i] = f.moved[i].Load()
	}
	testdriver.Await(t, "messages of every stream to flow", func() bool {
		for i := range before {
			if f.moved[i].Load() < before[i]+count {
				return false
			}
		}
		return true
	})
	require.Empty(t, f.ends, "somebody has stopped")
}

func (f *fleet) halt() {
	select {
	case <-f.stop:
	default:
		close(f.stop)
	}
}

func (f *fleet) sendUntilItEnds(pub *aeron.ExclusivePublication) error {
	message := make([]byte, 200)
	for {
		select {
		case <-f.stop:
			return nil
		default:
		}
		_, err := pub.Offer(message)
		if err != nil && !passing(err) {
			return err
		}
		if err != nil {
			time.Sleep(100 * time.Microsecond)
		}
	}
}

func (f *fleet) receiveUntilItEnds(sub *aeron.Subscription, moved *atomic.Int64) error {
	for {
		select {
		case <-f.stop:
			return nil
		default:
		}
		n, err := sub.Poll(func(aeron.Fragment) { moved.Add(1) }, 10)
		if err != nil {
			return err
		}
		if n == 0 {
			time.Sleep(100 * time.Microsecond)
		}
	}
}

// requireEnded waits until every publication and subscription has told its user why it is over, by an error that says so.
func (f *fleet) requireEnded(t *testing.T) {
	t.Helper()
	timeout := time.After(testdriver.Patience)
	for range 2 * fleetSize {
		select {
		case err := <-f.ends:
			requireLost(t, err)
		case <-timeout:
			require.FailNow(t, "somebody goes on as if nothing had happened")
		}
	}
}

// requireLost holds an error against what a user can ask of it: it is typed, and says that the object is over.
func requireLost(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, aeron.ErrClosed)
}

// external opens a driver that runs in another process.
func external(t *testing.T, dir string) *aeron.Driver {
	t.Helper()
	return opened(t, aeron.Config{Directory: dir, External: true, DriverTimeout: driverTimeout, ClientIdle: 200 * time.Microsecond})
}

// ways in which a driver ends while its clients are busy.
var ways = map[string]func(t *testing.T, c *child, dir string){
	"Killed":                func(_ *testing.T, c *child, _ string) { c.signal(syscall.SIGKILL) },
	"StoppedPastItsTimeout": func(_ *testing.T, c *child, _ string) { c.signal(syscall.SIGSTOP) },
	"Closed": func(_ *testing.T, c *child, _ string) {
		c.tell("close")
		c.signal(syscall.SIGCONT) // if it was stopped
	},
	"AskedToEnd": func(t *testing.T, c *child, dir string) {
		require.NoError(t, aeronc.RequestDriverTermination(dir, nil))
		c.signal(syscall.SIGCONT)
	},
}

// pendingAdd stops a driver and leaves an Add with it. It is the first of many, and the channel has the error of the last one.
func pendingAdd(t *testing.T, d *aeron.Driver, c *child, dir string) <-chan error {
	t.Helper()
	c.signal(syscall.SIGSTOP)
	awaitStopped(t, c.cmd.Process.Pid)
	before := asked(t, dir)
	last := addUntilItEnds(d)
	testdriver.Await(t, "the Add to be on its way to the driver, which does not answer", func() bool { return asked(t, dir) > before })
	return last
}

// addUntilItEnds adds subscriptions one after the other. The channel has the error of the last one.
func addUntilItEnds(d *aeron.Driver) <-chan error {
	last := make(chan error, 1)
	go func() {
		for {
			sub, err := d.AddSubscription(context.Background(), "aeron:ipc", 98)
			if err == nil {
				err = sub.Close()
			}
			if err != nil {
				last <- err
				return
			}
		}
	}()
	return last
}

// requireAddEnds waits for the error of an Add whose driver has gone.
func requireAddEnds(t *testing.T, last <-chan error) {
	t.Helper()
	select {
	case err := <-last:
		require.True(t, errors.Is(err, aeron.ErrClosed) || errors.Is(err, aeron.CodeDriverTimeout) || errors.Is(err, aeron.ErrTimeout), "%v", err)
		var e *aeron.Error
		require.ErrorAs(t, err, &e)
	case <-time.After(testdriver.Patience):
		require.FailNow(t, "an Add does not end")
	}
}

// openClaim is a claim on a stream of its own that has a subscriber.
func openClaim(t *testing.T, d *aeron.Driver) aeron.Claim {
	t.Helper()
	ctx := testdriver.Context(t)
	pub, err := d.AddExclusivePublication(ctx, "aeron:ipc", 99)
	require.NoError(t, err)
	_, err = d.AddSubscription(ctx, "aeron:ipc", 99)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	claim, err := pub.TryClaim(64)
	require.NoError(t, err)
	return claim
}

// The driver goes away under ten publications and ten subscriptions that are busy, with a claim open and an Add on its way: everyone gets
// a typed error, Close returns, nothing is left, and once a new driver is there, so is a new stream.
func TestDriverGone(t *testing.T) {
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			figures.Begin(t)
			base := shmBase(t)
			dir := base + "/driver"
			c := start(t, "driver", dir)
			c.expect("started")
			d := external(t, dir)
			f := newFleet(t, d)
			claim := openClaim(t, d)
			adds := pendingAdd(t, d, c, dir)

			began := time.Now()
			end(t, c, dir)
			f.requireEnded(t)
			figures.Record(t, "until everybody knew", time.Since(began).Round(time.Millisecond))
			requireAddEnds(t, adds)
			copy(claim.Data(), strings.Repeat("x", 64)) // still mapped: writing does no harm
			requireLostOrNil(t, claim.Commit())

			closing := time.Now()
			require.NoError(t, d.Close())
			require.Less(t, time.Since(closing), prompt)

			if name == "StoppedPastItsTimeout" {
				c.signal(syscall.SIGKILL)
			}
			<-c.ended
			requireFlow(t, opened(t, small(base+"/another"))) // at once
			figures.Record(t, "until the directory is free", takeOver(t, dir).Round(time.Millisecond))
		})
	}
}

func requireLostOrNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		requireLost(t, err)
	}
}

// requireFlow sends and receives a message over IPC and one over UDP.
func requireFlow(t *testing.T, d *aeron.Driver) {
	t.Helper()
	ctx := testdriver.Context(t)
	for _, channel := range []string{"aeron:ipc", testdriver.UDP(t)} {
		requireFlowOver(ctx, t, d, channel)
	}
}

// requireFlowOver sends and receives a message on a stream that comes and goes.
func requireFlowOver(ctx context.Context, t *testing.T, d *aeron.Driver, channel string) {
	t.Helper()
	sub, err := d.AddSubscription(ctx, channel, 55)
	require.NoError(t, err)
	pub, err := d.AddPublication(ctx, channel, 55)
	require.NoError(t, err)
	require.NoError(t, pub.Publish(ctx, []byte("flow")))
	for m, err := range sub.Messages(ctx) {
		require.NoError(t, err)
		require.Equal(t, "flow", string(m.Data()))
		break
	}
	require.NoError(t, pub.Close())
	require.NoError(t, sub.Close())
}

// takeOver starts a driver in a directory that another has left, and says how long that took: a dead one's is refused until it has
// been silent for long enough.
func takeOver(t *testing.T, dir string) time.Duration {
	t.Helper()
	cfg := small(dir)
	cfg.DriverTimeout = driverTimeout
	d, err := aeron.Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	began := time.Now()
	testdriver.Await(t, "the directory to be free", func() bool {
		err := d.Start(testdriver.Context(t))
		if err != nil {
			require.ErrorIs(t, err, aeron.ErrDriverActive)
			time.Sleep(50 * time.Millisecond)
		}
		return err == nil
	})
	requireFlow(t, d)
	return time.Since(began)
}
