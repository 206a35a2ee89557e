package aeron_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestOpen_equalConfigsShareADriver(t *testing.T) {
	cfg := config(t)
	one, other := open(t, cfg), open(t, cfg)
	require.Equal(t, one.Dir(), other.Dir())
	ctx := testdriver.Context(t)
	require.NoError(t, one.Start(ctx))
	cnc, err := os.Stat(filepath.Join(one.Dir(), "cnc.dat"))
	require.NoError(t, err)
	require.NoError(t, other.Start(ctx))
	again, err := os.Stat(filepath.Join(one.Dir(), "cnc.dat"))
	require.NoError(t, err)
	require.True(t, os.SameFile(cnc, again), "the second Start must find the driver that runs")

	p, err := one.AddPublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, other, p)
	publish(t, p, "from one handle to the other")
	require.Equal(t, []string{"from one handle to the other"}, receive(t, s, 1))

	ownPub, err := other.AddPublication(ctx, "aeron:ipc", 2)
	require.NoError(t, err)
	own := connect(t, other, ownPub)
	require.NoError(t, one.Close())
	require.True(t, p.IsClosed(), "a handle's Close closes what was added through it")
	_, err = p.Offer([]byte("x"))
	require.ErrorIs(t, err, aeron.ErrClosed)
	require.False(t, s.IsClosed(), "and nothing else")
	require.False(t, ownPub.IsClosed())
	publish(t, ownPub, "still here")
	require.Equal(t, []string{"still here"}, receive(t, own, 1))
	require.True(t, aeron.IsLoaded(cfg))
	require.NoError(t, other.Close())
	require.False(t, aeron.IsLoaded(cfg))
	require.NoDirExists(t, cfg.Directory)
}

func TestOpen_refusesAnotherConfigForTheSameDirectory(t *testing.T) {
	cfg := config(t)
	d := start(t, cfg)
	for name, change := range map[string]func(*aeron.Config){
		"term length": func(c *aeron.Config) { c.TermLength = 128 << 10 },
		"external":    func(c *aeron.Config) { *c = aeron.Config{External: true, Directory: c.Directory} },
		"timeout":     func(c *aeron.Config) { c.DriverTimeout = time.Second },
		"spelling":    func(c *aeron.Config) { c.Directory += "/./"; c.MTU = 4096 },
	} {
		other := cfg
		change(&other)
		_, err := aeron.Open(other)
		require.ErrorIs(t, err, aeron.ErrConfigConflict, name)
		require.ErrorContains(t, err, cfg.Directory)
		require.Equal(t, cfg.Directory, typed(t, err).Dir)
		require.False(t, aeron.IsLoaded(other), name)
	}
	require.NoError(t, d.Close())
	changed := cfg
	changed.TermLength = 128 << 10
	require.Equal(t, 128<<10, open(t, changed).Config().TermLength, "after Close the directory takes any")
}

func TestOpen_runsNothing(t *testing.T) {
	cfg := config(t)
	d := open(t, cfg)
	require.NoDirExists(t, cfg.Directory)
	ctx := testdriver.Context(t)
	_, err := d.AddPublication(ctx, "aeron:ipc", 1)
	require.ErrorIs(t, err, aeron.ErrNotStarted)
	_, err = d.AddExclusivePublication(ctx, "aeron:ipc", 1)
	require.ErrorIs(t, err, aeron.ErrNotStarted)
	_, err = d.AddSubscription(ctx, "aeron:ipc", 1)
	require.ErrorIs(t, err, aeron.ErrNotStarted)
	require.ErrorContains(t, err, "call Start first")
	require.Equal(t, cfg.Directory, typed(t, err).Dir)
	require.NoError(t, d.Err())
	require.Nil(t, d.Lost())
}

func TestStart_withAContextThatHasEnded(t *testing.T) {
	cfg := config(t)
	d := open(t, cfg)
	err := d.Start(canceled())
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, cfg.Directory, typed(t, err).Dir)
	require.NoDirExists(t, cfg.Directory)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the operator said stop")
	cancel(cause)
	require.ErrorIs(t, d.Start(ctx), cause)
	require.NoError(t, d.Start(testdriver.Context(t)), "the handle is as good as before")
	_, err = d.AddPublication(canceled(), "aeron:ipc", 1)
	require.ErrorIs(t, err, context.Canceled)
	_, err = d.AddSubscription(canceled(), "aeron:ipc", 1)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, "aeron:ipc", typed(t, err).Channel)
}

