package uri

import (
	"strconv"
	"time"
)

// get reads a parameter; what C takes, it gives as C reads it.
func get[T any](u URI, key string, parse func(string) (T, verdict)) (T, error) {
	var none T
	if err := u.Err(); err != nil {
		return none, err
	}
	text, ok := u.Get(key)
	if !ok {
		return none, &Error{Op: "get", Field: key, Err: ErrNotSet}
	}
	value, v := parse(text)
	if !v.fine() && !v.silent {
		return none, &Error{Op: "get", Field: key, Value: text, Reason: v.reason, Remedy: v.remedy, Err: ErrValue}
	}
	return value, nil
}

func parseText(s string) (string, verdict) { return s, verdict{} }

func (u URI) setInt(key string, n int64) URI { return u.Set(key, strconv.FormatInt(n, 10)) }

func (u URI) setSize(key string, bytes int) URI { return u.Set(key, formatSize(int64(bytes))) }

func (u URI) getSize(key string) (int, error) {
	n, err := get(u, key, parseSize)
	return int(n), err
}

// MTU is the longest datagram or IPC frame in bytes, headers included: a multiple of 32 from 64 to 65504. Publications. C:
// AERON_URI_MTU_LENGTH_KEY
func (u URI) MTU(bytes int) URI { return u.setSize(KeyMTU, bytes) }

// GetMTU gives the longest datagram or frame in bytes, or ErrNotSet.
func (u URI) GetMTU() (int, error) { return u.getSize(KeyMTU) }

// TermLength is the length of each of a log's three terms in bytes: a power of two from 64 KiB to 1 GiB. Publications. C:
// AERON_URI_TERM_LENGTH_KEY
func (u URI) TermLength(bytes int) URI { return u.setSize(KeyTermLength, bytes) }

// GetTermLength gives the length of a term in bytes, or ErrNotSet.
func (u URI) GetTermLength() (int, error) { return u.getSize(KeyTermLength) }

// TTL is the number of hops of multicast datagrams, 0 to 255; 0 leaves the operating system's. C: AERON_UDP_CHANNEL_TTL_KEY
func (u URI) TTL(hops int) URI { return u.setInt(KeyTTL, int64(hops)) }

// GetTTL gives the number of hops, or ErrNotSet.
func (u URI) GetTTL() (int, error) { return get(u, KeyTTL, parseTTL) }

// Reliable says whether lost messages are asked for again; otherwise gaps are filled with padding. Subscriptions. C:
// AERON_UDP_CHANNEL_RELIABLE_KEY
func (u URI) Reliable(reliable bool) URI { return u.Set(KeyReliable, strconv.FormatBool(reliable)) }

// GetReliable says whether lost messages are asked for again, or ErrNotSet.
func (u URI) GetReliable() (bool, error) { return get(u, KeyReliable, parseBool) }

// Linger is how long a closed publication stays to send again what was lost. Publications. C: AERON_URI_LINGER_TIMEOUT_KEY
func (u URI) Linger(d time.Duration) URI { return u.Set(KeyLinger, formatDuration(d)) }

// GetLinger gives how long a closed publication stays, or ErrNotSet.
func (u URI) GetLinger() (time.Duration, error) { return get(u, KeyLinger, parseDuration) }

// Alias is a name for people and tools; Aeron does nothing with it. C: AERON_URI_ALIAS_KEY
func (u URI) Alias(name string) URI { return u.Set(KeyAlias, name) }

// GetAlias gives the name for people, or ErrNotSet.
func (u URI) GetAlias() (string, error) { return get(u, KeyAlias, parseText) }

// CongestionControl is how a receiver sets its window.
type CongestionControl string

const (
	// StaticWindow is a window that does not change. C: AERON_STATICWINDOWCONGESTIONCONTROL_CC_PARAM_VALUE
	StaticWindow CongestionControl = "static"
	// Cubic grows and shrinks it as TCP's CUBIC does. C: AERON_CUBICCONGESTIONCONTROL_CC_PARAM_VALUE
	Cubic CongestionControl = "cubic"
)

