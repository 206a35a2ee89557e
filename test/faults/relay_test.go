package faults

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron"
)

// A weather is what a relay does to each datagram, each with a probability of its own.
type weather struct {
	loss, duplicate, reorder float64
	delay, jitter            time.Duration
}

// A relay stands between a sender and a receiver on loopback: senders send to it, and answers come back through it.
type relay struct {
	front *net.UDPConn // what the sender knows
	back  *net.UDPConn // what the receiver answers to
	to    *net.UDPAddr // the receiver

	mu       sync.Mutex
	random   *rand.Rand
	forward  weather
	backward weather
	sender   *net.UDPAddr // who sent last
	held     [2][]byte    // a datagram of each direction that another is to overtake
	watch    func(direction int, datagram []byte)
	mourn    func(direction int, datagram []byte)

	work                        sync.WaitGroup
	lost, duplicated, reordered [2]atomic.Int64 // datagrams of each direction
}

// newRelay relays to a port until the test ends.
func newRelay(t *testing.T, to int, seed uint64, forward, backward weather) *relay {
	t.Helper()
	r, err := openRelay(to, seed, forward, backward)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.close()) })
	return r
}

func openRelay(to int, seed uint64, forward, backward weather) (*relay, error) {
	local := net.IPv4(127, 0, 0, 1)
	r := &relay{to: &net.UDPAddr{IP: local, Port: to}, random: rand.New(rand.NewPCG(seed, 2)), forward: forward, backward: backward}
	for _, c := range []**net.UDPConn{&r.front, &r.back} {
		var err error
		if *c, err = listen(local); err != nil {
			return nil, errors.Join(err, r.close())
		}
	}
	r.work.Go(func() { r.run(r.front, 0) })
	r.work.Go(func() { r.run(r.back, 1) })
	return r, nil
}

// listen opens a socket of a relay.
func listen(ip net.IP) (*net.UDPConn, error) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: ip})
	if err != nil {
		return nil, err
	}
	err = c.SetReadBuffer(4 << 20)
	// More than the system's limit, if we may: what the kernel drops here is not what the weather does.
	if raw, err2 := c.SyscallConn(); err == nil && err2 == nil {
		err = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20) })
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (r *relay) close() (err error) {
	for _, c := range []*net.UDPConn{r.front, r.back} {
		if c != nil {
			err = errors.Join(err, c.Close())
		}
	}
	r.work.Wait()
	return err
}

func (r *relay) port() int { return r.front.LocalAddr().(*net.UDPAddr).Port }

// set changes the weather of both directions.
func (r *relay) set(w weather) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forward, r.backward = w, w
}

// watched lets somebody see, with r.mu held, what is sent on: 0 is the direction to the receiver.
func (r *relay) watched(watch func(direction int, datagram []byte)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watch = watch
}

// mourned lets somebody see, with r.mu held, what is lost, in turn with what watched sees.
func (r *relay) mourned(mourn func(direction int, datagram []byte)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mourn = mourn
}

// witnessed gives a witness, to be read with r.mu held, of what is sent on and lost of a stream on which nothing has been sent.
func (r *relay) witnessed(pub *aeron.ExclusivePublication) *witness {
	w := newWitness(0, 0)
	w.initialTerm = pub.Constants().InitialTermID
	r.watched(func(direction int, datagram []byte) { w.note(direction, datagram, false) })
	r.mourned(func(direction int, datagram []byte) { w.note(direction, datagram, true) })
	return w
}

// requireWeather: what was to happen in each direction has happened, and nothing else.
func (r *relay) requireWeather(t *testing.T, forward, backward weather) {
	t.Helper()
	for direction, w := range []weather{forward, backward} {
		require.Equal(t, w.loss > 0, r.lost[direction].Load() > 0, "loss in direction %d", direction)
		require.Equal(t, w.duplicate > 0, r.duplicated[direction].Load() > 0, "duplicates in direction %d", direction)
		require.Equal(t, w.reorder > 0, r.reordered[direction].Load() > 0, "another order in direction %d", direction)
	}
}

// total is the sum of both directions.
func total(n *[2]atomic.Int64) int64 { return n[0].Load() + n[1].Load() }

func (r *relay) run(from *net.UDPConn, direction int) {
	buffer := make([]byte, 1<<16)
	for {
		n, addr, err := from.ReadFromUDP(buffer)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // an ICMP error of somebody who has gone
		}
		r.handle(append([]byte{}, buffer[:n]...), addr, direction)
	}
}

func (r *relay) handle(datagram []byte, addr *net.UDPAddr, direction int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.backward
	if direction == 0 {
		r.sender = addr
		w = r.forward
	}
	if r.random.Float64() < w.loss {
		r.lost[direction].Add(1)
		if r.mourn != nil {
			r.mourn(direction, datagram)
		}
		return
	}
	if r.random.Float64() < w.reorder && r.held[direction] == nil {
		r.held[direction] = datagram
		r.reordered[direction].Add(1)
		return
	}
	r.deliver(datagram, direction, w)
	if r.random.Float64() < w.duplicate {
		r.duplicated[direction].Add(1)
		r.deliver(datagram, direction, w)
	}
	if held := r.held[direction]; held != nil {
		r.held[direction] = nil
		r.deliver(held, direction, w)
	}
}

// deliver sends on now, or later. r.mu is held.
func (r *relay) deliver(datagram []byte, direction int, w weather) {
	if r.watch != nil {
		r.watch(direction, datagram)
	}
	send := func() { _, _ = r.back.WriteToUDP(datagram, r.to) }
	if to := r.sender; direction == 1 {
		send = func() {
			if to != nil {
				_, _ = r.front.WriteToUDP(datagram, to)
			}
		}
	}
	if w.delay == 0 {
		send()
		return
	}
	later := w.delay
	if w.jitter > 0 {
		later += time.Duration(r.random.Int64N(int64(w.jitter)))
	}
	time.AfterFunc(later, send)
}
