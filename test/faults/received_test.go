package faults

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// runFullReceiver has a driver in a process of its own receive more over UDP than there is room for, from one whose directory is elsewhere.
func runFullReceiver(dir string, args []string) (err error) {
	elsewhere, err := os.MkdirTemp("/dev/shm", "aerontest-") // before the small file system
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(elsewhere)) }()
	if err := mount(dir, args); err != nil {
		return err
	}
	receiver := exec.Command("/proc/self/exe", args[1], args[2])
	receiver.Env = append(os.Environ(), childTask+"=receiver", childDir+"="+dir)
	out := &testdriver.Output{}
	receiver.Stdout, receiver.Stderr = out, out
	in, err := receiver.StdinPipe()
	if err != nil {
		return err
	}
	if err := receiver.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = receiver.Wait() // how it ended is asked below
	}()
	gone := func() bool {
		select {
		case <-ended:
			return true
		default:
			return false
		}
	}
	err = await("the receiver", func() bool { return gone() || strings.Contains(out.String(), "started") })
	if err == nil {
		err = send(elsewhere+"/driver", args[2], map[string]int{"sparse": 3, "whole": 1}[args[1]], gone)
	}
	_ = in.Close() // it may have ended, which has closed it
	if err != nil {
		_ = receiver.Process.Kill()
		<-ended
		return fmt.Errorf("%w\n%s", err, out.String())
	}
	<-ended
	report(map[string]any{"receiver": fateOf(receiver.ProcessState, out.String())})
	return nil
}

// send fills the images of three streams to a driver elsewhere, once there are as many as there is room for when nothing has been sent yet, or
// until that driver has gone.
func send(dir, channel string, images int, gone func() bool) (err error) {
	ctx, cancel := patience()
	defer cancel()
	cfg := small(dir)
	cfg.TermLength, cfg.LingerTimeout = 8*mib, 20*time.Millisecond
	d, err := begun(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var pubs []*aeron.ExclusivePublication
	for stream := int32(1); stream <= 3; stream++ {
		pub, err := d.AddExclusivePublication(ctx, channel, stream)
		if err != nil {
			return err
		}
		pubs = append(pubs, pub)
	}
	connected := func() (found []*aeron.ExclusivePublication) {
		for _, pub := range pubs {
			if pub.IsConnected() {
				found = append(found, pub)
			}
		}
		return found
	}
	if err := await("the images", func() bool { return len(connected()) == images || gone() }); err != nil {
		return err
	}
	message := make([]byte, 60<<10)
	for _, pub := range connected() {
		for sent := 0; sent < 500; {
			switch _, err := pub.Offer(message); {
			case gone():
				return nil
			case err == nil:
				sent++
			case !passing(err):
				return err
			case ctx.Err() != nil:
				return fmt.Errorf("%d messages of 500 were taken: %w", sent, ctx.Err())
			}
		}
	}
	return nil
}

// runReceiver is a driver that receives three streams over UDP, until its input ends.
func runReceiver(dir string, args []string) error {
	cfg := small(dir)
	cfg.SparseTerms = args[0] == "sparse"
	ctx, cancel := patience()
	defer cancel()
	d, err := begun(ctx, cfg)
	if err != nil {
		return err
	}
	quit := make(chan struct{})
	go func() {
		defer close(quit)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	var subs []*aeron.Subscription
	for stream := int32(1); stream <= 3; stream++ {
		sub, err := d.AddSubscription(ctx, args[1], stream)
		if err != nil {
			return err
		}
		subs = append(subs, sub)
	}
	fmt.Println("started")
	for {
		select {
		case <-quit:
			if err := d.Err(); err != nil {
				return err
			}
			pub, err := d.AddPublication(ctx, "aeron:ipc?term-length=64k", 9)
			if err == nil {
				err = pub.Close()
			}
			if err != nil && !errors.Is(err, aeron.CodeStorageSpace) {
				return err
			}
			return d.Close()
		default:
		}
		for _, sub := range subs {
			if _, err := sub.Poll(func(aeron.Fragment) {}, 10); err != nil {
				return err
			}
		}
	}
}

// What comes over UDP the driver itself writes: with sparse terms it is the driver's process that is killed when /dev/shm runs full. By default
// the image is refused for which there is no room, and what is there goes on.
func TestStorageFullMidStream_received(t *testing.T) {
	figures.Begin(t)
	fates := map[string]any{}
	for terms, fate := range map[string]string{"sparse": "killed", "whole": "ended well"} {
		t.Run(terms, func(t *testing.T) {
			said := result[map[string]any](confined(t, 40*mib, "fullReceiver", terms, testdriver.UDP(t)))
			require.Equal(t, fate, said["receiver"], said)
			fates[terms] = said["receiver"]
		})
	}
	figures.Record(t, "a driver that receives sparse terms, whole ones", fmt.Sprintf("%v, %v", fates["sparse"], fates["whole"]))
}
