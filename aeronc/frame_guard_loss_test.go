package aeronc_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

// The guard remembers where frames lay, in maps of one term's length. The last frame of a stream is sent again until it arrives: what
// the maps know of the term before must not stand against it.
func TestFrameGuard_takesTheLastFrameAgain(t *testing.T) {
	const message = 1376 // a frame of 1,408 bytes
	d := testdriver.Start(t, func(c *aeronc.DriverContext) {
		// Dropped behind the guard, once: the first frame of the second term, 32 bytes long, where the first term had a longer one.
		require.NoError(t, c.SetIncomingLoss("fixed-loss:term-id=1|term-offset=0|length=32"))
	})
	client := d.Connect()
	ctx, channel := testdriver.Context(t), testdriver.UDP(t)
	sub, err := client.AddSubscription(ctx, channel, 10)
	require.NoError(t, err)
	pub, err := client.AddExclusivePublication(ctx, channel+"|term-length=64k|init-term-id=0|term-id=0|term-offset=0", 10)
	require.NoError(t, err)
	testdriver.Await(t, "a subscriber", pub.IsConnected)
	t.Cleanup(func() { // it has waited in vain once: then its counters tell for what
		snapshot, err := stats.Open(d.Dir())
		if !t.Failed() || err != nil {
			return
		}
		for c := range snapshot.Counters() {
			t.Log(c.Label, c.Value)
		}
	})
	received := 0
	send := func(length int) {
		testdriver.Await(t, fmt.Sprintf("message %d to be taken", received), func() bool {
			_, err := pub.Offer(make([]byte, length))
			return err == nil
		})
		got := -1
		testdriver.Await(t, fmt.Sprintf("message %d to arrive", received), func() bool {
			_, err := sub.Poll(func(f aeronc.Fragment) { got = len(f.Data()) }, 1)
			require.NoError(t, err)
			return got >= 0
		})
		require.Equal(t, length, got)
		received++
	}
	for range termLength / (message + 32) {
		send(message)
	}
	// What is left of the term is padding, so that the next frame begins the second one.
	_, err = pub.AppendPadding(termLength - termLength/(message+32)*(message+32) - 32)
	require.NoError(t, err)
	position, err := pub.Position()
	require.NoError(t, err)
	require.EqualValues(t, termLength, position)
	send(0)
	require.Zero(t, d.RejectedFrames())
}
