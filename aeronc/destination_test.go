package aeronc_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// destinations is what both kinds of publication do with destinations.
type destinations interface {
	sender
	AddDestination(context.Context, string) (int64, error)
	RemoveDestination(context.Context, string) error
	RemoveDestinationByID(context.Context, int64) error
	LocalAddresses() ([]string, error)
}

// forgetful makes a driver notice quickly that somebody is gone.
func forgetful(c *aeronc.DriverContext) {
	for _, err := range []error{
		c.SetPublicationConnectionTimeout(200 * time.Millisecond), c.SetImageLivenessTimeout(400 * time.Millisecond),
	} {
		if err != nil {
			panic(err)
		}
	}
}

func TestDestinations_ofPublications(t *testing.T) {
	client := testdriver.Start(t, forgetful).Connect()
	ctx := testdriver.Context(t)
	const manual = "aeron:udp?control-mode=manual|term-length=64k"
	concurrent, err := client.AddPublication(ctx, manual, 7)
	require.NoError(t, err)
	exclusive, err := client.AddExclusivePublication(ctx, manual, 8)
	require.NoError(t, err)
	for _, p := range []destinations{concurrent, exclusive} {
		channel := testdriver.UDP(t)
		_, err := client.AddSubscription(ctx, channel, p.Constants().StreamID)
		require.NoError(t, err)
		_, err = p.AddDestination(ctx, channel)
		require.NoError(t, err)
		testdriver.Await(t, "a connection", p.IsConnected)
		require.NoError(t, p.RemoveDestination(ctx, channel))
		testdriver.Await(t, "no connection", func() bool { return !p.IsConnected() })
		id, err := p.AddDestination(ctx, channel)
		require.NoError(t, err)
		testdriver.Await(t, "a connection", p.IsConnected)
		require.NoError(t, p.RemoveDestinationByID(ctx, id))
		testdriver.Await(t, "no connection", func() bool { return !p.IsConnected() })

		_, err = p.AddDestination(ctx, "aeron:ipc")
		require.Error(t, err)
		_, err = p.AddDestination(ctx, "")
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
		_, err = p.AddDestination(ctx, strings.Repeat("x", 5000))
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		require.ErrorIs(t, p.RemoveDestination(ended, channel), context.Canceled)
		require.NoError(t, p.Close())
		_, err = p.AddDestination(ctx, channel)
		require.ErrorIs(t, err, aeronc.ErrClosed)
		require.ErrorIs(t, p.RemoveDestinationByID(ctx, id), aeronc.ErrClosed)
		_, err = p.LocalAddresses()
		require.ErrorIs(t, err, aeronc.ErrClosed)
	}
	require.Zero(t, aeronc.Live().Pending)
}

// leave asks the driver, which nobody steps, and gives up. A context that ends before anything is asked leaves nothing: then once more.
func leave(t *testing.T, ask func(context.Context) error) {
	t.Helper()
	before := aeronc.Live().Pending
	testdriver.Await(t, "a question that is given up", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, ask(ctx), context.DeadlineExceeded, "nobody steps the driver")
		return aeronc.Live().Pending > before
	})
}

// What nobody can take back is polled until the driver has answered it, or goes with the client.
func TestQuestions_givenUp(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker)) })
	client := d.Connect()
	a, err := client.AsyncAddPublication("aeron:udp?control-mode=manual|term-length=64k", 7)
	require.NoError(t, err)
	step := func() {
		_, err := d.DoWork()
		require.NoError(t, err)
	}
	var p *aeronc.Publication
	testdriver.Await(t, "the publication", func() (done bool) {
		step()
		p, done, err = a.Poll()
		require.NoError(t, err)
		return done
	})
	giveUp := func() {
		for _, ask := range []func(ctx context.Context) error{
			func(ctx context.Context) error { _, err := p.AddDestination(ctx, testdriver.UDP(t)); return err },
			func(ctx context.Context) error { _, err := client.NextSessionID(ctx, 7); return err },
		} {
			leave(t, ask)
		}
		require.EqualValues(t, 2, aeronc.Live().Pending)
	}
	giveUp()
	testdriver.Await(t, "C to be done with them", func() bool {
		step()
		return aeronc.Live().Pending == 0
	})
	giveUp()
	require.NoError(t, client.Close())
	testdriver.Await(t, "their end", func() bool { return aeronc.Live().Pending == 0 })
}

