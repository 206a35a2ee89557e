package cgo

// #include "shim.h"
import "C"

import "unsafe"

// ExclusivePublication is a C exclusive publication.
type ExclusivePublication struct {
	c *C.aeron_exclusive_publication_t
}

// AsyncAddExclusivePublication is an add that the driver has not answered.
type AsyncAddExclusivePublication struct {
	c *C.aeron_async_add_exclusive_publication_t
}

// AddAsyncExclusivePublication asks the driver for a exclusive publication.
//
// C: aeron_async_add_exclusive_publication
func AddAsyncExclusivePublication(client Client, channel string, streamID int32) (AsyncAddExclusivePublication, error) {
	uri, free, err := cString("add exclusive publication", channel)
	if err != nil {
		return AsyncAddExclusivePublication{}, err
	}
	defer free()
	r := C.aerongo_async_add_exclusive_publication(client.c, uri, C.int32_t(streamID))
	return AsyncAddExclusivePublication{(*C.aeron_async_add_exclusive_publication_t)(r.ptr)}, errorOf("add exclusive publication", r)
}

// Poll reports whether the driver has answered. After true, and after an error, the add is gone.
//
// C: aeron_async_add_exclusive_publication_poll
func (a AsyncAddExclusivePublication) Poll() (ExclusivePublication, bool, error) {
	r := C.aerongo_async_add_exclusive_publication_poll(a.c)
	return ExclusivePublication{(*C.aeron_exclusive_publication_t)(r.ptr)}, r.ptr != nil, errorOf("add exclusive publication", r)
}

// RegistrationID is the id that the driver knows the exclusive publication by.
//
// C: aeron_async_add_exclusive_publication_get_registration_id
func (a AsyncAddExclusivePublication) RegistrationID() int64 {
	return int64(C.aeron_async_add_exclusive_publication_get_registration_id(a.c))
}

// Cancel takes an add back that was not polled to its end; it is gone after nil.
//
// C: aeron_async_add_exclusive_publication_cancel
func (a AsyncAddExclusivePublication) Cancel(client Client) error {
	return errorOf("cancel add", C.aerongo_async_add_exclusive_publication_cancel(client.c, a.c))
}

// RemoveExclusivePublication takes a exclusive publication back by its registration id, whether the driver has answered the add or not. An add
// that was not answered is gone after nil.
//
// C: aeron_async_remove_exclusive_publication
func RemoveExclusivePublication(client Client, registrationID int64) error {
	return errorOf("remove exclusive publication", C.aerongo_async_remove_exclusive_publication(client.c, C.int64_t(registrationID)))
}

// ExclusivePublicationConstants fills in what does not change while p is open.
//
// C: aeron_exclusive_publication_constants
func ExclusivePublicationConstants(p ExclusivePublication) (PublicationInfo, error) {
	var info C.aerongo_publication_info_t
	r := C.aerongo_exclusive_publication_constants(p.c, &info)
	return publicationInfo(&info), errorOf("exclusive publication constants", r)
}

// ExclusivePublicationOffer appends a message and returns the new position, or one of C's negative codes; err goes with the last.
//
// C: aeron_exclusive_publication_offer
func ExclusivePublicationOffer(p ExclusivePublication, message []byte) (int64, error) {
	return offered(C.aerongo_exclusive_publication_offer(p.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(message))), C.size_t(len(message))))
}

// ExclusivePublicationOfferReserved is ExclusivePublicationOffer with a reserved value for every frame of the message.
//
// C: aeron_exclusive_publication_offer
func ExclusivePublicationOfferReserved(p ExclusivePublication, message []byte, reserved int64) (int64, error) {
	return offered(C.aerongo_exclusive_publication_offer_reserved(
		p.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(message))), C.size_t(len(message)), C.int64_t(reserved)))
}

// ExclusivePublicationOfferV appends parts, one behind the other, as one message, with a reserved value for every frame of it; see
// ExclusivePublicationOffer for what it returns.
//
// C: aeron_exclusive_publication_offerv
func ExclusivePublicationOfferV(p ExclusivePublication, parts [][]byte, reserved int64) (int64, error) {
	v := newVector(parts)
	defer v.free()
	return offered(C.aerongo_exclusive_publication_offerv(p.c, &v.parts[0], C.size_t(len(v.parts)), C.int64_t(reserved)))
}

