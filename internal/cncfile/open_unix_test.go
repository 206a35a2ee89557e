//go:build unix

package cncfile_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
)

// openWithin fails the test if Open waits: a fifo has no writer, /dev/zero no end.
func openWithin(t *testing.T, dir string) error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := cncfile.Open(dir)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		require.FailNow(t, "Open does not return")
		return nil
	}
}

func TestOpen_whatIsNotARegularFile(t *testing.T) {
	for name, c := range map[string]struct {
		make  func(t *testing.T, path string)
		words string
	}{
		"fifo":                 {func(t *testing.T, path string) { require.NoError(t, syscall.Mkfifo(path, 0o600)) }, "fifo"},
		"directory":            {func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) }, "directory"},
		"link to /dev/zero":    {linkTo("/dev/zero"), "symbolic link"},
		"link to itself":       {linkTo(cncfile.FileName), "symbolic link"},
		"link to nothing":      {linkTo("/nonexistent/file"), "symbolic link"},
		"link to a valid file": {linkToValid, "symbolic link"},
		"socket":               {listen, "socket"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := cnctest.Dir(t)
			c.make(t, filepath.Join(dir, cncfile.FileName))
			err := openWithin(t, dir)
			require.ErrorIs(t, err, cncfile.ErrNotRegular)
			require.ErrorContains(t, err, c.words)
			requireNames(t, err, dir)
		})
	}
}

func linkTo(target string) func(*testing.T, string) {
	return func(t *testing.T, path string) { require.NoError(t, os.Symlink(target, path)) }
}

func linkToValid(t *testing.T, path string) {
	other := cnctest.Dir(t)
	linkTo(cnctest.Valid(time.Now()).Write(t, other))(t, path)
}

func listen(t *testing.T, path string) {
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
}

func TestOpen_withoutPermission(t *testing.T) {
	if dir, child := cnctest.ChildArgument(); child {
		requirePermissionDenied(t, dir)
		return
	}
	dir := cnctest.Dir(t)
	path := cnctest.Valid(time.Now()).Write(t, dir)
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // the file, not the directory, is closed
	require.NoError(t, os.Chmod(path, 0))
	cnctest.Unprivileged(t, dir, func(dir string) { requirePermissionDenied(t, dir) })
}

func requirePermissionDenied(t *testing.T, dir string) {
	t.Helper()
	start := time.Now()
	_, err := cncfile.Open(dir)
	require.ErrorIs(t, err, fs.ErrPermission)
	require.NotErrorIs(t, err, cncfile.ErrNotFound)
	requireNames(t, err, dir)
	require.Less(t, time.Since(start), 5*time.Second, "it says so at once, C after the driver timeout")
}
