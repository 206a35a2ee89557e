package aeronc_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// What these tests do makes plain Aeron 1.54 read memory that it has freed, or an address that it does not have. AddressSanitizer sees the former.

// A peer is a sender of the hostile stream, with a socket of its own, for one destination of a subscription.
type peer struct {
	t    *testing.T
	conn *net.UDPConn
}

func dial(t *testing.T, to string) peer {
	t.Helper()
	address, err := net.ResolveUDPAddr("udp4", to)
	require.NoError(t, err)
	conn, err := net.DialUDP("udp4", nil, address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return peer{t, conn}
}

func (p peer) send(frames ...frame) {
	p.t.Helper()
	for _, f := range frames {
		_, err := p.conn.Write(f)
		require.NoError(p.t, err)
	}
}

// hears says whether a status message comes soon, or has come.
func (p peer) hears() bool {
	p.t.Helper()
	b := make([]byte, 256)
	require.NoError(p.t, p.conn.SetReadDeadline(time.Now().Add(10*time.Millisecond)))
	n, err := p.conn.Read(b)
	if err != nil {
		require.ErrorIs(p.t, err, os.ErrDeadlineExceeded)
		return false
	}
	return n >= 36 && b[6] == typeSM
}

// forgets drops what has come so far.
func (p peer) forgets() {
	p.t.Helper()
	for p.hears() {
	}
}

// awaitsAnswer sends the SETUP until there is an answer.
func (p peer) awaitsAnswer() {
	p.t.Helper()
	testdriver.Await(p.t, "an answer to "+p.conn.LocalAddr().String(), func() bool {
		p.send(setup(hostileTerm))
		return p.hears()
	})
}

// listen is a peer that the driver asks by itself.
func listen(t *testing.T) (p peer, port int) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return peer{t, conn}, conn.LocalAddr().(*net.UDPAddr).Port
}

// receiver gives a subscription to the hostile stream without destinations.
func receiver(t *testing.T, client *aeronc.Client) *aeronc.Subscription {
	t.Helper()
	s, err := client.AddSubscription(testdriver.Context(t), "aeron:udp?control-mode=manual", hostileStream)
	require.NoError(t, err)
	return s
}

func addDestination(t *testing.T, s *aeronc.Subscription) (channel string, p peer) {
	t.Helper()
	endpoint := fmt.Sprintf("127.0.0.1:%d", testdriver.Port(t))
	channel = "aeron:udp?endpoint=" + endpoint
	_, err := s.AddDestination(testdriver.Context(t), channel)
	require.NoError(t, err)
	return channel, dial(t, endpoint)
}

func inEveryThreadingMode(t *testing.T, test func(t *testing.T, client *aeronc.Client), change ...func(*aeronc.DriverContext)) {
	for name, mode := range map[string]aeronc.ThreadingMode{
		"shared": aeronc.ThreadingShared, "shared network": aeronc.ThreadingSharedNetwork, "dedicated": aeronc.ThreadingDedicated,
	} {
		t.Run(name, func(t *testing.T) {
			d := testdriver.Start(t, append(change, func(c *aeronc.DriverContext) {
				require.NoError(t, c.SetThreadingMode(mode))
				require.NoError(t, c.SetRcvStatusMessageTimeout(50*time.Millisecond))
				require.NoError(t, c.SetFrameGuard(mode != aeronc.ThreadingSharedNetwork)) // nothing of it rests on the guard
			})...)
			test(t, d.Connect())
		})
	}
}

