package cgo_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The kernel refuses the barrier to a process that has not registered, and Go does not here.
func TestMembarrier_isRegisteredBeforeGoRuns(t *testing.T) {
	commands, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, 0, 0, 0)
	const privateExpedited = 1 << 3
	if errno != 0 || commands&privateExpedited == 0 {
		t.Skip("this system has no membarrier: aeronc uses a mutex")
	}
	_, _, errno = unix.Syscall(unix.SYS_MEMBARRIER, privateExpedited, 0, 0)
	require.Zero(t, errno)
}
