package faults

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// stillFor is how many datagrams a client sleeps through: of each two, what the driver says of them fills a tenth of a per cent of the ring.
const stillFor = 2400

// connectStill connects a client that does nothing by itself, as one that has no processor.
func (g *target) connectStill(dir string) error {
	c, err := aeronc.NewContext()
	if err == nil {
		err = errors.Join(c.SetDir(dir), c.SetUseConductorAgentInvoker(true))
	}
	if err == nil {
		g.still, err = aeronc.Connect(c)
	}
	return err
}

// wake lets that client hear everything that it has been told, if there is one.
func (g *target) wake() error {
	if g.still == nil {
		return nil
	}
	for {
		n, err := g.still.DoWork()
		if err = errors.Join(err, g.still.Err()); err != nil {
			return fmt.Errorf("the client that stood still: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
}

// Floods of what is well formed: the stream goes on, and memory is bounded by the limit of sessions, or by what times out. A session's
// log of 196 KiB is mapped by driver and client, and the client keeps it for 3 s after its end.
func TestFlood(t *testing.T) {
	for kind, memory := range map[string]int64{"setup": 48 * mib, "data": 16 * mib, "status": 16 * mib, "nak": 16 * mib, "err": 16 * mib} {
		t.Run(kind, func(t *testing.T) {
			figures.Begin(t)
			out := runAttack(t, kind, 1, bounded(20_000, 1_000_000))
			sent := int64(out.Sent)
			switch kind {
			case "setup":
				require.GreaterOrEqual(t, out.MaxImages, sessionLimit, "%+v", out)
				fallthrough
			case "data":
				require.Positive(t, out.Hostile)
			case "status": // beside those that the own stream's receiver has sent, of which a few may be on their way
				require.GreaterOrEqual(t, out.Status-out.Answers+out.Rejected, sent-10, "%+v", out)
			case "err": // eight in a tenth of a second, and the client that stood still has survived
				require.Positive(t, out.Told, "%+v", out)
				require.LessOrEqual(t, out.Told, 8*int64(out.Took/(100*time.Millisecond)+2), "%+v", out)
			case "nak":
				require.GreaterOrEqual(t, out.NAKs+out.Rejected, sent, "%+v", out)
			}
			requireArrived(t, out)
			require.Less(t, out.Growth, memory, "%+v", out)
			require.LessOrEqual(t, out.MaxImages, 2*sessionLimit, "%+v", out)
			require.Less(t, out.Files, mostFiles, "%+v", out)
			figures.Record(t, "datagrams", out.Sent)
			figures.Record(t, "memory at most", mibs(out.Growth))
			figures.Record(t, "sessions at most", out.MaxImages)
		})
	}
}

// Sessions that nobody has heard of come to one port, more than are asked for a SETUP there: those that come to another one are asked.
func TestFlood_atAnotherPort(t *testing.T) {
	g, err := newTarget(shm(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, errors.Join(g.driver.Close(), g.socket.Close())) })
	port := testdriver.Port(t)
	_, err = g.driver.AddSubscription(testdriver.Context(t), fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port), hostileStream)
	require.NoError(t, err)
	honest, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, honest.Close()) })
	s := stream{1 << 20, hostileStream, 100, 64 << 10}
	const sessions = 20
	for n := range int32(sessions) {
		for i := range 200 {
			s.session++
			require.NoError(t, g.send(g.port, s.data(0, 64)))
			if i%16 == 0 {
				_, err = g.attacked.taken()
				require.NoError(t, err)
			}
		}
		dropped, err := g.attacked.taken()
		require.NoError(t, err)
		require.Zero(t, dropped)
		_, err = honest.Write(stream{n, hostileStream, 100, 64 << 10}.data(0, 64))
		require.NoError(t, err)
	}
	asked := map[int32]bool{}
	require.NoError(t, honest.SetReadDeadline(time.Now().Add(testdriver.Patience)))
	for f := make(frame, 64); len(asked) < sessions; {
		_, err := honest.Read(f)
		require.NoError(t, err, "%d sessions were asked", len(asked))
		asked[int32(binary.LittleEndian.Uint32(f[8:]))] = true
	}
}

// runHuge is runHostile in a small file system.
func runHuge(dir string, args []string) error {
	if err := mount(dir, args); err != nil {
		return err
	}
	return attacked(dir, "huge", 1, 2000)
}

// SETUPs of the longest terms there are ask for more than there is room for: that is an error in the driver's log, and no more.
func TestHugeSetup(t *testing.T) {
	figures.Begin(t)
	const size = 64 << 20
	out := result[outcome](confined(t, size, "huge"))
	require.Positive(t, out.Errors, "%+v", out)
	require.Zero(t, out.MaxImages, "%+v", out)
	require.Less(t, out.Files, int64(size), "%+v", out)
	require.Less(t, out.Growth, int64(16<<20), "%+v", out)
	figures.Record(t, "datagrams", out.Sent)
	figures.Record(t, "memory at most", mibs(out.Growth))
}
