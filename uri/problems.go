package uri

import (
	"fmt"
	"math"
)

// Validate says everything that is wrong with the channel whatever it is used for, joined, each an *Error with field, value and remedy;
// nil if nothing is. It reports what C refuses only when the channel is used, and what C silently ignores.
func (u URI) Validate() error { return u.ValidateFor(0) }

// ValidateFor says what is wrong with the channel for a use: what [URI.Validate] says, without what C does not look at in that role, and
// with what only that role forbids. Role 0 is Validate.
func (u URI) ValidateFor(role Role) error { return joined(u.Problems(role)) }

// Problems gives what [URI.ValidateFor] joins. Its RefusedBy fields say what C does.
func (u URI) Problems(role Role) []*Error {
	if err := u.Err(); err != nil {
		return []*Error{{
			Op: "validate", Reason: err.Error(), Remedy: "look at Err where the channel is built", RefusedBy: anyRole, Err: err,
		}}
	}
	c := checker{u: u}
	c.structure()
	c.values()
	if u.media == MediaUDP {
		c.udp()
	}
	c.publicationLog()
	c.forRole(role)
	if role == 0 {
		return c.found
	}
	kept := c.found[:0]
	for _, e := range c.found {
		if e.RefusedBy == 0 || e.RefusedBy&role != 0 {
			kept = append(kept, e)
		}
	}
	return kept
}

type checker struct {
	u     URI
	found []*Error
}

func (c *checker) add(refusedBy Role, kind error, key, reason, remedy string) {
	value, _ := c.u.Get(key)
	c.found = append(c.found, &Error{
		Op: "validate", Field: key, Value: value, Reason: reason, Remedy: remedy, RefusedBy: refusedBy, Err: kind,
	})
}

func (c *checker) structure() {
	if n := len(c.u.String()); n > MaxLength {
		c.add(anyRole, ErrTooLong, "", fmt.Sprintf("it has %d bytes", n), fmt.Sprintf("use at most %d", MaxLength))
	}
	if c.u.spy && c.u.media == MediaIPC {
		c.add(anyRole, ErrConflict, "", "aeron-spy works on UDP channels only", "subscribe to aeron:ipc itself")
	}
	for _, p := range c.u.dupes {
		used, _ := c.u.Get(p.key)
		c.found = append(c.found, &Error{
			Op: "validate", Field: p.key, Value: p.value, Err: ErrDuplicateKey,
			Reason: "C uses " + quoted(used), Remedy: "keep one of them",
		})
	}
	if c.u.stray != "" {
		c.found = append(c.found, &Error{
			Op: "validate", Value: c.u.stray, Err: ErrSyntax,
			Reason: "the last parameter has no value, and C ignores it", Remedy: "write NAME=VALUE, or remove it",
		})
	}
}

// values looks at each parameter by itself.
func (c *checker) values() {
	for key, value := range c.u.All() {
		s, known := specs[key]
		switch {
		case !known:
			c.add(0, ErrUnknownKey, key, "C ignores it", "remove it; Keys lists what there is")
			continue
		case c.u.media == MediaIPC && s.ipcNoEffect:
			c.add(0, ErrNoEffect, key, "it is for aeron:udp", "remove it")
		}
		if v := checkText(value); !v.fine() {
			c.add(0, ErrValue, key, v.reason, v.remedy)
			continue
		}
		v := s.check(value)
		if v.fine() {
			continue
		}
		refusedBy := s.roles(c.u.media)
		if v.silent {
			refusedBy = 0
		}
		if key == KeyFlowControl && !v.silent && c.u.media == MediaUDP && c.hasGroup() {
			refusedBy = Publication
		}
		c.add(refusedBy, ErrValue, key, v.reason, v.remedy)
	}
}

func (c *checker) mode() ControlMode {
	mode, _ := c.u.Get(KeyControlMode)
	return ControlMode(mode)
}

// hasGroup: only with several receivers does C look at the flow control. C: aeron_udp_channel_has_group_semantics
func (c *checker) hasGroup() bool {
	return c.mode() == Dynamic || c.mode() == Manual || c.multicast()
}

func (c *checker) multicast() bool {
	endpoint, _ := c.u.Get(KeyEndpoint)
	return isMulticast(endpoint)
}

// udp: aeron_udp_channel_finish_parse and what the conductor looks at after it.
func (c *checker) udp() {
	u := c.u
	if c.mode() == Dynamic && !u.Has(KeyControl) {
		c.add(anyRole, ErrConflict, KeyControlMode, "nothing says where receivers can reach it", "add control=HOST:PORT")
	}
	tags, _ := u.Get(KeyTags)
	tagged := tags != "" && tags[0] != ','
	if !u.Has(KeyEndpoint) && !u.Has(KeyControl) && !tagged && c.mode() != Manual && c.mode() != Response && c.mode() != Dynamic {
		c.add(anyRole, ErrConflict, "", "a UDP channel needs an address", "add endpoint, control, tags, or control-mode=manual or response")
	}

	mtu, hasMTU := number(u, KeyMTU, parseSize)
	sndbuf, hasSndbuf := number(u, KeySocketSendBuffer, parseSize)
	if hasMTU && hasSndbuf && sndbuf > 0 && mtu > sndbuf {
		c.add(Publication, ErrConflict, KeyMTU, fmt.Sprintf("it is more than so-sndbuf=%d holds", sndbuf), "raise so-sndbuf or lower mtu")
	}
	window, hasWindow := number(u, KeyReceiverWindow, parseSize)
	rcvbuf, hasRcvbuf := number(u, KeySocketReceiveBuffer, parseSize)
	if hasWindow && hasRcvbuf && rcvbuf > 0 && window > rcvbuf && !u.spy {
		c.add(Subscription, ErrConflict, KeyReceiverWindow, fmt.Sprintf("it is more than so-rcvbuf=%d holds", rcvbuf),
			"raise so-rcvbuf or lower rcv-wnd")
	}
	c.timestamps()
}

