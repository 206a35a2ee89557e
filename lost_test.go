package aeron_test

import (
	"bytes"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// startIn runs a driver in a directory of the caller's.
func startIn(t *testing.T, dir string) *testdriver.Driver {
	t.Helper()
	return testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetDir(dir)) })
}

// lost is closed once the handle has lost its driver.
func awaitLost(t *testing.T, d *aeron.Driver) {
	t.Helper()
	select {
	case <-d.Lost():
	case <-testdriver.Context(t).Done():
		require.FailNow(t, "the loss was not noticed")
	}
}

func TestLostDriver_closesEverythingAndStartBeginsAnew(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	d := start(t, aeron.Config{External: true, Directory: dir})
	ctx := testdriver.Context(t)
	p, err := d.AddPublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	x, err := d.AddExclusivePublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, d, p)
	lonely, err := d.AddSubscription(ctx, "aeron:ipc", 2)
	require.NoError(t, err)
	unheard, err := d.AddPublication(ctx, "aeron:ipc", 3)
	require.NoError(t, err)
	require.NoError(t, d.Err())
	select {
	case <-d.Lost():
		require.FailNow(t, "lost too early")
	default:
	}

	// Those who wait at this moment must hear of it too.
	waiting := map[string]func() error{
		"Publish":                 func() error { return unheard.Publish(ctx, []byte("x")) },
		"publication AwaitReady":  func() error { return unheard.AwaitReady(ctx) },
		"subscription AwaitReady": func() error { return lonely.AwaitReady(ctx) },
		"Messages": func() error {
			for _, err := range lonely.Messages(ctx) {
				return err
			}
			return nil
		},
	}
	var waiters sync.WaitGroup
	var mu sync.Mutex
	told := map[string]error{}
	for what, wait := range waiting {
		waiters.Go(func() {
			err := wait()
			mu.Lock()
			defer mu.Unlock()
			told[what] = err
		})
	}
	require.NoError(t, running.Close())
	awaitLost(t, d)
	require.ErrorIs(t, d.Err(), aeron.CodeDriverTimeout)
	require.Equal(t, dir, typed(t, d.Err()).Dir)
	within(t, "what waits", waiters.Wait)
	for what := range waiting {
		require.ErrorIs(t, told[what], aeron.ErrClosed, what)
		require.ErrorContains(t, told[what], "driver was lost", what)
		require.NotEmpty(t, typed(t, told[what]).Op)
	}

	within(t, "what comes later", func() {
		for what, err := range map[string]error{
			"Offer": second(p.Offer([]byte("x"))), "exclusive Offer": second(x.Offer([]byte("x"))), "TryClaim": second(p.TryClaim(1)),
			"exclusive TryClaim": second(x.TryClaim(1)), "Position": second(p.Position()), "Publish": p.Publish(ctx, nil),
			"Poll":         second(s.Poll(func(aeron.Fragment) {}, 10)),
			"PollMessages": second(s.PollMessages(func(aeron.Message) {}, 10)),
			"AwaitReady":   p.AwaitReady(ctx), "subscription AwaitReady": s.AwaitReady(ctx),
			"AddPublication":  second(d.AddPublication(ctx, "aeron:ipc", 4)),
			"AddSubscription": second(d.AddSubscription(ctx, "aeron:ipc", 4)),
		} {
			require.ErrorIs(t, err, aeron.ErrClosed, what)
		}
		require.True(t, p.IsClosed())
		require.True(t, x.IsClosed())
		require.True(t, s.IsClosed())
		require.False(t, p.IsConnected())
		require.ErrorIs(t, d.Start(ctx), aeron.ErrNoDriver, "an external driver is not ours to start")
		require.ErrorIs(t, d.Start(ctx), aeron.ErrNoDriver)
	})

	startIn(t, dir)
	require.NoError(t, d.Start(ctx))
	require.NoError(t, d.Err())
	require.True(t, p.IsClosed(), "what was lost stays lost")
	again, err := d.AddPublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	renewed := connect(t, d, again)
	publish(t, again, "anew")
	require.Equal(t, []string{"anew"}, receive(t, renewed, 1))
	within(t, "Close", func() { require.NoError(t, d.Close()) })
}

func TestLostDriver_handlesCloseWithoutIt(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	d := start(t, aeron.Config{External: true, Directory: dir})
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, d, p)
	claim, err := p.TryClaim(8)
	require.NoError(t, err)
	publish(t, p, "never read")
	require.NoError(t, running.Close())
	awaitLost(t, d)
	copy(claim.Data(), "its memory is still there")
	if err := claim.Commit(); err != nil {
		require.ErrorIs(t, err, aeron.ErrClosed)
	}
	within(t, "Close", func() {
		require.NoError(t, s.Close())
		require.NoError(t, p.Close())
		require.NoError(t, d.Close())
	})
	require.NoError(t, aeron.CheckLeaks())
}

