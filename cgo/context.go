package cgo

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"syscall"
	"unsafe"
)

// DriverContext is a C driver context and the strings that C keeps pointers to.
type DriverContext struct {
	c    *C.aeron_driver_context_t
	kept kept
}

// Context is a C client context.
type Context struct {
	c    *C.aeron_context_t
	kept kept
}

// kept holds the C strings given to a context until it is closed: some setters copy their argument and some keep the pointer.
type kept []*C.char

// maxText is the longest string that a context takes: C copies its directory into AERON_MAX_PATH bytes and cuts off the rest.
const maxText = 4095

func (k *kept) add(s string) (*C.char, error) {
	if len(s) > maxText {
		return nil, tooLong("set", s)
	}
	c, _, err := cString("set", s)
	if err == nil {
		*k = append(*k, c)
	}
	return c, err
}

func tooLong(op, s string) error {
	return &Error{Op: op, Code: int32(syscall.EINVAL), Text: fmt.Sprintf("%d bytes, where C takes up to %d", len(s), maxText)}
}

func (k *kept) free() {
	for _, c := range *k {
		C.free(unsafe.Pointer(c))
	}
	*k = nil
}

// orNull is add, but for an empty text.
func (k *kept) orNull(s string) (*C.char, error) {
	if s == "" {
		return nil, nil //nolint:nilnil // NULL is a value of C's
	}
	return k.add(s)
}

func (c *DriverContext) text(s string) (*C.char, error)       { return c.kept.add(s) }
func (c *Context) text(s string) (*C.char, error)             { return c.kept.add(s) }
func (c *DriverContext) textOrNull(s string) (*C.char, error) { return c.kept.orNull(s) }
func (c *Context) textOrNull(s string) (*C.char, error)       { return c.kept.orNull(s) }

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// DriverContextInit makes a driver context with C's defaults, changed by AERON_* variables if fromEnv.
//
// C: aeron_driver_context_init
func DriverContextInit(fromEnv bool) (*DriverContext, error) {
	r := C.aerongo_driver_context_init(flag(fromEnv))
	if err := errorOf("create driver context", r); err != nil {
		return nil, err
	}
	return &DriverContext{c: (*C.aeron_driver_context_t)(r.ptr)}, nil
}

// DriverContextClose unmaps and frees the context. The driver must be closed.
//
// C: aeron_driver_context_close
func DriverContextClose(c *DriverContext) error {
	err := errorOf("close driver context", C.aerongo_driver_context_close(c.c))
	c.c = nil
	c.kept.free()
	return err
}

// DriverContextGuardFrames puts the frame guard before the incoming interceptors that the context has; see vendor-c/shim/aerongo_frame_guard.h.
// To be called before every DriverInit.
//
// C: aeron_driver_context_set_udp_channel_incoming_interceptors
func DriverContextGuardFrames(c *DriverContext) error {
	return errorOf("guard frames", C.aerongo_driver_context_guard_frames(c.c))
}

// DriverContextRejectedFrames is how many datagrams the frame guard of the context's driver has dropped.
func DriverContextRejectedFrames(c *DriverContext) int64 {
	return int64(C.aerongo_frame_guard_rejected(c.c))
}

// FrameIsWellFormed is what the frame guard finds of a datagram without looking at the stream that it is for.
func FrameIsWellFormed(datagram []byte) bool {
	aligned := make([]uint64, len(datagram)/8+8) // as the driver's buffers are, and never empty
	buffer := unsafe.Slice((*byte)(unsafe.Pointer(&aligned[0])), len(datagram))
	copy(buffer, datagram)
	return C.aerongo_frame_guard_is_well_formed((*C.uint8_t)(unsafe.Pointer(&aligned[0])), C.size_t(len(datagram))) != 0
}

// ContextInit makes a client context with C's defaults, changed by AERON_* variables if fromEnv.
//
// C: aeron_context_init
func ContextInit(fromEnv bool) (*Context, error) {
	r := C.aerongo_context_init(flag(fromEnv))
	if err := errorOf("create client context", r); err != nil {
		return nil, err
	}
	return &Context{c: (*C.aeron_context_t)(r.ptr)}, nil
}

