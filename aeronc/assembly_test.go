package aeronc_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// received is a message as a handler saw it.
type received struct {
	Data     string
	Position int64
	Reserved int64
	Flags    uint8
	Offset   int32
}

func seen(f aeronc.Fragment) received {
	return received{string(f.Data()), f.Position(), f.ReservedValue(), f.Flags(), f.TermOffset()}
}

// script is what a handler answers to the messages it gets, in turn.
type script struct {
	actions []aeronc.Action
	next    int
	got     []received
}

func (s *script) answer(r received) aeronc.Action {
	s.got = append(s.got, r)
	s.next++
	return s.actions[s.next%len(s.actions)]
}

// mangle makes the stream one with lost fragments: flags of frames that are in the log are changed.
func mangle(t *testing.T, d *testdriver.Driver, p *aeronc.ExclusivePublication, flags []uint8) {
	t.Helper()
	log := mapLog(t, filepath.Join(d.Dir(), "publications", fmt.Sprintf("%d.logbuffer", p.Constants().OriginalRegistrationID)))
	for offset, n := 0, 0; ; n++ {
		length := int(binary.LittleEndian.Uint32(log[offset:]))
		if length == 0 || n == len(flags) {
			return
		}
		log[offset+5] = flags[n]
		offset += (length + 31) &^ 31
	}
}

// C's assemblers and Go's, on the same log with begins, middles and ends in every order, and a handler that gives every answer: the same
// messages with the same headers, and the same position in the end.
func TestAssembly_isCs(t *testing.T) {
	figures.Begin(t)
	const seeds = 20
	messages := 0
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 5))
		d := testdriver.Start(t)
		client := d.Connect()
		p, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc?term-length=64k", 1)
		require.NoError(t, err)
		ours := connect(t, client, p)
		theirs, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", 1)
		require.NoError(t, err)
		testdriver.Await(t, "the second subscriber", func() bool { return theirs.ImageCount() == 1 && ours.ImageCount() == 1 })
		// All of one length, as an offer's are: C works the position out from the first fragment's, by which it divides.
		length := 32 * (random.IntN(3) + 1)
		var flags []uint8
		for n := range 60 {
			_, err := p.OfferReserved(int64(n)+1, bytes.Repeat([]byte{byte(n)}, length))
			require.NoError(t, err)
			flags = append(flags, []uint8{0, 0, 0, aeronc.FlagBegin, aeronc.FlagBegin, aeronc.FlagEnd, aeronc.FlagEnd, aeronc.FlagUnfragmented}[random.IntN(8)])
		}
		mangle(t, d, p, flags)
		plain := seed%2 == 0
		actions := []aeronc.Action{aeronc.Continue}
		if !plain {
			for range 17 {
				actions = append(actions, aeronc.Action(random.IntN(4)+1))
			}
		}
		mine, c := script{actions: actions}, script{actions: actions}
		poller := &cgo.Poller{}
		poller.Fragment = func(data, frame unsafe.Pointer, length int) int32 {
			header, err := cgo.HeaderValues(poller.Header)
			require.NoError(t, err)
			return int32(c.answer(received{
				string(unsafe.Slice((*byte)(data), length)), cgo.HeaderPosition(poller.Header), header.ReservedValue, header.Flags, header.TermOffset,
			}))
		}
		tag := cgo.NewTag(poller)
		assembler, err := cgo.NewFragmentAssembler(tag)
		require.NoError(t, err)
		controlled, err := cgo.NewControlledFragmentAssembler(tag)
		require.NoError(t, err)
		for range 200 {
			limit := random.IntN(9) + 1
			var n int
			if plain {
				n, err = ours.PollMessages(func(f aeronc.Fragment) { mine.answer(seen(f)) }, limit)
			} else {
				n, err = ours.PollMessagesControlled(func(f aeronc.Fragment) aeronc.Action { return mine.answer(seen(f)) }, limit)
			}
			require.NoError(t, err)
			m, err := theirs.ByC(func(raw cgo.Subscription, _ []cgo.Image) (int, error) {
				if plain {
					return cgo.SubscriptionPoll(raw, assembler.Handler(), limit)
				}
				return cgo.SubscriptionControlledPoll(raw, controlled.Handler(), limit)
			})
			require.NoError(t, err)
			require.Equal(t, m, n, "frames counted")
			require.Equal(t, c.got, mine.got)
			require.Equal(t, theirs.Images()[0].Position(), ours.Images()[0].Position())
		}
		require.NotEmpty(t, mine.got)
		messages += len(mine.got)
		require.NoError(t, assembler.Delete())
		require.NoError(t, controlled.Delete())
		tag.Free()
		require.NoError(t, ours.Close())
		require.NoError(t, theirs.Close())
	}
	figures.Record(t, "logs made up at random, messages that came out of both", fmt.Sprintf("%d, %d", seeds, messages))
}

