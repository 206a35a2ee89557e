package uri

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Limits of values. C: aeron_logbuffer_descriptor.h, aeron_udp_protocol.h, aeron_retransmit_handler.h
const (
	minTermLength  = 64 << 10
	maxTermLength  = 1 << 30
	headerLength   = 32
	frameAlignment = 32
	maxUDPPayload  = 65504
	maxResend      = 256
)

const (
	tagPrefix = "tag:"
	prototype = "prototype"
	reserved  = "reserved"
)

func checkBool(s string) verdict     { _, v := parseBool(s); return v }
func checkInt32(s string) verdict    { _, v := parseInt32(s); return v }
func checkInt64(s string) verdict    { _, v := parseInt64(s); return v }
func checkSize(s string) verdict     { _, v := parseSize(s); return v }
func checkDuration(s string) verdict { _, v := parseDuration(s); return v }

// checkMTU: aeron_driver_context_validate_mtu_length.
func checkMTU(s string) verdict {
	n, v := parseSize(s)
	remedy := fmt.Sprintf("use a multiple of %d from %d to %d", frameAlignment, 2*headerLength, maxUDPPayload)
	switch {
	case !v.fine() && !v.silent:
		return v
	case n <= headerLength || n > maxUDPPayload:
		return refused(fmt.Sprintf("%d bytes are out of range", n), remedy)
	case n%frameAlignment != 0:
		return refused(fmt.Sprintf("%d bytes are not whole frames", n), remedy)
	}
	return v
}

// checkTermLength: aeron_logbuffer_check_term_length.
func checkTermLength(s string) verdict {
	n, v := parseSize(s)
	switch {
	case !v.fine() && !v.silent:
		return v
	case n < minTermLength || n > maxTermLength:
		return refused(fmt.Sprintf("%d bytes are out of range", n), "use a power of two from 64k to 1g")
	case n&(n-1) != 0:
		return refused(fmt.Sprintf("%d bytes are not a power of two", n), "use a power of two from 64k to 1g")
	}
	return v
}

// parseTermOffset: as of a port, C does not look at what follows the number.
func parseTermOffset(s string) (int64, verdict) {
	n, rest, overflow := cInteger(s, 0)
	if rest == s || overflow {
		return 0, checkTermOffset(s)
	}
	return n, verdict{}
}

func checkTermOffset(s string) verdict {
	n, rest, overflow := cInteger(s, 0)
	remedy := fmt.Sprintf("use a multiple of %d that is not above the term length", frameAlignment)
	switch {
	case rest == s:
		return refused("does not begin with a number", remedy)
	case overflow || n < 0 || n > maxTermLength:
		return refused("is out of range", remedy)
	case n%frameAlignment != 0:
		return refused("is not a multiple of the frame alignment", remedy)
	case strconv.FormatInt(n, 10) != s:
		return ignored("C reads it as "+strconv.FormatInt(n, 10), "write "+strconv.FormatInt(n, 10))
	}
	return verdict{}
}

func checkSessionID(s string) verdict {
	if tag, ok := strings.CutPrefix(s, tagPrefix); ok {
		return checkInt64(tag)
	}
	return checkInt32(s)
}

func parseTTL(s string) (int, verdict) {
	n, rest, overflow := cInteger(s, 0)
	const remedy = "use 0 to 255"
	switch {
	case rest == s:
		return 0, ignored("is not a number, and C takes 0", remedy)
	case overflow || n < 0 || n > 255:
		return 255, ignored("is out of range, and C takes 255", remedy)
	case strconv.FormatInt(n, 10) != s:
		return int(n), ignored("C reads it as "+strconv.FormatInt(n, 10), remedy)
	}
	return int(n), verdict{}
}

func checkTTL(s string) verdict { _, v := parseTTL(s); return v }

func checkTOS(s string) verdict {
	n, v := parseInt32(s)
	if (v.fine() || v.silent) && (n < 0 || n > 255) {
		return refused("is out of range", "use 0 to 255")
	}
	return v
}

func checkMaxResend(s string) verdict {
	n, v := parseSize(s)
	if (v.fine() || v.silent) && (n < 1 || n > maxResend) {
		return refused("is out of range", fmt.Sprintf("use 1 to %d", maxResend))
	}
	return v
}

// parseTag is one half of tags: strtoul, of which C looks at the end only for the second half.
func parseTag(s string) (int64, verdict) {
	n, rest, overflow := cInteger(s, 10)
	const remedy = "use a whole number from 0 to 9223372036854775807"
	switch {
	case rest == s:
		return 0, refused("is not a number", remedy)
	case n == -1:
		return 0, refused("is reserved for no tag", remedy)
	case overflow || n < 0 || strconv.FormatInt(n, 10) != s:
		return n, ignored("C reads it as "+strconv.FormatInt(n, 10), remedy)
	}
	return n, verdict{}
}

func checkTags(s string) verdict {
	channel, entity, hasComma := strings.Cut(s, ",")
	var v verdict
	if channel != "" {
		_, v = parseTag(channel)
	} else {
		v = ignored("has no tag for the channel", "write tags=CHANNEL or tags=CHANNEL,ENTITY")
	}
	if hasComma && v.fine() {
		if _, e := parseTag(entity); !e.fine() {
			// A subscription does not read the second tag.
			v = ignored("the second tag "+e.reason, e.remedy)
		}
	}
	return v
}

func checkControlMode(s string) verdict {
	if slices.Contains([]ControlMode{Manual, Dynamic, Response}, ControlMode(s)) {
		return verdict{}
	}
	return ignored("is not a control mode, and C takes none", "use manual, dynamic or response")
}

func checkGroup(s string) verdict {
	if slices.Contains([]GroupMode{GroupInfer, GroupTrue, GroupFalse}, GroupMode(s)) {
		return verdict{}
	}
	return ignored("C reads it as false", "use true, false or infer")
}

func checkCongestionControl(s string) verdict {
	if slices.Contains([]CongestionControl{StaticWindow, Cubic}, CongestionControl(s)) {
		return verdict{}
	}
	return ignored("is not a congestion control, and C then accepts no stream", "use static or cubic")
}

// parseTimestampOffset: aeron_driver_uri_get_timestamp_offset, which takes what does not fit.
func parseTimestampOffset(s string) (int, verdict) {
	if s == reserved {
		return ReservedOffset, verdict{}
	}
	const remedy = "use an offset in bytes from 0, or reserved"
	n, rest, overflow := cInteger(s, 0)
	switch {
	case rest != "":
		return 0, refused("is not a number", remedy)
	case overflow || n < 0 || n != int64(int32(n)):
		return int(int32(n)), ignored("is out of range", remedy)
	case strconv.FormatInt(n, 10) != s:
		return int(n), ignored("C reads it as "+strconv.FormatInt(n, 10), remedy)
	}
	return int(n), verdict{}
}

func checkTimestampOffset(s string) verdict { _, v := parseTimestampOffset(s); return v }

func checkResponseCorrelationID(s string) verdict {
	if s == prototype {
		return verdict{}
	}
	n, v := parseInt64(s)
	if (!v.fine() && !v.silent) || n < -1 {
		return refused("is not a correlation id", "use the id of an image, -1 for none, or prototype")
	}
	return v
}

// checkText says what no value may contain. C takes all of it but NUL and the bar, which end the value.
func checkText(s string) verdict {
	for _, c := range []byte(s) {
		if c < ' ' || c == 0x7f {
			return ignored("contains a control character", "remove it")
		}
	}
	if strings.Contains(s, "?") {
		return ignored("contains '?', as two channels written into one do", "remove it")
	}
	return verdict{}
}
