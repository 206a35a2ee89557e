// Package scenarios runs whole systems: many drivers in one process, whose publications all meet in one subscription.
package scenarios

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/ids"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

const (
	// handshakeStream is the stream on which clients announce themselves.
	handshakeStream = 55555
	// patience is for how long everything together may take to connect, on a machine that is busy with other things.
	patience = 30 * time.Second
)

func TestMain(m *testing.M) {
	code := testdriver.Main(m)
	if err := errors.Join(aeron.CheckLeaks(), ids.CheckLeaks()); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// small is a driver of one thread and small logs, in a directory of its own.
func small(t *testing.T) aeron.Config {
	cfg, err := aeron.Config{
		Directory: testdriver.Dir(t), Threading: aeron.Shared, TermLength: 64 << 10, IPCTermLength: 64 << 10,
		// Eighty drivers share the machine's cores: they may sleep for longer.
		Settings: "shared_idle_strategy_init_args=1ms;shared_idle_strategy=sleep-ns", ClientIdle: 2 * time.Millisecond,
	}.Resolve()
	require.NoError(t, err)
	return cfg
}

// system is one server and its clients, each with a driver of its own.
type system struct {
	t       *testing.T
	server  *aeron.Driver
	clients []*aeron.Driver
	sub     *aeron.Subscription
	channel string
}

func startSystem(t *testing.T, clients int) *system {
	t.Helper()
	require.NoError(t, aeron.CheckLeaks(), "before")
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	s := &system{t: t, channel: testdriver.UDP(t), clients: make([]*aeron.Driver, clients)}
	open := func() *aeron.Driver {
		d, err := aeron.Open(small(t))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, d.Close()) })
		return d
	}
	s.server = open()
	require.NoError(t, s.server.Start(ctx))
	for i := range s.clients {
		s.clients[i] = open()
	}
	s.parallel(40, func(i int) error { return s.clients[i].Start(ctx) })
	var err error
	s.sub, err = s.server.AddSubscription(ctx, s.channel, handshakeStream)
	require.NoError(t, err)
	return s
}

// parallel calls f with the number of every client, in so many goroutines.
func (s *system) parallel(workers int, f func(i int) error) {
	s.t.Helper()
	errs := make([]error, len(s.clients))
	next := make(chan int)
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			for i := range next {
				errs[i] = f(i)
			}
		})
	}
	for i := range s.clients {
		next <- i
	}
	close(next)
	done.Wait()
	require.NoError(s.t, errors.Join(errs...))
}

// connect gives every client a publication with a session of its own, waits until all are connected, and closes them.
func (s *system) connect(workers int, exclusive bool) {
	s.t.Helper()
	begin := time.Now()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	sessions := make([]int32, len(s.clients))
	pubs := make([]aeron.Sender, len(s.clients))
	for i := range sessions {
		id, err := ids.Sessions.Allocate()
		require.NoError(s.t, err)
		sessions[i] = id
	}
	s.parallel(workers, func(i int) (err error) {
		channel := fmt.Sprintf("%s|session-id=%d", s.channel, sessions[i])
		if exclusive {
			pubs[i], err = s.clients[i].AddExclusivePublication(ctx, channel, handshakeStream)
		} else {
			pubs[i], err = s.clients[i].AddPublication(ctx, channel, handshakeStream)
		}
		if err != nil {
			return err
		}
		return pubs[i].AwaitReady(ctx)
	})
	testdriver.Await(s.t, "an image of every session", func() bool {
		seen := map[int32]bool{}
		for _, image := range s.sub.Images() {
			seen[image.SessionID()] = true
		}
		for _, id := range sessions {
			if !seen[id] {
				return false
			}
		}
		return true
	})
	s.t.Logf("%d drivers connected in %v", len(s.clients), time.Since(begin).Round(time.Millisecond))
	s.parallel(workers, func(i int) error { return errors.Join(pubs[i].Close(), pubs[i].Close()) })
	for _, id := range sessions {
		require.NoError(s.t, ids.Sessions.Free(id))
	}
}

// stop closes everything and sees that nothing is left.
func (s *system) stop() {
	s.t.Helper()
	require.NoError(s.t, s.sub.Close())
	s.parallel(40, func(i int) error { return s.clients[i].Close() })
	require.NoError(s.t, s.server.Close())
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	for _, d := range append(s.clients, s.server) {
		stopped, err := aeron.EnsureStopped(ctx, d.Config())
		require.NoError(s.t, err)
		require.True(s.t, stopped)
		require.NoDirExists(s.t, d.Dir())
	}
	require.True(s.t, aeron.AllClosed())
	require.NoError(s.t, aeron.CheckLeaks())
	require.NoError(s.t, ids.CheckLeaks())
}

