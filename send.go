package aeron

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aeroncgo/aeron/idle"
)

// SendOptions changes how Send and SendFunc go about it. The zero value is one claim, with no waiting for a lost connection.
type SendOptions struct {
	// Offer sends a message of up to MaxMessageLength, in fragments if need be. Otherwise it is claimed in one piece, which
	// takes up to MaxPayloadLength and is never fragmented.
	Offer bool
	// AbortEarly makes a stream without a subscriber an ErrNotConnected at once.
	AbortEarly bool
	// Linger is for how long to wait for a subscriber to come back; after that it is an ErrNotConnected. With 0 the message is not sent
	// and that is no error: the caller may keep it for later.
	Linger time.Duration
	// Idle is how to wait while the stream is back pressured or not connected. It is reset first, and must not be used by anybody else
	// meanwhile. Default idle.Backoff().
	Idle idle.Strategy
}

// Send sends a message and reports whether it is in the stream's log. It waits while the stream is back pressured, for as long as ctx
// lasts; what it does without a subscriber is up to options. sent is false without an error only then.
//
// Errors: what ended ctx, together with what was waited for; ErrNotConnected as options say; ErrMessageTooLong, with the length and the
// limit; ErrClosed; ErrMaxPositionExceeded; ErrMustRestart at once when the driver must be restarted; and what C reports.
// No error but ErrNotConnected and ctx's goes away by trying again. Any goroutine, as far as the kind of publication has it.
//
// C: aeron_publication_try_claim, aeron_publication_offer, and those of exclusive publications
func (d *Driver) Send(ctx context.Context, pub Sender, message []byte, options SendOptions) (sent bool, err error) {
	if d == nil || d.entry == nil {
		return false, ErrClosed
	}
	if options.Offer {
		return d.send(ctx, pub, len(message), options, func() error {
			_, err := pub.Offer(message)
			return err
		})
	}
	return d.SendFunc(ctx, pub, len(message), func(data []byte) error {
		copy(data, message)
		return nil
	}, options)
}

// SendFunc is Send for a message that fill writes: into the log itself, or with Offer into a buffer. fill is called once there is
// room, and must fill all of data, soon, and not keep it. When it returns an error or panics, nothing is sent: the claim is aborted,
// and that very error returned, also if it is one that Send would wait for.
func (d *Driver) SendFunc(ctx context.Context, pub Sender, length int, fill func(data []byte) error, options SendOptions) (sent bool, err error) {
	if d == nil || d.entry == nil {
		return false, ErrClosed
	}
	if fill == nil {
		return false, invalidFunction("send")
	}
	if options.Offer {
		if length < 0 {
			return false, &Error{Op: "send", Detail: fmt.Sprintf("length=%d must not be negative", length), Err: ErrInvalidArgument}
		}
		p, err := d.own("send", pub)
		if err != nil {
			return false, err
		}
		if length > p.MaxMessageLength() {
			return false, tooLong(p, length, p.MaxMessageLength(), "")
		}
		message := make([]byte, length)
		if err := fill(message); err != nil {
			return false, err
		}
		return d.Send(ctx, pub, message, options)
	}
	var refused error // by fill, whose errors are not the publication's, whatever they match
	sent, err = d.send(ctx, pub, length, options, func() error {
		claim, err := pub.TryClaim(length)
		if err != nil {
			return err
		}
		filled := false
		defer func() {
			if !filled {
				_ = claim.Abort() // whatever it says, the panic says more
			}
		}()
		refused = fill(claim.Data())
		filled = true
		if refused == nil {
			return claim.Commit()
		}
		if err := claim.Abort(); err != nil {
			refused = errors.Join(refused, err)
		}
		return errNotFilled
	})
	if refused != nil {
		return false, refused
	}
	return sent, err
}

// errNotFilled ends a send whose message its sender has given up.
var errNotFilled = errors.New("aeron: the message was not filled")

func tooLong(p *sending, length, limit int, remedy string) error {
	return &Error{
		Op: "send", Channel: p.Channel(), StreamID: p.StreamID(),
		Detail: fmt.Sprintf("length %d is over the limit of %d bytes%s", length, limit, remedy), Err: ErrMessageTooLong,
	}
}

// send calls attempt until the message is out, or there is no point in it.
func (d *Driver) send(ctx context.Context, pub Sender, length int, options SendOptions, attempt func() error) (bool, error) {
	p, err := d.own("send", pub)
	if err != nil {
		return false, err
	}
	if !options.Offer && length > p.MaxPayloadLength() {
		return false, tooLong(p, length, p.MaxPayloadLength(), fmt.Sprintf(": with SendOptions.Offer it may be %d", p.MaxMessageLength()))
	}
	wait := options.Idle
	if wait != nil {
		wait.Reset()
		wait = p.driver.entry.waiting(wait)
	}
	fail := func(err error, detail string) (bool, error) {
		e := &Error{Op: fmt.Sprintf("send on session %d", p.SessionID()), Channel: p.Channel(), StreamID: p.StreamID(), Detail: detail, Err: err}
		d.entry.log(slog.LevelError, fmt.Sprintf("[%d] cannot send", p.SessionID()), "err", e)
		return false, e
	}
	var alone time.Time // since when the stream has had no subscriber
	var own idle.Strategy
	defer func() {
		if own != nil {
			waits.Put(own)
		}
	}()
	for {
		if cause := p.driver.entry.mustRestart(); cause != nil {
			return fail(errors.Join(ErrMustRestart, cause), "")
		}
		err := attempt()
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, ErrNotConnected) && options.AbortEarly:
			return fail(err, "")
		case errors.Is(err, ErrNotConnected):
			if alone.IsZero() {
				alone = time.Now()
			}
			if p.IsConnected() {
				break // since then
			}
			if options.Linger <= 0 {
				return false, nil
			}
			if time.Since(alone) >= options.Linger {
				return fail(err, fmt.Sprintf("not connected for longer than the linger time of %v", options.Linger))
			}
		case errors.Is(err, ErrBackPressured), errors.Is(err, ErrAdminAction):
			alone = time.Time{}
		case errors.Is(err, errNotFilled):
			return false, err // nothing has failed here
		default:
			err = p.fail("send", err)
			if !errors.Is(err, ErrClosed) { // whoever closed it knows
				d.entry.log(slog.LevelError, fmt.Sprintf("[%d] cannot send", p.SessionID()), "err", err)
			}
			return false, err
		}
		if ctx.Err() != nil {
			return fail(waited{context.Cause(ctx), err}, "")
		}
		if wait == nil {
			own = borrow()
			wait = p.driver.entry.waiting(own)
		}
		wait.Idle(0)
	}
}
