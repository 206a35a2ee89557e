package uri

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// verdict is what there is to say about a value. The zero verdict: nothing.
type verdict struct {
	reason, remedy string
	silent         bool // C takes the value all the same
}

func refused(reason, remedy string) verdict { return verdict{reason: reason, remedy: remedy} }

func ignored(reason, remedy string) verdict {
	return verdict{reason: reason, remedy: remedy, silent: true}
}

func (v verdict) fine() bool { return v.reason == "" }

// cInteger reads an integer as C's strtoll does: after white space, with a sign, in base 10, or with base 0 also hexadecimal and octal. It
// says what follows the number (all of s if there is none), and whether the number does not fit into 64 bits.
func cInteger(s string, base int) (value int64, rest string, overflow bool) {
	t := strings.TrimLeft(s, " \t\n\v\f\r")
	negative := false
	if t != "" && (t[0] == '-' || t[0] == '+') {
		negative = t[0] == '-'
		t = t[1:]
	}
	if base == 0 {
		switch {
		case len(t) > 2 && t[0] == '0' && (t[1] == 'x' || t[1] == 'X') && digit(t[2]) < 16:
			base, t = 16, t[2:]
		case t != "" && t[0] == '0':
			base = 8
		default:
			base = 10
		}
	}
	n := 0
	for n < len(t) && digit(t[n]) < base {
		n++
	}
	if n == 0 {
		return 0, s, false
	}
	digits := t[:n]
	if negative {
		digits = "-" + digits
	}
	// The digits are right, so all that can go wrong is the range, and then the value is the limit, as C's.
	value, err := strconv.ParseInt(digits, base, 64)
	return value, t[n:], err != nil
}

func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'Z':
		return int(c-'A') + 10
	default:
		return math.MaxInt
	}
}

func parseInt64(s string) (int64, verdict) {
	value, rest, overflow := cInteger(s, 0)
	if rest != "" {
		return 0, refused("is not a whole number", "write decimal digits")
	}
	if overflow {
		return 0, refused("does not fit into 64 bits", "use -9223372036854775808 to 9223372036854775807")
	}
	if text := strconv.FormatInt(value, 10); text != s {
		return value, ignored("C reads it as "+text+", and Java refuses it", "write "+text)
	}
	return value, verdict{}
}

func parseInt32(s string) (int32, verdict) {
	value, v := parseInt64(s)
	if !v.fine() && !v.silent {
		return 0, v
	}
	if value != int64(int32(value)) {
		return 0, refused("does not fit into 32 bits", "use -2147483648 to 2147483647")
	}
	return int32(value), v
}

// parseBool: C compares only the beginning.
func parseBool(s string) (bool, verdict) {
	for text, value := range map[string]bool{"true": true, "false": false} {
		if s == text {
			return value, verdict{}
		}
		if strings.HasPrefix(s, text) {
			return value, ignored("C reads it as "+text, "write "+text)
		}
	}
	return false, refused("is neither true nor false", "write true or false")
}

// parseDecimal is the beginning of C's aeron_parse_size64 and aeron_parse_duration_ns: a number that is not negative, and what follows it.
func parseDecimal(s, example string) (value int64, unit string, v verdict) {
	value, unit, overflow := cInteger(s, 10)
	switch {
	case unit == s:
		return 0, "", refused("does not begin with a number", "write it as in "+example)
	case value < 0:
		return 0, "", refused("is negative", "write it as in "+example)
	case overflow:
		v = ignored("does not fit into 63 bits, and C takes the largest number instead", "write it as in "+example)
	case strconv.FormatInt(value, 10)+unit != s:
		v = ignored("C reads the number as "+strconv.FormatInt(value, 10), "write it as in "+example)
	}
	return value, unit, v
}

const sizeExample = "1408, 64k, 16m or 1g"

// parseSize is C's aeron_parse_size64: bytes, or KiB, MiB, GiB with a suffix; what follows the suffix is ignored.
func parseSize(s string) (int64, verdict) {
	value, unit, v := parseDecimal(s, sizeExample)
	if !v.fine() && !v.silent || unit == "" {
		return value, v
	}
	shift := map[byte]uint{'k': 10, 'm': 20, 'g': 30}[unit[0]|0x20]
	if shift == 0 {
		return 0, refused("has a unit that is not k, m or g", "write it as in "+sizeExample)
	}
	if value > math.MaxInt64>>shift {
		return 0, refused("does not fit into 63 bits", "write it as in "+sizeExample)
	}
	if len(unit) > 1 {
		v = ignored("C ignores what follows the unit's first letter", "write it as in "+sizeExample)
	}
	return value << shift, v
}

const durationExample = "5s, 200ms, 10us or 100ns"

// parseDuration is C's aeron_parse_duration_ns: nanoseconds, or another unit with a suffix. Of ms, us and ns, C looks at the first
// letter, and at one of the others by turns.
func parseDuration(s string) (time.Duration, verdict) {
	value, unit, v := parseDecimal(s, durationExample)
	if !v.fine() && !v.silent || unit == "" {
		return time.Duration(value), v
	}
	scale := map[byte]int64{'s': 1e9, 'm': 1e6, 'u': 1e3, 'n': 1}[unit[0]|0x20]
	switch second := len(unit) > 1 && unit[1]|0x20 == 's'; {
	case scale == 0, scale == 1e9 && len(unit) > 1, scale < 1e9 && len(unit) > 2 && !second:
		return 0, refused("has a unit that is not s, ms, us or ns", "write it as in "+durationExample)
	case scale < 1e9 && len(unit) == 1:
		// C looks at what happens to lie behind the text.
		return 0, refused("has half a unit", "write it as in "+durationExample)
	case scale < 1e9 && (len(unit) > 2 || !second):
		v = ignored("C looks at the unit's first letter only", "write it as in "+durationExample)
	}
	if value > math.MaxInt64/scale {
		return math.MaxInt64, ignored("does not fit into 63 bits of nanoseconds, and C takes 292 years instead", "use a shorter time")
	}
	return time.Duration(value * scale), v
}

// formatSize writes bytes as C's aeron_format_size64 and Java's SystemUtil.formatSize do: in the largest unit that divides them.
func formatSize(bytes int64) string {
	for _, u := range []struct {
		shift uint
		name  string
	}{{30, "g"}, {20, "m"}, {10, "k"}} {
		if n := bytes >> u.shift; n > 0 && n<<u.shift == bytes {
			return strconv.FormatInt(n, 10) + u.name
		}
	}
	return strconv.FormatInt(bytes, 10)
}

// formatDuration writes a time as C's aeron_format_duration_ns and Java's SystemUtil.formatDuration do.
func formatDuration(d time.Duration) string {
	for _, u := range []struct {
		scale int64
		name  string
	}{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}} {
		if n := int64(d) / u.scale; n > 0 && n*u.scale == int64(d) {
			return strconv.FormatInt(n, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d), 10) + "ns"
}