func TestFortyDrivers(t *testing.T) {
	figures.Begin(t)
	const drivers = 40
	connected := 0
	for name, exclusive := range map[string]bool{"concurrent": false, "exclusive": true} {
		t.Run(name, func(t *testing.T) {
			s := startSystem(t, drivers)
			s.connect(1, exclusive)
			s.connect(1, exclusive) // the same drivers, new sessions
			s.stop()
			connected += 2 * drivers
		})
	}
	figures.Record(t, "drivers beside the server's, connections", fmt.Sprintf("%d, %d", drivers, connected))
}

func TestEightyDriversInParallel(t *testing.T) {
	figures.Begin(t)
	const drivers, times = 80, 2
	s := startSystem(t, drivers)
	for range times {
		s.connect(40, false)
	}
	s.stop()
	figures.Record(t, "drivers beside the server's, connections", fmt.Sprintf("%d, %d", drivers, times*drivers))
}

// Publications of different drivers with one session id are one stream to the subscription: the first connects, a second never does,
// and everything still closes.
func TestOneSessionForAll(t *testing.T) {
	s := startSystem(t, 3)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	channel := s.channel + "|session-id=8"
	first, err := s.clients[0].AddPublication(ctx, channel, handshakeStream)
	require.NoError(t, err)
	require.NoError(t, first.AwaitReady(ctx))
	for _, d := range s.clients[1:] {
		p, err := d.AddPublication(ctx, channel, handshakeStream)
		require.NoError(t, err)
		short, cancel := context.WithTimeout(ctx, time.Second)
		err = p.AwaitReady(short)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, aeron.ErrNotConnected)
		require.NoError(t, p.Close())
	}
	require.NoError(t, first.Close())
	s.stop()
}

// A driver that somebody holds keeps running while a server and a client with equal settings come and go.
func TestTheDriverOutlivesItsUsers(t *testing.T) {
	cfg := small(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	holder, err := aeron.Open(cfg)
	require.NoError(t, err)
	require.NoError(t, holder.Start(ctx))
	before, err := os.Stat(holder.Dir() + "/cnc.dat")
	require.NoError(t, err)
	for range 5 {
		server, err := aeron.Open(cfg)
		require.NoError(t, err)
		require.NoError(t, server.Start(ctx))
		client, err := aeron.Open(cfg)
		require.NoError(t, err)
		require.NoError(t, client.Start(ctx))
		require.Equal(t, 3, holder.Users())
		sub, err := server.AddSubscription(ctx, "aeron:ipc", 10)
		require.NoError(t, err)
		pub, err := client.AddPublication(ctx, "aeron:ipc", 10)
		require.NoError(t, err)
		require.NoError(t, pub.Publish(ctx, []byte("hello")))
		for m, err := range sub.Messages(ctx) {
			require.NoError(t, err)
			require.Equal(t, "hello", string(m.Data()))
			break
		}
		require.ErrorIs(t, client.CloseIfSingle(), aeron.ErrInUse)
		require.NoError(t, client.Close())
		require.NoError(t, server.Close())
	}
	after, err := os.Stat(holder.Dir() + "/cnc.dat")
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after), "the same driver all the time")
	require.NoError(t, holder.CloseIfSingle())
	require.True(t, aeron.AllClosed())
	require.NoDirExists(t, cfg.Directory)
}

// A client that sends to where nobody listens closes promptly, and so does a server that was never started.
func TestCloseWhileNobodyListens(t *testing.T) {
	d, err := aeron.Open(small(t))
	require.NoError(t, err)
	never, err := aeron.Open(small(t))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, d.Start(ctx))
	pub, err := d.AddPublication(ctx, testdriver.UDP(t), 10)
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() {
		_, err := d.Send(ctx, pub, []byte("x"), aeron.SendOptions{Linger: time.Hour})
		ended <- err
	}()
	require.NoError(t, d.Close())
	require.ErrorIs(t, <-ended, aeron.ErrClosed)
	require.NoError(t, never.Close())
	require.True(t, aeron.AllClosed())
}
