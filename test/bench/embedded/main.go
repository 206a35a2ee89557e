// Command embedded is this module with its media driver in the same process, for what that costs: the time to the first message,
// Adds, memory, many streams, and doing nothing. It reads commands, one a line, and answers "ok NANOSECONDS COUNT"; C's side does too.
//
//	embedded DIR COUNTERSLENGTH [PROFILE]
//
//	first           from Open to the first message
//	add N           N publications added and closed, one after the other; the adds count
//	streams N       so many streams are open from now on, each with a publication and a subscription
//	turns N BURSTS  bursts of turns of the first N streams: each gets a message, and is then polled
//	idle MS         does nothing, and tells the processor time that took
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
)

const (
	fragmentLimit = 256
	streamChannel = "aeron:ipc?term-length=64k"
	firstStream   = 10000
	messageLength = 32
	burst         = 128
	// patience bounds every wait for the driver.
	patience = 20 * time.Second
)

func main() {
	if err := run(); err != nil {
		log.Fatal("embedded: ", err)
	}
}

func run() (err error) {
	if len(os.Args) != 3 && len(os.Args) != 4 {
		return errors.New("usage: embedded DIR COUNTERSLENGTH [PROFILE]")
	}
	e := &embedded{message: make([]byte, messageLength), config: aeron.Config{Directory: os.Args[1]}}
	if e.config.CountersLength, err = strconv.Atoi(os.Args[2]); err != nil {
		return err
	}
	if len(os.Args) == 4 {
		if e.config.Profile, err = aeron.ParseProfile(os.Args[3]); err != nil {
			return err
		}
	}
	e.handler = func(aeron.Fragment) { e.received++ }
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if _, err := fmt.Println(e.answer(lines.Text())); err != nil {
			return err
		}
	}
	if e.drv == nil {
		return nil
	}
	return e.drv.Close()
}

type embedded struct {
	config   aeron.Config
	drv      *aeron.Driver
	subs     []*aeron.Subscription
	pubs     []*aeron.ExclusivePublication
	message  []byte
	received int64
	handler  func(aeron.Fragment)
}

func (e *embedded) answer(line string) string {
	var n, bursts int
	var elapsed time.Duration
	var count int64
	var err error
	switch {
	case line == "first":
		count = 1
		elapsed, err = e.first()
	case scan(line, "add %d", &n):
		count = int64(n)
		elapsed, err = e.add(n)
	case scan(line, "streams %d", &n):
		count = int64(n)
		err = e.addStreams(n)
	case scan(line, "turns %d %d", &n, &bursts) && n <= len(e.subs):
		e.received = 0
		elapsed, err = e.turns(n, bursts)
		count = e.received
	case scan(line, "idle %d", &n):
		elapsed = rest(time.Duration(n) * time.Millisecond)
	default:
		err = fmt.Errorf("unknown command, or out of turn: %q", line)
	}
	if err != nil {
		return "error " + err.Error()
	}
	return fmt.Sprintf("ok %d %d", elapsed.Nanoseconds(), count)
}

func scan(line, format string, into ...any) bool {
	n, err := fmt.Sscanf(line, format, into...)
	return err == nil && n == len(into)
}

func (e *embedded) first() (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	begin := time.Now()
	drv, err := aeron.Open(e.config)
	if err != nil {
		return 0, err
	}
	e.drv = drv
	if err := drv.Start(ctx); err != nil {
		return 0, err
	}
	sub, err := drv.AddSubscription(ctx, "aeron:ipc", firstStream)
	if err != nil {
		return 0, err
	}
	pub, err := drv.AddExclusivePublication(ctx, "aeron:ipc", firstStream)
	if err != nil {
		return 0, err
	}
	if err := pub.AwaitReady(ctx); err != nil {
		return 0, err
	}
	if _, err := pub.Offer(e.message); err != nil {
		return 0, err
	}
	wait := idle.Yield()
	for e.received == 0 {
		n, err := sub.Poll(e.handler, fragmentLimit)
		if err != nil {
			return 0, err
		}
		wait.Idle(n)
	}
	return time.Since(begin), nil
}

func (e *embedded) add(n int) (spent time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for range n {
		begin := time.Now()
		pub, err := e.drv.AddExclusivePublication(ctx, streamChannel, firstStream-1)
		if err != nil {
			return 0, err
		}
		spent += time.Since(begin)
		if err := pub.Close(); err != nil {
			return 0, err
		}
	}
	return spent, nil
}

func (e *embedded) addStreams(n int) error {
	for len(e.subs) < n {
		if err := e.addStream(); err != nil {
			return err
		}
	}
	return nil
}

func (e *embedded) addStream() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	id := int32(firstStream + 1 + len(e.subs))
	sub, err := e.drv.AddSubscription(ctx, streamChannel, id)
	if err != nil {
		return err
	}
	pub, err := e.drv.AddExclusivePublication(ctx, streamChannel, id)
	if err != nil {
		return err
	}
	e.subs, e.pubs = append(e.subs, sub), append(e.pubs, pub)
	return errors.Join(pub.AwaitReady(ctx), sub.AwaitReady(ctx))
}

// turns does not count what the driver takes to open windows.
func (e *embedded) turns(streams, bursts int) (spent time.Duration, err error) {
	for range bursts {
		for _, pub := range e.pubs[:streams] {
			if err := awaitWindow(pub); err != nil {
				return 0, err
			}
		}
		begin := time.Now()
		if err := e.burst(e.pubs[:streams], e.subs[:streams]); err != nil {
			return 0, err
		}
		spent += time.Since(begin)
	}
	return spent, nil
}

func (e *embedded) burst(pubs []*aeron.ExclusivePublication, subs []*aeron.Subscription) error {
	for range burst {
		for _, pub := range pubs {
			_, err := pub.Offer(e.message)
			for err != nil {
				if !errors.Is(err, aeron.ErrAdminAction) { // the end of a term
					return err
				}
				_, err = pub.Offer(e.message)
			}
		}
		for _, sub := range subs {
			if _, err := sub.Poll(e.handler, fragmentLimit); err != nil {
				return err
			}
		}
	}
	return nil
}

// awaitWindow waits until a burst fits.
func awaitWindow(pub *aeron.ExclusivePublication) error {
	for wait := idle.Yield(); ; wait.Idle(0) {
		position, err := pub.Position()
		if err != nil {
			return err
		}
		limit, err := pub.PositionLimit()
		if err != nil {
			return err
		}
		if limit >= position+burst*2*messageLength {
			return nil
		}
	}
}

// rest is the processor time that doing nothing takes.
func rest(d time.Duration) time.Duration {
	begin := used()
	time.Sleep(d)
	return used() - begin
}

func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // it cannot fail on ourselves
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
