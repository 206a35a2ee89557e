package aeron_test

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// flush flushes all of b, through back pressure, and calls meanwhile while it waits.
func flush(t *testing.T, b *aeron.Batch, meanwhile func()) {
	t.Helper()
	testdriver.Await(t, "the flush", func() bool {
		before := b.Len()
		n, err := b.Flush()
		require.Equal(t, before-n, b.Len())
		if err == nil {
			require.Zero(t, b.Len())
			return true
		}
		require.True(t, errors.Is(err, aeron.ErrBackPressured) || errors.Is(err, aeron.ErrAdminAction), "%v", err)
		meanwhile()
		return false
	})
}

func TestBatch_messagesOfAnyLengthArriveOnceAndInOrder(t *testing.T) {
	d := start(t, config(t))
	stream := int32(0)
	for _, k := range kinds {
		for _, tr := range transports {
			t.Run(k.name+"/"+tr.name, func(t *testing.T) {
				stream++
				p, err := k.add(d, testdriver.Context(t), tr.channel(t), stream)
				require.NoError(t, err)
				s := connect(t, d, p)
				longest := p.Constants().MaxMessageLength
				lengths := []int{0, 1, 31, 32, 33, 1000, p.Constants().MaxPayloadLength, p.Constants().MaxPayloadLength + 1, longest}
				sent, received := 0, 0
				poll := func() {
					_, err := s.PollMessages(func(m aeron.Message) {
						length := lengths[received%len(lengths)]
						if string(m.Data()) != string(pattern(length, received)) {
							t.Errorf("message %d is not what was sent", received)
						}
						received++
					}, 64)
					require.NoError(t, err)
				}
				b := aeron.NewBatch(p, 20_000)
				for sent < 1000 {
					err := b.Add(pattern(lengths[sent%len(lengths)], sent))
					if errors.Is(err, aeron.ErrBatchFull) {
						require.LessOrEqual(t, b.Size(), max(20_000, longest+longest/10))
						flush(t, b, poll)
						continue
					}
					require.NoError(t, err)
					sent++
				}
				flush(t, b, poll)
				n, err := b.Flush()
				require.NoError(t, err)
				require.Zero(t, n, "there is nothing more")
				testdriver.Await(t, "all messages", func() bool { poll(); return received >= sent })
				require.Equal(t, sent, received)
			})
		}
	}
}

func TestBatch_whatIsNotSentStays(t *testing.T) {
	d := start(t, config(t))
	stream := int32(0)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			stream++
			p, err := k.add(d, testdriver.Context(t), "aeron:ipc?term-length=64k", stream)
			require.NoError(t, err)
			b := aeron.NewBatch(p, 64<<10)
			require.NoError(t, b.Add([]byte("first")))
			n, err := b.Flush()
			require.ErrorIs(t, err, aeron.ErrNotConnected)
			require.Zero(t, n)
			require.Equal(t, 1, b.Len())
			b.Reset()
			require.Zero(t, b.Len())
			require.Zero(t, b.Size())

			s := connect(t, d, p)
			// More than the window takes.
			added, out := 0, 0
			for {
				err := b.Add(pattern(500, added))
				if errors.Is(err, aeron.ErrBatchFull) {
					n, err := b.Flush()
					out += n
					if errors.Is(err, aeron.ErrBackPressured) {
						break
					}
					require.NoError(t, err)
					continue
				}
				require.NoError(t, err)
				added++
			}
			require.Equal(t, added-out, b.Len())
			require.Positive(t, b.Len())
			received := 0
			poll := func() {
				_, err := s.Poll(func(f aeron.Fragment) {
					if string(f.Data()) != string(pattern(500, received)) {
						t.Errorf("message %d is not what was sent", received)
					}
					received++
				}, 100)
				require.NoError(t, err)
			}
			testdriver.Await(t, "what is out", func() bool { poll(); return received >= out })
			require.Equal(t, out, received, "what stayed in the batch is not in the log")
			flush(t, b, poll)
			testdriver.Await(t, "the rest", func() bool { poll(); return received >= added })
			require.Equal(t, added, received)

			require.NoError(t, b.Add([]byte("too late")))
			require.NoError(t, p.Close())
			_, err = b.Flush()
			require.ErrorIs(t, err, aeron.ErrClosed)
			require.Equal(t, 1, b.Len())
		})
	}
}

