package main

import (
	"bufio"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

// fullPipe is a pipe that takes nothing any more, and that nobody reads.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	var ends [2]int
	require.NoError(t, unix.Pipe2(ends[:], unix.O_CLOEXEC))
	unread, full := os.NewFile(uintptr(ends[0]), "unread"), os.NewFile(uintptr(ends[1]), "full")
	t.Cleanup(func() {
		require.NoError(t, unread.Close())
		require.NoError(t, full.Close())
	})
	require.NoError(t, unix.SetNonblock(ends[1], true))
	for _, length := range []int{64 << 10, 1} {
		for {
			if _, err := unix.Write(ends[1], make([]byte, length)); err != nil {
				require.ErrorIs(t, err, unix.EAGAIN)
				break
			}
		}
	}
	require.NoError(t, unix.SetNonblock(ends[1], false))
	return full
}

// Output that nobody takes holds up the end in order that a first signal asks for. A second one is the end.
func TestRun_aSecondSignalEndsItAlthoughNobodyTakesItsOutput(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		cmd := program("serve", "--dir", testdriver.Dir(t), "--listen", "127.0.0.1:0", "--allow-remote")
		cmd.Stdout = fullPipe(t)
		errs, err := cmd.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill() })    // mostly it has ended by then
		_, err = bufio.NewReader(errs).ReadString('\n') // its warning, which comes before what it says on its output
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		testdriver.Await(t, "its end", func() bool { return cmd.Process.Signal(signal) != nil }) // then it has been waited for
		require.Error(t, <-ended, "it has been killed")
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		require.True(t, ok)
		require.True(t, status.Signaled(), cmd.ProcessState)
		require.Equal(t, signal, status.Signal())
	}
}