// ContextClose unmaps the CnC file and frees the context. The client must be closed.
//
// C: aeron_context_close
func ContextClose(c *Context) error {
	err := errorOf("close client context", C.aerongo_context_close(c.c))
	c.c = nil
	c.kept.free()
	return err
}

// ContextSetHandlers makes every callback of the client record into l's queue. Without it Aeron's own error handler ends the
// process at the first asynchronous error.
//
// C: aeron_context_set_error_handler
// C: aeron_context_set_publication_error_frame_handler
// C: aeron_context_set_on_new_publication
// C: aeron_context_set_on_new_exclusive_publication
// C: aeron_context_set_on_new_subscription
// C: aeron_context_set_on_available_counter
// C: aeron_context_set_on_unavailable_counter
// C: aeron_context_set_on_close_client
func ContextSetHandlers(c *Context, l Listener) error {
	return errorOf("set client handlers", C.aerongo_context_set_handlers(c.c, l.c))
}

// RequestDriverTermination asks the driver of a directory to end; whether it does is for its validator.
//
// C: aeron_context_request_driver_termination
func RequestDriverTermination(dir string, token []byte) error {
	c, free, err := cString("request driver termination", dir)
	if err != nil {
		return err
	}
	defer free()
	return errorOf("request driver termination", C.aerongo_context_request_driver_termination(
		c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(token))), C.size_t(len(token))))
}

// Slot is a function that C calls back and what it gives it, as addresses.
type Slot struct {
	Handler, Clientd uintptr
}

func slotsOf(c []C.aerongo_slot_t) []Slot {
	slots := make([]Slot, len(c))
	for n := range c {
		slots[n] = Slot{uintptr(c[n].handler), uintptr(c[n].clientd)}
	}
	return slots
}

// ContextHandlers are the callbacks that a context has, in the order of ContextSetHandlers.
//
// C: aeron_context_get_error_handler
// C: aeron_context_get_error_handler_clientd
// C: aeron_context_get_publication_error_frame_handler
// C: aeron_context_get_publication_error_frame_handler_clientd
// C: aeron_context_get_on_new_publication
// C: aeron_context_get_on_new_publication_clientd
// C: aeron_context_get_on_new_exclusive_publication
// C: aeron_context_get_on_new_exclusive_publication_clientd
// C: aeron_context_get_on_new_subscription
// C: aeron_context_get_on_new_subscription_clientd
// C: aeron_context_get_on_available_counter
// C: aeron_context_get_on_available_counter_clientd
// C: aeron_context_get_on_unavailable_counter
// C: aeron_context_get_on_unavailable_counter_clientd
// C: aeron_context_get_on_close_client
// C: aeron_context_get_on_close_client_clientd
func ContextHandlers(c *Context) []Slot {
	var slots [C.AERONGO_CONTEXT_SLOTS]C.aerongo_slot_t
	C.aerongo_context_get_handlers(c.c, &slots[0])
	return slotsOf(slots[:])
}

// DriverContextParts are the addresses of what a context holds that only C can make: the trackers of duty cycles of conductor, sender
// and receiver and of the name resolver's time, the port managers of sender and receiver, the transport and its outgoing
// interceptors. 0 for none.
//
// C: aeron_driver_context_get_conductor_duty_cycle_tracker
// C: aeron_driver_context_get_sender_duty_cycle_tracker
// C: aeron_driver_context_get_receiver_duty_cycle_tracker
// C: aeron_driver_context_get_name_resolver_time_tracker
// C: aeron_driver_context_get_sender_port_manager
// C: aeron_driver_context_get_receiver_port_manager
// C: aeron_driver_context_get_udp_channel_transport_bindings
// C: aeron_driver_context_get_udp_channel_outgoing_interceptors
func DriverContextParts(c *DriverContext) [8]uintptr {
	var parts [C.AERONGO_DRIVER_CONTEXT_PARTS]unsafe.Pointer
	C.aerongo_driver_context_get_parts(c.c, &parts[0])
	var addresses [8]uintptr
	for n, p := range parts {
		addresses[n] = uintptr(p)
	}
	return addresses
}
