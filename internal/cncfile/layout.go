package cncfile

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// FileName is the name of the file in a driver's directory (AERON_CNC_FILE).
const FileName = "cnc.dat"

// HeaderLength is the length of the header in bytes, which is where the first buffer
// begins (AERON_CNC_VERSION_AND_META_DATA_LENGTH). C waits for a file to be longer
// than this before it looks at it, so a file of exactly this length is too short.
const HeaderLength = 128

// Offsets of the header's fields in bytes from the start of the file
// (aeron_cnc_metadata_t).
const (
	VersionOffset               = 0
	ToDriverLengthOffset        = 4
	ToClientsLengthOffset       = 8
	CounterMetadataLengthOffset = 12
	CounterValuesLengthOffset   = 16
	ErrorLogLengthOffset        = 20
	ClientLivenessOffset        = 24
	StartTimestampOffset        = 32
	PIDOffset                   = 40
	PageSizeOffset              = 48
)

// The trailers that follow the power-of-two part of the two command buffers, and the
// heartbeat's place in the first.
const (
	// RingTrailerLength is AERON_RB_TRAILER_LENGTH.
	RingTrailerLength = 768
	// RingHeartbeatOffset is offsetof(aeron_rb_descriptor_t, consumer_heartbeat).
	RingHeartbeatOffset = 640
	// BroadcastTrailerLength is AERON_BROADCAST_BUFFER_TRAILER_LENGTH.
	BroadcastTrailerLength = 128
	// CounterMetadataRatio is how many bytes of metadata belong to a byte of values
	// (AERON_COUNTERS_METADATA_BUFFER_LENGTH): records of 512 and 128 bytes.
	CounterMetadataRatio = 4

	counterMetadataLength = 512 // AERON_COUNTERS_MANAGER_METADATA_LENGTH
	minRingCapacity       = 8   // AERON_MPSC_RB_MIN_CAPACITY
)

// NullValue is what a driver writes as its heartbeat when it has closed
// (AERON_NULL_VALUE).
const NullValue = -1

// Version is a version packed into an integer as major<<16 | minor<<8 | patch. It is
// the version of the file's format, not of Aeron.
type Version int32

// SupportedVersion is the format that this package reads (AERON_CNC_VERSION). Any
// minor and patch version of the same major version has the same layout.
const SupportedVersion Version = 0<<16 | 2<<8 | 0

// Major returns the major version.
func (v Version) Major() int { return int(v>>16) & 0xFF }

// Minor returns the minor version.
func (v Version) Minor() int { return int(v>>8) & 0xFF }

// Patch returns the patch version.
func (v Version) Patch() int { return int(v) & 0xFF }

// ServesClients reports whether a C client of SupportedVersion agrees to talk to a
// driver with this version: the major version is the same and the minor one is not
// older. Reading the file needs only the first of the two.
func (v Version) ServesClients() bool {
	return v.wellFormed() && v.Major() == SupportedVersion.Major() && v.Minor() >= SupportedVersion.Minor()
}

// wellFormed reports whether v can have been packed from three bytes.
func (v Version) wellFormed() bool { return v >= 0 && v <= 0xFFFFFF }

// String returns the version as people write it, "0.2.0". A value that no packing of
// three bytes gives is returned in hexadecimal.
func (v Version) String() string {
	if !v.wellFormed() {
		return fmt.Sprintf("%#08x", uint32(v))
	}
	return fmt.Sprintf("%d.%d.%d", v.Major(), v.Minor(), v.Patch())
}

