package aeronc

import (
	"context"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/aeroncgo/aeron/cgo"
)

// Publication is a concurrent publication: any number of goroutines may offer and claim at the same time.
//
// C: aeron_publication_t
type Publication struct {
	publicationBase
	c   cgo.Publication
	log concurrentLog
}

// AddPublication adds a publication and waits for the driver, for ctx, or for most of the driver timeout. After an error nothing is
// left in the driver.
//
// C: aeron_async_add_publication, aeron_async_add_publication_poll, aeron_async_remove_publication
func (c *Client) AddPublication(ctx context.Context, channel string, streamID int32) (*Publication, error) {
	if c == nil {
		return nil, ErrClosed
	}
	return c.publicationAdd(channel, streamID).do(ctx)
}

// AsyncAddPublication is AddPublication without waiting; see [AsyncAdd].
//
// C: aeron_async_add_publication, aeron_async_add_publication_poll, aeron_async_add_publication_cancel, aeron_async_add_publication_get_registration_id
func (c *Client) AsyncAddPublication(channel string, streamID int32) (*AsyncAdd[*Publication], error) {
	if c == nil {
		return nil, ErrClosed
	}
	return begin(c.publicationAdd(channel, streamID))
}

func (c *Client) publicationAdd(channel string, streamID int32) *addition[*Publication] {
	e := Error{Op: "add publication", Channel: channel, StreamID: streamID}
	made := func(raw cgo.Publication) (*Publication, error) {
		info, err := cgo.PublicationConstants(raw)
		if err != nil {
			return nil, fromC(e.Op, err)
		}
		p := &Publication{c: raw, log: concurrentLog{newWriter(cgo.PublicationLog(raw), info)}}
		p.init(c, concurrent(raw), channel, info)
		if err := p.settle(e, p.checkLayout(info)); err != nil {
			return nil, err
		}
		return p, nil
	}
	return &addition[*Publication]{
		c: c, e: e, refused: c.checkAdd(e),
		start: func() (question[*Publication], error) {
			a, err := cgo.AddAsyncPublication(c.raw, channel, streamID)
			return questionOf(a, err, made)
		},
		remove: func(id int64) error { return cgo.RemovePublication(c.raw, id) },
	}
}

// Offer copies a message into the log, in fragments if it is longer than MaxPayloadLength, and returns the stream's new position. It
// never blocks and does not allocate. An empty message is legal.
//
// Errors: ErrNotConnected, ErrBackPressured and ErrAdminAction are to be tried again; ErrClosed, ErrMaxPositionExceeded and
// ErrMessageTooLong are not.
//
// C: aeron_publication_offer
func (p *Publication) Offer(message []byte) (int64, error) {
	if p == nil {
		return 0, ErrClosed
	}
	// The common case of offer in one piece; see [ExclusivePublication.Offer].
	message = slices.Clip(message)
	at, l := piece(), &p.log
	e := p.door.of(at)
	if e == nil {
		e = p.door.find(at)
	}
	if !biased || !e.here(at) || p.reference || len(message) > int(l.maxPayload) {
		return p.offer(message)
	}
	if !e.enter() || l.isClosed() {
		e.busy = 0
		return p.offer(message)
	}
	partition, count, offset, active := l.tail()
	if !active || l.position(count, offset) >= atomic.LoadInt64(l.PositionLimit) {
		e.busy = 0
		return p.offer(message)
	}
	length := int32(len(message)) + headerLength
	framed := align(length)
	raw := l.move(partition, framed)
	offset, termID := l.clamp(raw), int32(raw>>32)
	count = termID - l.initialTermID
	// The sign of either: there is no room, or somebody else has changed the term's id meanwhile, to one that cannot be.
	if (l.TermLength-offset-framed)|count < 0 {
		place := l.taken(partition, raw, framed)
		e.leave()
		return p.outcome(place.position)
	}
	frame := unsafe.Add(l.Terms[partition], offset)
	l.header(frame, length, offset, termID, unfragmentedWord)
	*(*int64)(unsafe.Add(frame, offsetReservedValue)) = 0
	put(unsafe.Add(frame, headerLength), message)
	return publishAndLeave((*int32)(frame), length, &e.busy, l.position(count, offset+framed)), nil
}