// What was received before the loss is not lost with the driver.
func TestLostDriver_leavesWhatHasArrived(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	d := start(t, aeron.Config{External: true, Directory: dir})
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, d, p)
	publish(t, p, "1", "2", "3")
	require.NoError(t, running.Close())
	awaitLost(t, d)
	var got []string
	for {
		n, err := s.PollMessages(func(m aeron.Message) { got = append(got, string(m.Data())) }, 2)
		if err != nil {
			require.ErrorIs(t, err, aeron.ErrClosed)
			break
		}
		require.Positive(t, n, "no more messages and no error")
	}
	require.Contains(t, []int{0, 3}, len(got), "all of it or, if the conductor was faster, nothing: %q", got)
}

func TestOnError_tellsEveryListenerOfTheLoss(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	var text lockedBuffer
	d := start(t, aeron.Config{External: true, Directory: dir, Logger: slog.New(slog.NewTextHandler(&text, nil))})
	var first, removed, last atomic.Int32
	told := make(chan error, 16)
	d.OnError(func(error) { first.Add(1); panic("a listener's own trouble") })
	remove := d.OnError(func(error) { removed.Add(1) })
	d.OnError(func(err error) { last.Add(1); told <- err })
	d.OnError(nil)
	remove()
	remove()
	require.NoError(t, running.Close())
	select {
	case err := <-told:
		require.ErrorIs(t, err, aeron.CodeDriverTimeout)
		require.Equal(t, dir, typed(t, err).Dir)
	case <-testdriver.Context(t).Done():
		require.FailNow(t, "nobody was told")
	}
	testdriver.Await(t, "the panicking listener", func() bool { return first.Load() > 0 && first.Load() == last.Load() })
	testdriver.Await(t, "the log", func() bool { return strings.Contains(text.String(), "a listener's own trouble") })
	require.NoError(t, d.Close())
	require.Zero(t, removed.Load())
	require.Contains(t, text.String(), "asynchronous error")
	require.Contains(t, text.String(), dir)
}

func TestOnError_belongsToItsHandle(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	cfg := aeron.Config{External: true, Directory: dir}
	closed, left := start(t, cfg), start(t, cfg)
	var gone atomic.Int32
	told := make(chan error, 16)
	closed.OnError(func(error) { gone.Add(1) })
	left.OnError(func(err error) { told <- err })
	require.NoError(t, closed.Close())
	require.NoError(t, running.Close())
	select {
	case err := <-told:
		require.Error(t, err)
	case <-testdriver.Context(t).Done():
		require.FailNow(t, "the handle that is left was not told")
	}
	require.NoError(t, left.Close())
	require.Zero(t, gone.Load(), "a closed handle's listeners hear nothing")
}

// A listener may use the handle, closing it included.
func TestOnError_mayCloseTheDriver(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	d := start(t, aeron.Config{External: true, Directory: dir})
	closed := make(chan error, 16)
	d.OnError(func(error) { closed <- d.Close() })
	require.NoError(t, running.Close())
	within(t, "Close", func() {
		awaitLost(t, d)
		require.NoError(t, <-closed)
		require.NoError(t, d.Close())
	})
}

// A handler holds up the closing of what was lost, so nothing new can begin in it.
func TestStart_insideAHandlerIsBusyWhenSomethingMustBeClosed(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	d := start(t, aeron.Config{External: true, Directory: dir})
	fresh := open(t, config(t))
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, d, p)
	publish(t, p, "x")
	var errs []error
	testdriver.Await(t, "the handler", func() bool {
		_, err := s.Poll(func(aeron.Fragment) {
			errs = append(errs, d.Start(testdriver.Context(t)), fresh.Start(testdriver.Context(t)), running.Close())
			awaitLost(t, d)
			startIn(t, dir)
			errs = append(errs, d.Start(testdriver.Context(t)))
		}, 1)
		return err != nil || len(errs) > 0
	})
	require.Len(t, errs, 4)
	require.NoError(t, errs[0], "it runs already")
	require.NoError(t, errs[1], "another, with nothing to close")
	require.NoError(t, errs[2])
	require.ErrorIs(t, errs[3], aeron.ErrBusy)
	require.ErrorContains(t, errs[3], "inside a handler")
	require.NoError(t, d.Start(testdriver.Context(t)))
	require.NoError(t, d.Err())
}

// What was lost is closed when Start begins anew, and the handle does not keep it until its own end.
func TestStart_letsGoOfWhatWasLost(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	d := start(t, aeron.Config{External: true, Directory: dir})
	same := open(t, d.Config())
	lost := func() (all []weak.Pointer[aeron.Publication]) {
		for _, of := range []*aeron.Driver{d, same} {
			p, err := of.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
			require.NoError(t, err)
			all = append(all, weak.Make(p))
		}
		return all
	}()
	require.NoError(t, running.Close())
	awaitLost(t, d)
	startIn(t, dir)
	require.NoError(t, d.Start(testdriver.Context(t)))
	for _, p := range lost {
		testdriver.Await(t, "the publication to go", func() bool { runtime.GC(); return p.Value() == nil })
	}
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
