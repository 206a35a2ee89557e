package idle

import (
	"runtime"
	"time"
)

// The values that Backoff uses, which are Agrona's (Aeron's Java side). The C client
// differs in one: it yields 20 times.
const (
	DefaultMaxSpins  = 10
	DefaultMaxYields = 5
	DefaultMinPark   = time.Microsecond
	DefaultMaxPark   = time.Millisecond
)

// Backoff returns a Strategy that spins first, then yields to other threads, then
// sleeps for 1 µs, 2 µs, 4 µs … up to 1 ms. Work starts it over. It is the one to use
// in doubt: it costs next to nothing when idle and reacts fast while messages flow.
//
// It is BackoffWith(DefaultMaxSpins, DefaultMaxYields, DefaultMinPark, DefaultMaxPark).
func Backoff() Strategy {
	return BackoffWith(DefaultMaxSpins, DefaultMaxYields, DefaultMinPark, DefaultMaxPark)
}

// BackoffWith returns a Strategy that, from the first idle turn on, spins maxSpins
// times, yields to other threads maxYields times, and then sleeps, each time twice as
// long as before, from minPark up to maxPark. (Two turns do nothing but change from
// one stage to the next: the first one, and the one before the first sleep.)
//
// A value out of range is moved to the nearest one in range: maxSpins and maxYields
// to at least 0, minPark to at least 1 ns, maxPark to at least minPark.
func BackoffWith(maxSpins, maxYields int, minPark, maxPark time.Duration) Strategy {
	minPark = max(minPark, 1)
	return &backoff{
		maxSpins:  max(maxSpins, 0),
		maxYields: max(maxYields, 0),
		minPark:   minPark,
		maxPark:   max(maxPark, minPark),
		act:       osActions{},
	}
}

// stage is where a backoff stands.
type stage uint8

const (
	notIdle stage = iota
	spinning
	yielding
	parking
)

// actions are the three ways to wait; tests record them instead of waiting.
type actions interface {
	spin()
	yield()
	park(d time.Duration)
}

type osActions struct{}

func (osActions) spin() { spin(spinLength) }

func (osActions) yield() {
	runtime.Gosched()
	osYield()
}

func (osActions) park(d time.Duration) { time.Sleep(d) }

type backoff struct {
	act              actions
	maxSpins         int
	maxYields        int
	minPark, maxPark time.Duration
	spins, yields    int
	nextPark         time.Duration
	stage            stage
	_                [64]byte // see yielder
}

// Idle follows Agrona's BackoffIdleStrategy and C's aeron_idle_strategy_backoff_idle
// stage by stage, with one difference: maxSpins spins are made, not one fewer or one
// more by the counting of the turns between stages.
func (b *backoff) Idle(workCount int) {
	if workCount > 0 {
		b.stage = notIdle
		return
	}
	switch b.stage {
	case notIdle:
		b.spins, b.yields, b.nextPark = 0, 0, b.minPark
		b.stage = spinning
	case spinning:
		if b.spins < b.maxSpins {
			b.spins++
			b.act.spin()
			return
		}
		b.stage = yielding
		b.yieldOrPark()
	case yielding:
		b.yieldOrPark()
	case parking:
		b.act.park(b.nextPark)
		// Compare before doubling: a period near the maximum of the type must not
		// overflow.
		if b.nextPark > b.maxPark/2 {
			b.nextPark = b.maxPark
		} else {
			b.nextPark *= 2
		}
	}
}

func (b *backoff) yieldOrPark() {
	if b.yields < b.maxYields {
		b.yields++
		b.act.yield()
		return
	}
	b.stage = parking
}

func (b *backoff) Reset() { b.stage = notIdle }
