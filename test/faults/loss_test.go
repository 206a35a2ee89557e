package faults

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// A witness stands in the relay, which loses nothing itself, and knows what the driver's interceptor behind it drops: that decides by the
// 48 bits of erand48, and which datagrams it sees, and in which order, is what the relay sees.
type witness struct {
	random      uint64
	rate        float64
	initialTerm int32
	seen        map[int64]struct{} // where in the stream a frame begins, of all that was sent once
	gone        map[int64]struct{} // the same, of what was dropped when it was sent first

	data, dropped              int64 // datagrams of data, heartbeats included
	heartbeats, heartbeatsLost int64
	lost                       int64 // bytes of the stream that were dropped when they were sent first
	again                      int64 // bytes of the stream that were sent again
	naks                       int64
}

func newWitness(seed uint64, rate float64) *witness {
	// As C takes the seed apart, into three words of which the first is the lowest.
	words := seed>>32&0xffff | seed>>16&0xffff<<16 | seed&0xffff<<32
	return &witness{random: words, rate: rate, seen: map[int64]struct{}{}, gone: map[int64]struct{}{}}
}

func (w *witness) drops() bool {
	w.random = (w.random*0x5DEECE66D + 0xB) & (1<<48 - 1)
	return float64(w.random)/(1<<48) <= w.rate
}

// watch takes what goes through the relay, in order.
func (w *witness) watch(direction int, datagram []byte) {
	switch kind := binary.LittleEndian.Uint16(datagram[6:]); {
	case direction == 1 && kind == typeNAK:
		w.naks++
	case direction == 0 && kind == typeData:
		w.onData(datagram)
	case direction == 0 && kind == typePadding: // is not among what the interceptor drops
		w.takes(datagram, false)
	}
}

func (w *witness) onData(datagram []byte) {
	drop := w.drops()
	w.data++
	if drop {
		w.dropped++
	}
	if binary.LittleEndian.Uint32(datagram) == 0 {
		w.heartbeats++
		if drop {
			w.heartbeatsLost++
		}
		return
	}
	w.takes(datagram, drop)
}

// note takes what a relay sends on or loses itself.
func (w *witness) note(direction int, datagram []byte, drop bool) {
	kind := binary.LittleEndian.Uint16(datagram[6:])
	if direction == 0 && (kind == typeData || kind == typePadding) && binary.LittleEndian.Uint32(datagram) != 0 {
		w.takes(datagram, drop)
	}
}

// takes notes the frames of a datagram.
func (w *witness) takes(datagram []byte, drop bool) {
	const termLength = 64 << 10
	for at := 0; at < len(datagram); {
		field := func(offset int) int32 { return int32(binary.LittleEndian.Uint32(datagram[at+offset:])) }
		length := int64(field(0)+31) &^ 31
		position := int64(field(20)-w.initialTerm)*termLength + int64(field(8))
		_, again := w.seen[position]
		w.seen[position] = struct{}{}
		switch {
		case again:
			w.again += length
		case drop:
			w.lost += length
			w.gone[position] = struct{}{}
		}
		at += int(length)
	}
}

// What Aeron's own interceptor drops of what arrives is sent again until it is there, and what the driver tells of it is what happened:
// heartbeats that came through, requests, what was sent again, and in the loss report every byte that was missing.
func TestIncomingLoss(t *testing.T) {
	for name, rate := range map[string]float64{"1": 0.01, "10": 0.1, "20": 0.2, "50": 0.5} {
		t.Run(name, func(t *testing.T) {
			figures.Begin(t)
			const seed = 20260827
			cfg := small(shm(t))
			cfg.Driver.IncomingLoss = fmt.Sprintf("loss:rate=%g|seed=%d|recv-msg-mask=0x2", rate, seed)
			cfg.InitialWindow = 16 << 10 // see docs/RELIABILITY.md: half of a term is too much for what is lost at its end
			// By default a gap is asked for 10,000 times a second, more than the kernel keeps for a thread that must wait for its turn.
			cfg.Driver.NAKUnicastDelay = 100 * time.Microsecond // and repeated after a hundred times that
			d := opened(t, cfg)
			ctx := testdriver.Context(t)
			port := testdriver.Port(t)
			w := newWitness(seed, rate)
			r := newRelay(t, port, 1, weather{}, weather{})
			r.watched(w.watch)
			sub, err := d.AddSubscription(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port), 1)
			require.NoError(t, err)
			pub, err := d.AddExclusivePublication(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|init-term-id=0|term-id=0|term-offset=0|term-length=64k", r.port()), 1)
			require.NoError(t, err)
			require.NoError(t, pub.AwaitReady(ctx))

			count := bounded(1000, 100_000)
			if rate > 0.25 {
				count = bounded(300, 20_000)
			}
			var x transfer
			began := time.Now()
			x.run(t, pub, sub, count, nil)
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
			// Both ends have told when there is nothing on its way any more.
			var told, happened [5]int64
			agree := func() bool {
				r.mu.Lock()
				defer r.mu.Unlock()
				require.NoError(t, snapshot.Refresh())
				for i, id := range []int32{
					stats.SystemHeartbeatsSent, stats.SystemHeartbeatsReceived, stats.SystemNAKMessagesSent, stats.SystemNAKMessagesReceived,
					stats.SystemRetransmittedBytes,
				} {
					told[i] = counter(id)
				}
				happened = [5]int64{w.heartbeats, w.heartbeats - w.heartbeatsLost, w.naks, w.naks, w.again}
				return told == happened
			}
			for deadline := time.Now().Add(testdriver.Patience); !agree() && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			require.Equal(t, happened, told, "heartbeats sent and received, NAKs sent and received, bytes sent again: what the relay has seen, and what the driver tells")
			require.Zero(t, counter(stats.SystemLossGapFills))
			require.Zero(t, counter(stats.SystemInvalidPackets))
			require.Zero(t, observed(t, d.Dir()).rejected, "the guard drops what a peer sends")

			r.mu.Lock()
			defer r.mu.Unlock()
			sigma := math.Sqrt(rate * (1 - rate) / float64(w.data))
			require.InDelta(t, rate, float64(w.dropped)/float64(w.data), 5*sigma)
			require.Positive(t, w.lost)
			require.NoError(t, snapshot.Refresh())
			entries, gaps, bytes := 0, int64(0), int64(0)
			for loss := range snapshot.Loss() {
				entries++
				gaps, bytes = gaps+loss.ObservationCount, bytes+loss.TotalBytesLost
				require.Equal(t, pub.SessionID(), loss.SessionID)
				require.EqualValues(t, 1, loss.StreamID)
				require.Equal(t, r.back.LocalAddr().String(), loss.Source)
			}
			require.Equal(t, 1, entries)
			require.Equal(t, w.lost, bytes, "bytes that the loss report tells of")
			figures.Record(t, "messages, all equal", len(x.arrived))
			figures.Record(t, "time", took.Round(10*time.Millisecond))
			figures.Record(t, "datagrams dropped", fmt.Sprintf("%d of %d", w.dropped, w.data))
			figures.Record(t, "lost bytes, in the loss report", fmt.Sprintf("%d, %d in %d gaps", w.lost, bytes, gaps))
			figures.Record(t, "bytes sent again", w.again)
		})
	}
}
