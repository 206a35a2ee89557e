package aeronc

import "github.com/aeroncgo/aeron/cgo"

// Poll delivers up to limit fragments to f, from every image in turn, and reports how many it delivered. See [Fragment] for how long
// its memory is valid. It returns ErrClosed when the subscription is closed, also while it runs; ErrCorruptFrame once for an image
// that cannot be read any further, the others go on. A panic of f passes through; what it had consumed before stays consumed.
//
// C: aeron_subscription_poll
func (s *Subscription) Poll(f func(Fragment), limit int) (int, error) {
	if s == nil || s.client == nil {
		return 0, ErrClosed
	}
	return s.poll(consumer{plain: f}, limit)
}

// PollControlled is Poll with a handler that says what becomes of each fragment.
//
// C: aeron_subscription_controlled_poll
func (s *Subscription) PollControlled(f func(Fragment) Action, limit int) (int, error) {
	if s == nil || s.client == nil {
		return 0, ErrClosed
	}
	return s.poll(consumer{controlled: f}, limit)
}

// PollMessages is Poll for whole messages; see [Assemble]. It counts, and limits, fragments.
//
// C: aeron_subscription_poll, aeron_fragment_assembler_handler
func (s *Subscription) PollMessages(f func(Fragment), limit int) (int, error) {
	if s == nil || s.client == nil {
		return 0, ErrClosed
	}
	return s.poll(consumer{plain: f, assemble: true}, limit)
}

// PollMessagesControlled is PollMessages with a handler that says what becomes of each message.
//
// C: aeron_subscription_controlled_poll, aeron_controlled_fragment_assembler_handler
func (s *Subscription) PollMessagesControlled(f func(Fragment) Action, limit int) (int, error) {
	if s == nil || s.client == nil {
		return 0, ErrClosed
	}
	return s.poll(consumer{controlled: f, assemble: true}, limit)
}

func (c consumer) check(limit int) error {
	if c.plain == nil && c.controlled == nil {
		return invalidArgument("handler", "nil", "must be a function")
	}
	if limit < 0 {
		return invalidArgument("limit", limit, "must not be negative")
	}
	return nil
}

func (s *Subscription) poll(c consumer, limit int) (n int, err error) {
	if limit < 0 || c.plain == nil && c.controlled == nil {
		return 0, c.check(limit)
	}
	if err := s.acquire(); err != nil {
		return 0, err
	}
	defer s.release()
	s.refresh()
	at := s.turn()
	for range s.images {
		if n >= limit {
			break
		}
		i := s.images[at]
		if at++; at == len(s.images) {
			at = 0
		}
		if !i.look() {
			continue
		}
		read, ended, e := i.read(c, limit-n, noBound)
		n += read
		if e != nil && err == nil {
			err = e
		}
		if ended {
			break
		}
	}
	if n == 0 && err == nil {
		err = s.lost()
	}
	return n, err
}

// turn is the image that begins this time: another one every time.
func (s *Subscription) turn() int {
	at := s.first
	if at >= len(s.images) {
		at = 0
	}
	s.first = at + 1
	return at
}

// lost is ErrClosed when there will be nothing to poll any more. Owner only.
func (s *Subscription) lost() error {
	if s.client.deadErr.Load() != nil || len(s.images) == 0 && cgo.SubscriptionIsClosed(s.raw) {
		return ErrClosed
	}
	return nil
}

// PollBlocks delivers the frames that there are to f as they lie in the log, a block of up to limit bytes for each image, and reports how
// many bytes they were. See [Block]. Errors and panics are as with Poll, but that a block is consumed as a whole.
//
// C: aeron_subscription_block_poll
func (s *Subscription) PollBlocks(f func(Block), limit int) (n int, err error) {
	if s == nil || s.client == nil {
		return 0, ErrClosed
	}
	if err := checkBlocks(f, limit); err != nil {
		return 0, err
	}
	if err := s.acquire(); err != nil {
		return 0, err
	}
	defer s.release()
	s.refresh()
	for _, i := range s.images {
		if s.life.closed.Load() {
			return n, ErrClosed
		}
		read, e := i.readBlock(f, limit)
		n += read
		if e != nil && err == nil {
			err = e
		}
	}
	if n == 0 && err == nil {
		err = s.lost()
	}
	return n, err
}

