package main

import (
	"context"
	"encoding/binary"
	"errors"
	"sync/atomic"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

// batchLength is how much of the log a batch takes: a batch is read soon after it was written, and should still be close to the processor.
const batchLength = 16 << 10

type throughput struct {
	protocol.Throughput
	sub     *aeron.Subscription
	senders []*sender
	checker *protocol.Checker
	handler func(aeron.Fragment)
}

// sender is one publisher: a publication, and what it has sent.
type sender struct {
	_        protocol.Apart
	pub      aeron.Sender
	index    int
	sequence int64
	message  []byte
	batch    *aeron.Batch // nil: a message is offered by itself
	checked  bool
	wait     idle.Strategy
	stop     *atomic.Bool
	_        protocol.Apart
}

func (c contestant) Throughput(t protocol.Throughput) (protocol.Session, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	length, checked := t.Length, t.Checked
	s := &throughput{Throughput: t, checker: protocol.NewChecker(length, checked)}
	if err := s.open(ctx, c); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	checker := s.checker
	s.handler = func(f aeron.Fragment) {
		message := f.Data()
		if checked || len(message) != length {
			checker.Count(message)
			return
		}
		checker.CountHead(binary.LittleEndian.Uint64(message))
	}
	return s, nil
}

func (s *throughput) open(ctx context.Context, c contestant) (err error) {
	if s.sub, err = c.drv.AddSubscription(ctx, s.Channel, s.Stream); err != nil {
		return err
	}
	for i := range s.Publishers {
		pub, err := c.publication(ctx, s.Channel, s.Stream, s.Exclusive)
		if err != nil {
			return err
		}
		sender := &sender{pub: pub, index: i, message: protocol.NewMessage(s.Length), checked: s.Checked, wait: idle.Yield()}
		if c.batch {
			sender.batch = aeron.NewBatch(pub, batchLength)
		}
		s.senders = append(s.senders, sender)
		if err := pub.AwaitReady(ctx); err != nil {
			return err
		}
	}
	return s.sub.AwaitReady(ctx)
}

func (s *throughput) Run(run protocol.Run) (protocol.Result, error) {
	before, wrong := s.checker.Received, s.checker.Wrong
	elapsed, err := protocol.Measure(s.Publishers, func(publisher int, stop *atomic.Bool) error {
		sender := s.senders[publisher]
		sender.stop = stop
		share := protocol.Share(run.Messages, s.Publishers, publisher)
		if sender.batch != nil {
			return sender.flush(share)
		}
		return sender.offer(share)
	}, func(stop *atomic.Bool) error { return s.receive(before+run.Messages, stop) })
	if err != nil {
		return protocol.Result{}, err
	}
	position, err := s.senders[0].pub.Position()
	return protocol.Result{
		Nanoseconds: elapsed.Nanoseconds(), Received: int64(s.checker.Received - before), Wrong: s.checker.Wrong - wrong, Position: position,
	}, err
}

// write writes the message that begins with head.
func (s *sender) write(head uint64) {
	if s.checked {
		protocol.Fill(s.message, head)
	} else {
		binary.LittleEndian.PutUint64(s.message, head)
	}
}

// heads are the first words of the messages that follow, of which there are so many.
func (s *sender) heads(messages int) (head, end uint64) {
	head = protocol.Head(s.index, s.sequence)
	s.sequence += int64(messages)
	return head, head + uint64(messages)
}

// offer sends one by one: by each kind's own method, as C does, and not through an interface, which would be a call more for every message.
func (s *sender) offer(messages int) error {
	head, end := s.heads(messages)
	message := s.message
	if pub, ok := s.pub.(*aeron.ExclusivePublication); ok {
		for ; head < end; head++ {
			s.write(head)
			for {
				_, err := pub.Offer(message)
				if err == nil {
					break
				}
				if err := s.refused(err); err != nil {
					return err
				}
			}
		}
		return nil
	}
	pub := s.pub.(*aeron.Publication)
	for ; head < end; head++ {
		s.write(head)
		for {
			_, err := pub.Offer(message)
			if err == nil {
				break
			}
			if err := s.refused(err); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush sends in batches that are as full as they get.
func (s *sender) flush(messages int) error {
	for head, end := s.heads(messages); head < end; head++ {
		s.write(head)
		for {
			err := s.batch.Add(s.message)
			if err == nil {
				break
			}
			if !errors.Is(err, aeron.ErrBatchFull) {
				return err
			}
			if err := s.drain(); err != nil {
				return err
			}
		}
	}
	return s.drain()
}

func (s *sender) drain() error {
	for s.batch.Len() > 0 {
		if _, err := s.batch.Flush(); err != nil {
			if err := s.refused(err); err != nil {
				return err
			}
		}
	}
	return nil
}

var errStopped = errors.New("stopped: another thread of the run has failed")

// refused waits for what an offer has to wait for.
func (s *sender) refused(err error) error {
	switch {
	case s.stop.Load():
		return errStopped
	case errors.Is(err, aeron.ErrBackPressured):
		s.wait.Idle(0)
		return nil
	case errors.Is(err, aeron.ErrAdminAction):
		return nil
	}
	return err
}

func (s *throughput) receive(until int, stop *atomic.Bool) error {
	wait := idle.Yield()
	for s.checker.Received < until {
		n, err := s.sub.Poll(s.handler, fragmentLimit)
		if err != nil {
			return err
		}
		if n == 0 {
			if stop.Load() {
				return errStopped
			}
			wait.Idle(0)
		}
	}
	return nil
}

func (s *throughput) Close() error {
	var errs []error
	for _, sender := range s.senders {
		errs = append(errs, sender.pub.Close())
	}
	if s.sub != nil {
		errs = append(errs, s.sub.Close())
	}
	return errors.Join(errs...)
}
