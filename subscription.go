package aeron

import (
	"context"
	"errors"
	"iter"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/idle"
)

// Fragment is what a handler of Poll gets: a whole message, or, with RawFragments, a frame of the log. Borrowed: it and its Data are
// valid until the handler returns.
type Fragment = aeronc.Fragment

// Assemble makes a handler of messages of one that takes frames, for an image's own polls, which deliver frames as they are:
// image.Poll(aeron.Assemble(f), 10). Make it once. Not beside another poll of the same image that puts messages together.
func Assemble(f func(Fragment)) func(Fragment) { return aeronc.Assemble(f) }

// AssembleControlled is Assemble for a handler that says what becomes of each message.
func AssembleControlled(f func(Fragment) Action) func(Fragment) Action {
	return aeronc.AssembleControlled(f)
}

// Block is a run of frames as they lie in the log; see PollBlocks.
type Block = aeronc.Block

// Image is one publisher's stream as one subscription sees it.
type Image = aeronc.Image

// Action is what a handler of PollControlled wants done with a fragment.
type Action = aeronc.Action

// The actions.
const (
	Abort    = aeronc.Abort    // end the poll; deliver this fragment again
	Break    = aeronc.Break    // end the poll behind this fragment
	Commit   = aeronc.Commit   // store the position behind this fragment now, and go on
	Continue = aeronc.Continue // go on; the position is stored when the poll ends
)

// Message is a whole message, put together if it was longer than the MTU. Borrowed: it and its Data are valid until the handler
// returns, or the loop over Messages goes on.
type Message struct{ fragment Fragment }

// Data is the message. It may be empty.
func (m Message) Data() []byte { return m.fragment.Data() }

// Clone is a copy of Data that the caller may keep.
func (m Message) Clone() []byte { return append([]byte{}, m.fragment.Data()...) }

// SessionID is the publisher's session.
func (m Message) SessionID() int32 { return m.fragment.SessionID() }

// StreamID is the stream.
func (m Message) StreamID() int32 { return m.fragment.StreamID() }

// Position is the stream's position behind the message.
func (m Message) Position() int64 { return m.fragment.Position() }

// ReservedValue is what the publisher put into the 8 bytes of the header that are the application's.
func (m Message) ReservedValue() int64 { return m.fragment.ReservedValue() }

// Image is the image that the message came from.
func (m Message) Image() *Image { return m.fragment.Image() }

// SubscriptionOption changes how a subscription is read.
type SubscriptionOption func(*Subscription)

// MaxMessageLength is the longest message, in bytes, that the subscription puts together, 1 to 2147483615; 16 MiB without it, which is the
// longest that Aeron sends. A longer one is skipped, and error listeners hear of it: ErrMessageTooLong.
func MaxMessageLength(length int) SubscriptionOption {
	return func(s *Subscription) { s.maxMessage = length }
}

// RawFragments makes Poll and PollControlled deliver the frames of the log as they are, where they would put messages together that
// are longer than the MTU.
func RawFragments() SubscriptionOption { return func(s *Subscription) { s.rawFragments = true } }

// Subscription receives a stream from any number of publishers, one Image each. It has one owner at a time: polls from different
// goroutines take turns. Inside a handler, what would have to wait for a poll returns ErrBusy.
type Subscription struct {
	driver       *Driver
	client       *aeronc.Client
	raw          *aeronc.Subscription
	rawFragments bool
	maxMessage   int
}

// Poll delivers what has arrived to f, up to limit frames of the log in all, and reports how many frames it took: 0 means that there
// was nothing, and calls for an idle strategy. Messages longer than the MTU arrive whole, once their last frame is there, unless the
// subscription was added with RawFragments.
//
// f runs on the calling goroutine. It may Close anything, and its panics pass through: what it consumed before stays consumed.
// Errors: ErrClosed, ErrBusy, ErrInvalidArgument, and ErrCorruptFrame for an image that cannot be read any further.
//
// C: aeron_subscription_poll
func (s *Subscription) Poll(f func(Fragment), limit int) (int, error) {
	if s == nil || s.raw == nil {
		return 0, ErrClosed
	}
	if f == nil {
		return 0, s.fail("poll", errNoHandler)
	}
	if s.rawFragments {
		return s.raw.Poll(f, limit)
	}
	return s.raw.PollMessages(f, limit)
}

// PollControlled is Poll with a handler that says what becomes of each fragment.
//
// C: aeron_subscription_controlled_poll
func (s *Subscription) PollControlled(f func(Fragment) Action, limit int) (int, error) {
	if s == nil || s.raw == nil {
		return 0, ErrClosed
	}
	if f == nil {
		return 0, s.fail("poll", errNoHandler)
	}
	return s.poll(f, limit, s.rawFragments)
}

// PollMessages is Poll for whole messages, RawFragments or not.
//
// C: aeron_subscription_poll
func (s *Subscription) PollMessages(f func(Message), limit int) (int, error) {
	if s == nil || s.raw == nil {
		return 0, ErrClosed
	}
	if f == nil {
		return 0, s.fail("poll", errNoHandler)
	}
	return s.raw.PollMessages(func(fragment Fragment) { f(Message{fragment}) }, limit)
}

// PollBlocks delivers frames as they lie in the log, headers included: from each image a run of up to limit bytes. It reports how many bytes
// they were. A block is consumed as a whole, when f returns. Errors are Poll's.
//
// C: aeron_subscription_block_poll
func (s *Subscription) PollBlocks(f func(Block), limit int) (int, error) {
	if s == nil || s.raw == nil {
		return 0, ErrClosed
	}
	if f == nil {
		return 0, s.fail("poll", errNoHandler)
	}
	return s.raw.PollBlocks(f, limit)
}

