package aeronc

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aeroncgo/aeron/cgo"
)

// ImageConstants is what does not change while an image is there.
//
// C: aeron_image_constants_t
type ImageConstants struct {
	CorrelationID        int64
	JoinPosition         int64  // where the subscriber came in
	Source               string // "127.0.0.1:54321", or "aeron:ipc"; from the network, not to be trusted
	TermBufferLength     int
	PositionBitsToShift  int
	MTU                  int
	SessionID            int32
	InitialTermID        int32
	SubscriberPositionID int32 // the counter with the subscriber's position
}

// Image is one publisher's stream as one subscription sees it. It may be kept and asked by any goroutine for as long as one likes;
// once the image is gone, it tells how far it was read.
//
// C: aeron_image_t
type Image struct {
	subscription *Subscription
	memory       cgo.ImageInfo
	mask         int32
	assembly     *assembly // of the message that is not complete; the owner's
	corrupt      atomic.Bool
	dropped      atomic.Int64
	raw          cgo.Image
	constants    ImageConstants

	mu            sync.Mutex // everybody but the poller, against retire
	retired       bool
	rejected      bool
	finalPosition int64
	endOfStream   bool
	revoked       bool
	endPosition   int64
}

func newImage(s *Subscription, raw cgo.Image) *Image {
	// It fails for a nil image only.
	memory, _ := cgo.ImageMemory(raw)
	live.images.Add(1)
	return &Image{
		subscription: s,
		raw:          raw,
		memory:       memory,
		mask:         memory.TermLength - 1,
		constants: ImageConstants{
			CorrelationID:        memory.CorrelationID,
			JoinPosition:         memory.JoinPosition,
			Source:               printable(memory.Source),
			TermBufferLength:     int(memory.TermLength),
			PositionBitsToShift:  int(memory.PositionBitsToShift),
			MTU:                  int(memory.MTU),
			SessionID:            memory.SessionID,
			InitialTermID:        memory.InitialTermID,
			SubscriberPositionID: memory.SubscriberPositionID,
		},
	}
}

// retire gives the C image back. Owner of the subscription only: no walk is under way.
func (i *Image) retire() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.retired {
		return
	}
	i.retired = true
	i.assembly = nil
	i.finalPosition = cgo.ImagePosition(i.raw)
	i.endOfStream = cgo.ImageIsEndOfStream(i.raw)
	i.revoked = cgo.ImageIsPublicationRevoked(i.raw)
	i.endPosition = cgo.ImageEndOfStreamPosition(i.raw)
	// It fails for a nil image only.
	_ = cgo.ImageRelease(i.raw)
	live.images.Add(-1)
}

// Constants is what does not change.
//
// C: aeron_image_constants
func (i *Image) Constants() ImageConstants {
	if i == nil || i.subscription == nil {
		return ImageConstants{}
	}
	return i.constants
}

// Subscription is the subscription that the image belongs to.
func (i *Image) Subscription() *Subscription {
	if i == nil || i.subscription == nil {
		return nil
	}
	return i.subscription
}

// BelongsTo reports whether the image is of a subscription of client. A correlation id says nothing without that: each driver begins anew.
func (i *Image) BelongsTo(client *Client) bool {
	if i == nil || i.subscription == nil || client == nil {
		return false
	}
	return i.subscription.client == client
}

// Dir is the directory of the driver that the image comes from.
func (i *Image) Dir() string {
	if i == nil || i.subscription == nil {
		return ""
	}
	return i.subscription.client.Dir()
}

// SessionID is the publisher's session.
func (i *Image) SessionID() int32 {
	if i == nil || i.subscription == nil {
		return 0
	}
	return i.constants.SessionID
}

