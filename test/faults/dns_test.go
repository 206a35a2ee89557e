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
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// How long the resolver waits for a name server, as resolv.conf has it, each time that it asks: much longer than an Add waits here.
const silence = 3 * time.Second

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

// runDeaf adds to a driver what lies behind names that nobody resolves, while a stream of its own flows over UDP.
func runDeaf(dir string, _ []string) error {
	questions, end, err := deafResolver(filepath.Dir(dir))
	if err != nil {
		return err
	}
	g, err := newTarget(dir, func(cfg *aeron.Config) {
		cfg.Threading = aeron.SharedNetwork // the default: with Shared, the thread that looks names up is the only one
	})
	if err != nil {
		return err
	}
	adds := map[string]func(ctx context.Context) error{
		"publication": func(ctx context.Context) error {
			_, err := g.driver.AddPublication(ctx, "aeron:udp?endpoint=nobody-answers.invalid.:40123", 1)
			return err
		},
		"subscription": func(ctx context.Context) error {
			_, err := g.driver.AddSubscription(ctx, "aeron:udp?endpoint=nor-here.invalid.:40123", 1)
			return err
		},
	}
	said := map[string]string{}
	for name, add := range adds {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		began := time.Now()
		err := add(ctx)
		took := time.Since(began)
		cancel()
		var e *aeron.Error
		switch {
		case !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded):
			said[name] = fmt.Sprintf("an error of no use: %v", err)
		case took > prompt:
			said[name] = fmt.Sprintf("after %v", took)
		default:
			said[name] = "in time"
		}
		// While the name is being looked up.
		if err := await("a question to the name server", func() bool { return questions.Load() > 0 }); err != nil {
			return err
		}
		if err := g.exchange(500); err != nil {
			return fmt.Errorf("after the add of a %s: %w", name, errors.Join(err, g.driver.Err()))
		}
	}
	said["client"] = fmt.Sprint(g.driver.Err())
	closing := time.Now()
	err = errors.Join(g.driver.Close(), g.socket.Close())
	said["closed"] = time.Since(closing).String()
	report(said)
	return errors.Join(err, end())
}

// The name server does not answer: an Add ends with its context, streams and client go on while the lookup waits, and Close returns: at
// the latest with the lookup that is on its way, which nothing can call back.
func TestNameServerSilent(t *testing.T) {
	figures.Begin(t)
	require.Zero(t, os.Geteuid(), "a name server of one's own takes root")
	base := shmBase(t)
	c := startWith(t, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Unshareflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET}, "deaf", base+"/driver")
	said := result[map[string]string](c)
	closed, err := time.ParseDuration(said["closed"])
	require.NoError(t, err)
	require.Less(t, closed, silence+prompt)
	delete(said, "closed")
	require.Equal(t, map[string]string{"publication": "in time", "subscription": "in time", "client": "<nil>"}, said)
	figures.Record(t, fmt.Sprintf("Close, with lookups of %v on their way", silence), closed.Round(10*time.Millisecond))
}
