package main

import (
	"context"
	"iter"

	"github.com/aeroncgo/aeron"
)

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

// A block's limit is in bytes: the frames of as many messages as a poll may take.
const blockLimit = fragmentLimit * (headerLength + 32)

// countBlocks is for messages of one length, without padding.
func (l *loop) countBlocks() func(aeron.Block) {
	frame := headerLength + len(l.message)
	return func(b aeron.Block) { l.received += len(b.Data()) / frame }
}

func pollBlocks(l *loop) {
	handler := l.countBlocks()
	l.poll = func() (int, error) { return l.sub.PollBlocks(handler, blockLimit) }
}

// image polls the only image there is.
func (l *loop) image(poll func(*aeron.Image) (int, error)) {
	var i *aeron.Image
	l.poll = func() (int, error) {
		if i == nil {
			i = l.sub.Images()[0]
		}
		return poll(i)
	}
}

func pollImage(l *loop) {
	handler := func(aeron.Fragment) { l.received++ }
	l.image(func(i *aeron.Image) (int, error) { return i.Poll(handler, fragmentLimit) })
}

func assembleImage(l *loop) {
	handler := aeron.Assemble(func(aeron.Fragment) { l.received++ })
	l.image(func(i *aeron.Image) (int, error) { return i.Poll(handler, fragmentLimit) })
}

func pollImageControlled(l *loop) {
	handler := l.commit()
	l.image(func(i *aeron.Image) (int, error) { return i.PollControlled(handler, fragmentLimit) })
}

// bounded is a position that lies behind what a turn sends.
func bounded(i *aeron.Image) int64 { return i.Position() + 1<<20 }

func pollImageBounded(l *loop) {
	handler := func(aeron.Fragment) { l.received++ }
	l.image(func(i *aeron.Image) (int, error) { return i.PollBounded(handler, bounded(i), fragmentLimit) })
}

func pollImageBoundedControlled(l *loop) {
	handler := l.commit()
	l.image(func(i *aeron.Image) (int, error) { return i.PollBoundedControlled(handler, bounded(i), fragmentLimit) })
}

func pollImageBlock(l *loop) {
	handler := l.countBlocks()
	l.image(func(i *aeron.Image) (int, error) { return i.PollBlock(handler, blockLimit) })
}

// commit counts messages, and consumes each at once.
func (l *loop) commit() func(aeron.Fragment) aeron.Action {
	return func(aeron.Fragment) aeron.Action {
		l.received++
		return aeron.Commit
	}
}

// iterate receives in one loop over messages, and sends from its body.
func iterate[T any](messages func(*aeron.Subscription, context.Context) iter.Seq2[T, error]) func(*loop) {
	return func(l *loop) {
		l.exchange = func(turns int) error {
			if err := l.sendTurn(); err != nil {
				return err
			}
			until := l.received + turns*turn
			for _, err := range messages(l.sub, context.Background()) {
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
}
