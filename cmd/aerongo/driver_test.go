package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/mediadir"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestDriver_saysOnceThatItIsReadyAndEndsBySignal(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p, dir := aDriver(t)
		require.Equal(t, fmt.Sprintf("ready dir=%s pid=%d\n", dir, p.cmd.Process.Pid), p.out.String())
		client := testdriver.Connect(t, dir)
		require.NoError(t, client.Close())
		p.signal(s)
		require.Equal(t, exitOK, p.wait(), p.errs.String())
		require.Empty(t, p.errs.String())
		require.DirExists(t, dir, "it is kept unless --delete-on-shutdown")
	}
}

func TestDriver_JSON(t *testing.T) {
	p, dir := aDriver(t, "--json")
	ready := decode[struct {
		Dir     string
		PID     int
		Version string
	}](t, p.out.String())
	require.Equal(t, dir, ready.Dir)
	require.Equal(t, p.cmd.Process.Pid, ready.PID)
	require.NotEmpty(t, ready.Version)
}

func TestDriver_everyThreadingMode(t *testing.T) {
	for _, mode := range []string{"shared", "shared-network", "dedicated"} {
		p, dir := aDriver(t, "--threading", mode, "--delete-on-shutdown")
		testdriver.Connect(t, dir)
		p.signal(syscall.SIGTERM)
		require.Equal(t, exitOK, p.wait(), p.errs.String())
		require.NoDirExists(t, dir)
	}
}

func TestDriver_takesWhatADeadOneLeft(t *testing.T) {
	p, dir := aDriver(t)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait())
	require.FileExists(t, filepath.Join(dir, "cnc.dat"))
	for _, args := range [][]string{{}, {"--delete-on-start"}} {
		again := launch(t, append([]string{"driver", "--dir", dir, "--threading", "shared"}, args...)...)
		again.awaitOutput("ready dir=" + dir)
		again.signal(syscall.SIGTERM)
		require.Equal(t, exitOK, again.wait())
	}
}

func TestDriver_refusesADirectoryThatIsNotAerons(t *testing.T) {
	for _, args := range [][]string{{}, {"--delete-on-start"}, {"--from-env", "--delete-on-start"}} {
		dir := t.TempDir()
		path := filepath.Join(dir, "thesis.txt")
		require.NoError(t, os.WriteFile(path, []byte("years of work"), 0o600))
		p := launch(t, append([]string{"driver", "--dir", dir}, args...)...)
		require.Equal(t, exitError, p.wait())
		require.Empty(t, p.out.String())
		oneSentence(t, p.errs.String(), dir)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "years of work", string(content))
	}
}

func TestDriver_refusesALivingDriversDirectory(t *testing.T) {
	living, dir := aDriver(t)
	for _, args := range [][]string{{}, {"--delete-on-start"}, {"--from-env", "--delete-on-start"}} {
		p := launch(t, append([]string{"driver", "--dir", dir}, args...)...)
		require.Equal(t, exitError, p.wait())
		oneSentence(t, p.errs.String(), dir, fmt.Sprintf("pid %d", living.cmd.Process.Pid))
		client := testdriver.Connect(t, dir)
		require.NoError(t, client.Err(), "it must live on")
	}
}

func TestDriver_waitsUntilAKilledOneCountsAsDead(t *testing.T) {
	killed, dir := aDriver(t)
	killed.signal(syscall.SIGKILL)
	require.Equal(t, -1, killed.wait())
	again := environment(t, "AERON_DIR="+dir, "AERON_THREADING_MODE=SHARED", "AERON_DRIVER_TIMEOUT=3000")
	again.awaitOutput("ready dir=" + dir)
	oneSentence(t, again.errs.String(), dir, fmt.Sprintf("pid %d", killed.cmd.Process.Pid), "killed")
	again.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, again.wait())
}

