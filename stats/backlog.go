package stats

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// StreamBacklog is how far a stream's ends are: the publications, the sender, the receiver and the
// subscriptions that this driver has with one session, stream and channel. Positions are in bytes
// since the stream's begin, frame headers included. Of a publication on one machine and a
// subscription on another, each driver knows its own half.
//
// The positions are read one after the other, and that of a publication is what the driver last saw
// of it, so that a difference may be a little wrong and even negative while data flows.
type StreamBacklog struct {
	// SessionID is the publication's.
	SessionID int32
	// StreamID is the stream's id within the channel.
	StreamID int32
	// Channel is the URI, or its first 92 bytes; see [StreamKey].
	Channel string
	// Publisher is where the publications are; nil if the driver has none.
	Publisher *PublisherBacklog
	// Sender is where the driver's sender is; nil for IPC, and if there is no publication.
	Sender *SenderBacklog
	// Receiver is where the driver's receiver is; nil for IPC, and if there is no image.
	Receiver *ReceiverBacklog
	// Subscribers are the readers of the stream, by registration id.
	Subscribers []SubscriberBacklog
}

// PublisherBacklog is where the publications of a stream are.
type PublisherBacklog struct {
	RegistrationID int64
	OwnerID        int64 // the client that made the publication first
	Position       int64 // where the publications are
	Limit          int64 // where they are stopped
}

// RemainingWindow is how many bytes may be published before back pressure.
func (p PublisherBacklog) RemainingWindow() int64 { return p.Limit - p.Position }

// SenderBacklog is where a driver's sender is with a stream.
type SenderBacklog struct {
	RegistrationID int64
	Position       int64 // up to where it has sent
	Limit          int64 // up to where receivers let it
}

// Window is how many bytes the receivers let the sender go on.
func (s SenderBacklog) Window() int64 { return s.Limit - s.Position }

// ReceiverBacklog is where a driver's receiver is with a stream.
type ReceiverBacklog struct {
	RegistrationID int64 // the image's correlation id
	Position       int64 // up to where all has arrived
	HighWaterMark  int64 // the end of what has arrived, behind gaps too
}

// SubscriberBacklog is where one subscription is with a stream.
type SubscriberBacklog struct {
	RegistrationID int64 // the subscription's
	OwnerID        int64 // the client that it belongs to
	CounterID      int32 // the counter with its position
	Position       int64 // up to where it has read
	// Backlog is how many bytes it has yet to read: up to the receiver's high-water mark or, for IPC,
	// up to the publisher's position. 0 if there is neither.
	Backlog int64
}

// SenderBacklog is how many published bytes the sender has not sent. ok is false without a publisher
// or a sender.
func (s StreamBacklog) SenderBacklog() (bytes int64, ok bool) {
	if s.Publisher == nil || s.Sender == nil {
		return 0, false
	}
	return s.Publisher.Position - s.Sender.Position, true
}

// String tells it in a few lines, in the words of Java's BacklogStat, which does not name the
// subscribers of an IPC stream: they are in the fields. There is no line break at the end.
func (s StreamBacklog) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sessionId=%d streamId=%d channel=%s : ", s.SessionID, s.StreamID, s.Channel)
	if p := s.Publisher; p != nil {
		fmt.Fprintf(&b, "\n┌─for publisher %d the last sampled position is %d (~%d bytes before back-pressure)",
			p.RegistrationID, p.Position, p.RemainingWindow())
		backlog, sends := s.SenderBacklog()
		switch {
		case !sends:
			b.WriteString("\n└─no sender")
		case backlog >= 0:
			fmt.Fprintf(&b, "\n└─sender %d has to send %d bytes", s.Sender.RegistrationID, backlog)
		default:
			fmt.Fprintf(&b, "\n└─sender %d is at position %d", s.Sender.RegistrationID, s.Sender.Position)
		}
		if sends {
			fmt.Fprintf(&b, " (%d bytes remaining in the sender window)", s.Sender.Window())
		}
	}
	if r := s.Receiver; r != nil {
		fmt.Fprintf(&b, "\n┌─receiver %d is at position %d", r.RegistrationID, r.Position)
		for i, sub := range s.Subscribers {
			corner := "├"
			if i == len(s.Subscribers)-1 {
				corner = "└"
			}
			fmt.Fprintf(&b, "\n%s─subscriber %d has %d backlog bytes", corner, sub.RegistrationID, sub.Backlog)
		}
	}
	return b.String()
}

