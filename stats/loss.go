package stats

import (
	"encoding/binary"
	"time"
)

// LossReportFile is the name of the loss report in a driver's directory (AERON_LOSS_REPORT_FILE).
const LossReportFile = "loss-report.dat"

// The layout of a record of the loss report: aeron_loss_reporter_entry_t of aeron_loss_reporter.h,
// then the channel and the source, each behind its length, the source's at a multiple of 4. The
// count is written last when a record is made.
const (
	lossCountOffset   = 0
	lossBytesOffset   = 8
	lossFirstOffset   = 16
	lossLastOffset    = 24
	lossSessionOffset = 32
	lossStreamOffset  = 36
	lossChannelOffset = 40
	lossAlignment     = 64
)

// LossEntry is the loss that a driver, as a receiver, has seen in one image: gaps for which it asked
// for retransmission, or which it filled. The report is the driver's until its end.
type LossEntry struct {
	// ObservationCount is how many gaps there were.
	ObservationCount int64
	// TotalBytesLost is how many bytes they had together, frame headers included. What was
	// retransmitted counts too.
	TotalBytesLost int64
	// First is when the first gap was seen, to the millisecond.
	First time.Time
	// Last is when the last one was.
	Last time.Time
	// SessionID is the publication's.
	SessionID int32
	// StreamID is the publication's.
	StreamID int32
	// Channel is that of the subscription.
	Channel string
	// Source is where the publication's frames come from, as host:port.
	Source string
	// RawChannel is the channel as it stands in the file, at most [MaxTextLength] bytes of it.
	RawChannel string
	// RawSource is the source as it stands in the file, at most [MaxTextLength] bytes of it.
	RawSource string
}

// readLossReport gives the entries of the report. The error says why there may be more than those.
func readLossReport(s *section) ([]LossEntry, error) {
	var entries []LossEntry
	var cut error
	total := 0
	text := func(offset int64, what string) (raw string, next int64, err error) {
		if !s.has(offset, 4) {
			return "", 0, problemf(ErrCorrupt, "%s ends at %d, before the length of a %s", LossReportFile, s.length, what)
		}
		b, err := s.at(offset, 4)
		if err != nil {
			return "", 0, err
		}
		offset += 4
		length := int64(int32(binary.LittleEndian.Uint32(b)))
		if !s.has(offset, length) {
			return "", 0, problemf(ErrCorrupt, "%s has a %s of %d bytes at %d of %d", LossReportFile, what, length, offset, s.length)
		}
		n := int(length)
		if n > MaxTextLength {
			cut = problemf(ErrLimit, "%s has a %s of %d bytes, the first %d have been read", LossReportFile, what, n, MaxTextLength)
			n = MaxTextLength
		}
		total += n
		if b, err = s.at(offset, n); err != nil {
			return "", 0, err
		}
		return string(b), offset + length, nil
	}
	for offset := int64(0); s.has(offset, lossChannelOffset); {
		b, err := s.at(offset, lossChannelOffset)
		if err != nil {
			return entries, err
		}
		i32 := func(at int) int32 { return int32(binary.LittleEndian.Uint32(b[at:])) }
		i64 := func(at int) int64 { return int64(binary.LittleEndian.Uint64(b[at:])) }
		if i64(lossCountOffset) <= 0 {
			break
		}
		if len(entries) == MaxEntries || total > maxTotalText {
			return entries, problemf(ErrLimit, "%s has more than the %d entries that have been read", LossReportFile, len(entries))
		}
		entry := LossEntry{
			ObservationCount: i64(lossCountOffset),
			TotalBytesLost:   i64(lossBytesOffset),
			First:            millis(i64(lossFirstOffset)),
			Last:             millis(i64(lossLastOffset)),
			SessionID:        i32(lossSessionOffset),
			StreamID:         i32(lossStreamOffset),
		}
		var next int64
		if entry.RawChannel, next, err = text(offset+lossChannelOffset, "channel"); err != nil {
			return entries, err
		}
		if entry.RawSource, next, err = text(align(next, 4), "source"); err != nil { // offset is a multiple of 64
			return entries, err
		}
		entry.Channel, entry.Source = clean(entry.RawChannel, false), clean(entry.RawSource, false)
		entries = append(entries, entry)
		offset = align(next, lossAlignment)
	}
	return entries, cut
}
