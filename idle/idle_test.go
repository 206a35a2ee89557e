package idle_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/idle"
)

// every returns one of each strategy.
func every() map[string]idle.Strategy {
	return map[string]idle.Strategy{
		"spin":       idle.BusySpin(),
		"yield":      idle.Yield(),
		"backoff":    idle.Backoff(),
		"sleep zero": idle.Sleep(0),
		"sleep":      idle.Sleep(time.Microsecond),
	}
}

func TestIdle_neverAllocates(t *testing.T) {
	for name, s := range every() {
		t.Run(name, func(t *testing.T) {
			require.Zero(t, testing.AllocsPerRun(200, func() { s.Idle(0) }))
			require.Zero(t, testing.AllocsPerRun(200, func() { s.Idle(1) }))
			require.Zero(t, testing.AllocsPerRun(200, s.Reset))
		})
	}
}

func TestIdle_returnsAtOnceAfterWork(t *testing.T) {
	// An hour: if it waited, the test would time out and not just be slow.
	for name, s := range map[string]idle.Strategy{
		"sleep":   idle.Sleep(time.Hour),
		"backoff": idle.BackoffWith(0, 0, time.Hour, time.Hour),
		"spin":    idle.BusySpin(),
		"yield":   idle.Yield(),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			for work := 1; work <= 1000; work++ {
				s.Idle(work)
				s.Reset()
			}
			require.Less(t, time.Since(start), time.Minute)
		})
	}
}

// TestIdle_letsOtherGoroutinesRun is about a process with one processor for Go code:
// whoever waits must not keep those from running for which it waits.
func TestIdle_letsOtherGoroutinesRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, s := range every() {
		t.Run(name, func(t *testing.T) {
			var turn atomic.Int64
			const rounds = 20
			go func() {
				other := idle.Yield()
				for i := int64(1); i <= rounds; i++ {
					for turn.Load() != 2*i-1 {
						other.Idle(0)
					}
					turn.Store(2 * i)
				}
			}()
			deadline := time.Now().Add(time.Minute)
			for i := int64(1); i <= rounds; i++ {
				turn.Store(2*i - 1)
				for turn.Load() != 2*i {
					s.Idle(0)
					require.True(t, time.Now().Before(deadline), "no progress in round %d", i)
				}
				s.Idle(1)
			}
		})
	}
}

// TestYield_runsTheGoScheduler tells a call of the scheduler from an asynchronous
// preemption by its count: a goroutine that waits for its turn gets it within a few
// idle turns, not after the 10 ms in which tens of thousands fit.
func TestYield_runsTheGoScheduler(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, s := range map[string]idle.Strategy{"yield": idle.Yield(), "sleep zero": idle.Sleep(0)} {
		t.Run(name, func(t *testing.T) {
			best := 1 << 30
			for range 20 { // the runtime's own goroutines may take a turn first
				var ran atomic.Bool
				go ran.Store(true)
				turns := 0
				for !ran.Load() {
					s.Idle(0)
					turns++
				}
				best = min(best, turns)
			}
			require.LessOrEqual(t, best, 8)
		})
	}
}

// While nobody wants the processor the Go scheduler runs less and less often; somebody who goes on wanting it makes it run often again.
func TestYield_runsTheGoSchedulerAsOftenAsItHelps(t *testing.T) {
	s := idle.Yield()
	var got []int
	for range 8 {
		got = append(got, idle.SchedulerRan(s, time.Microsecond))
	}
	require.Equal(t, []int{16, 32, 64, 128, 256, 512, 1024, 1024}, got)
	got = nil
	for range 8 {
		got = append(got, idle.SchedulerRan(s, 10*time.Microsecond))
	}
	require.Equal(t, []int{512, 256, 128, 64, 32, 16, 8, 8}, got, "another goroutine had the processor for ten microseconds each time")
	require.Equal(t, 16, idle.SchedulerRan(s, 0))
	s.Reset()
	require.Equal(t, 16, idle.SchedulerRan(s, 0))
}

// Of two goroutines on one processor neither waits for the other's being preempted, which takes 10 ms.
func TestYield_takesTurnsOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var at atomic.Int64
	take := func(turn int64) {
		wait := idle.Yield()
		for n := turn; n < 2000; n += 2 {
			for at.Load() != n {
				wait.Idle(0)
			}
			at.Store(n + 1)
		}
	}
	start := time.Now()
	other := make(chan struct{})
	go func() { take(1); close(other) }()
	take(0)
	<-other
	require.Less(t, time.Since(start), 10*time.Second, "2000 turns of 10 ms each were twenty seconds")
}

func TestSleep_sleepsAtLeastThatLong(t *testing.T) {
	const period = 3 * time.Millisecond
	s := idle.Sleep(period)
	start := time.Now()
	s.Idle(0)
	s.Idle(-1)
	require.GreaterOrEqual(t, time.Since(start), 2*period)
}

func TestSleep_withoutAPeriodDoesNotSleep(t *testing.T) {
	for _, period := range []time.Duration{0, -time.Hour} {
		s := idle.Sleep(period)
		start := time.Now()
		for range 100 {
			s.Idle(0)
		}
		require.Less(t, time.Since(start), time.Minute)
	}
}

func TestStrategies_areIndependent(t *testing.T) {
	a, b := idle.Backoff(), idle.Backoff()
	ra, rb := idle.Record(a), idle.Record(b)
	idleTurns(a, 30)
	b.Idle(0)
	require.NotEmpty(t, ra.Did)
	require.Empty(t, rb.Did)
}

func BenchmarkIdle(b *testing.B) {
	for name, s := range map[string]idle.Strategy{"spin": idle.BusySpin(), "yield": idle.Yield()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Idle(0)
			}
		})
	}
}