// CongestionControl says how the receiver sets its window. Subscriptions. C: AERON_URI_CC_KEY
func (u URI) CongestionControl(cc CongestionControl) URI {
	return u.Set(KeyCongestionControl, string(cc))
}

// GetCongestionControl gives how the receiver sets its window, or ErrNotSet.
func (u URI) GetCongestionControl() (CongestionControl, error) {
	return get(u, KeyCongestionControl, func(s string) (CongestionControl, verdict) { return CongestionControl(s), verdict{} })
}

// GroupTag is the tag that a receiver sends to a publication with tagged flow control. Subscriptions. C: AERON_URI_GTAG_KEY
func (u URI) GroupTag(tag int64) URI { return u.setInt(KeyGroupTag, tag) }

// GetGroupTag gives the receiver's tag, or ErrNotSet.
func (u URI) GetGroupTag() (int64, error) { return get(u, KeyGroupTag, parseInt64) }

// Sparse says whether log files take memory only where they are written. On a full /dev/shm that ends the process. C:
// AERON_URI_SPARSE_TERM_KEY
func (u URI) Sparse(sparse bool) URI { return u.Set(KeySparse, strconv.FormatBool(sparse)) }

// GetSparse says whether log files are sparse, or ErrNotSet.
func (u URI) GetSparse() (bool, error) { return get(u, KeySparse, parseBool) }

// EOS says whether a publication that closes tells its subscribers that the stream has ended. C: AERON_URI_EOS_KEY
func (u URI) EOS(eos bool) URI { return u.Set(KeyEOS, strconv.FormatBool(eos)) }

// GetEOS says whether the end of the stream is told, or ErrNotSet.
func (u URI) GetEOS() (bool, error) { return get(u, KeyEOS, parseBool) }

// Tether says whether a slow subscription holds the stream back; an untethered one loses it instead. C: AERON_URI_TETHER_KEY
func (u URI) Tether(tether bool) URI { return u.Set(KeyTether, strconv.FormatBool(tether)) }

// GetTether says whether the subscription holds the stream back, or ErrNotSet.
func (u URI) GetTether() (bool, error) { return get(u, KeyTether, parseBool) }

// GroupMode says whether a receiver counts itself to a group.
type GroupMode string

const (
	// GroupInfer finds out by the channel and the sender. C: AERON_INFER
	GroupInfer GroupMode = "infer"
	// GroupTrue behaves as one of several receivers. C: AERON_FORCE_TRUE
	GroupTrue GroupMode = "true"
	// GroupFalse behaves as the only receiver. C: AERON_FORCE_FALSE
	GroupFalse GroupMode = "false"
)

// Group says whether the receiver counts itself to a group, which delays its requests for what was lost. Subscriptions. C:
// AERON_URI_GROUP_KEY
func (u URI) Group(mode GroupMode) URI { return u.Set(KeyGroup, string(mode)) }

// GetGroup gives whether the receiver counts itself to a group, or ErrNotSet.
func (u URI) GetGroup() (GroupMode, error) {
	return get(u, KeyGroup, func(s string) (GroupMode, verdict) {
		if !checkGroup(s).fine() {
			return GroupFalse, verdict{} // as C reads it
		}
		return GroupMode(s), verdict{}
	})
}

// Rejoin says whether a stream that was lost is joined again when it is still there. Subscriptions. C: AERON_URI_REJOIN_KEY
func (u URI) Rejoin(rejoin bool) URI { return u.Set(KeyRejoin, strconv.FormatBool(rejoin)) }

// GetRejoin says whether a lost stream is joined again, or ErrNotSet.
func (u URI) GetRejoin() (bool, error) { return get(u, KeyRejoin, parseBool) }

// SpiesSimulateConnection says whether a publication counts as connected when it has only spies. C: AERON_URI_SPIES_SIMULATE_CONNECTION_KEY
func (u URI) SpiesSimulateConnection(ssc bool) URI {
	return u.Set(KeySpiesSimulateConnection, strconv.FormatBool(ssc))
}

