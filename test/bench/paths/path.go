package main

import (
	"context"
	"errors"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
)

// path is a way through the module.
type path struct {
	name, channel string
	length        int
	concurrent    bool
	sender        func(*loop) func(n int) (int, error)
	receiver      func(*loop)
	messages      int
}

const (
	ipc = "aeron:ipc"
	// Messages of 4 KiB do not fit into a frame of this one.
	ipcSmallFrames = "aeron:ipc?mtu=1408"
	udp            = "aeron:udp?endpoint=127.0.0.1:PORT"
)

var paths = []path{
	{name: "offer-exclusive", channel: ipc, length: 32, sender: offer, receiver: poll},
	{name: "offer-concurrent", channel: ipc, length: 32, concurrent: true, sender: offer, receiver: poll},
	{name: "offer-vectored", channel: ipc, length: 32, sender: vectored, receiver: poll},
	{name: "offer-vectored-concurrent", channel: ipc, length: 32, concurrent: true, sender: vectored, receiver: poll},
	{name: "offer-reserved", channel: ipc, length: 32, sender: reserved, receiver: poll},
	{name: "claim-exclusive", channel: ipc, length: 32, sender: claim, receiver: poll},
	{name: "claim-concurrent", channel: ipc, length: 32, concurrent: true, sender: claim, receiver: poll},
	{name: "batch-exclusive", channel: ipc, length: 32, sender: batch, receiver: poll},
	{name: "batch-concurrent", channel: ipc, length: 32, concurrent: true, sender: batch, receiver: poll},
	{name: "fragmented-exclusive", channel: ipcSmallFrames, length: 4096, sender: offer, receiver: poll},
	{name: "fragmented-concurrent", channel: ipcSmallFrames, length: 4096, concurrent: true, sender: offer, receiver: poll},
	{name: "fragmented-batch", channel: ipcSmallFrames, length: 4096, sender: batch, receiver: poll},
	{name: "poll-controlled", channel: ipc, length: 32, sender: offer, receiver: pollControlled},
	{name: "poll-messages", channel: ipc, length: 32, sender: offer, receiver: pollMessages},
	{name: "iterate-messages", channel: ipc, length: 32, sender: offer, receiver: iterate},
	{name: "udp-offer-exclusive", channel: udp, length: 32, sender: offer, receiver: poll},
	{name: "udp-fragmented-exclusive", channel: udp, length: 4096, sender: offer, receiver: poll},
}

// loop is a path that is open.
type loop struct {
	pub      aeron.Sender
	sub      *aeron.Subscription
	message  []byte
	received int
	wait     idle.Strategy
	send     func(n int) (int, error) // sends up to n messages
	poll     func() (int, error)
	exchange func(turns int) error
}

func (p path) open(ctx context.Context, drv *aeron.Driver, stream int32) (*loop, error) {
	l := &loop{message: make([]byte, p.length), wait: idle.Yield()}
	var err error
	if l.sub, err = drv.AddSubscription(ctx, p.channel, stream); err != nil {
		return nil, err
	}
	if p.concurrent {
		l.pub, err = drv.AddPublication(ctx, p.channel, stream)
	} else {
		l.pub, err = drv.AddExclusivePublication(ctx, p.channel, stream)
	}
	if err != nil {
		return nil, err
	}
	l.send, l.exchange = p.sender(l), l.turns
	p.receiver(l)
	return l, errors.Join(l.pub.AwaitReady(ctx), l.sub.AwaitReady(ctx))
}

func (l *loop) close() error { return errors.Join(l.pub.Close(), l.sub.Close()) }

// each sends messages one by one.
func each(send func() error) func(int) (int, error) {
	return func(n int) (int, error) {
		for i := range n {
			if err := send(); err != nil {
				return i, err
			}
		}
		return n, nil
	}
}

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
	pub := l.pub.(*aeron.ExclusivePublication)
	return each(func() error {
		_, err := pub.OfferReserved(7, l.message)
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

func poll(l *loop) {
	handler := func(aeron.Fragment) { l.received++ }
	l.poll = func() (int, error) { return l.sub.Poll(handler, fragmentLimit) }
}

func pollMessages(l *loop) {
	handler := func(aeron.Message) { l.received++ }
	l.poll = func() (int, error) { return l.sub.PollMessages(handler, fragmentLimit) }
}

func pollControlled(l *loop) {
	handler := func(aeron.Fragment) aeron.Action {
		l.received++
		return aeron.Continue
	}
	l.poll = func() (int, error) { return l.sub.PollControlled(handler, fragmentLimit) }
}

// iterate receives in one loop over Messages, and sends from its body.
func iterate(l *loop) {
	l.exchange = func(turns int) error {
		if err := l.sendTurn(); err != nil {
			return err
		}
		until := l.received + turns*turn
		for _, err := range l.sub.Messages(context.Background()) {
			if err != nil {
				return err
			}
			l.received++
			if l.received == until {
				return nil
			}
			if (until-l.received)%turn == 0 {
				if err := l.sendTurn(); err != nil {
					return err
				}
			}
		}
		return nil
	}
}
