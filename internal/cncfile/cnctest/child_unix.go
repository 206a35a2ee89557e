//go:build unix

package cnctest

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Nobody is a user without any rights of its own.
const Nobody = 65534

// env tells a copy of the test program that it is one, and gives it its argument.
const env = "AERON_TEST_CHILD"

// ChildArgument is what RunChild has given, if this process is the copy that it has started.
func ChildArgument() (arg string, child bool) { return os.LookupEnv(env) }

// RunChild runs the test of that name, and no other, in a copy of this process, as the given user, and makes sure that it passes there. What
// depends on a process's user or umask cannot be tried here: both are the whole process's.
func RunChild(t testing.TB, name, arg string, uid int) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+name+"$", "-test.v")
	cmd.Env = append(os.Environ(), env+"="+arg)
	cmd.Dir = "/"
	if uid != os.Geteuid() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "--- PASS: "+name)
}

// Unprivileged runs f, with which the test begins, as a user whom permissions bind: this one or, as they do not bind root, Nobody in a
// copy of this process.
func Unprivileged(t testing.TB, dir string, f func(dir string)) {
	t.Helper()
	if arg, child := ChildArgument(); child {
		f(arg)
		return
	}
	if os.Geteuid() == 0 {
		RunChild(t, t.Name(), dir, Nobody)
		return
	}
	f(dir)
}
