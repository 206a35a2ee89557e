// Package peer is what a peer of the interop tests does: it takes commands, one a line, and answers each with one line. Peers in C and
// Java do the same in their language (../c, ../javapeer); those in Go share this package and differ in the client behind it.
//
//	TAG connect C DIR                   a client C of the driver in DIR
//	TAG sub S C CHANNEL STREAM          a subscription S of client C: registration=
//	TAG pub P C CHANNEL STREAM KIND     a publication P, exclusive or shared: session= registration=
//	TAG connected P                     waits for a subscriber
//	TAG image S                         waits for an image: correlation= session=
//	TAG dest X CHANNEL                  adds a destination to a publication or subscription; undest removes it
//	TAG send P METHOD SEED TIMES SIZES  sends messages of these sizes, comma-separated, times over: count= bytes= hash=
//	TAG recv S COUNT                    receives so many messages, and tells of those that come with the last: count= bytes= hash=
//	TAG close X                         closes a publication, subscription or client
//
// The answer is "TAG ok [key=value ...]" or "TAG err words". Commands run side by side; the peer ends with its input.
package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aeroncgo/aeron/test/payload"
)

// Patience is how long a command may wait for what must happen. The peers in C and Java have the same.
const Patience = 30 * time.Second

// ErrUnsupported is returned for what a client cannot do.
var ErrUnsupported = errors.New("this client cannot do that")

// Client is a client of a driver.
type Client interface {
	AddSubscription(ctx context.Context, channel string, stream int32) (Subscription, error)
	AddPublication(ctx context.Context, channel string, stream int32, exclusive bool) (Publication, error)
	Close() error
}

// Subscription receives.
type Subscription interface {
	RegistrationID() int64
	// Image is the first image, if there is one.
	Image() (correlation int64, session int32, ok bool)
	// Poll gives whole messages, at most limit, to f, which must not keep them.
	Poll(f func(message []byte), limit int) (int, error)
	AddDestination(ctx context.Context, channel string) error
	RemoveDestination(ctx context.Context, channel string) error
	Close() error
}

// Publication sends.
type Publication interface {
	Describe() (session int32, registration int64)
	IsConnected() bool
	// Send tries once, by offer, vectored, claim, batch or block; false: not now. What it takes may wait for Flush.
	Send(method string, message []byte) (bool, error)
	// Flush sends what Send has kept; false: not all of it now.
	Flush() (bool, error)
	AddDestination(ctx context.Context, channel string) error
	RemoveDestination(ctx context.Context, channel string) error
	Close() error
}

type server struct {
	connect func(ctx context.Context, dir string) (Client, error)
	mu      sync.Mutex
	things  map[string]any
	out     sync.Mutex
}

// Serve answers the commands of in until it ends, and closes what is then open.
func Serve(in io.Reader, out io.Writer, connect func(ctx context.Context, dir string) (Client, error)) error {
	s := &server{connect: connect, things: map[string]any{}}
	var running sync.WaitGroup
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 2 {
			continue
		}
		running.Go(func() {
			answer, err := s.carryOut(words[1], words[2:])
			line := strings.TrimSpace("ok " + answer)
			if err != nil {
				line = "err " + strings.ReplaceAll(err.Error(), "\n", " ")
			}
			s.out.Lock()
			defer s.out.Unlock()
			fmt.Fprintln(out, words[0], line)
		})
	}
	running.Wait()
	return errors.Join(lines.Err(), s.closeAll())
}

func (s *server) closeAll() error {
	var errs []error
	for _, clients := range []bool{false, true} { // what belongs to a client goes before it
		for _, thing := range s.things {
			if _, isClient := thing.(Client); isClient == clients {
				errs = append(errs, thing.(io.Closer).Close())
			}
		}
	}
	return errors.Join(errs...)
}

// get gives the thing of that name, which is a T.
func get[T any](s *server, name string) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	thing, ok := s.things[name].(T)
	if !ok {
		return thing, fmt.Errorf("%s is no %T", name, *new(T))
	}
	return thing, nil
}

func (s *server) put(name string, thing any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.things[name] = thing
}

// words checks how many there are.
var arity = map[string]int{"connect": 2, "sub": 4, "pub": 5, "connected": 1, "image": 1, "dest": 2, "undest": 2, "send": 5, "recv": 2, "close": 1}