// ExclusivePublicationTryClaim claims length bytes of the log; see ExclusivePublicationOffer for what it returns.
//
// C: aeron_exclusive_publication_try_claim
func ExclusivePublicationTryClaim(p ExclusivePublication, length int) (Claim, error) {
	c := C.aerongo_exclusive_publication_try_claim(p.c, C.size_t(length))
	if c.text != nil {
		return Claim{Position: int64(c.value)}, &Error{Op: "claim", Code: int32(c.code), Text: text(c.text)}
	}
	return Claim{Position: int64(c.value), Frame: unsafe.Pointer(c.frame), Data: unsafe.Pointer(c.data)}, nil
}

// ExclusivePublicationRevokeOnClose makes the close of p a revocation: subscribers drop what they have not consumed.
//
// C: aeron_exclusive_publication_revoke_on_close
func ExclusivePublicationRevokeOnClose(p ExclusivePublication) {
	C.aerongo_exclusive_publication_revoke_on_close(p.c)
}

// ExclusivePublicationRevoke revokes and closes p; see ExclusivePublicationClose.
//
// C: aeron_exclusive_publication_revoke
func ExclusivePublicationRevoke(p ExclusivePublication, l Listener) error {
	return errorOf("revoke publication", C.aerongo_exclusive_publication_revoke(p.c, l.c))
}

// ExclusivePublicationAppendPadding appends a padding frame over length bytes, and the header's 32, which subscribers skip; see
// ExclusivePublicationOffer for what it returns.
//
// C: aeron_exclusive_publication_append_padding
func ExclusivePublicationAppendPadding(p ExclusivePublication, length int) (int64, error) {
	return offered(C.aerongo_exclusive_publication_append_padding(p.c, C.size_t(length)))
}

// ExclusivePublicationOfferBlock appends frames that lie one behind the other, whole with headers and alignment, in one go. They must
// fit into the rest of the term. C reads the first header without a look at the length, and no other: all that is the caller's to check. See
// ExclusivePublicationOffer for what it returns.
//
// C: aeron_exclusive_publication_offer_block
func ExclusivePublicationOfferBlock(p ExclusivePublication, frames []byte) (int64, error) {
	return offered(C.aerongo_exclusive_publication_offer_block(
		p.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(frames))), C.size_t(len(frames))))
}

// ExclusivePublicationIsConnected reports whether a subscriber is there.
//
// C: aeron_exclusive_publication_is_connected
func ExclusivePublicationIsConnected(p ExclusivePublication) bool {
	return bool(C.aerongo_exclusive_publication_is_connected(p.c))
}

// ExclusivePublicationPosition is how far the log is written.
//
// C: aeron_exclusive_publication_position
func ExclusivePublicationPosition(p ExclusivePublication) int64 {
	return int64(C.aerongo_exclusive_publication_position(p.c))
}

// ExclusivePublicationPositionLimit is how far it may be written.
//
// C: aeron_exclusive_publication_position_limit
func ExclusivePublicationPositionLimit(p ExclusivePublication) int64 {
	return int64(C.aerongo_exclusive_publication_position_limit(p.c))
}

// ExclusivePublicationChannelStatus is 1 for active and -1 for errored, and -1 for every IPC channel, which has no status.
//
// C: aeron_exclusive_publication_channel_status
func ExclusivePublicationChannelStatus(p ExclusivePublication) int64 {
	return int64(C.aerongo_exclusive_publication_channel_status(p.c))
}

// ExclusivePublicationIsClosed reports whether the client has given the publication up.
//
// C: aeron_exclusive_publication_is_closed
func ExclusivePublicationIsClosed(p ExclusivePublication) bool {
	return bool(C.aerongo_exclusive_publication_is_closed(p.c))
}

// ExclusivePublicationClose asks the conductor to free p, which must not be used again; l hears when that is done, unless the client
// has given up or p was closed by it: then never.
//
// C: aeron_exclusive_publication_close
func ExclusivePublicationClose(p ExclusivePublication, l Listener) error {
	return errorOf("close exclusive publication", C.aerongo_exclusive_publication_close(p.c, l.c))
}

// ExclusivePublicationLocalAddresses are the addresses that the publication's channel is bound to, up to limit of them, which must be positive.
//
// C: aeron_exclusive_publication_local_sockaddrs
func ExclusivePublicationLocalAddresses(p ExclusivePublication, limit int) ([]string, error) {
	v := newAddresses(limit)
	r := C.aerongo_exclusive_publication_local_sockaddrs(p.c, v.c(), C.size_t(max(limit, 0)))
	return v.texts(r.value), errorOf("local addresses", r)
}

// ExclusivePublicationAbandonMapping makes C forget to unmap p's log, which then stays for the life of the process.
func ExclusivePublicationAbandonMapping(p ExclusivePublication) {
	C.aerongo_exclusive_publication_abandon_mapping(p.c)
}
