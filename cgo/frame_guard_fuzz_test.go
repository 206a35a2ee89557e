package cgo_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
)

// FuzzFrameGuard holds what the guard lets through against the rules, told once more and in another way: nothing that it accepts may
// lead the driver outside of the datagram or of a term.
func FuzzFrameGuard(f *testing.F) {
	frame := func(kind uint16, length int, fields ...uint32) []byte {
		b := make([]byte, length)
		binary.LittleEndian.PutUint32(b, uint32(length))
		binary.LittleEndian.PutUint16(b[6:], kind)
		for i, field := range fields {
			binary.LittleEndian.PutUint32(b[8+4*i:], field)
		}
		return b
	}
	for _, seed := range [][]byte{
		nil,
		frame(1, 64, 0, 1, 2, 3),
		append(frame(1, 64, 0, 1, 2, 3), frame(0, 32, 64, 1, 2, 3)...),
		append(make([]byte, 6), append([]byte{1, 0}, make([]byte, 56)...)...), // frames of length 0, on which a walk would stand still
		append(frame(1, 64, 0, 1, 2, 3), append([]byte{0, 0, 0, 0, 0, 0, 1, 0, 64, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}, make([]byte, 40)...)...),
		frame(2, 28, 1, 2, 3, 64, 64),
		frame(3, 36, 1, 2, 3, 64, 4096),
		frame(4, 44, 1, 2, 0, 0, 0, 0, 1, 4),
		frame(5, 40, 0, 1, 2, 3, 3, 64<<10, 1408, 0),
		frame(6, 40, 1, 2),
		append(frame(7, 8), 1, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, 1, 2, 0, 'a', 'b'),
		frame(11, 20, 1, 2, 3),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 65504 || !cgo.FrameIsWellFormed(b) {
			return
		}
		le := binary.LittleEndian
		field := func(at int) int64 { return int64(int32(le.Uint32(b[at:]))) }
		inTerm := func(offset, length int64) bool { return offset >= 0 && offset%32 == 0 && offset < length }
		require.Zero(t, b[4], "the version")
		switch kind := le.Uint16(b[6:]); kind {
		case 0, 1:
			require.Zero(t, len(b)%32)
			end := field(8)
			require.True(t, inTerm(end, 1<<30))
			for at := 0; at < len(b); {
				length := field(at)
				if length == 0 {
					require.Len(t, b, 32, "a heartbeat is alone")
					return
				}
				require.GreaterOrEqual(t, length, int64(32))
				require.Equal(t, end, field(at+8))
				require.Equal(t, b[12:24], b[at+12:at+24], "session, stream and term")
				aligned := (length + 31) &^ 31
				end += aligned
				if at += int(aligned); at > len(b) {
					require.Zero(t, le.Uint16(b[at-int(aligned)+6:]), "only padding is longer than what is sent")
					require.Equal(t, len(b), at-int(aligned)+32)
				}
			}
			require.LessOrEqual(t, end, int64(1<<30))
		case 2:
			require.True(t, inTerm(field(20), 1<<30))
			require.GreaterOrEqual(t, field(24), int64(0))
			require.LessOrEqual(t, field(20)+field(24), int64(1<<30))
		case 3:
			require.GreaterOrEqual(t, len(b), 36)
			require.True(t, inTerm(field(20), 1<<30))
		case 4:
			require.LessOrEqual(t, 40+field(36), int64(len(b)))
			require.GreaterOrEqual(t, field(36), int64(0))
		case 5:
			length := field(28)
			require.True(t, length >= 64<<10 && length <= 1<<30 && length&(length-1) == 0)
			require.True(t, inTerm(field(8), length))
			require.GreaterOrEqual(t, int32(uint32(field(24))-uint32(field(20))), int32(0), "a position before the beginning")
			require.True(t, field(32) > 32 && field(32) <= 65504 && field(32)%32 == 0)
		case 6:
			require.GreaterOrEqual(t, len(b), 40)
		case 7:
			for at := 8; at < len(b); {
				header := map[byte]int{1: 14, 2: 26}[b[at]]
				require.NotZero(t, header)
				name := int(int16(le.Uint16(b[at+header-2:])))
				require.Positive(t, name)
				at += (header + name + 7) &^ 7
				require.LessOrEqual(t, at, len(b))
			}
		case 11:
			require.GreaterOrEqual(t, len(b), 20)
		default:
			require.Fail(t, "an unknown type", "%d", kind)
		}
	})
}
