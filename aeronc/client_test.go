package aeronc_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func newContext(t *testing.T, dir string) *aeronc.Context {
	t.Helper()
	c, err := aeronc.NewContext()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	require.NoError(t, c.SetDir(dir))
	return c
}

func TestConnect_withoutADriverFailsAtOnce(t *testing.T) {
	missing := testdriver.Dir(t)
	empty := testdriver.Dir(t)
	require.NoError(t, os.Mkdir(empty, 0o700))
	short := testdriver.Dir(t)
	require.NoError(t, os.Mkdir(short, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(short, "cnc.dat"), make([]byte, 64), 0o600))
	for name, dir := range map[string]string{"missing": missing, "empty": empty, "short": short} {
		t.Run(name, func(t *testing.T) {
			begin, c := time.Now(), newContext(t, dir)
			require.NoError(t, c.SetDriverTimeout(time.Hour))
			_, err := aeronc.Connect(c)
			require.ErrorIs(t, err, aeronc.ErrNoDriver)
			require.ErrorContains(t, err, dir)
			// C would wait for the driver timeout, or for ever.
			require.Less(t, time.Since(begin), testdriver.Patience)
		})
	}
	_, err := aeronc.Connect(newContext(t, missing))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = aeronc.Connect(nil)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
}

func TestConnect_toADriverThatHasClosedFails(t *testing.T) {
	c := newDriverContext(t, testdriver.Dir(t))
	require.NoError(t, c.SetDeleteOnShutdown(false))
	d, err := aeronc.StartDriver(c)
	require.NoError(t, err)
	require.NoError(t, d.Close())
	_, err = aeronc.Connect(newContext(t, d.Dir()))
	require.ErrorIs(t, err, aeronc.ErrNoDriver)
}

func TestConnect_takesAContextOnce(t *testing.T) {
	d := testdriver.Start(t)
	c := newContext(t, d.Dir())
	client, err := aeronc.Connect(c)
	require.NoError(t, err)
	_, err = aeronc.Connect(c)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	require.NoError(t, client.Close())
	_, err = aeronc.Connect(c)
	require.ErrorIs(t, err, aeronc.ErrClosed)
}

