package aeronc_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

// mostNames is how many names a driver is told of at most: AERONGO_NAMES.
const mostNames = 500

// A named driver has a name resolver, and strangers that tell it names.
type named struct {
	*testdriver.Driver
	t      *testing.T
	socket net.Conn
}

func startNamed(t *testing.T, change ...func(*aeronc.DriverContext)) *named {
	t.Helper()
	at := fmt.Sprintf("127.0.0.1:%d", testdriver.Port(t))
	d := testdriver.Start(t, append(change, func(c *aeronc.DriverContext) {
		require.NoError(t, c.SetNameResolver("driver"))
		require.NoError(t, c.SetResolverName("itself"))
		require.NoError(t, c.SetResolverInterface(at))
	})...)
	socket, err := net.Dial("udp4", at)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, socket.Close()) })
	return &named{d, t, socket}
}

// entry is a name of a driver at an address of this machine where nobody listens.
func entry(n int, name string, age int32) []byte {
	e := make([]byte, (14+len(name)+7)&^7)
	e[0] = 1
	binary.LittleEndian.PutUint16(e[2:], 9)
	binary.LittleEndian.PutUint32(e[4:], uint32(age))
	copy(e[8:], []byte{127, 1, byte(n >> 8), byte(n)})
	binary.LittleEndian.PutUint16(e[12:], uint16(len(name)))
	copy(e[14:], name)
	return e
}

// tell sends entries in one datagram.
func (n *named) tell(entries ...[]byte) {
	n.t.Helper()
	f := newFrame(typeRES, 8)
	for _, e := range entries {
		f = append(f, e...)
	}
	f.set(0, int32(len(f)))
	_, err := n.socket.Write(f)
	require.NoError(n.t, err)
}

// tellMany tells names with the numbers [from, to), each with an address of its own.
func (n *named) tellMany(from, to int) {
	n.t.Helper()
	var entries [][]byte
	for i := from; i < to; i++ {
		entries = append(entries, entry(i, fmt.Sprintf("n%d", i), 0))
	}
	n.tell(entries...)
}

// known gives how many names, and addresses of neighbors, the driver's resolver has.
func (n *named) known() (names, neighbors int64) {
	n.t.Helper()
	snapshot, err := stats.Open(n.Dir())
	require.NoError(n.t, err)
	defer snapshot.Close()
	for c := range snapshot.Counters() {
		switch c.TypeID {
		case stats.TypeResolverCacheEntries:
			names = c.Value
		case stats.TypeResolverNeighbors:
			neighbors = c.Value
		}
	}
	return names, neighbors
}

func (n *named) awaitKnown(wanted int64) {
	n.t.Helper()
	testdriver.Await(n.t, fmt.Sprintf("%d names and neighbors", wanted), func() bool {
		names, neighbors := n.known()
		return names == wanted && neighbors == wanted
	})
}

func (n *named) awaitRejected(wanted int64) {
	n.t.Helper()
	testdriver.Await(n.t, fmt.Sprintf("%d rejected", wanted), func() bool { return n.RejectedFrames() == wanted })
}

// A driver sends all names that it knows to all addresses that it knows, so that names which are made up cost it the square of their number.
func TestFrameGuard_boundsTheNamesOfDrivers(t *testing.T) {
	// Names are forgotten in the end, but not while the test looks.
	n := startNamed(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetResolverNeighborTimeout(time.Hour)) })
	n.tellMany(0, 1000)
	n.awaitKnown(mostNames)
	n.awaitRejected(1)
	n.tellMany(1000, 1100)
	n.awaitRejected(2)
	// The names that are known may come again, and nothing else with them: neither another address nor another name.
	n.tellMany(0, mostNames)
	n.tell(entry(2000, "n1", 0), entry(2, "n2", 0))
	n.tell(entry(3, "other", 0), entry(4, "n4", 0))
	n.awaitRejected(4)
	n.awaitKnown(mostNames)
}

// What is forgotten makes room.
func TestFrameGuard_takesNewNamesForThoseThatAreForgotten(t *testing.T) {
	const timeout = 300 * time.Millisecond
	n := startNamed(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetResolverNeighborTimeout(timeout)) })
	n.tellMany(0, 1000)
	n.awaitRejected(1)
	n.awaitKnown(0)
	testdriver.Await(t, "a name that is new", func() bool {
		n.tell(entry(5000, "new", 0))
		names, _ := n.known()
		return names == 1
	})
}

// An age below zero would keep a name for 24 days. A peer whose clock was set back sends one, and is heard.
func TestFrameGuard_forgetsNamesOfTheFuture(t *testing.T) {
	n := startNamed(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetResolverNeighborTimeout(300*time.Millisecond)) })
	testdriver.Await(t, "the names", func() bool {
		n.tell(entry(1, "a", math.MinInt32), entry(2, "b", -1))
		names, neighbors := n.known()
		return names == 2 && neighbors == 2
	})
	n.awaitKnown(0)
	require.Zero(t, n.RejectedFrames())
}

// C's resolver tries for ever to put a name into a datagram that is too short for it.
func TestFrameGuard_keepsOutNamesThatDoNotFitTheMTU(t *testing.T) {
	n := startNamed(t, func(c *aeronc.DriverContext) {
		require.NoError(t, c.SetMTULength(128))
		require.NoError(t, c.SetIPCMTULength(128))
		require.NoError(t, c.SetResolverNeighborTimeout(time.Hour))
		require.NoError(t, c.SetResolverNeighborResolutionInterval(20*time.Millisecond))
	})
	longest := strings.Repeat("x", 128-8-14)
	n.tell(entry(1, longest+"x", 0), entry(2, longest, 0), entry(3, "short", 0))
	n.awaitRejected(1)
	n.awaitKnown(2)
	// It goes on telling its neighbors, of which one has left its address open: the one that it sends from.
	self := entry(0, "open", 0)
	self[1] = 0x80
	copy(self[8:], make([]byte, 4))
	n.tell(self)
	n.awaitKnown(3)
	told := make([]byte, 2048)
	require.NoError(t, n.socket.SetReadDeadline(time.Now().Add(testdriver.Patience)))
	for heard := map[string]bool{}; len(heard) < 2; {
		size, err := n.socket.Read(told)
		require.NoError(t, err)
		require.LessOrEqual(t, size, 128)
		for _, name := range []string{longest, "short"} {
			if strings.Contains(string(told[:size]), name) {
				heard[name] = true
			}
		}
	}
}
