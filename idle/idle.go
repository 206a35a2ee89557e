package idle

import (
	"runtime"
	"time"
)

// Strategy decides how a loop waits when there was nothing to do. The strategies of
// this package may be used by one goroutine at a time; make one for each loop.
type Strategy interface {
	// Idle is called once in each turn of a loop with the amount of work that the
	// turn did. With workCount > 0 it returns at once and starts over as Reset does;
	// with 0 or less it waits as long as the strategy finds right by now.
	Idle(workCount int)

	// Reset forgets how long the loop has been idle, so that the next wait is the
	// shortest again. Call it before a new phase of waiting.
	Reset()
}

// spinLength is how many no-ops one spin takes: some tens of nanoseconds, like the
// PAUSE instruction that C uses. It keeps the loop from hammering the cache line it
// polls, which the writer needs.
const spinLength = 32

// After so many idle turns Yield also runs the Go scheduler: often while that lets
// other goroutines run, seldom while none wants to. See yielder.
const (
	goschedOften  = 8
	goschedSeldom = 1024
)

// nobodyRan is the longest that a run of the Go scheduler takes which comes straight
// back; another goroutine that gets the processor has it for longer.
const nobodyRan = 2 * time.Microsecond

// BusySpin returns a Strategy that never lets go of the core: it spins for some tens of
// nanoseconds and returns. It gives the lowest latency and costs a whole core, also
// when nothing happens. The Go scheduler can still preempt the loop (after about
// 10 ms, when GOMAXPROCS leaves no other room for a waiting goroutine); do not use it
// where a loop must share its core with the media driver.
func BusySpin() Strategy { return busySpin{} }

type busySpin struct{}

func (busySpin) Idle(workCount int) {
	if workCount <= 0 {
		spin(spinLength)
	}
}

func (busySpin) Reset() {}

// spin does nothing n times. It must not be inlined: the call is the barrier that
// keeps the compiler from removing the loop or from holding values of the caller's
// loop in registers across it.
//
//go:noinline
func spin(n int) int {
	for i := range n {
		n ^= i & 1
	}
	return n
}

// Yield returns a Strategy that offers the core to every other thread of the machine
// that wants it (sched_yield on Linux) and comes back at once if none does. The core
// shows as busy while the loop is idle, but the media driver's threads get it when
// they need it.
//
// On Linux the thread keeps its place in the Go scheduler during that call, so some of
// the idle turns also run the Go scheduler, and other goroutines make progress under
// GOMAXPROCS=1 too: every eighth turn while other goroutines take the opportunity, down
// to every 1,024th while none does: the scheduler has a lock that two such loops share,
// and an exchange that takes six turns would meet it once in forty times at every 256th.
// Where the operating system has no such call Yield runs the Go scheduler and then
// sleeps for the shortest time there is.
func Yield() Strategy { return &yielder{every: goschedOften} }

type yielder struct {
	turns, every uint16
	_            [60]byte // its own cache line: the loops of two goroutines must not share one
}

func (y *yielder) Idle(workCount int) {
	if workCount > 0 {
		return
	}
	// The count runs on through work, so that a loop that is idle every other turn
	// runs the Go scheduler as well.
	y.turns++
	if y.turns >= y.every {
		y.turns = 0
		before := time.Now()
		runtime.Gosched()
		y.took(time.Since(before))
	}
	osYield()
}

// took draws the conclusion from how long a run of the Go scheduler took. A thread that the operating system stopped meanwhile looks like a
// goroutine that ran, so that one long run says little, and several say it all.
func (y *yielder) took(d time.Duration) {
	if d > nobodyRan {
		y.every = max(y.every/2, goschedOften)
	} else {
		y.every = min(2*y.every, goschedSeldom)
	}
}

func (y *yielder) Reset() { y.turns, y.every = 0, goschedOften }

// Sleep returns a Strategy that sleeps for d in every idle turn. Linux adds about
// 60 µs to short sleeps. With d <= 0 it does not sleep: each idle turn runs the Go
// scheduler and offers the core to other threads, as Yield does.
func Sleep(d time.Duration) Strategy { return sleeper{period: d} }

type sleeper struct{ period time.Duration }

func (s sleeper) Idle(workCount int) {
	if workCount > 0 {
		return
	}
	if s.period <= 0 {
		runtime.Gosched()
		osYield()
		return
	}
	time.Sleep(s.period)
}

func (sleeper) Reset() {}
