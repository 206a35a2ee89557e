package aeronc

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCalls_drainWaitsForEverybodyAndLetsNobodyIn(t *testing.T) {
	for range 30 {
		var c calls
		c.open()
		var inside, entered atomic.Int64
		var callers sync.WaitGroup
		for range 4 {
			callers.Go(func() {
				for c.enter() {
					inside.Add(1)
					entered.Add(1)
					inside.Add(-1)
					c.exit()
				}
			})
		}
		for entered.Load() == 0 {
			time.Sleep(time.Microsecond)
		}
		c.shut()
		c.drain(nobody)
		require.Zero(t, inside.Load())
		require.False(t, c.enter())
		callers.Wait()
		require.Zero(t, inside.Load())
	}
}

func TestCalls_someMayStay(t *testing.T) {
	var c calls
	c.open()
	require.True(t, c.enter())
	require.True(t, c.enter())
	c.shut()
	require.False(t, c.enter())
	c.drain(func() int64 { return 2 })
	drained := make(chan struct{})
	go func() { c.drain(nobody); close(drained) }()
	c.exit()
	select {
	case <-drained:
		t.Fatal("drained with one inside")
	default:
	}
	c.exit()
	<-drained
}

func TestClaimSlot_freesOncePerTicket(t *testing.T) {
	var s claimSlot
	first, ok := s.take()
	require.True(t, ok)
	_, ok = s.take()
	require.False(t, ok)
	require.True(t, s.free(first))
	require.False(t, s.free(first))
	second, ok := s.take()
	require.True(t, ok)
	require.NotEqual(t, first, second)
	require.False(t, s.free(first), "somebody else's claim now")
	require.True(t, s.free(second))
}

func TestLifecycle_runsTheTeardownOnceAndReportsItOnce(t *testing.T) {
	var l lifecycle
	l.open()
	var runs atomic.Int64
	failed := errors.New("teardown failed")
	teardown := func() error { runs.Add(1); return failed }
	var reported atomic.Int64
	var closers sync.WaitGroup
	for range 16 {
		closers.Go(func() {
			if err := l.close("close", teardown); err != nil {
				require.ErrorIs(t, err, failed)
				reported.Add(1)
			}
		})
	}
	closers.Wait()
	require.EqualValues(t, 1, runs.Load())
	require.EqualValues(t, 1, reported.Load())
	require.NoError(t, l.close("close", teardown))
	<-l.closing
	<-l.done
}