func TestDriver_afterClose(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, d, p)
	require.NoError(t, d.Close())
	require.NoError(t, d.Close(), "the second Close is nothing")
	ctx := testdriver.Context(t)
	for what, err := range map[string]error{
		"Start":                   d.Start(ctx),
		"AddPublication":          second(d.AddPublication(ctx, "aeron:ipc", 1)),
		"AddExclusivePublication": second(d.AddExclusivePublication(ctx, "aeron:ipc", 1)),
		"AddSubscription":         second(d.AddSubscription(ctx, "aeron:ipc", 1)),
		"Publish":                 p.Publish(ctx, nil),
		"publication AwaitReady":  p.AwaitReady(ctx),
		"subscription AwaitReady": s.AwaitReady(ctx),
	} {
		require.ErrorIs(t, err, aeron.ErrClosed, what)
		require.NotEmpty(t, typed(t, err).Op)
	}
	for what, err := range map[string]error{
		"Offer": second(p.Offer(nil)), "TryClaim": second(p.TryClaim(1)), "Position": second(p.Position()), "PositionLimit": second(p.PositionLimit()),
		"Poll":           second(s.Poll(func(aeron.Fragment) {}, 1)),
		"PollMessages":   second(s.PollMessages(func(aeron.Message) {}, 1)),
		"PollControlled": second(s.PollControlled(func(aeron.Fragment) aeron.Action { return aeron.Commit }, 1)),
	} {
		require.ErrorIs(t, err, aeron.ErrClosed, what)
	}
	for _, err := range s.Messages(ctx) {
		require.ErrorIs(t, err, aeron.ErrClosed)
		require.Equal(t, "aeron:ipc", typed(t, err).Channel)
	}
	require.NoError(t, p.Close())
	require.NoError(t, s.Close())
	require.True(t, p.IsClosed())
	require.True(t, s.IsClosed())
	require.False(t, p.IsConnected())
	require.False(t, s.IsConnected())
	require.Empty(t, s.Images())
	require.EqualValues(t, 1, p.Constants().StreamID, "constants stay readable")
	require.Equal(t, "aeron:ipc", p.Channel())
	require.EqualValues(t, 1, s.StreamID())
	require.NoError(t, d.Err())
	require.Nil(t, d.Lost())
	d.OnError(func(error) {})()
	d.OnError(nil)()
}

func second[T any](_ T, err error) error { return err }

func TestClose_concurrently(t *testing.T) {
	cfg := config(t)
	d := start(t, cfg)
	_, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	errs := make([]error, 16)
	var closers sync.WaitGroup
	for i := range errs {
		closers.Go(func() {
			errs[i] = d.Close()
			if _, err := os.Stat(cfg.Directory); err == nil {
				errs[i] = errors.Join(errs[i], errors.New("Close returned before all was closed"))
			}
		})
	}
	closers.Wait()
	require.NoError(t, errors.Join(errs...))
}

func TestStart_againInTheSameDirectoryAtOnce(t *testing.T) {
	cfg := config(t)
	for round := range 5 {
		d := open(t, cfg)
		require.NoError(t, d.Start(testdriver.Context(t)), "round %d", round)
		_, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
		require.NoError(t, err)
		require.NoError(t, d.Close())
	}
	require.NoDirExists(t, cfg.Directory)
}

func TestStart_whileThePreviousDriverIsClosing(t *testing.T) {
	cfg := config(t)
	for range 5 {
		first := open(t, cfg)
		require.NoError(t, first.Start(testdriver.Context(t)))
		closed := make(chan error, 1)
		go func() { closed <- first.Close() }()
		testdriver.Await(t, "the closing to begin", func() bool {
			_, err := first.AddSubscription(testdriver.Context(t), "aeron:ipc", 1)
			return errors.Is(err, aeron.ErrClosed)
		})
		next, err := aeron.Open(cfg)
		require.NoError(t, err)
		require.NoError(t, next.Start(testdriver.Context(t)), "it waits for the one before")
		_, err = next.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
		require.NoError(t, err)
		require.NoError(t, <-closed)
		require.NoError(t, next.Close())
	}
}

