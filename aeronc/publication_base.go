package aeronc

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aeroncgo/aeron/cgo"
)

// rawPublication is either kind of C publication, for what is rare; offers and claims go to C directly.
type rawPublication interface {
	isConnected() bool
	position() int64
	positionLimit() int64
	channelStatus() int64
	isClosed() bool
	close(cgo.Listener) error
	abandonMapping()
	addDestination(client cgo.Client, channel string) (destinationChange, error)
	removeDestination(client cgo.Client, channel string) (destinationChange, error)
	removeDestinationByID(client cgo.Client, id int64) (destinationChange, error)
	localAddresses(limit int) ([]string, error)
}

// PublicationConstants is what does not change while a publication is open. Lengths are in bytes.
//
// C: aeron_publication_constants_t
type PublicationConstants struct {
	Channel                  string
	OriginalRegistrationID   int64 // names the log file; shared by publications of the same channel, stream and session
	RegistrationID           int64
	MaxPossiblePosition      int64
	PositionBitsToShift      int
	TermBufferLength         int
	MaxMessageLength         int // of an offer
	MaxPayloadLength         int // of a claim, and of each fragment
	StreamID                 int32
	SessionID                int32
	InitialTermID            int32
	PublicationLimitCounter  int32
	ChannelStatusIndicatorID int32 // -1: the channel has no status, as with IPC
}

// ChannelStatus is the state of a publication's or subscription's channel in the driver.
//
// C: AERON_COUNTER_CHANNEL_ENDPOINT_STATUS_*
type ChannelStatus int64

// The states of a channel.
const (
	ChannelInitializing ChannelStatus = 0
	ChannelErrored      ChannelStatus = -1
	ChannelActive       ChannelStatus = 1
	ChannelClosing      ChannelStatus = 2
)

// publicationBase is what both kinds of publication share.
type publicationBase struct {
	client    *Client
	raw       rawPublication
	constants PublicationConstants
	longest   int // message of an offer; C takes what fits into a frame whatever the term length
	listener  cgo.Listener
	life      lifecycle
	reference bool     // offers and claims go to C
	path      DataPath // says why
	gate      gate     // an exclusive publication's writer; nobody's in a concurrent one
	door      door     // a concurrent publication's writers; nobody's in an exclusive one
	calls     calls
	questions questions
	alone     bool // whoever is inside: an exclusive publication
	slots     [claimSlots]claimSlot
	// claims that are open and have no slot of those
	extraClaims atomic.Int64
	freeOnce    sync.Once
	freeErr     error
	gone        chan struct{} // closed when C has freed it, or will with the client
	goneOnce    sync.Once
}

func (p *publicationBase) init(client *Client, raw rawPublication, channel string, info cgo.PublicationInfo) {
	p.client, p.raw = client, raw
	p.constants = PublicationConstants{
		Channel:                  channel,
		OriginalRegistrationID:   info.OriginalRegistrationID,
		RegistrationID:           info.RegistrationID,
		MaxPossiblePosition:      info.MaxPossiblePosition,
		PositionBitsToShift:      info.PositionBitsToShift,
		TermBufferLength:         info.TermBufferLength,
		MaxMessageLength:         info.MaxMessageLength,
		MaxPayloadLength:         info.MaxPayloadLength,
		StreamID:                 info.StreamID,
		SessionID:                info.SessionID,
		InitialTermID:            info.InitialTermID,
		PublicationLimitCounter:  info.PositionLimitCounterID,
		ChannelStatusIndicatorID: info.ChannelStatusIndicatorID,
	}
	p.longest = max(info.MaxMessageLength, info.MaxPayloadLength)
	p.gone = make(chan struct{})
	for s := range p.slots {
		p.slots[s].owner = p
	}
	p.life.open()
	p.calls.open()
	p.questions.open()
	p.listener = client.pump.listener(p)
	live.publications.Add(1)
	client.adopt(p)
}

// Constants is what does not change. Usable after Close.
//
// C: aeron_publication_constants, aeron_exclusive_publication_constants
func (p *publicationBase) Constants() PublicationConstants { return p.constants }