// C keeps the addresses of an image's peers in an array, and pointers into it while it grows and shrinks.
func TestReceiveDestination_everyPeerIsAnswered(t *testing.T) {
	inEveryThreadingMode(t, func(t *testing.T, client *aeronc.Client) {
		s := receiver(t, client)
		var at int32
		received := 0
		all := func(peers ...peer) {
			t.Helper()
			for _, p := range peers {
				p.forgets()
			}
			for i, p := range peers {
				testdriver.Await(t, fmt.Sprintf("a status message for peer %d", i), func() bool {
					for _, p := range peers {
						p.send(heartbeat(at)) // a peer that is silent for five seconds is none any more
					}
					return p.hears()
				})
			}
			for _, p := range peers {
				p.send(data(at, 64))
				at += 64
				testdriver.Await(t, "its message", func() bool {
					n, err := s.Poll(func(f aeronc.Fragment) { require.Len(t, f.Data(), 32) }, 10)
					require.NoError(t, err)
					received += n
					return int32(received)*64 == at
				})
			}
		}
		_, first := addDestination(t, s)
		first.awaitsAnswer()
		second, secondPeer := addDestination(t, s)
		secondPeer.awaitsAnswer()
		_, third := addDestination(t, s) // the array grows
		third.awaitsAnswer()
		all(first, secondPeer, third)

		require.NoError(t, s.RemoveDestination(testdriver.Context(t), second)) // the third takes its place
		_, fourth := addDestination(t, s)                                      // in what was the third's
		fourth.awaitsAnswer()
		all(first, third, fourth)
		for range 5 {
			_, p := addDestination(t, s)
			p.awaitsAnswer()
		}
		all(first, third, fourth)
		require.Equal(t, 1, s.ImageCount())
	})
}

// Of a destination with a control address C goes on asking for a SETUP, every second.
func TestReceiveDestination_withAControlAddress(t *testing.T) {
	inEveryThreadingMode(t, func(t *testing.T, client *aeronc.Client) {
		s := receiver(t, client)
		ctx := testdriver.Context(t)
		add := func() (string, peer) {
			p, port := listen(t)
			channel := fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|control=127.0.0.1:%d|control-mode=dynamic", testdriver.Port(t), port)
			_, err := s.AddDestination(ctx, channel)
			require.NoError(t, err)
			testdriver.Await(t, "a question", p.hears)
			return channel, p
		}
		channel, removed := add()
		require.NoError(t, s.RemoveDestination(ctx, channel))
		_, kept := add() // asked later, and so asked again later
		removed.forgets()
		testdriver.Await(t, "the question once more", kept.hears)
		require.False(t, removed.hears(), "it is asked still")
	})
}

// Where the first question cannot be sent, C removes the destination again, and writes to where nobody wants to know of it.
func TestReceiveDestination_whoseControlAddressCannotBeSentTo(t *testing.T) {
	inEveryThreadingMode(t, func(t *testing.T, client *aeronc.Client) {
		s := receiver(t, client)
		ctx := testdriver.Context(t)
		// Nobody may send to it from a socket without SO_BROADCAST.
		channel := fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|control=255.255.255.255:%d|control-mode=dynamic", testdriver.Port(t), testdriver.Port(t))
		_, err := s.AddDestination(ctx, channel)
		require.NoError(t, err)
		addresses := func() (n int) {
			local, err := s.LocalAddresses()
			require.NoError(t, err)
			return len(local)
		}
		require.Equal(t, 1, addresses())
		_, p := addDestination(t, s)
		p.awaitsAnswer()
		require.NoError(t, s.RemoveDestination(ctx, channel))
		testdriver.Await(t, "its address to go", func() bool { return addresses() == 1 })
	})
}

// C removes the last of equal destinations from the endpoint, and the last of their connections from the image, which may be another's.
func TestReceiveDestination_equalOnes(t *testing.T) {
	inEveryThreadingMode(t, func(t *testing.T, client *aeronc.Client) {
		s := receiver(t, client)
		ctx := testdriver.Context(t)
		const channel = "aeron:udp?endpoint=127.0.0.1:0"
		var peers []peer
		for range 2 {
			_, err := s.AddDestination(ctx, channel)
			require.NoError(t, err)
			local, err := s.LocalAddresses()
			require.NoError(t, err)
			for _, address := range local {
				if !slices.ContainsFunc(peers, func(p peer) bool { return p.conn.RemoteAddr().String() == address }) {
					peers = append(peers, dial(t, address))
				}
			}
		}
		require.Len(t, peers, 2)
		peers[1].awaitsAnswer()
		peers[0].awaitsAnswer()
		require.NoError(t, s.RemoveDestination(ctx, channel))
		_, other := addDestination(t, s) // the removal is done when this one has an answer
		other.awaitsAnswer()
		peers[0].forgets()
		testdriver.Await(t, "a status message for the one that is left", func() bool {
			peers[0].send(heartbeat(0))
			return peers[0].hears()
		})
	})
}

