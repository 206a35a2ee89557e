package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// asProgram makes the test binary the program itself, so that tests can run it as a process of its own, as demo does too.
const asProgram = "AERONGO_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	for _, name := range []string{"AERON_DIR", "AERON_EVENT_LOG"} {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	if err := os.Setenv(asProgram, "1"); err != nil {
		panic(err)
	}
	os.Exit(testdriver.Main(m))
}

// here runs a command line in this process.
func here(t *testing.T, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	code = execute(testdriver.Context(t), args, streams{in: stdin, out: &out, err: &errs})
	return code, out.String(), errs.String()
}

// process is a command line that runs as a process of its own.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	out    testdriver.Output
	errs   testdriver.Output
	done   chan struct{}
	reaped error
}

// program prepares a command line; change, if any, may alter it.
func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.WaitDelay = testdriver.Patience
	return cmd
}

// launch starts a command line with an input of its own.
func launch(t testing.TB, args ...string) *process {
	t.Helper()
	return launchCommand(t, program(args...))
}

func launchCommand(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, done: make(chan struct{})}
	cmd.Stderr = &p.errs
	if cmd.Stdout == nil {
		cmd.Stdout = &p.out
	}
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	p.stdin = stdin
	require.NoError(t, cmd.Start())
	go func() {
		defer close(p.done)
		p.reaped = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // mostly it has ended by then
		<-p.done
	})
	return p
}

// write gives the process input, and closes it if that is all.
func (p *process) write(text string, all bool) {
	p.t.Helper()
	_, err := io.WriteString(p.stdin, text)
	require.NoError(p.t, err)
	if all {
		require.NoError(p.t, p.stdin.Close())
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(s))
}

// wait waits for the end and returns the exit status.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(testdriver.Patience):
		require.FailNow(p.t, "the process does not end", "%v\nstdout: %.2000s\nstderr: %.2000s", p.cmd.Args[1:], p.out.String(), p.errs.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

// awaitOutput waits until the process has said something.
func (p *process) awaitOutput(text string) {
	p.t.Helper()
	testdriver.Await(p.t, "output "+text, func() bool {
		select {
		case <-p.done:
			require.Contains(p.t, p.out.String(), text, "it has ended: %s", p.errs.String())
		default:
		}
		return strings.Contains(p.out.String(), text)
	})
}

// aDriver runs a driver as a process of its own until the test ends, and returns its directory too.
func aDriver(t testing.TB, args ...string) (*process, string) {
	t.Helper()
	dir := testdriver.Dir(t)
	p := launch(t, append([]string{"driver", "--dir", dir, "--threading", "shared"}, args...)...)
	p.awaitOutput("\n")
	return p, dir
}

// aFile is a file of n bytes, no two of which are alike in the same place of a block.
func aFile(t *testing.T, n int) (path string, content []byte) {
	t.Helper()
	content = make([]byte, n)
	state := uint32(n) + 1
	for i := range content {
		state = state*1664525 + 1013904223
		content[i] = byte(state >> 24)
	}
	path = filepath.Join(t.TempDir(), "content")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path, content
}

// decode reads one JSON value and nothing behind it.
func decode[T any](t *testing.T, text string) (value T) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	require.NoError(t, decoder.Decode(&value), "%q", text)
	require.False(t, decoder.More(), "more than one value: %q", text)
	return value
}

// lines are the lines of an output.
func lines(text string) []string {
	var all []string
	for scanner := bufio.NewScanner(strings.NewReader(text)); scanner.Scan(); {
		all = append(all, scanner.Text())
	}
	return all
}

// canceled is a context that has ended, as after a signal.
func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// oneSentence requires an error as people want it: one line, with the program's name, that mentions what matters.
func oneSentence(t *testing.T, stderr string, mentions ...string) {
	t.Helper()
	require.Len(t, lines(stderr), 1, "%q", stderr)
	require.True(t, strings.HasPrefix(stderr, "aerongo: "), "%q", stderr)
	for _, text := range mentions {
		require.Contains(t, stderr, text)
	}
}

// clients counts the clients of the driver in dir.
func clients(t *testing.T, dir string) int {
	t.Helper()
	file, err := cncfile.Open(dir)
	require.NoError(t, err)
	defer file.Close()
	const recordLength, allocated, heartbeat = 512, 1, 11
	metadata := make([]byte, file.Header().CounterMetadataLength)
	_, err = file.ReadAt(metadata, file.Header().CounterMetadataOffset())
	require.NoError(t, err)
	n := 0
	for record := range slices.Chunk(metadata, recordLength) {
		if binary.LittleEndian.Uint32(record) == allocated && binary.LittleEndian.Uint32(record[4:]) == heartbeat {
			n++
		}
	}
	return n
}
