package aeron_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// soon is a context that ends long before patience does.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// fill offers until the stream takes no more.
func fill(t *testing.T, p aeron.Sender) (sent int) {
	t.Helper()
	message := pattern(1000, 0)
	testdriver.Await(t, "back pressure", func() bool {
		for {
			_, err := p.Offer(message)
			switch {
			case err == nil:
				sent++
			case errors.Is(err, aeron.ErrAdminAction):
			default:
				require.ErrorIs(t, err, aeron.ErrBackPressured)
				return true
			}
		}
	})
	return sent
}

func TestOffer_returnsErrNotConnectedWithoutSubscriber(t *testing.T) {
	d := start(t, config(t))
	for _, k := range kinds {
		for _, tr := range transports {
			p, err := k.add(d, testdriver.Context(t), tr.channel(t), 1)
			require.NoError(t, err)
			_, err = p.Offer([]byte("anybody?"))
			require.Same(t, aeron.ErrNotConnected, err, "the sentinel itself")
			_, err = p.TryClaim(10)
			require.Same(t, aeron.ErrNotConnected, err)
			require.False(t, p.IsConnected())
			position, err := p.Position()
			require.NoError(t, err)
			require.Zero(t, position)
			require.NoError(t, p.Close())
		}
	}
}

func TestOffer_returnsErrBackPressuredBehindASlowSubscriber(t *testing.T) {
	d := start(t, config(t))
	for _, k := range kinds {
		p, err := k.add(d, testdriver.Context(t), "aeron:ipc", 1)
		require.NoError(t, err)
		s := connect(t, d, p)
		sent := fill(t, p)
		_, err = p.TryClaim(1000)
		require.Same(t, aeron.ErrBackPressured, err)
		limit, err := p.PositionLimit()
		require.NoError(t, err)
		position, err := p.Position()
		require.NoError(t, err)
		require.GreaterOrEqual(t, position, limit)
		receive(t, s, sent)
		publish(t, p, "there is room again")
		require.Equal(t, []string{"there is room again"}, receive(t, s, 1))
		require.NoError(t, errors.Join(p.Close(), s.Close()))
	}
}

func TestPublish_waitsThroughBackPressure(t *testing.T) {
	figures.Begin(t)
	received := 0
	for _, tr := range transports {
		for _, k := range kinds {
			t.Run(tr.name+"/"+k.name, func(t *testing.T) {
				d := start(t, config(t))
				ctx := testdriver.Context(t)
				p, err := k.add(d, ctx, tr.channel(t), 1)
				require.NoError(t, err)
				s := connect(t, d, p)
				const count = 2000 // some 30 terms: the sender must wait for the subscriber again and again
				published := make(chan error, 1)
				go func() {
					for i := range count {
						if err := p.Publish(ctx, pattern(1000, i)); err != nil {
							published <- fmt.Errorf("message %d: %w", i, err)
							return
						}
					}
					published <- nil
				}()
				n := 0
				for m, err := range s.Messages(ctx) {
					require.NoError(t, err)
					require.Equal(t, pattern(1000, n), m.Data(), "message %d", n)
					if n++; n == count {
						break
					}
				}
				require.NoError(t, <-published)
				received += n
			})
		}
	}
	figures.Record(t, "messages", received)
}

func TestPublish_endsWithItsContext(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 7)
	require.NoError(t, err)
	check := func(err, reason error) {
		t.Helper()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, reason)
		e := typed(t, err)
		require.Equal(t, "aeron:ipc", e.Channel)
		require.EqualValues(t, 7, e.StreamID)
		require.Contains(t, err.Error(), "aeron:ipc")
	}
	check(p.Publish(soon(t), []byte("x")), aeron.ErrNotConnected)
	s := connect(t, d, p)
	sent := fill(t, p)
	check(p.Publish(soon(t), pattern(1000, 0)), aeron.ErrBackPressured)
	require.Len(t, receive(t, s, sent), sent)
	n, err := s.Poll(func(aeron.Fragment) {}, 10)
	require.NoError(t, err)
	require.Zero(t, n, "a message that was given up must not arrive")

	require.NoError(t, s.Close())
	testdriver.Await(t, "disconnected", func() bool { return !p.IsConnected() })
	err = p.Publish(canceled(), []byte("x"))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, aeron.ErrNotConnected)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("shutting down"))
	require.ErrorContains(t, p.Publish(ctx, []byte("x")), "shutting down")
}

func TestAwaitReady_saysWhatIsMissing(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 7)
	require.NoError(t, err)
	err = p.AwaitReady(soon(t))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, aeron.ErrNotConnected)
	require.ErrorContains(t, err, "no subscriber")
	require.Equal(t, "aeron:ipc", typed(t, err).Channel)

	s := connect(t, d, p)
	sent := fill(t, p)
	err = p.AwaitReady(soon(t))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, aeron.ErrNotConnected)
	require.ErrorContains(t, err, "window is not open")
	receive(t, s, sent)
	require.NoError(t, p.AwaitReady(testdriver.Context(t)))

	alone, err := d.AddSubscription(testdriver.Context(t), "aeron:ipc", 8)
	require.NoError(t, err)
	err = alone.AwaitReady(soon(t))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, aeron.ErrNotConnected)
	require.EqualValues(t, 8, typed(t, err).StreamID)
	require.ErrorIs(t, alone.AwaitReady(canceled()), context.Canceled)
}

