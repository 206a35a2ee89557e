package faults

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// A transfer sends numbered messages, and compares every byte of what arrives.
type transfer struct {
	ends     []int64 // where in the log each message that was sent ends
	offered  []time.Time
	arrived  []int         // the numbers of those that have arrived, in their order
	shortest time.Duration // that a message took
}

// numbered is the n-th message, of a length that varies: some are in fragments.
func numbered(n int) []byte {
	message := make([]byte, 64+n%3000)
	binary.LittleEndian.PutUint64(message, uint64(n))
	for i := 8; i < len(message); i++ {
		message[i] = byte(n + i)
	}
	return message
}

// run sends count messages and receives them, until the subscriber has come to the publication's position, whatever was lost on the way.
// during, if any, is called now and then with how many have arrived.
func (x *transfer) run(t *testing.T, pub *aeron.ExclusivePublication, sub *aeron.Subscription, count int, during func(arrived int)) {
	t.Helper()
	drained := func() bool {
		position, err := pub.Position()
		require.NoError(t, err)
		images := sub.Images()
		return len(images) == 1 && images[0].Position() == position
	}
	deadline := time.Now().Add(bounded(90*time.Second, 20*time.Minute))
	for len(x.ends) < count || !drained() {
		require.True(t, time.Now().Before(deadline), "%d of %d messages were sent, and %d have arrived", len(x.ends), count, len(x.arrived))
		if len(x.ends) < count {
			began := time.Now()
			if end, err := pub.Offer(numbered(len(x.ends))); err == nil {
				x.ends, x.offered = append(x.ends, end), append(x.offered, began)
			} else {
				require.True(t, passing(err), "%v", err)
			}
		}
		n, err := sub.PollMessages(func(m aeron.Message) { x.take(t, m.Data()) }, 10)
		require.NoError(t, err)
		if n == 0 {
			time.Sleep(50 * time.Microsecond)
		}
		if during != nil {
			during(len(x.arrived))
		}
	}
	n, err := sub.PollMessages(func(m aeron.Message) { x.take(t, m.Data()) }, 10)
	require.NoError(t, err)
	require.Zero(t, n, "messages came behind the publication's position")
	require.True(t, drained())
}

// take compares a message with that of its number, whole.
func (x *transfer) take(t *testing.T, data []byte) {
	t.Helper()
	require.GreaterOrEqual(t, len(data), 8)
	n := int(binary.LittleEndian.Uint64(data))
	require.Less(t, n, len(x.ends), "a message that was never sent")
	require.True(t, bytes.Equal(numbered(n), data), "message %d has %d bytes, and is not what was sent", n, len(data))
	took := time.Since(x.offered[n])
	if len(x.arrived) == 0 || took < x.shortest {
		x.shortest = took
	}
	x.arrived = append(x.arrived, n)
}

// requireWhole: every message once and in order.
func (x *transfer) requireWhole(t *testing.T) {
	t.Helper()
	x.requireAllBut(t, nil)
}

// requireAllBut: once and in order all of those of which no frame is gone, told by where it began, and nothing of the others.
func (x *transfer) requireAllBut(t *testing.T, gone map[int64]struct{}) {
	t.Helper()
	var wanted []int
	for n, end := range x.ends {
		const mtu, payload = 1408, 1408 - 32
		length := 64 + n%3000
		begin := end - int64(length/payload*mtu)
		if rest := length % payload; rest > 0 {
			begin -= int64((rest + 32 + 31) &^ 31)
		}
		whole := true
		for ; begin < end; begin += mtu {
			_, lost := gone[begin]
			whole = whole && !lost
		}
		if whole {
			wanted = append(wanted, n)
		}
	}
	require.True(t, slices.Equal(wanted, x.arrived), "%d messages have arrived where %d of %d should have, or in another order", len(x.arrived), len(wanted), len(x.ends))
}