// IsConnected reports whether at least one subscriber is connected; false when closed.
//
// C: aeron_publication_is_connected, aeron_exclusive_publication_is_connected
func (p *publicationBase) IsConnected() bool {
	if !p.calls.enter() {
		return false
	}
	defer p.calls.exit()
	return p.raw.isConnected()
}

// IsClosed reports whether the publication is closed, or its client has given up.
//
// C: aeron_publication_is_closed, aeron_exclusive_publication_is_closed
func (p *publicationBase) IsClosed() bool {
	if !p.calls.enter() {
		return true
	}
	defer p.calls.exit()
	return p.raw.isClosed()
}

// Position is how far the stream has been written, in bytes since its beginning. ErrClosed when closed.
//
// C: aeron_publication_position, aeron_exclusive_publication_position
func (p *publicationBase) Position() (int64, error) {
	return p.read(rawPublication.position)
}

// PositionLimit is how far the stream may be written before offers are back pressured. ErrClosed when closed.
//
// C: aeron_publication_position_limit, aeron_exclusive_publication_position_limit
func (p *publicationBase) PositionLimit() (int64, error) {
	return p.read(rawPublication.positionLimit)
}

func (p *publicationBase) read(f func(rawPublication) int64) (int64, error) {
	if !p.calls.enter() {
		return 0, ErrClosed
	}
	defer p.calls.exit()
	v := f(p.raw)
	if v == resultClosed {
		return 0, ErrClosed
	}
	return v, nil
}

// ChannelStatus is the state of the channel in the driver. IPC channels have none and are active while open.
//
// C: aeron_publication_channel_status, aeron_exclusive_publication_channel_status
func (p *publicationBase) ChannelStatus() ChannelStatus {
	if !p.calls.enter() {
		return ChannelClosing
	}
	defer p.calls.exit()
	if p.constants.ChannelStatusIndicatorID < 0 && !p.raw.isClosed() {
		return ChannelActive
	}
	return ChannelStatus(p.raw.channelStatus())
}

// The values below zero that C's offers and claims return. C: AERON_PUBLICATION_*
const (
	resultNotConnected  = -1
	resultBackPressured = -2
	resultAdminAction   = -3
	resultClosed        = -4
	resultMaxPosition   = -5
)

// enter lets a writer of a concurrent publication in, for whom leave must follow if ok.
func (p *publicationBase) enter() (e *entry, ok bool) {
	if e := p.door.enter(); e != nil {
		return e, true
	}
	return nil, p.calls.enter()
}

func (p *publicationBase) leave(e *entry) {
	if e != nil {
		e.leave()
		return
	}
	p.calls.exit()
}

// outcome is a position, or the error that goes with a value below zero.
func (p *publicationBase) outcome(position int64) (int64, error) {
	if position >= 0 {
		return position, nil
	}
	return p.result("", position, nil)
}

// result turns what an offer or claim returned into a position or an error; only C's own errors allocate.
func (p *publicationBase) result(op string, position int64, err error) (int64, error) {
	switch {
	case position >= 0:
		return position, nil
	case position == resultNotConnected:
		return 0, ErrNotConnected
	case position == resultBackPressured:
		return 0, ErrBackPressured
	case position == resultAdminAction:
		return 0, ErrAdminAction
	case position == resultClosed:
		return 0, ErrClosed
	case position == resultMaxPosition:
		return 0, ErrMaxPositionExceeded
	}
	e := fromC(op, err)
	e.Channel, e.StreamID = p.constants.Channel, p.constants.StreamID
	return 0, e
}

// checkParts adds up a message, made before C's own check for the same reason as checkClaim.
func (p *publicationBase) checkParts(parts [][]byte) (length int, err error) {
	for _, part := range parts {
		// Each is at most as long as the memory of a machine, so that the sum cannot go round before it is over the limit.
		if length += len(part); length > p.longest {
			return 0, p.tooLong("offer", length, p.longest)
		}
	}
	return length, nil
}

