package aeronc_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// bothPaths runs a test with Go's polls and with C's own.
func bothPaths(t *testing.T, test func(t *testing.T, reference bool)) {
	t.Helper()
	t.Run("Go", func(t *testing.T) { test(t, false) })
	t.Run("C", func(t *testing.T) { test(t, true) })
}

func TestImagePoll_boundedAndControlled(t *testing.T) {
	bothPaths(t, func(t *testing.T, reference bool) {
		_, p, s := stream(t)
		s.Reference(reference)
		image := s.Images()[0]
		for n := range 10 {
			offer(t, p, []byte{byte(n)})
		}
		var got []byte
		keep := func(f aeronc.Fragment) { got = append(got, f.Data()...) }
		n, err := image.PollBounded(keep, 3*64, 10)
		require.NoError(t, err)
		require.Equal(t, 3, n)
		require.EqualValues(t, 192, image.Position())
		n, err = image.PollBounded(keep, 192, 10)
		require.NoError(t, err)
		require.Zero(t, n, "nothing begins before where it is")
		n, err = image.PollBounded(keep, 193, 10)
		require.NoError(t, err)
		require.Equal(t, 1, n, "one begins before the bound and ends behind it")
		n, err = image.Poll(keep, 2)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		actions := []aeronc.Action{aeronc.Commit, aeronc.Abort, aeronc.Continue, aeronc.Break}
		controlled := func(f aeronc.Fragment) aeronc.Action {
			action := actions[0]
			actions = actions[1:]
			if action != aeronc.Abort {
				keep(f)
			}
			return action
		}
		n, err = image.PollControlled(controlled, 10)
		require.NoError(t, err)
		require.Equal(t, 1, n, "one committed, the next aborted")
		require.EqualValues(t, 7*64, image.Position())
		n, err = image.PollBoundedControlled(controlled, 1<<40, 10)
		require.NoError(t, err)
		require.Equal(t, 2, n, "the one that was aborted, and the break")
		n, err = image.Poll(keep, 10)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, got)

		offer(t, p, []byte("a"))
		offer(t, p, []byte("b"))
		require.PanicsWithValue(t, "b", func() {
			_, _ = image.Poll(func(f aeronc.Fragment) {
				if string(f.Data()) == "b" {
					panic("b")
				}
			}, 10)
		})
		require.EqualValues(t, 11*64, image.Position(), "a was consumed, b was not")
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = image.Poll(func(aeronc.Fragment) { runtime.Goexit() }, 10)
		}()
		<-ended
		require.EqualValues(t, 11*64, image.Position())
		require.Equal(t, "b", string(receive(t, s, 1)[0]))
	})
}

// A driver that has given an image up no longer keeps the publisher from writing the term anew.
func TestPoll_endsBehindTheFragmentDuringWhichTheImageWasGivenUp(t *testing.T) {
	bothPaths(t, func(t *testing.T, reference bool) {
		for what, poll := range map[string]func(*aeronc.Subscription, func(aeronc.Fragment)) (int, error){
			"Poll":         func(s *aeronc.Subscription, f func(aeronc.Fragment)) (int, error) { return s.Poll(f, 10) },
			"PollMessages": func(s *aeronc.Subscription, f func(aeronc.Fragment)) (int, error) { return s.PollMessages(f, 10) },
			"PollControlled": func(s *aeronc.Subscription, f func(aeronc.Fragment)) (int, error) {
				return s.PollControlled(func(fragment aeronc.Fragment) aeronc.Action { f(fragment); return aeronc.Continue }, 10)
			},
			"PollBounded": func(s *aeronc.Subscription, f func(aeronc.Fragment)) (int, error) {
				return s.Images()[0].PollBounded(f, 1<<40, 10)
			},
		} {
			_, p, s := stream(t)
			s.Reference(reference)
			image := s.Images()[0]
			for n := range 5 {
				offer(t, p, []byte{byte(n)})
			}
			var got []byte
			n, err := poll(s, func(f aeronc.Fragment) {
				got = append(got, f.Data()...)
				if len(got) == 2 {
					require.NoError(t, image.Reject("enough"))
					testdriver.Await(t, "the image to be given up", image.IsClosed)
				}
			})
			require.NoError(t, err, what)
			require.Equal(t, []byte{0, 1}, got, what)
			require.Equal(t, 2, n, what)
		}
	})
}

