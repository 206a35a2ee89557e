package aeron_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestClose_insideAHandler(t *testing.T) {
	for _, from := range eachFrom {
		for name, shut := range map[string]func(*aeron.Driver, *aeron.ExclusivePublication, *aeron.Subscription) error{
			"subscription": func(_ *aeron.Driver, _ *aeron.ExclusivePublication, s *aeron.Subscription) error { return s.Close() },
			"driver":       func(d *aeron.Driver, _ *aeron.ExclusivePublication, _ *aeron.Subscription) error { return d.Close() },
			"everything": func(d *aeron.Driver, p *aeron.ExclusivePublication, s *aeron.Subscription) error {
				return errors.Join(p.Close(), s.Close(), d.Close(), d.Close())
			},
		} {
			t.Run(from.name+"/"+name, func(t *testing.T) {
				d, p, s := stream(t, "aeron:ipc?mtu=1408")
				long := string(pattern(4000, 1))
				publish(t, p, long, "the next")
				calls := 0
				within(t, "the poll", func() {
					err := from.once(s, func(data []byte) {
						calls++
						if err := shut(d, p, s); err != nil {
							t.Errorf("close: %v", err)
						}
						if calls == 1 && string(data) != long {
							t.Error("the message's memory went with the subscription")
						}
						if name == "driver" {
							return // it is carried out when the handler has returned
						}
						if _, err := s.Poll(func(aeron.Fragment) {}, 1); !errors.Is(err, aeron.ErrClosed) {
							t.Errorf("polling a closed subscription: %v", err)
						}
					})
					if err != nil && !errors.Is(err, aeron.ErrClosed) {
						t.Errorf("poll: %v", err)
					}
					if name == "subscription" {
						return
					}
					if err := d.Close(); err != nil { // outside it waits until all is done
						t.Errorf("close: %v", err)
					}
				})
				if name != "driver" {
					require.Equal(t, 1, calls, "nothing is delivered after Close")
				}
				require.True(t, s.IsClosed())
				require.NoError(t, s.Close())
				require.NoError(t, d.Close())
				require.NoDirExists(t, d.Dir())
				require.NoError(t, aeron.CheckLeaks())
			})
		}
	}
}

// swarm is goroutines that go on until what they use is closed. Whatever else they are told is kept.
type swarm struct {
	working sync.WaitGroup
	mu      sync.Mutex
	odd     []error
}

// repeat repeats f until it returns ErrClosed.
func (w *swarm) repeat(f func() error) {
	w.working.Go(func() {
		for {
			err := f()
			switch {
			case errors.Is(err, aeron.ErrClosed):
				return
			case err == nil, errors.Is(err, aeron.ErrBackPressured), errors.Is(err, aeron.ErrAdminAction), errors.Is(err, aeron.ErrNotConnected),
				errors.Is(err, context.DeadlineExceeded):
				runtime.Gosched()
			default:
				w.mu.Lock()
				w.odd = append(w.odd, err)
				w.mu.Unlock()
				return
			}
		}
	})
}