// GetSpiesSimulateConnection says whether spies connect a publication, or ErrNotSet.
func (u URI) GetSpiesSimulateConnection() (bool, error) {
	return get(u, KeySpiesSimulateConnection, parseBool)
}

// SocketSendBuffer is SO_SNDBUF in bytes; 0 leaves the driver's. It must hold the MTU. C: AERON_URI_SOCKET_SNDBUF_KEY
func (u URI) SocketSendBuffer(bytes int) URI { return u.setSize(KeySocketSendBuffer, bytes) }

// GetSocketSendBuffer gives SO_SNDBUF in bytes, or ErrNotSet.
func (u URI) GetSocketSendBuffer() (int, error) { return u.getSize(KeySocketSendBuffer) }

// SocketReceiveBuffer is SO_RCVBUF in bytes; 0 leaves the driver's. It must hold the receiver window. C: AERON_URI_SOCKET_RCVBUF_KEY
func (u URI) SocketReceiveBuffer(bytes int) URI { return u.setSize(KeySocketReceiveBuffer, bytes) }

// GetSocketReceiveBuffer gives SO_RCVBUF in bytes, or ErrNotSet.
func (u URI) GetSocketReceiveBuffer() (int, error) { return u.getSize(KeySocketReceiveBuffer) }

// SocketTOS is IP_TOS, 0 to 255. C: AERON_URI_SOCKET_TOS_KEY
func (u URI) SocketTOS(tos int) URI { return u.setInt(KeySocketTOS, int64(tos)) }

// GetSocketTOS gives IP_TOS, or ErrNotSet.
func (u URI) GetSocketTOS() (int, error) {
	n, err := get(u, KeySocketTOS, parseInt32)
	return int(n), err
}

// ReceiverWindow is the receiver's initial window in bytes. Subscriptions. C: AERON_URI_RECEIVER_WINDOW_KEY
func (u URI) ReceiverWindow(bytes int) URI { return u.setSize(KeyReceiverWindow, bytes) }

// GetReceiverWindow gives the receiver's initial window in bytes, or ErrNotSet.
func (u URI) GetReceiverWindow() (int, error) { return u.getSize(KeyReceiverWindow) }

// ReservedOffset is a timestamp's offset that puts it into the frame's reserved value. C: AERON_UDP_CHANNEL_RESERVED_VALUE_OFFSET
const ReservedOffset = -8

func (u URI) setOffset(key string, offset int) URI {
	if offset == ReservedOffset {
		return u.Set(key, reserved)
	}
	return u.setInt(key, int64(offset))
}

// MediaReceiveTimestampOffset is where in a message's payload, in bytes from its beginning, the time is written at which the network
// received it; ReservedOffset is the reserved value. Offsets must be 8 bytes apart. C: AERON_URI_MEDIA_RCV_TIMESTAMP_OFFSET_KEY
func (u URI) MediaReceiveTimestampOffset(offset int) URI {
	return u.setOffset(KeyMediaReceiveTimestampOffset, offset)
}

// GetMediaReceiveTimestampOffset gives that offset, or ErrNotSet.
func (u URI) GetMediaReceiveTimestampOffset() (int, error) {
	return get(u, KeyMediaReceiveTimestampOffset, parseTimestampOffset)
}

// ChannelReceiveTimestampOffset is where the time is written at which the driver received a message; see [URI.MediaReceiveTimestampOffset].
// C: AERON_URI_CHANNEL_RCV_TIMESTAMP_OFFSET_KEY
func (u URI) ChannelReceiveTimestampOffset(offset int) URI {
	return u.setOffset(KeyChannelReceiveTimestampOffset, offset)
}

// GetChannelReceiveTimestampOffset gives that offset, or ErrNotSet.
func (u URI) GetChannelReceiveTimestampOffset() (int, error) {
	return get(u, KeyChannelReceiveTimestampOffset, parseTimestampOffset)
}

