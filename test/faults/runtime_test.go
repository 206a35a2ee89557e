package faults

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// How much processor time a process takes that is shaken by signals, and how many messages it exchanges, at least.
func signalledFor() time.Duration { return bounded(time.Second, 20*time.Second) }

func signalledMessages() uint32 { return uint32(bounded(5_000, 300_000)) }

// The profiler asks for a signal for each millisecond of a thread's processor time. The kernel gives one for each of its ticks, of which the
// slowest kernels have one in ten milliseconds.
const slowestTick = 10 * time.Millisecond

func processorTime() (time.Duration, error) {
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), err
}

// runProfiled exchanges messages in a process that has one processor for Go, which a collector that never rests and a loop that never yields
// want as well, under a profiler at 1 kHz. The collector begins anew when it has ended, and the loop calls nothing that gives way.
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
	fmt.Println("running")
	var stop atomic.Bool
	var collections, preempted atomic.Int64
	var work sync.WaitGroup
	work.Go(func() {
		for !stop.Load() {
			runtime.GC()
			collections.Add(1)
		}
	})
	work.Go(func() {
		for last := int64(0); !stop.Load(); { // preempted by SIGURG alone
			if n := collections.Load(); n != last {
				last = n
				preempted.Add(1)
			}
		}
	})
	// Until there were both messages and signals enough: how much processor time a message takes, and so how many signals it meets, is the
	// machine's affair.
	before, err := processorTime()
	processor := time.Duration(0)
	for err == nil && (g.received < signalledMessages() || processor < signalledFor()) {
		if err = g.exchange(500); err == nil {
			processor, err = processorTime()
			processor -= before
		}
	}
	stop.Store(true)
	work.Wait()
	pprof.StopCPUProfile()
	taken, err2 := samples(profile.Bytes())
	report(map[string]int64{
		"messages": int64(g.received), "samples": taken, "processor": processor.Milliseconds(),
		"collections": collections.Load(), "preempted": preempted.Load(),
	})
	return errors.Join(err, err2, g.driver.Err(), g.driver.Close(), g.socket.Close())
}

// samples counts those of a profile. Each is a SIGPROF that a thread has got.
func samples(profile []byte) (n int64, err error) {
	unzip, err := gzip.NewReader(bytes.NewReader(profile))
	if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(unzip)
	// profile.proto: a Profile has its Samples in field 2, and a Sample its values in field 2, the first of which is how often it was taken.
	for len(text) > 0 && err == nil {
		var number uint64
		var sample []byte
		if number, sample, text, err = field(text); err != nil || number != 2 {
			continue
		}
		for number = 0; number != 2 && len(sample) > 0 && err == nil; {
			var values []byte
			number, values, sample, err = field(sample)
			if count, size := binary.Uvarint(values); number == 2 && size > 0 {
				n += int64(count)
			}
		}
	}
	return n, err
}

// field splits a message of protocol buffers that holds numbers and what has a length, and nothing else, behind its first field.
func field(message []byte) (number uint64, value, rest []byte, err error) {
	tag, size := binary.Uvarint(message)
	rest = message[max(0, size):]
	length, lengthSize := binary.Uvarint(rest)
	if size <= 0 || lengthSize <= 0 {
		return 0, nil, nil, io.ErrUnexpectedEOF
	}
	switch kind := tag & 7; {
	case kind == 0:
		return tag >> 3, rest[:lengthSize], rest[lengthSize:], nil
	case kind != 2:
		return 0, nil, nil, fmt.Errorf("field %d is of kind %d", tag>>3, kind)
	case length > uint64(len(rest)-lengthSize):
		return 0, nil, nil, io.ErrUnexpectedEOF
	}
	rest = rest[lengthSize:]
	return tag >> 3, rest[:length], rest[length:], nil
}

// threadsOfC are the threads of a process that C has named: its driver's and its client's.
func threadsOfC(t *testing.T, pid int) (threads []int) {
	t.Helper()
	tasks := fmt.Sprintf("/proc/%d/task", pid)
	entries, err := os.ReadDir(tasks)
	require.NoError(t, err)
	own, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	require.NoError(t, err)
	for _, e := range entries {
		name, err := os.ReadFile(tasks + "/" + e.Name() + "/comm")
		require.NoError(t, err)
		if thread, err := strconv.Atoi(e.Name()); err == nil && !bytes.Equal(name, own) {
			threads = append(threads, thread)
		}
	}
	return threads
}

