package aeronc_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func newDriverContext(t *testing.T, dir string) *aeronc.DriverContext {
	t.Helper()
	c, err := aeronc.NewDriverContext()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	require.NoError(t, c.SetDir(dir))
	require.NoError(t, c.SetThreadingMode(aeronc.ThreadingShared))
	require.NoError(t, c.SetCountersBufferLength(1<<20))
	require.NoError(t, c.SetDeleteOnShutdown(true))
	return c
}

func TestStartDriver_makesAPrivateDirectoryAndRemovesIt(t *testing.T) {
	c := newDriverContext(t, testdriver.Dir(t))
	d, err := aeronc.StartDriver(c)
	require.NoError(t, err)
	info, err := os.Stat(d.Dir())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	var closers sync.WaitGroup
	for range 8 {
		closers.Go(func() { require.NoError(t, d.Close()) })
	}
	closers.Wait()
	<-d.Done()
	_, err = os.Stat(d.Dir())
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = d.DoWork()
	require.ErrorIs(t, err, aeronc.ErrClosed)
}

func TestStartDriver_inEveryThreadingMode(t *testing.T) {
	for _, mode := range []aeronc.ThreadingMode{aeronc.ThreadingDedicated, aeronc.ThreadingSharedNetwork, aeronc.ThreadingShared} {
		t.Run(mode.String(), func(t *testing.T) {
			d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(mode)) })
			client := d.Connect()
			_, err := client.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
			require.NoError(t, err)
			_, err = d.DoWork()
			require.ErrorIs(t, err, aeronc.ErrInvalidArgument, "only without threads of its own")
		})
	}
	require.Equal(t, "ThreadingMode(9)", aeronc.ThreadingMode(9).String())
}

func TestStartDriver_withoutThreadsIsSteppedByTheCaller(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker)) })
	client := d.Connect()
	ctx := testdriver.Context(t)
	added := make(chan error, 1)
	go func() {
		_, err := client.AddPublication(ctx, "aeron:ipc", 1)
		added <- err
	}()
	for {
		_, err := d.DoWork()
		require.NoError(t, err)
		select {
		case err := <-added:
			require.NoError(t, err)
			return
		default:
		}
	}
}

func TestStartDriver_refusesALivingDriversDirectory(t *testing.T) {
	living := testdriver.Start(t)
	client := living.Connect()
	for _, deleteOnStart := range []bool{false, true} {
		c := newDriverContext(t, living.Dir())
		require.NoError(t, c.SetDeleteOnStart(deleteOnStart))
		_, err := aeronc.StartDriver(c)
		require.ErrorIs(t, err, aeronc.ErrDriverActive)
		require.ErrorContains(t, err, living.Dir())
		require.NoError(t, c.Close())
	}
	_, err := client.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err, "the living driver must not notice")
}

// What counts as silence is not for the newcomer's own driver timeout to say: a living driver beats once a second.
func TestStartDriver_withAShortTimeoutSparesALivingDriver(t *testing.T) {
	dir := testdriver.Dir(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestStartDriver_inAnotherProcess$", "-test.v")
	cmd.Env = append(os.Environ(), "AERONTEST_LIVING_DRIVER="+dir)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() { require.NoError(t, cmd.Wait()) }()
	defer stdin.Close()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.Contains(lines.Text(), "the driver lives") {
	}
	deadline := time.Now().Add(1500 * time.Millisecond) // more than a heartbeat
	for time.Now().Before(deadline) {
		c := newDriverContext(t, dir)
		require.NoError(t, c.SetDriverTimeout(50*time.Millisecond))
		_, err := aeronc.StartDriver(c)
		require.ErrorIs(t, err, aeronc.ErrDriverActive)
		require.NoError(t, c.Close())
	}
	require.FileExists(t, filepath.Join(dir, "cnc.dat"))
}

// The other process of the test above: a driver that lives until its standard input ends.
func TestStartDriver_inAnotherProcess(t *testing.T) {
	dir := os.Getenv("AERONTEST_LIVING_DRIVER")
	if dir == "" {
		return // only as a child of the test above
	}
	d, err := aeronc.StartDriver(newDriverContext(t, dir))
	require.NoError(t, err)
	fmt.Println("the driver lives")
	_, err = io.Copy(io.Discard, os.Stdin)
	require.NoError(t, err)
	require.NoError(t, d.Close())
}

func TestStartDriver_refusesSomebodysFiles(t *testing.T) {
	dir := testdriver.Dir(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "chapters"), 0o755))
	thesis := filepath.Join(dir, "chapters", "thesis.txt")
	require.NoError(t, os.WriteFile(thesis, []byte("years of work"), 0o644))
	_, err := aeronc.StartDriver(newDriverContext(t, dir))
	require.ErrorIs(t, err, aeronc.ErrDirectoryRefused)
	text, err := os.ReadFile(thesis)
	require.NoError(t, err)
	require.Equal(t, "years of work", string(text))
}

