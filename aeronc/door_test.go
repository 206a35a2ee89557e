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
						if atomic.LoadUint32(&d.shutting) != 0 {
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
