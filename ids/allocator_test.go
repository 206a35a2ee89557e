package ids_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/ids"
)

func pool(tb testing.TB, minimum, maximum int32) *ids.Allocator {
	tb.Helper()
	a, err := ids.New(minimum, maximum)
	require.NoError(tb, err)
	return a
}

func allocate(tb testing.TB, a *ids.Allocator) int32 {
	tb.Helper()
	id, err := a.Allocate()
	require.NoError(tb, err)
	return id
}

func drain(tb testing.TB, a *ids.Allocator) []int32 {
	tb.Helper()
	all := make([]int32, 0, a.Capacity())
	for a.Outstanding() < a.Capacity() {
		all = append(all, allocate(tb, a))
	}
	return all
}

func TestNew_rangeDecidesCapacity(t *testing.T) {
	for name, c := range map[string]struct {
		min, max    int32
		first, last int32
	}{
		"the maximum is left out":  {1, 11, 1, 10},
		"equal bounds give one id": {7, 7, 7, 7},
		"neighbours give one id":   {7, 8, 7, 7},
		"negative":                 {-10, -1, -10, -2},
		"ends before 0":            {-5, 0, -5, -1},
		"too many are cut":         {1, 1 << 20, 1, ids.MaxCapacity},
		"all positive":             {1, math.MaxInt32, 1, ids.MaxCapacity},
		"all negative":             {math.MinInt32, -1, math.MinInt32, math.MinInt32 + ids.MaxCapacity - 1},
		"at the top":               {math.MaxInt32, math.MaxInt32, math.MaxInt32, math.MaxInt32},
	} {
		t.Run(name, func(t *testing.T) {
			a := pool(t, c.min, c.max)
			all := drain(t, a)
			require.Len(t, all, a.Capacity())
			slices.Sort(all)
			require.Equal(t, c.first, all[0])
			require.Equal(t, c.last, all[len(all)-1])
			require.Len(t, slices.Compact(all), a.Capacity(), "each id once")
			require.EqualValues(t, int64(c.last)-int64(c.first)+1, a.Capacity(), "and none left out")
		})
	}
}

func TestNew_refusesRange(t *testing.T) {
	for name, c := range map[string]struct {
		min, max int32
		says     string
	}{
		"maximum below minimum": {2, 1, "maximum 1 is below minimum 2"},
		"extremes exchanged":    {math.MaxInt32, math.MinInt32, "below minimum"},
		"0 alone":               {0, 0, "contain 0"},
		"from 0":                {0, 10, "ids 0 to 9 contain 0"},
		"around 0":              {-5, 5, "ids -5 to 4 contain 0"},
		"just reaches 0":        {-5, 1, "ids -5 to 0 contain 0"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := ids.New(c.min, c.max)
			require.Nil(t, a)
			require.ErrorIs(t, err, ids.ErrInvalidRange)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestSharedPools(t *testing.T) {
	for name, c := range map[string]struct {
		pool *ids.Allocator
		n    int
	}{"sessions": {ids.Sessions, 65534}, "streams": {ids.Streams, 65533}} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.n, c.pool.Capacity())
			all := drain(t, c.pool)
			_, err := c.pool.Allocate()
			require.ErrorIs(t, err, ids.ErrExhausted)
			require.ErrorContains(t, err, name)
			require.ErrorIs(t, ids.CheckLeaks(), ids.ErrLeaked)
			for _, id := range all {
				require.NoError(t, c.pool.Free(id))
			}
			slices.Sort(all)
			require.EqualValues(t, 1, all[0])
			require.EqualValues(t, c.n, all[len(all)-1])
			require.NotContains(t, all, int32(0))
			require.NoError(t, ids.CheckLeaks())
		})
	}
}

// As upstream: on an exhausted pool, what is freed first is given out first.
func TestFree_reassignsInOrder(t *testing.T) {
	a := pool(t, 1, 7)
	drain(t, a)
	for _, id := range []int32{1, 2, 5} {
		require.NoError(t, a.Free(id))
	}
	require.Equal(t, 3, a.Outstanding())
	for _, want := range []int32{1, 2, 5} {
		require.Equal(t, want, allocate(t, a))
	}
	_, err := a.Allocate()
	require.ErrorIs(t, err, ids.ErrExhausted)
}

func TestFree_idComesBackAfterAllOthers(t *testing.T) {
	a := pool(t, 1, 1001)
	first := allocate(t, a)
	require.NoError(t, a.Free(first))
	for range a.Capacity() - 1 {
		require.NotEqual(t, first, allocate(t, a))
	}
	require.Equal(t, first, allocate(t, a))
}

func TestAllocate_tooMany(t *testing.T) {
	a := pool(t, 1, 5)
	drain(t, a)
	for range 3 {
		id, err := a.Allocate()
		require.Zero(t, id)
		require.ErrorIs(t, err, ids.ErrExhausted)
		require.ErrorContains(t, err, "4 of 4")
		require.Equal(t, 4, a.Outstanding(), "a failure counts nothing")
	}
}

func TestFree_refuses(t *testing.T) {
	a := pool(t, 10, 20)
	require.ErrorIs(t, a.Free(10), ids.ErrNotAllocated, "nothing was allocated yet")
	id := allocate(t, a)
	require.NoError(t, a.Free(id))
	err := a.Free(id)
	require.ErrorIs(t, err, ids.ErrNotAllocated, "twice")
	require.ErrorContains(t, err, "was freed before")
	for _, foreign := range []int32{0, 9, 20, -1, math.MaxInt32, math.MinInt32} {
		err := a.Free(foreign)
		require.ErrorIs(t, err, ids.ErrNotAllocated)
		require.ErrorContains(t, err, "not one of the pool's 10 to 19")
		var e *ids.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "free", e.Op)
	}
	require.Zero(t, a.Outstanding())
	require.Len(t, drain(t, a), 10, "the pool is whole")
}