func TestBatch_misuse(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	var none *aeron.Publication
	for what, b := range map[string]*aeron.Batch{
		"nil": nil, "zero": {}, "of nobody": aeron.NewBatch(nil, 100), "of a nil publication": aeron.NewBatch(none, 100),
		"of a zero publication": aeron.NewBatch(&aeron.Publication{}, 100), "without length": aeron.NewBatch(p, 0),
		"of a negative length": aeron.NewBatch(p, -1), "over the limit": aeron.NewBatch(p, 1<<30+1), "of the longest": aeron.NewBatch(p, math.MaxInt),
	} {
		require.ErrorIs(t, b.Add([]byte("x")), aeron.ErrInvalidArgument, what)
		_, err := b.Flush()
		require.ErrorIs(t, err, aeron.ErrInvalidArgument, what)
		require.Zero(t, b.Len(), what)
		require.Zero(t, b.Size(), what)
		b.Reset()
	}
	b := aeron.NewBatch(p, 100)
	longest := p.MaxMessageLength()
	require.ErrorIs(t, b.Add(make([]byte, longest+1)), aeron.ErrMessageTooLong)
	require.NoError(t, b.Add(make([]byte, longest)), "an empty batch takes any message")
	require.ErrorIs(t, b.Add(nil), aeron.ErrBatchFull)
	require.Equal(t, 1, b.Len())
	var known *aeron.Error
	require.ErrorAs(t, aeron.NewBatch(p, 0).Add(nil), &known)
	require.Contains(t, known.Error(), "length=0")
}

func TestBatch_doesNotAllocate(t *testing.T) {
	d := start(t, config(t))
	for n, k := range kinds {
		p, err := k.add(d, testdriver.Context(t), "aeron:ipc", int32(n))
		require.NoError(t, err)
		s := connect(t, d, p)
		b := aeron.NewBatch(p, 2000)
		short, long := pattern(50, 0), pattern(3000, 0)
		var odd error
		sent, received := 0, 0
		handle := func(aeron.Fragment) { received++ }
		wait := idle.Backoff()
		send := func(message []byte) {
			for range 4 {
				if err := b.Add(message); err != nil && !errors.Is(err, aeron.ErrBatchFull) {
					odd = err
				}
			}
			n, err := b.Flush()
			sent += n
			if err != nil && !errors.Is(err, aeron.ErrBackPressured) && !errors.Is(err, aeron.ErrAdminAction) {
				odd = err
			}
			wait.Idle(n)
			if _, err := s.Poll(handle, 20); err != nil {
				odd = err
			}
		}
		testdriver.Await(t, "a long message", func() bool { send(long); return received > 0 })
		requireNoAllocation(t, k.name+", short messages", func() { send(short) })
		requireNoAllocation(t, k.name+", long messages", func() { send(long) })
		require.NoError(t, odd)
		require.Greater(t, sent, 1000)
	}
}

// What nobody has added answers like what is closed.
func TestDataPath_ofNothing(t *testing.T) {
	var p *aeron.Publication
	var x *aeron.ExclusivePublication
	var s *aeron.Subscription
	use := func(aeron.Fragment) {}
	for what, call := range map[string]func() error{
		"Offer": func() error { return second(p.Offer(nil)) }, "zero Offer": func() error { return second((&aeron.Publication{}).Offer(nil)) },
		"OfferVectored": func() error { return second(p.OfferVectored()) }, "OfferReserved": func() error { return second(p.OfferReserved(1)) },
		"exclusive Offer": func() error { return second(x.Offer(nil)) }, "exclusive OfferVectored": func() error { return second(x.OfferVectored()) },
		"zero exclusive Offer": func() error { return second((&aeron.ExclusivePublication{}).Offer(nil)) },
		"OfferBlock":           func() error { return second(x.OfferBlock(nil)) }, "AppendPadding": func() error { return second(x.AppendPadding(0)) },
		"TryClaim": func() error { _, err := p.TryClaim(1); return err }, "exclusive TryClaim": func() error { _, err := x.TryClaim(1); return err },
		"Poll": func() error { _, err := s.Poll(use, 1); return err }, "zero Poll": func() error { _, err := (&aeron.Subscription{}).Poll(use, 1); return err },
		"PollMessages": func() error { _, err := s.PollMessages(func(aeron.Message) {}, 1); return err },
		"PollBlocks":   func() error { _, err := s.PollBlocks(func(aeron.Block) {}, 1); return err },
	} {
		require.ErrorIs(t, call(), aeron.ErrClosed, what)
	}
}
