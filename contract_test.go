package aeron_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/ids"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/uri"
)

// What programs are written against: a change that breaks one of these breaks somebody's build.
var (
	_ func(aeron.Config) (*aeron.Driver, error)                         = aeron.Open
	_ func(aeron.Config) (bool, error)                                  = aeron.IsRunning
	_ func(aeron.Config) bool                                           = aeron.IsLoaded
	_ func(context.Context, aeron.Config) (bool, error)                 = aeron.EnsureStopped
	_ func() bool                                                       = aeron.AllClosed
	_ func() error                                                      = aeron.CheckLeaks
	_ func(*aeron.Driver, context.Context) error                        = (*aeron.Driver).Start
	_ func(*aeron.Driver, func(error)) func()                           = (*aeron.Driver).OnError
	_ func(*aeron.Driver, context.Context, aeron.Sender) error          = (*aeron.Driver).AwaitLogDeleted
	_ func(*aeron.Driver) (bool, error)                                 = (*aeron.Driver).IsInUse
	_ func(*aeron.Driver) error                                         = (*aeron.Driver).CloseIfSingle
	_ func(*aeron.Driver) string                                        = (*aeron.Driver).ContextInfo
	_ func(*aeron.Publication) aeron.Explanation                        = (*aeron.Publication).Explain
	_ func(*aeron.ExclusivePublication) aeron.Explanation               = (*aeron.ExclusivePublication).Explain
	_ func(*aeron.Subscription, func(aeron.Fragment), int) (int, error) = (*aeron.Subscription).Poll
	_ func(*aeron.Subscription, func(aeron.Message), int) (int, error)  = (*aeron.Subscription).PollMessages

	_ func(*aeron.Subscription, func(aeron.Fragment) aeron.Action, int) (int, error)              = (*aeron.Subscription).PollControlled
	_ func(*aeron.Subscription, context.Context) iter.Seq2[aeron.Message, error]                  = (*aeron.Subscription).Messages
	_ func(*aeron.Subscription, context.Context) iter.Seq2[aeron.Fragment, error]                 = (*aeron.Subscription).Fragments
	_ func(*aeron.Driver, context.Context, aeron.Sender, []byte, aeron.SendOptions) (bool, error) = (*aeron.Driver).Send
	_ func(string) (*stats.Snapshot, error)                                                       = stats.Open
	_ func() idle.Strategy                                                                        = idle.BusySpin
	_ func() idle.Strategy                                                                        = idle.Yield
	_ func() idle.Strategy                                                                        = idle.Backoff
	_ func(time.Duration) idle.Strategy                                                           = idle.Sleep
	_ fmt.Stringer                                                                                = aeron.Explanation{}
)

// The manual's first program, its fast paths and its looks, as one sequence on a real driver.
func TestContract(t *testing.T) {
	ctx := testdriver.Context(t)
	drv := start(t, config(t))
	stop := drv.OnError(func(err error) { t.Error(err) })
	defer stop()
	channel := testdriver.UDP(t)
	sub, err := drv.AddSubscription(ctx, channel, 10)
	require.NoError(t, err)
	pub, err := drv.AddExclusivePublication(ctx, channel, 10)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	require.NoError(t, sub.AwaitReady(ctx))
	require.NoError(t, pub.Publish(ctx, []byte("hello")))
	for msg, err := range sub.Messages(ctx) {
		require.NoError(t, err)
		require.Equal(t, "hello", string(msg.Data()))
		require.Equal(t, pub.SessionID(), msg.SessionID())
		require.Positive(t, msg.Position())
		break
	}

	idler := idle.Backoff()
	offer := func(buf []byte) {
		for {
			pos, err := pub.Offer(buf)
			switch {
			case err == nil:
				require.Positive(t, pos)
				return
			case errors.Is(err, aeron.ErrBackPressured), errors.Is(err, aeron.ErrAdminAction):
				idler.Idle(0)
			default:
				require.NoError(t, err)
			}
		}
	}
	offer([]byte("offered"))
	claim, err := pub.TryClaim(7)
	require.NoError(t, err)
	copy(claim.Data(), "claimed")
	require.NoError(t, claim.Commit())
	b := aeron.NewBatch(pub, 64<<10)
	require.NoError(t, b.Add([]byte("batched")))
	n, err := b.Flush()
	require.NoError(t, err)
	require.Equal(t, 1, n)
	sent, err := drv.Send(ctx, pub, []byte("sent"), aeron.SendOptions{AbortEarly: true})
	require.NoError(t, err)
	require.True(t, sent)

	var got []string
	testdriver.Await(t, "four messages", func() bool {
		_, err := sub.PollControlled(func(f aeron.Fragment) aeron.Action {
			got = append(got, string(f.Data()))
			return aeron.Commit
		}, 256)
		require.NoError(t, err)
		return len(got) == 4
	})
	require.Equal(t, []string{"offered", "claimed", "batched", "sent"}, got)

	snap, err := stats.Open(drv.Dir())
	require.NoError(t, err)
	defer snap.Close()
	for c := range snap.Counters() {
		_, _ = fmt.Fprintln(io.Discard, c.ID, c.TypeName(), c.Value, c.Label)
	}
	streams := 0
	for range snap.Backlog() {
		streams++
	}
	require.Equal(t, 1, streams)
	for e := range snap.Errors() {
		require.Empty(t, e.Text)
	}
	for l := range snap.Loss() {
		require.Empty(t, l.Channel)
	}
	require.Positive(t, snap.Info().PID)
	require.NotEmpty(t, pub.Explain().String())

	id, err := ids.Sessions.Allocate()
	require.NoError(t, err)
	u := uri.UDP().Endpoint("127.0.0.1", 40123).SessionID(id).Reliable(true).String()
	require.Equal(t, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:40123|session-id=%d|reliable=true", id), u)
	require.Equal(t, 1, ids.Sessions.Outstanding())
	require.NoError(t, ids.Sessions.Free(id))
	require.NoError(t, pub.Close())
	require.NoError(t, drv.AwaitLogDeleted(ctx, pub))
}
