package protocol

import "encoding/binary"

// A message begins with a word that says which publisher it is from, in the highest byte, and which of its messages it is. The words
// behind it follow from the first when receivers are to look at them.
const (
	publisherShift = 56
	sequenceMask   = 1<<publisherShift - 1
	spread         = 0x9E3779B97F4A7C15
)

// Head is the first word of a message.
func Head(publisher int, sequence int64) uint64 {
	return uint64(publisher)<<publisherShift | uint64(sequence)
}

// Fill writes a message whose every word can be checked.
func Fill(message []byte, head uint64) {
	binary.LittleEndian.PutUint64(message, head)
	word := head * spread
	for at := 8; at+8 <= len(message); at += 8 {
		word++
		binary.LittleEndian.PutUint64(message[at:], word)
	}
}

// Checker counts the messages of a stream and those that are not as they were sent.
type Checker struct {
	_        Apart // publishers write next to it
	Received int
	Wrong    int64

	length int
	full   bool
	next   [MaxPublishers]uint64
	_      Apart
}

// NewChecker expects messages of a length, from the first on.
func NewChecker(length int, full bool) *Checker { return &Checker{length: length, full: full} }

// Count takes the next message that has arrived.
func (c *Checker) Count(message []byte) {
	c.Received++
	if len(message) != c.length {
		c.Wrong++
		return
	}
	head := binary.LittleEndian.Uint64(message)
	if !c.inSequence(head) || c.full && !filled(message, head) {
		c.Wrong++
	}
}

// CountHead takes the first word of the next message, of the right length, for who cannot give the message as bytes.
func (c *Checker) CountHead(head uint64) {
	c.Received++
	if !c.inSequence(head) {
		c.Wrong++
	}
}

func (c *Checker) inSequence(head uint64) bool {
	publisher := head >> publisherShift
	if publisher >= MaxPublishers || head&sequenceMask != c.next[publisher] {
		return false
	}
	c.next[publisher]++
	return true
}

func filled(message []byte, head uint64) bool {
	word := head * spread
	for at := 8; at+8 <= len(message); at += 8 {
		word++
		if binary.LittleEndian.Uint64(message[at:]) != word {
			return false
		}
	}
	return true
}
