package faults

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// What the driver's own debug configuration loses at both ends and in both directions, data and control, is made good, and shows in what
// the driver tells: data that was not sent at first as short sends, data that did not arrive in the loss report, and status messages and
// requests that went missing as those that were sent and never received.
func TestDebugLoss(t *testing.T) {
	for name, c := range map[string]struct{ sendData, sendControl, receiveData, receiveControl float64 }{
		"BothWays10":     {0.1, 0.1, 0.1, 0.1},
		"BothWays20":     {0.2, 0.2, 0.2, 0.2},
		"SendData":       {sendData: 0.2},
		"SendControl":    {sendControl: 0.2},
		"ReceiveData":    {receiveData: 0.2},
		"ReceiveControl": {receiveControl: 0.2},
	} {
		t.Run(name, func(t *testing.T) {
			figures.Begin(t)
			cfg := small(shm(t))
			cfg.Driver.SendLoss = fmt.Sprintf("data-rate=%g|data-seed=1|control-rate=%g|control-seed=2", c.sendData, c.sendControl)
			cfg.Driver.ReceiveLoss = fmt.Sprintf("data-rate=%g|data-seed=3|control-rate=%g|control-seed=4", c.receiveData, c.receiveControl)
			cfg.Driver.NAKUnicastDelay = 100 * time.Microsecond // so that the kernel loses none by itself: see TestIncomingLoss
			d := opened(t, cfg)
			ctx := testdriver.Context(t)
			channel := fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", testdriver.Port(t))
			sub, err := d.AddSubscription(ctx, channel, 1)
			require.NoError(t, err)
			pub, err := d.AddExclusivePublication(ctx, channel, 1)
			require.NoError(t, err)
			require.NoError(t, pub.AwaitReady(ctx))

			var x transfer
			began := time.Now()
			x.run(t, pub, sub, bounded(1000, 50_000), nil)
			x.requireWhole(t)
			took := time.Since(began)

			snapshot, err := stats.Open(d.Dir())
			require.NoError(t, err)
			defer snapshot.Close()
			counter := func(id int32) int64 {
				value, ok := snapshot.System(id)
				require.True(t, ok)
				return value
			}
			o := observed(t, d.Dir())
			require.Zero(t, o.gapFills)
			require.Zero(t, o.rejected, "the guard drops what a peer sends")
			require.Zero(t, counter(stats.SystemInvalidPackets))
			require.Equal(t, c.sendData > 0, counter(stats.SystemShortSends) > 0, "data that was lost when it was to be sent")
			if c.receiveData > 0 {
				requireLossReported(t, o)
			}

			// What of the control that receivers have sent has been heard: what neither end has lost.
			heard := (1 - c.sendControl) * (1 - c.receiveControl)
			told := func() (sent, received int64) {
				require.NoError(t, snapshot.Refresh())
				received = counter(stats.SystemStatusMessagesReceived) + counter(stats.SystemNAKMessagesReceived)
				return counter(stats.SystemStatusMessagesSent) + counter(stats.SystemNAKMessagesSent), received
			}
			var sent, received int64
			testdriver.Await(t, "enough control to count", func() bool {
				sent, received = told()
				return sent >= 100
			})
			// A few may be on their way.
			sigma := math.Sqrt(heard * (1 - heard) * float64(sent))
			require.InDelta(t, heard*float64(sent), float64(received), 5*sigma+3, "of %d", sent)

			figures.Record(t, "messages, all equal", len(x.arrived))
			figures.Record(t, "time", took.Round(10*time.Millisecond))
			figures.Record(t, "short sends", counter(stats.SystemShortSends))
			figures.Record(t, "lost bytes, in the loss report", o.reportedLoss)
			figures.Record(t, "status messages and NAKs, received of sent", fmt.Sprintf("%d of %d", received, sent))
		})
	}
}