// ChannelSendTimestampOffset is where the time is written at which the driver sent a message; see [URI.MediaReceiveTimestampOffset].
// C: AERON_URI_CHANNEL_SND_TIMESTAMP_OFFSET_KEY
func (u URI) ChannelSendTimestampOffset(offset int) URI {
	return u.setOffset(KeyChannelSendTimestampOffset, offset)
}

// GetChannelSendTimestampOffset gives that offset, or ErrNotSet.
func (u URI) GetChannelSendTimestampOffset() (int, error) {
	return get(u, KeyChannelSendTimestampOffset, parseTimestampOffset)
}

// NakDelay is how long a lone receiver waits before it asks for what was lost. Subscriptions. C: AERON_URI_NAK_DELAY_KEY
func (u URI) NakDelay(d time.Duration) URI { return u.Set(KeyNakDelay, formatDuration(d)) }

// GetNakDelay gives how long a receiver waits before it asks, or ErrNotSet.
func (u URI) GetNakDelay() (time.Duration, error) { return get(u, KeyNakDelay, parseDuration) }

// UntetheredWindowLimitTimeout is how long an untethered subscription may be at the window's limit before the stream goes on without it.
// C: AERON_URI_UNTETHERED_WINDOW_LIMIT_TIMEOUT_KEY
func (u URI) UntetheredWindowLimitTimeout(d time.Duration) URI {
	return u.Set(KeyUntetheredWindowLimitTimeout, formatDuration(d))
}

// GetUntetheredWindowLimitTimeout gives that time, or ErrNotSet.
func (u URI) GetUntetheredWindowLimitTimeout() (time.Duration, error) {
	return get(u, KeyUntetheredWindowLimitTimeout, parseDuration)
}

// UntetheredLingerTimeout is how long it then keeps what it has not read; 0 is the window limit's. C: AERON_URI_UNTETHERED_LINGER_TIMEOUT_KEY
func (u URI) UntetheredLingerTimeout(d time.Duration) URI {
	return u.Set(KeyUntetheredLingerTimeout, formatDuration(d))
}

// GetUntetheredLingerTimeout gives that time, or ErrNotSet.
func (u URI) GetUntetheredLingerTimeout() (time.Duration, error) {
	return get(u, KeyUntetheredLingerTimeout, parseDuration)
}

// UntetheredRestingTimeout is how long it then waits before it joins again. C: AERON_URI_UNTETHERED_RESTING_TIMEOUT_KEY
func (u URI) UntetheredRestingTimeout(d time.Duration) URI {
	return u.Set(KeyUntetheredRestingTimeout, formatDuration(d))
}

// GetUntetheredRestingTimeout gives that time, or ErrNotSet.
func (u URI) GetUntetheredRestingTimeout() (time.Duration, error) {
	return get(u, KeyUntetheredRestingTimeout, parseDuration)
}

// MaxResend is how many retransmissions a publication has under way at most, 1 to 256. C: AERON_URI_MAX_RESEND_KEY
func (u URI) MaxResend(n int) URI { return u.setInt(KeyMaxResend, int64(n)) }

// GetMaxResend gives how many retransmissions are under way at most, or ErrNotSet.
func (u URI) GetMaxResend() (int, error) { return u.getSize(KeyMaxResend) }

// PublicationWindow is how far ahead of its slowest receiver a publication may be, in bytes: from the MTU to half a term. C:
// AERON_URI_PUBLICATION_WINDOW_KEY
func (u URI) PublicationWindow(bytes int) URI { return u.setSize(KeyPublicationWindow, bytes) }

// GetPublicationWindow gives the publication's window in bytes, or ErrNotSet.
func (u URI) GetPublicationWindow() (int, error) { return u.getSize(KeyPublicationWindow) }

// ATS asks for Aeron Transport Security, which only the commercial drivers have. C: AERON_URI_ATS_KEY
func (u URI) ATS(enabled bool) URI { return u.Set(KeyATS, strconv.FormatBool(enabled)) }

// GetATS says whether transport security is asked for, or ErrNotSet.
func (u URI) GetATS() (bool, error) { return get(u, KeyATS, parseBool) }
