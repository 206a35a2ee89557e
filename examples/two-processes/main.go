// Command two-processes has a publisher and a subscriber in a process each, with a driver in a third. Publisher and subscriber name the
// driver's directory and say External; when the driver dies they wait for the next one, and add everything again. Without arguments it
// starts all three, kills the driver and starts another. Each can be started by itself, too:
//
//	aerongo driver --dir /dev/shm/my-driver
//	two-processes subscriber /dev/shm/my-driver
//	two-processes publisher /dev/shm/my-driver
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aeroncgo/aeron"
)

// timeout is how long a silent driver counts as alive. It is short so that the program is; the default of 10 s forgives a busy machine more.
const timeout = 3 * time.Second

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var err error
	switch {
	case len(os.Args) == 1:
		err = all(ctx)
	case len(os.Args) == 3:
		// What started this one holds its standard input open.
		go func() { _, _ = io.Copy(io.Discard, os.Stdin); cancel() }()
		if err = role(ctx, os.Args[1], os.Args[2]); ctx.Err() != nil {
			err = nil
		}
	default:
		err = errors.New("usage: two-processes [driver|publisher|subscriber DIR]")
	}
	if err != nil {
		log.Fatal(err)
	}
}

func role(ctx context.Context, name, dir string) error {
	switch name {
	case "driver":
		return driver(ctx, dir)
	case "publisher":
		return follow(ctx, name, dir, publish)
	case "subscriber":
		return follow(ctx, name, dir, subscribe)
	}
	return fmt.Errorf("%q is none of driver, publisher, subscriber", name)
}

// follow does work with the driver in dir, and again with each that comes after one that was lost.
func follow(ctx context.Context, name, dir string, work func(context.Context, *aeron.Driver) error) error {
	drv, err := aeron.Open(aeron.Config{Directory: dir, External: true, DriverTimeout: timeout})
	if err != nil {
		return err
	}
	defer drv.Close()
	for {
		for err = drv.Start(ctx); errors.Is(err, aeron.ErrNoDriver) && pause(ctx, 50*time.Millisecond); err = drv.Start(ctx) {
		}
		if err != nil {
			return err
		}
		err = work(ctx, drv)
		if !errors.Is(err, aeron.ErrClosed) {
			return err
		}
		select {
		case <-drv.Lost(): // what was added is closed; the next turn begins with nothing
			fmt.Printf("%s: lost the driver: %v\n", name, drv.Err())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func publish(ctx context.Context, drv *aeron.Driver) error {
	pub, err := drv.AddExclusivePublication(ctx, "aeron:ipc", 10)
	if err != nil {
		return err
	}
	for n := 1; pause(ctx, 10*time.Millisecond); n++ {
		if err := pub.Publish(ctx, fmt.Appendf(nil, "message %d", n)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func subscribe(ctx context.Context, drv *aeron.Driver) error {
	sub, err := drv.AddSubscription(ctx, "aeron:ipc", 10)
	if err != nil {
		return err
	}
	first := true
	for msg, err := range sub.Messages(ctx) {
		if err != nil {
			return err
		}
		if first {
			fmt.Printf("subscriber: %s was the first\n", msg.Data())
			first = false
		}
	}
	return nil
}

// driver is what `aerongo driver` is: it waits until a predecessor that was killed counts as dead, and runs until it is told to end.
func driver(ctx context.Context, dir string) error {
	drv, err := aeron.Open(aeron.Config{Directory: dir, DriverTimeout: timeout})
	if err != nil {
		return err
	}
	defer drv.Close()
	for err = drv.Start(ctx); errors.Is(err, aeron.ErrDriverActive) && pause(ctx, 50*time.Millisecond); err = drv.Start(ctx) {
	}
	if err == nil {
		fmt.Println("driver: ready")
		<-ctx.Done()
	}
	return err
}

// pause reports whether ctx goes on after it.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// all shows the three together.
func all(ctx context.Context) (err error) {
	base, err := os.MkdirTemp("/dev/shm", "two-processes-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(base)) }()
	var started []*process
	defer func() {
		for _, p := range started {
			_ = p.stdin.Close() // tells it to end
			_ = p.cmd.Wait()    // of one that was killed this is an error
		}
	}()
	begin := func(role, until string) (p *process, err error) {
		if p, err = launch(ctx, role, base+"/driver"); err != nil {
			return nil, err
		}
		started = append(started, p)
		if until == "" {
			return p, nil
		}
		return p, p.await(until)
	}
	first, err := begin("driver", "ready")
	if err != nil {
		return err
	}
	if _, err = begin("publisher", ""); err != nil {
		return err
	}
	sub, err := begin("subscriber", "was the first")
	if err != nil {
		return err
	}
	fmt.Println("killing the driver:", first.cmd.Process.Kill() == nil)
	if err = sub.await("lost the driver"); err != nil {
		return err
	}
	if _, err = begin("driver", "ready"); err != nil {
		return err
	}
	if err = sub.await("was the first"); err == nil {
		fmt.Println("it goes on with the next driver")
	}
	return err
}

// process is this program in one of its roles.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
}

func launch(ctx context.Context, role, dir string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, os.Args[0], role, dir)}
	p.cmd.Stderr = os.Stderr
	stdin, inErr := p.cmd.StdinPipe()
	stdout, outErr := p.cmd.StdoutPipe()
	p.stdin, p.lines = stdin, bufio.NewScanner(stdout)
	return p, errors.Join(inErr, outErr, p.cmd.Start())
}

// await shows what the process says until that contains a text.
func (p *process) await(text string) error {
	for p.lines.Scan() {
		fmt.Println(p.lines.Text())
		if strings.Contains(p.lines.Text(), text) {
			return nil
		}
	}
	return errors.Join(fmt.Errorf("a process has ended and not said %q", text), p.lines.Err())
}
