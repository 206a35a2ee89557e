package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

var full = flag.Bool("full", false, "run every case at its full length")

// bounded is the first of two numbers in make test, and the second with -full.
func bounded[T any](short, long T) T {
	if *full {
		return long
	}
	return short
}

// What a child knows of its parent.
const (
	childTask = "AERONTEST_FAULTS_TASK"
	childDir  = "AERONTEST_FAULTS_DIR"
	childFull = "AERONTEST_FAULTS_FULL" // the flag: a child's arguments are the task's own
)

// tasks are what this binary does instead of tests when it is started as a child: with the driver's directory, and the arguments.
var tasks = map[string]func(dir string, args []string) error{
	"hostile": runHostile,
	"huge":    runHuge,
	"driver":  runDriver,
	"client":  runClient,

	"fullAtStart":   runFullAtStart,
	"fullAtAdd":     runFullAtAdd,
	"fullMidStream": runFullMidStream,
	"writer":        runWriter,
	"fullReceiver":  runFullReceiver,
	"receiver":      runReceiver,
	"profiled":      runProfiled,
	"deaf":          runDeaf,
	"readOnlyStart": runReadOnlyStart,
	"readOnlyAdd":   runReadOnlyAdd,
	"starts":        runStarts,
	"mapper":        runMapper,
	"newLogs":       runNewLogs,
	"flipped":       runFlipped,
	"flippedCnC":    runFlippedCnC,
	"truncatedCnC":  runTruncatedCnC,
}

func TestMain(m *testing.M) {
	if name := os.Getenv(childTask); name != "" {
		*full = os.Getenv(childFull) == "true"
		err := fmt.Errorf("no task %q", name)
		if task, ok := tasks[name]; ok {
			err = task(os.Getenv(childDir), os.Args[1:])
		}
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := testdriver.Main(m)
	if err := aeron.CheckLeaks(); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// child is this binary, running a task.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	ended chan struct{}
	mu    sync.Mutex
	log   strings.Builder
	err   error // of Wait, once ended
}

// start runs a task in a child, which dies with the test.
func start(t *testing.T, task, dir string, args ...string) *child {
	t.Helper()
	return startWith(t, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}, task, dir, args...)
}

// startWith runs it with attributes of its own.
func startWith(t *testing.T, attributes *syscall.SysProcAttr, task, dir string, args ...string) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command("/proc/self/exe", args...), lines: make(chan string, 1024), ended: make(chan struct{})}
	c.cmd.Dir = "/"
	c.cmd.Env = append(os.Environ(), childTask+"="+task, childDir+"="+dir, childFull+"="+strconv.FormatBool(*full), "GOTRACEBACK=none")
	c.cmd.SysProcAttr = attributes
	out, write, err := os.Pipe()
	require.NoError(t, err)
	c.cmd.Stdout, c.cmd.Stderr = write, write
	c.in, err = c.cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, c.cmd.Start())
	require.NoError(t, write.Close())
	go c.read(out)
	t.Cleanup(func() {
		c.kill()
		<-c.ended
	})
	return c
}

func (c *child) read(out *os.File) {
	defer close(c.ended)
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		c.mu.Lock()
		fmt.Fprintln(&c.log, scanner.Text())
		c.mu.Unlock()
		select {
		case c.lines <- scanner.Text():
		default:
		}
	}
	c.err = c.cmd.Wait()
	_ = out.Close()
}

func (c *child) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

// expect waits for a line that begins so, and returns the rest of it.
func (c *child) expect(prefix string) string {
	c.t.Helper()
	timeout := time.After(bounded(2*time.Minute, 30*time.Minute)) // a million frames take two minutes of a machine that does nothing else
	for {
		select {
		case line := <-c.lines:
			if rest, ok := strings.CutPrefix(line, prefix); ok {
				return strings.TrimSpace(rest)
			}
		case <-c.ended:
			if len(c.lines) == 0 {
				require.FailNow(c.t, "the child has ended", "while %q was expected: %v\n%s", prefix, c.err, c.output())
			}
		case <-timeout:
			require.FailNow(c.t, "the child does not answer", "%q was expected\n%s", prefix, c.output())
		}
	}
}

// told waits for a line as expect does, or for the end of the child.
func (c *child) told(prefix string) (rest string, alive bool) {
	c.t.Helper()
	for {
		select {
		case line := <-c.lines:
			if rest, ok := strings.CutPrefix(line, prefix); ok {
				return strings.TrimSpace(rest), true
			}
		case <-c.ended:
			if len(c.lines) == 0 {
				return "", false
			}
		}
	}
}

// last is the end of what the child has printed.
func (c *child) last() string {
	out := c.output()
	return out[max(0, len(out)-500):]
}

// tell writes a line to the child.
func (c *child) tell(line string) {
	c.t.Helper()
	_, err := fmt.Fprintln(c.in, line)
	require.NoError(c.t, err)
}

func (c *child) signal(s syscall.Signal) {
	c.t.Helper()
	require.NoError(c.t, c.cmd.Process.Signal(s))
}

func (c *child) kill() {
	select {
	case <-c.ended:
	default:
		_ = c.cmd.Process.Kill()
	}
}

// succeed waits for the child to end well.
func (c *child) succeed() {
	c.t.Helper()
	select {
	case <-c.ended:
		require.NoError(c.t, c.err, c.output())
	case <-time.After(bounded(2*time.Minute, 20*time.Minute)):
		require.FailNow(c.t, "the child does not end", "%s", c.output())
	}
}

// report is how a task says what it measured; result is how the test reads it.
func report(value any) {
	text, err := json.Marshal(value)
	if err != nil {
		text = []byte(err.Error())
	}
	fmt.Printf("report %s\n", text)
}

func result[T any](c *child) (value T) {
	c.t.Helper()
	require.NoError(c.t, json.Unmarshal([]byte(c.expect("report ")), &value))
	c.succeed()
	return value
}

// small is a driver of little memory in a directory.
func small(dir string) aeron.Config {
	return aeron.Config{
		Directory: dir, Threading: aeron.Shared, TermLength: 64 << 10, IPCTermLength: 64 << 10, ClientIdle: 200 * time.Microsecond,
		Settings: "timer_interval_ns=20ms",
	}
}

// opened opens and starts a driver, until the test ends.
func opened(t *testing.T, cfg aeron.Config) *aeron.Driver {
	t.Helper()
	d, err := aeron.Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	require.NoError(t, d.Start(testdriver.Context(t)))
	return d
}

// begun is a driver that a child has opened and started. Nothing is left of one that does not start.
func begun(ctx context.Context, cfg aeron.Config) (*aeron.Driver, error) {
	d, err := aeron.Open(cfg)
	if err != nil {
		return nil, err
	}
	if err := d.Start(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// patience is a context for what a child waits for.
func patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), testdriver.Patience)
}

// await waits in a child until condition holds.
func await(what string, condition func() bool) error {
	deadline := time.Now().Add(testdriver.Patience)
	for pause := 20 * time.Microsecond; !condition(); pause = min(2*pause, time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("waited in vain: %s", what)
		}
		time.Sleep(pause)
	}
	return nil
}

// passing says that an offer may be tried again.
func passing(err error) bool {
	return errors.Is(err, aeron.ErrBackPressured) || errors.Is(err, aeron.ErrAdminAction) || errors.Is(err, aeron.ErrNotConnected)
}