func TestPollBlocks_framesAsTheyLie(t *testing.T) {
	bothPaths(t, func(t *testing.T, reference bool) {
		_, p, s := stream(t)
		s.Reference(reference)
		image := s.Images()[0]
		n, err := s.PollBlocks(func(aeronc.Block) { t.Error("there is nothing") }, 1000)
		require.NoError(t, err)
		require.Zero(t, n)
		for n := range 4 {
			offer(t, p, bytes.Repeat([]byte{byte(n)}, 40)) // 96 bytes
		}
		_, err = p.AppendPadding(200)
		require.NoError(t, err)
		offer(t, p, []byte("behind"))
		var blocks [][]byte
		keep := func(b aeronc.Block) {
			require.Same(t, image, b.Image())
			require.Equal(t, p.Constants().InitialTermID, b.TermID())
			blocks = append(blocks, bytes.Clone(b.Data()))
		}
		lengths := []int{}
		for _, limit := range []int{95, 200, 1 << 30, 32, 1 << 30, 1 << 30} {
			n, err := s.PollBlocks(keep, limit)
			require.NoError(t, err)
			lengths = append(lengths, n)
		}
		require.Equal(t, []int{0, 192, 192, 256, 64, 0}, lengths, "whole frames; padding is a block of its own, whatever the limit")
		require.EqualValues(t, 40+32, binary.NativeEndian.Uint32(blocks[0]))
		require.Equal(t, bytes.Repeat([]byte{1}, 40), blocks[0][96+32:96+72])
		require.EqualValues(t, 4*96+256+64, image.Position())
		offer(t, p, []byte("stays"))
		require.PanicsWithValue(t, "no", func() { _, _ = image.PollBlock(func(aeronc.Block) { panic("no") }, 1000) })
		n, err = image.PollBlock(keep, 1000)
		require.NoError(t, err)
		if !reference { // C's own block poll has consumed it
			require.Equal(t, 64, n)
		}
		_, err = image.PollBlock(func(aeronc.Block) {
			require.True(t, aeronc.InHandler())
			_, err := image.Poll(func(aeronc.Fragment) {}, 1)
			require.ErrorIs(t, err, aeronc.ErrBusy)
		}, 1000)
		require.NoError(t, err)
	})
}

// What was received in blocks can be sent on in blocks, to a publication that is at the same place.
func TestOfferBlock_replicates(t *testing.T) {
	client := testdriver.Start(t).Connect()
	ctx := testdriver.Context(t)
	channel := "aeron:ipc?term-length=64k|init-term-id=9|term-id=9|term-offset=0|session-id=5"
	p, err := client.AddExclusivePublication(ctx, channel, 1)
	require.NoError(t, err)
	s := connect(t, client, p)
	other := testdriver.Start(t).Connect()
	twin, err := other.AddExclusivePublication(ctx, channel, 1)
	require.NoError(t, err)
	out := connect(t, other, twin)
	var sent, got []byte
	for n := range 3000 { // over the end of a term
		message := bytes.Repeat([]byte{byte(n)}, n%100)
		offer(t, p, message)
		sent = append(sent, message...)
		_, err := s.PollBlocks(func(b aeronc.Block) {
			testdriver.Await(t, "room for the block", func() bool {
				if binary.NativeEndian.Uint16(b.Data()[6:]) == 0 { // padding
					_, err = twin.AppendPadding(len(b.Data()) - 32)
				} else {
					_, err = twin.OfferBlock(b.Data())
				}
				if err != nil {
					require.ErrorIs(t, err, aeronc.ErrBackPressured)
				}
				return err == nil
			})
		}, 1<<20)
		require.NoError(t, err)
		_, err = out.Poll(func(f aeronc.Fragment) { got = append(got, f.Data()...) }, 100)
		require.NoError(t, err)
	}
	testdriver.Await(t, "all of it", func() bool {
		_, err = out.Poll(func(f aeronc.Fragment) { got = append(got, f.Data()...) }, 100)
		require.NoError(t, err)
		return len(got) >= len(sent)
	})
	require.True(t, bytes.Equal(sent, got))
	position, err := p.Position()
	require.NoError(t, err)
	same, err := twin.Position()
	require.NoError(t, err)
	require.Equal(t, position, same)
}

