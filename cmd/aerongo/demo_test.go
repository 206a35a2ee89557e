package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestDemo_JSON(t *testing.T) {
	path, content := aFile(t, 3<<20)
	sum := sha256.Sum256(content)
	code, stdout, stderr := here(t, nil, "demo", path, "--messages", "200", "--json")
	require.Equal(t, exitOK, code, stderr)
	require.Empty(t, stderr)
	report := decode[demoReport](t, stdout)
	require.Len(t, report.Runs, 2)
	require.Equal(t, "aeron:ipc", report.Runs[0].Channel)
	require.Contains(t, report.Runs[1].Channel, "aeron:udp?endpoint=127.0.0.1:")
	for _, run := range report.Runs {
		require.True(t, run.Verified)
		require.Equal(t, hex.EncodeToString(sum[:]), run.SHA256Sent)
		require.Equal(t, run.SHA256Sent, run.SHA256Received)
		require.Equal(t, int64(len(content)), run.Bytes)
		require.GreaterOrEqual(t, run.Messages, int64(40))
		require.Positive(t, run.Seconds)
	}
	for _, name := range []string{"ipc", "udp"} {
		require.Equal(t, int64(200), report.RTT[name].Count)
		require.Positive(t, report.RTT[name].P50)
	}
	for _, key := range []string{`"channel"`, `"bytes"`, `"messages"`, `"seconds"`, `"sha256_sent"`, `"sha256_received"`, `"verified"`, `"p99.9"`} {
		require.Contains(t, stdout, key)
	}
}

func TestDemo_sendsItselfAndPrintsATable(t *testing.T) {
	p := launch(t, "demo", "--messages", "100")
	require.Equal(t, exitOK, p.wait(), p.errs.String())
	require.Empty(t, p.errs.String())
	for _, text := range []string{filepath.Base(os.Args[0]), "aeron:ipc", "aeron:udp", "✓", "MiB/s", "round trip", "p99", "µs"} {
		require.Contains(t, p.out.String(), text)
	}
	require.NotContains(t, p.out.String(), "✗")
}

func TestDemo_filesThatAreEmptyOrOneByteLong(t *testing.T) {
	for _, length := range []int{0, 1} {
		path, _ := aFile(t, length)
		code, stdout, stderr := here(t, nil, "demo", path, "--messages", "1", "--json")
		require.Equal(t, exitOK, code, stderr)
		for _, run := range decode[demoReport](t, stdout).Runs {
			require.True(t, run.Verified)
			require.Equal(t, int64(length), run.Bytes)
		}
	}
}

func TestDemo_badFiles(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "missing"), t.TempDir()} {
		code, stdout, stderr := here(t, nil, "demo", path)
		require.Equal(t, exitError, code)
		require.Empty(t, stdout)
		oneSentence(t, stderr, path)
	}
}

// relay passes datagrams between a sender and a receiver on, in both directions, and lets damage have a look at those of the sender.
type relay struct {
	front, back *net.UDPConn // towards the sender, towards the receiver
	sender      atomic.Pointer[net.UDPAddr]
	damage      func([]byte) []byte
}

func newRelay(t *testing.T, damage func([]byte) []byte) (send, receive string) {
	t.Helper()
	local := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	port := testdriver.Port(t)
	front, err := net.ListenUDP("udp4", local)
	require.NoError(t, err)
	back, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: local.IP, Port: port})
	require.NoError(t, err)
	r := &relay{front: front, back: back, damage: damage}
	done := make(chan struct{}, 2)
	go func() { r.forward(); done <- struct{}{} }()
	go func() { r.backward(); done <- struct{}{} }()
	t.Cleanup(func() {
		require.NoError(t, front.Close())
		require.NoError(t, back.Close())
		<-done
		<-done
	})
	address, ok := front.LocalAddr().(*net.UDPAddr)
	require.True(t, ok)
	return loopback(address.Port), loopback(port)
}

func (r *relay) forward() {
	buffer := make([]byte, 1<<16)
	for {
		n, from, err := r.front.ReadFromUDP(buffer)
		if err != nil {
			return
		}
		r.sender.Store(from)
		if datagram := r.damage(buffer[:n]); datagram != nil {
			_, _ = r.back.Write(datagram) // refused while there is no receiver yet
		}
	}
}

func (r *relay) backward() {
	buffer := make([]byte, 1<<16)
	for {
		n, err := r.back.Read(buffer)
		if err != nil {
			if r.closed() {
				return
			}
			continue // refused, see above
		}
		if to := r.sender.Load(); to != nil {
			_, _ = r.front.WriteToUDP(buffer[:n], to)
		}
	}
}

func (r *relay) closed() bool { return r.back.SetReadDeadline(time.Time{}) != nil }

// The header of a DATA frame.
const (
	frameType   = 6
	frameHeader = 32
	typeData    = 1
)

func isData(datagram []byte) bool {
	return len(datagram) > frameHeader+100 && datagram[frameType] == typeData && datagram[frameType+1] == 0
}

func TestDemo_throughARelayThatIsHonest(t *testing.T) {
	var frames atomic.Int64
	send, receive := newRelay(t, func(datagram []byte) []byte {
		if isData(datagram) {
			frames.Add(1)
		}
		return datagram
	})
	path, _ := aFile(t, 300000)
	code, stdout, stderr := here(t, nil, "demo", path, "--udp-channel", send, "--udp-receive-channel", receive, "--messages", "1", "--json")
	require.Equal(t, exitOK, code, stderr)
	run := decode[demoReport](t, stdout).Runs[1]
	require.Equal(t, send, run.Channel)
	require.True(t, run.Verified)
	require.GreaterOrEqual(t, frames.Load(), int64(30), "it did go through the relay")
}

