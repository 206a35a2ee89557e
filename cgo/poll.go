package cgo

// #include "shim.h"
import "C"

import "unsafe"

// Handler is where a poll of C's hands its fragments: Go's handler, or an assembler in front of it.
type Handler struct {
	f       C.aeron_fragment_handler_t
	clientd unsafe.Pointer
}

// ControlledHandler is a Handler whose answers C heeds.
type ControlledHandler struct {
	f       C.aeron_controlled_fragment_handler_t
	clientd unsafe.Pointer
}

// Handler hands every fragment to the *Poller that t stands for.
func (t Tag) Handler() Handler {
	return Handler{C.aeron_fragment_handler_t(C.aerongo_fragment_handler), t.p}
}

// ControlledHandler hands every fragment to the *Poller that t stands for, whose answers count.
func (t Tag) ControlledHandler() ControlledHandler {
	return ControlledHandler{C.aeron_controlled_fragment_handler_t(C.aerongo_controlled_fragment_handler), t.p}
}

func polled(r C.aerongo_result_t) (int, error) { return int(r.value), errorOf("poll", r) }

// SubscriptionPoll polls every image in turn for up to limit fragments, and reports how many there were.
//
// C: aeron_subscription_poll
func SubscriptionPoll(s Subscription, h Handler, limit int) (int, error) {
	return polled(C.aerongo_subscription_poll(s.c, h.f, h.clientd, C.size_t(limit)))
}

// SubscriptionControlledPoll is SubscriptionPoll with a handler that is heeded.
//
// C: aeron_subscription_controlled_poll
func SubscriptionControlledPoll(s Subscription, h ControlledHandler, limit int) (int, error) {
	return polled(C.aerongo_subscription_controlled_poll(s.c, h.f, h.clientd, C.size_t(limit)))
}

// SubscriptionBlockPoll hands a block of frames, of up to limit bytes, of every image to the *Poller that t stands for, and reports
// how many bytes they were.
//
// C: aeron_subscription_block_poll
func SubscriptionBlockPoll(s Subscription, t Tag, limit int) (int, error) {
	return polled(C.aerongo_subscription_block_poll(s.c, t.p, C.size_t(limit)))
}

// ImagePoll polls one image for up to limit fragments.
//
// C: aeron_image_poll
func ImagePoll(i Image, h Handler, limit int) (int, error) {
	return polled(C.aerongo_image_poll(i.c, h.f, h.clientd, C.size_t(limit)))
}

// ImageControlledPoll is ImagePoll with a handler that is heeded.
//
// C: aeron_image_controlled_poll
func ImageControlledPoll(i Image, h ControlledHandler, limit int) (int, error) {
	return polled(C.aerongo_image_controlled_poll(i.c, h.f, h.clientd, C.size_t(limit)))
}

// ImageBoundedPoll is ImagePoll of fragments that begin before a position.
//
// C: aeron_image_bounded_poll
func ImageBoundedPoll(i Image, h Handler, limitPosition int64, limit int) (int, error) {
	return polled(C.aerongo_image_bounded_poll(i.c, h.f, h.clientd, C.int64_t(limitPosition), C.size_t(limit)))
}

// ImageBoundedControlledPoll is ImageBoundedPoll with a handler that is heeded.
//
// C: aeron_image_bounded_controlled_poll
func ImageBoundedControlledPoll(i Image, h ControlledHandler, limitPosition int64, limit int) (int, error) {
	return polled(C.aerongo_image_bounded_controlled_poll(i.c, h.f, h.clientd, C.int64_t(limitPosition), C.size_t(limit)))
}

// ImageBlockPoll hands a block of frames, of up to limit bytes, to the *Poller that t stands for, and reports how many bytes they
// were. It stores the position even if there were none.
//
// C: aeron_image_block_poll
func ImageBlockPoll(i Image, t Tag, limit int) (int, error) {
	return polled(C.aerongo_image_block_poll(i.c, t.p, C.size_t(limit)))
}

// Header is C's header of a fragment or message, valid while its handler runs.
type Header struct{ p unsafe.Pointer }

func (h Header) c() *C.aeron_header_t { return (*C.aeron_header_t)(h.p) }

// HeaderInfo is what a header says.
type HeaderInfo struct {
	ReservedValue       int64
	FrameLength         int32
	TermOffset          int32
	SessionID           int32
	StreamID            int32
	TermID              int32
	InitialTermID       int32
	PositionBitsToShift int32
	Type                int16
	Version             uint8
	Flags               uint8
}

// HeaderValues copies the header.
//
// C: aeron_header_values
func HeaderValues(h Header) (HeaderInfo, error) {
	var c C.aerongo_header_info_t
	r := C.aerongo_header_values(h.c(), &c)
	return HeaderInfo{
		ReservedValue:       int64(c.reserved_value),
		FrameLength:         int32(c.frame_length),
		TermOffset:          int32(c.term_offset),
		SessionID:           int32(c.session_id),
		StreamID:            int32(c.stream_id),
		TermID:              int32(c.term_id),
		InitialTermID:       int32(c.initial_term_id),
		PositionBitsToShift: int32(c.position_bits_to_shift),
		Type:                int16(c._type),
		Version:             uint8(c.version),
		Flags:               uint8(c.flags),
	}, errorOf("header values", r)
}

// HeaderPosition is the stream's position behind the fragment.
//
// C: aeron_header_position
func HeaderPosition(h Header) int64 { return int64(C.aeron_header_position(h.c())) }

// HeaderPositionBitsToShift is the logarithm of the term length.
//
// C: aeron_header_position_bits_to_shift
func HeaderPositionBitsToShift(h Header) int {
	return int(C.aeron_header_position_bits_to_shift(h.c()))
}

// HeaderNextTermOffset is where in the term the next frame begins.
//
// C: aeron_header_next_term_offset
func HeaderNextTermOffset(h Header) int32 { return int32(C.aeron_header_next_term_offset(h.c())) }

// HeaderImage is the image that the fragment came by, not retained.
//
// C: aeron_header_context
func HeaderImage(h Header) Image { return Image{(*C.aeron_image_t)(C.aeron_header_context(h.c()))} }
