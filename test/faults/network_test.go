package faults

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// A transfer counts and hashes what is sent and what arrives.
type transfer struct {
	sent, received int
	out, in        hash.Hash
	gaps, second   int // of an unreliable stream: missing; of any: must be none
}

func numbered(n, length int) []byte {
	message := make([]byte, length)
	binary.LittleEndian.PutUint64(message, uint64(n))
	for i := 8; i < length; i++ {
		message[i] = byte(n + i)
	}
	return message
}

// run sends count messages of varying length and receives them. during, if any, is called now and then with how many have arrived.
func (x *transfer) run(t *testing.T, pub *aeron.ExclusivePublication, sub *aeron.Subscription, count int, reliable bool, during func(received int)) {
	t.Helper()
	x.out, x.in = sha256.New(), sha256.New()
	next := 0
	quiet := time.Now()
	deadline := time.Now().Add(bounded(90*time.Second, 20*time.Minute))
	for x.received < count {
		require.True(t, time.Now().Before(deadline), "%d of %d messages have arrived", x.received, count)
		if !reliable && x.sent == count && time.Since(quiet) > 2*time.Second {
			break // the last ones are lost
		}
		if x.sent < count {
			message := numbered(x.sent, 64+x.sent%3000) // some in fragments
			if _, err := pub.Offer(message); err == nil {
				x.out.Write(message)
				x.sent++
				quiet = time.Now()
			} else {
				require.True(t, passing(err), "%v", err)
			}
		}
		n, err := sub.PollMessages(func(m aeron.Message) {
			x.in.Write(m.Data())
			got := int(binary.LittleEndian.Uint64(m.Data()))
			switch {
			case got < next:
				x.second++
			case got > next:
				x.gaps += got - next
			}
			next = got + 1
			x.received++
			quiet = time.Now()
		}, 10)
		require.NoError(t, err)
		if n == 0 {
			time.Sleep(50 * time.Microsecond)
		}
		if during != nil {
			during(x.received)
		}
	}
}

