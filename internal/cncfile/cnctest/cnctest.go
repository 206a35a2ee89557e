// Package cnctest makes cnc.dat files for tests: well-formed ones, as a driver leaves
// them at some moment of its life, which a test may then damage. Beside them lies what tests of
// such files need: whether anything was touched, and how it looks to another user.
package cnctest

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// Spec describes a file. Valid returns a complete one; change what a test is about.
type Spec struct {
	Version               cncfile.Version
	ToDriverLength        int32
	ToClientsLength       int32
	CounterMetadataLength int32
	CounterValuesLength   int32
	ErrorLogLength        int32
	ClientLiveness        time.Duration
	StartMillis           int64
	PID                   int64
	PageSize              int32
	HeartbeatMillis       int64
	// FileLength is the file's length; 0 means as long as the lengths above need.
	FileLength int64
}

// Valid returns the smallest realistic file: that of a driver with this process's id
// whose heartbeat is at the given time.
func Valid(heartbeat time.Time) Spec {
	return Spec{
		Version:               cncfile.SupportedVersion,
		ToDriverLength:        4096 + cncfile.RingTrailerLength,
		ToClientsLength:       4096 + cncfile.BroadcastTrailerLength,
		CounterMetadataLength: 4096 * cncfile.CounterMetadataRatio,
		CounterValuesLength:   4096,
		ErrorLogLength:        4096,
		ClientLiveness:        10 * time.Second,
		StartMillis:           heartbeat.Add(-time.Minute).UnixMilli(),
		PID:                   int64(os.Getpid()),
		PageSize:              4096,
		HeartbeatMillis:       heartbeat.UnixMilli(),
	}
}

// Closed returns the file of a driver that has shut down cleanly.
func Closed() Spec {
	s := Valid(time.Now())
	s.HeartbeatMillis = cncfile.NullValue
	return s
}

// Starting returns the file of a driver that has not finished starting.
func Starting() Spec {
	s := Valid(time.Now())
	s.Version = 0
	s.HeartbeatMillis = 0
	return s
}

// Bytes returns the contents of the file, with the heartbeat where the lengths put it
// if that lies inside.
func (s Spec) Bytes() []byte {
	need := int64(cncfile.HeaderLength)
	for _, n := range []int32{
		s.ToDriverLength, s.ToClientsLength, s.CounterMetadataLength, s.CounterValuesLength, s.ErrorLogLength,
	} {
		need += int64(n)
	}
	length := s.FileLength
	if length == 0 {
		length = max(need, cncfile.HeaderLength)
	}
	b := make([]byte, max(length, cncfile.HeaderLength))
	put32 := func(offset int, v int32) { binary.LittleEndian.PutUint32(b[offset:], uint32(v)) }
	put64 := func(offset int64, v int64) { binary.LittleEndian.PutUint64(b[offset:], uint64(v)) }
	put32(cncfile.VersionOffset, int32(s.Version))
	put32(cncfile.ToDriverLengthOffset, s.ToDriverLength)
	put32(cncfile.ToClientsLengthOffset, s.ToClientsLength)
	put32(cncfile.CounterMetadataLengthOffset, s.CounterMetadataLength)
	put32(cncfile.CounterValuesLengthOffset, s.CounterValuesLength)
	put32(cncfile.ErrorLogLengthOffset, s.ErrorLogLength)
	put64(cncfile.ClientLivenessOffset, int64(s.ClientLiveness))
	put64(cncfile.StartTimestampOffset, s.StartMillis)
	put64(cncfile.PIDOffset, s.PID)
	put32(cncfile.PageSizeOffset, s.PageSize)
	at := cncfile.HeaderLength + int64(s.ToDriverLength) - cncfile.RingTrailerLength + cncfile.RingHeartbeatOffset
	if at >= cncfile.HeaderLength && at+8 <= int64(len(b)) {
		put64(at, s.HeartbeatMillis)
	}
	return b[:length]
}

// Write writes the file into dir, which exists, and returns its path.
func (s Spec) Write(t testing.TB, dir string) string {
	t.Helper()
	return WriteBytes(t, dir, s.Bytes())
}

// WriteBytes writes any bytes as dir/cnc.dat and returns its path.
func WriteBytes(t testing.TB, dir string, contents []byte) string {
	t.Helper()
	path := filepath.Join(dir, cncfile.FileName)
	require.NoError(t, os.WriteFile(path, contents, 0o600))
	return path
}

// Dir makes an empty directory of the test's own, in memory where there is such a
// place, and removes it at the end.
func Dir(t testing.TB) string {
	t.Helper()
	const shm = "/dev/shm"
	parent := ""
	if info, err := os.Stat(shm); err == nil && info.IsDir() {
		parent = shm
	}
	dir, err := os.MkdirTemp(parent, "aerongo-test-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}
