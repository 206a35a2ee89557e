package stats

import (
	"encoding/binary"
	"math"
	"strings"
	"time"
)

// MaxKeyLength is the length of a counter's key in bytes (AERON_COUNTER_MAX_KEY_LENGTH).
const MaxKeyLength = 112

// NotFreeForReuse is the deadline of a counter that is in use (AERON_COUNTER_NOT_FREE_TO_REUSE).
const NotFreeForReuse int64 = math.MaxInt64

// Counter is one allocated counter as it was when it was read. It is a value of its own: nothing
// changes it later.
type Counter struct {
	// ID is the counter's id, its place among the counters. An id is used again, some time after
	// a counter was freed; the registration id tells the two apart.
	ID int32
	// TypeID says what is counted; see [Counter.TypeName]. Applications use 1,000 and up.
	TypeID int32
	// Value is what the counter counts: a position in bytes, a status, a number of events, or
	// whatever its type says.
	Value int64
	// Label is for people: the counter's name and what it belongs to. It has no control characters.
	Label string
	// RawLabel is the label as it stands in the file, at most 380 bytes.
	RawLabel string
	// Key holds what the counter belongs to, laid out as its type says; see [Counter.Stream],
	// [Counter.Channel], [Counter.LocalAddress] and [Counter.SystemID].
	Key [MaxKeyLength]byte
	// RegistrationID is the id of the publication, image, subscription, client or counter that the
	// counter was made for; 0 if it was not set.
	RegistrationID int64
	// OwnerID is the id of the client that the counter belongs to; 0 or -1 if it is the driver's.
	OwnerID int64
	// ReferenceID is what the counter's creator chose to relate it to; 0 if nothing.
	ReferenceID int64
	// FreeForReuseDeadline is when the id may be used again, in milliseconds since 1970:
	// [NotFreeForReuse] for a counter that is in use.
	FreeForReuseDeadline int64
}

// TypeName returns the name of the counter's type; see the function [TypeName].
func (c Counter) TypeName() string { return TypeName(c.TypeID) }

// StreamKey is the key of a counter that belongs to a stream
// (aeron_stream_position_counter_key_layout_t).
type StreamKey struct {
	RegistrationID int64
	SessionID      int32
	StreamID       int32
	// Channel is the URI, or its first 92 bytes: a key has no room for more. The label has all of
	// it, up to the label's own end.
	Channel string
}

// Offsets in keys.
const (
	streamRegistrationOffset  = 0
	streamSessionOffset       = 8
	streamIDOffset            = 12
	streamChannelOffset       = 16
	channelStatusOffset       = 0 // aeron_channel_endpoint_status_key_layout_t
	maxStatusChannel          = MaxKeyLength - channelStatusOffset - 4
	sockaddrStatusOffset      = 0 // aeron_local_sockaddr_key_layout_t
	sockaddrOffset            = 4
	heartbeatRegistrationAt   = 0 // aeron_heartbeat_timestamp_key_layout_t
	systemCounterIDOffset     = 0
	clientHeartbeatNamePrefix = " name="
)

// Stream decodes the key of a counter of a stream: a position, limit or high-water mark of a
// publisher, sender, receiver or subscriber, its events, and a counter of congestion or flow
// control. ok is false for counters of other types.
func (c Counter) Stream() (key StreamKey, ok bool) {
	switch c.TypeID {
	case TypePublisherLimit, TypeSenderPosition, TypeReceiverHWM, TypeSubscriberPosition, TypeReceiverPosition,
		TypeSenderLimit, TypePerImage, TypePublisherPosition, TypeSenderBackPressure, TypeFlowControlReceivers,
		TypeSenderNAKsReceived, TypeReceiverNAKsSent:
	default:
		return StreamKey{}, false
	}
	return StreamKey{
		RegistrationID: keyInt64(&c, streamRegistrationOffset),
		SessionID:      keyInt32(&c, streamSessionOffset),
		StreamID:       keyInt32(&c, streamIDOffset),
		Channel:        keyText(&c, streamChannelOffset),
	}, true
}

// Channel returns the channel that a counter belongs to, cut to what the key holds: that of a
// stream (see [StreamKey]), or for a channel's status and its number of destinations the first
// 108 bytes of it. ok is false for counters of other types.
func (c Counter) Channel() (channel string, ok bool) {
	switch c.TypeID {
	case TypeSendChannelStatus, TypeReceiveChannelStatus, TypeDestinations:
		return keyText(&c, channelStatusOffset), true
	}
	key, ok := c.Stream()
	return key.Channel, ok
}

// LocalAddress decodes the key of a counter of a bound socket: the address, as host:port, and the
// id of the counter with the status of its channel. ok is false for counters of other types.
func (c Counter) LocalAddress() (address string, channelStatusID int32, ok bool) {
	if c.TypeID != TypeLocalAddress {
		return "", 0, false
	}
	return keyText(&c, sockaddrOffset), keyInt32(&c, sockaddrStatusOffset), true
}

// SystemID decodes the key of one of the driver's own counters; [SystemCounterName] has its name.
// ok is false for counters of other types.
func (c Counter) SystemID() (id int32, ok bool) {
	if c.TypeID != TypeSystem {
		return 0, false
	}
	return keyInt32(&c, systemCounterIDOffset), true
}

// Client is a client of the driver, by its heartbeat counter.
type Client struct {
	// ID is the client's id, by which counters name their owner.
	ID int64
	// Name is what the client calls itself; empty if it has no name, or is of a version that does
	// not tell it.
	Name string
	// Version is the client's software, "1.54.0", as it says itself; empty if it does not.
	Version string
	// Heartbeat is when the client last said that it lives; zero once it has closed, for as long as
	// its counter is there.
	Heartbeat time.Time
	// CounterID is the id of the heartbeat counter.
	CounterID int32
}

// Client decodes the counter of a client's heartbeat. ok is false for counters of other types.
func (c Counter) Client() (client Client, ok bool) {
	if c.TypeID != TypeClientHeartbeat {
		return Client{}, false
	}
	client = Client{
		ID:        keyInt64(&c, heartbeatRegistrationAt),
		Heartbeat: millis(c.Value),
		CounterID: c.ID,
	}
	// "client-heartbeat: id=12 name=risk engine version=1.54.0 commit=…"; a name may hold anything.
	_, rest, found := strings.Cut(c.Label, clientHeartbeatNamePrefix)
	if !found {
		return client, true
	}
	if i := strings.LastIndex(rest, " commit="); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndex(rest, " version="); i >= 0 {
		rest, client.Version = rest[:i], rest[i+len(" version="):]
	}
	client.Name = rest
	return client, true
}

func keyInt32(c *Counter, offset int) int32 {
	return int32(binary.LittleEndian.Uint32(c.Key[offset:]))
}

func keyInt64(c *Counter, offset int) int64 {
	return int64(binary.LittleEndian.Uint64(c.Key[offset:]))
}

// keyText decodes a text behind its length, of which as much is believed as the key can hold.
func keyText(c *Counter, offset int) string {
	length := int(keyInt32(c, offset))
	text := c.Key[offset+4:]
	return clean(string(text[:max(0, min(length, len(text)))]), false)
}
