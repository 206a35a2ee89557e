package aeron_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

func TestExplain_fromNobodyToTheSlowSubscriber(t *testing.T) {
	drv := start(t, aeron.Config{ClientName: "risk-engine"})
	ctx := testdriver.Context(t)
	pub, err := drv.AddPublication(ctx, "aeron:ipc", 11)
	require.NoError(t, err)
	why := pub.Explain()
	require.Equal(t, stats.StreamNoSubscriber, why.State)
	require.Equal(t, "not ready: no subscriber", why.String())

	sub, err := drv.AddSubscription(ctx, "aeron:ipc", 11)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	testdriver.Await(t, "readiness", func() bool { return pub.Explain().State == stats.StreamReady })

	testdriver.Await(t, "a full window", func() bool {
		for range 10000 {
			if _, err := pub.Offer(make([]byte, 1000)); err != nil {
				return pub.Explain().State == stats.StreamBackPressured
			}
		}
		return false
	})
	testdriver.Await(t, "the client's name", func() bool { return pub.Explain().Slowest.Client != "" })
	why = pub.Explain()
	require.Equal(t, stats.LimitedBySubscriber, why.Limiter)
	require.Len(t, why.Subscribers, 1)
	require.Len(t, sub.Images(), 1)
	require.Equal(t, []int{os.Getpid()}, why.Slowest.PIDs)
	require.Regexp(t, `^limited by subscriber \d+ \(client risk-engine, pid `+strconv.Itoa(os.Getpid())+`\): [\d.]+ [KM]iB behind \(\d+ messages\)$`, why.String())
	position, err := pub.Position()
	require.NoError(t, err)
	require.Equal(t, position, why.Slowest.Lag)
	require.Equal(t, position/1056, why.Slowest.LagMessages) // with its header, a multiple of 32

	require.NoError(t, pub.Close())
	require.Equal(t, stats.StreamClosed, pub.Explain().State)
	require.Equal(t, "closed", pub.Explain().String())
}

func TestExplain_exclusiveAndAlways(t *testing.T) {
	drv := start(t, aeron.Config{})
	pub, err := drv.AddExclusivePublication(testdriver.Context(t), testdriver.UDP(t), 12)
	require.NoError(t, err)
	why := pub.Explain()
	require.Equal(t, stats.StreamAwaitingStatus, why.State)
	require.EqualValues(t, 12, why.StreamID)
	require.Equal(t, pub.SessionID(), why.SessionID)

	cnc := drv.Dir() + "/cnc.dat"
	require.NoError(t, os.Rename(cnc, cnc+".away"))
	why = pub.Explain()
	require.NoError(t, os.Rename(cnc+".away", cnc))
	require.Equal(t, stats.StreamUnknown, why.State)
	require.ErrorIs(t, why.Err, stats.ErrNotFound)
	require.Contains(t, why.String(), "unknown: ")
}