// between gives a stream whose datagrams go through a relay.
func between(t *testing.T, cfg aeron.Config, parameters string, forward, backward weather) (*aeron.Driver, *aeron.ExclusivePublication, *aeron.Subscription, *relay) {
	t.Helper()
	d := opened(t, cfg)
	ctx := testdriver.Context(t)
	port := testdriver.Port(t)
	r := newRelay(t, port, 1, forward, backward)
	sub, err := d.AddSubscription(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d%s", port, parameters), 1)
	require.NoError(t, err)
	began := time.Now()
	pub, err := d.AddExclusivePublication(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|mtu=1408", r.port()), 1)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	require.GreaterOrEqual(t, time.Since(began), forward.delay+backward.delay, "a SETUP and the answer to it")
	require.NoError(t, sub.AwaitReady(ctx))
	return d, pub, sub, r
}

// Every kind of bad weather, and all at once: a reliable stream delivers every byte once and in order.
func TestNetwork(t *testing.T) {
	for name, w := range map[string]struct{ forward, backward weather }{
		"Loss10":            {forward: weather{loss: 0.1}},
		"Loss50":            {forward: weather{loss: 0.5}},
		"LossBothWays10":    {weather{loss: 0.1}, weather{loss: 0.1}},
		"LossBothWays30":    {weather{loss: 0.3}, weather{loss: 0.3}},
		"Duplicates":        {weather{duplicate: 0.3}, weather{duplicate: 0.3}},
		"LossAndDuplicates": {weather{loss: 0.1, duplicate: 0.3}, weather{duplicate: 0.5}},
		"Reordering":        {forward: weather{reorder: 0.3}},
		"Delay":             {weather{delay: 10 * time.Millisecond, jitter: 10 * time.Millisecond}, weather{delay: 10 * time.Millisecond}},
		"Storm":             {weather{loss: 0.1, duplicate: 0.1, reorder: 0.2, delay: time.Millisecond, jitter: 5 * time.Millisecond}, weather{loss: 0.1, duplicate: 0.1, reorder: 0.1}},
	} {
		t.Run(name, func(t *testing.T) {
			figures.Begin(t)
			d, pub, sub, r := between(t, small(shm(t)), "", w.forward, w.backward)
			seen := r.witnessed(pub)
			count := bounded(1500, 100_000)
			if w.forward.loss > 0.25 || w.forward.delay > 0 {
				count = bounded(500, 20_000)
			}
			var x transfer
			began := time.Now()
			x.run(t, pub, sub, count, nil)
			x.requireWhole(t)
			figures.Record(t, "messages, all equal", len(x.arrived))
			figures.Record(t, "time", time.Since(began).Round(10*time.Millisecond))
			figures.Record(t, "datagrams lost, doubled, out of order", fmt.Sprint(total(&r.lost), ", ", total(&r.duplicated), ", ", total(&r.reordered)))
			if w.forward.delay > 0 {
				figures.Record(t, "the least that a message took, its delay", fmt.Sprint(x.shortest.Round(100*time.Microsecond), ", ", w.forward.delay))
			}
			r.requireWeather(t, w.forward, w.backward)
			require.GreaterOrEqual(t, x.shortest, w.forward.delay, "a message came sooner than the relay let it")
			o := observed(t, d.Dir())
			require.Zero(t, o.rejected, "the guard drops what a peer sends")
			r.mu.Lock()
			defer r.mu.Unlock()
			late := w.forward.reorder > 0 || w.forward.jitter > 0
			switch {
			case w.forward.loss > 0:
				requireLossReported(t, o)
				figures.Record(t, "lost bytes, in the loss report", fmt.Sprint(seen.lost, ", ", o.reportedLoss))
				// What was lost when it was sent first is a gap once; that what is sent again is lost too does not make it another.
				if !late {
					require.Equal(t, seen.lost, o.reportedLoss)
				} else { // what is late is a gap as well, until it is there
					require.GreaterOrEqual(t, o.reportedLoss, seen.lost)
				}
				if w.backward.duplicate > 0 && w.backward.loss == 0 {
					require.Greater(t, o.naksReceived, o.naks, "no request came twice")
				}
			case !late:
				require.Zero(t, o.reportedLoss)
				require.Zero(t, o.naks)
				require.Zero(t, o.retransmits)
			}
		})
	}
}

// observation is what a driver says of its traffic.
type observation struct{ rejected, naks, naksReceived, retransmits, gapFills, reportedLoss int64 }

func observed(t *testing.T, dir string) (o observation) {
	t.Helper()
	snapshot, err := stats.Open(dir)
	require.NoError(t, err)
	defer snapshot.Close()
	counter, ok := snapshot.Find(stats.TypeRejectedFrames, 0)
	require.True(t, ok)
	o.rejected = counter.Value
	o.naks, _ = snapshot.System(stats.SystemNAKMessagesSent)
	o.naksReceived, _ = snapshot.System(stats.SystemNAKMessagesReceived)
	o.retransmits, _ = snapshot.System(stats.SystemRetransmitsSent)
	o.gapFills, _ = snapshot.System(stats.SystemLossGapFills)
	for loss := range snapshot.Loss() {
		o.reportedLoss += loss.TotalBytesLost
	}
	return o
}

// requireLossReported: what was lost shows in the loss report, and in the counters of what was asked for and sent again.
func requireLossReported(t *testing.T, o observation) {
	t.Helper()
	require.Positive(t, o.reportedLoss)
	require.Positive(t, o.naks)
	require.Positive(t, o.retransmits)
	require.Zero(t, o.gapFills)
}

// An unreliable stream never waits for what is lost: every message of which no frame was lost arrives, whole and in order, and no other; the
// loss report has every byte that was lost, headers included.
func TestNetwork_unreliable(t *testing.T) {
	figures.Begin(t)
	d, pub, sub, r := between(t, small(shm(t)), "|reliable=false", weather{loss: 0.1}, weather{})
	seen := r.witnessed(pub)
	var x transfer
	x.run(t, pub, sub, bounded(2000, 100_000), nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	x.requireAllBut(t, seen.gone)
	require.NotEmpty(t, x.arrived)
	require.Less(t, len(x.arrived), len(x.ends))
	o := observed(t, d.Dir())
	require.Equal(t, seen.lost, o.reportedLoss)
	require.Positive(t, o.gapFills)
	require.Zero(t, o.naks)
	require.Zero(t, o.retransmits)
	require.Zero(t, o.rejected, "the guard drops what a peer sends")
	figures.Record(t, "messages sent, received, missing", fmt.Sprint(len(x.ends), ", ", len(x.arrived), ", ", len(x.ends)-len(x.arrived)))
	figures.Record(t, "lost bytes, in the loss report", fmt.Sprint(seen.lost, ", ", o.reportedLoss))
	figures.Record(t, "gaps filled", o.gapFills)
}

// The network is gone for a while that is shorter than the image's liveness: the stream goes on as if nothing had been. Longer: the
// publication is not connected any more, the image goes, and once the network is back, so is the stream, with a new image.
func TestPartition(t *testing.T) {
	all := weather{loss: 1}
	t.Run("Short", func(t *testing.T) {
		figures.Begin(t)
		_, pub, sub, r := between(t, small(shm(t)), "", weather{}, weather{})
		var x transfer
		count := bounded(3000, 100_000)
		cut := false
		x.run(t, pub, sub, count, func(arrived int) {
			if !cut && arrived > count/2 {
				cut = true
				r.set(all)
				time.AfterFunc(bounded(time.Second, 3*time.Second), func() { r.set(weather{}) })
			}
		})
		require.True(t, cut)
		x.requireWhole(t)
		require.Positive(t, r.lost[0].Load(), "nothing was sent while the network was gone")
		figures.Record(t, "messages, all equal", len(x.arrived))
	})
	t.Run("Long", func(t *testing.T) {
		figures.Begin(t)
		cfg := small(shm(t))
		cfg.ImageLivenessTimeout, cfg.PublicationConnectionTimeout = 4*time.Second, 4*time.Second // no busy machine takes as long
		_, pub, sub, r := between(t, cfg, "", weather{}, weather{})
		ctx := testdriver.Context(t)
		require.NoError(t, pub.Publish(ctx, []byte("before")))
		first := sub.Images()[0]
		r.set(all)
		testdriver.Await(t, "the publication to notice", func() bool { return !pub.IsConnected() })
		testdriver.Await(t, "the image to go", func() bool {
			_, err := sub.Poll(func(aeron.Fragment) {}, 1)
			require.NoError(t, err)
			return len(sub.Images()) == 0
		})
		_, err := pub.Offer([]byte("nobody hears"))
		require.ErrorIs(t, err, aeron.ErrNotConnected)
		healed := time.Now()
		r.set(weather{})
		require.NoError(t, pub.AwaitReady(ctx))
		require.NoError(t, pub.Publish(ctx, []byte("after")))
		testdriver.Await(t, "the stream to go on", func() bool {
			n, err := sub.Poll(func(f aeron.Fragment) { require.Equal(t, "after", string(f.Data())) }, 1)
			require.NoError(t, err)
			return n > 0
		})
		require.NotEqual(t, first.Constants().CorrelationID, sub.Images()[0].Constants().CorrelationID)
		figures.Record(t, "from heal to message", time.Since(healed).Round(time.Millisecond))
	})
}
