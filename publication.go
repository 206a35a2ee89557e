package aeron

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aeroncgo/aeron/aeronc"
)

// Claim is a piece of a publication's log to fill in place; see TryClaim.
type Claim = aeronc.Claim

// DataPath says who reads and writes a log: Go, or, with Config.ReferencePath or the build tag aeron_reference, C's own functions. A log that is
// in doubt is refused by both.
type DataPath = aeronc.DataPath

// Constants is what does not change while a publication is open.
type Constants = aeronc.PublicationConstants

// Sender is either kind of publication.
type Sender interface {
	Offer(message []byte) (int64, error)
	OfferVectored(parts ...[]byte) (int64, error)
	OfferReserved(reserved int64, parts ...[]byte) (int64, error)
	TryClaim(length int) (Claim, error)
	Publish(ctx context.Context, message []byte) error
	AwaitReady(ctx context.Context, options ...ReadyOption) error
	IsConnected() bool
	IsClosed() bool
	Position() (int64, error)
	PositionLimit() (int64, error)
	Constants() Constants
	Close() error
}

var (
	_ Sender = (*Publication)(nil)
	_ Sender = (*ExclusivePublication)(nil)
)

// rawPublication is what aeronc has for either kind. What a message passes goes to the kind itself: see offer.go.
type rawPublication interface {
	Offer(message []byte) (int64, error)
	NewBatch(length int) (*aeronc.Batch, error)
	DataPath() aeronc.DataPath
	Constants() aeronc.PublicationConstants
	IsConnected() bool
	IsClosed() bool
	Position() (int64, error)
	PositionLimit() (int64, error)
	AddDestination(ctx context.Context, channel string) (int64, error)
	RemoveDestination(ctx context.Context, channel string) error
	RemoveDestinationByID(ctx context.Context, id int64) error
	LocalAddresses() ([]string, error)
	Close() error
}

// sending is all that both kinds of publication do.
type sending struct {
	driver *Driver
	client *aeronc.Client
	raw    rawPublication
}

// Publication is a concurrent publication: any number of goroutines may send at the same time.
type Publication struct {
	sending
	c *aeronc.Publication
}

// ExclusivePublication is a publication with a session of its own and one writer: faster, and meant for one goroutine at a time.
// Others that send meanwhile wait for their turn.
type ExclusivePublication struct {
	sending
	c *aeronc.ExclusivePublication
}

// Publish sends a message and waits politely for as long as the stream is not connected or back pressured; ctx ends that. The error
// then matches ctx's and the reason for the waiting.
func (p *sending) Publish(ctx context.Context, message []byte) error {
	if p == nil || p.raw == nil {
		return ErrClosed
	}
	_, err := p.raw.Offer(message)
	if err == nil {
		return nil
	}
	own := borrow()
	defer waits.Put(own)
	wait := p.driver.entry.waiting(own)
	for ; err != nil; _, err = p.raw.Offer(message) {
		if !again(err) {
			return p.fail("publish", err)
		}
		if ctx.Err() != nil {
			return p.fail("publish", waited{context.Cause(ctx), err})
		}
		wait.Idle(0)
	}
	return nil
}

// again reports whether an offer that returned err may be repeated.
func again(err error) bool {
	return errors.Is(err, ErrBackPressured) || errors.Is(err, ErrAdminAction) || errors.Is(err, ErrNotConnected)
}

// waited is the end of a wait and what it waited for.
type waited struct{ ended, reason error }

func (w waited) Error() string   { return fmt.Sprintf("%v while %v", w.ended, w.reason) }
func (w waited) Unwrap() []error { return []error{w.ended, w.reason} }

// says reports whether an error says what it is about. What has ended a wait may be an error of something else.
func says(err error) bool {
	return !errors.As(err, new(waited)) && errors.As(err, new(*Error))
}

func (p *sending) fail(op string, err error) error {
	if says(err) {
		return err
	}
	c := p.raw.Constants()
	e := &Error{Op: op, Channel: c.Channel, StreamID: c.StreamID, Err: err}
	if lost := p.client.Err(); lost != nil && errors.Is(err, ErrClosed) {
		e.Detail = "the driver was lost: " + lost.Error()
	}
	return e
}

// errNoWindow is why a connected publication is not ready.
var errNoWindow = errors.New("aeron: connected, and the window is not open yet")