func TestClient_closesWhatBelongsToItAndEverythingSaysSo(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	ctx := testdriver.Context(t)
	p, err := client.AddPublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	x, err := client.AddExclusivePublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	s, err := client.AddSubscription(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	testdriver.Await(t, "two images", func() bool { return s.ImageCount() == 2 })
	image := s.Images()[0]
	require.NotZero(t, client.ID())
	require.Equal(t, d.Dir(), client.Dir())
	require.False(t, client.IsClosed())

	require.NoError(t, client.Close())
	require.NoError(t, client.Close())
	require.True(t, client.IsClosed())
	require.NoError(t, client.Err())
	require.Zero(t, client.ID())
	_, err = client.DoWork()
	require.ErrorIs(t, err, aeronc.ErrClosed)
	for _, pub := range []interface {
		Offer([]byte) (int64, error)
		TryClaim(int) (aeronc.Claim, error)
		Position() (int64, error)
		PositionLimit() (int64, error)
		IsClosed() bool
		IsConnected() bool
		ChannelStatus() aeronc.ChannelStatus
		Close() error
	}{p, x} {
		_, err := pub.Offer(nil)
		require.ErrorIs(t, err, aeronc.ErrClosed)
		_, err = pub.TryClaim(1)
		require.ErrorIs(t, err, aeronc.ErrClosed)
		_, err = pub.Position()
		require.ErrorIs(t, err, aeronc.ErrClosed)
		_, err = pub.PositionLimit()
		require.ErrorIs(t, err, aeronc.ErrClosed)
		require.True(t, pub.IsClosed())
		require.False(t, pub.IsConnected())
		require.Equal(t, aeronc.ChannelClosing, pub.ChannelStatus())
		require.NoError(t, pub.Close())
	}
	_, err = s.Poll(func(aeronc.Fragment) {}, 1)
	require.ErrorIs(t, err, aeronc.ErrClosed)
	require.Empty(t, s.Images())
	require.True(t, s.IsClosed())
	require.False(t, s.IsConnected())
	require.Equal(t, aeronc.ChannelClosing, s.ChannelStatus())
	require.NoError(t, s.Close())
	require.True(t, image.IsClosed())
	require.Zero(t, image.ActiveTransportCount())
	require.Zero(t, image.Position())
	_, err = client.AddPublication(ctx, "aeron:ipc", 1)
	require.ErrorIs(t, err, aeronc.ErrClosed)
}

func TestClient_thatLosesItsDriverSaysWhyAndStaysSafe(t *testing.T) {
	d := testdriver.Start(t)
	var heard atomic.Pointer[error]
	client := d.Connect(func(c *aeronc.Context) {
		require.NoError(t, c.SetErrorHandler(func(err error) { heard.Store(&err); panic("a handler may panic") }))
	})
	ctx := testdriver.Context(t)
	p, err := client.AddExclusivePublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	s, err := client.AddSubscription(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	testdriver.Await(t, "connected", func() bool { return p.IsConnected() && s.IsConnected() })
	_, err = p.Offer([]byte("last words"))
	require.NoError(t, err)
	claim, err := p.TryClaim(8)
	require.NoError(t, err)

	require.NoError(t, d.Close())
	<-client.Dead()
	require.ErrorIs(t, client.Err(), aeronc.CodeDriverTimeout)
	require.NotErrorIs(t, client.Err(), aeronc.CodeClientTimeout)
	require.True(t, client.IsClosed())
	testdriver.Await(t, "the handler", func() bool { return heard.Load() != nil })
	require.ErrorIs(t, *heard.Load(), aeronc.CodeDriverTimeout)
	testdriver.Await(t, "the panic to be counted", func() bool { return client.DroppedEvents() == 1 })
	_, err = p.Offer([]byte("x"))
	require.ErrorIs(t, err, aeronc.ErrClosed)
	require.NoError(t, claim.Commit(), "its memory is still there")
	_, err = s.Poll(func(aeronc.Fragment) {}, 10)
	require.ErrorIs(t, err, aeronc.ErrClosed)
	begin := time.Now()
	_, err = client.AddSubscription(ctx, "aeron:ipc", 1)
	require.ErrorIs(t, err, aeronc.ErrClosed)
	require.ErrorIs(t, err, aeronc.CodeDriverTimeout)
	require.NoError(t, s.Close())
	require.NoError(t, p.Close())
	require.NoError(t, client.Close())
	require.Less(t, time.Since(begin), testdriver.Patience, "C would never confirm any of it")
}

func TestAdd_isGivenUpWithItsContext(t *testing.T) {
	// Nobody steps this driver, so that it never answers.
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker)) })
	client := d.Connect()
	cause := errors.New("the user went away")
	before := client.Listeners()
	for _, add := range map[string]func(context.Context) error{
		"publication": func(ctx context.Context) error { _, err := client.AddPublication(ctx, "aeron:ipc", 1); return err },
		"exclusive": func(ctx context.Context) error {
			_, err := client.AddExclusivePublication(ctx, "aeron:ipc", 1)
			return err
		},
		"subscription": func(ctx context.Context) error { _, err := client.AddSubscription(ctx, "aeron:ipc", 1); return err },
	} {
		ctx, cancel := context.WithCancelCause(testdriver.Context(t))
		time.AfterFunc(5*time.Millisecond, func() { cancel(cause) })
		err := add(ctx)
		require.ErrorIs(t, err, cause)
		require.ErrorContains(t, err, "aeron:ipc")
		require.ErrorIs(t, add(ctx), cause, "a context that has ended already")
	}
	for range 50 {
		ctx, cancel := context.WithTimeout(testdriver.Context(t), 30*time.Microsecond)
		_, err := client.AddSubscription(ctx, "aeron:ipc", 1)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	testdriver.Await(t, "C to let go of every listener", func() bool { return client.Listeners() == before })
	// An add that waits when the client closes is told so.
	waiting := make(chan error, 1)
	go func() { _, err := client.AddPublication(testdriver.Context(t), "aeron:ipc", 2); waiting <- err }()
	time.AfterFunc(5*time.Millisecond, func() { client.Close() })
	require.ErrorIs(t, <-waiting, aeronc.ErrClosed)
}

