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
	{name: "offer-reserved-concurrent", channel: ipc, length: 32, concurrent: true, sender: reserved, receiver: poll},
	{name: "offer-block", channel: ipc, length: 32, sender: block, receiver: poll},
	{name: "append-padding", channel: ipc, length: 32, sender: padded, receiver: poll},
	{name: "publish-exclusive", channel: ipc, length: 32, sender: publish, receiver: poll},
	{name: "publish-concurrent", channel: ipc, length: 32, concurrent: true, sender: publish, receiver: poll},
	{name: "claim-exclusive", channel: ipc, length: 32, sender: claim, receiver: poll},
	{name: "claim-concurrent", channel: ipc, length: 32, concurrent: true, sender: claim, receiver: poll},
	{name: "batch-exclusive", channel: ipc, length: 32, sender: batch, receiver: poll},
	{name: "batch-concurrent", channel: ipc, length: 32, concurrent: true, sender: batch, receiver: poll},
	{name: "writer-exclusive", channel: ipc, length: 32, sender: writer, receiver: poll},
	{name: "writer-concurrent", channel: ipc, length: 32, concurrent: true, sender: writer, receiver: poll},
	{name: "fragmented-exclusive", channel: ipcSmallFrames, length: 4096, sender: offer, receiver: poll},
	{name: "fragmented-concurrent", channel: ipcSmallFrames, length: 4096, concurrent: true, sender: offer, receiver: poll},
	{name: "fragmented-batch", channel: ipcSmallFrames, length: 4096, sender: batch, receiver: poll},
	{name: "fragmented-writer", channel: ipcSmallFrames, length: 4096, sender: writer, receiver: poll},
	{name: "fragmented-controlled", channel: ipcSmallFrames, length: 4096, sender: offer, receiver: pollControlled},
	{name: "fragmented-iterate-messages", channel: ipcSmallFrames, length: 4096, sender: offer, receiver: iterate((*aeron.Subscription).Messages)},
	{name: "fragmented-image-assemble", channel: ipcSmallFrames, length: 4096, sender: offer, receiver: assembleImage},
	{name: "poll-controlled", channel: ipc, length: 32, sender: offer, receiver: pollControlled},
	{name: "poll-messages", channel: ipc, length: 32, sender: offer, receiver: pollMessages},
	{name: "poll-blocks", channel: ipc, length: 32, sender: offer, receiver: pollBlocks},
	{name: "poll-image", channel: ipc, length: 32, sender: offer, receiver: pollImage},
	{name: "poll-image-controlled", channel: ipc, length: 32, sender: offer, receiver: pollImageControlled},
	{name: "poll-image-bounded", channel: ipc, length: 32, sender: offer, receiver: pollImageBounded},
	{name: "poll-image-bounded-controlled", channel: ipc, length: 32, sender: offer, receiver: pollImageBoundedControlled},
	{name: "poll-image-block", channel: ipc, length: 32, sender: offer, receiver: pollImageBlock},
	{name: "iterate-messages", channel: ipc, length: 32, sender: offer, receiver: iterate((*aeron.Subscription).Messages)},
	{name: "iterate-fragments", channel: ipc, length: 32, sender: offer, receiver: iterate((*aeron.Subscription).Fragments)},
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
	writer   *aeron.Writer // nil without one
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

func (l *loop) close() error {
	var writer error
	if l.writer != nil {
		writer = l.writer.Close()
	}
	return errors.Join(writer, l.pub.Close(), l.sub.Close())
}

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