// checkClaim is made before C's own checks, which come only when the stream is connected and its window open.
func (p *publicationBase) checkClaim(length int) error {
	switch {
	case length < 0:
		return invalidArgument("length", length, "must not be negative")
	case length > p.constants.MaxPayloadLength:
		return p.tooLong("claim", length, p.constants.MaxPayloadLength)
	}
	return nil
}

func (p *publicationBase) tooLong(op string, length, limit int) error {
	return &Error{
		Op: op, Channel: p.constants.Channel, StreamID: p.constants.StreamID,
		Detail: fmt.Sprintf("length %d is over the limit of %d bytes: send less at a time, or use a longer term or MTU", length, limit),
		Err:    ErrMessageTooLong,
	}
}

// Close closes the publication and waits until C has let go of it. Calls in flight are waited for. Claims that are open are not:
// ErrClaimsOutstanding says so, and C keeps the publication until they are resolved or the client is closed. Any goroutine; a
// second call returns nil. Inside a handler it returns nil at once, and closes behind it.
//
// C: aeron_publication_close, aeron_exclusive_publication_close
func (p *publicationBase) Close() error { return p.life.close("close publication", p.teardown) }

func (p *publicationBase) beginClose()             { p.life.begin(p.teardown) }
func (p *publicationBase) closed() <-chan struct{} { return p.life.done }

func (p *publicationBase) teardown() error {
	p.gate.shut()
	p.door.shut()
	p.calls.shut()
	p.calls.drain()
	p.questions.settle()
	if n := p.openClaims(); n > 0 {
		go func() {
			p.awaitClaims()
			// Whoever resolved the last claim was told that the publication is closed; there is nobody to tell this.
			_ = p.free()
		}()
		return &Error{
			Op: "close publication", Channel: p.constants.Channel, StreamID: p.constants.StreamID,
			Detail: fmt.Sprintf("%d claims are neither committed nor aborted", n), Err: ErrClaimsOutstanding,
		}
	}
	return p.free()
}

// free gives the publication back to C, once, and waits for C to say that it is gone.
func (p *publicationBase) free() error {
	notified := false
	p.freeOnce.Do(func() {
		// C says nothing about a publication that it has closed itself; its memory goes with the client.
		if !p.questions.left.Load() && !p.raw.isClosed() {
			notified, p.freeErr = p.client.give("close publication", func() error { return p.raw.close(p.listener) })
		}
	})
	if notified && p.freeErr == nil {
		p.freeErr = p.client.awaitGone(p.gone, "close publication")
	}
	return p.freeErr
}

// onClosed runs on the pump's goroutine when C has freed the publication.
func (p *publicationBase) onClosed() {
	p.client.disown(p)
	p.client.pump.forget(p.listener)
	p.goneOnce.Do(func() {
		live.publications.Add(-1)
		close(p.gone)
	})
}

func (p *publicationBase) abandon() {
	// From here on the client frees it.
	p.freeOnce.Do(func() {})
	if p.openClaims() > 0 {
		p.raw.abandonMapping()
		live.abandoned.Add(1)
	}
	p.goneOnce.Do(func() {
		live.publications.Add(-1)
		close(p.gone)
	})
}

// give hands something to C to free. taken is false when C says that it has given up itself: then it goes with the client.
func (c *Client) give(op string, hand func() error) (taken bool, err error) {
	if err = c.conduct(hand); err == nil {
		return true, nil
	}
	failed := fromC(op, err)
	if failed.Code == CodeClientIllegalState {
		return false, nil
	}
	return false, failed
}

// awaitGone waits for C's word that it has freed something, or for the end of who would say it.
func (c *Client) awaitGone(gone <-chan struct{}, op string) error {
	if c.invoker {
		return nil // the next duty cycle or the client's close does it
	}
	timer := time.NewTimer(c.timeout)
	defer timer.Stop()
	select {
	case <-gone:
	case <-c.dead:
	case <-timer.C:
		return &Error{Op: op, Dir: c.dir, Detail: "the client's conductor has not confirmed it in " + c.timeout.String(), Err: ErrTimeout}
	}
	return nil
}
