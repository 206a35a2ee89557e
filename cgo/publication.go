package cgo

// #include "shim.h"
import "C"

import "unsafe"

// PublicationInfo is what does not change while a publication is open.
type PublicationInfo struct {
	RegistrationID           int64
	OriginalRegistrationID   int64
	MaxPossiblePosition      int64
	MaxMessageLength         int
	MaxPayloadLength         int
	TermBufferLength         int
	PositionBitsToShift      int
	InitialTermID            int32
	SessionID                int32
	StreamID                 int32
	PositionLimitCounterID   int32
	ChannelStatusIndicatorID int32
}

func publicationInfo(info *C.aerongo_publication_info_t) PublicationInfo {
	return PublicationInfo{
		RegistrationID:           int64(info.registration_id),
		OriginalRegistrationID:   int64(info.original_registration_id),
		MaxPossiblePosition:      int64(info.max_possible_position),
		MaxMessageLength:         int(info.max_message_length),
		MaxPayloadLength:         int(info.max_payload_length),
		TermBufferLength:         int(info.term_buffer_length),
		PositionBitsToShift:      int(info.position_bits_to_shift),
		InitialTermID:            int32(info.initial_term_id),
		SessionID:                int32(info.session_id),
		StreamID:                 int32(info.stream_id),
		PositionLimitCounterID:   int32(info.position_limit_counter_id),
		ChannelStatusIndicatorID: int32(info.channel_status_indicator_id),
	}
}

// Claim is a piece of the log to fill: Frame is its header, Data what follows. A negative Position means that there is none.
type Claim struct {
	Position int64
	Frame    unsafe.Pointer
	Data     unsafe.Pointer
}

// Publication is a C publication.
type Publication struct{ c *C.aeron_publication_t }

// AsyncAddPublication is an add that the driver has not answered.
type AsyncAddPublication struct {
	c *C.aeron_async_add_publication_t
}

// AddAsyncPublication asks the driver for a publication.
//
// C: aeron_async_add_publication
func AddAsyncPublication(client Client, channel string, streamID int32) (AsyncAddPublication, error) {
	uri, free, err := cString("add publication", channel)
	if err != nil {
		return AsyncAddPublication{}, err
	}
	defer free()
	r := C.aerongo_async_add_publication(client.c, uri, C.int32_t(streamID))
	return AsyncAddPublication{(*C.aeron_async_add_publication_t)(r.ptr)}, errorOf("add publication", r)
}

// Poll reports whether the driver has answered. After true, and after an error, the add is gone.
//
// C: aeron_async_add_publication_poll
func (a AsyncAddPublication) Poll() (Publication, bool, error) {
	r := C.aerongo_async_add_publication_poll(a.c)
	return Publication{(*C.aeron_publication_t)(r.ptr)}, r.ptr != nil, errorOf("add publication", r)
}

// RegistrationID is the id that the driver knows the publication by.
//
// C: aeron_async_add_publication_get_registration_id
func (a AsyncAddPublication) RegistrationID() int64 {
	return int64(C.aeron_async_add_publication_get_registration_id(a.c))
}

// Cancel takes an add back that was not polled to its end; it is gone after nil.
//
// C: aeron_async_add_publication_cancel
func (a AsyncAddPublication) Cancel(client Client) error {
	return errorOf("cancel add", C.aerongo_async_add_publication_cancel(client.c, a.c))
}

// RemovePublication takes a publication back by its registration id, whether the driver has answered the add or not. An add
// that was not answered is gone after nil.
//
// C: aeron_async_remove_publication
func RemovePublication(client Client, registrationID int64) error {
	return errorOf("remove publication", C.aerongo_async_remove_publication(client.c, C.int64_t(registrationID)))
}

// PublicationConstants fills in what does not change while p is open.
//
// C: aeron_publication_constants
func PublicationConstants(p Publication) (PublicationInfo, error) {
	var info C.aerongo_publication_info_t
	r := C.aerongo_publication_constants(p.c, &info)
	return publicationInfo(&info), errorOf("publication constants", r)
}

// PublicationOffer appends a message and returns the new position, or one of C's negative codes; err goes with the last.
//
// C: aeron_publication_offer
func PublicationOffer(p Publication, message []byte) (int64, error) {
	return offered(C.aerongo_publication_offer(p.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(message))), C.size_t(len(message))))
}

// PublicationOfferReserved is PublicationOffer with a reserved value for every frame of the message.
//
// C: aeron_publication_offer
func PublicationOfferReserved(p Publication, message []byte, reserved int64) (int64, error) {
	return offered(C.aerongo_publication_offer_reserved(
		p.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(message))), C.size_t(len(message)), C.int64_t(reserved)))
}

