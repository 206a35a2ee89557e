//go:build unix

package nativelib

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// ownGroup puts the program in a process group of its own and makes cancellation end the whole group: cmake's death alone would
// leave ninja and its compilers writing into a directory that the next installation is about to clear.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
}

// lockFile takes the lock at path, and waits for whoever holds it; waiting is called once if so. The kernel drops the lock when
// its last holder dies, so a crash leaves nothing to clean up. Programs that are given the file hold the lock too: those that outlive a killed
// installation still write into its directories. To release it takes it from them as well.
func lockFile(ctx context.Context, path string, waiting func()) (held *os.File, release func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, nil, fmt.Errorf("make the directory of lock file %s: %w", path, err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, nil, fmt.Errorf("open lock file: %w", err)
	}
	for told := false; ; {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file, func() {
				_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) // a compiler's cache server may have it open for hours
				_ = file.Close()
			}, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			_ = file.Close()
			return nil, nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if !told && waiting != nil {
			waiting()
			told = true
		}
		select {
		case <-ctx.Done():
			_ = file.Close()
			return nil, nil, fmt.Errorf("waiting for lock %s: %w", path, context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}