func TestAssemble_forAnyPoll(t *testing.T) {
	_, p, s := stream(t)
	message := bytes.Repeat([]byte("long"), 1000)
	send := func() {
		offer(t, p, message)
		offer(t, p, []byte("short"))
	}
	var got []string
	keep := func(f aeronc.Fragment) { got = append(got, string(f.Data())) }
	plain := aeronc.Assemble(keep)
	controlled := aeronc.AssembleControlled(func(f aeronc.Fragment) aeronc.Action { keep(f); return aeronc.Commit })
	image := s.Images()[0]
	for what, poll := range map[string]func() (int, error){
		"Poll":                  func() (int, error) { return image.Poll(plain, 10) },
		"PollControlled":        func() (int, error) { return image.PollControlled(controlled, 10) },
		"PollBounded":           func() (int, error) { return image.PollBounded(plain, 1<<40, 10) },
		"PollBoundedControlled": func() (int, error) { return image.PollBoundedControlled(controlled, 1<<40, 10) },
		"Subscription.Poll":     func() (int, error) { return s.Poll(plain, 10) },
	} {
		got = nil
		send()
		testdriver.Await(t, what, func() bool {
			_, err := poll()
			require.NoError(t, err)
			return len(got) == 2
		})
		require.Equal(t, []string{string(message), "short"}, got, what)
	}
	require.Nil(t, aeronc.Assemble(nil))
	require.Nil(t, aeronc.AssembleControlled(nil))
	_, err := image.Poll(aeronc.Assemble(nil), 1)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
}

func TestSetAssembly_skipsWhatIsTooLongAndSaysSo(t *testing.T) {
	_, p, s := stream(t)
	var dropped []error
	require.NoError(t, s.SetAssembly(aeronc.Assembly{MaxMessageLength: 4000, Dropped: func(err error) { dropped = append(dropped, err) }}))
	for _, length := range []int{4000, 4001, 8000, 5, 3000} {
		offer(t, p, make([]byte, length))
	}
	var lengths []int
	testdriver.Await(t, "what is not too long", func() bool {
		_, err := s.PollMessages(func(f aeronc.Fragment) { lengths = append(lengths, len(f.Data())) }, 100)
		require.NoError(t, err)
		return len(lengths) == 3
	})
	require.Equal(t, []int{4000, 5, 3000}, lengths)
	require.Len(t, dropped, 2)
	for _, err := range dropped {
		require.ErrorIs(t, err, aeronc.ErrMessageTooLong)
		require.ErrorContains(t, err, "4000 bytes")
	}
	require.EqualValues(t, 2, s.Images()[0].DroppedMessages())
	for _, length := range []int{-1, math.MaxInt32 - 31, math.MaxInt} {
		err := s.SetAssembly(aeronc.Assembly{MaxMessageLength: length})
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
		require.ErrorContains(t, err, fmt.Sprintf("MaxMessageLength=%d", length))
		require.ErrorContains(t, err, "must be 0, for 16777216, to 2147483615")
	}
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.SetAssembly(aeronc.Assembly{}), aeronc.ErrClosed)
}
