package aeronc

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/aeroncgo/aeron/cgo"
)

// ExclusivePublication is a publication with a session of its own and one writer, which makes it faster than Publication. It is
// meant for one goroutine at a time; others that offer or claim meanwhile wait for their turn.
//
// C: aeron_exclusive_publication_t
type ExclusivePublication struct {
	publicationBase
	c   cgo.ExclusivePublication
	log exclusiveLog
}

// AddExclusivePublication adds an exclusive publication; see AddPublication.
//
// C: aeron_async_add_exclusive_publication, aeron_async_add_exclusive_publication_poll, aeron_async_remove_exclusive_publication
func (c *Client) AddExclusivePublication(ctx context.Context, channel string, streamID int32) (*ExclusivePublication, error) {
	if c == nil {
		return nil, ErrClosed
	}
	return c.exclusivePublicationAdd(channel, streamID).do(ctx)
}

// AsyncAddExclusivePublication is AddExclusivePublication without waiting; see [AsyncAdd].
//
// C: aeron_async_add_exclusive_publication, aeron_async_add_exclusive_publication_poll, aeron_async_add_exclusive_publication_cancel,
// aeron_async_add_exclusive_publication_get_registration_id
func (c *Client) AsyncAddExclusivePublication(channel string, streamID int32) (*AsyncAdd[*ExclusivePublication], error) {
	if c == nil {
		return nil, ErrClosed
	}
	return begin(c.exclusivePublicationAdd(channel, streamID))
}

func (c *Client) exclusivePublicationAdd(channel string, streamID int32) *addition[*ExclusivePublication] {
	e := Error{Op: "add exclusive publication", Channel: channel, StreamID: streamID}
	made := func(raw cgo.ExclusivePublication) (*ExclusivePublication, error) {
		info, err := cgo.ExclusivePublicationConstants(raw)
		if err != nil {
			return nil, fromC(e.Op, err)
		}
		log, state := cgo.ExclusivePublicationLog(raw)
		p := &ExclusivePublication{c: raw, log: exclusiveLog{newWriter(log, info), state}}
		p.alone = true
		p.init(c, exclusive(raw), channel, info)
		if err := p.settle(e, p.checkLayout(info)); err != nil {
			return nil, err
		}
		return p, nil
	}
	return &addition[*ExclusivePublication]{
		c: c, e: e, refused: c.checkAdd(e),
		start: func() (question[*ExclusivePublication], error) {
			a, err := cgo.AddAsyncExclusivePublication(c.raw, channel, streamID)
			return questionOf(a, err, made)
		},
		remove: func(id int64) error { return cgo.RemoveExclusivePublication(c.raw, id) },
	}
}

// Offer copies a message into the log; see [Publication.Offer].
//
// C: aeron_exclusive_publication_offer
func (p *ExclusivePublication) Offer(message []byte) (int64, error) {
	if p == nil {
		return 0, ErrClosed
	}
	// The common case of offer in one piece, and with next to nothing put aside in memory: as calls, its steps took as long again as the
	// work that they do, and a sender waits for its stores more than for anything else. So nothing here but the end is a call that is not
	// inlined.
	o, l := p.gate.owner.Load(), &p.log
	message = slices.Clip(message)
	at := piece()
	if !o.here(at) || p.reference || len(message) > int(l.maxPayload) {
		return p.offer(message, at)
	}
	if !o.enter() || l.isClosed() {
		o.busy = 0
		return p.offer(message, at)
	}
	s, length := l.state, int32(len(message))+headerLength
	offset, end := s.TermOffset, s.TermOffset+align(length)
	position := s.TermBegin + int64(offset)
	if end > l.TermLength || position >= atomic.LoadInt64(l.PositionLimit) {
		o.busy = 0
		return p.offer(message, at)
	}
	position += int64(end - offset)
	// The tail goes first, as in C: it tells the driver how far there may be frames.
	storeTail(&l.Tails[s.Partition], rawTail(s.TermID, end))
	s.TermOffset = end
	frame := unsafe.Add(l.Terms[s.Partition], offset)
	l.header(frame, length, offset, s.TermID, unfragmentedWord)
	*(*int64)(unsafe.Add(frame, offsetReservedValue)) = 0
	put(unsafe.Add(frame, headerLength), message)
	return publishAndLeave((*int32)(frame), length, &o.busy, position), nil
}

// offer is Offer in every case, from that piece of stack.
func (p *ExclusivePublication) offer(message []byte, at uintptr) (int64, error) {
	if p.client == nil || !p.gate.enterFrom(at) {
		return 0, ErrClosed
	}
	if len(message) > int(p.log.maxPayload) || p.reference {
		parts := [1][]byte{message}
		return p.offerParts(parts[:], 0)
	}
	place := p.log.reserve(len(message), align(int32(len(message))+headerLength))
	if place.position >= 0 {
		p.log.frame(place, message, 0)
	}
	p.gate.leave()
	return p.outcome(place.position)
}

