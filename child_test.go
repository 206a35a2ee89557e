package aeron_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// What this test binary does instead of tests when it is started again, as another user for one.
const (
	childTask = "AERONTEST_CHILD_TASK"
	childDir  = "AERONTEST_CHILD_DIR"
	nobody    = 65534
)

// runChild opens and starts a driver in a directory that it may not enter, and says what came of it; or does nothing with one of a
// profile, and says what that took.
func runChild(task string) int {
	if profile, ok := strings.CutPrefix(task, idleTask); ok {
		if err := idleWith(profile, os.Getenv(childDir)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	cfg := aeron.Config{Directory: os.Getenv(childDir), External: task == "external"}
	err := refusedStart(cfg)
	fmt.Printf("permission=%t typed=%t error=%v\n", errors.Is(err, fs.ErrPermission), isTyped(err), err)
	return 0
}

func refusedStart(cfg aeron.Config) (err error) {
	d, err := aeron.Open(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Start(context.Background())
}

func isTyped(err error) bool {
	var e *aeron.Error
	return errors.As(err, &e)
}

// asNobody starts this binary again without the rights of root, and returns what it says. If this is no root, it does as it is.
func asNobody(t *testing.T, task, dir string) string {
	t.Helper()
	var attributes *syscall.SysProcAttr
	if os.Geteuid() == 0 {
		attributes = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return asChild(t, task, dir, attributes)
}

// asChild starts this binary again for a task, and returns what it says.
func asChild(t *testing.T, task, dir string, attributes *syscall.SysProcAttr) string {
	t.Helper()
	child := exec.CommandContext(testdriver.Context(t), "/proc/self/exe")
	child.Dir = "/"
	child.Env = []string{childTask + "=" + task, childDir + "=" + dir}
	child.SysProcAttr = attributes
	var stderr strings.Builder
	child.Stderr = &stderr
	out, err := child.Output()
	require.NoError(t, err, stderr.String())
	return string(out)
}