// silent is the directory of a driver whose process is not to be seen here, and whose heartbeat is young. beat renews that.
func silent(t *testing.T) (dir string, beat func()) {
	t.Helper()
	gone := program("version")
	require.NoError(t, gone.Run())
	dir = testdriver.Dir(t)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	beat = func() {
		spec := cnctest.Valid(time.Now())
		spec.PID = int64(gone.Process.Pid)
		path := filepath.Join(dir, cncfile.FileName)
		require.NoError(t, os.WriteFile(path+".new", spec.Bytes(), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
	beat()
	return dir, beat
}

func TestDriver_doesNotWaitForOneThatLivesInAnotherContainer(t *testing.T) {
	dir, beat := silent(t)
	p := launch(t, "driver", "--dir", dir)
	testdriver.Await(t, "the wait", func() bool { return strings.Contains(p.errs.String(), "killed, it seems") })
	beat()
	require.Equal(t, exitError, p.wait())
	require.Contains(t, p.errs.String(), "in another container: its heartbeat goes on")
	require.Empty(t, p.out.String())
}

func TestDriver_aSignalEndsItsWait(t *testing.T) {
	dir, _ := silent(t)
	p := launch(t, "driver", "--dir", dir)
	testdriver.Await(t, "the wait", func() bool { return strings.Contains(p.errs.String(), "killed, it seems") })
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait(), p.errs.String())
	require.Empty(t, p.out.String())
}

func TestDriver_withoutPermission(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	p := launch(t, "driver", "--dir", filepath.Join(file, "below"))
	require.Equal(t, exitError, p.wait())
	oneSentence(t, p.errs.String(), file)
}

func TestDriver_endsByARequestThatIsAllowed(t *testing.T) {
	allowed, dir := aDriver(t, "--allow-termination")
	require.NoError(t, aeronc.RequestDriverTermination(dir, nil))
	require.Equal(t, exitOK, allowed.wait(), allowed.errs.String())

	refusing, dir := aDriver(t)
	client := testdriver.Connect(t, dir)
	require.NoError(t, aeronc.RequestDriverTermination(dir, nil))
	// The driver takes commands in order: when it has answered the next one, it has refused the request.
	s, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, client.Close())
	require.NoError(t, refusing.cmd.Process.Signal(syscall.Signal(0)), "it must not have ended")
}

// environment runs a driver as aeronmd would be run.
func environment(t *testing.T, variables ...string) *process {
	t.Helper()
	cmd := program("driver", "--from-env")
	cmd.Env = append(os.Environ(), variables...)
	return launchCommand(t, cmd)
}

func TestDriver_fromEnvironment(t *testing.T) {
	dir := testdriver.Dir(t)
	p := environment(t, "AERON_DIR="+dir, "AERON_THREADING_MODE=SHARED", "AERON_DIR_DELETE_ON_SHUTDOWN=true",
		"AERON_TERM_BUFFER_LENGTH=64k", "AERON_EVENT_LOG=all", "AERON_EVENT_LOG_FILENAME=log")
	p.awaitOutput("ready dir=" + dir)
	oneSentence(t, p.errs.String(), "warning", "AERON_EVENT_LOG", "AERON_EVENT_LOG_FILENAME", "end the process")
	pub, err := testdriver.Connect(t, dir).AddPublication(testdriver.Context(t), testdriver.UDP(t), 1)
	require.NoError(t, err)
	require.Equal(t, 64<<10, pub.Constants().TermBufferLength)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait())
	require.NoDirExists(t, dir)
}

func TestDriver_withoutFromEnvNothingButTheDirectoryComesFromThere(t *testing.T) {
	cmd := program("driver", "--threading", "shared")
	dir := testdriver.Dir(t)
	cmd.Env = append(os.Environ(), "AERON_DIR="+dir, "AERON_TERM_BUFFER_LENGTH=64k", "AERON_DIR_DELETE_ON_SHUTDOWN=true")
	p := launchCommand(t, cmd)
	p.awaitOutput("ready dir=" + dir)
	require.Empty(t, p.errs.String())
	pub, err := testdriver.Connect(t, dir).AddPublication(testdriver.Context(t), testdriver.UDP(t), 1)
	require.NoError(t, err)
	require.Equal(t, 2<<20, pub.Constants().TermBufferLength)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait())
	require.DirExists(t, dir)
}

func TestDriver_flagsWinOverTheEnvironment(t *testing.T) {
	dir := testdriver.Dir(t)
	cmd := program("driver", "--from-env", "--dir", dir, "--delete-on-shutdown=false", "--threading", "shared")
	cmd.Env = append(os.Environ(), "AERON_DIR="+testdriver.Dir(t), "AERON_DIR_DELETE_ON_SHUTDOWN=true", "AERON_THREADING_MODE=DEDICATED")
	p := launchCommand(t, cmd)
	p.awaitOutput("ready dir=" + dir)
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", p.cmd.Process.Pid))
	if errors.Is(err, os.ErrNotExist) {
		threads = nil // no Linux: the rest of the test still says something
	}
	for _, thread := range threads {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/comm", p.cmd.Process.Pid, thread.Name()))
		if err == nil { // threads come and go
			require.NotContains(t, string(name), "sender", "a dedicated thread")
		}
	}
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait())
	require.DirExists(t, dir)
}

func TestDriver_emptyDirectoryInTheEnvironmentCountsAsUnset(t *testing.T) {
	// Another user's name gives another default directory, which no living driver of this machine has.
	user := fmt.Sprintf("aerontest-%d", os.Getpid())
	t.Setenv("USER", user)
	dir := mediadir.AeronDefaultDir()
	require.Contains(t, dir, user)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	p := environment(t, "AERON_DIR=", "AERON_THREADING_MODE=SHARED")
	p.awaitOutput("ready dir=" + dir)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait())
}

func TestDriver_invokerModeOfTheEnvironmentIsStepped(t *testing.T) {
	dir := testdriver.Dir(t)
	p := environment(t, "AERON_DIR="+dir, "AERON_THREADING_MODE=INVOKER", "AERON_DRIVER_TERMINATION_VALIDATOR=allow")
	p.awaitOutput("ready dir=" + dir)
	client := testdriver.Connect(t, dir)
	_, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	require.NoError(t, client.Close())
	require.NoError(t, aeronc.RequestDriverTermination(dir, nil))
	require.Equal(t, exitOK, p.wait(), p.errs.String())
}

func TestDriver_aBadEnvironmentIsAnError(t *testing.T) {
	p := environment(t, "AERON_DIR="+testdriver.Dir(t), "AERON_TERM_BUFFER_LENGTH=12345")
	require.Equal(t, exitError, p.wait())
	oneSentence(t, p.errs.String(), "12345")
}

func TestEventLogVariables(t *testing.T) {
	require.Equal(t, []string{"AERON_EVENT_LOG", "AERON_EVENT_LOG_DISABLE"},
		eventLogVariables([]string{"AERON_DIR=x", "AERON_EVENT_LOG=", "MY_AERON_EVENT_LOG=1", "AERON_EVENT_LOG_DISABLE=a=b"}))
	require.Empty(t, eventLogVariables(strings.Fields("A=1 B=2")))
}