func TestClose_whileOthersUseIt(t *testing.T) {
	cfg := config(t)
	keep := start(t, cfg) // so that rounds need no new driver
	rounds := 100
	for round := range rounds {
		ctx := testdriver.Context(t)
		d := start(t, cfg)
		p, err := d.AddPublication(ctx, "aeron:ipc", 1)
		require.NoError(t, err)
		x, err := d.AddExclusivePublication(ctx, "aeron:ipc", 1)
		require.NoError(t, err)
		s, err := d.AddSubscription(ctx, "aeron:ipc", 1)
		require.NoError(t, err)
		lonely, err := d.AddPublication(ctx, "aeron:ipc", 2)
		require.NoError(t, err)
		var w swarm
		w.repeat(func() error { return second(s.Poll(func(f aeron.Fragment) { _ = f.Data() }, 10)) })
		w.repeat(func() error { return second(s.PollMessages(func(m aeron.Message) { _ = m.Clone() }, 10)) })
		w.repeat(func() error {
			for _, err := range s.Messages(ctx) {
				return err
			}
			return nil
		})
		w.repeat(func() error { return second(p.Offer([]byte("offer"))) })
		w.repeat(func() error { return second(x.Offer([]byte("offer"))) })
		w.repeat(func() error { return x.Publish(ctx, []byte("publish")) })
		w.repeat(func() error { return claimAndCommit(p) })
		w.repeat(func() error { return claimAndCommit(x) })
		w.repeat(func() error { return lonely.AwaitReady(ctx) })
		w.repeat(func() error { return lonely.Publish(ctx, []byte("nobody")) })
		testdriver.Await(t, "traffic", func() bool {
			images := s.Images()
			return len(images) > 0 && images[0].Position() > 0
		})
		var closers sync.WaitGroup
		errs := make([]error, 4)
		switch round % 3 {
		case 0:
			closers.Go(func() { errs[0] = d.Close() })
			closers.Go(func() { errs[1] = d.Close() })
		case 1:
			for i, c := range []interface{ Close() error }{s, p, x, lonely} {
				closers.Go(func() { errs[i] = c.Close() })
			}
		case 2:
			closers.Go(func() { errs[0] = s.Close() })
			closers.Go(func() { errs[1] = d.Close() })
			closers.Go(func() { errs[2] = x.Close() })
		}
		closers.Wait()
		if err := errors.Join(errs...); err != nil {
			// A claim that is open at this very moment: said, and resolved by its owner right after.
			require.ErrorIs(t, err, aeron.ErrClaimsOutstanding)
			for line := range strings.SplitSeq(err.Error(), "\n") {
				require.Contains(t, line, "claims are neither committed nor aborted", "round %d", round)
			}
		}
		if err := d.Close(); err != nil {
			require.ErrorIs(t, err, aeron.ErrClaimsOutstanding)
		}
		w.working.Wait()
		require.NoError(t, errors.Join(w.odd...), "round %d", round)
	}
	require.NoError(t, keep.Close())
	require.NoError(t, aeron.CheckLeaks())
}

func claimAndCommit(p aeron.Sender) error {
	claim, err := p.TryClaim(16)
	if err != nil {
		return err
	}
	copy(claim.Data(), "claimed in place")
	return claim.Commit()
}

// several is a subscription with three publishers, each of which has sent as many messages of a frame.
func several(t *testing.T, each int) *aeron.Subscription {
	t.Helper()
	d, first, s := stream(t, "aeron:ipc")
	ps := []*aeron.ExclusivePublication{first}
	for range 2 {
		p, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 10)
		require.NoError(t, err)
		ps = append(ps, p)
	}
	testdriver.Await(t, "three images", func() bool { return len(s.Images()) == len(ps) })
	for i := range each {
		for _, p := range ps {
			publish(t, p, string(pattern(10, i)))
		}
	}
	return s
}

func TestMessages_leftWithSeveralPublishers(t *testing.T) {
	s := several(t, 4)
	ctx := testdriver.Context(t)
	next := map[int32]int{}
	for range 12 {
		for m, err := range s.Messages(ctx) {
			require.NoError(t, err)
			require.Equal(t, pattern(10, next[m.SessionID()]), m.Data())
			next[m.SessionID()]++
			break
		}
	}
	require.Len(t, next, 3)
	for _, n := range next {
		require.Equal(t, 4, n)
	}
	n, err := s.Poll(func(aeron.Fragment) {}, 100)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestPollControlled_breakEndsThePollWithSeveralPublishers(t *testing.T) {
	s := several(t, 4)
	for what, action := range map[string]aeron.Action{"Break": aeron.Break, "Abort": aeron.Abort, "none": 0} {
		calls := 0
		n, err := s.PollControlled(func(aeron.Fragment) aeron.Action {
			calls++
			return action
		}, 100)
		require.NoError(t, err)
		require.Equal(t, 1, calls, what)
		if action == aeron.Break {
			require.Equal(t, 1, n)
		} else {
			require.Zero(t, n, what)
		}
	}
}
