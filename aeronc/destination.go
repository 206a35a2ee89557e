package aeronc

import (
	"context"
	"sync/atomic"

	"github.com/aeroncgo/aeron/cgo"
)

// destinationChange is a change of destinations that the driver has not answered.
type destinationChange interface {
	Poll() (bool, error)
	RegistrationID() int64
}

// questions are those about one object that C has not done with. C reads the object when their commands come to its conductor, and a close may
// overtake them when it finds the conductor's queue full: so it waits for them, until the driver has answered or C gives up on it.
type questions struct {
	calls
	left atomic.Bool // one has no end before the client's, which frees the object too
}

// settle lets nobody ask any more, and waits.
func (q *questions) settle() {
	q.shut()
	q.drain()
}

// changeDestination asks for a change and waits for the driver, for ctx, or for most of the driver timeout.
func (c *Client) changeDestination(
	ctx context.Context, q *questions, op, channel string, streamID int32, start func() (destinationChange, error),
) (id int64, err error) {
	e := Error{Op: op, Channel: channel, StreamID: streamID}
	a := &addition[int64]{c: c, e: e, start: func() (question[int64], error) {
		change, err := start()
		if err != nil {
			return question[int64]{}, err
		}
		id := change.RegistrationID()
		return question[int64]{id, func() (int64, bool, error) {
			done, err := change.Poll()
			return id, done, err
		}}, nil
	}}
	if c.invoker {
		return a.do(ctx) // there is no queue
	}
	if !q.enter() {
		return 0, a.with(ErrClosed)
	}
	a.over = func(done bool) {
		if !done {
			q.left.Store(true)
		}
		q.exit()
	}
	id, err = a.do(ctx)
	if !a.asked {
		q.exit()
	}
	return id, err
}

// AddDestination adds a destination to a publication with control-mode=manual: what is offered is sent there too. The id is for
// RemoveDestinationByID.
//
// C: aeron_publication_async_add_destination, aeron_exclusive_publication_async_add_destination
func (p *publicationBase) AddDestination(ctx context.Context, channel string) (id int64, err error) {
	if p == nil || p.client == nil {
		return 0, ErrClosed
	}
	return p.changeDestination(ctx, "add destination", channel, func() (destinationChange, error) {
		return p.raw.addDestination(p.client.raw, channel)
	})
}

// RemoveDestination removes a destination by the channel that it was added with.
//
// C: aeron_publication_async_remove_destination, aeron_exclusive_publication_async_remove_destination
func (p *publicationBase) RemoveDestination(ctx context.Context, channel string) error {
	if p == nil || p.client == nil {
		return ErrClosed
	}
	_, err := p.changeDestination(ctx, "remove destination", channel, func() (destinationChange, error) {
		return p.raw.removeDestination(p.client.raw, channel)
	})
	return err
}

// RemoveDestinationByID removes a destination by the id that AddDestination returned.
//
// C: aeron_publication_async_remove_destination_by_id, aeron_exclusive_publication_async_remove_destination_by_id
func (p *publicationBase) RemoveDestinationByID(ctx context.Context, id int64) error {
	if p == nil || p.client == nil {
		return ErrClosed
	}
	_, err := p.changeDestination(ctx, "remove destination", p.constants.Channel, func() (destinationChange, error) {
		return p.raw.removeDestinationByID(p.client.raw, id)
	})
	return err
}

func (p *publicationBase) changeDestination(ctx context.Context, op, channel string, start func() (destinationChange, error)) (int64, error) {
	if err := p.client.checkAdd(Error{Op: op, Channel: channel, StreamID: p.constants.StreamID}); err != nil {
		return 0, err
	}
	return p.client.changeDestination(ctx, &p.questions, op, channel, p.constants.StreamID, func() (destinationChange, error) {
		if !p.calls.enter() {
			return nil, ErrClosed
		}
		defer p.calls.exit()
		return start()
	})
}

// AddDestination adds a destination to a subscription with control-mode=manual: what is sent there is received too.
//
// C: aeron_subscription_async_add_destination
func (s *Subscription) AddDestination(ctx context.Context, channel string) (id int64, err error) {
	if s == nil || s.client == nil {
		return 0, ErrClosed
	}
	return s.changeDestination(ctx, "add destination", channel, func() (destinationChange, error) {
		return cgo.SubscriptionAddDestination(s.client.raw, s.raw, channel)
	})
}

// RemoveDestination removes a destination by the channel that it was added with.
//
// C: aeron_subscription_async_remove_destination
func (s *Subscription) RemoveDestination(ctx context.Context, channel string) error {
	if s == nil || s.client == nil {
		return ErrClosed
	}
	_, err := s.changeDestination(ctx, "remove destination", channel, func() (destinationChange, error) {
		return cgo.SubscriptionRemoveDestination(s.client.raw, s.raw, channel)
	})
	return err
}

func (s *Subscription) changeDestination(ctx context.Context, op, channel string, start func() (destinationChange, error)) (int64, error) {
	if err := s.client.checkAdd(Error{Op: op, Channel: channel, StreamID: s.info.StreamID}); err != nil {
		return 0, err
	}
	return s.client.changeDestination(ctx, &s.questions, op, channel, s.info.StreamID, func() (destinationChange, error) {
		// Not the owner's place: a client without threads works here under its own lock, which the handler of a poll may wait for.
		if !s.questions.enter() {
			return nil, ErrClosed
		}
		defer s.questions.exit()
		return start()
	})
}