// offer is Offer in every case.
func (p *Publication) offer(message []byte) (int64, error) {
	if p.client == nil {
		return 0, ErrClosed
	}
	e, ok := p.enter()
	if !ok {
		return 0, ErrClosed
	}
	if len(message) > int(p.log.maxPayload) || p.reference {
		parts := [1][]byte{message}
		return p.offerParts(e, parts[:], 0)
	}
	at := p.log.reserve(len(message), align(int32(len(message))+headerLength))
	if at.position >= 0 {
		p.log.frame(at, message, 0)
	}
	p.leave(e)
	return p.outcome(at.position)
}

// OfferVectored is Offer of a message that lies in parts, one behind the other.
//
// C: aeron_publication_offerv
func (p *Publication) OfferVectored(parts ...[]byte) (int64, error) {
	if p == nil {
		return 0, ErrClosed
	}
	return p.OfferReserved(0, parts...)
}

// OfferReserved is OfferVectored with a value for the 8 bytes that a frame's header leaves to the application, in every frame of the message.
//
// C: aeron_publication_offer, aeron_publication_offerv
func (p *Publication) OfferReserved(reserved int64, parts ...[]byte) (int64, error) {
	if p == nil {
		return 0, ErrClosed
	}
	e, ok := p.enter()
	if !ok {
		return 0, ErrClosed
	}
	return p.offerParts(e, parts, reserved)
}

// offerParts is an offer of any kind, by who has entered, and leaves.
func (p *Publication) offerParts(e *entry, parts [][]byte, reserved int64) (int64, error) {
	defer p.leave(e)
	length, err := p.checkParts(parts)
	if err != nil {
		return 0, err
	}
	if p.reference {
		position, err := cgo.PublicationOfferV(p.c, parts, reserved)
		return p.result("offer", position, err)
	}
	at := p.log.reserve(length, p.log.framed(length))
	if at.position >= 0 {
		p.log.message(at, parts, length, reserved)
	}
	return p.outcome(at.position)
}

// TryClaim claims length bytes of the log, up to MaxPayloadLength, to be filled and committed. See Offer for its errors.
//
// C: aeron_publication_try_claim
func (p *Publication) TryClaim(length int) (Claim, error) {
	if p == nil {
		return Claim{}, ErrClosed
	}
	e, ok := p.enter()
	if !ok {
		return Claim{}, ErrClosed
	}
	c, err := p.claimed(length)
	p.leave(e)
	return c, err
}

func (p *Publication) claimed(length int) (Claim, error) {
	if err := p.checkClaim(length); err != nil {
		return Claim{}, err
	}
	if p.reference {
		c, err := cgo.PublicationTryClaim(p.c, length)
		return p.claimedByC(c, length, err)
	}
	at := p.log.reserve(length, align(int32(length)+headerLength))
	if at.position < 0 {
		_, err := p.outcome(at.position)
		return Claim{}, err
	}
	return p.claim(p.log.claim(at, length), at.position, length, at.termID), nil
}

// concurrent is C's concurrent publication as a rawPublication.
type concurrent cgo.Publication

func (p concurrent) isConnected() bool          { return cgo.PublicationIsConnected(cgo.Publication(p)) }
func (p concurrent) position() int64            { return cgo.PublicationPosition(cgo.Publication(p)) }
func (p concurrent) positionLimit() int64       { return cgo.PublicationPositionLimit(cgo.Publication(p)) }
func (p concurrent) channelStatus() int64       { return cgo.PublicationChannelStatus(cgo.Publication(p)) }
func (p concurrent) isClosed() bool             { return cgo.PublicationIsClosed(cgo.Publication(p)) }
func (p concurrent) close(l cgo.Listener) error { return cgo.PublicationClose(cgo.Publication(p), l) }
func (p concurrent) abandonMapping()            { cgo.PublicationAbandonMapping(cgo.Publication(p)) }

func (p concurrent) addDestination(client cgo.Client, channel string) (destinationChange, error) {
	return cgo.PublicationAddDestination(client, cgo.Publication(p), channel)
}

func (p concurrent) removeDestination(client cgo.Client, channel string) (destinationChange, error) {
	return cgo.PublicationRemoveDestination(client, cgo.Publication(p), channel)
}

func (p concurrent) removeDestinationByID(client cgo.Client, id int64) (destinationChange, error) {
	return cgo.PublicationRemoveDestinationByID(client, cgo.Publication(p), id)
}

func (p concurrent) localAddresses(limit int) ([]string, error) {
	return cgo.PublicationLocalAddresses(cgo.Publication(p), limit)
}
