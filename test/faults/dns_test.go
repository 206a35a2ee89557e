package faults

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// How long the resolver waits for a name server, as resolv.conf has it, each time that it asks: much longer than an Add waits here.
const silence = 2 * time.Second

// deafResolver gives this process a name server that takes questions and answers none, on a loopback that nobody else is on. The process
// must have namespaces of its own for mounts and the network.
func deafResolver(base string) (questions *atomic.Int64, end func() error, err error) {
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return nil, nil, err
	}
	for name, text := range map[string]string{
		"resolv.conf":   fmt.Sprintf("nameserver 127.0.0.1\noptions timeout:%d attempts:1\n", int(silence.Seconds())),
		"nsswitch.conf": "hosts: files dns\n",
	} {
		path := filepath.Join(base, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return nil, nil, err
		}
		if err := syscall.Mount(path, "/etc/"+name, "", syscall.MS_BIND, ""); err != nil {
			return nil, nil, fmt.Errorf("mount over /etc/%s: %w", name, err)
		}
	}
	if err := raiseLoopback(); err != nil {
		return nil, nil, err
	}
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 53})
	if err != nil {
		return nil, nil, err
	}
	questions = new(atomic.Int64)
	go func() {
		for buffer := make([]byte, 1500); ; {
			if _, err := server.Read(buffer); err != nil {
				return
			}
			questions.Add(1)
		}
	}()
	return questions, server.Close, nil
}

// raiseLoopback makes the loopback of a new network work.
func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

// unanswered is what became of adds whose names nobody resolves.
type unanswered struct {
	Adds           map[string]string
	During         int           // messages of a stream over UDP that came while the names were being looked up
	Pause          time.Duration // the longest that a hundred of them took
	Client         string        // what is wrong with it
	Closed, Lookup time.Duration // how long Close took, and the first lookup
}

// runDeaf adds to a driver what lies behind names that nobody resolves, while a stream of its own flows over UDP, and closes with the second
// lookup on its way. The argument is how the driver's threads are shared. A lookup is over when the driver counts an error, whoever waits.
func runDeaf(dir string, args []string) error {
	questions, end, err := deafResolver(filepath.Dir(dir))
	if err != nil {
		return err
	}
	g, err := newTarget(dir, func(cfg *aeron.Config) {
		cfg.ImageLivenessTimeout = testdriver.Patience
		cfg.Threading = aeron.SharedNetwork
		if args[0] == "Shared" {
			cfg.Threading = aeron.Shared
		}
	})
	if err != nil {
		return err
	}
	snapshot, err := stats.Open(dir)
	if err != nil {
		return err
	}
	failed := func() int64 {
		err = errors.Join(err, snapshot.Refresh())
		n, _ := snapshot.System(stats.SystemErrors)
		return n
	}
	out := unanswered{Adds: map[string]string{}}
	adds := []func(ctx context.Context) error{
		func(ctx context.Context) error {
			_, err := g.driver.AddPublication(ctx, "aeron:udp?endpoint=nobody-answers.invalid.:40123", 1)
			return err
		},
		func(ctx context.Context) error {
			_, err := g.driver.AddSubscription(ctx, "aeron:udp?endpoint=nor-here.invalid.:40123", 1)
			return err
		},
	}
	for i, add := range adds {
		name := []string{"publication", "subscription"}[i]
		asked, before := questions.Load(), failed()
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		began := time.Now()
		refused := add(ctx)
		over := failed() > before
		cancel()
		var e *aeron.Error
		switch {
		case !errors.As(refused, &e) || !errors.Is(refused, context.DeadlineExceeded):
			out.Adds[name] = fmt.Sprintf("an error of no use: %v", refused)
		case over:
			out.Adds[name] = fmt.Sprintf("not before the lookup, after %v", time.Since(began))
		default:
			out.Adds[name] = "before the lookup"
		}
		err = errors.Join(err, await("a question to the name server", func() bool { return questions.Load() > asked }))
		if i == len(adds)-1 {
			break // and close with the lookup on its way
		}
		for err == nil && failed() == before {
			one := time.Now()
			err = g.exchange(100)
			out.Pause = max(out.Pause, time.Since(one))
			if failed() == before {
				out.During += 100
			}
		}
		out.Lookup = time.Since(began)
		if err != nil {
			return fmt.Errorf("after the add of a %s: %w", name, errors.Join(err, g.driver.Err()))
		}
	}
	out.Client = fmt.Sprint(g.driver.Err())
	closing := time.Now()
	err = errors.Join(err, snapshot.Close(), g.driver.Close(), g.socket.Close())
	out.Closed = time.Since(closing)
	report(out)
	return errors.Join(err, end())
}

// The name server does not answer: an Add ends with its context, before the lookup, streams and client go on while that lasts, and Close
// returns: at the latest with the lookup that is on its way, which nothing can call back. With Shared, where one thread does everything, streams
// stand still for as long as a lookup lasts, and go on after it.
func TestNameServerSilent(t *testing.T) {
	figures.Begin(t)
	require.Zero(t, os.Geteuid(), "a name server of one's own takes root")
	children := map[string]*child{}
	for _, threading := range []string{"SharedNetwork", "Shared"} { // at the same time
		children[threading] = startWith(t, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Unshareflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET},
			"deaf", shmBase(t)+"/driver", threading)
	}
	said := map[string]unanswered{}
	for threading, c := range children {
		out := result[unanswered](c)
		require.Equal(t, map[string]string{"publication": "before the lookup", "subscription": "before the lookup"}, out.Adds, threading)
		require.Equal(t, "<nil>", out.Client, threading)
		require.Greater(t, out.Lookup, silence/2, "%s: the lookup was over before the name server could have been given up", threading)
		require.Less(t, out.Closed, 2*silence+prompt, threading)
		said[threading] = out
	}
	require.Positive(t, said["SharedNetwork"].During)
	figures.Record(t, "messages over UDP while names were looked up, with SharedNetwork and Shared",
		fmt.Sprintf("%d, %d", said["SharedNetwork"].During, said["Shared"].During))
	figures.Record(t, "the longest that a hundred took, likewise", fmt.Sprintf("%v, %v",
		said["SharedNetwork"].Pause.Round(time.Millisecond), said["Shared"].Pause.Round(time.Millisecond)))
	figures.Record(t, fmt.Sprintf("Close, with a lookup of %v on its way, likewise", silence), fmt.Sprintf("%v, %v",
		said["SharedNetwork"].Closed.Round(10*time.Millisecond), said["Shared"].Closed.Round(10*time.Millisecond)))
}