func TestOffer_refusesWhatIsTooLong(t *testing.T) {
	d := start(t, config(t))
	for _, k := range kinds {
		p, err := k.add(d, testdriver.Context(t), "aeron:ipc?mtu=1408", 1)
		require.NoError(t, err)
		c := p.Constants()
		require.Equal(t, 64<<10/8, c.MaxMessageLength, "an eighth of a term")
		require.Equal(t, 1408-32, c.MaxPayloadLength)
		for connected := range 2 {
			if connected == 1 {
				connect(t, d, p)
			}
			before, err := p.Position()
			require.NoError(t, err)
			for what, e := range map[string]struct {
				err       error
				got, most int
			}{
				"offer":    {second(p.Offer(make([]byte, c.MaxMessageLength+1))), c.MaxMessageLength + 1, c.MaxMessageLength},
				"huge":     {second(p.Offer(make([]byte, 20<<20))), 20 << 20, c.MaxMessageLength},
				"publish":  {p.Publish(testdriver.Context(t), make([]byte, c.MaxMessageLength+1)), c.MaxMessageLength + 1, c.MaxMessageLength},
				"claim":    {second(p.TryClaim(c.MaxPayloadLength + 1)), c.MaxPayloadLength + 1, c.MaxPayloadLength},
				"overflow": {second(p.TryClaim(1<<62 + 5)), 1<<62 + 5, c.MaxPayloadLength},
			} {
				require.ErrorIs(t, e.err, aeron.ErrMessageTooLong, what)
				require.ErrorContains(t, e.err, fmt.Sprint(e.got), what)
				require.ErrorContains(t, e.err, fmt.Sprint(e.most), what)
				require.Equal(t, c.Channel, typed(t, e.err).Channel, what)
			}
			require.ErrorIs(t, second(p.TryClaim(-1)), aeron.ErrInvalidArgument)
			after, err := p.Position()
			require.NoError(t, err)
			require.Equal(t, before, after, "what is refused is not in the log")
		}
	}
}

func TestTryClaim_fillsTheLogInPlace(t *testing.T) {
	d := start(t, config(t))
	for _, k := range kinds {
		p, err := k.add(d, testdriver.Context(t), "aeron:ipc", 1)
		require.NoError(t, err)
		s := connect(t, d, p)
		claim, err := p.TryClaim(5)
		require.NoError(t, err)
		require.Len(t, claim.Data(), 5)
		copy(claim.Data(), "claim")
		require.NoError(t, claim.SetReservedValue(-7))
		dropped, err := p.TryClaim(100)
		require.NoError(t, err)
		n, err := s.Poll(func(aeron.Fragment) {}, 10)
		require.NoError(t, err)
		require.Zero(t, n, "nothing is seen before Commit")
		require.NoError(t, dropped.Abort())
		require.NoError(t, claim.Commit())
		require.ErrorIs(t, claim.Commit(), aeron.ErrClaimResolved)
		require.ErrorIs(t, claim.Abort(), aeron.ErrClaimResolved)
		require.ErrorIs(t, dropped.Commit(), aeron.ErrClaimResolved)
		empty, err := p.TryClaim(0)
		require.NoError(t, err)
		require.NoError(t, empty.Commit())
		testdriver.Await(t, "the claim", func() bool {
			n, err := s.PollMessages(func(m aeron.Message) {
				require.Equal(t, "claim", string(m.Data()))
				require.EqualValues(t, -7, m.ReservedValue())
				require.EqualValues(t, 64, m.Position())
				require.EqualValues(t, 1, m.StreamID())
				require.Equal(t, p.Constants().SessionID, m.SessionID())
			}, 1)
			require.NoError(t, err)
			return n == 1
		})
		require.Equal(t, []string{""}, receive(t, s, 1), "the aborted one is skipped")
		require.NoError(t, errors.Join(p.Close(), s.Close()))
	}
	require.ErrorIs(t, aeron.Claim{}.Commit(), aeron.ErrClaimResolved)
}

func TestPublication_manyGoroutinesSend(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			d := start(t, config(t))
			ctx := testdriver.Context(t)
			p, err := k.add(d, ctx, "aeron:ipc?mtu=1408", 1)
			require.NoError(t, err)
			s := connect(t, d, p)
			const senders, each = 4, 200
			var sending sync.WaitGroup
			errs := make([]error, senders)
			for who := range senders {
				sending.Go(func() {
					for i := range each {
						message := pattern(i*7%3000+2, who)
						message[0], message[1] = byte(who), byte(i)
						errs[who] = errors.Join(errs[who], p.Publish(ctx, message))
					}
				})
			}
			next := make([]int, senders)
			count := 0
			for m, err := range s.Messages(ctx) {
				require.NoError(t, err)
				who := int(m.Data()[0])
				i := next[who]
				want := pattern(i*7%3000+2, who)
				want[0], want[1] = byte(who), byte(i)
				require.Equal(t, want, m.Data(), "each sender's messages arrive whole and in order")
				next[who]++
				if count++; count == senders*each {
					break
				}
			}
			sending.Wait()
			require.NoError(t, errors.Join(errs...))
		})
	}
}
