package aeronc

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// The moment that matters: goroutines pass with plain stores while the door is shut. Nobody is inside once shut has returned.
func TestDoor_nobodyIsInsideOnceItIsShut(t *testing.T) {
	if !biased || !barrierWorks() {
		require.Nil(t, (&door{}).enter(), "without the barrier nobody has an entry, and calls are counted")
		return
	}
	for range 50 {
		d := &door{}
		var inside, passed atomic.Int64
		var isShut atomic.Bool
		var goroutines sync.WaitGroup
		for range 4 {
			goroutines.Go(func() {
				for {
					e := d.enter()
					if e == nil {
						if d.isShut() {
							return
						}
						continue // no entry of its own: another goroutine has it
					}
					inside.Add(1)
					if isShut.Load() {
						t.Error("inside of a door that is shut")
					}
					if n := passed.Add(1); n%64 == 5 {
						grow(int(n) / 64 % 16) // who moves inside is inside still
					}
					inside.Add(-1)
					e.leave()
				}
			})
		}
		for passed.Load() < 100 {
			runtime.Gosched()
		}
		d.shut()
		isShut.Store(true)
		require.Zero(t, inside.Load())
		goroutines.Wait()
		require.Nil(t, d.enter())
		d.shut()
	}
}

func (d *door) isShut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

// get enters until there is an entry, at most as often as it takes to find out who has gone.
func (d *door) get() *entry {
	for range 3 * sweepEvery {
		if e := d.enter(); e != nil {
			return e
		}
	}
	return nil
}

// As many as there are slots have an entry at once, wherever their stacks lie. They keep it while they are there and others want one; who
// says nothing for long enough gives the place to a newcomer, and gets one again when it comes back.
func TestDoor_entriesForAllWhoCome(t *testing.T) {
	if !biased || !barrierWorks() {
		return
	}
	d := &door{}
	var goroutines sync.WaitGroup
	entries, left, steps := make(chan *entry), make(chan bool), [doorSlots]chan bool{}
	for n := range steps {
		steps[n] = make(chan bool)
		goroutines.Go(func() {
			for range steps[n] {
				e := d.get()
				entries <- e
				if e != nil {
					<-steps[n]
					e.leave()
					left <- true
				}
			}
		})
	}
	all := func() map[*entry]bool {
		got := map[*entry]bool{}
		for _, step := range steps {
			step <- true
			e := <-entries
			require.NotNil(t, e)
			got[e] = true
		}
		return got
	}
	out := func() {
		for _, step := range steps {
			step <- true
			<-left
		}
	}
	first := all()
	require.Len(t, first, doorSlots, "an entry for each, all inside")
	require.Nil(t, d.get(), "those who are inside stay")
	out()
	require.Equal(t, first, all(), "they were asked and said that they are there")
	out()
	mine := d.get()
	require.NotNil(t, mine, "nobody has come for a long time")
	require.NotContains(t, first, mine)
	mine.leave()
	for n, step := range steps { // one after the other, so that there is room
		step <- true
		e := <-entries
		require.NotNil(t, e, n)
		step <- true
		<-left
	}
	for _, step := range steps {
		close(step)
	}
	goroutines.Wait()
	d.shut()
}

// Many more than there are slots, so that entries change hands all the time: an entry lets in one at a time.
func TestDoor_crowded(t *testing.T) {
	if !biased || !barrierWorks() {
		return
	}
	d := &door{}
	var goroutines sync.WaitGroup
	var inside sync.Map // an *atomic.Int32 for each entry
	var passed, missed atomic.Int64
	for range 3 * doorSlots {
		goroutines.Go(func() {
			for !d.isShut() {
				e := d.enter()
				if e == nil {
					missed.Add(1)
					continue
				}
				count, _ := inside.LoadOrStore(e, new(atomic.Int32))
				if count.(*atomic.Int32).Add(1) != 1 {
					t.Error("two are inside by one entry")
				}
				if passed.Add(1)%64 == 0 {
					runtime.Gosched()
				}
				count.(*atomic.Int32).Add(-1)
				e.leave()
			}
		})
	}
	entries := func() (n int) {
		inside.Range(func(any, any) bool { n++; return true })
		return n
	}
	for entries() < 2*doorSlots || missed.Load() < 4*sweepEvery {
		runtime.Gosched()
	}
	d.shut()
	inside.Range(func(_, count any) bool {
		require.Zero(t, count.(*atomic.Int32).Load(), "inside of a door that is shut")
		return true
	})
	goroutines.Wait()
}

func TestDoor_anEntryBelongsToOneGoroutine(t *testing.T) {
	if !biased || !barrierWorks() {
		return
	}
	grow(64) // to what the test needs of it, so that it stays where it is
	d := &door{}
	require.Nil(t, d.enter(), "an entry is for the next time")
	mine := d.enter()
	require.NotNil(t, mine)
	require.Nil(t, d.enter(), "inside already")
	mine.leave()
	require.Same(t, mine, d.enter())
	var others sync.WaitGroup
	for range 64 {
		others.Go(func() {
			if e := d.enter(); e != nil {
				if e == mine {
					t.Error("two goroutines with one entry")
				}
				e.leave()
			}
		})
	}
	others.Wait()
	mine.leave()
	d.shut()
}
