package faults

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/freeport"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

const (
	hostileStream = 1001
	ownStream     = 7
	sessionLimit  = 50
)

// target is a process with a stream of its own over UDP, and a subscription that strangers reach.
type target struct {
	driver      *aeron.Driver
	pub         *aeron.ExclusivePublication
	sub, open   *aeron.Subscription
	own         stream
	control     int // the port that receivers of the own stream answer to
	data        int // the port that the own stream arrives at
	port        int // the port of the open subscription
	socket      *net.UDPConn
	received    uint32
	corrupt     int // polls of the open subscription that ended an image
	openMessage int
	hostile     int64          // bytes of what send has sent to ports that data arrives at
	attacked    ports          // that send has sent to
	still       *aeronc.Client // if any: of the same driver, and works only when it is woken

	overheard bool       // its own stream goes through a relay
	between   *relay     // that relay, which loses a little of what the publication sends
	heard     [2][]frame // there: what went to the publication, and what came from it; under between.mu
}

// outcome is what the process looks like after an attack.
type outcome struct {
	Sent, Messages, Corrupt, Images, MaxImages int
	Rejected, Invalid, NAKs                    int64 // that the driver has counted since the attack began
	Status, Answers                            int64 // status messages that it got, and that its own receivers sent
	Hostile, Arrived                           int64 // bytes that were sent, and that the driver took from its sockets beside the own stream's
	Dropped                                    int64 // datagrams that the kernel has dropped at the ports that were attacked
	Told                                       int64 // errors of receivers that the driver took
	Took                                       time.Duration
	Growth, Files                              int64 // of the process's memory and of the driver's directory, at most
	Errors                                     int   // different ones in the driver's log
}

// runHostile attacks the process that it runs in: a kind of attack, a seed, and how many datagrams.
func runHostile(dir string, args []string) error {
	seed, err := strconv.ParseUint(args[1], 10, 64)
	count, err2 := strconv.Atoi(args[2])
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	return attacked(dir, args[0], seed, count)
}

// newTarget makes one; change, if any, may alter its driver's Config.
func newTarget(dir string, change ...func(*aeron.Config)) (*target, error) {
	g := &target{}
	return g, g.begin(dir, change...)
}

func (g *target) begin(dir string, change ...func(*aeron.Config)) (err error) {
	ctx, cancel := patience()
	defer cancel()
	for _, port := range []*int{&g.control, &g.data, &g.port} {
		if *port, err = freeport.UDP(); err != nil {
			return err
		}
	}
	cfg := small(dir)
	cfg.StreamSessionLimit = sessionLimit
	cfg.ImageLivenessTimeout = 5 * time.Second // longer than a busy machine makes the process wait, or the own stream's image would go
	for _, f := range change {
		f(&cfg)
	}
	if g.driver, err = aeron.Open(cfg); err != nil {
		return err
	}
	if err := g.driver.Start(ctx); err != nil {
		return err
	}
	const control = "control=127.0.0.1:%d|control-mode=dynamic"
	if g.pub, err = g.driver.AddExclusivePublication(ctx, fmt.Sprintf("aeron:udp?"+control, g.control), ownStream); err != nil {
		return err
	}
	answers := g.control
	if g.overheard {
		if g.between, err = openRelay(g.control, 1, weather{}, weather{loss: 1. / 64}); err != nil {
			return err
		}
		g.between.watched(g.hear)
		answers = g.between.port()
	}
	if g.sub, err = g.driver.AddSubscription(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|"+control, g.data, answers), ownStream); err != nil {
		return err
	}
	if g.open, err = g.driver.AddSubscription(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", g.port), hostileStream); err != nil {
		return err
	}
	constants := g.pub.Constants()
	g.own = stream{constants.SessionID, ownStream, constants.InitialTermID, int32(constants.TermBufferLength)}
	if g.socket, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		return err
	}
	return g.pub.AwaitReady(ctx)
}