func checkBlocks(f func(Block), limit int) error {
	if f == nil {
		return invalidArgument("handler", "nil", "must be a function")
	}
	if limit < 0 {
		return invalidArgument("limit", limit, "must not be negative")
	}
	return nil
}

// Poll is [Subscription.Poll] for this image alone. It waits for its turn like the subscription's polls. Of an image that is gone it
// delivers nothing.
//
// C: aeron_image_poll
func (i *Image) Poll(f func(Fragment), limit int) (int, error) {
	if i == nil || i.subscription == nil {
		return 0, ErrClosed
	}
	return i.poll(consumer{plain: f}, limit, noBound)
}

// PollControlled is Poll with a handler that says what becomes of each fragment.
//
// C: aeron_image_controlled_poll
func (i *Image) PollControlled(f func(Fragment) Action, limit int) (int, error) {
	if i == nil || i.subscription == nil {
		return 0, ErrClosed
	}
	return i.poll(consumer{controlled: f}, limit, noBound)
}

// PollBounded is Poll of the fragments that begin before limitPosition.
//
// C: aeron_image_bounded_poll
func (i *Image) PollBounded(f func(Fragment), limitPosition int64, limit int) (int, error) {
	if i == nil || i.subscription == nil {
		return 0, ErrClosed
	}
	return i.poll(consumer{plain: f}, limit, limitPosition)
}

// PollBoundedControlled is PollBounded with a handler that says what becomes of each fragment.
//
// C: aeron_image_bounded_controlled_poll
func (i *Image) PollBoundedControlled(f func(Fragment) Action, limitPosition int64, limit int) (int, error) {
	if i == nil || i.subscription == nil {
		return 0, ErrClosed
	}
	return i.poll(consumer{controlled: f}, limit, limitPosition)
}

func (i *Image) poll(c consumer, limit int, bound int64) (n int, err error) {
	if err := c.check(limit); err != nil {
		return 0, err
	}
	return i.owned(func() (int, error) {
		n, _, err := i.read(c, limit, bound)
		return n, err
	})
}

// PollBlock is [Subscription.PollBlocks] for this image alone.
//
// C: aeron_image_block_poll
func (i *Image) PollBlock(f func(Block), limit int) (int, error) {
	if i == nil || i.subscription == nil {
		return 0, ErrClosed
	}
	if err := checkBlocks(f, limit); err != nil {
		return 0, err
	}
	return i.owned(func() (int, error) { return i.readBlock(f, limit) })
}

// owned calls read as the owner of the subscription, while the image is there.
func (i *Image) owned(read func() (int, error)) (n int, err error) {
	if i == nil || i.subscription == nil {
		return 0, ErrClosed
	}
	s := i.subscription
	if err := s.acquire(); err != nil {
		return 0, err
	}
	defer s.release()
	// Also lets C free what is gone: nobody may be polling the subscription itself.
	s.refresh()
	if i.retired {
		return 0, nil
	}
	if n, err = read(); n == 0 && err == nil {
		err = s.lost()
	}
	return n, err
}

// readByC says whether C reads the log. Not one that was given up, which a walk does not read.
func (i *Image) readByC() bool { return i.subscription.reference && !i.corrupt.Load() }

// read is a walk of the log, or C's own poll.
func (i *Image) read(c consumer, limit int, bound int64) (n int, ended bool, err error) {
	if i.readByC() {
		return i.readC(c, limit, bound)
	}
	return i.walk(c, limit, bound)
}

func (i *Image) readBlock(f func(Block), limit int) (int, error) {
	if i.readByC() {
		return i.readBlockC(f, limit)
	}
	return i.walkBlock(f, limit)
}
