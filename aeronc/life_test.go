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
		c.drain()
		require.Zero(t, inside.Load())
		require.False(t, c.enter())
		callers.Wait()
		require.Zero(t, inside.Load())
	}
}

func TestCalls_drainWaitsForTheLast(t *testing.T) {
	var c calls
	c.open()
	require.True(t, c.enter())
	require.True(t, c.enter())
	c.shut()
	require.False(t, c.enter())
	drained := make(chan struct{})
	go func() { c.drain(); close(drained) }()
	c.exit()
	select {
	case <-drained:
		t.Fatal("drained with one inside")
	default:
	}
	c.exit()
	<-drained
}

func TestClaimSlot_isHeldOncePerTicket(t *testing.T) {
	for _, alone := range []bool{false, true} {
		var s claimSlot
		require.True(t, s.take(33, alone))
		require.False(t, s.take(65, alone))
		require.True(t, s.hold(33))
		storeRelease64(&s.state, 0)
		require.False(t, s.hold(33))
		require.True(t, s.take(65, alone))
		require.False(t, s.hold(33), "somebody else's claim now")
		require.True(t, s.hold(65))
	}
}

// Who holds a claim for a moment does not make it resolved for who wants to commit it.
func TestClaimSlot_whoComesMeanwhileWaits(t *testing.T) {
	var s claimSlot
	require.True(t, s.take(33, true))
	var stop atomic.Bool
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for !stop.Load() {
				if !s.hold(33) {
					t.Error("resolved, they say, and nobody has resolved it")
					return
				}
				storeRelease64(&s.state, 33)
			}
		})
	}
	for range 20_000 {
		require.True(t, s.hold(33))
		storeRelease64(&s.state, 33)
	}
	stop.Store(true)
	others.Wait()
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
