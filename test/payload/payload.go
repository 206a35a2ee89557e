// Package payload makes what whole-system tests send, of a seed, and hashes what they receive. Peers in C and Java do the same
// (../interop/c/digest.c, ../interop/javapeer/Peer.java).
package payload

import (
	"encoding/binary"
	"fmt"
)

// Fill makes the n-th message of a stream: eight bytes at a time of xorshift64, little-endian.
func Fill(message []byte, seed, n uint64) {
	x := seed + n*0x9E3779B97F4A7C15
	if x == 0 {
		x = 1
	}
	for ; len(message) > 0; message = message[min(8, len(message)):] {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		if len(message) >= 8 {
			binary.LittleEndian.PutUint64(message, x)
			continue
		}
		var last [8]byte
		binary.LittleEndian.PutUint64(last[:], x)
		copy(message, last[:])
	}
}

// Digest is a hash over messages, their lengths and their order: FNV-1a by words. Any single difference changes it.
type Digest struct {
	Count int
	Bytes int64
	hash  uint64
}

const (
	fnvStart = 0xCBF29CE484222325
	fnvPrime = 0x100000001B3
)

// Add takes the next message in.
func (d *Digest) Add(message []byte) {
	if d.Count == 0 {
		d.hash = fnvStart
	}
	d.Count++
	d.Bytes += int64(len(message))
	h := (d.hash ^ uint64(len(message))) * fnvPrime
	for ; len(message) >= 8; message = message[8:] {
		h = (h ^ binary.LittleEndian.Uint64(message)) * fnvPrime
	}
	if len(message) > 0 {
		var last [8]byte
		copy(last[:], message)
		h = (h ^ binary.LittleEndian.Uint64(last[:])) * fnvPrime
	}
	d.hash = h
}

// String is how every peer tells it.
func (d *Digest) String() string {
	return fmt.Sprintf("count=%d bytes=%d hash=%016x", d.Count, d.Bytes, d.hash)
}

// Expected is what a peer must send and receive for these sizes, one after the other, times over.
func Expected(seed uint64, times int, sizes []int) string {
	var d Digest
	longest := 0
	for _, size := range sizes {
		longest = max(longest, size)
	}
	buffer := make([]byte, longest)
	for n := range times * len(sizes) {
		message := buffer[:sizes[n%len(sizes)]]
		Fill(message, seed, uint64(n))
		d.Add(message)
	}
	return d.String()
}
