package aeronc

import (
	"context"

	"github.com/aeroncgo/aeron/cgo"
)

// sessionRequest makes a request for a session id what add waits for.
type sessionRequest struct{ cgo.AsyncNextSessionID }

func (sessionRequest) RegistrationID() int64 { return 0 }

// NextSessionID asks the driver for a session id that no publication of a stream has, and waits for it, for ctx, or for most of the
// driver timeout.
//
// C: aeron_async_next_session_id, aeron_async_next_session_id_poll
func (c *Client) NextSessionID(ctx context.Context, streamID int32) (int32, error) {
	if c == nil {
		return 0, ErrClosed
	}
	e := Error{Op: "next session id", StreamID: streamID}
	if !c.calls.enter() {
		e.Err = ErrClosed
		return 0, &e
	}
	defer c.calls.exit()
	id, _, err := add(ctx, c, e, func() (sessionRequest, error) {
		request, err := cgo.ClientAsyncNextSessionID(c.raw, streamID)
		return sessionRequest{request}, err
	}, func(int64) error { return nil }) // C drops it when it is not answered in time
	return id, err
}

// NextCorrelationID is a number that the driver gives to nobody else. ErrClosed when closed.
//
// C: aeron_next_correlation_id
func (c *Client) NextCorrelationID() (int64, error) {
	if c == nil {
		return 0, ErrClosed
	}
	if !c.calls.enter() {
		return 0, ErrClosed
	}
	defer c.calls.exit()
	id, err := cgo.ClientNextCorrelationID(c.raw)
	if err != nil {
		return 0, fromC("next correlation id", err)
	}
	return id, nil
}

// PrintCounters is a line for every counter of the driver, as Aeron's tools print them; "" when closed.
//
// C: aeron_print_counters
func (c *Client) PrintCounters() string {
	if c == nil {
		return ""
	}
	if !c.calls.enter() {
		return ""
	}
	defer c.calls.exit()
	return cgo.ClientPrintCounters(c.raw)
}
