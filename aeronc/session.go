package aeronc

import (
	"context"

	"github.com/aeroncgo/aeron/cgo"
)

// NextSessionID asks the driver for a session id that no publication of a stream has, and waits for it, for ctx, or for most of the
// driver timeout.
//
// C: aeron_async_next_session_id, aeron_async_next_session_id_poll
func (c *Client) NextSessionID(ctx context.Context, streamID int32) (int32, error) {
	if c == nil {
		return 0, ErrClosed
	}
	a := &addition[int32]{c: c, e: Error{Op: "next session id", StreamID: streamID}, start: func() (question[int32], error) {
		a, err := cgo.ClientAsyncNextSessionID(c.raw, streamID)
		return question[int32]{poll: a.Poll}, err
	}}
	return a.do(ctx)
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
