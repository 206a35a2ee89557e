package aeronc

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// enterQuickly enters as an offer does.
func (g *gate) enterQuickly() bool {
	o, at := g.owner.Load(), piece()
	if o.here(at) {
		if o.enter() {
			return true
		}
		o.leave()
	}
	return g.enterFrom(at)
}

// alone enters, checks that nobody else is inside, and leaves. inside is plain, for the race detector.
func alone(t *testing.T, g *gate, inside *int) bool {
	if !g.enterQuickly() {
		return false
	}
	if *inside++; *inside != 1 {
		t.Error("not alone")
	}
	*inside--
	g.leave()
	return true
}

func TestGate_letsOneInAtATimeAndNobodyAfterShut(t *testing.T) {
	var g gate
	inside := 0
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 2000 {
				if !alone(t, &g, &inside) {
					t.Error("shut")
				}
			}
		})
	}
	writers.Wait()
	require.True(t, g.enter())
	shut := make(chan struct{})
	go func() { g.shut(); close(shut) }()
	g.leave()
	<-shut
	require.False(t, g.enter())
	g.shut()
	require.False(t, g.enter())
}

// The moment that matters: the owner writes without a fence while somebody takes the gate away from it.
func TestGate_anOwnerIsAloneWhileItLosesTheGate(t *testing.T) {
	figures.Begin(t)
	const gates = 300
	for range gates {
		var g gate
		inside := 0
		var entered atomic.Int64
		stop := make(chan struct{})
		var writers sync.WaitGroup
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				alone(t, &g, &inside)
				entered.Add(1)
			}
		})
		for entered.Load() < 100 {
			runtime.Gosched()
		}
		for range 3 {
			writers.Go(func() {
				for range 20 {
					alone(t, &g, &inside)
				}
			})
		}
		for range 20 {
			alone(t, &g, &inside)
		}
		g.shut()
		require.False(t, alone(t, &g, &inside))
		close(stop)
		writers.Wait()
		require.Zero(t, inside)
	}
	figures.Record(t, "gates that an owner lost", gates)
}

func TestGate_handedFromGoroutineToGoroutine(t *testing.T) {
	var g gate
	inside := 0
	for range 50 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 10 {
				if !alone(t, &g, &inside) {
					t.Error("shut")
				}
			}
		}()
		<-done
	}
}

// The first goroutine that sends need not be the one that goes on sending.
func TestGate_whoeverIsAloneForAWhilePassesWithoutTheMutex(t *testing.T) {
	if !biased || !barrierWorks() {
		t.Log("no owners here: the mutex is always used")
		return
	}
	stacksStay(t)
	grow(64)
	var g gate
	inside := 0
	require.True(t, alone(t, &g, &inside))
	require.Equal(t, currentStack(), g.owner.Load().stack, "the first one is the owner at once")

	for round := range 3 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range aloneFor {
				if g.owner.Load().stack == currentStack() {
					t.Errorf("round %d: the owner too early", round)
				}
				alone(t, &g, &inside)
			}
			if g.owner.Load().stack != currentStack() {
				t.Errorf("round %d: not the owner after %d passages", round, aloneFor)
			}
			if !g.enter() || g.slow {
				t.Errorf("round %d: the owner takes the mutex", round)
			}
			if g.pass(0, func() bool { return false }) != busy {
				t.Errorf("round %d: the owner is inside twice", round)
			}
			g.leave()
		}()
		<-done
		// Back here: the test's own goroutine lives on, so that the next one has another address.
		for range aloneFor {
			require.True(t, alone(t, &g, &inside))
		}
		require.Equal(t, currentStack(), g.owner.Load().stack)
	}
}

// Ownership changes hands again and again while the one who has lost it still tries.
func TestGate_isLostAndWonWhileBothWrite(t *testing.T) {
	var g gate
	inside := 0
	var writers sync.WaitGroup
	for range 2 {
		writers.Go(func() {
			for range 30 {
				for range aloneFor + 10 {
					alone(t, &g, &inside)
				}
				runtime.Gosched()
			}
		})
	}
	writers.Wait()
	require.Zero(t, inside)
}

