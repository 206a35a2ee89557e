//go:build cgo && !asan && !aeron_pkgconfig

package main

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

type throughput struct {
	protocol.Throughput
	sub     *subscription
	senders []*sender
	checker *protocol.Checker
}

// sender is one publisher: a publication, and what it has sent.
type sender struct {
	_        protocol.Apart
	pub      *publication
	index    int
	sequence int64
	message  []byte
	checked  bool
	_        protocol.Apart
}

func (c contestant) Throughput(t protocol.Throughput) (protocol.Session, error) {
	s := &throughput{Throughput: t, checker: protocol.NewChecker(t.Length, t.Checked)}
	if err := s.open(c.client); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *throughput) open(cl *client) (err error) {
	if s.sub, err = cl.addSubscription(s.Channel, s.Stream, s.checker.Count); err != nil {
		return err
	}
	for i := range s.Publishers {
		pub, err := cl.addPublication(s.Channel, s.Stream, s.Exclusive)
		if err != nil {
			return err
		}
		s.senders = append(s.senders, &sender{pub: pub, index: i, message: protocol.NewMessage(s.Length), checked: s.Checked})
		if err := pub.awaitConnected(); err != nil {
			return err
		}
	}
	// An assembler costs a call per message: only where there is something to assemble.
	if s.Length > s.senders[0].pub.maxPayload() {
		if err := s.sub.assemble(); err != nil {
			return err
		}
	}
	return s.sub.awaitConnected()
}

func (s *throughput) Run(run protocol.Run) (protocol.Result, error) {
	before, wrong := s.checker.Received, s.checker.Wrong
	elapsed, err := protocol.Measure(s.Publishers, func(publisher int, stop *atomic.Bool) error {
		return s.senders[publisher].offer(protocol.Share(run.Messages, s.Publishers, publisher), stop)
	}, func(stop *atomic.Bool) error { return s.receive(before+run.Messages, stop) })
	return protocol.Result{
		Nanoseconds: elapsed.Nanoseconds(), Received: int64(s.checker.Received - before), Wrong: s.checker.Wrong - wrong,
		Position: s.senders[0].pub.position(),
	}, err
}

func (s *sender) offer(messages int, stop *atomic.Bool) error {
	wait := idle.Yield()
	head := protocol.Head(s.index, s.sequence)
	s.sequence += int64(messages)
	for end := head + uint64(messages); head < end; head++ {
		if s.checked {
			protocol.Fill(s.message, head)
		} else {
			binary.LittleEndian.PutUint64(s.message, head)
		}
		if err := send(s.pub, s.message, wait, stop.Load); err != nil {
			return err
		}
	}
	return nil
}

func (s *throughput) receive(until int, stop *atomic.Bool) error {
	wait := idle.Yield()
	for s.checker.Received < until {
		n, err := s.sub.poll()
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
	for _, sender := range s.senders {
		sender.pub.close()
	}
	if s.sub != nil {
		s.sub.close()
	}
	return nil
}
