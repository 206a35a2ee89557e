package aeronc_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// FuzzReference lets the fuzzer write the script that both sides follow, three numbers of two bytes a step, and choose who reads: of kind,
// one bit says whether the first publication is exclusive, two which of C's assemblers is taken, and one whether C reads on our side too.
func FuzzReference(f *testing.F) {
	random := rand.New(rand.NewPCG(7, 7))
	for kind := range uint8(16) {
		script := make([]byte, 6*40)
		for i := range script {
			script[i] = byte(random.Uint32())
		}
		f.Add(kind, script)
	}
	// Offers up to back pressure, and what comes behind it.
	var full []byte
	for op := range uint16(60) {
		for _, n := range []uint16{op % 4, 2<<13 + 5, op} {
			full = binary.LittleEndian.AppendUint16(full, n)
		}
	}
	f.Add(uint8(1), full)
	ours, theirs := newStepped(f), newStepped(f)
	pairs := map[bool]*pair{} // by whether they are exclusive
	const scripts = 200       // that a pair follows before there is a new one, whose term ids run over at once
	followed, stream := map[bool]int{}, int32(100)
	f.Cleanup(func() {
		for _, p := range pairs {
			p.close(f)
		}
	})
	f.Fuzz(func(t *testing.T, kind uint8, script []byte) {
		if len(script) > 6*200 {
			t.Skip("longer scripts find nothing that shorter ones do not")
		}
		exclusive := kind&1 == 1
		p := pairs[exclusive]
		if p == nil || followed[exclusive]%scripts == 0 {
			p.close(t)
			stream++
			p = openPair(t, ours, theirs, exclusive, stream)
		}
		followed[exclusive]++
		pairs[exclusive] = nil // a pair that differs is not used again
		p.run(t, assembler(kind>>1)%assemblers, kind>>3&1 == 1, func() (op, a, b uint16, more bool) {
			if len(script) < 6 {
				return 0, 0, 0, false
			}
			op, a, b = binary.LittleEndian.Uint16(script), binary.LittleEndian.Uint16(script[2:]), binary.LittleEndian.Uint16(script[4:])
			script = script[6:]
			return op, a, b, true
		})
		pairs[exclusive] = p
	})
}
