package main

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/aeroncgo/aeron"
)

func offer(l *loop) func(int) (int, error) {
	return each(func() error {
		_, err := l.pub.Offer(l.message)
		return err
	})
}

func claim(l *loop) func(int) (int, error) {
	return each(func() error {
		c, err := l.pub.TryClaim(len(l.message))
		if err != nil {
			return err
		}
		copy(c.Data(), l.message)
		return c.Commit()
	})
}

func vectored(l *loop) func(int) (int, error) {
	return each(func() error {
		var err error
		half := len(l.message) / 2
		// Through the type and not an interface, as programs do: the parts then stay on the stack.
		switch pub := l.pub.(type) {
		case *aeron.ExclusivePublication:
			_, err = pub.OfferVectored(l.message[:half], l.message[half:])
		case *aeron.Publication:
			_, err = pub.OfferVectored(l.message[:half], l.message[half:])
		}
		return err
	})
}

func reserved(l *loop) func(int) (int, error) {
	return each(func() error {
		var err error
		switch pub := l.pub.(type) {
		case *aeron.ExclusivePublication:
			_, err = pub.OfferReserved(7, l.message)
		case *aeron.Publication:
			_, err = pub.OfferReserved(7, l.message)
		}
		return err
	})
}

func batch(l *loop) func(int) (int, error) {
	b := aeron.NewBatch(l.pub, 1<<20)
	return func(n int) (int, error) {
		for b.Len() < n {
			if err := b.Add(l.message); err != nil {
				return 0, err
			}
		}
		return b.Flush()
	}
}

// writer flushes what a turn needs, as its user does who waits for an answer. Its timer is set, and does not fire: what that takes is once
// in a delay, however many messages there are.
func writer(l *loop) func(int) (int, error) {
	l.writer = aeron.NewWriter(context.Background(), l.pub, aeron.WriterOptions{Delay: time.Minute})
	return func(n int) (int, error) {
		for range n {
			if _, err := l.writer.Write(l.message); err != nil {
				return 0, err
			}
		}
		return n, l.writer.Flush(context.Background())
	}
}

func publish(l *loop) func(int) (int, error) {
	return each(func() error { return l.pub.Publish(context.Background(), l.message) })
}

// padded sends padding before each message: receivers skip it.
func padded(l *loop) func(int) (int, error) {
	pub := l.pub.(*aeron.ExclusivePublication)
	return each(func() error {
		if _, err := pub.AppendPadding(len(l.message)); err != nil {
			return err
		}
		_, err := pub.Offer(l.message)
		return err
	})
}

// Offsets in a frame's header, and what is the same in that of every message of one frame.
const (
	headerLength     = 32
	typeOffset       = 6
	termOffsetOffset = 8
	sessionOffset    = 12
	streamOffset     = 16
	termIDOffset     = 20
	unfragmented     = 0xc0
	dataType         = 1
)

// block builds the frames of messages at the stream's place, and appends them at once. A term's length is a multiple of a frame's, and
// a turn's frames are a power of two, so that they never reach over the end of one.
func block(l *loop) func(int) (int, error) {
	pub := l.pub.(*aeron.ExclusivePublication)
	frame := headerLength + len(l.message)
	constants := pub.Constants()
	frames := make([]byte, turn*frame)
	put := func(at int, v int32) { binary.NativeEndian.PutUint32(frames[at:], uint32(v)) }
	for at := 0; at < len(frames); at += frame {
		put(at, int32(frame))
		frames[at+5] = unfragmented
		binary.NativeEndian.PutUint16(frames[at+typeOffset:], dataType)
		put(at+sessionOffset, constants.SessionID)
		put(at+streamOffset, pub.StreamID())
		copy(frames[at+headerLength:], l.message)
	}
	return func(n int) (int, error) {
		position, err := pub.Position()
		if err != nil {
			return 0, err
		}
		length := int64(constants.TermBufferLength)
		for i := range n {
			at := i * frame
			put(at+termOffsetOffset, int32(position%length)+int32(at))
			put(at+termIDOffset, constants.InitialTermID+int32(position/length))
		}
		if _, err := pub.OfferBlock(frames[:n*frame]); err != nil {
			return 0, err
		}
		return n, nil
	}
}
