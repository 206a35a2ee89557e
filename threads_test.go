package aeron_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// threadNames are the names of this process's threads, with their numbers.
func threadNames(t *testing.T) map[string]int {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*/comm")
	require.NoError(t, err)
	if len(tasks) == 0 {
		t.Skip("threads are looked at in /proc")
	}
	found := map[string]int{}
	for _, task := range tasks {
		if name, err := os.ReadFile(task); err == nil { // otherwise it has ended meanwhile
			found[strings.TrimSpace(string(name))]++
		}
	}
	return found
}
