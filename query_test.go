package aeron_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestIsRunning(t *testing.T) {
	cfg := config(t)
	ask := func() bool {
		running, err := aeron.IsRunning(cfg)
		require.NoError(t, err)
		return running
	}
	require.False(t, ask(), "no directory")
	d := open(t, cfg)
	require.False(t, ask(), "opened only")
	require.NoError(t, d.Start(testdriver.Context(t)))
	require.True(t, ask())
	_, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err, "asking has ended nothing")
	require.NoError(t, d.Close())
	require.False(t, ask())
	require.NoDirExists(t, cfg.Directory)

	// Whose driver it is does not matter.
	startIn(t, cfg.Directory)
	require.True(t, ask())
	require.False(t, aeron.IsLoaded(cfg))

	_, err = aeron.IsRunning(aeron.Config{MTU: 1})
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
}

func TestIsRunning_leavesRemainsAlone(t *testing.T) {
	cfg := config(t)
	cfg.KeepDirectory = true
	d := start(t, cfg)
	require.NoError(t, d.Close())
	before, err := os.ReadDir(cfg.Directory)
	require.NoError(t, err)
	require.NotEmpty(t, before)
	running, err := aeron.IsRunning(cfg)
	require.NoError(t, err)
	require.False(t, running)
	stopped, err := aeron.EnsureStopped(testdriver.Context(t), cfg)
	require.NoError(t, err)
	require.True(t, stopped)
	after, err := os.ReadDir(cfg.Directory)
	require.NoError(t, err)
	require.Len(t, after, len(before))

	notADirectory := aeron.Config{Directory: filepath.Join(t.TempDir(), "file")}
	require.NoError(t, os.WriteFile(notADirectory.Directory, nil, 0o600))
	_, err = aeron.IsRunning(notADirectory)
	require.Error(t, err)
	require.Equal(t, notADirectory.Directory, typed(t, err).Dir)
}

func TestEnsureStopped(t *testing.T) {
	cfg := config(t)
	d := start(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	stopped, err := aeron.EnsureStopped(ctx, cfg)
	require.False(t, stopped)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, aeron.ErrDriverActive)
	require.ErrorContains(t, err, "pid")
	stopped, err = aeron.EnsureStopped(canceled(), cfg)
	require.False(t, stopped)
	require.ErrorIs(t, err, context.Canceled)

	result := make(chan error, 1)
	go func() {
		stopped, err := aeron.EnsureStopped(testdriver.Context(t), cfg)
		if err == nil && !stopped {
			err = os.ErrInvalid
		}
		result <- err
	}()
	require.NoError(t, d.Close())
	require.NoError(t, <-result)
	stopped, err = aeron.EnsureStopped(canceled(), cfg)
	require.NoError(t, err, "there is nothing to wait for")
	require.True(t, stopped)
	_, err = aeron.EnsureStopped(t.Context(), aeron.Config{MTU: 1})
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
}

func TestWithLock_holdsTheRegistry(t *testing.T) {
	cfg, other := config(t), config(t)
	d := open(t, cfg)
	opened := make(chan error, 1)
	var late *aeron.Driver
	aeron.WithLock(func(r aeron.Registry) {
		go func() {
			var err error
			late, err = aeron.Open(other)
			opened <- err
		}()
		for range 1000 { // the other's Open has every chance, and must not come in between
			require.Equal(t, 1, r.Len())
			require.True(t, r.IsLoaded(cfg))
			require.False(t, r.IsLoaded(other))
			require.False(t, r.AllClosed())
		}
		_, err := aeron.Open(cfg)
		require.ErrorIs(t, err, aeron.ErrBusy)
		require.Equal(t, 1, d.Users())
		require.True(t, aeron.IsLoaded(cfg))
		require.ErrorIs(t, aeron.CheckLeaks(), aeron.ErrLeaked)
		aeron.WithLock(func(r aeron.Registry) { require.Equal(t, 1, r.Len()) })
		require.NoError(t, d.Close(), "it returns at once")
		require.True(t, r.IsLoaded(cfg), "and is carried out later")
	})
	require.NoError(t, <-opened)
	require.NoError(t, late.Close())
	testdriver.Await(t, "the close", func() bool { return !aeron.IsLoaded(cfg) })
	aeron.WithLock(nil)
}

func TestWithLock_isReleasedByAPanic(t *testing.T) {
	require.Panics(t, func() { aeron.WithLock(func(aeron.Registry) { panic("x") }) })
	within(t, "AllClosed", func() { require.True(t, aeron.AllClosed()) })
	require.NoError(t, open(t, config(t)).Close())
}

func TestWithLock_byMany(t *testing.T) {
	cfg := config(t)
	var all sync.WaitGroup
	for i := range 400 {
		all.Go(func() {
			if i%2 == 0 {
				aeron.WithLock(func(r aeron.Registry) { require.Equal(t, r.Len() == 0, r.AllClosed()) })
				return
			}
			d, err := aeron.Open(cfg)
			require.NoError(t, err)
			require.NoError(t, d.Close())
		})
	}
	all.Wait()
	require.True(t, aeron.AllClosed())
}