func (s *server) carryOut(verb string, args []string) (answer string, err error) {
	defer func() { // aeron-go panics where others return an error
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	if n, known := arity[verb]; !known || n != len(args) {
		return "", fmt.Errorf("no command %s with %d arguments", verb, len(args))
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	switch verb {
	case "connect":
		client, err := s.connect(ctx, args[1])
		if err != nil {
			return "", err
		}
		s.put(args[0], client)
		return "", nil
	case "sub":
		return s.subscribe(ctx, args[0], args[1], args[2], args[3])
	case "pub":
		return s.publish(ctx, args[0], args[1], args[2], args[3], args[4] == "exclusive")
	case "connected":
		p, err := get[Publication](s, args[0])
		if err != nil {
			return "", err
		}
		return "", await(ctx, "a subscriber", p.IsConnected)
	case "image":
		return s.image(ctx, args[0])
	case "dest", "undest":
		return "", s.destination(ctx, args[0], args[1], verb == "dest")
	case "send":
		return s.send(ctx, args)
	case "recv":
		return s.receive(ctx, args[0], args[1])
	default: // close
		s.mu.Lock()
		thing := s.things[args[0]]
		delete(s.things, args[0])
		s.mu.Unlock()
		if thing == nil {
			return "", fmt.Errorf("there is no %s", args[0])
		}
		return "", thing.(io.Closer).Close()
	}
}

func (s *server) subscribe(ctx context.Context, name, owner, channel, stream string) (string, error) {
	client, err := get[Client](s, owner)
	if err != nil {
		return "", err
	}
	id, err := strconv.ParseInt(stream, 10, 32)
	if err != nil {
		return "", err
	}
	sub, err := client.AddSubscription(ctx, channel, int32(id))
	if err != nil {
		return "", err
	}
	s.put(name, sub)
	return fmt.Sprintf("registration=%d", sub.RegistrationID()), nil
}

func (s *server) publish(ctx context.Context, name, owner, channel, stream string, exclusive bool) (string, error) {
	client, err := get[Client](s, owner)
	if err != nil {
		return "", err
	}
	id, err := strconv.ParseInt(stream, 10, 32)
	if err != nil {
		return "", err
	}
	pub, err := client.AddPublication(ctx, channel, int32(id), exclusive)
	if err != nil {
		return "", err
	}
	s.put(name, pub)
	session, registration := pub.Describe()
	return fmt.Sprintf("session=%d registration=%d", session, registration), nil
}

func (s *server) image(ctx context.Context, name string) (string, error) {
	sub, err := get[Subscription](s, name)
	if err != nil {
		return "", err
	}
	var correlation int64
	var session int32
	err = await(ctx, "an image", func() (ok bool) {
		correlation, session, ok = sub.Image()
		return ok
	})
	return fmt.Sprintf("correlation=%d session=%d", correlation, session), err
}

func (s *server) destination(ctx context.Context, name, channel string, add bool) error {
	type destinations interface {
		AddDestination(ctx context.Context, channel string) error
		RemoveDestination(ctx context.Context, channel string) error
	}
	to, err := get[destinations](s, name)
	if err != nil {
		return err
	}
	if add {
		return to.AddDestination(ctx, channel)
	}
	return to.RemoveDestination(ctx, channel)
}

func (s *server) send(ctx context.Context, args []string) (string, error) {
	pub, err := get[Publication](s, args[0])
	if err != nil {
		return "", err
	}
	seed, err := strconv.ParseUint(args[2], 10, 64)
	if err != nil {
		return "", err
	}
	times, err := strconv.Atoi(args[3])
	if err != nil {
		return "", err
	}
	var sizes []int
	longest := 1
	for text := range strings.SplitSeq(args[4], ",") {
		size, err := strconv.Atoi(text)
		if err != nil || size < 0 {
			return "", fmt.Errorf("size %q: a number of bytes is needed", text)
		}
		sizes = append(sizes, size)
		longest = max(longest, size)
	}
	buffer := make([]byte, longest)
	var sent payload.Digest
	for n := range times * len(sizes) {
		message := buffer[:sizes[n%len(sizes)]]
		payload.Fill(message, seed, uint64(n))
		if err := repeat(ctx, "the window to open", func() (bool, error) { return pub.Send(args[1], message) }); err != nil {
			return "", fmt.Errorf("message %d of %d bytes: %w", n, len(message), err)
		}
		sent.Add(message)
	}
	if err := repeat(ctx, "the window to open", pub.Flush); err != nil {
		return "", fmt.Errorf("the rest of %d messages: %w", sent.Count, err)
	}
	return sent.String(), nil
}

func (s *server) receive(ctx context.Context, name, count string) (string, error) {
	sub, err := get[Subscription](s, name)
	if err != nil {
		return "", err
	}
	wanted, err := strconv.Atoi(count)
	if err != nil {
		return "", err
	}
	var got payload.Digest
	err = repeat(ctx, "messages", func() (bool, error) {
		_, err := sub.Poll(got.Add, 16)
		return got.Count >= wanted, err
	})
	if err != nil {
		return "", fmt.Errorf("after %s of %d: %w", got.String(), wanted, err)
	}
	return got.String(), nil
}

// repeat tries until it is done.
func repeat(ctx context.Context, what string, try func() (bool, error)) error {
	for spins := 0; ; spins++ {
		if done, err := try(); done || err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("waited in vain for %s: %w", what, err)
		}
		if spins%16 == 15 { // the driver needs the core too
			time.Sleep(50 * time.Microsecond)
		} else {
			runtime.Gosched()
		}
	}
}

func await(ctx context.Context, what string, condition func() bool) error {
	return repeat(ctx, what, func() (bool, error) {
		if condition() {
			return true, nil
		}
		time.Sleep(200 * time.Microsecond)
		return false, nil
	})
}