func (g *target) send(port int, f frame) error {
	n, err := g.socket.WriteToUDP(f, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	g.attacked.add(port)
	if port != g.control {
		g.hostile += int64(n)
	}
	return err
}

// ownMessage is full of what looks like headers, for those who make the driver look inside.
func ownMessage(n uint32) []byte {
	m := make(frame, 600)
	for at := 0; at < len(m); at += 4 {
		m.set(at, 0x7fffffff)
	}
	return m.set(0, int32(n))
}

// exchange sends n messages of the own stream and receives each, once and in order; the open subscription is polled too.
func (g *target) exchange(n uint32) error {
	var wrong error
	sent, last := g.received, g.received+n
	for deadline := time.Now().Add(60 * time.Second); g.received < last; {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d messages of %d received", g.received, last)
		}
		if sent < last {
			if _, err := g.pub.Offer(ownMessage(sent)); err == nil {
				sent++
			} else if !passing(err) {
				return err
			}
		}
		if _, err := g.sub.Poll(func(f aeron.Fragment) {
			if want := ownMessage(g.received); !bytes.Equal(f.Data(), want) && wrong == nil {
				wrong = fmt.Errorf("message %d is not what was sent", g.received)
			}
			g.received++
		}, 10); err != nil {
			return err
		}
		_, err := g.open.Poll(func(f aeron.Fragment) { g.openMessage += bytes.Count(f.Data(), []byte{1}) + 1 }, 100)
		switch {
		case errors.Is(err, aeron.ErrCorruptFrame):
			g.corrupt++
		case err != nil:
			return err
		}
		if g.received == sent {
			time.Sleep(20 * time.Microsecond)
		}
	}
	return wrong
}

func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return -1
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return -1
	}
	return pages * int64(os.Getpagesize())
}

// kept is what the process holds, without the garbage of the test's own loop: on a busy machine that comes to megabytes.
func kept() int64 {
	debug.FreeOSMemory()
	return resident()
}

// occupied is how many bytes the files below dir take.
func occupied(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if info, err2 := e.Info(); err == nil && err2 == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				n += stat.Blocks * 512
			}
		}
		return nil
	})
	return n
}

// attacked lets an attack of count datagrams happen, a few at a time between messages of the own stream.
func attacked(dir, kind string, seed uint64, count int) (err error) {
	g := &target{overheard: kind == "replayed"}
	if err := g.begin(dir); err != nil {
		return err
	}
	if kind == "err" {
		if err := g.connectStill(dir); err != nil {
			return err
		}
	}
	if err := g.exchange(200); err != nil {
		return err
	}
	snapshot, err := stats.Open(dir)
	if err != nil {
		return err
	}
	before, err := told(snapshot)
	if err != nil {
		return err
	}
	out, memory, own, began := outcome{}, kept(), g.received, time.Now()
	next := g.attack(kind, hostile{rand.New(rand.NewPCG(seed, 1)), stream{1 << 20, hostileStream, 100, 64 << 10}})
	look := func() {
		out.Growth = max(out.Growth, kept()-memory)
		out.MaxImages = max(out.MaxImages, len(g.open.Images()))
		out.Files = max(out.Files, occupied(dir))
	}
	for out.Sent < count {
		for range min(16, count-out.Sent) {
			if err := next(); err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
				return err
			}
			out.Sent++
		}
		if _, err := g.attacked.taken(); err != nil {
			return err
		}
		if err := g.exchange(2); err != nil {
			return fmt.Errorf("after %d datagrams: %w", out.Sent, errors.Join(err, g.driver.Err()))
		}
		if out.Sent%stillFor == 0 {
			if err := g.wake(); err != nil {
				return fmt.Errorf("after %d datagrams: %w", out.Sent, err)
			}
		}
		if out.Sent%1024 == 0 {
			look()
		}
	}
	if err := g.exchange(1000); err != nil {
		return fmt.Errorf("after the attack: %w", err)
	}
	look()
	out.Images, out.Messages, out.Corrupt, out.Hostile = len(g.open.Images()), int(g.received), g.corrupt, g.hostile
	after, err := told(snapshot)
	if err != nil {
		return err
	}
	since := func(id int32) int64 { return after[id] - before[id] }
	out.Rejected, out.Invalid = since(stats.TypeRejectedFrames), since(stats.SystemInvalidPackets)
	out.Status, out.NAKs = since(stats.SystemStatusMessagesReceived), since(stats.SystemNAKMessagesReceived)
	out.Took = time.Since(began)
	out.Answers, out.Told = since(stats.SystemStatusMessagesSent), since(stats.SystemErrorFramesReceived)
	out.Arrived = since(stats.SystemBytesReceived) - int64(g.received-own)*int64(len(ownMessage(0))+32+8)
	for range snapshot.Errors() {
		out.Errors++
	}
	if out.Dropped, err = g.attacked.taken(); err != nil {
		return err
	}
	report(out)
	err = errors.Join(g.wake(), g.still.Close(), snapshot.Close(), g.driver.Close(), g.socket.Close())
	if g.between != nil {
		err = errors.Join(err, g.between.close())
	}
	return err
}