// streamID is what the counters of one stream have in common: their keys behind the registration id.
type streamID [MaxKeyLength - streamSessionOffset]byte

func streamIDOf(c *Counter) (id streamID) {
	n := copy(id[:], c.Key[streamSessionOffset:])
	if length := int(keyInt32(c, streamChannelOffset)); length >= 0 { // what lies behind the channel does not count
		clear(id[min(n, streamChannelOffset-streamSessionOffset+4+min(length, MaxKeyLength)):])
	}
	return id
}

// backlogOf groups the counters of streams, by stream, session and channel.
func backlogOf(counters []Counter) []StreamBacklog {
	streams := make(map[streamID]*StreamBacklog)
	for i := range counters {
		c := &counters[i]
		switch c.TypeID {
		case TypePublisherLimit, TypeSenderPosition, TypeReceiverHWM, TypeSubscriberPosition, TypeReceiverPosition,
			TypeSenderLimit, TypePerImage, TypePublisherPosition:
		default:
			continue
		}
		id := streamIDOf(c)
		s := streams[id]
		if s == nil {
			key, _ := c.Stream()
			s = &StreamBacklog{SessionID: key.SessionID, StreamID: key.StreamID, Channel: key.Channel}
			streams[id] = s
		}
		add(s, c, keyInt64(c, streamRegistrationOffset))
	}
	all := make([]StreamBacklog, 0, len(streams))
	for _, s := range streams {
		complete(s)
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b StreamBacklog) int {
		return cmp.Or(cmp.Compare(a.StreamID, b.StreamID), cmp.Compare(a.SessionID, b.SessionID), strings.Compare(a.Channel, b.Channel))
	})
	return all
}

func add(s *StreamBacklog, c *Counter, registrationID int64) {
	switch c.TypeID {
	case TypePublisherLimit, TypePublisherPosition:
		if s.Publisher == nil {
			s.Publisher = &PublisherBacklog{}
		}
		s.Publisher.RegistrationID, s.Publisher.OwnerID = registrationID, c.OwnerID
		if c.TypeID == TypePublisherLimit {
			s.Publisher.Limit = c.Value
		} else {
			s.Publisher.Position = c.Value
		}
	case TypeSenderPosition, TypeSenderLimit:
		if s.Sender == nil {
			s.Sender = &SenderBacklog{}
		}
		s.Sender.RegistrationID = registrationID
		if c.TypeID == TypeSenderLimit {
			s.Sender.Limit = c.Value
		} else {
			s.Sender.Position = c.Value
		}
	case TypeReceiverHWM, TypeReceiverPosition:
		if s.Receiver == nil {
			s.Receiver = &ReceiverBacklog{}
		}
		s.Receiver.RegistrationID = registrationID
		if c.TypeID == TypeReceiverHWM {
			s.Receiver.HighWaterMark = c.Value
		} else {
			s.Receiver.Position = c.Value
		}
	case TypeSubscriberPosition:
		s.Subscribers = append(s.Subscribers, SubscriberBacklog{
			RegistrationID: registrationID, OwnerID: c.OwnerID, CounterID: c.ID, Position: c.Value,
		})
	}
}

// complete computes what needs both ends.
func complete(s *StreamBacklog) {
	for i := range s.Subscribers {
		sub := &s.Subscribers[i]
		switch {
		case s.Receiver != nil:
			sub.Backlog = s.Receiver.HighWaterMark - sub.Position
		case s.Publisher != nil:
			sub.Backlog = s.Publisher.Position - sub.Position
		}
	}
	slices.SortFunc(s.Subscribers, func(a, b SubscriberBacklog) int {
		return cmp.Or(cmp.Compare(a.RegistrationID, b.RegistrationID), cmp.Compare(a.CounterID, b.CounterID))
	})
}