// OfferVectored is Offer of a message that lies in parts, one behind the other.
//
// C: aeron_exclusive_publication_offerv
func (p *ExclusivePublication) OfferVectored(parts ...[]byte) (int64, error) {
	if p == nil || p.client == nil {
		return 0, ErrClosed
	}
	return p.OfferReserved(0, parts...)
}

// OfferReserved is OfferVectored with a value for the 8 bytes that a frame's header leaves to the application, in every frame of the message.
//
// C: aeron_exclusive_publication_offer, aeron_exclusive_publication_offerv
func (p *ExclusivePublication) OfferReserved(reserved int64, parts ...[]byte) (int64, error) {
	if p == nil || !p.gate.enter() {
		return 0, ErrClosed
	}
	return p.offerParts(parts, reserved)
}

// offerParts is an offer of any kind, inside the gate, which it leaves.
func (p *ExclusivePublication) offerParts(parts [][]byte, reserved int64) (int64, error) {
	defer p.gate.leave()
	length, err := p.checkParts(parts)
	if err != nil {
		return 0, err
	}
	if p.reference {
		position, err := cgo.ExclusivePublicationOfferV(p.c, parts, reserved)
		return p.result("offer", position, err)
	}
	at := p.log.reserve(length, p.log.framed(length))
	if at.position >= 0 {
		p.log.message(at, parts, length, reserved)
	}
	return p.outcome(at.position)
}

// TryClaim claims length bytes of the log; see [Publication.TryClaim]. A claim of an exclusive publication that is never resolved
// stops the stream for as long as the publication is open.
//
// C: aeron_exclusive_publication_try_claim
func (p *ExclusivePublication) TryClaim(length int) (Claim, error) {
	if p == nil || p.client == nil || !p.gate.enter() {
		return Claim{}, ErrClosed
	}
	c, err := p.claimed(length)
	p.gate.leave()
	return c, err
}

func (p *ExclusivePublication) claimed(length int) (Claim, error) {
	if err := p.checkClaim(length); err != nil {
		return Claim{}, err
	}
	if p.reference {
		c, err := cgo.ExclusivePublicationTryClaim(p.c, length)
		return p.claimedByC(c, length, err)
	}
	at := p.log.reserve(length, align(int32(length)+headerLength))
	if at.position < 0 {
		_, err := p.outcome(at.position)
		return Claim{}, err
	}
	return p.claim(p.log.claim(at, length), at.position, length, at.termID), nil
}

// AppendPadding appends padding over length bytes besides a frame's header, up to MaxMessageLength, which subscribers skip. See
// [Publication.Offer] for its errors.
//
// C: aeron_exclusive_publication_append_padding
func (p *ExclusivePublication) AppendPadding(length int) (int64, error) {
	if p == nil || !p.gate.enter() {
		return 0, ErrClosed
	}
	defer p.gate.leave()
	switch {
	case length < 0:
		return 0, invalidArgument("length", length, "must not be negative")
	case length > p.constants.MaxMessageLength:
		return 0, p.tooLong("append padding", length, p.constants.MaxMessageLength)
	case p.reference:
		position, err := cgo.ExclusivePublicationAppendPadding(p.c, length)
		return p.result("append padding", position, err)
	}
	at := p.log.reserve(length, align(int32(length)+headerLength))
	if at.position >= 0 {
		frame := unsafe.Add(at.term, at.offset)
		p.log.header(frame, int32(length)+headerLength, at.offset, at.termID, paddingWord)
		publish(frame, int32(length)+headerLength)
	}
	return p.outcome(at.position)
}

// OfferBlock appends frames as they are, headers included, which lie one behind the other and begin where the stream will be written next:
// their term ids, term offsets, session and stream must be those of that place, and they must fit into the rest of the term. That is for what
// was received with BlockPoll, or is built by hand; a [Batch] does the rest of it. ErrInvalidArgument says which field of which frame is
// wrong; see [Publication.Offer] for the other errors. ErrAdminAction is not among them: at the end of a term it begins the next.
//
// C: aeron_exclusive_publication_offer_block
func (p *ExclusivePublication) OfferBlock(frames []byte) (int64, error) {
	if p == nil || !p.gate.enter() {
		return 0, ErrClosed
	}
	defer p.gate.leave()
	if p.log.Closed == nil || *p.log.Closed != 0 {
		return 0, ErrClosed
	}
	if s := p.log.state; s.TermOffset >= p.log.TermLength {
		if s.TermBegin+int64(p.log.TermLength) >= p.log.maxPosition {
			return 0, ErrMaxPositionExceeded
		}
		p.log.rotate() // as C does, which means the block to be of the new term
	}
	if err := p.log.checkBlock(frames); err != nil {
		return 0, err
	}
	position, err := cgo.ExclusivePublicationOfferBlock(p.c, frames)
	return p.result("offer block", position, err)
}