func TestGate_goroutinesAreToldApart(t *testing.T) {
	if !biased {
		t.Log("no owners on this platform: nothing to tell apart")
		return
	}
	stacksStay(t)
	grow(64)
	mine, at := currentStack(), piece()
	require.True(t, mine.holds(at))
	require.False(t, mine.holds(mine.low>>pieceBits-1) || mine.holds(mine.high>>pieceBits) || mine.holds(0))
	require.Equal(t, mine, currentStack())
	require.Equal(t, at, piece())
	type place struct {
		stack stack
		piece uintptr
	}
	const goroutines = 500
	places, all := make(chan place), make(chan struct{})
	for range goroutines {
		go func() {
			places <- place{currentStack(), piece()}
			<-all // lives as long as the others
		}()
	}
	seen := map[uintptr]bool{at: true}
	for range goroutines {
		p := <-places
		require.True(t, p.stack.holds(p.piece), "%+v", p)
		require.Zero(t, p.stack.low%(1<<pieceBits)+p.stack.high%(1<<pieceBits), "a stack of pieces that are not whole: %+v", p)
		require.False(t, seen[p.piece], "two goroutines on one piece")
		seen[p.piece] = true
		require.False(t, p.stack.low < mine.high && mine.low < p.stack.high, "two stacks that overlap")
	}
	close(all)
	require.True(t, barrierWorks(), "this system has no membarrier: the mutex is always used")
}

// stacksStay sees to it that what a test notes of stacks stays true: where nothing is collected none is made shorter, and one that has grown
// once does not do so again.
func stacksStay(t *testing.T) {
	percent := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	runtime.GC() // one that is on its way would still shorten some
}

// grow makes the stack of the goroutine another one, if it is deep enough.
//
//go:noinline
func grow(depth int) byte {
	var frame [512]byte
	if depth > 0 {
		frame[depth%len(frame)] = grow(depth - 1)
	}
	return frame[depth/2%len(frame)]
}

// An owner that outgrows its stack inside is inside still, and what runs where its stack was is not taken for it.
func TestGate_whatRunsWhereTheOwnerWasIsNotLetIn(t *testing.T) {
	figures.Begin(t)
	if !biased || !barrierWorks() {
		t.Log("no owners here: the mutex is always used")
		return
	}
	stacksStay(t)
	for range 20 {
		var g gate
		was, leave := make(chan stack), make(chan struct{})
		var goroutines sync.WaitGroup
		goroutines.Go(func() {
			// As nobody, as an owner without a piece, and as one with; from the beginning if that took another stack.
			for n := 0; n < 3 || n < 2*aloneFor && !g.owner.Load().here(piece()); n++ {
				if !g.enterQuickly() {
					t.Error("shut")
				}
				g.leave()
			}
			here := currentStack()
			if o := g.owner.Load(); !o.here(piece()) || !o.enter() {
				t.Error("not the owner")
			}
			grow(1024)
			if here == currentStack() {
				t.Error("the stack has not grown")
			}
			was <- here
			<-leave
			g.leave()
		})
		free := <-was
		var found atomic.Int64
		all := make(chan struct{})
		for range 200 {
			started := make(chan struct{})
			goroutines.Go(func() {
				defer func() { <-all }()
				defer close(started)
				if mine := currentStack(); mine.low < free.high && free.low < mine.high {
					found.Add(1)
				}
				if g.owner.Load().here(piece()) {
					t.Error("taken for the owner")
				}
				if g.pass(piece(), never) != busy {
					t.Error("let in")
				}
			})
			<-started
		}
		close(all)
		close(leave)
		goroutines.Wait()
		t.Log(found.Load(), "ran where the owner had been")
		if found.Load() > 0 {
			figures.Record(t, "goroutines that ran where an owner had been", found.Load())
			return
		}
	}
	t.Fatal("nobody ran where an owner had been: the test has shown nothing")
}

// Whoever outgrows its stack is another one for the gate.
func TestGate_anOwnerThatGetsAnotherStack(t *testing.T) {
	if !biased || !barrierWorks() {
		t.Log("no owners here: the mutex is always used")
		return
	}
	for range 50 {
		var g gate
		inside := 0
		var goroutines sync.WaitGroup
		for range 8 {
			goroutines.Go(func() {
				for round := range aloneFor + 40 {
					if !g.enterQuickly() {
						t.Error("shut")
						return
					}
					if inside++; inside != 1 {
						t.Error("not alone")
					}
					if round%300 == 3 {
						grow(1 << (round / 300)) // 512 bytes to 4 KiB more than before
					}
					inside--
					g.leave()
				}
			})
		}
		goroutines.Wait()
		require.Zero(t, inside)
		require.True(t, g.enter())
		g.leave()
	}
}
