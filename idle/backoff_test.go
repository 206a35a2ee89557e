package idle_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/idle"
)

// idleTurns lets a strategy be idle n times.
func idleTurns(s idle.Strategy, n int) {
	for range n {
		s.Idle(0)
	}
}

// times returns the word n times.
func times(n int, word string) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = word
	}
	return words
}

func TestBackoff_spinsThenYieldsThenParksLongerAndLonger(t *testing.T) {
	s := idle.BackoffWith(3, 2, time.Microsecond, 5*time.Microsecond)
	r := idle.Record(s)
	idleTurns(s, 1+3+2+1+5)
	require.Equal(t, []string{
		"spin", "spin", "spin", "yield", "yield", "park", "park", "park", "park", "park",
	}, r.Did)
	require.Equal(t, []time.Duration{1000, 2000, 4000, 5000, 5000}, r.Parks)
}

func TestBackoff_firstIdleTurnDoesNotWait(t *testing.T) {
	s := idle.Backoff()
	r := idle.Record(s)
	s.Idle(0)
	require.Empty(t, r.Did)
}

func TestBackoff_defaultsAreAgronas(t *testing.T) {
	s := idle.Backoff()
	r := idle.Record(s)
	idleTurns(s, 1+10+5+1)
	require.Equal(t, append(times(10, "spin"), times(5, "yield")...), r.Did)
	idleTurns(s, 12)
	require.Equal(t, time.Microsecond, r.Parks[0])
	require.Equal(t, 512*time.Microsecond, r.Parks[9])
	require.Equal(t, time.Millisecond, r.Parks[10])
	require.Equal(t, time.Millisecond, r.Parks[11])
}

func TestBackoff_startsOverInEveryStage(t *testing.T) {
	again := map[string]func(idle.Strategy){
		"work":  func(s idle.Strategy) { s.Idle(7) },
		"reset": func(s idle.Strategy) { s.Reset() },
	}
	for name, startOver := range again {
		t.Run(name, func(t *testing.T) {
			fresh := idle.BackoffWith(2, 2, 1000, 4000)
			want := idle.Record(fresh)
			idleTurns(fresh, 9)
			for turns := range 12 {
				s := idle.BackoffWith(2, 2, 1000, 4000)
				idle.Record(s)
				idleTurns(s, turns)
				r := idle.Record(s)
				startOver(s)
				require.Empty(t, r.Did, "after %d idle turns: starting over must not wait", turns)
				idleTurns(s, 9)
				require.Equal(t, want, r, "after %d idle turns", turns)
			}
		})
	}
}

func TestBackoff_negativeWorkIsIdle(t *testing.T) {
	s := idle.BackoffWith(1, 0, 1, 1)
	r := idle.Record(s)
	s.Idle(-4)
	s.Idle(math.MinInt)
	require.Equal(t, []string{"spin"}, r.Did)
}

func TestBackoffWith_stagesOfLengthZeroAreSkipped(t *testing.T) {
	for name, c := range map[string]struct {
		spins, yields int
		turns         int
		want          []string
	}{
		"no spins":  {0, 2, 5, []string{"yield", "yield", "park"}},
		"no yields": {2, 0, 5, []string{"spin", "spin", "park"}},
		"neither":   {0, 0, 4, []string{"park", "park"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := idle.BackoffWith(c.spins, c.yields, 1, 1)
			r := idle.Record(s)
			idleTurns(s, c.turns)
			require.Equal(t, c.want, r.Did)
		})
	}
}

func TestBackoffWith_movesArgumentsIntoRange(t *testing.T) {
	for name, c := range map[string]struct {
		spins, yields     int
		minPark, maxPark  time.Duration
		wantSpins         int
		wantYields        int
		wantMin, wantPark time.Duration
	}{
		"negative counts":     {-1, math.MinInt, 5, 6, 0, 0, 5, 6},
		"zero periods":        {1, 2, 0, 0, 1, 2, 1, 1},
		"negative periods":    {1, 2, -5, -9, 1, 2, 1, 1},
		"max less than min":   {1, 2, 50, 20, 1, 2, 50, 50},
		"everything in range": {1, 2, 3, 4, 1, 2, 3, 4},
	} {
		t.Run(name, func(t *testing.T) {
			spins, yields, minPark, maxPark, ok := idle.BackoffLimits(
				idle.BackoffWith(c.spins, c.yields, c.minPark, c.maxPark))
			require.True(t, ok)
			require.Equal(t, c.wantSpins, spins)
			require.Equal(t, c.wantYields, yields)
			require.Equal(t, c.wantMin, minPark)
			require.Equal(t, c.wantPark, maxPark)
		})
	}
}

func TestBackoffWith_hugePeriodsDoNotOverflow(t *testing.T) {
	s := idle.BackoffWith(0, 0, math.MaxInt64/2+1, math.MaxInt64)
	r := idle.Record(s)
	idleTurns(s, 6)
	require.Len(t, r.Parks, 4)
	for i, d := range r.Parks {
		require.Positive(t, d, "park %d", i)
	}
	require.Equal(t, time.Duration(math.MaxInt64), r.Parks[3])
}

func TestBackoff_reallyWaits(t *testing.T) {
	const park = 5 * time.Millisecond
	s := idle.BackoffWith(1, 1, park, park)
	start := time.Now()
	idleTurns(s, 1+1+1+1+4)
	require.GreaterOrEqual(t, time.Since(start), 4*park)
}