// checkBlock looks at every frame of a block: C looks at the first only, and subscribers believe them all.
func (l *exclusiveLog) checkBlock(frames []byte) error {
	s := l.state
	if room := l.TermLength - s.TermOffset; len(frames) == 0 || len(frames)%frameAlignment != 0 || len(frames) > int(room) {
		return invalidArgument("length of the block", len(frames),
			fmt.Sprintf("must be a multiple of %d, more than 0 and at most what is left of the term, %d", frameAlignment, room))
	}
	field := func(at, offset int) int32 { return int32(binary.NativeEndian.Uint32(frames[at+offset:])) }
	for at := 0; at < len(frames); {
		length := field(at, 0)
		wrong := func(name string, got, want any) error {
			return invalidArgument(fmt.Sprintf("%s of the frame at %d", name, at), got, fmt.Sprintf("must be %v", want))
		}
		if length < headerLength || length > l.maxPayload+headerLength || int(align(length)) > len(frames)-at {
			return wrong("length", length, fmt.Sprintf("%d to %d, and end inside of the block", headerLength, l.maxPayload+headerLength))
		}
		if kind := binary.NativeEndian.Uint16(frames[at+offsetType:]); kind != typeData {
			return wrong("type", kind, typeData)
		}
		for _, f := range []struct {
			name   string
			offset int
			want   int32
		}{
			{"term offset", offsetTermOffset, s.TermOffset + int32(at)}, {"session id", offsetSessionID, l.session},
			{"stream id", offsetStreamID, l.stream}, {"term id", offsetTermID, s.TermID},
		} {
			if got := field(at, f.offset); got != f.want {
				return wrong(f.name, got, f.want)
			}
		}
		at += int(align(length))
	}
	return nil
}

// RevokeOnClose makes Close a revocation: subscribers drop what they have not consumed. ErrClosed when closed.
//
// C: aeron_exclusive_publication_revoke_on_close
func (p *ExclusivePublication) RevokeOnClose() error {
	if p == nil || p.client == nil {
		return ErrClosed
	}
	if !p.calls.enter() {
		return ErrClosed
	}
	defer p.calls.exit()
	cgo.ExclusivePublicationRevokeOnClose(p.c)
	return nil
}

// Revoke ends the stream at once: subscribers drop what they have not consumed. It is Close after RevokeOnClose.
//
// C: aeron_exclusive_publication_revoke
func (p *ExclusivePublication) Revoke() error {
	if p == nil || p.client == nil {
		return ErrClosed
	}
	if err := p.RevokeOnClose(); err != nil {
		return err
	}
	return p.Close()
}

// exclusive is C's exclusive publication as a rawPublication.
type exclusive cgo.ExclusivePublication

func (p exclusive) raw() cgo.ExclusivePublication { return cgo.ExclusivePublication(p) }
func (p exclusive) isConnected() bool             { return cgo.ExclusivePublicationIsConnected(p.raw()) }
func (p exclusive) position() int64               { return cgo.ExclusivePublicationPosition(p.raw()) }
func (p exclusive) positionLimit() int64          { return cgo.ExclusivePublicationPositionLimit(p.raw()) }
func (p exclusive) channelStatus() int64          { return cgo.ExclusivePublicationChannelStatus(p.raw()) }
func (p exclusive) isClosed() bool                { return cgo.ExclusivePublicationIsClosed(p.raw()) }
func (p exclusive) close(l cgo.Listener) error    { return cgo.ExclusivePublicationClose(p.raw(), l) }
func (p exclusive) abandonMapping()               { cgo.ExclusivePublicationAbandonMapping(p.raw()) }

func (p exclusive) addDestination(client cgo.Client, channel string) (destinationChange, error) {
	return cgo.ExclusivePublicationAddDestination(client, p.raw(), channel)
}

func (p exclusive) removeDestination(client cgo.Client, channel string) (destinationChange, error) {
	return cgo.ExclusivePublicationRemoveDestination(client, p.raw(), channel)
}

func (p exclusive) removeDestinationByID(client cgo.Client, id int64) (destinationChange, error) {
	return cgo.ExclusivePublicationRemoveDestinationByID(client, p.raw(), id)
}

func (p exclusive) localAddresses(limit int) ([]string, error) {
	return cgo.ExclusivePublicationLocalAddresses(p.raw(), limit)
}
