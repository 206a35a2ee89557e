package idle_test

import (
	"fmt"
	"time"

	"github.com/aeroncgo/aeron/idle"
)

// work stands for a poll: it finds something in the third turn.
func work(turn int) int {
	if turn == 3 {
		return 1
	}
	return 0
}

// A loop that is fast while messages flow and quiet when none do.
func ExampleBackoff() {
	idler := idle.Backoff()
	for turn := 1; ; turn++ {
		n := work(turn)
		if n > 0 {
			fmt.Println("found work in turn", turn)
			return
		}
		idler.Idle(n)
	}
	// Output: found work in turn 3
}

// Longer spinning for lower latency, and a longer sleep for a quieter machine.
func ExampleBackoffWith() {
	idler := idle.BackoffWith(1000, 50, 10*time.Microsecond, 10*time.Millisecond)
	idler.Idle(0)
	idler.Reset() // a new phase of waiting begins
}

// A latency-critical loop that shares its core with the media driver's threads.
func ExampleYield() {
	idler := idle.Yield()
	turns := 0
	for work(turns) == 0 {
		idler.Idle(0)
		turns++
	}
	fmt.Println(turns, "turns")
	// Output: 3 turns
}

func ExampleByName() {
	_, err := idle.ByName("sleep:soon")
	fmt.Println(err)
	// Output: idle: strategy "sleep:soon": duration "soon": time: invalid duration "soon"
}