func TestAdd_badChannelsAreTypedErrorsAndLeaveNothing(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	ctx := testdriver.Context(t)
	before := client.Listeners()
	for _, bad := range []struct {
		channel string
		want    error
		text    string
	}{
		{"", aeronc.ErrInvalidArgument, "empty"},
		{"aeron", aeronc.CodeInvalidChannel, "aeron"},
		{"aeron:tcp?endpoint=localhost:1", aeronc.CodeInvalidChannel, "invalid URI scheme or transport"},
		{"aeron:udp?", aeronc.CodeInvalidChannel, "endpoint"},
		{"aeron:udp?endpoint=localhost", aeronc.CodeGeneric, "port"},
		{"aeron:udp?endpoint=localhost:65536", aeronc.CodeGeneric, "65536"},
		{"aeron:udp?endpoint=no-such-host.invalid:1", aeronc.CodeUnknownHost, "no-such-host.invalid"},
		{"aeron:ipc\x00", aeronc.ErrInvalidArgument, "NUL"},
		{"aeron:ipc?alias=" + strings.Repeat("a", 200<<10), aeronc.ErrInvalidArgument, "up to 4095"},
	} {
		for name, add := range map[string]func() error{
			"publication":  func() error { _, err := client.AddPublication(ctx, bad.channel, 7); return err },
			"exclusive":    func() error { _, err := client.AddExclusivePublication(ctx, bad.channel, 7); return err },
			"subscription": func() error { _, err := client.AddSubscription(ctx, bad.channel, 7); return err },
		} {
			err := add()
			require.ErrorIs(t, err, bad.want, "%s of %q", name, bad.channel)
			require.ErrorContains(t, err, bad.text)
			var typed *aeronc.Error
			require.ErrorAs(t, err, &typed)
			if len(bad.channel) < 4096 {
				require.Equal(t, bad.channel, typed.Channel)
			}
			require.Less(t, len(err.Error()), 1000)
			require.NotContains(t, err.Error(), "\n")
		}
	}
	require.Equal(t, before, client.Listeners())
	_, err := client.AddPublication(ctx, "aeron:ipc", 7)
	require.NoError(t, err, "the client must have survived")
}

func TestClient_tellsOfImagesAndCounters(t *testing.T) {
	d := testdriver.Start(t)
	var mu sync.Mutex
	var events []aeronc.Event
	has := func(kind aeronc.EventKind) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range events {
				if e.Kind == kind {
					return true
				}
			}
			return false
		}
	}
	client := d.Connect(func(c *aeronc.Context) {
		require.NoError(t, c.SetEventHandler(func(e aeronc.Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e)
		}))
	})
	ctx := testdriver.Context(t)
	s, err := client.AddSubscription(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	p, err := client.AddPublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	testdriver.Await(t, "an image", has(aeronc.ImageAvailable))
	require.NoError(t, p.Close())
	testdriver.Await(t, "no image", has(aeronc.ImageUnavailable))
	other := d.Connect() // has a heartbeat counter
	_, err = other.AddPublication(ctx, "aeron:ipc", 2)
	require.NoError(t, err)
	testdriver.Await(t, "a counter", has(aeronc.CounterAvailable))
	require.NoError(t, other.Close())
	testdriver.Await(t, "a counter that went", has(aeronc.CounterUnavailable))
	mu.Lock()
	defer mu.Unlock()
	for _, e := range events {
		if e.Kind == aeronc.ImageAvailable {
			require.Same(t, s, e.Subscription)
			require.Equal(t, p.Constants().SessionID, e.SessionID)
			require.NotEmpty(t, e.Source)
		}
	}
}

// A handler that blocks must not hold up anything but itself; C's conductor would die of it.
func TestClient_survivesAHandlerThatBlocks(t *testing.T) {
	d := testdriver.Start(t)
	release := make(chan struct{})
	client := d.Connect(func(c *aeronc.Context) {
		require.NoError(t, c.SetEventHandler(func(aeronc.Event) { <-release }))
	})
	defer close(release)
	ctx := testdriver.Context(t)
	for range 20 {
		p, err := client.AddPublication(ctx, "aeron:ipc", 1)
		require.NoError(t, err)
		require.NoError(t, p.Close())
	}
	for range 3000 {
		client.Inject(5, 0, "")
	}
	testdriver.Await(t, "events dropped", func() bool { return client.DroppedEvents() > 0 })
	require.NoError(t, client.Close())
}

func TestClient_steppedByItsCaller(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect(func(c *aeronc.Context) { require.NoError(t, c.SetUseConductorAgentInvoker(true)) })
	ctx := testdriver.Context(t)
	s, err := client.AddSubscription(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	p, err := client.AddPublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	testdriver.Await(t, "connected", func() bool {
		_, err := client.DoWork()
		require.NoError(t, err)
		return s.IsConnected()
	})
	require.NoError(t, p.Close())
	require.NoError(t, s.Close())
	other := d.Connect()
	_, err = other.DoWork()
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
}

func TestClient_manyAddsAtOnce(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	ctx := testdriver.Context(t)
	var adds sync.WaitGroup
	errs := make(chan error, 200)
	for i := range 200 {
		adds.Go(func() {
			_, err := client.AddSubscription(ctx, "aeron:ipc", int32(i))
			errs <- err
		})
	}
	adds.Wait()
	for range 200 {
		require.NoError(t, <-errs)
	}
}