// Position is how far the stream has been consumed; the last position once the image is gone.
//
// C: aeron_image_position
func (i *Image) Position() int64 {
	if i == nil || i.subscription == nil {
		return 0
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.retired {
		return i.finalPosition
	}
	return cgo.ImagePosition(i.raw)
}

// IsEndOfStream reports whether the publisher has closed the stream and all of it was consumed.
//
// C: aeron_image_is_end_of_stream
func (i *Image) IsEndOfStream() bool {
	if i == nil || i.subscription == nil {
		return false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.retired {
		return i.endOfStream
	}
	return cgo.ImageIsEndOfStream(i.raw)
}

// EndOfStreamPosition is where the stream ends; the largest int64 for as long as the publisher has not closed it.
//
// C: aeron_image_end_of_stream_position
func (i *Image) EndOfStreamPosition() int64 {
	if i == nil || i.subscription == nil {
		return 0
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.retired {
		return i.endPosition
	}
	return cgo.ImageEndOfStreamPosition(i.raw)
}

// maxReason is the longest reason that fits into an error frame. C: AERON_ERROR_MAX_TEXT_LENGTH
const maxReason = 1023

// minReason is the shortest that C's clients take: a shorter one is to them a command that lacks something, and the publisher hears nothing.
const minReason = 4

// Reject asks the driver to give the image up and to tell the publisher why, who hears of it as an error frame; the reason has up to
// 1023 bytes, and one of less than 4 is filled up with spaces. The image is gone a little later, and the same publisher is not let in again
// for a while. Another call returns nil and does nothing: C's driver would not free the first reason. ErrClosed for an image that is gone.
//
// C: aeron_image_reject
func (i *Image) Reject(reason string) error {
	if i == nil || i.subscription == nil {
		return ErrClosed
	}
	if len(reason) > maxReason {
		return invalidArgument("reason", fmt.Sprintf("%d bytes", len(reason)), fmt.Sprintf("must have up to %d", maxReason))
	}
	reason += strings.Repeat(" ", max(0, minReason-len(reason)))
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.retired || i.closedByC() {
		return ErrClosed
	}
	if i.rejected {
		return nil
	}
	// By the subscription, which cannot be freed before the image is retired: C's own way there, by the image, may be cut off meanwhile.
	if err := cgo.SubscriptionRejectImage(i.subscription.raw, i.constants.CorrelationID, cgo.ImagePosition(i.raw), reason); err != nil {
		return fromC("reject image", err)
	}
	i.rejected = true
	return nil
}

// IsPublicationRevoked reports whether the publisher has revoked the stream.
//
// C: aeron_image_is_publication_revoked
func (i *Image) IsPublicationRevoked() bool {
	if i == nil || i.subscription == nil {
		return false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.retired {
		return i.revoked
	}
	return cgo.ImageIsPublicationRevoked(i.raw)
}

// ActiveTransportCount is how many transports feed the image; 0 once it is gone.
//
// C: aeron_image_active_transport_count
func (i *Image) ActiveTransportCount() int {
	if i == nil || i.subscription == nil {
		return 0
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.retired {
		return 0
	}
	return cgo.ImageActiveTransportCount(i.raw)
}

// IsClosed reports whether the image is gone: the driver has given it up, or the subscription or client is closed.
//
// C: aeron_image_is_closed
func (i *Image) IsClosed() bool {
	if i == nil || i.subscription == nil {
		return true
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.retired || i.closedByC()
}

// closedByC reads the flag that the conductor sets when it gives the image up. Only while the image is retained. It is one byte in
// a struct of C's, which Go's atomics cannot read alone; a plain load of a byte cannot tear, and is made where a stale answer only
// delays the caller by a poll.
func (i *Image) closedByC() bool { return *i.memory.Closed != 0 }

// refuse keeps an image from being read whose log is in doubt; error handlers hear of it.
func (i *Image) refuse(what string) {
	i.corrupt.Store(true)
	s := i.subscription
	s.client.hooks.error(&Error{
		Op: "read image", Channel: s.channel, StreamID: s.info.StreamID, Dir: s.client.dir,
		Detail: fmt.Sprintf("session %d from %s: %s", i.constants.SessionID, i.constants.Source, doubt(what)), Err: ErrLayout,
	})
}

// condemn ends the reading of an image whose memory cannot be true.
func (i *Image) condemn(what string) error {
	i.corrupt.Store(true)
	return &Error{
		Op: "poll", Channel: i.subscription.channel, StreamID: i.subscription.info.StreamID,
		Detail: fmt.Sprintf("session %d from %s: %s: the image is not read any further", i.constants.SessionID, i.constants.Source, what),
		Err:    ErrCorruptFrame,
	}
}
