package cgo

// #include "shim.h"
import "C"

import "unsafe"

// C's assemblers put messages together for the *Poller that a tag stands for. Not safe for concurrent use; to be deleted when no poll
// uses them.

// FragmentAssembler has a buffer for every session, which stays until the assembler, or DeleteSessionBuffer, lets go of it.
type FragmentAssembler struct{ c *C.aeron_fragment_assembler_t }

// NewFragmentAssembler makes an assembler in front of t.
//
// C: aeron_fragment_assembler_create
func NewFragmentAssembler(t Tag) (FragmentAssembler, error) {
	r := C.aerongo_fragment_assembler_create(t.p)
	return FragmentAssembler{(*C.aeron_fragment_assembler_t)(r.ptr)}, errorOf("create assembler", r)
}

// Handler is what a poll calls.
//
// C: aeron_fragment_assembler_handler
func (a FragmentAssembler) Handler() Handler {
	return Handler{C.aerongo_fragment_assembler_handler(), unsafe.Pointer(a.c)}
}

// Delete frees the assembler with what it has not put together.
//
// C: aeron_fragment_assembler_delete
func (a FragmentAssembler) Delete() error {
	return errorOf("delete assembler", C.aerongo_fragment_assembler_delete(a.c))
}

// DeleteSessionBuffer frees the buffer of a session; false if there is none.
//
// C: aeron_fragment_assembler_delete_session_buffer
func (a FragmentAssembler) DeleteSessionBuffer(sessionID int32) bool {
	return bool(C.aeron_fragment_assembler_delete_session_buffer(a.c, C.int32_t(sessionID)))
}

// ControlledFragmentAssembler has a buffer for every session, like FragmentAssembler, and a handler that is heeded.
type ControlledFragmentAssembler struct {
	c *C.aeron_controlled_fragment_assembler_t
}

// NewControlledFragmentAssembler makes an assembler in front of t.
//
// C: aeron_controlled_fragment_assembler_create
func NewControlledFragmentAssembler(t Tag) (ControlledFragmentAssembler, error) {
	r := C.aerongo_controlled_fragment_assembler_create(t.p)
	return ControlledFragmentAssembler{(*C.aeron_controlled_fragment_assembler_t)(r.ptr)}, errorOf("create assembler", r)
}

// Handler is what a poll calls.
//
// C: aeron_controlled_fragment_assembler_handler
func (a ControlledFragmentAssembler) Handler() ControlledHandler {
	return ControlledHandler{C.aerongo_controlled_fragment_assembler_handler(), unsafe.Pointer(a.c)}
}

// Delete frees the assembler with what it has not put together.
//
// C: aeron_controlled_fragment_assembler_delete
func (a ControlledFragmentAssembler) Delete() error {
	return errorOf("delete assembler", C.aerongo_controlled_fragment_assembler_delete(a.c))
}

// DeleteSessionBuffer frees the buffer of a session; false if there is none.
//
// C: aeron_controlled_fragment_assembler_delete_session_buffer
func (a ControlledFragmentAssembler) DeleteSessionBuffer(sessionID int32) bool {
	return bool(C.aeron_controlled_fragment_assembler_delete_session_buffer(a.c, C.int32_t(sessionID)))
}

// ImageFragmentAssembler has one buffer, for one image.
type ImageFragmentAssembler struct {
	c *C.aeron_image_fragment_assembler_t
}

// NewImageFragmentAssembler makes an assembler in front of t.
//
// C: aeron_image_fragment_assembler_create
func NewImageFragmentAssembler(t Tag) (ImageFragmentAssembler, error) {
	r := C.aerongo_image_fragment_assembler_create(t.p)
	return ImageFragmentAssembler{(*C.aeron_image_fragment_assembler_t)(r.ptr)}, errorOf("create assembler", r)
}

// Handler is what a poll calls.
//
// C: aeron_image_fragment_assembler_handler
func (a ImageFragmentAssembler) Handler() Handler {
	return Handler{C.aerongo_image_fragment_assembler_handler(), unsafe.Pointer(a.c)}
}

// Delete frees the assembler with what it has not put together.
//
// C: aeron_image_fragment_assembler_delete
func (a ImageFragmentAssembler) Delete() error {
	return errorOf("delete assembler", C.aerongo_image_fragment_assembler_delete(a.c))
}

// ImageControlledFragmentAssembler has one buffer, for one image, and a handler that is heeded.
type ImageControlledFragmentAssembler struct {
	c *C.aeron_image_controlled_fragment_assembler_t
}

// NewImageControlledFragmentAssembler makes an assembler in front of t.
//
// C: aeron_image_controlled_fragment_assembler_create
func NewImageControlledFragmentAssembler(t Tag) (ImageControlledFragmentAssembler, error) {
	r := C.aerongo_image_controlled_fragment_assembler_create(t.p)
	return ImageControlledFragmentAssembler{(*C.aeron_image_controlled_fragment_assembler_t)(r.ptr)}, errorOf("create assembler", r)
}

// Handler is what a poll calls.
//
// C: aeron_image_controlled_fragment_assembler_handler
func (a ImageControlledFragmentAssembler) Handler() ControlledHandler {
	return ControlledHandler{C.aerongo_image_controlled_fragment_assembler_handler(), unsafe.Pointer(a.c)}
}

// Delete frees the assembler with what it has not put together.
//
// C: aeron_image_controlled_fragment_assembler_delete
func (a ImageControlledFragmentAssembler) Delete() error {
	return errorOf("delete assembler", C.aerongo_image_controlled_fragment_assembler_delete(a.c))
}
