package cgo

// #include "shim.h"
import "C"

// Client is a C Aeron client.
type Client struct{ c *C.aeron_t }

// ClientInit connects to the driver of the context's directory.
//
// C: aeron_init
func ClientInit(c *Context) (Client, error) {
	r := C.aerongo_client_init(c.c)
	return Client{(*C.aeron_t)(r.ptr)}, errorOf("connect", r)
}

// ClientStart starts the conductor thread, or none in invoker mode.
//
// C: aeron_start
func ClientStart(c Client) error { return errorOf("start client", C.aerongo_client_start(c.c)) }

// ClientMainDoWork runs one duty cycle of a client in invoker mode.
//
// C: aeron_main_do_work
func ClientMainDoWork(c Client) (int, error) {
	r := C.aerongo_client_main_do_work(c.c)
	return int(r.value), errorOf("client duty cycle", r)
}

// ClientAsked is how many questions to the driver C waits to hear of. It fails while the driver may not have room for another. Only of a
// client in invoker mode.
//
// C: aeron_main_do_work
func ClientAsked(c Client) (int, error) {
	r := C.aerongo_client_asked(c.c)
	return int(r.value), errorOf("ask driver", r)
}

// ClientForget makes C forget a question that has failed, when it waited for so many before: without a conductor thread it frees the
// question, and comes to it again in its next duty cycle.
//
// C: aeron_main_do_work
func ClientForget(c Client, asked int) { C.aerongo_client_forget(c.c, C.int64_t(asked)) }

// ClientClose joins the conductor and frees the client with all that belongs to it. The context stays.
//
// C: aeron_close
func ClientClose(c Client) error { return errorOf("close client", C.aerongo_client_close(c.c)) }

// ClientIsClosed reports whether the conductor has given up: the driver, the client or its thread timed out.
//
// C: aeron_is_closed
func ClientIsClosed(c Client) bool { return bool(C.aerongo_client_is_closed(c.c)) }

// ClientID is the client's id in the driver.
//
// C: aeron_client_id
func ClientID(c Client) int64 { return int64(C.aeron_client_id(c.c)) }

// ClientMainIdleStrategy idles as a client in invoker mode would after a duty cycle that did workCount.
//
// C: aeron_main_idle_strategy
func ClientMainIdleStrategy(c Client, workCount int) {
	C.aerongo_client_main_idle_strategy(c.c, C.int(workCount))
}

// ClientIsOf reports whether a client was made of a context.
//
// C: aeron_context
func ClientIsOf(c Client, context *Context) bool { return C.aerongo_client_context(c.c) == context.c }

// ClientNextCorrelationID is a number that the driver gives to nobody else.
//
// C: aeron_next_correlation_id
func ClientNextCorrelationID(c Client) (int64, error) {
	r := C.aerongo_client_next_correlation_id(c.c)
	return int64(r.value), errorOf("next correlation id", r)
}

// AsyncNextSessionID is a request for a session id that the driver has not answered.
type AsyncNextSessionID struct {
	c *C.aeron_async_get_next_available_session_id_t
}

// ClientAsyncNextSessionID asks the driver for a session id that no publication of a stream has.
//
// C: aeron_async_next_session_id
func ClientAsyncNextSessionID(c Client, streamID int32) (AsyncNextSessionID, error) {
	r := C.aerongo_async_next_session_id(c.c, C.int32_t(streamID))
	return AsyncNextSessionID{(*C.aeron_async_get_next_available_session_id_t)(r.ptr)}, errorOf("next session id", r)
}

// Poll reports whether the driver has answered. After true, and after an error, the request is gone.
//
// C: aeron_async_next_session_id_poll
func (a AsyncNextSessionID) Poll() (int32, bool, error) {
	r := C.aerongo_async_next_session_id_poll(a.c)
	if err := errorOf("next session id", r); err != nil {
		return 0, false, err
	}
	return int32(r.value), r.code > 0, nil
}

// ClientPrintCounters is a line for every counter of the driver, as Aeron's tools print them.
//
// C: aeron_print_counters
func ClientPrintCounters(c Client) string { return text(C.aerongo_client_print_counters(c.c)) }
