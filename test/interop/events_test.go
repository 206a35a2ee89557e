//go:build interop

package interop

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// body is an event's: 64-bit numbers, and 32-bit ones.
func body(fields ...any) (b []byte) {
	for _, f := range fields {
		switch f := f.(type) {
		case int64:
			b = binary.LittleEndian.AppendUint64(b, uint64(f))
		case int32:
			b = binary.LittleEndian.AppendUint32(b, uint32(f))
		case string: // with its length before it, and room behind it to the next multiple of 4
			b = binary.LittleEndian.AppendUint32(b, uint32(len(f)))
			b = append(b, f...)
			b = append(b, make([]byte, -len(b)&3)...)
		}
	}
	return b
}

// nobody is an id that no object of the client has.
const nobody = int64(1) << 40

// strangeEvents are all that a driver may say to its clients, of objects that this one has not, and what it cannot say: see
// aeron_control_protocol.h.
func strangeEvents() (events []event) {
	const file = "/dev/shm/nothing/1.logbuffer"
	events = []event{
		{0x0F01, body(nobody, int32(11), "an error of somebody else's command")},
		{0x0F02, body(nobody, int32(7), int32(8), nobody, int32(9), file, "127.0.0.1:5")},
		{0x0F03, body(nobody, nobody, int32(7), int32(8), int32(1), int32(2), file)},
		{0x0F04, body(nobody)},
		{0x0F05, body(nobody, nobody, int32(8), "aeron:ipc")},
		{0x0F06, body(nobody, nobody, int32(7), int32(8), int32(1), int32(2), file)},
		{0x0F07, body(nobody, int32(5))},
		{0x0F08, body(nobody, int32(1<<20))},
		{0x0F09, body(nobody, int32(1<<20))},
		{0x0F0A, body(nobody)},
		{0x0F0B, body(nobody, int32(1<<20))},
		{0x0F0C, body(nobody, nobody, int32(7), int32(8), int64(9), int64(10), int32(1), int32(0), int64(0), int64(0), int32(3), "why")},
		{0x0F0D, body(nobody, int32(77))},
	}
	// What later drivers, or none, may say.
	random := rand.New(rand.NewPCG(5, 6))
	for _, kind := range []int32{1, 2, 0x0E, 0x0EFF, 0x0F00, 0x0F0E, 0x0F0F, 0x0F10, 0x0F7F, 0x0FFF, 0x1000, 0x10000, 1<<31 - 1} {
		for _, length := range []int{0, 1, 8, 333} {
			b := make([]byte, length)
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			events = append(events, event{kind, b})
		}
	}
	return events
}

type event struct {
	kind int32
	body []byte
}

// Java's driver says what our client does not know, or of things that it does not have: streams go on, there is no error, and what the
// client asks for next it gets.
func TestUnknownEvents_ofJavasDriver(t *testing.T) {
	figures.Begin(t)
	java, dir := peers["java"], testdriver.Dir(t)
	java.do(t, "puppet", "puppet", dir)
	t.Cleanup(func() { java.do(t, "close", "puppet") })
	d, err := aeron.Open(aeron.Config{Directory: dir, External: true, AppID: "events"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	ctx := testdriver.Context(t)
	require.NoError(t, d.Start(ctx))
	var errors atomic.Int64
	stop := d.OnError(func(error) { errors.Add(1) })
	defer stop()
	stream := func(id int32) (*aeron.Subscription, *aeron.ExclusivePublication) {
		sub, err := d.AddSubscription(ctx, "aeron:ipc?term-length=64k", id)
		require.NoError(t, err)
		pub, err := d.AddExclusivePublication(ctx, "aeron:ipc?term-length=64k", id)
		require.NoError(t, err)
		require.NoError(t, pub.AwaitReady(ctx))
		return sub, pub
	}
	sub, pub := stream(1)
	exchange := func(sub *aeron.Subscription, pub *aeron.ExclusivePublication, text string) {
		require.NoError(t, pub.Publish(ctx, []byte(text)))
		testdriver.Await(t, text, func() (arrived bool) {
			_, err := sub.Poll(func(f aeron.Fragment) {
				require.Equal(t, text, string(f.Data()))
				arrived = true
			}, 1)
			require.NoError(t, err)
			return arrived
		})
	}
	exchange(sub, pub, "before")
	events := strangeEvents()
	for i, e := range events {
		java.do(t, "say", "puppet", e.kind, base64.StdEncoding.EncodeToString(e.body))
		exchange(sub, pub, fmt.Sprintf("after event %d, %#x of %d bytes", i, e.kind, len(e.body)))
	}
	// Its answer comes behind all of them.
	exchange2, pub2 := stream(2)
	exchange(exchange2, pub2, "a new stream")
	exchange(sub, pub, "the old one")
	require.NoError(t, d.Err())
	require.Zero(t, errors.Load())
	require.Len(t, sub.Images(), 1)
	figures.Record(t, "events", len(events))
}