// Header is what the first 128 bytes of a file say, checked against its length. Its
// values do not change during a driver's life. Lengths are in bytes.
type Header struct {
	// Version is the version of the file's format.
	Version Version
	// ToDriverLength is the length of the ring buffer for commands, trailer included.
	ToDriverLength int
	// ToClientsLength is the length of the broadcast buffer for answers, trailer included.
	ToClientsLength int
	// CounterMetadataLength is the length of the counters' metadata records.
	CounterMetadataLength int
	// CounterValuesLength is the length of the counters' values.
	CounterValuesLength int
	// ErrorLogLength is the length of the distinct error log.
	ErrorLogLength int
	// ClientLivenessTimeout is how long the driver lets a client be silent.
	ClientLivenessTimeout time.Duration
	// StartTime is when the driver started; zero if the file does not say.
	StartTime time.Time
	// PID is the driver's process id in the driver's own pid namespace.
	PID int64
	// PageSize is the page size of the driver's files; 0 if its version wrote none.
	PageSize int
	// FileLength is the length of the whole file when it was opened.
	FileLength int64
}

// ToDriverOffset returns where the ring buffer for commands begins in the file.
func (h Header) ToDriverOffset() int64 { return HeaderLength }

// ToClientsOffset returns where the broadcast buffer begins in the file.
func (h Header) ToClientsOffset() int64 { return h.ToDriverOffset() + int64(h.ToDriverLength) }

// CounterMetadataOffset returns where the counters' metadata begin in the file.
func (h Header) CounterMetadataOffset() int64 { return h.ToClientsOffset() + int64(h.ToClientsLength) }

// CounterValuesOffset returns where the counters' values begin in the file.
func (h Header) CounterValuesOffset() int64 {
	return h.CounterMetadataOffset() + int64(h.CounterMetadataLength)
}

// ErrorLogOffset returns where the distinct error log begins in the file.
func (h Header) ErrorLogOffset() int64 {
	return h.CounterValuesOffset() + int64(h.CounterValuesLength)
}

// EndOffset returns where the last buffer ends. The file is at least that long, and
// usually a little longer: its length is a multiple of the page size.
func (h Header) EndOffset() int64 { return h.ErrorLogOffset() + int64(h.ErrorLogLength) }

// HeartbeatOffset returns where in the file the driver writes its heartbeat, an int64
// in milliseconds since 1970.
func (h Header) HeartbeatOffset() int64 {
	return h.ToDriverOffset() + int64(h.ToDriverLength) - RingTrailerLength + RingHeartbeatOffset
}

// DecodeHeader checks and decodes the header of a file of fileLength bytes. b holds the
// first bytes of the file, HeaderLength of them or as many as there are.
//
// The error is ErrTooShort, ErrNotReady, ErrVersion or ErrCorrupt, wrapped with the
// numbers. With ErrNotReady, and only then, the Header holds what the starting driver
// has written so far, unchecked: fields may be 0 or wrong.
func DecodeHeader(b []byte, fileLength int64) (Header, error) {
	// The two may disagree: the file can be cut between the look at its length and the
	// read. Believe the smaller.
	if len(b) < HeaderLength {
		fileLength = min(fileLength, int64(len(b)))
	}
	if fileLength <= HeaderLength {
		return Header{}, fmt.Errorf("%w: it has %d bytes, a header and its buffers take more than %d",
			ErrTooShort, fileLength, HeaderLength)
	}
	h := rawHeader(b, fileLength)
	if h.Version == 0 {
		return h, fmt.Errorf("%w: its version is still 0", ErrNotReady)
	}
	if !h.Version.wellFormed() || h.Version.Major() != SupportedVersion.Major() {
		return Header{}, &VersionError{File: h.Version, Supported: SupportedVersion}
	}
	if err := h.check(); err != nil {
		return Header{}, err
	}
	return h, nil
}

