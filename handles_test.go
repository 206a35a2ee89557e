package aeron_test

import (
	"context"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestStart_thatFindsItsHandleClosedMeanwhile(t *testing.T) {
	cfg := config(t)
	d, err := aeron.Open(cfg)
	require.NoError(t, err)
	ctx := &heldContext{Context: t.Context(), asked: make(chan struct{}), answer: make(chan struct{})}
	started := make(chan error, 1)
	go func() { started <- d.Start(ctx) }()
	<-ctx.asked // Start has found the handle open
	require.NoError(t, d.Close())
	close(ctx.answer)
	require.ErrorIs(t, <-started, aeron.ErrClosed)
	require.NoDirExists(t, cfg.Directory)
	require.NoError(t, aeron.CheckLeaks())
}

// heldContext is a context whose first Err waits.
type heldContext struct {
	context.Context
	once          sync.Once
	asked, answer chan struct{}
}

func (c *heldContext) Err() error {
	c.once.Do(func() {
		close(c.asked)
		<-c.answer
	})
	return c.Context.Err()
}

func TestCheckLeaks_countsHandles(t *testing.T) {
	cfg := config(t)
	open(t, cfg)
	same := open(t, cfg)
	require.ErrorContains(t, aeron.CheckLeaks(), "2 driver handles")
	require.NoError(t, same.Close())
	require.ErrorContains(t, aeron.CheckLeaks(), "1 driver handles")
}

func TestValidate_refusesBuffersThatNoSocketCanHave(t *testing.T) {
	for field, c := range map[string]aeron.Config{
		"ReceiveBuffer": {ReceiveBuffer: 1 << 40}, "SendBuffer": {SendBuffer: 1 << 40}, "InitialWindow": {InitialWindow: 1 << 32, ReceiveBuffer: 1 << 40},
	} {
		err := c.Validate()
		require.ErrorIs(t, err, aeron.ErrInvalidArgument, field)
		require.ErrorContains(t, err, "Config."+field)
	}
}

func TestOnError_onAClosedHandle(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	cfg := aeron.Config{External: true, Directory: dir}
	closed, left := start(t, cfg), start(t, cfg)
	require.NoError(t, closed.Close())
	told := make(chan error, 16)
	var gone atomic.Int32
	closed.OnError(func(error) { gone.Add(1) })
	left.OnError(func(err error) { told <- err })
	require.NoError(t, running.Close())
	require.ErrorIs(t, <-told, aeron.CodeDriverTimeout)
	require.NoError(t, left.Close())
	require.Zero(t, gone.Load(), "nobody would ever remove it")
}

func TestAdd_reportsAPortThatIsTaken(t *testing.T) {
	one, other := start(t, config(t)), start(t, config(t))
	channel := testdriver.UDP(t)
	_, err := one.AddSubscription(testdriver.Context(t), channel, 1)
	require.NoError(t, err)
	_, err = other.AddSubscription(testdriver.Context(t), channel, 1)
	require.ErrorContains(t, err, "in use")
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.Equal(t, channel, typed(t, err).Channel)
	_, err = other.AddSubscription(testdriver.Context(t), testdriver.UDP(t), 1)
	require.NoError(t, err)
}
