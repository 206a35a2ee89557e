package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/payload"
)

// longest is the longest message of a log with terms of 64 KiB.
const longest = 8 << 10

// sizeOf is the length of the n-th message: mostly short, some at and about the limits.
func sizeOf(seed, n uint64) int {
	r := rand.New(rand.NewPCG(seed, n))
	switch r.IntN(16) {
	case 0:
		return 0
	case 1:
		return longest
	case 2, 3:
		return 1376 + r.IntN(3) - 1
	case 4:
		return r.IntN(longest)
	default:
		return r.IntN(400)
	}
}

// stream is a publication and its subscription, and what has gone through them.
type stream struct {
	pub      aeron.Sender
	sub      *aeron.Subscription
	seed     uint64
	count    uint64 // of messages in its life
	sent     uint64
	received uint64
	message  []byte
	wanted   []byte
	wrong    error
}

// totals are those of all streams.
type totals struct{ streams, sent, messages, bytes atomic.Int64 }

// route says where streams go: the publisher's driver, the subscriber's, and the channel.
type route struct {
	from, to *aeron.Driver
	channel  string
}

func openStream(ctx context.Context, r route, id int32, seed uint64) (*stream, error) {
	s := &stream{seed: seed, count: 200 + seed%1500, message: make([]byte, longest), wanted: make([]byte, longest)}
	var err error
	if s.sub, err = r.to.AddSubscription(ctx, r.channel, id); err != nil {
		return nil, err
	}
	if (seed/1000+seed)%2 == 0 { // by generation and index
		s.pub, err = r.from.AddPublication(ctx, r.channel, id)
	} else {
		s.pub, err = r.from.AddExclusivePublication(ctx, r.channel, id)
	}
	if err != nil {
		return nil, errors.Join(err, s.sub.Close())
	}
	if err := s.pub.AwaitReady(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *stream) close() error { return errors.Join(s.pub.Close(), s.sub.Close()) }

// check compares a message with what must be next.
func (s *stream) check(m aeron.Message) {
	if s.wrong != nil {
		return
	}
	wanted := s.wanted[:sizeOf(s.seed, s.received)]
	payload.Fill(wanted, s.seed, s.received)
	if !bytes.Equal(wanted, m.Data()) {
		s.wrong = fmt.Errorf("message %d of %d bytes was expected, and there came %d bytes, %s; the image was joined at %d",
			s.received, len(wanted), len(m.Data()), s.identify(m.Data()), s.sub.Images()[0].Constants().JoinPosition)
	}
	s.received++
}

// identify says what came in a message's place.
func (s *stream) identify(data []byte) string {
	for n := s.received - min(s.received, 1000); n < s.received+1000; n++ {
		other := make([]byte, sizeOf(s.seed, n))
		payload.Fill(other, s.seed, n)
		if bytes.Equal(other, data) {
			return fmt.Sprintf("which are message %d", n)
		}
		if len(data) > 8 && len(other) > 8 && bytes.Equal(other[:8], data[:8]) {
			at := 0
			for at < min(len(other), len(data)) && other[at] == data[at] {
				at++
			}
			return fmt.Sprintf("which are message %d (%d bytes) as far as byte %d", n, len(other), at)
		}
	}
	return "which are no message near it"
}

// step sends what goes and receives what is there, a few messages each, and says whether there was any.
func (s *stream) step() (bool, error) {
	before := s.sent + s.received
	for range 4 {
		if s.sent == s.count {
			break
		}
		message := s.message[:sizeOf(s.seed, s.sent)]
		payload.Fill(message, s.seed, s.sent)
		_, err := s.pub.Offer(message)
		if errors.Is(err, aeron.ErrBackPressured) || errors.Is(err, aeron.ErrAdminAction) {
			break
		}
		if err != nil {
			return false, fmt.Errorf("message %d: %w", s.sent, err)
		}
		s.sent++
	}
	if _, err := s.sub.PollMessages(s.check, 16); err != nil {
		return false, err
	}
	return s.sent+s.received > before, s.wrong
}

// drained says whether the subscriber is where the publication is.
func (s *stream) drained() (bool, error) {
	position, err := s.pub.Position()
	images := s.sub.Images()
	return err == nil && len(images) == 1 && images[0].Position() == position, err
}

// pace is the time from one step to the next.
const pace = 8 * time.Millisecond

// stall is how long a stream may be without any progress.
const stall = 30 * time.Second

// live runs the stream until all of its messages have arrived, or until ctx ends, when no more are sent and those on their way are
// awaited.
func (s *stream) live(ctx context.Context, all *totals) error {
	for last := time.Now(); ; {
		if ctx.Err() != nil {
			s.count = s.sent
		}
		moved, err := s.step()
		if err != nil {
			return err
		}
		if s.received == s.count && s.sent == s.count {
			if done, err := s.drained(); done || err != nil {
				if err != nil {
					return err
				}
				break
			}
		}
		if moved {
			last = time.Now()
		} else if time.Since(last) > stall {
			return fmt.Errorf("no progress for %v: %d of %d sent, %d received", stall, s.sent, s.count, s.received)
		}
		time.Sleep(pace) // the soak is for what lasts, not for speed
	}
	// Nothing may come after the last one, and there is nothing between that and the publication's position.
	if n, err := s.sub.PollMessages(s.check, 16); err != nil || n > 0 {
		return errors.Join(err, s.wrong, fmt.Errorf("%d messages came after the last", n))
	}
	all.streams.Add(1)
	all.sent.Add(int64(s.sent))
	all.messages.Add(int64(s.received))
	for n := range s.received {
		all.bytes.Add(int64(sizeOf(s.seed, n)))
	}
	return nil
}