func TestDemo_oneDamagedByteOnTheWay(t *testing.T) {
	var damaged atomic.Bool
	send, receive := newRelay(t, func(datagram []byte) []byte {
		if isData(datagram) && damaged.CompareAndSwap(false, true) {
			datagram[frameHeader+50] ^= 1
		}
		return datagram
	})
	path, content := aFile(t, 300000)
	for _, asJSON := range []bool{true, false} {
		damaged.Store(false)
		args := []string{"demo", path, "--udp-channel", send, "--udp-receive-channel", receive, "--messages", "1", fmt.Sprintf("--json=%v", asJSON)}
		code, stdout, stderr := here(t, nil, args...)
		require.True(t, damaged.Load())
		require.Equal(t, exitError, code)
		oneSentence(t, stderr, path, send, "not what was sent")
		if !asJSON {
			require.Contains(t, stdout, "✗ differs")
			continue
		}
		runs := decode[demoReport](t, stdout).Runs
		require.True(t, runs[0].Verified, "shared memory has no relay")
		require.False(t, runs[1].Verified)
		require.Equal(t, int64(len(content)), runs[1].Bytes)
		require.NotEqual(t, runs[1].SHA256Sent, runs[1].SHA256Received)
		require.NotEmpty(t, runs[1].SHA256Received)
	}
}

func TestDemo_aWayThatBreaksDownEndsInTime(t *testing.T) {
	// What goes through is enough to connect, and then nothing more.
	var broken atomic.Bool
	send, receive := newRelay(t, func(datagram []byte) []byte {
		if isData(datagram) {
			broken.Store(true)
		}
		if broken.Load() {
			return nil
		}
		return datagram
	})
	path, _ := aFile(t, 300000)
	code, stdout, stderr := here(t, nil, "demo", path, "--udp-channel", send, "--udp-receive-channel", receive, "--messages", "1", "--timeout", "8s", "--json")
	require.True(t, broken.Load())
	require.Equal(t, exitError, code, stderr)
	run := decode[demoReport](t, stdout).Runs[1]
	require.False(t, run.Verified)
	require.Empty(t, run.SHA256Received)
	require.Contains(t, run.Error, "8s")
}

func TestDemo_nobodyIsLeftBehindByASignal(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		// A relay that passes nothing on keeps the demonstration at its second leg, where there is a child.
		var reached atomic.Bool
		send, receive := newRelay(t, func([]byte) []byte { reached.Store(true); return nil })
		path, _ := aFile(t, 1000)
		p := launch(t, "demo", path, "--udp-channel", send, "--udp-receive-channel", receive)
		testdriver.Await(t, "the second leg", reached.Load)
		children := childrenOf(t, p.cmd.Process.Pid)
		require.Len(t, children, 1)
		p.signal(s)
		require.Equal(t, exitOK, p.wait(), p.errs.String())
		require.Empty(t, p.errs.String())
		require.NoDirExists(t, fmt.Sprintf("/proc/%d", children[0]))
	}
}

func TestDemo_childrenDoNotOutliveIt(t *testing.T) {
	var reached atomic.Bool
	send, receive := newRelay(t, func([]byte) []byte { reached.Store(true); return nil })
	path, _ := aFile(t, 1000)
	p := launch(t, "demo", path, "--udp-channel", send, "--udp-receive-channel", receive)
	testdriver.Await(t, "the second leg", reached.Load)
	children := childrenOf(t, p.cmd.Process.Pid)
	require.Len(t, children, 1)
	dir := filepath.Join("/dev/shm", fmt.Sprintf("aerongo-%d", os.Geteuid()), fmt.Sprintf("aeron_demo-%d", p.cmd.Process.Pid))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) }) // a killed driver cannot
	p.signal(syscall.SIGKILL)
	p.wait()
	testdriver.Await(t, "the end of the child", func() bool {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", children[0]))
		return err != nil || bytes.Contains(state, []byte(") Z "))
	})
}

// childrenOf are the processes that a process has started. It needs /proc.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	require.NoError(t, err)
	require.NotEmpty(t, tasks)
	var children []int
	for _, task := range tasks {
		list, err := os.ReadFile(task)
		if err != nil {
			continue // a thread that has ended
		}
		for field := range bytes.FieldsSeq(list) {
			var child int
			_, err := fmt.Sscan(string(field), &child)
			require.NoError(t, err)
			children = append(children, child)
		}
	}
	return children
}

func TestDemoReceiver_aStreamThatBreaksOffIsNotTakenForAFile(t *testing.T) {
	_, dir := aDriver(t)
	receiver := launch(t, "demo-receiver", "--dir", dir, "-c", "aeron:ipc")
	pub, err := testdriver.Connect(t, dir).AddExclusivePublication(testdriver.Context(t), "aeron:ipc", demoStream)
	require.NoError(t, err)
	testdriver.Await(t, "the message is taken", func() bool {
		_, err := pub.Offer([]byte("half of it"))
		return err == nil
	})
	require.NoError(t, pub.Close())
	require.Equal(t, exitError, receiver.wait())
	require.Empty(t, receiver.out.String())
	oneSentence(t, receiver.errs.String(), "ended before the file did", "10 bytes in 1 messages")
}