// timestamps: aeron_udp_channel_verify_timestamp_offsets_do_not_overlap.
func (c *checker) timestamps() {
	const size = 8
	keys := []string{KeyMediaReceiveTimestampOffset, KeyChannelReceiveTimestampOffset, KeyChannelSendTimestampOffset}
	for i, a := range keys {
		for _, b := range keys[i+1:] {
			x, hasX := number(c.u, a, parseTimestampOffset)
			y, hasY := number(c.u, b, parseTimestampOffset)
			if hasX && hasY && x != -1 && y != -1 && x-y < size && y-x < size {
				c.add(anyRole, ErrConflict, a, fmt.Sprintf("it overlaps %s=%d", b, y), fmt.Sprintf("keep %d bytes between them", size))
			}
		}
	}
}

// publicationLog: aeron_diver_uri_publication_params.
func (c *checker) publicationLog() {
	u := c.u
	term, hasTerm := number(u, KeyTermLength, parseSize)
	mtu, hasMTU := number(u, KeyMTU, parseSize)
	window, hasWindow := number(u, KeyPublicationWindow, parseSize)
	if hasWindow && hasTerm && window > term/2 {
		c.add(Publication, ErrConflict, KeyPublicationWindow, fmt.Sprintf("it is more than half of term-length=%d", term),
			"lower it or raise term-length")
	}
	if hasWindow && hasMTU && window < mtu {
		c.add(Publication, ErrConflict, KeyPublicationWindow, fmt.Sprintf("it is less than mtu=%d", mtu), "raise it or lower mtu")
	}

	first, hasFirst := number(u, KeyInitialTermID, parseInt32)
	now, hasNow := number(u, KeyTermID, parseInt32)
	for _, key := range []string{KeyInitialTermID, KeyTermID, KeyTermOffset} {
		if !u.Has(key) && (u.Has(KeyInitialTermID) || u.Has(KeyTermID) || u.Has(KeyTermOffset)) {
			c.add(Publication, ErrConflict, key, "a position consists of init-term-id, term-id and term-offset",
				"set all three, with InitialPosition")
		}
	}
	// Term ids count upwards and wrap, so only their difference has an order.
	if hasFirst && hasNow && now-first < 0 {
		c.add(Publication, ErrConflict, KeyTermID, fmt.Sprintf("it is before init-term-id=%d", first), "set both with InitialPosition")
	}
	offset, hasOffset := number(u, KeyTermOffset, parseTermOffset)
	if hasOffset && hasTerm && offset > term {
		c.add(Publication, ErrConflict, KeyTermOffset, fmt.Sprintf("it is behind the end of the term, term-length=%d", term),
			"set both with InitialPosition")
	}
}

// forRole: what is fine for one use and not for another.
func (c *checker) forRole(role Role) {
	u := c.u
	if role&Publication != 0 && u.spy {
		c.add(Publication, ErrConflict, "", "only subscriptions spy", "publish to the channel without aeron-spy:")
	}
	sessionID, _ := u.Get(KeySessionID)
	if role&Subscription != 0 && checkInt32(sessionID).reason != "" && u.Has(KeySessionID) && checkSessionID(sessionID).fine() {
		c.add(Subscription, ErrConflict, KeySessionID, "only publications refer to another's session by tag", "use the number")
	}
	if u.media != MediaUDP {
		return
	}
	mode := c.mode()
	if role&Publication != 0 {
		if port(u, KeyEndpoint) == 0 && mode != Manual && mode != Dynamic {
			c.add(Publication, ErrConflict, KeyEndpoint, "a publication cannot send to port 0", "give the subscription's port")
		}
		if u.Has(KeyControl) && !u.Has(KeyEndpoint) && !u.Has(KeyControlMode) {
			c.add(Publication, ErrConflict, KeyControl, "for a publication, a control address alone does not say where to send",
				"add control-mode=dynamic, or an endpoint")
		}
		if mode == Response && !u.Has(KeyResponseCorrelationID) {
			c.add(Publication, ErrConflict, KeyControlMode, "nothing says whom it responds to", "add response-correlation-id")
		}
	}
	if role&Subscription != 0 && !u.spy && !c.multicast() && port(u, KeyControl) == 0 {
		c.add(Subscription, ErrConflict, KeyControl, "a subscription cannot ask at port 0", "give the publication's control port")
	}
}

// number gives a parameter as C reads it, if it is there and C reads it at all.
func number[T any](u URI, key string, parse func(string) (T, verdict)) (T, bool) {
	text, ok := u.Get(key)
	value, v := parse(text)
	return value, ok && (v.fine() || v.silent)
}

// port gives the port of an address as C reads it, or one that no address has.
func port(u URI, key string) int64 {
	text, ok := u.Get(key)
	_, p, v := splitAddress(text)
	n, rest, _ := cInteger(p, 0)
	if !ok || !v.fine() || rest == p {
		return math.MaxInt64
	}
	return n
}