var errNoHandler = &Error{Op: "poll", Detail: "the handler is nil: give a function", Err: ErrInvalidArgument}

func (s *Subscription) poll(f func(Fragment) Action, limit int, raw bool) (int, error) {
	if raw {
		return s.raw.PollControlled(f, limit)
	}
	return s.raw.PollMessagesControlled(f, limit)
}

// pollFrames is how many frames Messages and Fragments take at a time.
const pollFrames = 64

// Messages waits for messages and gives them one by one until ctx ends, the subscription closes or the loop is left: then exactly the
// messages that the loop has seen are consumed. Whatever ends it but the loop itself comes as a last error. An image whose memory is
// corrupt is left out, which error listeners hear of. Not for iter.Pull: the subscription would belong to the loop between two calls.
//
//	for msg, err := range sub.Messages(ctx) {
//		if err != nil { return err }
//		use(msg.Data()) // valid until the next turn
//	}
func (s *Subscription) Messages(ctx context.Context) iter.Seq2[Message, error] {
	if s == nil || s.raw == nil {
		return func(yield func(Message, error) bool) { yield(Message{}, ErrClosed) }
	}
	return func(yield func(Message, error) bool) {
		s.each(ctx, false, func(f Fragment) bool { return yield(Message{f}, nil) }, func(err error) { yield(Message{}, err) })
	}
}

// Fragments is Messages for the frames of the log as they are.
func (s *Subscription) Fragments(ctx context.Context) iter.Seq2[Fragment, error] {
	if s == nil || s.raw == nil {
		return func(yield func(Fragment, error) bool) { yield(Fragment{}, ErrClosed) }
	}
	return func(yield func(Fragment, error) bool) {
		s.each(ctx, true, func(f Fragment) bool { return yield(f, nil) }, func(err error) { yield(Fragment{}, err) })
	}
}

func (s *Subscription) each(ctx context.Context, raw bool, use func(Fragment) bool, end func(error)) {
	wait := s.driver.entry.waiting(idle.Backoff())
	left := false
	for {
		if ctx.Err() != nil {
			end(s.about("receive", context.Cause(ctx)))
			return
		}
		n, err := s.poll(func(f Fragment) Action {
			if left {
				return aeronc.Abort // a loop that was left must not be called again, whatever happens below
			}
			if !use(f) {
				left = true
				return aeronc.Break
			}
			return aeronc.Continue
		}, pollFrames, raw)
		if left {
			return
		}
		if errors.Is(err, ErrCorruptFrame) {
			// One publisher's stream has ended; the others go on.
			s.driver.entry.passOn(err)
		} else if err != nil {
			end(s.fail("receive", err))
			return
		}
		wait.Idle(n)
	}
}

func (s *Subscription) fail(op string, err error) error {
	if says(err) {
		return err
	}
	return s.about(op, err)
}

func (s *Subscription) about(op string, err error) error {
	e := &Error{Op: op, Channel: s.raw.Channel(), StreamID: s.raw.StreamID(), Err: err}
	if lost := s.client.Err(); lost != nil && errors.Is(err, ErrClosed) {
		e.Detail = "the driver was lost: " + lost.Error()
	}
	return e
}

// AwaitReady waits until a publisher is connected; ctx ends the wait, and so does closing the subscription or losing the driver.
func (s *Subscription) AwaitReady(ctx context.Context) error {
	if s == nil || s.raw == nil {
		return ErrClosed
	}
	return s.driver.entry.await(ctx, func() error {
		if s.raw.IsClosed() {
			return ErrClosed
		}
		if !s.raw.IsConnected() {
			return ErrNotConnected
		}
		return nil
	}, func(err error) error { return s.fail("await ready", err) })
}

// IsConnected reports whether a publisher is connected.
//
// C: aeron_subscription_is_connected
func (s *Subscription) IsConnected() bool {
	if s == nil || s.raw == nil {
		return false
	}
	return s.raw.IsConnected()
}

// IsClosed reports whether the subscription is closed or its driver lost.
//
// C: aeron_subscription_is_closed
func (s *Subscription) IsClosed() bool {
	if s == nil || s.raw == nil {
		return true
	}
	return s.raw.IsClosed()
}

// Images are the images there are now; the slice is the caller's.
//
// C: aeron_subscription_for_each_image
func (s *Subscription) Images() []*Image {
	if s == nil || s.raw == nil {
		return nil
	}
	return s.raw.Images()
}

// DataPath says who reads the subscription's logs: Go, or C's own functions, and why.
func (s *Subscription) DataPath() DataPath {
	if s == nil || s.raw == nil {
		return DataPath{}
	}
	return s.raw.DataPath()
}

// Channel is the channel that the subscription was added with.
func (s *Subscription) Channel() string {
	if s == nil || s.raw == nil {
		return ""
	}
	return s.raw.Channel()
}

// StreamID is the stream.
func (s *Subscription) StreamID() int32 {
	if s == nil || s.raw == nil {
		return 0
	}
	return s.raw.StreamID()
}

// Close ends the subscription and waits until the client has confirmed it; a poll that runs ends behind the fragment it is at. A
// second call returns nil.
//
// C: aeron_subscription_close
func (s *Subscription) Close() error {
	if s == nil || s.raw == nil {
		return nil
	}
	s.driver.disown(s)
	return s.raw.Close()
}

// RegistrationID is the id that the driver knows the subscription by; 0 for none. A publication that asks on another stream names it in
// its channel's response-correlation-id, so that answers come here.
func (s *Subscription) RegistrationID() int64 {
	if s == nil || s.raw == nil {
		return 0
	}
	return s.raw.RegistrationID()
}
