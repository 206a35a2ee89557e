package cgo

// #include "shim.h"
import "C"

import "unsafe"

// Counter is a counter of the client's own.
type Counter struct{ c *C.aeron_counter_t }

// AsyncAddCounter is an add that the driver has not answered.
type AsyncAddCounter struct {
	c *C.aeron_async_add_counter_t
}

// CounterInfo is what does not change while a counter is open.
type CounterInfo struct {
	RegistrationID int64
	CounterID      int32
}

func bytesOf(b []byte) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))), C.size_t(len(b))
}

func charsOf(s string) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}

// AddAsyncCounter asks the driver for a counter.
//
// C: aeron_async_add_counter
func AddAsyncCounter(client Client, typeID int32, key []byte, label string) (AsyncAddCounter, error) {
	k, kn := bytesOf(key)
	l, ln := charsOf(label)
	r := C.aerongo_async_add_counter(client.c, C.int32_t(typeID), k, kn, l, ln)
	return AsyncAddCounter{(*C.aeron_async_add_counter_t)(r.ptr)}, errorOf("add counter", r)
}

// AddAsyncStaticCounter asks the driver for the counter of a type and registration id that outlives its clients, which it makes if
// there is none.
//
// C: aeron_async_add_static_counter
func AddAsyncStaticCounter(client Client, typeID int32, key []byte, label string, registrationID int64) (AsyncAddCounter, error) {
	k, kn := bytesOf(key)
	l, ln := charsOf(label)
	r := C.aerongo_async_add_static_counter(client.c, C.int32_t(typeID), k, kn, l, ln, C.int64_t(registrationID))
	return AsyncAddCounter{(*C.aeron_async_add_counter_t)(r.ptr)}, errorOf("add static counter", r)
}

// Poll reports whether the driver has answered. After true, and after an error, the add is gone.
//
// C: aeron_async_add_counter_poll
func (a AsyncAddCounter) Poll() (Counter, bool, error) {
	r := C.aerongo_async_add_counter_poll(a.c)
	return Counter{(*C.aeron_counter_t)(r.ptr)}, r.ptr != nil, errorOf("add counter", r)
}

// RegistrationID is the id that the driver knows the counter by.
//
// C: aeron_async_add_counter_get_registration_id
func (a AsyncAddCounter) RegistrationID() int64 {
	return int64(C.aeron_async_add_counter_get_registration_id(a.c))
}

// Cancel takes an add back that was not polled to its end; it is gone after nil. A static counter stays in the driver.
//
// C: aeron_async_add_counter_cancel
func (a AsyncAddCounter) Cancel(client Client) error {
	return errorOf("cancel add counter", C.aerongo_async_add_counter_cancel(client.c, a.c))
}

// RemoveCounter takes a counter back by its registration id, whether the driver has answered the add or not. An add that was not
// answered is gone after nil. A static counter stays in the driver.
//
// C: aeron_async_remove_counter
func RemoveCounter(client Client, registrationID int64) error {
	return errorOf("remove counter", C.aerongo_async_remove_counter(client.c, C.int64_t(registrationID)))
}

// CounterConstants fills in what does not change while c is open.
//
// C: aeron_counter_constants
func CounterConstants(c Counter) (CounterInfo, error) {
	var info C.aeron_counter_constants_t
	r := C.aerongo_counter_constants(c.c, &info)
	return CounterInfo{int64(info.registration_id), int32(info.counter_id)}, errorOf("counter constants", r)
}

// CounterAddr is the address of the value, which stays mapped until the client's context is closed.
//
// C: aeron_counter_addr
func CounterAddr(c Counter) *int64 { return (*int64)(unsafe.Pointer(C.aerongo_counter_addr(c.c))) }

// CounterClosed is the address of the byte that is not 0 once the client has given the counter up. It goes with c.
//
// C: aeron_counter_is_closed
func CounterClosed(c Counter) *byte { return (*byte)(unsafe.Pointer(C.aerongo_counter_closed(c.c))) }

// CounterIsClosed reports whether the client has given the counter up.
//
// C: aeron_counter_is_closed
func CounterIsClosed(c Counter) bool { return bool(C.aerongo_counter_is_closed(c.c)) }

// CounterClose asks the conductor to free c, which must not be used again; l hears when that is done, unless the client has given up:
// then never. A static counter stays in the driver.
//
// C: aeron_counter_close
func CounterClose(c Counter, l Listener) error {
	return errorOf("close counter", C.aerongo_counter_close(c.c, l.c))
}