// rawHeader decodes without judging.
func rawHeader(b []byte, fileLength int64) Header {
	i32 := func(offset int) int { return int(int32(binary.LittleEndian.Uint32(b[offset:]))) }
	i64 := func(offset int) int64 { return int64(binary.LittleEndian.Uint64(b[offset:])) }
	h := Header{
		Version:               Version(i32(VersionOffset)),
		ToDriverLength:        i32(ToDriverLengthOffset),
		ToClientsLength:       i32(ToClientsLengthOffset),
		CounterMetadataLength: i32(CounterMetadataLengthOffset),
		CounterValuesLength:   i32(CounterValuesLengthOffset),
		ErrorLogLength:        i32(ErrorLogLengthOffset),
		ClientLivenessTimeout: time.Duration(i64(ClientLivenessOffset)),
		PID:                   i64(PIDOffset),
		PageSize:              i32(PageSizeOffset),
		FileLength:            fileLength,
	}
	if ms := i64(StartTimestampOffset); ms > 0 {
		h.StartTime = time.UnixMilli(ms)
	}
	return h
}

// check refuses every header that could lead a reader, ours or C's, out of the file.
func (h Header) check() error {
	for _, length := range []struct {
		field string
		value int
	}{
		{"to_driver_buffer_length", h.ToDriverLength},
		{"to_clients_buffer_length", h.ToClientsLength},
		{"counter_metadata_buffer_length", h.CounterMetadataLength},
		{"counter_values_buffer_length", h.CounterValuesLength},
		{"error_log_buffer_length", h.ErrorLogLength},
	} {
		if length.value < 0 {
			return fmt.Errorf("%w: %s is negative: %d", ErrCorrupt, length.field, length.value)
		}
	}
	if c := h.ToDriverLength - RingTrailerLength; c < minRingCapacity || !powerOfTwo(c) {
		return fmt.Errorf("%w: to_driver_buffer_length %d is not a power of two of at least %d plus the trailer of %d",
			ErrCorrupt, h.ToDriverLength, minRingCapacity, RingTrailerLength)
	}
	if c := h.ToClientsLength - BroadcastTrailerLength; !powerOfTwo(c) {
		return fmt.Errorf("%w: to_clients_buffer_length %d is not a power of two plus the trailer of %d",
			ErrCorrupt, h.ToClientsLength, BroadcastTrailerLength)
	}
	// Readers find a counter's metadata by its id, and bound the id by the values.
	if int64(h.CounterMetadataLength) < int64(h.CounterValuesLength)*CounterMetadataRatio {
		return fmt.Errorf("%w: counter_metadata_buffer_length %d is less than %d times counter_values_buffer_length %d",
			ErrCorrupt, h.CounterMetadataLength, CounterMetadataRatio, h.CounterValuesLength)
	}
	if h.PageSize != 0 && !powerOfTwo(h.PageSize) {
		return fmt.Errorf("%w: file_page_size %d is not a power of two", ErrCorrupt, h.PageSize)
	}
	// Five lengths below 2^31 cannot overflow an int64. C caps the whole file at
	// 2^31-1, so a larger sum is no driver's.
	end := h.EndOffset()
	if end > math.MaxInt32 {
		return fmt.Errorf("%w: the header describes %d bytes, more than any driver writes (%d)",
			ErrCorrupt, end, math.MaxInt32)
	}
	if end > h.FileLength {
		return fmt.Errorf("%w: the header describes %d bytes, the file has %d: %w",
			ErrCorrupt, end, h.FileLength, ErrTooShort)
	}
	// C looks at every record of the metadata, whole, and at the values that belong to it, however many the header says that there are.
	records := (int64(h.CounterMetadataLength) + counterMetadataLength - 1) / counterMetadataLength
	end = max(h.CounterMetadataOffset()+records*counterMetadataLength, h.CounterValuesOffset()+records*counterMetadataLength/CounterMetadataRatio)
	if end > h.FileLength {
		return fmt.Errorf("%w: counter_metadata_buffer_length %d is of %d counters, which end at %d, and the file has %d bytes: %w",
			ErrCorrupt, h.CounterMetadataLength, records, end, h.FileLength, ErrTooShort)
	}
	return nil
}

func powerOfTwo(n int) bool { return n > 0 && n&(n-1) == 0 }
