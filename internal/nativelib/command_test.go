package nativelib_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
	"github.com/aeroncgo/aeron/internal/nativelib/nativetest"
)

func TestLockFile_oneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "lock")
	_, release, err := nativelib.LockFile(t.Context(), path, func() { require.Fail(t, "nobody holds it") })
	require.NoError(t, err)

	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, _, err = nativelib.LockFile(ctx, path, func() { cancel(why) })
	require.ErrorIs(t, err, why)
	require.ErrorContains(t, err, "waiting for lock "+path)

	// The waiter goes on when the holder lets go, and is told once that it waits.
	told := 0
	_, second, err := nativelib.LockFile(t.Context(), path, func() { told++; release() })
	require.NoError(t, err)
	require.Equal(t, 1, told)
	second()
	_, third, err := nativelib.LockFile(t.Context(), path, nil)
	require.NoError(t, err)
	third()
	require.FileExists(t, path, "removing it would let two hold it")
}

// A killed installation leaves its compilers behind, which write where the next one does.
func TestLockFile_isHeldByWhatOutlivesItsHolder(t *testing.T) {
	if path := os.Getenv("NATIVETEST_HOLD"); path != "" { // in the process that is killed
		held, _, err := nativelib.LockFile(t.Context(), path, nil)
		require.NoError(t, err)
		_, err = nativelib.RunHolding(t.Context(), held, "compile")
		require.NoError(t, err)
		return
	}
	m := nativetest.New(t)
	m.Tool("compile", `echo $$ > "$NATIVETEST/compiler.new" && mv "$NATIVETEST/compiler.new" "$NATIVETEST/compiler"; exec sleep 600`)
	path := filepath.Join(m.Home, "lock")
	holder := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	holder.Env = append(os.Environ(), "NATIVETEST_HOLD="+path)
	require.NoError(t, holder.Start())
	t.Cleanup(func() { _ = holder.Process.Kill() })
	var compiler int
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(m.Home, "compiler"))
		if err != nil {
			return false
		}
		compiler, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	}, 20*time.Second, 5*time.Millisecond)
	require.NoError(t, holder.Process.Kill())
	require.Error(t, holder.Wait())
	waited := 0
	_, release, err := nativelib.LockFile(t.Context(), path, func() {
		waited++
		require.NoError(t, syscall.Kill(compiler, syscall.SIGKILL))
	})
	require.NoError(t, err)
	require.Equal(t, 1, waited)
	release()
}

func TestInstall_upToDateNeedsNoLock(t *testing.T) {
	m := nativetest.New(t)
	done := install(t, m, nativelib.InstallOptions{})
	// Nobody can open this one, as others cannot open root's.
	require.NoError(t, os.Remove(nativelib.LockPath(done.Layout)))
	require.NoError(t, os.Mkdir(nativelib.LockPath(done.Layout), 0o755))
	require.False(t, install(t, m, nativelib.InstallOptions{}).Built)
	m.Write(filepath.Join(done.Layout.LibDir(), "libaeron_native.a"), "damaged")
	_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{})
	require.ErrorContains(t, err, "cannot be locked")
}

func TestLockFile_thatCannotBeMade(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, _, err := nativelib.LockFile(t.Context(), filepath.Join(file, "lock"), nil)
	require.ErrorContains(t, err, "make the directory of lock file "+filepath.Join(file, "lock"))
	_, _, err = nativelib.LockFile(t.Context(), dir, nil)
	require.ErrorContains(t, err, "open lock file")

	m := nativetest.New(t)
	m.Write(filepath.Join(m.Root, "vendor-c", "build"), "a file where the build goes")
	_, err = nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{})
	require.ErrorIs(t, err, nativelib.ErrPrefix)
	require.ErrorContains(t, err, "name another with --prefix")
}

func TestCommand(t *testing.T) {
	m := nativetest.New(t)
	m.Tool("talk", `echo out; echo err >&2`)
	m.Tool("fail", `for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do echo line$n >&2; done; echo why >&2; exit 3`)
	m.Tool("mute", `exit 4`)
	var tee bytes.Buffer
	out, err := nativelib.RunCommand(t.Context(), &tee, 0, "talk")
	require.NoError(t, err)
	require.Equal(t, "out\n", out, "what it prints as an error is no answer")
	require.ElementsMatch(t, []string{"out", "err"}, strings.Fields(tee.String()))

	_, err = nativelib.RunCommand(t.Context(), nil, 3, "fail")
	require.EqualError(t, err, "fail: exit status 3\nline13\nline14\nwhy")
	_, err = nativelib.RunCommand(t.Context(), nil, 0, "fail")
	require.ErrorContains(t, err, "exit status 3\nline4\n")
	_, err = nativelib.RunCommand(t.Context(), nil, 0, "mute")
	require.EqualError(t, err, "mute: exit status 4")
	_, err = nativelib.RunCommand(t.Context(), nil, 0, "no-such-program")
	require.ErrorContains(t, err, "no-such-program")

	why := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err = nativelib.RunCommand(ctx, nil, 0, "talk")
	require.ErrorIs(t, err, why)
	require.ErrorContains(t, err, "talk was interrupted")
}

