// Package testdriver gives tests a media driver and a place of their own: a private directory, free ports, conditions instead of
// sleeps, and a check that nothing is left when a test ends.
package testdriver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/freeport"
)

// Patience is how long a test waits for what must happen: far more than it takes, since machines are shared.
const Patience = 40 * time.Second

var directories atomic.Int64

// Dir is a directory for one driver, which does not exist yet. What is in it when the test ends is removed.
func Dir(tb testing.TB) string {
	tb.Helper()
	base := "/dev/shm"
	if _, err := os.Stat(base); err != nil {
		base = os.TempDir()
	}
	dir := filepath.Join(base, fmt.Sprintf("aerontest-%d-%d", os.Getpid(), directories.Add(1)))
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Errorf("removing the test's directory: %v", err)
		}
	})
	return dir
}

// File is the path of a file with a text, which goes with the test.
func File(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// Port is a UDP port of the test's own.
func Port(tb testing.TB) int {
	tb.Helper()
	port, err := freeport.UDP()
	require.NoError(tb, err)
	return port
}

// UDP is a unicast channel on a free port of 127.0.0.1.
func UDP(tb testing.TB) string {
	tb.Helper()
	return fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", Port(tb))
}

// Context ends with the test, or when its patience does.
func Context(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	tb.Cleanup(cancel)
	return ctx
}

// Await waits until condition holds.
func Await(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	deadline := time.Now().Add(Patience)
	for pause := 100 * time.Microsecond; !condition(); pause = min(2*pause, 5*time.Millisecond) {
		if time.Now().After(deadline) {
			require.FailNow(tb, "waited in vain", "%s: not in %v", what, Patience)
		}
		time.Sleep(pause)
	}
}

// Driver is a driver on one thread with small buffers, and its directory.
type Driver struct {
	*aeronc.Driver
	tb testing.TB
}

// Start runs a driver until the test ends. change, if any, may alter its context first.
func Start(tb testing.TB, change ...func(*aeronc.DriverContext)) *Driver {
	tb.Helper()
	c, err := aeronc.NewDriverContext()
	require.NoError(tb, err)
	for _, err := range []error{
		c.SetDir(Dir(tb)),
		c.SetThreadingMode(aeronc.ThreadingShared),
		c.SetTermBufferLength(64 << 10),
		c.SetIPCTermBufferLength(64 << 10),
		c.SetTermBufferSparseFile(false),
		c.SetCountersBufferLength(1 << 20),
		c.SetTimerInterval(20 * time.Millisecond), // how often it looks at what has ended
		c.SetDeleteOnShutdown(true),
	} {
		require.NoError(tb, err)
	}
	for _, f := range change {
		f(c)
	}
	d, err := aeronc.StartDriver(c)
	if err != nil {
		require.NoError(tb, c.Close())
	}
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, d.Close()) })
	return &Driver{Driver: d, tb: tb}
}

// Connect gives a client of the driver, closed when the test ends. change, if any, may alter its context first.
func (d *Driver) Connect(change ...func(*aeronc.Context)) *aeronc.Client {
	d.tb.Helper()
	return Connect(d.tb, d.Dir(), change...)
}

// Connect gives a client of the driver in dir; see [Driver.Connect].
func Connect(tb testing.TB, dir string, change ...func(*aeronc.Context)) *aeronc.Client {
	tb.Helper()
	c, err := aeronc.NewContext()
	require.NoError(tb, err)
	for _, err := range []error{c.SetDir(dir), c.SetIdleStrategyInitArgs("200us"), c.SetIdleStrategy("sleep-ns")} {
		require.NoError(tb, err)
	}
	for _, f := range change {
		f(c)
	}
	client, err := aeronc.Connect(c)
	if err != nil {
		require.NoError(tb, c.Close())
	}
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, client.Close()) })
	return client
}

// Main runs a package's tests and then fails them if anything that they opened is still open, or a directory of theirs is still there.
// For TestMain: os.Exit(testdriver.Main(m)).
func Main(m *testing.M) int {
	code := m.Run()
	if left := aeronc.Live(); left != (aeronc.Counts{}) {
		fmt.Fprintf(os.Stderr, "FAIL: tests left objects open: %+v\n", left)
		code = max(code, 1)
	}
	pattern := fmt.Sprintf("/dev/shm/aerontest-%d-*", os.Getpid())
	if dirs, err := filepath.Glob(pattern); err == nil && len(dirs) > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: tests left directories behind: %s\n", strings.Join(dirs, " "))
		code = max(code, 1)
	}
	return code
}