// C's conductor reads the object when it comes to the question. A close that it comes to earlier, as it may when its queue is full, would have
// freed it.
func TestClose_waitsForQuestionsAboutTheObject(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker)) })
	client := d.Connect()
	p, err := client.AsyncAddPublication("aeron:udp?control-mode=manual|term-length=64k", 7)
	require.NoError(t, err)
	s, err := client.AsyncAddSubscription("aeron:udp?control-mode=manual", 7)
	require.NoError(t, err)
	step := func() {
		_, err := d.DoWork()
		require.NoError(t, err)
	}
	testdriver.Await(t, "both", func() bool {
		step()
		_, first, err := p.Poll()
		require.NoError(t, err)
		_, second, err := s.Poll()
		require.NoError(t, err)
		return first && second
	})
	for name, of := range map[string]interface {
		AddDestination(ctx context.Context, channel string) (int64, error)
		Close() error
	}{"publication": must(p.Await(testdriver.Context(t))), "subscription": must(s.Await(testdriver.Context(t)))} {
		leave(t, func(ctx context.Context) error {
			_, err := of.AddDestination(ctx, testdriver.UDP(t))
			return err
		})
		closed := make(chan error)
		go func() { closed <- of.Close() }()
		testdriver.Await(t, "the close to have begun", func() bool {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
			defer cancel()
			_, err := of.AddDestination(ctx, testdriver.UDP(t))
			return errors.Is(err, aeronc.ErrClosed)
		})
		select {
		case err := <-closed:
			t.Fatalf("the %s was closed, with a question open: %v", name, err)
		default:
		}
		testdriver.Await(t, "the close", func() bool {
			step()
			select {
			case err := <-closed:
				require.NoError(t, err, name)
				return true
			default:
				return false
			}
		})
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestDestinations_ofSubscriptions(t *testing.T) {
	client := testdriver.Start(t, forgetful).Connect()
	ctx := testdriver.Context(t)
	s, err := client.AddSubscription(ctx, "aeron:udp?control-mode=manual", 7)
	require.NoError(t, err)
	channel := testdriver.UDP(t)
	_, err = s.AddDestination(ctx, channel)
	require.NoError(t, err)
	p, err := client.AddPublication(ctx, channel+"|term-length=64k", 7)
	require.NoError(t, err)
	testdriver.Await(t, "a connection", func() bool { return s.IsConnected() && p.IsConnected() })
	testdriver.Await(t, "the driver to count its transports", func() bool {
		i := s.ImageAt(0)
		return i != nil && i.ActiveTransportCount() > 0
	})
	require.NoError(t, s.RemoveDestination(ctx, channel))
	testdriver.Await(t, "no connection", func() bool { return !s.IsConnected() })
	_, err = s.AddDestination(ctx, "nonsense")
	require.Error(t, err)
	require.NoError(t, s.Close())
	_, err = s.AddDestination(ctx, channel)
	require.ErrorIs(t, err, aeronc.ErrClosed)
	require.ErrorIs(t, s.RemoveDestination(ctx, channel), aeronc.ErrClosed)
}

func TestAddresses(t *testing.T) {
	client := testdriver.Start(t).Connect()
	ctx := testdriver.Context(t)
	s, err := client.AddSubscription(ctx, "aeron:udp?endpoint=127.0.0.1:0", 7)
	require.NoError(t, err)
	var endpoint string
	testdriver.Await(t, "an endpoint", func() bool {
		endpoint, err = s.ResolvedEndpoint()
		require.NoError(t, err)
		return endpoint != ""
	})
	port, err := netip.ParseAddrPort(endpoint)
	require.NoError(t, err)
	require.NotZero(t, port.Port())
	channel, err := s.TryResolveChannelEndpointPort()
	require.NoError(t, err)
	require.Equal(t, "aeron:udp?endpoint="+endpoint, channel)
	local, err := s.LocalAddresses()
	require.NoError(t, err)
	require.Equal(t, []string{endpoint}, local)
	p, err := client.AddPublication(ctx, channel, 7)
	require.NoError(t, err)
	testdriver.Await(t, "an address to send from", func() bool {
		local, err = p.LocalAddresses()
		require.NoError(t, err)
		return len(local) == 1
	})
	_, err = netip.ParseAddrPort(local[0])
	require.NoError(t, err)
	testdriver.Await(t, "a connection", p.IsConnected)
	require.NoError(t, s.Close())
	for _, f := range []func() (string, error){s.ResolvedEndpoint, s.TryResolveChannelEndpointPort} {
		_, err = f()
		require.ErrorIs(t, err, aeronc.ErrClosed)
	}
	_, err = s.LocalAddresses()
	require.ErrorIs(t, err, aeronc.ErrClosed)
}

func TestRevoke(t *testing.T) {
	client := testdriver.Start(t).Connect()
	ctx := testdriver.Context(t)
	p, err := client.AddExclusivePublication(ctx, "aeron:ipc?term-length=64k", 7)
	require.NoError(t, err)
	s := connect(t, client, p)
	i := s.ImageAt(0)
	require.NotNil(t, i)
	require.Nil(t, s.ImageAt(1))
	require.Nil(t, s.ImageAt(-1))
	_, err = p.Offer([]byte("never seen"))
	require.NoError(t, err)
	require.NoError(t, p.Revoke())
	testdriver.Await(t, "the image to go", i.IsClosed)
	require.Zero(t, s.ImageCount())
	require.True(t, i.IsPublicationRevoked())
	require.ErrorIs(t, p.Revoke(), aeronc.ErrClosed)
	require.ErrorIs(t, p.RevokeOnClose(), aeronc.ErrClosed)
}

func TestImage_reject(t *testing.T) {
	client := testdriver.Start(t).Connect()
	p, err := client.AddPublication(testdriver.Context(t), "aeron:ipc?term-length=64k", 7)
	require.NoError(t, err)
	s := connect(t, client, p)
	i := s.ImageAt(0)
	require.ErrorIs(t, i.Reject(strings.Repeat("x", 1024)), aeronc.ErrInvalidArgument)
	require.Error(t, i.Reject("a\x00b"))
	require.Greater(t, i.EndOfStreamPosition(), int64(1)<<60, "nobody knows yet")
	require.NoError(t, i.Reject("not this one"))
	testdriver.Await(t, "the image to go", i.IsClosed)
	require.ErrorIs(t, i.Reject("again"), aeronc.ErrClosed)
}

// C's clients take an error frame with less than four bytes of text for a command that was cut off.
func TestImage_rejectInAFewWords(t *testing.T) {
	d := testdriver.Start(t)
	for _, reason := range []string{"", "no", "now", "none"} {
		frames := make(chan *aeronc.ErrorFrame, 1)
		client := d.Connect(func(c *aeronc.Context) {
			require.NoError(t, c.SetEventHandler(func(e aeronc.Event) {
				if e.Kind == aeronc.ErrorFrameReceived {
					frames <- e.ErrorFrame
				}
			}))
			require.NoError(t, c.SetErrorHandler(func(err error) { t.Error(err) }))
		})
		p, err := client.AddPublication(testdriver.Context(t), "aeron:ipc?term-length=64k", 7)
		require.NoError(t, err)
		require.NoError(t, connect(t, client, p).ImageAt(0).Reject(reason))
		select {
		case frame := <-frames:
			require.Equal(t, reason, strings.TrimRight(frame.Message, " "))
			require.Equal(t, "127.0.0.1:0", frame.Source.String())
		case <-time.After(testdriver.Patience):
			require.Fail(t, "the publisher hears nothing", reason)
		}
		require.NoError(t, p.Close())
	}
}

// A client without threads works for the destination under a lock of its own, and so does whoever is called inside a handler.
func TestSubscription_changesDestinationsDuringAPoll(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect(func(c *aeronc.Context) { require.NoError(t, c.SetUseConductorAgentInvoker(true)) })
	ctx := testdriver.Context(t)
	p, err := client.AddPublication(ctx, testdriver.UDP(t), 7)
	require.NoError(t, err)
	s, err := client.AddSubscription(ctx, "aeron:udp?control-mode=manual", 7)
	require.NoError(t, err)
	_, err = s.AddDestination(ctx, p.Constants().Channel)
	require.NoError(t, err)
	testdriver.Await(t, "a message that is sent", func() bool {
		_, err := client.DoWork()
		require.NoError(t, err)
		_, err = p.Offer([]byte("x"))
		return err == nil
	})
	changed := make(chan error, 1)
	testdriver.Await(t, "the message", func() bool {
		_, err := client.DoWork()
		require.NoError(t, err)
		n, err := s.Poll(func(aeronc.Fragment) {
			other := testdriver.UDP(t)
			go func() {
				_, err := s.AddDestination(ctx, other)
				changed <- errors.Join(err, s.RemoveDestination(ctx, other))
			}()
			select {
			case err := <-changed:
				require.NoError(t, err)
			case <-ctx.Done():
				require.Fail(t, "the change waits for the poll")
			}
			_, err := client.DoWork()
			require.NoError(t, err)
		}, 1)
		require.NoError(t, err)
		return n == 1
	})
}
