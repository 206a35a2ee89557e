package faults

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

const subscriberPosition = stats.TypeSubscriberPosition

// counters is how many counters of a type a driver has.
func counters(t *testing.T, dir string, typeID int32) (n int) {
	t.Helper()
	for _, c := range everyCounter(t, dir) {
		if c.TypeID == typeID {
			n++
		}
	}
	return n
}

// everyCounter is what a driver counts.
func everyCounter(t *testing.T, dir string) (all []stats.Counter) {
	t.Helper()
	snapshot, err := stats.Open(dir)
	require.NoError(t, err)
	defer snapshot.Close()
	for c := range snapshot.Counters() {
		all = append(all, c)
	}
	return all
}

// asked is how many bytes of commands clients have written to a driver so far: nothing of their messages, nor that they live.
func asked(t *testing.T, dir string) int64 {
	t.Helper()
	f, err := cncfile.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	const fromTailToHeartbeat = 512 // in the ring's trailer; C: aeron_rb_descriptor_t
	var tail [8]byte
	_, err = f.ReadAt(tail[:], f.Header().HeartbeatOffset()-fromTailToHeartbeat)
	require.NoError(t, err)
	return int64(binary.LittleEndian.Uint64(tail[:]))
}

// awaitStopped waits until no thread of a process that was sent SIGSTOP runs any more.
func awaitStopped(t *testing.T, pid int) {
	t.Helper()
	testdriver.Await(t, "every thread of the process to stop", func() bool {
		tasks := fmt.Sprintf("/proc/%d/task", pid)
		threads, err := os.ReadDir(tasks)
		require.NoError(t, err)
		for _, thread := range threads {
			text, err := os.ReadFile(tasks + "/" + thread.Name() + "/stat")
			require.NoError(t, err)
			// "pid (name) state …", where the name may hold anything
			if !strings.HasPrefix(string(text[bytes.LastIndexByte(text, ')')+1:]), " T") {
				return false
			}
		}
		return true
	})
}
