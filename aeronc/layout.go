package aeronc

// The log's layout, as far as Go touches it. cgo/layout.c holds these against C's headers at compile time.
const (
	headerLength        = 32
	frameAlignment      = 32
	offsetWord          = 4 // version, flags and type
	offsetFlags         = 5
	offsetType          = 6
	offsetTermOffset    = 8
	offsetSessionID     = 12
	offsetStreamID      = 16
	offsetTermID        = 20
	offsetReservedValue = 24

	offsetDefaultHeader = 320 // in the log's metadata

	typePadding = 0
	typeData    = 1
)

// Flags of a frame.
const (
	FlagBegin        = 0x80 // the first fragment of a message
	FlagEnd          = 0x40 // the last one
	FlagEOS          = 0x20 // the stream has ended
	FlagRevoked      = 0x10 // the publication was revoked
	FlagUnfragmented = FlagBegin | FlagEnd
)

// align rounds a frame's length up to where the next frame begins.
func align(length int32) int32 { return (length + frameAlignment - 1) &^ (frameAlignment - 1) }