// Whatever order the threads take: a handle that was closed while it started leaves nothing running.
func TestStart_whileTheHandleIsClosed(t *testing.T) {
	for _, moment := range []string{"", ".", "cnc.dat", "loss-report.dat"} {
		t.Run("when there is "+moment, func(t *testing.T) {
			for range 5 {
				cfg := config(t)
				d, err := aeron.Open(cfg)
				require.NoError(t, err)
				started := make(chan error, 1)
				go func() { started <- d.Start(testdriver.Context(t)) }()
				for moment != "" {
					if _, err := os.Stat(filepath.Join(cfg.Directory, moment)); err == nil {
						break
					}
				}
				require.NoError(t, d.Close())
				if err := <-started; err != nil {
					require.ErrorIs(t, err, aeron.ErrClosed)
				}
				require.NoDirExists(t, cfg.Directory)
			}
			require.NoError(t, aeron.CheckLeaks())
		})
	}
}

func TestRegistry_manyGoroutines(t *testing.T) {
	shared := make([]aeron.Config, 3)
	for i := range shared {
		shared[i] = config(t)
	}
	ctx := testdriver.Context(t)
	errs := make([]error, 100)
	var workers sync.WaitGroup
	for i := range errs {
		workers.Go(func() {
			cfg := shared[i%len(shared)]
			if i%10 == 9 {
				cfg.MTU = 4096 // another Config for the directory: refused for as long as the others have it
			}
			errs[i] = use(ctx, cfg, int32(i))
		})
	}
	workers.Wait()
	for i, err := range errs {
		if errors.Is(err, aeron.ErrConfigConflict) {
			continue // either may come first
		}
		require.NoError(t, err, "goroutine %d", i)
	}
	for _, cfg := range shared {
		require.False(t, aeron.IsLoaded(cfg))
		require.NoDirExists(t, cfg.Directory)
	}
	require.NoError(t, aeron.CheckLeaks())
}

// use opens a driver, sends a message to itself and closes.
func use(ctx context.Context, cfg aeron.Config, streamID int32) (err error) {
	d, err := aeron.Open(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Start(ctx); err != nil {
		return err
	}
	s, err := d.AddSubscription(ctx, "aeron:ipc", streamID)
	if err != nil {
		return err
	}
	p, err := d.AddPublication(ctx, "aeron:ipc", streamID)
	if err != nil {
		return err
	}
	if err := p.Publish(ctx, []byte(fmt.Sprint(streamID))); err != nil {
		return err
	}
	for m, err := range s.Messages(ctx) {
		if err != nil {
			return err
		}
		if string(m.Data()) != fmt.Sprint(streamID) {
			return fmt.Errorf("stream %d got %q", streamID, m.Data())
		}
		break
	}
	return nil
}

func TestIsLoaded_hasNoSideEffects(t *testing.T) {
	cfg := config(t)
	require.False(t, aeron.IsLoaded(cfg))
	require.NoDirExists(t, cfg.Directory)
	require.True(t, aeron.AllClosed())
	d := open(t, cfg)
	require.True(t, aeron.IsLoaded(cfg), "open, running or not")
	other := cfg
	other.MTU = 4096
	require.False(t, aeron.IsLoaded(other), "another Config is another driver")
	require.NoDirExists(t, cfg.Directory)
	require.NoError(t, d.Close())
	require.False(t, aeron.IsLoaded(cfg))
	require.True(t, aeron.AllClosed())
}

func TestCheckLeaks_countsWhatIsOpen(t *testing.T) {
	require.NoError(t, aeron.CheckLeaks())
	cfg := config(t)
	d := open(t, cfg)
	require.ErrorContains(t, aeron.CheckLeaks(), "1 driver handles")
	require.NoError(t, d.Start(testdriver.Context(t)))
	p, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	connect(t, d, p)
	err = aeron.CheckLeaks()
	require.ErrorIs(t, err, aeron.ErrLeaked)
	for _, what := range []string{"1 embedded drivers", "1 clients", "1 publications", "1 subscriptions", "1 images"} {
		require.ErrorContains(t, err, what)
	}
	require.False(t, aeron.AllClosed())
	require.NoError(t, d.Close())
	require.NoError(t, aeron.CheckLeaks())
	require.True(t, aeron.AllClosed())
}

func TestVersion_isTheLinkedOne(t *testing.T) {
	require.Regexp(t, `^1\.54\.\d+$`, aeron.Version())
}
