package protocol

import "math/bits"

// Apart goes before and behind what a thread writes for every message. Without it two threads' words may share a cache line, which then
// wanders between their cores for each message: that would measure where the allocator has put things. The contestant in C aligns its own.
type Apart [lineLength]byte

const lineLength = 64

// NewMessage is memory for a message of so many bytes. It begins a cache line, and nothing else lies in its lines.
func NewMessage(length int) []byte {
	// The allocator aligns powers of two to themselves, or to a page.
	block := 1 << bits.Len(uint(length+2*lineLength-1))
	return make([]byte, block)[lineLength : lineLength+length : lineLength+length]
}
