// Command aerongopeer is the peer of the interop tests that uses aeron-go, a client of Aeron in Go alone. See package peer.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/lirm/aeron-go/aeron"
	"github.com/lirm/aeron-go/aeron/atomic"
	"github.com/lirm/aeron-go/aeron/idlestrategy"
	"github.com/lirm/aeron-go/aeron/logbuffer"

	"github.com/aeroncgo/aeron/test/interop/peer"
)

func main() {
	out := os.Stdout
	os.Stdout = os.Stderr // for what else prints
	if err := peer.Serve(os.Stdin, out, connect); err != nil {
		fmt.Fprintln(os.Stderr, "aerongopeer:", err)
		os.Exit(1)
	}
}

type client struct{ *aeron.Aeron }

func connect(_ context.Context, dir string) (peer.Client, error) {
	c, err := aeron.Connect(aeron.NewContext().AeronDir(dir).MediaDriverTimeout(peer.Patience).
		ErrorHandler(func(err error) { fmt.Fprintln(os.Stderr, "aerongopeer: client:", err) }).
		IdleStrategy(idlestrategy.Sleeping{SleepFor: time.Millisecond}))
	if err != nil {
		return nil, err
	}
	return client{c}, nil
}

func (c client) AddSubscription(_ context.Context, channel string, stream int32) (peer.Subscription, error) {
	s := &subscription{}
	s.assembly = aeron.NewFragmentAssembler(func(buffer *atomic.Buffer, offset, length int32, _ *logbuffer.Header) {
		s.f(buffer.GetBytesArray(offset, length))
	}, aeron.DefaultFragmentAssemblyBufferLength)
	var err error
	s.Subscription, err = c.AddSubscriptionWithHandlers(channel, stream, s.available, func(aeron.Image) {})
	return s, err
}

func (c client) AddPublication(_ context.Context, channel string, stream int32, exclusive bool) (peer.Publication, error) {
	add := c.Aeron.AddPublication
	if exclusive {
		add = c.AddExclusivePublication
	}
	p, err := add(channel, stream)
	if err != nil {
		return nil, err
	}
	return &publication{Publication: p}, nil
}

type subscription struct {
	*aeron.Subscription
	mu       sync.Mutex
	images   []aeron.Image
	f        func([]byte)
	assembly *aeron.FragmentAssembler
}

func (s *subscription) available(image aeron.Image) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.images = append(s.images, image)
}

func (s *subscription) Image() (correlation int64, session int32, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, image := range s.images {
		if !image.IsClosed() {
			return image.CorrelationID(), image.SessionID(), true
		}
	}
	return 0, 0, false
}

func (s *subscription) Poll(f func([]byte), limit int) (int, error) {
	s.f = f
	return s.Subscription.Poll(s.assembly.OnFragment, limit), nil
}

func (s *subscription) AddDestination(_ context.Context, channel string) error {
	return s.Subscription.AddDestination(channel)
}

func (s *subscription) RemoveDestination(_ context.Context, channel string) error {
	return s.Subscription.RemoveDestination(channel)
}

type publication struct {
	*aeron.Publication
	claim logbuffer.Claim
}

func (p *publication) Describe() (session int32, registration int64) {
	return p.SessionID(), p.RegistrationID()
}

func (p *publication) Send(method string, message []byte) (bool, error) {
	length := int32(len(message))
	if length == 0 {
		message = make([]byte, 1) // a buffer must be of something
	}
	var position int64
	switch method {
	case "offer":
		position = p.Offer(atomic.MakeBuffer(message), 0, length, nil)
	case "vectored":
		buffer, half := atomic.MakeBuffer(message), length/2
		position = p.Offer2(buffer, 0, half, buffer, half, length-half, nil)
	case "claim":
		if position = p.TryClaim(length, &p.claim); position > 0 {
			p.claim.Buffer().PutBytesArray(p.claim.Offset(), &message, 0, length)
			p.claim.Commit()
		}
	default:
		return false, peer.ErrUnsupported
	}
	switch position {
	case aeron.NotConnected, aeron.BackPressured, aeron.AdminAction:
		return false, nil
	}
	if position < 0 {
		return false, fmt.Errorf("the position is %d", position)
	}
	return true, nil
}

func (p *publication) Flush() (bool, error)                            { return true, nil }
func (p *publication) AddDestination(context.Context, string) error    { return peer.ErrUnsupported }
func (p *publication) RemoveDestination(context.Context, string) error { return peer.ErrUnsupported }