// An image that is rejected tells its peers so: C also those of whom it does not know where they are.
func TestReceiveDestination_ofARejectedImage(t *testing.T) {
	inEveryThreadingMode(t, func(t *testing.T, client *aeronc.Client) {
		s := receiver(t, client)
		_, p := addDestination(t, s)
		p.awaitsAnswer()
		testdriver.Await(t, "an image", func() bool { return s.ImageCount() == 1 })
		addDestination(t, s) // nothing has come by it
		i := s.ImageAt(0)
		require.NoError(t, i.Reject("not this one"))
		testdriver.Await(t, "the image to go", i.IsClosed)
	}, forgetful)
}

// The driver makes an image beside its other work, and C connects it with the destination that its SETUP came by. Here that is removed meanwhile:
// every part of the driver does one thing at a step.
func TestReceiveDestination_removedWhileAnImageIsMade(t *testing.T) {
	for _, others := range []int{0, 1} {
		t.Run(fmt.Sprintf("%d others", others), func(t *testing.T) {
			d := testdriver.Start(t, forgetful, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker)) })
			client := d.Connect(func(c *aeronc.Context) { require.NoError(t, c.SetUseConductorAgentInvoker(true)) })
			step := func() {
				t.Helper()
				_, err := d.DoWork()
				require.NoError(t, err)
				_, err = client.DoWork()
				require.NoError(t, err)
			}
			ctx := testdriver.Context(t)
			add, err := client.AsyncAddSubscription("aeron:udp?control-mode=manual", hostileStream)
			require.NoError(t, err)
			var s *aeronc.Subscription
			testdriver.Await(t, "the subscription", func() (done bool) {
				step()
				s, done, err = add.Poll()
				require.NoError(t, err)
				return done
			})
			answered := func(what string, ask func() error) {
				t.Helper()
				answer := make(chan error, 1)
				go func() { answer <- ask() }()
				testdriver.Await(t, what, func() bool {
					step()
					select {
					case err := <-answer:
						require.NoError(t, err)
						return true
					default:
						return false
					}
				})
			}
			var channel string
			var peers []peer
			for i := range 1 + others {
				endpoint := fmt.Sprintf("127.0.0.1:%d", testdriver.Port(t))
				answered("a destination", func() error {
					_, err := s.AddDestination(ctx, "aeron:udp?endpoint="+endpoint)
					return err
				})
				if i == 0 {
					channel = "aeron:udp?endpoint=" + endpoint
				}
				peers = append(peers, dial(t, endpoint))
			}
			for range 100 { // nothing is left to do for any part of the driver
				step()
			}

			testdriver.Await(t, "the driver to have been asked", func() bool {
				asked, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
				defer cancel()
				require.ErrorIs(t, s.RemoveDestination(asked, channel), context.DeadlineExceeded, "nobody steps the driver")
				return aeronc.Live().Pending == 1
			})
			peers[0].send(setup(hostileTerm))
			testdriver.Await(t, "an image", func() bool {
				step()
				return s.ImageCount() == 1
			})
			i := s.ImageAt(0)
			testdriver.Await(t, "the answer", func() bool {
				step()
				return aeronc.Live().Pending == 0
			})
			if others > 0 {
				testdriver.Await(t, "an answer by the other destination", func() bool {
					step()
					peers[1].send(heartbeat(0))
					return peers[1].hears()
				})
			}
			testdriver.Await(t, "the image to go", func() bool {
				step()
				return i.IsClosed()
			})
			require.False(t, peers[0].hears(), "it has an answer by a destination that was removed")
		})
	}
}
