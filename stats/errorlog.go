package stats

import (
	"encoding/binary"
	"time"
)

// The layout of a record of the distinct error log: aeron_error_log_entry_t of
// aeron_distinct_error_log.h. The length is of the header and the text, and is written last.
const (
	errorLengthOffset = 0
	errorCountOffset  = 4
	errorLastOffset   = 8
	errorFirstOffset  = 16
	errorHeaderLength = 24
	errorAlignment    = 8
)

// ErrorEntry is one distinct error of the driver, however often it happened. Registrations that the
// driver refused are among them. The log is the driver's until its end: nothing leaves it, and when
// it is full, new errors are only counted by [SystemErrors].
type ErrorEntry struct {
	// Count is how often the error has been observed; 0 for a moment when it is new.
	Count int
	// First is when it was observed first, to the millisecond.
	First time.Time
	// Last is when it was observed last; zero for a moment when it is new.
	Last time.Time
	// Text is what the driver says about it, in one or several lines: C's stack of messages with
	// an error number in front, or Java's stack trace.
	Text string
	// RawText is the text as it stands in the file, at most [MaxTextLength] bytes of it.
	RawText string

	last int64 // as it stands in the file
}

// readErrorLog gives the entries of the log. The error says why there may be more than those.
func readErrorLog(s *section) ([]ErrorEntry, error) {
	var entries []ErrorEntry
	var cut error
	total := 0
	for offset := int64(0); s.has(offset, errorAlignment); {
		// The length alone first: less than a header may be left behind the last record.
		b, err := s.at(offset, errorAlignment)
		if err != nil {
			return entries, err
		}
		length := int64(int32(binary.LittleEndian.Uint32(b[errorLengthOffset:])))
		if length == 0 {
			break
		}
		if length < errorHeaderLength || !s.has(offset, length) {
			return entries, problemf(ErrCorrupt, "the error log has a record of %d bytes at %d of %d", length, offset, s.length)
		}
		text := int(length - errorHeaderLength)
		if text > MaxTextLength {
			cut = problemf(ErrLimit, "an error's text has %d bytes, the first %d have been read", text, MaxTextLength)
			text = MaxTextLength
		}
		if total += text; len(entries) == MaxEntries || total > maxTotalText {
			return entries, problemf(ErrLimit, "the error log has more than the %d errors that have been read", len(entries))
		}
		if b, err = s.at(offset, errorHeaderLength+text); err != nil {
			return entries, err
		}
		raw := string(b[errorHeaderLength:])
		last := int64(binary.LittleEndian.Uint64(b[errorLastOffset:]))
		entries = append(entries, ErrorEntry{
			Count:   int(int32(binary.LittleEndian.Uint32(b[errorCountOffset:]))),
			First:   millis(int64(binary.LittleEndian.Uint64(b[errorFirstOffset:]))),
			Last:    millis(last),
			Text:    clean(raw, true),
			RawText: raw,
			last:    last,
		})
		offset += align(length, errorAlignment)
	}
	return entries, cut
}

// align rounds up to a multiple of a power of two.
func align(n, alignment int64) int64 { return (n + alignment - 1) &^ (alignment - 1) }
