package stats

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// clean makes text for people: see the package's comment. lines says whether line breaks and
// tabs may stay.
func clean(raw string, lines bool) string {
	keep := true
	for i := 0; keep && i < len(raw); i++ {
		keep = raw[i] >= ' ' && raw[i] < 0x7F // the common case costs nothing
	}
	if keep {
		return raw
	}
	var b strings.Builder
	b.Grow(len(raw))
	for _, r := range raw { // an invalid byte comes as U+FFFD
		if unwanted(r) && !(lines && (r == '\n' || r == '\t')) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unwanted reports whether r is a control character, a character that changes how those after
// it are shown, or one that breaks a line.
func unwanted(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// maxMillis is the last millisecond of the year 9999, beyond which RFC 3339 has no form and
// time.Time no JSON.
const maxMillis = 253402300799999

// millis is the time of a timestamp, zero if it is none.
func millis(ms int64) time.Time {
	if ms <= 0 || ms > maxMillis {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
