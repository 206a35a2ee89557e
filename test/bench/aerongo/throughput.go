package main

import (
	"sync/atomic"

	"github.com/lirm/aeron-go/aeron"
	buffers "github.com/lirm/aeron-go/aeron/atomic"
	"github.com/lirm/aeron-go/aeron/logbuffer"
	"github.com/lirm/aeron-go/aeron/logbuffer/term"

	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

type throughput struct {
	protocol.Throughput
	sub     *aeron.Subscription
	senders []*sender
	counter *counter
	handler term.FragmentHandler
}

// sender is one publisher: a publication, and what it has sent.
type sender struct {
	_        protocol.Apart
	pub      *aeron.Publication
	index    int
	sequence int64
	message  []byte
	buffer   *buffers.Buffer // on message
	checked  bool
	_        protocol.Apart
}

// counter looks at messages where they lie: aeron-go gives them as a buffer and an offset.
type counter struct {
	protocol.Checker
	length  int32
	full    bool
	scratch []byte
}

func (c *counter) onFragment(buffer *buffers.Buffer, offset, length int32, _ *logbuffer.Header) {
	if c.full || length != c.length {
		c.scratch = append(c.scratch[:0], make([]byte, length)...)
		buffer.GetBytes(offset, c.scratch)
		c.Count(c.scratch)
		return
	}
	c.CountHead(uint64(buffer.GetInt64(offset)))
}

func (c contestant) Throughput(t protocol.Throughput) (protocol.Session, error) {
	s := &throughput{Throughput: t, counter: &counter{Checker: *protocol.NewChecker(t.Length, t.Checked), length: int32(t.Length), full: t.Checked}}
	if err := s.open(c.client); err != nil {
		_ = s.Close()
		return nil, err
	}
	s.handler = s.counter.onFragment
	if int32(t.Length) > s.maxPayload() {
		s.handler = aeron.NewFragmentAssembler(s.counter.onFragment, int32(t.Length)).OnFragment
	}
	return s, nil
}

func (s *throughput) open(client *aeron.Aeron) (err error) {
	if s.sub, err = client.AddSubscription(s.Channel, s.Stream); err != nil {
		return err
	}
	for i := range s.Publishers {
		add := client.AddPublication
		if s.Exclusive {
			add = client.AddExclusivePublication
		}
		pub, err := add(s.Channel, s.Stream)
		if err != nil {
			return err
		}
		message := protocol.NewMessage(s.Length)
		s.senders = append(s.senders, &sender{pub: pub, index: i, message: message, buffer: buffers.MakeBuffer(message), checked: s.Checked})
		if err := await("a subscriber", pub.IsConnected); err != nil {
			return err
		}
	}
	return await("a publisher", s.sub.IsConnected)
}

// maxPayload is what goes into one frame; aeron-go does not tell.
func (s *throughput) maxPayload() int32 {
	if s.Channel == "aeron:ipc" {
		return 65504 - logbuffer.DataFrameHeader.Length
	}
	return 1408 - logbuffer.DataFrameHeader.Length
}

func (s *throughput) Run(run protocol.Run) (protocol.Result, error) {
	before, wrong := s.counter.Received, s.counter.Wrong
	elapsed, err := protocol.Measure(s.Publishers, func(publisher int, stop *atomic.Bool) error {
		return s.senders[publisher].offer(protocol.Share(run.Messages, s.Publishers, publisher), stop)
	}, func(stop *atomic.Bool) error { return s.receive(before+run.Messages, stop) })
	return protocol.Result{
		Nanoseconds: elapsed.Nanoseconds(), Received: int64(s.counter.Received - before), Wrong: s.counter.Wrong - wrong,
		Position: s.senders[0].pub.Position(),
	}, err
}

func (s *sender) offer(messages int, stop *atomic.Bool) error {
	wait := idle.Yield()
	length := int32(len(s.message))
	head := protocol.Head(s.index, s.sequence)
	s.sequence += int64(messages)
	for end := head + uint64(messages); head < end; head++ {
		if s.checked {
			protocol.Fill(s.message, head)
		} else {
			s.buffer.PutInt64(0, int64(head))
		}
		for {
			position := s.pub.Offer(s.buffer, 0, length, nil)
			if position >= 0 {
				break
			}
			if stop.Load() {
				return errStopped
			}
			if err := refused(position, wait); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *throughput) receive(until int, stop *atomic.Bool) error {
	wait := idle.Yield()
	for s.counter.Received < until {
		n := s.sub.Poll(s.handler, fragmentLimit)
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
		_ = sender.pub.Close()
	}
	if s.sub != nil {
		return s.sub.Close()
	}
	return nil
}