// requireWhole: every byte once and in order.
func (x *transfer) requireWhole(t *testing.T) {
	t.Helper()
	require.Zero(t, x.gaps)
	require.Zero(t, x.second)
	require.Equal(t, x.sent, x.received)
	require.Equal(t, x.out.Sum(nil), x.in.Sum(nil))
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
	pub, err := d.AddExclusivePublication(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", r.port()), 1)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	require.NoError(t, sub.AwaitReady(ctx))
	return d, pub, sub, r
}

// Every kind of bad weather, and all at once: a reliable stream delivers every byte once and in order.
func TestNetwork(t *testing.T) {
	for name, w := range map[string]struct{ forward, backward weather }{
		"Loss10":         {forward: weather{loss: 0.1}},
		"Loss50":         {forward: weather{loss: 0.5}},
		"LossBothWays10": {weather{loss: 0.1}, weather{loss: 0.1}},
		"LossBothWays30": {weather{loss: 0.3}, weather{loss: 0.3}},
		"Duplicates":     {forward: weather{duplicate: 0.3}},
		"Reordering":     {forward: weather{reorder: 0.3}},
		"Delay":          {weather{delay: 10 * time.Millisecond, jitter: 10 * time.Millisecond}, weather{delay: 10 * time.Millisecond}},
		"Storm":          {weather{loss: 0.1, duplicate: 0.1, reorder: 0.2, delay: time.Millisecond, jitter: 5 * time.Millisecond}, weather{loss: 0.1, reorder: 0.1}},
	} {
		t.Run(name, func(t *testing.T) {
			figures.Begin(t)
			d, pub, sub, r := between(t, small(shm(t)), "", w.forward, w.backward)
			seen := newWitness(0, 0)
			r.watched(func(direction int, datagram []byte) { seen.note(direction, datagram, false) })
			r.mourned(func(direction int, datagram []byte) { seen.note(direction, datagram, true) })
			count := bounded(1500, 100_000)
			if w.forward.loss > 0.25 || w.forward.delay > 0 {
				count = bounded(500, 20_000)
			}
			var x transfer
			began := time.Now()
			x.run(t, pub, sub, count, true, nil)
			x.requireWhole(t)
			figures.Record(t, "messages, hash equal", x.received)
			figures.Record(t, "time", time.Since(began).Round(10*time.Millisecond))
			figures.Record(t, "datagrams lost, doubled, out of order", fmt.Sprint(r.lost.Load(), ", ", r.duplicated.Load(), ", ", r.reordered.Load()))
			require.Zero(t, observed(t, d.Dir()).rejected, "the guard drops what a peer sends")
			if w.forward.loss >= 0.1 {
				r.mu.Lock()
				lost := seen.lost
				r.mu.Unlock()
				reported := requireLossReported(t, d.Dir())
				figures.Record(t, "lost bytes, in the loss report", fmt.Sprint(lost, ", ", reported))
				// What was lost when it was sent first is a gap once; that what is sent again is lost too does not make it another.
				if w.forward.reorder == 0 && w.forward.jitter == 0 {
					require.Equal(t, lost, reported)
				} else { // what is late is a gap as well, until it is there
					require.GreaterOrEqual(t, reported, lost)
				}
			}
		})
	}
}

// observation is what a driver says of its traffic.
type observation struct{ rejected, naks, retransmits, gapFills, reportedLoss int64 }

func observed(t *testing.T, dir string) (o observation) {
	t.Helper()
	snapshot, err := stats.Open(dir)
	require.NoError(t, err)
	defer snapshot.Close()
	counter, ok := snapshot.Find(stats.TypeRejectedFrames, 0)
	require.True(t, ok)
	o.rejected = counter.Value
	o.naks, _ = snapshot.System(stats.SystemNAKMessagesSent)
	o.retransmits, _ = snapshot.System(stats.SystemRetransmitsSent)
	o.gapFills, _ = snapshot.System(stats.SystemLossGapFills)
	for loss := range snapshot.Loss() {
		o.reportedLoss += loss.TotalBytesLost
	}
	return o
}

// requireLossReported: what was lost shows in the loss report, and in the counters of what was asked for and sent again.
// It returns the bytes that the report tells of.
func requireLossReported(t *testing.T, dir string) int64 {
	t.Helper()
	o := observed(t, dir)
	require.Positive(t, o.reportedLoss)
	require.Positive(t, o.naks)
	require.Positive(t, o.retransmits)
	require.Zero(t, o.gapFills)
	return o.reportedLoss
}

// An unreliable stream never waits for what is lost: gaps show, and order holds.
func TestNetwork_unreliable(t *testing.T) {
	figures.Begin(t)
	d, pub, sub, r := between(t, small(shm(t)), "|reliable=false", weather{loss: 0.1}, weather{})
	var x transfer
	x.run(t, pub, sub, bounded(2000, 100_000), false, nil)
	require.Positive(t, r.lost.Load())
	require.Positive(t, x.gaps)
	require.Zero(t, x.second)
	require.Less(t, x.received, x.sent)
	o := observed(t, d.Dir())
	require.Positive(t, o.gapFills)
	require.Zero(t, o.retransmits)
	require.Zero(t, o.rejected, "the guard drops what a peer sends")
	figures.Record(t, "messages sent, received, missing", fmt.Sprint(x.sent, ", ", x.received, ", ", x.gaps))
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
		x.run(t, pub, sub, count, true, func(received int) {
			if !cut && received > count/2 {
				cut = true
				r.set(all)
				time.AfterFunc(bounded(time.Second, 3*time.Second), func() { r.set(weather{}) })
			}
		})
		require.True(t, cut)
		x.requireWhole(t)
		figures.Record(t, "messages, hash equal", x.received)
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
