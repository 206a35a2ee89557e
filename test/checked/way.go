package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
)

// source makes the messages of one writer. Message n begins with writer and number; its length and all other bytes follow from them.
type source struct {
	writer uint32
	count  int64
	next   int64
	buffer [12_000]byte
	length func(n int64) int // nil: short
}

const headLength = 12

// fill is the content behind the head: one pattern that every message has a piece of.
var fill = func() (p [1 << 15]byte) {
	for i := range p {
		p[i] = byte(i*131) ^ byte(i>>8)
	}
	return p
}()

func piece(writer uint32, n int64, length int) []byte {
	begin := (uint64(n)*2654435761 + uint64(writer)*97) % (1 << 14)
	return fill[begin : begin+uint64(length-headLength)]
}

// short is the length of message n: mostly below two cache lines, now and then a fragmented one.
func short(n int64) int {
	if n%1024 == 1023 {
		return 3000 + int(n%2000)
	}
	return headLength + int(uint64(n)*2654435761>>20%85)
}

// message is the next one, or nil after the last. It is valid until the next call.
func (s *source) message() []byte {
	if s.next == s.count {
		return nil
	}
	n := s.next
	s.next++
	length := short(n)
	if s.length != nil {
		length = s.length(n)
	}
	m := s.buffer[:length]
	binary.LittleEndian.PutUint32(m, s.writer)
	binary.LittleEndian.PutUint64(m[4:], uint64(n))
	copy(m[headLength:], piece(s.writer, n, length))
	return m
}

// way sends all that a source has.
type way func(context.Context, aeron.Sender, *source) error

// until calls attempt until it succeeds.
func until(ctx context.Context, wait idle.Strategy, attempt func() error) error {
	for {
		err := attempt()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, aeron.ErrBackPressured):
			wait.Idle(0)
		case !errors.Is(err, aeron.ErrAdminAction):
			return err
		}
	}
}

func offers(ctx context.Context, pub aeron.Sender, s *source) error {
	wait := idle.Yield()
	for m := s.message(); m != nil; m = s.message() {
		if err := until(ctx, wait, func() error { _, err := pub.Offer(m); return err }); err != nil {
			return err
		}
	}
	return nil
}

func parts(ctx context.Context, pub aeron.Sender, s *source) error {
	wait := idle.Yield()
	for m := s.message(); m != nil; m = s.message() {
		err := until(ctx, wait, func() error {
			_, err := pub.OfferReserved(s.next-1, m[:4], m[4:headLength], m[headLength:])
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// claims fills every message in place. What does not fit into a claim is offered.
func claims(ctx context.Context, pub aeron.Sender, s *source) error {
	wait, longest := idle.Yield(), pub.Constants().MaxPayloadLength
	for m := s.message(); m != nil; m = s.message() {
		err := until(ctx, wait, func() error {
			if len(m) > longest {
				_, err := pub.Offer(m)
				return err
			}
			if s.next%64 == 0 { // an aborted one now and then, which nobody may see
				if claim, err := pub.TryClaim(len(m)); err == nil {
					if err := claim.Abort(); err != nil {
						return err
					}
				}
			}
			claim, err := pub.TryClaim(len(m))
			if err != nil {
				return err
			}
			copy(claim.Data(), m)
			return claim.Commit()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func batches(ctx context.Context, pub aeron.Sender, s *source) error {
	wait, b := idle.Yield(), aeron.NewBatch(pub, 12_000)
	flush := func() error { _, err := b.Flush(); return err }
	for m := s.message(); m != nil; m = s.message() {
		err := b.Add(m)
		if errors.Is(err, aeron.ErrBatchFull) {
			if err := until(ctx, wait, flush); err != nil {
				return err
			}
			err = b.Add(m)
		}
		if err != nil {
			return err
		}
	}
	return until(ctx, wait, flush)
}

// long sends fragmented messages up to the longest.
func long(ctx context.Context, pub aeron.Sender, s *source) error {
	s.length = longLength
	return offers(ctx, pub, s)
}

const longest = 8192 // an eighth of a term

func longLength(n int64) int { return longest - int(n%4000) }

// receive takes count messages of each writer and looks at every byte.
func receive(ctx context.Context, sub *aeron.Subscription, writers int, count int64) (r report, err error) {
	next := make([]int64, writers)
	wrong := error(nil)
	handle := func(m aeron.Message) {
		data := m.Data()
		r.Messages++
		r.Bytes += int64(len(data))
		if wrong != nil {
			return
		}
		if len(data) < headLength {
			wrong = fmt.Errorf("message of %d bytes behind %d", len(data), r.Messages)
			return
		}
		writer, n := binary.LittleEndian.Uint32(data), int64(binary.LittleEndian.Uint64(data[4:]))
		switch {
		case int(writer) >= writers:
			wrong = fmt.Errorf("message of writer %d", writer)
		case n != next[writer]:
			wrong = fmt.Errorf("writer %d: message %d where %d should be", writer, n, next[writer])
		case len(data) != short(n) && len(data) != longLength(n):
			wrong = fmt.Errorf("writer %d: message %d has %d bytes", writer, n, len(data))
		case !bytes.Equal(data[headLength:], piece(writer, n, len(data))):
			wrong = fmt.Errorf("writer %d: message %d is not what was sent", writer, n)
		default:
			next[writer]++
		}
	}
	wait := idle.Yield()
	for r.Messages < count*int64(writers) {
		n, err := sub.PollMessages(handle, 256)
		if err = errors.Join(err, wrong); err != nil {
			return r, err
		}
		if n == 0 && ctx.Err() != nil {
			return r, context.Cause(ctx)
		}
		wait.Idle(n)
	}
	return r, nil
}
