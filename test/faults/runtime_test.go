package faults

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// signalled is how much processor time a process takes that is shaken by signals: one for each millisecond.
const signalled = 200 * time.Millisecond

func signalledMessages() uint32 { return uint32(bounded(5_000, 300_000)) }

func processorTime() (time.Duration, error) {
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), err
}

// runProfiled exchanges messages in a process that is shaken by signals: a profiler's at 1 kHz and the runtime's own, by a collector that
// never rests, and by a loop that never yields on the only processor.
func runProfiled(dir string, _ []string) error {
	runtime.GOMAXPROCS(1)
	runtime.SetCPUProfileRate(1000) // pprof says that it would have taken 100, and takes this
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		return err
	}
	g, err := newTarget(dir)
	if err != nil {
		return err
	}
	var stop atomic.Bool
	var work sync.WaitGroup
	work.Go(func() {
		for !stop.Load() {
			runtime.GC()
			time.Sleep(time.Millisecond)
		}
	})
	work.Go(func() {
		for x := uint64(1); !stop.Load(); {
			for range 1 << 20 { // preempted by SIGURG alone
				x = x*6364136223846793005 + 1442695040888963407
			}
			time.Sleep(time.Millisecond)
		}
	})
	work.Go(func() {
		for !stop.Load() {
			_ = syscall.Kill(os.Getpid(), syscall.SIGURG)
			time.Sleep(500 * time.Microsecond)
		}
	})
	// Until there were both messages and signals enough: how much processor time a message takes, and so how many signals it meets, is the
	// machine's affair.
	before, err := processorTime()
	processor := time.Duration(0)
	for count := signalledMessages(); err == nil && (g.received < count || processor < signalled); {
		if err = g.exchange(500); err == nil {
			processor, err = processorTime()
			processor -= before
		}
	}
	stop.Store(true)
	work.Wait()
	pprof.StopCPUProfile()
	report(map[string]any{"messages": g.received, "profile": profile.Len(), "processor": processor.Milliseconds()})
	return errors.Join(err, g.driver.Err(), g.driver.Close(), g.socket.Close())
}

// A reliable stream is not disturbed by signals at C's threads or Go's.
func TestSignals(t *testing.T) {
	figures.Begin(t)
	said := result[map[string]float64](start(t, "profiled", shm(t)))
	require.GreaterOrEqual(t, said["messages"], float64(signalledMessages()))
	require.Positive(t, said["profile"])
	require.GreaterOrEqual(t, said["processor"], float64(signalled.Milliseconds()), "milliseconds of processor time, each with a signal")
	figures.Record(t, "messages, content checked", said["messages"])
	figures.Record(t, "milliseconds of processor time, each with a SIGPROF", said["processor"])
}

// Children that are started while drivers run hold none of their sockets, and the port is free when the driver is closed.
func TestForkExec(t *testing.T) {
	figures.Begin(t)
	d := opened(t, small(shm(t)))
	ctx := testdriver.Context(t)
	port := testdriver.Port(t)
	sub, err := d.AddSubscription(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port), 1)
	require.NoError(t, err)
	pub, err := d.AddPublication(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port), 1)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	_ = sub
	children := bounded(20, 200)
	var sleepers []*exec.Cmd
	defer func() {
		for _, c := range sleepers {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	}()
	for range children {
		c := exec.Command("sleep", "600")
		require.NoError(t, c.Start())
		sleepers = append(sleepers, c)
		// Between fork and exec the child is this program still.
		testdriver.Await(t, "the child to be sleep", func() bool {
			name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", c.Process.Pid))
			return err == nil && strings.TrimSpace(string(name)) == "sleep"
		})
		fds := fmt.Sprintf("/proc/%d/fd", c.Process.Pid)
		entries, err := os.ReadDir(fds)
		require.NoError(t, err)
		for _, e := range entries {
			to, err := os.Readlink(fds + "/" + e.Name())
			if errors.Is(err, fs.ErrNotExist) {
				continue // a file that sleep itself opened at its start, such as a library, and has closed since
			}
			require.NoError(t, err)
			require.False(t, strings.HasPrefix(to, "socket:") || strings.Contains(to, "eventpoll") || strings.Contains(to, "cnc.dat"), "the child holds %s", to)
		}
	}
	require.NoError(t, d.Close())
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	require.NoError(t, err, "the port is held by somebody")
	require.NoError(t, c.Close())
	figures.Record(t, "children", children)
}
