package uri

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// SessionID is the session of a publication, or the only one that a subscription takes: any 32-bit number. C: AERON_URI_SESSION_ID_KEY
func (u URI) SessionID(id int32) URI { return u.setInt(KeySessionID, int64(id)) }

// GetSessionID gives the session id, or ErrNotSet. One that refers to another publication by tag is ErrValue; see [URI.GetSessionTag].
func (u URI) GetSessionID() (int32, error) { return get(u, KeySessionID, parseInt32) }

// SessionTag gives a publication the session id, MTU and term length of the one that has the tag. Java: taggedSessionId
func (u URI) SessionTag(tag int64) URI {
	return u.Set(KeySessionID, tagPrefix+strconv.FormatInt(tag, 10))
}

// GetSessionTag gives the tag of the publication whose session this one has, or ErrNotSet if there is no session id, ErrValue if it is a
// number.
func (u URI) GetSessionTag() (int64, error) {
	return get(u, KeySessionID, func(s string) (int64, verdict) {
		tag, ok := strings.CutPrefix(s, tagPrefix)
		if !ok {
			return 0, refused("it does not refer to a tag", "use GetSessionID")
		}
		return parseInt64(tag)
	})
}

// StreamID is the stream, for tools that keep it in the channel; clients give it apart. C: AERON_URI_STREAM_ID_KEY
func (u URI) StreamID(id int32) URI { return u.setInt(KeyStreamID, int64(id)) }

// GetStreamID gives the stream id, or ErrNotSet.
func (u URI) GetStreamID() (int32, error) { return get(u, KeyStreamID, parseInt32) }

// ChannelTag is a number, from 0, by which other channels share this one's endpoint in the driver. C: AERON_URI_TAGS_KEY
func (u URI) ChannelTag(tag int64) URI { return u.setInt(KeyTags, tag) }

// Tags is the channel's tag and one for the publication itself, which [URI.SessionTag] refers to; both from 0. C: AERON_URI_TAGS_KEY
func (u URI) Tags(channel, entity int64) URI {
	return u.Set(KeyTags, strconv.FormatInt(channel, 10)+","+strconv.FormatInt(entity, 10))
}

// GetChannelTag gives the channel's tag, or ErrNotSet.
func (u URI) GetChannelTag() (int64, error) { return u.getTag(0) }

// GetEntityTag gives the publication's tag, or ErrNotSet.
func (u URI) GetEntityTag() (int64, error) { return u.getTag(1) }

func (u URI) getTag(half int) (int64, error) {
	text, err := get(u, KeyTags, parseText)
	if err != nil {
		return 0, err
	}
	halves := [2]string{}
	halves[0], halves[1], _ = strings.Cut(text, ",")
	if halves[half] == "" {
		return 0, &Error{Op: "get", Field: KeyTags, Value: text, Err: ErrNotSet}
	}
	return get(URI{media: u.media, params: []param{{KeyTags, halves[half]}}}, KeyTags, parseTag)
}

// ResponseCorrelationID says which image a response publication answers, or which response subscription a request publication has: its
// correlation or registration id; -1 is none. C: AERON_URI_RESPONSE_CORRELATION_ID_KEY
func (u URI) ResponseCorrelationID(id int64) URI { return u.setInt(KeyResponseCorrelationID, id) }

// ResponsePrototype makes it a response publication that answers nobody yet. C: AERON_URI_RESPONSE_CORRELATION_ID_PROTOTYPE
func (u URI) ResponsePrototype() URI { return u.Set(KeyResponseCorrelationID, prototype) }

// GetResponseCorrelationID gives the correlation id, or ErrNotSet; a prototype's is -2, as in C.
func (u URI) GetResponseCorrelationID() (int64, error) {
	return get(u, KeyResponseCorrelationID, func(s string) (int64, verdict) {
		if s == prototype {
			return -2, verdict{}
		}
		if v := checkResponseCorrelationID(s); !v.fine() && !v.silent {
			return 0, v
		}
		return parseInt64(s)
	})
}

// InitialTermID is the first term of a publication's stream; it takes TermID and TermOffset too, and [URI.InitialPosition] sets them all.
// C: AERON_URI_INITIAL_TERM_ID_KEY
func (u URI) InitialTermID(id int32) URI { return u.setInt(KeyInitialTermID, int64(id)) }

// GetInitialTermID gives the stream's first term, or ErrNotSet.
func (u URI) GetInitialTermID() (int32, error) { return get(u, KeyInitialTermID, parseInt32) }

// TermID is the term in which a publication starts; see [URI.InitialTermID]. C: AERON_URI_TERM_ID_KEY
func (u URI) TermID(id int32) URI { return u.setInt(KeyTermID, int64(id)) }

// GetTermID gives the term in which a publication starts, or ErrNotSet.
func (u URI) GetTermID() (int32, error) { return get(u, KeyTermID, parseInt32) }

// TermOffset is where in its term a publication starts, in bytes: a multiple of 32 that is not above the term length; see
// [URI.InitialTermID]. C: AERON_URI_TERM_OFFSET_KEY
func (u URI) TermOffset(bytes int) URI { return u.setInt(KeyTermOffset, int64(bytes)) }

// GetTermOffset gives where in its term a publication starts, or ErrNotSet.
func (u URI) GetTermOffset() (int, error) {
	n, err := get(u, KeyTermOffset, parseTermOffset)
	return int(n), err
}

// InitialPosition makes a publication start at a position of a stream, in bytes from the stream's beginning, a multiple of 32: it sets
// term-length, init-term-id, term-id and term-offset. Java: initialPosition
func (u URI) InitialPosition(position int64, initialTermID int32, termLength int) URI {
	u = u.TermLength(termLength)
	if u.Err() != nil {
		return u
	}
	shift := bits.TrailingZeros64(uint64(termLength))
	if position < 0 || position%frameAlignment != 0 || position>>shift > 1<<31-1 {
		return u.fail(&Error{
			Op: "set", Field: "position", Value: strconv.FormatInt(position, 10), Err: ErrValue,
			Reason: "it is not a position of a stream",
			Remedy: fmt.Sprintf("use a multiple of %d from 0 to %d", frameAlignment, int64(1)<<(31+shift)-frameAlignment),
		})
	}
	// Term ids wrap.
	return u.InitialTermID(initialTermID).TermID(initialTermID + int32(position>>shift)).TermOffset(int(position & int64(termLength-1)))
}

// Session gives the channel of one session: the media, a session id and whether the stream is reliable. A subscription to it takes only
// the publication with that id. Media other than udp and ipc becomes the URI's error.
//
// Seed: uri(type, sessionId, reliable)
func Session(media Media, sessionID int32, reliable bool) URI {
	return Handshake(media, reliable).SessionID(sessionID)
}

// Handshake gives the channel that a server first hears of a client on: the media and whether the stream is reliable, of any session.
// Media other than udp and ipc becomes the URI's error.
//
// Seed: uriHandshake(type, reliable)
func Handshake(media Media, reliable bool) URI {
	u := URI{media: media}
	if media != MediaUDP && media != MediaIPC {
		u = u.fail(&Error{
			Op: "set", Field: "media", Value: string(media), Err: ErrValue,
			Reason: "it is neither udp nor ipc", Remedy: "use MediaUDP or MediaIPC",
		})
	}
	return u.Reliable(reliable)
}
