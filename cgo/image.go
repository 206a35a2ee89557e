package cgo

// #include "shim.h"
import "C"

import "unsafe"

// Image is a C image that has been retained.
type Image struct{ c *C.aeron_image_t }

// ImageInfo is where an image's memory lies, valid until the image is released, and what does not change.
type ImageInfo struct {
	Terms                [3]unsafe.Pointer
	Metadata             unsafe.Pointer
	Position             *int64 // the subscriber's position, shared with the driver
	Closed               *uint8 // 1 once the driver or the client has given the image up
	CorrelationID        int64
	JoinPosition         int64
	Source               string
	TermLength           int32
	PositionBitsToShift  int32
	MTU                  int32
	SessionID            int32
	InitialTermID        int32
	SubscriberPositionID int32
}

// ImageMemory reads where the image lies.
//
// C: aeron_image_constants
func ImageMemory(i Image) (ImageInfo, error) {
	var c C.aerongo_image_info_t
	if err := errorOf("image constants", C.aerongo_image_constants(i.c, &c)); err != nil {
		return ImageInfo{}, err
	}
	info := ImageInfo{
		Metadata:             unsafe.Pointer(c.metadata),
		Position:             (*int64)(unsafe.Pointer(c.subscriber_position)),
		Closed:               (*uint8)(unsafe.Pointer(c.is_closed)),
		CorrelationID:        int64(c.correlation_id),
		JoinPosition:         int64(c.join_position),
		Source:               C.GoStringN(c.source_identity, C.int(c.source_identity_length)),
		TermLength:           int32(c.term_length),
		PositionBitsToShift:  int32(c.position_bits_to_shift),
		MTU:                  int32(c.mtu_length),
		SessionID:            int32(c.session_id),
		InitialTermID:        int32(c.initial_term_id),
		SubscriberPositionID: int32(c.subscriber_position_id),
	}
	for n := range info.Terms {
		info.Terms[n] = unsafe.Pointer(c.terms[n])
	}
	return info, nil
}

// ImageIsClosed reports whether the driver or the client has given the image up.
//
// C: aeron_image_is_closed
func ImageIsClosed(i Image) bool { return bool(C.aerongo_image_is_closed(i.c)) }

// ImageEndOfStreamPosition is where the stream ends; the largest int64 for as long as that is not known.
//
// C: aeron_image_end_of_stream_position
func ImageEndOfStreamPosition(i Image) int64 {
	return int64(C.aerongo_image_end_of_stream_position(i.c))
}

// ImageReject asks the driver to give the image up and to tell the publisher why. Not for an image that the subscription may be giving
// up at the same time: that is SubscriptionRejectImage.
//
// C: aeron_image_reject
func ImageReject(i Image, reason string) error {
	c, free, err := cString("reject image", reason)
	if err != nil {
		return err
	}
	defer free()
	return errorOf("reject image", C.aerongo_image_reject(i.c, c))
}

// SubscriptionRejectImage is ImageReject for an image that need not be there any more: C's own finds the subscription by the image, which
// forgets it then. s must not be closed yet; of an image that is gone the driver takes no notice.
//
// C: aeron_image_reject
func SubscriptionRejectImage(s Subscription, correlationID, position int64, reason string) error {
	c, free, err := cString("reject image", reason)
	if err != nil {
		return err
	}
	defer free()
	return errorOf("reject image", C.aerongo_subscription_reject_image(s.c, C.int64_t(correlationID), C.int64_t(position), c))
}

// ImagePosition is the subscriber's position, or the last one of an image that is gone.
//
// C: aeron_image_position
func ImagePosition(i Image) int64 { return int64(C.aerongo_image_position(i.c)) }

// ImageIsEndOfStream reports whether all that the publisher sent has been consumed and it has closed.
//
// C: aeron_image_is_end_of_stream
func ImageIsEndOfStream(i Image) bool { return bool(C.aerongo_image_is_end_of_stream(i.c)) }

// ImageIsPublicationRevoked reports whether the publisher has revoked the stream.
//
// C: aeron_image_is_publication_revoked
func ImageIsPublicationRevoked(i Image) bool {
	return bool(C.aerongo_image_is_publication_revoked(i.c))
}

// ImageActiveTransportCount is how many transports feed the image.
//
// C: aeron_image_active_transport_count
func ImageActiveTransportCount(i Image) int { return int(C.aerongo_image_active_transport_count(i.c)) }

// ImageRelease gives the image back; its memory may go at once.
//
// C: aeron_image_release
func ImageRelease(i Image) error { return errorOf("release image", C.aerongo_image_release(i.c)) }