// told gives the driver's own counters by their ids, and how many frames the guard has rejected by the type of that counter.
func told(snapshot *stats.Snapshot) (map[int32]int64, error) {
	if err := snapshot.Refresh(); err != nil {
		return nil, err
	}
	rejected, ok := snapshot.Find(stats.TypeRejectedFrames, 0)
	if !ok {
		return nil, errors.New("the driver has no counter of rejected frames")
	}
	values := map[int32]int64{stats.TypeRejectedFrames: rejected.Value}
	for _, id := range []int32{
		stats.SystemInvalidPackets, stats.SystemStatusMessagesReceived, stats.SystemStatusMessagesSent, stats.SystemNAKMessagesReceived,
		stats.SystemBytesReceived, stats.SystemErrorFramesReceived,
	} {
		values[id], _ = snapshot.System(id)
	}
	return values, nil
}

// attack gives what sends the next datagram of a kind of attack.
func (g *target) attack(kind string, h hostile) func() error {
	n := int32(0)
	switch kind {
	case "random":
		return func() error {
			if h.IntN(3) == 0 {
				return g.send(g.control, h.cut(h.toSender(g.own)))
			}
			return g.send([]int{g.port, g.data}[h.IntN(2)], h.cut(h.toReceiver()))
		}
	case "replayed":
		return g.replay(h)
	case "setup": // every one a session of its own
		return func() error {
			n++
			s := h.s
			s.session += n
			return g.send(g.port, s.setup())
		}
	case "huge": // sessions whose logs take three gigabytes each
		return func() error {
			n++
			s := h.s
			s.session += n % 20
			s.termLength = 1 << 30
			return g.send(g.port, s.setup())
		}
	case "data": // of sessions that nobody has heard of: some are asked for a SETUP
		return func() error {
			n++
			s := h.s
			s.session += n
			return g.send(g.port, s.data(0, 64))
		}
	case "status": // every one a receiver of its own
		return func() error {
			return g.send(g.control, g.own.status(g.own.initialTerm, 0, 4096, h.Int64()))
		}
	case "err": // a receiver comes to the stream and rejects it, again and again, for ever other reasons
		return func() error {
			n++
			if n%2 == 1 {
				term, offset, err := g.at()
				if err != nil {
					return err
				}
				return g.send(g.control, g.own.status(term, offset, 4096, 1))
			}
			return g.send(g.control, g.own.err(1, fmt.Sprintf("%0*d", mostErrorText, n)))
		}
	case "nak":
		return func() error {
			term, _, err := g.at()
			if err != nil {
				return err
			}
			return g.send(g.control, g.own.nak(term, h.offset(), 32*(1+h.Int32N(1024))))
		}
	}
	return func() error { return fmt.Errorf("no attack %q", kind) }
}

// at is the place in the own stream's log that the publication has come to.
func (g *target) at() (term, offset int32, err error) {
	position, err := g.pub.Position()
	length := int64(g.own.termLength)
	return g.own.initialTerm + int32(position/length), int32(position % length), err
}

