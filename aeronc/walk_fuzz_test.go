package aeronc_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
)

// FuzzWalk polls an image whose term is anything at all: every fragment lies inside the term, every message is made of what lay there,
// the position never leaves the term or goes back, and the poll says so when it cannot go on.
func FuzzWalk(f *testing.F) {
	const termLength, headerLength = 64 << 10, 32
	fragment := func(length int, flags byte, kind uint16) []byte {
		b := make([]byte, (length+31)&^31)
		binary.LittleEndian.PutUint32(b, uint32(length))
		b[5] = flags
		binary.LittleEndian.PutUint16(b[6:], kind)
		return b
	}
	join := func(frames ...[]byte) (all []byte) {
		for _, frame := range frames {
			all = append(all, frame...)
		}
		return all
	}
	f.Add(uint16(0), fragment(100, 0xC0, 1))
	f.Add(uint16(32), join(fragment(64, 0xC0, 1), fragment(32, 0x80, 1), fragment(40, 0, 1), fragment(33, 0x40, 1), fragment(4096, 0, 0)))
	f.Add(uint16(0), join(fragment(64, 0x40, 1), fragment(64, 0x80, 1), fragment(64, 0x80, 1)))
	f.Add(uint16(64), []byte{0xff, 0xff, 0xff, 0x7f})
	f.Add(uint16(1), []byte{})
	f.Add(uint16(0), append(fragment(termLength-1, 0xC0, 1)[:headerLength:headerLength], 1)) // all of the term
	f.Fuzz(func(t *testing.T, at uint16, bytes []byte) {
		for _, assemble := range []bool{false, true} {
			walk := aeronc.NewWalk(termLength, int64(at), bytes)
			total, before := 0, int64(at)
			for range 100 {
				n, err := walk.Poll(assemble, func(data []byte, inside bool) {
					require.True(t, assemble || inside, "a fragment outside of its term")
					total += len(data)
				})
				if err != nil {
					require.ErrorIs(t, err, aeronc.ErrCorruptFrame)
				}
				position := walk.Position()
				require.GreaterOrEqual(t, position, before)
				require.LessOrEqual(t, position, int64(termLength))
				if n == 0 || position == termLength { // what follows is the next term
					break
				}
				before = position
			}
			require.LessOrEqual(t, total, termLength)
		}
	})
}
