package aeron

// Offer copies a message into the log, in fragments if it is longer than MaxPayloadLength, and returns the stream's new position. It
// never blocks and does not allocate. An empty message, nil included, is legal.
//
// ErrNotConnected, ErrBackPressured and ErrAdminAction say to try again; ErrClosed, ErrMaxPositionExceeded, ErrMessageTooLong and
// any *Error do not. A position says that the message is in the log, not that anybody has received it.
//
// C: aeron_publication_offer
func (p *Publication) Offer(message []byte) (int64, error) {
	if p == nil {
		return 0, ErrClosed
	}
	return p.c.Offer(message)
}

// OfferVectored is Offer of a message that lies in parts, one behind the other. No parts are an empty message.
//
// C: aeron_publication_offerv
func (p *Publication) OfferVectored(parts ...[]byte) (int64, error) {
	return p.OfferReserved(0, parts...)
}

// OfferReserved is OfferVectored with a value for the 8 bytes of a frame's header that are the application's: receivers get it from
// ReservedValue. Every frame of the message carries it.
//
// C: aeron_publication_offer, aeron_publication_offerv
func (p *Publication) OfferReserved(reserved int64, parts ...[]byte) (int64, error) {
	if p == nil {
		return 0, ErrClosed
	}
	return p.c.OfferReserved(reserved, parts...)
}

// TryClaim claims length bytes of the log, up to MaxPayloadLength, to be written in place: fill Data, then Commit or Abort, once and
// soon. The errors are Offer's.
//
// C: aeron_publication_try_claim
func (p *Publication) TryClaim(length int) (Claim, error) {
	if p == nil {
		return Claim{}, ErrClosed
	}
	return p.c.TryClaim(length)
}

// Offer is [Publication.Offer].
//
// C: aeron_exclusive_publication_offer
func (p *ExclusivePublication) Offer(message []byte) (int64, error) {
	if p == nil {
		return 0, ErrClosed
	}
	return p.c.Offer(message)
}

// OfferVectored is [Publication.OfferVectored].
//
// C: aeron_exclusive_publication_offerv
func (p *ExclusivePublication) OfferVectored(parts ...[]byte) (int64, error) {
	return p.OfferReserved(0, parts...)
}

// OfferReserved is [Publication.OfferReserved].
//
// C: aeron_exclusive_publication_offer, aeron_exclusive_publication_offerv
func (p *ExclusivePublication) OfferReserved(reserved int64, parts ...[]byte) (int64, error) {
	if p == nil {
		return 0, ErrClosed
	}
	return p.c.OfferReserved(reserved, parts...)
}

// TryClaim is [Publication.TryClaim]. A claim that is never resolved stops the stream for as long as the publication is open.
//
// C: aeron_exclusive_publication_try_claim
func (p *ExclusivePublication) TryClaim(length int) (Claim, error) {
	if p == nil {
		return Claim{}, ErrClosed
	}
	return p.c.TryClaim(length)
}

// OfferBlock appends frames as they are, headers included, which lie one behind the other and begin where the stream will be written
// next: their term ids, term offsets, session and stream must be those of that place, and they must fit into the rest of the term. That
// is for what another stream's PollBlocks has delivered to a publication that is at the same place, or for frames built by hand; a [Batch]
// builds them by itself. ErrInvalidArgument says which field of which frame is wrong; the other errors are Offer's.
//
// C: aeron_exclusive_publication_offer_block
func (p *ExclusivePublication) OfferBlock(frames []byte) (int64, error) {
	if p == nil {
		return 0, ErrClosed
	}
	return p.c.OfferBlock(frames)
}

// AppendPadding appends padding over length bytes besides a frame's header, up to MaxMessageLength, which receivers skip: what stands for
// padding that PollBlocks has delivered. The errors are Offer's.
//
// C: aeron_exclusive_publication_append_padding
func (p *ExclusivePublication) AppendPadding(length int) (int64, error) {
	if p == nil {
		return 0, ErrClosed
	}
	return p.c.AppendPadding(length)
}