// hear keeps the last datagrams of each direction.
func (g *target) hear(direction int, datagram []byte) {
	heard := g.heard[direction]
	g.heard[direction] = append(heard[max(0, len(heard)-500):], datagram)
}

// replay sends what was overheard of the own stream, to where it went: again, later, and cut off.
func (g *target) replay(h hostile) func() error {
	ports := []int{g.control, g.data}
	return func() error {
		direction := h.IntN(2)
		g.between.mu.Lock()
		heard := g.heard[direction]
		f := heard[h.IntN(len(heard))]
		g.between.mu.Unlock()
		if h.IntN(2) == 0 {
			f = f[:h.IntN(len(f))]
		}
		return g.send(ports[direction], f)
	}
}

func runAttack(t *testing.T, kind string, seed, count int) outcome {
	t.Helper()
	return result[outcome](start(t, "hostile", shm(t), kind, strconv.Itoa(seed), strconv.Itoa(count)))
}

// shm is a directory for a driver that does not exist yet, and is gone when the test ends.
func shm(t *testing.T) string {
	t.Helper()
	return filepath.Join(shmBase(t), "driver")
}

func shmBase(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "aerontest-faults-*")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// Frames of every kind, made up at random with seeds of their own, reach every port of a driver that a stream goes on through.
func TestHostileFrames(t *testing.T) {
	figures.Begin(t)
	count := bounded(10_000, 1_000_000)
	sent, ended, rejected, growth := 0, 0, int64(0), int64(0)
	const seeds = 10
	for seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			out := runAttack(t, "random", seed, count) // fails unless the process has ended well
			ended++
			requireUnmoved(t, out, count)
			sent, rejected, growth = sent+out.Sent, rejected+out.Rejected, max(growth, out.Growth)
		})
	}
	figures.Record(t, "hostile datagrams", sent)
	figures.Record(t, "rejected by the guard", rejected)
	figures.Record(t, "memory at most", mibs(growth))
	figures.Record(t, "processes attacked, that went on to their end", fmt.Sprint(seeds, ", ", ended))
}

// What was sent in the stream is sent again, whole and cut off, by a stranger who listens.
func TestReplayedFrames(t *testing.T) {
	figures.Begin(t)
	count := bounded(10_000, 1_000_000)
	sent, growth := 0, int64(0)
	for seed := range bounded(2, 10) {
		out := runAttack(t, "replayed", seed, count)
		requireUnmoved(t, out, count)
		sent, growth = sent+out.Sent, max(growth, out.Growth)
	}
	figures.Record(t, "replayed, whole or cut off", sent)
	figures.Record(t, "memory at most", mibs(growth))
}

// requireUnmoved holds what a process looks like that got count frames of no more than a few sessions: the guard has dropped some, no
// image was ended by what it let through, and memory has grown by no more than what those sessions and the stream's own terms take.
func requireUnmoved(t *testing.T, out outcome, count int) {
	t.Helper()
	require.Equal(t, count, out.Sent)
	requireArrived(t, out)
	require.Positive(t, out.NAKs, "no request has arrived: %+v", out)
	require.Positive(t, out.Rejected, "%+v", out)
	require.Zero(t, out.Corrupt, "the Go walk found what the guard let through: %+v", out)
	require.Less(t, out.Growth, int64(48<<20), "%+v", out)
	require.LessOrEqual(t, out.MaxImages, 2*sessionLimit, "%+v", out)
	require.Less(t, out.Files, mostFiles, "%+v", out)
}

// mostFiles bounds what a driver's directory holds: the logs of twice the limit of sessions, thrice over as they go late, and its own files.
const mostFiles = int64(3*2*sessionLimit*(3*64<<10+4096) + 8*mib)

func mibs(bytes int64) string { return fmt.Sprintf("%+.1f MiB", float64(bytes)/mib) }

// requireArrived: the driver has taken everything that was sent, whatever it made of it.
func requireArrived(t *testing.T, out outcome) {
	t.Helper()
	require.Zero(t, out.Dropped, "%+v", out)
	require.GreaterOrEqual(t, out.Arrived, out.Hostile, "bytes: %+v", out)
}
