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