// A reliable stream is not disturbed by signals at C's threads or Go's: a profiler's, and those by which Go preempts, from outside.
func TestSignals(t *testing.T) {
	figures.Begin(t)
	c := start(t, "profiled", shm(t))
	c.expect("running")
	pid := c.cmd.Process.Pid
	threads := threadsOfC(t, pid)
	require.Len(t, threads, 2, "the driver's and the client's conductor")
	sent := 0
	stop := make(chan struct{})
	var shaking sync.WaitGroup
	shaking.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-c.ended: // before somebody else has its ids
				return
			case <-time.After(200 * time.Microsecond):
			}
			if unix.Tgkill(pid, threads[n%len(threads)], unix.SIGURG) == nil && syscall.Kill(pid, syscall.SIGURG) == nil {
				sent++
			}
		}
	})
	var said map[string]int64
	require.NoError(t, json.Unmarshal([]byte(c.expect("report ")), &said))
	close(stop)
	shaking.Wait()
	c.succeed()
	require.GreaterOrEqual(t, said["messages"], int64(signalledMessages()))
	require.GreaterOrEqual(t, said["processor"], signalledFor().Milliseconds())
	// Half of what the slowest kernel gives, and of what a sender would send that gets on once in as long.
	least := said["processor"] / slowestTick.Milliseconds() / 2
	require.GreaterOrEqual(t, said["samples"], least)
	require.GreaterOrEqual(t, int64(sent), least)
	require.Positive(t, said["collections"])
	require.Greater(t, said["preempted"], int64(1), "the loop and the collector did not take turns")
	figures.Record(t, "messages, content checked", said["messages"])
	figures.Record(t, "processor time", time.Duration(said["processor"])*time.Millisecond)
	figures.Record(t, "SIGPROFs that were taken, SIGURGs sent to C's threads, as many to the process", fmt.Sprintf("%d, %d", said["samples"], sent))
	figures.Record(t, "collections, those after which the loop was on again", fmt.Sprintf("%d, %d", said["collections"], said["preempted"]))
}

// An exchange is a stream of which every message is sent once and received once, in order, for as long as the test wants.
type exchange struct {
	pub      *aeron.ExclusivePublication
	sub      *aeron.Subscription
	received atomic.Int64
	ended    chan error
}

func newExchange(t *testing.T, d *aeron.Driver, channel string, stop *atomic.Bool) *exchange {
	t.Helper()
	ctx := testdriver.Context(t)
	x := &exchange{ended: make(chan error, 1)}
	var err error
	x.sub, err = d.AddSubscription(ctx, channel, 1)
	require.NoError(t, err)
	x.pub, err = d.AddExclusivePublication(ctx, channel, 1)
	require.NoError(t, err)
	require.NoError(t, x.pub.AwaitReady(ctx))
	go func() { x.ended <- x.run(stop) }()
	return x
}

// run ends with the first thing that is wrong or, once it is to stop, when everything has arrived.
func (x *exchange) run(stop *atomic.Bool) error {
	var wrong error
	wait := idle.Backoff()
	for sent := 0; wrong == nil && (!stop.Load() || int(x.received.Load()) < sent); {
		before := sent
		if !stop.Load() {
			_, err := x.pub.Offer(numbered(sent))
			if err != nil && !passing(err) {
				return err
			}
			if err == nil {
				sent++
			}
		}
		n, err := x.sub.PollMessages(func(m aeron.Message) {
			want := int(x.received.Load())
			if !bytes.Equal(m.Data(), numbered(want)) && wrong == nil {
				wrong = fmt.Errorf("message %d is not what was sent", want)
			}
			x.received.Add(1)
		}, 10)
		if err != nil {
			return err
		}
		wait.Idle(n + sent - before)
	}
	return wrong
}

// requireNothingInherited looks at what a child has open.
func requireNothingInherited(t *testing.T, pid int) {
	t.Helper()
	fds := fmt.Sprintf("/proc/%d/fd", pid)
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

// Children that are started while messages flow over UDP and IPC, each in the midst of them, hold none of the driver's sockets and disturb no
// stream. While they are still there, a driver that is closed leaves its port free, and the next one has the same port and directory.
func TestForkExec(t *testing.T) {
	figures.Begin(t)
	dir := shm(t)
	d := opened(t, small(dir))
	port := testdriver.Port(t)
	udp := fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port)
	var stop atomic.Bool
	streams := []*exchange{newExchange(t, d, udp, &stop), newExchange(t, d, "aeron:ipc", &stop)}
	children := bounded(20, 200)
	var sleepers []*exec.Cmd
	defer func() {
		for _, c := range sleepers {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	}()
	for range children {
		before := []int64{streams[0].received.Load(), streams[1].received.Load()}
		c := exec.Command("sleep", "600")
		require.NoError(t, c.Start())
		sleepers = append(sleepers, c)
		// Between fork and exec the child is this program still.
		testdriver.Await(t, "the child to be sleep", func() bool {
			name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", c.Process.Pid))
			return err == nil && strings.TrimSpace(string(name)) == "sleep"
		})
		requireNothingInherited(t, c.Process.Pid)
		testdriver.Await(t, "both streams to go on", func() bool {
			return streams[0].received.Load() > before[0] && streams[1].received.Load() > before[1]
		})
	}
	stop.Store(true)
	for _, x := range streams {
		select {
		case err := <-x.ended:
			require.NoError(t, err)
		case <-time.After(testdriver.Patience):
			require.FailNow(t, "what was sent does not arrive")
		}
	}
	require.NoError(t, d.Err())
	require.NoError(t, d.Close())
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	require.NoError(t, err, "the port is held by somebody")
	require.NoError(t, c.Close())
	requireFlowOver(testdriver.Context(t), t, opened(t, small(dir)), udp)
	for _, c := range sleepers {
		requireNothingInherited(t, c.Process.Pid) // and each is there
	}
	figures.Record(t, "children", children)
	figures.Record(t, "messages over UDP and IPC meanwhile, content checked", fmt.Sprintf("%d, %d", streams[0].received.Load(), streams[1].received.Load()))
}