func TestZeroAllocator(t *testing.T) {
	var a ids.Allocator
	_, err := a.Allocate()
	require.ErrorIs(t, err, ids.ErrExhausted)
	require.ErrorIs(t, a.Free(0), ids.ErrNotAllocated)
	require.Zero(t, a.Capacity())
	require.Zero(t, a.Outstanding())
}

func TestAllocate_buildsWhenUsed(t *testing.T) {
	a := pool(t, 1, ids.MaxCapacity)
	require.ErrorIs(t, a.Free(1), ids.ErrNotAllocated)
	require.False(t, a.Built(), "a pool that gives nothing out takes no memory")
	allocate(t, a)
	require.True(t, a.Built())
}

func TestAllocate_withoutRandomness(t *testing.T) {
	broken := errors.New("no entropy")
	a := pool(t, 1, 100)
	a.SetRandom(iotest.ErrReader(broken))
	_, err := a.Allocate()
	require.ErrorIs(t, err, broken)
	require.Zero(t, a.Outstanding())
	require.False(t, a.Built())

	a.SetRandom(rand.NewChaCha8([32]byte{}))
	allocate(t, a)
}

// Every order of a small pool comes up about as often as any other: 24 orders, 24,000 pools.
func TestAllocate_ordersAreEquallyLikely(t *testing.T) {
	seen := map[[4]int32]int{}
	source := rand.NewChaCha8([32]byte{1})
	for range 24_000 {
		a := pool(t, 1, 5)
		a.SetRandom(source)
		seen[[4]int32(drain(t, a))]++
	}
	require.Len(t, seen, 24)
	for order, n := range seen {
		require.InDelta(t, 1000, n, 200, "order %v", order) // six standard deviations
	}
}

func TestCheckLeaks_listsBothCounts(t *testing.T) {
	sessions, streams := pool(t, 1, 10), pool(t, 1, 10)
	require.NoError(t, ids.CheckLeaksOf(sessions, streams))
	s := allocate(t, sessions)
	err := ids.CheckLeaksOf(sessions, streams)
	require.ErrorIs(t, err, ids.ErrLeaked)
	require.ErrorContains(t, err, "1 session ids and 0 stream ids")
	allocate(t, streams)
	allocate(t, streams)
	require.ErrorContains(t, ids.CheckLeaksOf(sessions, streams), "1 session ids and 2 stream ids")
	require.NoError(t, sessions.Free(s))
	require.ErrorContains(t, ids.CheckLeaksOf(sessions, streams), "0 session ids and 2 stream ids")
}

// Each id is held while others run, so that a second owner would meet the first.
func TestAllocator_concurrentUse(t *testing.T) {
	const goroutines, rounds = 100, 500
	a := pool(t, 1, 2*goroutines+1)
	var (
		owners  [2*goroutines + 1]sync.Mutex
		wg      sync.WaitGroup
		doubles = make(chan int32, goroutines)
	)
	for range goroutines {
		wg.Go(func() {
			for range rounds {
				id, err := a.Allocate()
				if err != nil || !owners[id].TryLock() {
					doubles <- id
					return
				}
				runtime.Gosched()
				owners[id].Unlock()
				if err := a.Free(id); err != nil {
					doubles <- id
					return
				}
			}
		})
	}
	wg.Wait()
	close(doubles)
	for id := range doubles {
		t.Errorf("id %d was refused, or had two owners", id)
	}
	require.Zero(t, a.Outstanding())
	all := drain(t, a)
	slices.Sort(all)
	require.Len(t, slices.Compact(all), 2*goroutines)
}

func TestAllocator_randomOperationsAgainstModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	a := pool(t, 100, 164)
	var queue, held []int32
	queue = drain(t, a)
	for _, id := range queue {
		require.NoError(t, a.Free(id))
	}
	for range 20_000 {
		if r.IntN(2) == 0 {
			id, err := a.Allocate()
			if len(queue) == 0 {
				require.ErrorIs(t, err, ids.ErrExhausted)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, queue[0], id)
			queue, held = queue[1:], append(held, id)
		} else if len(held) > 0 {
			i := r.IntN(len(held))
			id := held[i]
			held = slices.Delete(held, i, i+1)
			require.NoError(t, a.Free(id))
			queue = append(queue, id)
		}
		require.Equal(t, len(held), a.Outstanding())
	}
}

func TestAllocate_allocatesNoMemoryOnceBuilt(t *testing.T) {
	a := pool(t, 1, 1000)
	allocate(t, a)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		id, err := a.Allocate()
		if err == nil {
			err = a.Free(id)
		}
		if err != nil {
			t.Error(err)
		}
	}))
}

func BenchmarkAllocateFree(b *testing.B) {
	a := pool(b, 1, math.MaxInt32)
	allocate(b, a)
	b.ReportAllocs()
	for b.Loop() {
		id, err := a.Allocate()
		if err != nil {
			b.Fatal(err)
		}
		if err := a.Free(id); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFirstAllocate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		allocate(b, pool(b, 1, math.MaxInt32))
	}
}