// PublicationOfferV appends parts, one behind the other, as one message, with a reserved value for every frame of it; see
// PublicationOffer for what it returns.
//
// C: aeron_publication_offerv
func PublicationOfferV(p Publication, parts [][]byte, reserved int64) (int64, error) {
	v := newVector(parts)
	defer v.free()
	return offered(C.aerongo_publication_offerv(p.c, &v.parts[0], C.size_t(len(v.parts)), C.int64_t(reserved)))
}

// PublicationTryClaim claims length bytes of the log; see PublicationOffer for what it returns.
//
// C: aeron_publication_try_claim
func PublicationTryClaim(p Publication, length int) (Claim, error) {
	c := C.aerongo_publication_try_claim(p.c, C.size_t(length))
	if c.text != nil {
		return Claim{Position: int64(c.value)}, &Error{Op: "claim", Code: int32(c.code), Text: text(c.text)}
	}
	return Claim{Position: int64(c.value), Frame: unsafe.Pointer(c.frame), Data: unsafe.Pointer(c.data)}, nil
}

// PublicationIsConnected reports whether a subscriber is there.
//
// C: aeron_publication_is_connected
func PublicationIsConnected(p Publication) bool { return bool(C.aerongo_publication_is_connected(p.c)) }

// PublicationPosition is how far the log is written.
//
// C: aeron_publication_position
func PublicationPosition(p Publication) int64 { return int64(C.aerongo_publication_position(p.c)) }

// PublicationPositionLimit is how far it may be written.
//
// C: aeron_publication_position_limit
func PublicationPositionLimit(p Publication) int64 {
	return int64(C.aerongo_publication_position_limit(p.c))
}

// PublicationChannelStatus is 1 for active and -1 for errored, and -1 for every IPC channel, which has no status.
//
// C: aeron_publication_channel_status
func PublicationChannelStatus(p Publication) int64 {
	return int64(C.aerongo_publication_channel_status(p.c))
}

// PublicationIsClosed reports whether the client has given the publication up.
//
// C: aeron_publication_is_closed
func PublicationIsClosed(p Publication) bool { return bool(C.aerongo_publication_is_closed(p.c)) }

// PublicationClose asks the conductor to free p, which must not be used again; l hears when that is done, unless the client
// has given up or p was closed by it: then never.
//
// C: aeron_publication_close
func PublicationClose(p Publication, l Listener) error {
	return errorOf("close publication", C.aerongo_publication_close(p.c, l.c))
}

// PublicationLocalAddresses are the addresses that the publication's channel is bound to, up to limit of them, which must be positive.
//
// C: aeron_publication_local_sockaddrs
func PublicationLocalAddresses(p Publication, limit int) ([]string, error) {
	v := newAddresses(limit)
	r := C.aerongo_publication_local_sockaddrs(p.c, v.c(), C.size_t(max(limit, 0)))
	return v.texts(r.value), errorOf("local addresses", r)
}

// PublicationChannel is the channel that p was added with.
//
// C: aeron_publication_channel
func PublicationChannel(p Publication) string { return C.GoString(C.aerongo_publication_channel(p.c)) }

// PublicationStreamID is p's stream.
//
// C: aeron_publication_stream_id
func PublicationStreamID(p Publication) int32 { return int32(C.aerongo_publication_stream_id(p.c)) }

// PublicationSessionID is p's session.
//
// C: aeron_publication_session_id
func PublicationSessionID(p Publication) int32 { return int32(C.aerongo_publication_session_id(p.c)) }

// ClaimCommit publishes a claim of length bytes.
//
// C: aeron_buffer_claim_commit
func ClaimCommit(c Claim, length int) error {
	return errorOf("commit", C.aerongo_buffer_claim_commit((*C.uint8_t)(c.Frame), (*C.uint8_t)(c.Data), C.size_t(length)))
}

// ClaimAbort makes a claim padding, which subscribers skip.
//
// C: aeron_buffer_claim_abort
func ClaimAbort(c Claim, length int) error {
	return errorOf("abort", C.aerongo_buffer_claim_abort((*C.uint8_t)(c.Frame), (*C.uint8_t)(c.Data), C.size_t(length)))
}

// PublicationAbandonMapping makes C forget to unmap p's log, which then stays for the life of the process.
func PublicationAbandonMapping(p Publication) { C.aerongo_publication_abandon_mapping(p.c) }