func TestStartDriver_takesOverFromADeadDriver(t *testing.T) {
	dir := testdriver.Dir(t)
	c := newDriverContext(t, dir)
	require.NoError(t, c.SetDeleteOnShutdown(false))
	d, err := aeronc.StartDriver(c)
	require.NoError(t, err)
	require.NoError(t, d.Close())
	require.FileExists(t, filepath.Join(dir, "cnc.dat"))
	d, err = aeronc.StartDriver(newDriverContext(t, dir))
	require.NoError(t, err)
	require.NoError(t, d.Close())
}

func TestStartDriver_failingLeavesNothing(t *testing.T) {
	dir := testdriver.Dir(t)
	for name, spoil := range map[string]func(*aeronc.DriverContext) error{
		"page size":      func(c *aeronc.DriverContext) error { return c.SetFilePageSize(3) },
		"MTU":            func(c *aeronc.DriverContext) error { return c.SetMTULength(1409) },
		"term length":    func(c *aeronc.DriverContext) error { return c.SetTermBufferLength(65537) },
		"unblock":        func(c *aeronc.DriverContext) error { return c.SetPublicationUnblockTimeout(1) },
		"untethered":     func(c *aeronc.DriverContext) error { return c.SetUntetheredRestingTimeout(1) },
		"counters":       func(c *aeronc.DriverContext) error { return c.SetCountersBufferLength(1) },
		"receive buffer": func(c *aeronc.DriverContext) error { return c.SetSocketSORcvBuf(1024) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newDriverContext(t, dir)
			require.NoError(t, spoil(c))
			_, err := aeronc.StartDriver(c)
			var typed *aeronc.Error
			require.ErrorAs(t, err, &typed)
			require.Equal(t, dir, typed.Dir)
			_, err = os.Stat(filepath.Join(dir, "cnc.dat"))
			require.ErrorIs(t, err, os.ErrNotExist)
			d, err := aeronc.StartDriver(newDriverContext(t, dir))
			require.NoError(t, err, "the next start must not have to wait")
			require.NoError(t, d.Close())
		})
	}
	_, err := aeronc.StartDriver(nil)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
}

func TestDriver_hearsOfTerminationRequestsWhenAllowed(t *testing.T) {
	for _, allow := range []bool{true, false} {
		d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetAllowTermination(allow)) })
		client := d.Connect()
		require.NoError(t, aeronc.RequestDriverTermination(d.Dir(), []byte("please")))
		// The driver answers commands in order: when it has this publication it has seen the request.
		_, err := client.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
		require.NoError(t, err)
		if allow {
			<-d.TerminationRequested()
			continue
		}
		select {
		case <-d.TerminationRequested():
			t.Fatal("a request was passed on that the driver must refuse")
		default:
		}
	}
	require.ErrorIs(t, aeronc.RequestDriverTermination(testdriver.Dir(t), nil), aeronc.ErrNoDriver)
}

// A child that a program starts must not keep the driver's ports.
func TestDriver_socketsAreNotInherited(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	ctx := testdriver.Context(t)
	_, err := client.AddSubscription(ctx, testdriver.UDP(t), 1)
	require.NoError(t, err)
	_, err = client.AddPublication(ctx, testdriver.UDP(t), 1)
	require.NoError(t, err)
	out, err := exec.Command("ls", "-l", "/proc/self/fd").CombinedOutput()
	require.NoError(t, err, string(out))
	require.NotContains(t, string(out), "socket:")
	require.NotContains(t, string(out), "eventpoll")
}

// C reads a null pointer where the resolver that asks other drivers has no name or no interface.
func TestStartDriver_refusesAResolverWithoutItsInterface(t *testing.T) {
	c := newDriverContext(t, testdriver.Dir(t))
	require.NoError(t, c.SetNameResolver("driver"))
	require.NoError(t, c.SetResolverName("somebody"))
	_, err := aeronc.StartDriver(c)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	require.ErrorContains(t, err, "resolver interface")
	require.NoError(t, c.SetResolverInterface("127.0.0.1:0"))
	d, err := aeronc.StartDriver(c)
	require.NoError(t, err)
	require.NoError(t, d.Close())
}
