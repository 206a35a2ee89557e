package stats

import (
	"encoding/binary"
	"math"
	"math/bits"
	"path/filepath"
	"strconv"
)

// Where a driver keeps the logs of its publications and images, each named by its registration id.
const (
	publicationsDir = "publications"
	imagesDir       = "images"
	logSuffix       = ".logbuffer"
)

// The layout of a log: three terms, then this (aeron_logbuffer_metadata_t of
// aeron_logbuffer_descriptor.h, which Java shares).
const (
	logMetadataLength   = 4096
	logTerms            = 3
	logTailsOffset      = 0
	logTermCountOffset  = 24
	logEndOffset        = 128
	logConnectedOffset  = 136
	logInitialOffset    = 264
	logMTUOffset        = 272
	logTermLengthOffset = 276
	logPubWindowOffset  = 284
	logRcvWindowOffset  = 288
	logUsedLength       = 292

	minTermLength = 64 << 10
	maxTermLength = 1 << 30
	frameHeader   = 32
	frameFlagsAt  = 5
	frameTypeAt   = 6
	framePadding  = 0
	frameEnds     = 0x40
)

// logMetadata is what the end of a log says.
type logMetadata struct {
	connected  bool
	ended      bool  // the publisher has closed it
	position   int64 // up to where a publication is written, which may be any number in a damaged file
	mtu        int64
	termLength int64
	pubWindow  int64 // how far publishers may be ahead of the slowest
	rcvWindow  int64 // how far a sender may be ahead of the slowest, for an image
}

// logFile is a log that is opened when it is first needed. Nothing of it is mapped: see the package's comment.
type logFile struct {
	dir  *logDir
	id   int64
	file logDescriptor // closedLog as long as it is not open
	meta logMetadata
}

// logDir is where the logs of publications are, or those of images. It is for one goroutine.
type logDir struct {
	dir, sub string
	at       logDescriptor // of the directory, closedLog as long as no log has been opened
	buf      []byte        // of whoever reads
}

func newLogDir(dir, sub string) *logDir { return &logDir{dir: dir, sub: sub, at: closedLog} }

func (d *logDir) close() { d.at.close() }

// log is a log that has not been opened.
func (d *logDir) log(registrationID int64) *logFile {
	return &logFile{dir: d, id: registrationID, file: closedLog}
}

func logName(registrationID int64) string { return strconv.FormatInt(registrationID, 10) + logSuffix }

func logPath(sub string, registrationID int64) string {
	return filepath.Join(sub, logName(registrationID))
}

// open opens the log, if it is not, and reads what its end says.
func (l *logFile) open() error {
	if l.file != closedLog {
		return nil
	}
	file, length, err := l.dir.open(logName(l.id))
	if err != nil {
		return err
	}
	if l.file = file; l.meta.termLength > 0 {
		return nil // what is asked of it is known
	}
	if err := l.readMetadata(length); err != nil {
		l.close()
		return err
	}
	return nil
}

func (l *logFile) close() {
	l.file.close()
	l.file = closedLog
}

func (l *logFile) readMetadata(length int64) error {
	name := logPath(l.dir.sub, l.id)
	if length < logTerms*minTermLength+logMetadataLength {
		return problemf(ErrTooShort, "%s has %d bytes, no log is that short", name, length)
	}
	var b [logUsedLength]byte
	if err := readFull(l.file, name, b[:], length-logMetadataLength); err != nil {
		return err
	}
	i32 := func(at int) int32 { return int32(binary.LittleEndian.Uint32(b[at:])) }
	term := int64(i32(logTermLengthOffset))
	if term < minTermLength || term > maxTermLength || bits.OnesCount64(uint64(term)) != 1 || logTerms*term+logMetadataLength > length {
		return problemf(ErrCorrupt, "%s has terms of %d bytes in a file of %d", name, term, length)
	}
	meta := logMetadata{
		connected:  i32(logConnectedOffset) == 1,
		ended:      int64(binary.LittleEndian.Uint64(b[logEndOffset:])) != math.MaxInt64,
		mtu:        int64(i32(logMTUOffset)),
		termLength: term,
		pubWindow:  int64(i32(logPubWindowOffset)),
		rcvWindow:  int64(i32(logRcvWindowOffset)),
	}
	count := i32(logTermCountOffset)
	if count < 0 {
		return problemf(ErrCorrupt, "%s has a term count of %d", name, count)
	}
	tail := int64(binary.LittleEndian.Uint64(b[logTailsOffset+8*(count%logTerms):]))
	offset := min(tail&math.MaxUint32, term)
	meta.position = int64(int32(tail>>32)-i32(logInitialOffset))*term + offset // of an image it says nothing
	l.meta = meta
	return nil
}

// messages counts the messages that end between two positions, going over no more than budget bytes,
// from which it takes what it has gone over. ok is false if that was not enough, or there is a gap between
// them: what was overwritten or has not arrived.
func (l *logFile) messages(from, to int64, budget *int64) (n int64, ok bool) {
	if from < 0 || from%frameAlignment != 0 || to < from || l.open() != nil || to-from > logTerms*l.meta.termLength {
		return 0, false
	}
	for from < to {
		offset := from % l.meta.termLength
		end := min(offset+to-from, l.meta.termLength)
		s := section{ // no more of the term than is gone over
			src: l.file, file: l.dir.sub, base: from / l.meta.termLength % logTerms * l.meta.termLength,
			length: align(end, frameAlignment), buf: l.dir.buf,
		}
		for offset < end {
			b, err := s.at(offset, frameHeader)
			l.dir.buf = s.buf
			if err != nil {
				return n, false
			}
			length := int64(int32(binary.LittleEndian.Uint32(b)))
			if *budget -= length; length < frameHeader || offset+length > l.meta.termLength || *budget < 0 {
				return n, false
			}
			if b[frameFlagsAt]&frameEnds != 0 && binary.LittleEndian.Uint16(b[frameTypeAt:]) != framePadding {
				n++
			}
			length = align(length, frameAlignment)
			offset += length
			from += length
		}
	}
	return n, from == to
}

const frameAlignment = 32