// AwaitReady waits until a subscriber is connected and the window is open, so that an offer will be taken; ctx ends the wait, and the
// error then says which of the two is missing. Closing the publication or losing the driver ends it too.
func (p *sending) AwaitReady(ctx context.Context, options ...ReadyOption) error {
	if p == nil || p.raw == nil {
		return ErrClosed
	}
	var want readiness
	for _, option := range options {
		if option != nil {
			option(&want)
		}
	}
	return p.driver.entry.await(ctx, func() error {
		if p.raw.IsClosed() {
			return ErrClosed
		}
		if !p.raw.IsConnected() {
			return ErrNotConnected
		}
		position, err := p.raw.Position()
		if err != nil {
			return err
		}
		limit, err := p.raw.PositionLimit()
		if err != nil {
			return err
		}
		if limit <= position {
			return errNoWindow
		}
		return p.enough(want.receivers)
	}, func(err error) error { return p.fail("await ready", err) })
}

// The pauses between two looks at something that is awaited.
const (
	firstLook = 100 * time.Microsecond
	lastLook  = 5 * time.Millisecond
)

// await calls ready until it returns nil or ErrClosed, or ctx ends.
func (e *entry) await(ctx context.Context, ready func() error, fail func(error) error) error {
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		err := ready()
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrClosed) || errors.Is(err, ErrInvalidArgument) {
			return fail(err)
		}
		if worked, _ := e.step(); worked > 0 && ctx.Err() == nil {
			pause = firstLook
			continue
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fail(waited{context.Cause(ctx), err})
		}
	}
}

// IsConnected reports whether at least one subscriber is connected.
//
// C: aeron_publication_is_connected, aeron_exclusive_publication_is_connected
func (p *sending) IsConnected() bool {
	if p == nil || p.raw == nil {
		return false
	}
	return p.raw.IsConnected()
}

// IsClosed reports whether the publication is closed or its driver lost.
//
// C: aeron_publication_is_closed, aeron_exclusive_publication_is_closed
func (p *sending) IsClosed() bool {
	if p == nil || p.raw == nil {
		return true
	}
	return p.raw.IsClosed()
}

// Position is how far the stream has been written, in bytes since its beginning.
//
// C: aeron_publication_position, aeron_exclusive_publication_position
func (p *sending) Position() (int64, error) {
	if p == nil || p.raw == nil {
		return 0, ErrClosed
	}
	return p.raw.Position()
}

// PositionLimit is how far the stream may be written before Offer returns ErrBackPressured.
//
// C: aeron_publication_position_limit, aeron_exclusive_publication_position_limit
func (p *sending) PositionLimit() (int64, error) {
	if p == nil || p.raw == nil {
		return 0, ErrClosed
	}
	return p.raw.PositionLimit()
}

// Constants is what does not change: ids, lengths and limits. Usable after Close.
//
// C: aeron_publication_constants, aeron_exclusive_publication_constants
func (p *sending) Constants() Constants {
	if p == nil || p.raw == nil {
		return Constants{}
	}
	return p.raw.Constants()
}

// DataPath says who writes the publication's log: Go, or C's own functions, and why.
func (p *sending) DataPath() DataPath {
	if p == nil || p.raw == nil {
		return DataPath{}
	}
	return p.raw.DataPath()
}

// Channel is the channel that the publication was added with.
func (p *sending) Channel() string {
	if p == nil || p.raw == nil {
		return ""
	}
	return p.raw.Constants().Channel
}

// StreamID is the stream.
func (p *sending) StreamID() int32 {
	if p == nil || p.raw == nil {
		return 0
	}
	return p.raw.Constants().StreamID
}

// SessionID is the publication's session.
func (p *sending) SessionID() int32 {
	if p == nil || p.raw == nil {
		return 0
	}
	return p.raw.Constants().SessionID
}

// MaxMessageLength is the longest message that Offer takes.
func (p *sending) MaxMessageLength() int {
	if p == nil || p.raw == nil {
		return 0
	}
	return p.raw.Constants().MaxMessageLength
}

// MaxPayloadLength is the longest claim, and how much of a message goes into one frame.
func (p *sending) MaxPayloadLength() int {
	if p == nil || p.raw == nil {
		return 0
	}
	return p.raw.Constants().MaxPayloadLength
}

// Close closes the publication and waits until the client has confirmed it. Calls in flight are waited for; claims are not, and
// become ErrClosed and padding. What was sent stays in the log for subscribers for LingerTimeout. A second call returns nil.
//
// C: aeron_publication_close, aeron_exclusive_publication_close
func (p *Publication) Close() error {
	if p == nil || p.raw == nil {
		return nil
	}
	return p.close(p)
}

// Close closes the publication; see [Publication.Close].
//
// C: aeron_exclusive_publication_close
func (p *ExclusivePublication) Close() error {
	if p == nil || p.raw == nil {
		return nil
	}
	return p.close(p)
}

func (p *sending) close(self closer) error {
	first := p.driver.disown(self)
	err := p.raw.Close()
	if first {
		p.driver.entry.publicationClosed()
	}
	return err
}
