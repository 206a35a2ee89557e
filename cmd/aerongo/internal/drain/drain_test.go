package drain_test

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/drain"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

const stream = 5

// publication adds one and waits for its subscribers.
func publication(t *testing.T, c *aeronc.Client, channel string) *aeronc.ExclusivePublication {
	t.Helper()
	pub, err := c.AddExclusivePublication(testdriver.Context(t), channel, stream)
	require.NoError(t, err)
	testdriver.Await(t, "a subscriber", func() bool {
		position, err := pub.Position()
		require.NoError(t, err)
		limit, err := pub.PositionLimit()
		require.NoError(t, err)
		return pub.IsConnected() && limit > position
	})
	return pub
}

func subscription(t *testing.T, c *aeronc.Client, channel string) *aeronc.Subscription {
	t.Helper()
	sub, err := c.AddSubscription(testdriver.Context(t), channel, stream)
	require.NoError(t, err)
	return sub
}

func watch(t *testing.T, dir string, pub *aeronc.ExclusivePublication) *drain.Watch {
	t.Helper()
	w, err := drain.Open(dir, pub.Constants().SessionID, stream, 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

func offer(t *testing.T, pub *aeronc.ExclusivePublication, length int) (position int64) {
	t.Helper()
	testdriver.Await(t, "an offer is taken", func() bool {
		var err error
		position, err = pub.Offer(make([]byte, length))
		if errors.Is(err, aeronc.ErrBackPressured) || errors.Is(err, aeronc.ErrAdminAction) {
			return false
		}
		require.NoError(t, err)
		return true
	})
	return position
}

// consume polls until the subscription has reached a position.
func consume(t *testing.T, sub *aeronc.Subscription, pub *aeronc.ExclusivePublication, position int64) {
	t.Helper()
	testdriver.Await(t, "everything is polled", func() bool {
		_, err := sub.Poll(func(aeronc.Fragment) {}, 10)
		require.NoError(t, err)
		for _, image := range sub.Images() {
			if image.SessionID() == pub.Constants().SessionID && image.Position() >= position {
				return true
			}
		}
		return false
	})
}

func look(t *testing.T, w *drain.Watch, position int64) drain.Progress {
	t.Helper()
	p, err := w.Look(position)
	require.NoError(t, err)
	return p
}

func TestWatch_subscribersOnTheSameDriver(t *testing.T) {
	for name, channel := range map[string]string{"ipc": "aeron:ipc", "udp": testdriver.UDP(t)} {
		t.Run(name, func(t *testing.T) {
			d := testdriver.Start(t)
			client := d.Connect()
			one, two := subscription(t, client, channel), subscription(t, client, channel)
			other := subscription(t, client, "aeron:ipc?alias=other") // not polled, and with ipc one more of ours
			pub := publication(t, client, channel)
			w := watch(t, d.Dir(), pub)
			require.True(t, look(t, w, 0).Certain, "of nothing, all is consumed")

			position := offer(t, pub, 100)
			require.False(t, look(t, w, position).Certain)
			require.Zero(t, look(t, w, position).Consumed)
			consume(t, one, pub, position)
			require.False(t, look(t, w, position).Certain, "the other one has not")
			consume(t, two, pub, position)
			if name == "ipc" {
				require.False(t, look(t, w, position).Certain, "and neither has the third")
				consume(t, other, pub, position)
			}
			p := look(t, w, position)
			require.True(t, p.Certain)
			require.True(t, p.Done)
			require.Equal(t, position, p.Consumed)

			further := offer(t, pub, 100)
			require.False(t, look(t, w, further).Certain)
			require.True(t, look(t, w, position).Certain)
		})
	}
}

func TestWatch_subscribersThatLeave(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	reader, sleeper := subscription(t, client, "aeron:ipc"), subscription(t, client, "aeron:ipc")
	pub := publication(t, client, "aeron:ipc")
	w := watch(t, d.Dir(), pub)
	position := offer(t, pub, 100)
	consume(t, reader, pub, position)
	require.False(t, look(t, w, position).Certain)

	require.NoError(t, sleeper.Close())
	testdriver.Await(t, "one that sleeps counts no more when it has left", func() bool { return look(t, w, position).Certain })

	require.NoError(t, reader.Close())
	testdriver.Await(t, "nobody is there", func() bool { return !pub.IsConnected() })
	p := look(t, w, position)
	require.True(t, p.Certain, "its last position still counts")
	require.False(t, look(t, w, position+32).Certain)
}

func TestWatch_receiverOnAnotherDriver(t *testing.T) {
	channel := testdriver.UDP(t)
	near, far := testdriver.Start(t), testdriver.Start(t)
	sub := subscription(t, far.Connect(), channel)
	pub := publication(t, near.Connect(), channel)
	w := watch(t, near.Dir(), pub)

	// More than a quarter of the window, which with these short terms is half a term.
	var position int64
	for range 12 {
		position = offer(t, pub, 1000)
	}
	p := look(t, w, position)
	require.False(t, p.Done, "nothing is consumed: %+v", p)
	require.False(t, p.Certain)
	consume(t, sub, pub, position)
	testdriver.Await(t, "the report", func() bool { return look(t, w, position).Done })
	p = look(t, w, position)
	require.False(t, p.Certain, "a receiver does not report the last quarter")
	require.Positive(t, p.Consumed)
	require.NotEqual(t, int64(0), p.Activity)
}

func TestOpen_systemCountersAreWhereTheyShouldBe(t *testing.T) {
	d := testdriver.Start(t)
	file, err := cncfile.Open(d.Dir())
	require.NoError(t, err)
	defer file.Close()
	for id, label := range map[int64]string{drain.NAKsReceived: "NAKs received", drain.StatusMessagesReceived: "Status Messages received"} {
		record := make([]byte, 512)
		_, err = file.ReadAt(record, file.Header().CounterMetadataOffset()+id*512)
		require.NoError(t, err)
		require.Contains(t, string(record), label)
	}
}

func TestWatch_whatIsLeftOfAClosedPublication(t *testing.T) {
	for name, channel := range map[string]string{"ipc": "aeron:ipc", "udp": testdriver.UDP(t)} {
		d := testdriver.Start(t)
		client := d.Connect()
		sub := subscription(t, client, channel)
		pub := publication(t, client, channel)
		w := watch(t, d.Dir(), pub)
		left, err := w.Left()
		require.NoError(t, err)
		require.Equal(t, 1, left.Subscribers)
		require.Equal(t, name == "udp", left.Sending)
		require.Equal(t, name == "udp", left.Status > 0)

		require.NoError(t, pub.Close())
		require.NoError(t, sub.Close())
		testdriver.Await(t, "nothing is left", func() bool {
			left, err := w.Left()
			require.NoError(t, err)
			return left.Subscribers == 0 && !left.Sending
		})
	}
}

func TestOpen_withoutADriver(t *testing.T) {
	_, err := drain.Open(testdriver.Dir(t), 1, 2, 0)
	require.ErrorIs(t, err, os.ErrNotExist)
}
