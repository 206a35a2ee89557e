//go:build !linux

package idle

import (
	"runtime"
	"time"
)

// osYield offers the core to other threads of the machine. There is no sched_yield to
// be had without cgo here; the shortest sleep lets go of the core as well.
func osYield() {
	runtime.Gosched()
	time.Sleep(time.Nanosecond)
}