func TestLastLines(t *testing.T) {
	for _, test := range []struct {
		text string
		n    int
		want string
	}{{"", 3, ""}, {"\n\n", 3, ""}, {"a", 3, "a"}, {"a\nb\nc\n", 3, "a\nb\nc"}, {"a\nb\nc\nd", 2, "c\nd"}, {"\na\n\nb\n\n", 2, "\nb"}} {
		require.Equal(t, test.want, nativelib.LastLines(test.text, test.n), "%q", test.text)
	}
}

func TestEnvironWithout_takesWholeNames(t *testing.T) {
	t.Setenv("AERONGO_TEST", "a=b")
	t.Setenv("AERONGO_TEST_LONGER", "c")
	require.Subset(t, nativelib.EnvironWithout(), []string{"AERONGO_TEST=a=b", "AERONGO_TEST_LONGER=c"})
	env := nativelib.EnvironWithout("AERONGO_TEST", "NEVER_SET")
	require.NotContains(t, env, "AERONGO_TEST=a=b")
	require.Contains(t, env, "AERONGO_TEST_LONGER=c")
}

func TestCheckTools_oddAnswers(t *testing.T) {
	tests := []struct {
		name, tool, answer string
		state              nativelib.State
		version            string
	}{
		{"exactly the oldest", "cmake", "cmake version 3.22", nativelib.OK, "3.22"},
		{"just below it", "cmake", "cmake version 3.21.99", nativelib.TooOld, "3.21.99"},
		{"release candidate", "cmake", "cmake version 4.0.0-rc1", nativelib.OK, "4.0.0"},
		{"chatter before it", "cmake", "warning: using a wrapper\ncmake version 3.25.1\n\nCMake suite", nativelib.OK, "3.25.1"},
		{"no dot", "cmake", "cmake version 4", nativelib.Broken, ""},
		{"nothing", "cmake", "", nativelib.Broken, ""},
		{"nightly", "cargo", "cargo 1.96.0-nightly (abc 2026-01-01)", nativelib.OK, "1.96.0"},
		{"two digits are more than one", "cargo", "cargo 1.9.0", nativelib.TooOld, "1.9.0"},
		{"next major", "cargo", "cargo 2.0.0", nativelib.OK, "2.0.0"},
		{"Go from its source", "go", "devel go1.27-abcdef Mon", nativelib.OK, "1.27"},
		{"Go that is too old", "go", "go1.25.9", nativelib.TooOld, "1.25.9"},
		{"ninja without a version", "ninja", "hello", nativelib.OK, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := nativetest.New(t)
			m.Tool(test.tool, "cat <<'END'\n"+test.answer+"\nEND")
			found := tool(t, nativelib.CheckTools(t.Context(), nativelib.Settings{CC: "gcc"}, false), test.tool)
			require.Equal(t, test.state, found.State)
			require.Equal(t, test.version, found.Version)
			require.Equal(t, filepath.Join(m.Bin, test.tool), found.Path)
			require.Equal(t, test.state == nativelib.OK, found.Remedy == "", "a remedy for what is wrong, and only for that")
		})
	}
}

func TestReadSettings(t *testing.T) {
	m := nativetest.New(t)
	m.Tool("go", `echo "clang -m64"`)
	require.Equal(t, nativelib.Settings{CC: "clang -m64"}, nativelib.ReadSettings(t.Context()))
	m.Tool("go", `exit 1`)
	require.Equal(t, nativelib.Settings{CC: "gcc"}, nativelib.ReadSettings(t.Context()))
	for name, value := range map[string]string{"CC": "cc", "CFLAGS": "-O1", "CPPFLAGS": "-DX", "LDFLAGS": "-s"} {
		t.Setenv(name, value)
	}
	require.Equal(t, nativelib.Settings{CC: "cc", CFlags: "-O1", CPPFlags: "-DX", LDFlags: "-s"}, nativelib.ReadSettings(t.Context()))
	_, err := nativelib.GoEnv(t.Context(), nil, "CC")
	require.ErrorIs(t, err, nativelib.ErrTool)
	require.ErrorContains(t, err, "install Go 1.26 or newer")
	m.Tool("go", `echo hello`)
	_, err = nativelib.GoEnv(t.Context(), nil, "CC")
	require.ErrorContains(t, err, "read the answer of go env")
	m.Tool("go", `exit 1`)
	_, err = nativelib.WriteFlags(t.Context(), nativelib.Flags{})
	require.ErrorIs(t, err, nativelib.ErrFlags)
	require.ErrorContains(t, err, "export what `env` prints instead")
}
