package testdriver

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Holdings are what a process has of the system.
type Holdings struct{ Threads, Descriptors, Mappings int }

// Go keeps a thread that C has held up for long, and maps its heap as it needs it: so many more are nobody's fault, however often something is done.
const (
	SpareThreads  = 8
	SpareMappings = 24
)

// Outgrows says whether a process holds more than it held before, spare threads and mappings aside.
func (h Holdings) Outgrows(before Holdings) bool {
	return h.Descriptors > before.Descriptors || h.Mappings > before.Mappings+SpareMappings || h.Threads > before.Threads+SpareThreads
}

// Held is what this process has now.
func Held(tb testing.TB) Holdings {
	tb.Helper()
	h, err := Hold()
	require.NoError(tb, err)
	return h
}

// Hold is Held for a child, which has no test.
func Hold() (Holdings, error) {
	threads, err := os.ReadDir("/proc/self/task")
	descriptors, err2 := os.ReadDir("/proc/self/fd")
	maps, err3 := os.ReadFile("/proc/self/maps")
	return Holdings{len(threads), len(descriptors), bytes.Count(maps, []byte("\n"))}, errors.Join(err, err2, err3)
}