func TestOfferBlock_refusesWhatSubscribersMustNotSee(t *testing.T) {
	_, p, _ := stream(t)
	c := p.Constants()
	frame := func(change func([]byte)) []byte {
		b := make([]byte, 64)
		for offset, v := range map[int]uint32{0: 40, 4: 0x1C000, 12: uint32(c.SessionID), 16: uint32(c.StreamID), 20: uint32(c.InitialTermID)} {
			binary.NativeEndian.PutUint32(b[offset:], v)
		}
		b[6], b[7] = 1, 0
		change(b)
		return b
	}
	put := func(offset int, v uint32) func([]byte) {
		return func(b []byte) { binary.NativeEndian.PutUint32(b[offset:], v) }
	}
	for says, block := range map[string][]byte{
		"length of the block=0": nil, "length of the block=63": make([]byte, 63), "length of the frame at 0=31": frame(put(0, 31)),
		"length of the frame at 0=65": frame(put(0, 65)), "length of the frame at 0=-1": frame(put(0, 1<<32-1)), "length of the frame at 0=2147483647": frame(put(0, 1<<31-1)),
		"type of the frame at 0=0": frame(func(b []byte) { b[6] = 0 }), "term offset of the frame at 0=32": frame(put(8, 32)),
		"session id of the frame at 0": frame(put(12, uint32(c.SessionID)+1)), "stream id of the frame at 0": frame(put(16, 77)), "term id of the frame at 0": frame(put(20, uint32(c.InitialTermID)+1)),
		"frame at 64=0": append(frame(func([]byte) {}), make([]byte, 64)...), "length of the block=65568": make([]byte, 65536+32),
	} {
		_, err := p.OfferBlock(block)
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument, says)
		require.ErrorContains(t, err, says)
	}
	position, err := p.OfferBlock(frame(func([]byte) {}))
	require.NoError(t, err)
	require.EqualValues(t, 64, position)
	_, err = p.AppendPadding(-1)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	_, err = p.AppendPadding(c.MaxMessageLength + 1)
	require.ErrorIs(t, err, aeronc.ErrMessageTooLong)
	require.NoError(t, p.Close())
	_, err = p.OfferBlock(nil)
	require.ErrorIs(t, err, aeronc.ErrClosed)
	_, err = p.AppendPadding(1)
	require.ErrorIs(t, err, aeronc.ErrClosed)
}

// The objects that nobody has made answer like closed ones.
func TestDataPath_ofNothing(t *testing.T) {
	var p *aeronc.Publication
	var x *aeronc.ExclusivePublication
	var s *aeronc.Subscription
	var i *aeronc.Image
	use := func(aeronc.Fragment) {}
	control := func(aeronc.Fragment) aeronc.Action { return aeronc.Continue }
	for what, call := range map[string]func() error{
		"Offer": func() error { _, err := p.Offer(nil); return err }, "zero Offer": func() error { _, err := (&aeronc.Publication{}).Offer(nil); return err },
		"OfferVectored": func() error { _, err := p.OfferVectored(); return err }, "OfferReserved": func() error { _, err := p.OfferReserved(1); return err },
		"TryClaim": func() error { _, err := p.TryClaim(0); return err }, "zero TryClaim": func() error { _, err := (&aeronc.Publication{}).TryClaim(0); return err },
		"NewBatch": func() error { _, err := p.NewBatch(1); return err }, "exclusive NewBatch": func() error { _, err := x.NewBatch(1); return err },
		"exclusive Offer": func() error { _, err := x.Offer(nil); return err }, "zero exclusive Offer": func() error { _, err := (&aeronc.ExclusivePublication{}).Offer(nil); return err },
		"exclusive OfferVectored": func() error { _, err := x.OfferVectored(); return err }, "exclusive TryClaim": func() error { _, err := x.TryClaim(1); return err },
		"AppendPadding": func() error { _, err := x.AppendPadding(1); return err }, "OfferBlock": func() error { _, err := x.OfferBlock(nil); return err },
		"Poll": func() error { _, err := s.Poll(use, 1); return err }, "zero Poll": func() error { _, err := (&aeronc.Subscription{}).Poll(use, 1); return err },
		"PollBlocks": func() error { _, err := s.PollBlocks(func(aeronc.Block) {}, 1); return err }, "SetAssembly": func() error { return s.SetAssembly(aeronc.Assembly{}) },
		"Image.Poll": func() error { _, err := i.Poll(use, 1); return err }, "zero Image.PollControlled": func() error { _, err := (&aeronc.Image{}).PollControlled(control, 1); return err },
		"Image.PollBlock": func() error { _, err := i.PollBlock(func(aeronc.Block) {}, 1); return err },
	} {
		require.ErrorIs(t, call(), aeronc.ErrClosed, what)
	}
}
