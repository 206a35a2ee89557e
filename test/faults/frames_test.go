package faults

import (
	"encoding/binary"
	"math/rand/v2"
)

// Frames as they are on the wire: aeron_udp_protocol.h.
const (
	typePadding       = 0
	typeData          = 1
	typeNAK           = 2
	typeStatusMessage = 3
	typeError         = 4
	typeSetup         = 5
	typeRTTM          = 6
	typeResponseSetup = 11
)

type frame []byte

// newFrame is a frame of so many bytes that begins with the header and these fields.
func newFrame(kind uint16, length int, fields ...int32) frame {
	f := make(frame, length)
	binary.LittleEndian.PutUint32(f, uint32(length))
	binary.LittleEndian.PutUint16(f[6:], kind)
	for i, field := range fields {
		f.set(8+4*i, field)
	}
	return f
}

func (f frame) set(offset int, value int32) frame {
	binary.LittleEndian.PutUint32(f[offset:], uint32(value))
	return f
}

// stream is who a frame pretends to be of.
type stream struct{ session, id, initialTerm, termLength int32 }

func (s stream) setup() frame {
	return newFrame(typeSetup, 40, 0, s.session, s.id, s.initialTerm, s.initialTerm, s.termLength, 1408, 0)
}

func (s stream) data(offset int32, length int) frame {
	f := newFrame(typeData, length, offset, s.session, s.id, s.initialTerm)
	f[5] = 0xC0
	return f
}

func (s stream) nak(term, offset, length int32) frame {
	return newFrame(typeNAK, 28, s.session, s.id, term, offset, length)
}

// status is a status message of a receiver.
func (s stream) status(term, offset, window int32, receiver int64) frame {
	f := newFrame(typeStatusMessage, 36, s.session, s.id, term, offset, window)
	binary.LittleEndian.PutUint64(f[28:], uint64(receiver))
	return f
}

// mostErrorText is how long the text of an error may be.
const mostErrorText = 1023

// err is how a receiver says that it has rejected the stream.
func (s stream) err(receiver int64, text string) frame {
	f := newFrame(typeError, 40+len(text), s.session, s.id)
	binary.LittleEndian.PutUint64(f[16:], uint64(receiver))
	copy(f[40:], text)
	return f.set(32, 1).set(36, int32(len(text)))
}

// hostile makes random frames of the hostile stream s, and of whatever else comes to it.
type hostile struct {
	*rand.Rand
	s stream
}

// cut is a frame, or only the beginning of it.
func (h hostile) cut(f frame) frame {
	if h.IntN(4) == 0 {
		return f[:h.IntN(len(f)+1)]
	}
	return f
}

// toReceiver is a datagram for a port that data arrives at.
func (h hostile) toReceiver() frame {
	s := h.s
	s.session += h.Int32N(3)
	switch h.IntN(8) {
	case 0:
		f := s.setup()
		if h.IntN(2) == 0 {
			f = f.set(8+4*h.IntN(8), h.wild())
		}
		return f
	case 1:
		return h.noise()
	case 2: // a chain, of which one frame lies
		var chain frame
		offset := h.offset()
		for range 1 + h.IntN(4) {
			f := s.data(offset, 32*(1+h.IntN(8)))
			offset += int32(len(f))
			chain = append(chain, f...)
		}
		at := 32 * h.IntN(len(chain)/32)
		return chain.set(at+4*h.IntN(8), h.wild())
	case 3: // the payload looks like headers
		f := s.data(h.offset(), 32*(2+h.IntN(40)))
		for at := 32; at < len(f); at += 32 {
			copy(f[at:], s.data(h.offset(), 32).set(0, h.wild()))
		}
		return f
	case 4: // padding of any length
		f := s.data(h.offset(), 32).set(0, h.wild())
		f[6] = typePadding
		return f
	case 5: // a heartbeat, perhaps the last
		f := s.data(h.offset(), 32).set(0, 0)
		if h.IntN(16) == 0 {
			f[5] |= byte(h.IntN(256))
		}
		return f
	case 6:
		return newFrame(typeRTTM, 40, s.session, s.id).set(h.IntN(10)*4, h.wild())
	default: // well formed, anywhere
		return s.data(h.offset(), 32*(1+h.IntN(44)))
	}
}

// toSender is a datagram for a port that receivers answer to, about the stream that is sent there.
func (h hostile) toSender(sent stream) frame {
	term := sent.initialTerm + h.Int32N(3) - 1
	var f frame
	switch h.IntN(6) {
	case 0:
		return h.noise()
	case 1:
		return sent.nak(term, h.offset(), h.Int32N(4096))
	case 2:
		return sent.status(term, h.offset(), h.Int32N(32<<10), h.Int64())
	case 3:
		f = newFrame(typeError, 40+h.IntN(64), sent.session, sent.id)
	case 4:
		f = newFrame(typeRTTM, 40, sent.session, sent.id)
	default:
		f = newFrame(typeResponseSetup, 20, sent.session, sent.id, h.wild())
	}
	return f.set(8+4*h.IntN(len(f)/4-2), h.wild())
}

func (h hostile) offset() int32 { return 32 * h.Int32N(h.s.termLength/32) }

// wild is a number that something may stumble over.
func (h hostile) wild() int32 {
	edges := []int32{0, 1, -1, 31, 32, 33, 64, 1 << 16, 1 << 30, -1 << 31, 1<<31 - 1, -32, h.s.termLength, h.s.termLength - 32}
	if h.IntN(3) == 0 {
		return int32(h.Uint32())
	}
	return edges[h.IntN(len(edges))]
}

// noise is random, with a version and a type that are looked at more often than not.
func (h hostile) noise() frame {
	f := make(frame, h.IntN(1500))
	for i := range f {
		f[i] = byte(h.Uint32())
	}
	if len(f) >= 8 && h.IntN(4) > 0 {
		f[4], f[6], f[7] = 0, byte(h.IntN(13)), 0
	}
	return f
}
