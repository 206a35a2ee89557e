package aeronc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// One goroutine offers and polls in turn: what a message costs on the caller's side, without waiting. Compare the rows, not the times.
func BenchmarkOfferAndPoll(b *testing.B) {
	client := testdriver.Start(b, func(c *aeronc.DriverContext) { _ = c.SetIPCTermBufferLength(8 << 20) }).Connect()
	message := make([]byte, 32)
	offer := func(p sender) { _, _ = p.Offer(message) }
	claim := func(p sender) {
		if c, err := p.TryClaim(len(message)); err == nil {
			copy(c.Data(), message)
			_ = c.Commit()
		}
	}
	for _, row := range []struct {
		name      string
		exclusive bool
		send      func(sender)
	}{{"concurrent", false, offer}, {"exclusive", true, offer}, {"concurrent-claim", false, claim}, {"exclusive-claim", true, claim}} {
		b.Run(row.name, func(b *testing.B) {
			ctx := testdriver.Context(b)
			s, err := client.AddSubscription(ctx, "aeron:ipc", 1)
			require.NoError(b, err)
			defer s.Close()
			var p sender
			if row.exclusive {
				p, err = client.AddExclusivePublication(ctx, "aeron:ipc", 1)
			} else {
				p, err = client.AddPublication(ctx, "aeron:ipc", 1)
			}
			require.NoError(b, err)
			defer p.Close()
			testdriver.Await(b, "connected", func() bool { return s.IsConnected() && p.IsConnected() })
			handler := func(aeronc.Fragment) {}
			b.ReportAllocs()
			for b.Loop() {
				for range 64 {
					row.send(p)
				}
				_, _ = s.Poll(handler, 64)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/message")
		})
	}
}
