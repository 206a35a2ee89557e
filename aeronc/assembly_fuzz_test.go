package aeronc_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
)

// piece is a fragment that an assembler has consumed.
type piece struct {
	begin, end int64
	flags      uint8
	data       []byte
}

// messageOf says which message the last of these completes, if any: the pieces behind the last one that begins a message, if each begins
// where the one before ended, none before the last ends it, and they are not too long together.
func messageOf(pieces []piece, limit int) (first int, message []byte, ok bool) {
	last := len(pieces) - 1
	if pieces[last].flags&aeronc.FlagEnd == 0 {
		return 0, nil, false
	}
	for first = last; pieces[first].flags&aeronc.FlagBegin == 0; first-- {
		if first == 0 || pieces[first-1].end != pieces[first].begin || pieces[first-1].flags&aeronc.FlagEnd != 0 {
			return 0, nil, false
		}
	}
	for _, p := range pieces[first:] {
		message = append(message, p.data...)
	}
	return first, message, len(message) <= limit || first == last
}

// FuzzAssembler gives an assembler fragments with any flags, gaps between them, and a handler that takes, refuses or panics: the messages
// that come out are those that a look back over all that was consumed finds, each once, with the header of its first fragment.
func FuzzAssembler(f *testing.F) {
	f.Add(uint16(100), []byte{0x80, 10, 0x00, 20, 0x40, 5, 0xC0, 7})                 // whole, and one in a single piece
	f.Add(uint16(20), []byte{0x80, 10, 0x00, 20, 0x40, 5, 0x80, 9, 0x40, 9})         // too long, and one that is not
	f.Add(uint16(99), []byte{0x80, 10, 0x20, 20, 0x40, 5, 0x40, 5, 0x80, 1, 0x80})   // a gap, ends without a begin
	f.Add(uint16(99), []byte{0x80, 10, 0x48, 3, 0x41, 3, 0x80, 1, 0x50, 1, 0x42, 0}) // refused and asked for again
	f.Fuzz(func(t *testing.T, limit uint16, script []byte) {
		if limit == 0 {
			return
		}
		fragments := aeronc.NewFragments(int(limit))
		var consumed []piece
		position := int64(0)
		for n := 0; n+1 < len(script) && n < 120; n += 2 {
			flags, length := script[n]&0xC0, int(script[n+1])
			if script[n]&0x20 != 0 {
				position += 32 // a gap
			}
			answer := []aeronc.Action{aeronc.Continue, aeronc.Abort, aeronc.Break, aeronc.Commit, 0}[script[n]&7%5]
			panics := script[n]&0x10 != 0
			p := piece{position, position + int64((length+32+31)&^31), flags, bytes.Repeat([]byte{byte(n)}, length)}
			first, message, complete := messageOf(append(consumed, p), int(limit))
			for try := 0; ; try++ {
				var got []string
				handler := aeronc.AssembleControlled(func(m aeronc.Fragment) aeronc.Action {
					got = append(got, string(m.Data()))
					require.Equal(t, p.end, m.Position())
					require.EqualValues(t, aeronc.FlagUnfragmented, m.Flags()&aeronc.FlagUnfragmented)
					require.EqualValues(t, first, m.ReservedValue(), "the header of the message's first fragment")
					if panics && try == 0 {
						panic("the handler's")
					}
					if try > 0 {
						return aeronc.Continue
					}
					return answer
				})
				fragment := fragments.Next(p.begin, flags, int64(len(consumed)), p.data)
				var action aeronc.Action
				died := func() (died bool) {
					defer func() { died = recover() != nil }()
					action = handler(fragment)
					return false
				}()
				if !complete {
					require.Empty(t, got)
					require.Equal(t, aeronc.Continue, action)
					break
				}
				require.Equal(t, []string{string(message)}, got)
				require.Equal(t, panics && try == 0, died)
				if !died && (action == aeronc.Continue || action == aeronc.Break || action == aeronc.Commit) {
					break
				}
				require.Zero(t, try, "a fragment that comes again is taken")
			}
			consumed = append(consumed, p)
			position = p.end
		}
		require.LessOrEqual(t, fragments.Dropped(), int64(len(consumed)))
	})
}
