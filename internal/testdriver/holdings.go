package testdriver

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Holdings are what a process has of the system.
type Holdings struct{ Threads, Descriptors, Mappings int }

// Held is what this process has now.
func Held(tb testing.TB) Holdings {
	tb.Helper()
	count := func(dir string) int {
		entries, err := os.ReadDir(dir)
		require.NoError(tb, err)
		return len(entries)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(tb, err)
	return Holdings{Threads: count("/proc/self/task"), Descriptors: count("/proc/self/fd"), Mappings: bytes.Count(maps, []byte("\n"))}
}
