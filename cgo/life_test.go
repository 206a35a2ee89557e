package cgo_test

import (
	"math"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// writer is what both kinds of publication have in common.
type writer struct {
	claim             func(length int) (cgo.Claim, error)
	position, limit   func() int64
	connected, closed func() bool
	status            func() int64
	log               func() cgo.Log
	close             func() error
	constants         func() (cgo.PublicationInfo, error)
	remove            func() error
}

func bothWriters(t *testing.T, channel func(t *testing.T) string, test func(t *testing.T, r *raw, w writer, channel string)) {
	t.Run("concurrent", func(t *testing.T) {
		r, channel := begin(t, soonGone), channel(t)
		p := r.publication(channel, 7)
		w := writer{
			func(n int) (cgo.Claim, error) { return cgo.PublicationTryClaim(p, n) },
			func() int64 { return cgo.PublicationPosition(p) }, func() int64 { return cgo.PublicationPositionLimit(p) },
			func() bool { return cgo.PublicationIsConnected(p) }, func() bool { return cgo.PublicationIsClosed(p) },
			func() int64 { return cgo.PublicationChannelStatus(p) }, func() cgo.Log { return cgo.PublicationLog(p) },
			func() error { return cgo.PublicationClose(p, r.listener) },
			func() (cgo.PublicationInfo, error) { return cgo.PublicationConstants(p) }, nil,
		}
		info, err := w.constants()
		require.NoError(t, err)
		w.remove = func() error { return cgo.RemovePublication(r.client, info.RegistrationID) }
		test(t, r, w, channel)
	})
	t.Run("exclusive", func(t *testing.T) {
		r, channel := begin(t, soonGone), channel(t)
		p := r.exclusive(channel, 7)
		w := writer{
			func(n int) (cgo.Claim, error) { return cgo.ExclusivePublicationTryClaim(p, n) },
			func() int64 { return cgo.ExclusivePublicationPosition(p) }, func() int64 { return cgo.ExclusivePublicationPositionLimit(p) },
			func() bool { return cgo.ExclusivePublicationIsConnected(p) }, func() bool { return cgo.ExclusivePublicationIsClosed(p) },
			func() int64 { return cgo.ExclusivePublicationChannelStatus(p) },
			func() cgo.Log { log, _ := cgo.ExclusivePublicationLog(p); return log },
			func() error { return cgo.ExclusivePublicationClose(p, r.listener) },
			func() (cgo.PublicationInfo, error) { return cgo.ExclusivePublicationConstants(p) }, nil,
		}
		info, err := w.constants()
		require.NoError(t, err)
		w.remove = func() error { return cgo.RemoveExclusivePublication(r.client, info.RegistrationID) }
		test(t, r, w, channel)
	})
}

func overIPC(*testing.T) string { return ipc }

func overUDP(t *testing.T) string { return testdriver.UDP(t) + "|term-length=64k" }

func TestClaims_ofBothKinds(t *testing.T) {
	bothWriters(t, overIPC, func(t *testing.T, r *raw, w writer, channel string) {
		c, err := w.claim(8)
		require.NoError(t, err)
		require.EqualValues(t, -1, c.Position, "not connected")
		require.Nil(t, c.Data)
		s := r.subscription(channel, 7)
		r.await("a claim", func() bool {
			c, err = w.claim(8)
			require.NoError(t, err)
			return c.Position > 0
		})
		require.EqualValues(t, 64, c.Position)
		require.Equal(t, unsafe.Add(c.Frame, 32), c.Data, "the data lies behind the header")
		require.EqualValues(t, 64, w.position(), "a claim moves the position at once")
		require.Empty(t, r.poll(s), "but nobody sees it before its commit")
		copy(bytesAt(c.Data, 8), "12345678")
		require.NoError(t, cgo.ClaimCommit(c, 8))
		require.Equal(t, []frame{{"12345678", 0}}, r.poll(s))

		c, err = w.claim(0)
		require.NoError(t, err)
		require.EqualValues(t, 96, c.Position)
		require.NoError(t, cgo.ClaimCommit(c, 0))
		require.Equal(t, []frame{{"", 0}}, r.poll(s))

		c, err = w.claim(1408 - 32 + 1)
		require.ErrorContains(t, err, "claim: ")
		require.ErrorContains(t, err, "1376", "the longest that fits into one frame")
		require.EqualValues(t, -6, c.Position)
		require.Nil(t, c.Data)
		require.EqualValues(t, 96, w.position(), "a claim that is refused takes nothing")
	})
}

func TestLog_isTheMemoryThatCWrites(t *testing.T) {
	bothWriters(t, overIPC, func(t *testing.T, r *raw, w writer, channel string) {
		log := w.log()
		info, err := w.constants()
		require.NoError(t, err)
		require.EqualValues(t, 64<<10, log.TermLength)
		require.EqualValues(t, 1408, log.MTU)
		require.Zero(t, *log.Closed)
		require.Zero(t, atomic.LoadInt32(log.Connected))
		require.Zero(t, atomic.LoadInt32(log.ActiveTermCount))
		require.Equal(t, info.InitialTermID, int32(log.Tails[0]>>32))
		require.Equal(t, unsafe.Add(log.Terms[0], 64<<10), log.Terms[1])
		require.Equal(t, unsafe.Add(log.Terms[1], 64<<10), log.Terms[2])

		r.subscription(channel, 7)
		r.await("a connection", func() bool { return w.connected() && w.limit() > 0 })
		require.EqualValues(t, 1, atomic.LoadInt32(log.Connected))
		require.Equal(t, w.limit(), atomic.LoadInt64(log.PositionLimit))
		c, err := w.claim(5)
		require.NoError(t, err)
		require.Equal(t, log.Terms[0], c.Frame)
		copy(bytesAt(c.Data, 5), "hello")
		require.NoError(t, cgo.ClaimCommit(c, 5))
		require.Equal(t, "hello", string(bytesAt(unsafe.Add(log.Terms[0], 32), 5)))
		require.EqualValues(t, 64, int32(atomic.LoadInt64(&log.Tails[0])), "the tail's low half is the offset")
	})
}

func TestExclusiveState_movesWithEveryOffer(t *testing.T) {
	r := start(t)
	p, _, _ := connected(r)
	_, state := cgo.ExclusivePublicationLog(p)
	info, err := cgo.ExclusivePublicationConstants(p)
	require.NoError(t, err)
	require.Equal(t, cgo.ExclusiveState{TermID: info.InitialTermID}, *state)
	r.send(p, "one")
	require.Equal(t, cgo.ExclusiveState{TermID: info.InitialTermID, TermOffset: 64}, *state)
	state.TermOffset = 128 // as Go's own writer leaves it
	require.EqualValues(t, 128, cgo.ExclusivePublicationPosition(p))
	state.TermOffset = 64
	r.send(p, "two")
	require.EqualValues(t, 128, state.TermOffset)
}

func TestPublications_closedAndRemoved(t *testing.T) {
	bothWriters(t, overIPC, func(t *testing.T, r *raw, w writer, channel string) {
		s := r.subscription(channel, 7)
		r.await("an image", func() bool { return cgo.SubscriptionIsConnected(s) && w.connected() })
		require.False(t, w.closed())
		require.EqualValues(t, -1, w.status(), "IPC has no status")
		require.NoError(t, w.close())
		require.Equal(t, r.tag, r.event(cgo.EventClosed).Tag)
		r.event(cgo.EventImageUnavailable)
		require.False(t, cgo.SubscriptionIsConnected(s))
	})
	bothWriters(t, overUDP, func(t *testing.T, r *raw, w writer, _ string) {
		r.await("an active channel", func() bool { return w.status() == 1 })
		reader := cgo.ClientCountersReader(r.client)
		info, err := w.constants()
		require.NoError(t, err)
		require.NoError(t, w.remove())
		r.await("the driver to take its counter back", func() bool {
			state, err := cgo.CountersReaderState(reader, info.PositionLimitCounterID)
			require.NoError(t, err)
			return state != 1
		})
	})
}

func TestRemovals_ofWhatNeverWasHarmNobody(t *testing.T) {
	r := start(t)
	p, s, _ := connected(r)
	for name, remove := range map[string]func(id int64) error{
		"publication":           func(id int64) error { return cgo.RemovePublication(r.client, id) },
		"exclusive publication": func(id int64) error { return cgo.RemoveExclusivePublication(r.client, id) },
		"counter":               func(id int64) error { return cgo.RemoveCounter(r.client, id) },
		"subscription":          func(id int64) error { return cgo.RemoveSubscription(r.client, id, r.listener) },
	} {
		require.NoError(t, remove(math.MaxInt64), name)
		require.NoError(t, remove(-1), name)
	}
	r.publication(ipc, 8) // the ring is in order: all the above has been read
	require.False(t, cgo.ClientIsClosed(r.client))
	r.send(p, "still here")
	require.Equal(t, []frame{{"still here", 0}}, r.poll(s))
}

func TestAdds_refuseAChannelThatCWouldCutShort(t *testing.T) {
	r := start(t)
	const channel = ipc + "\x00|mtu=64"
	for _, add := range []func() error{
		func() error { _, err := cgo.AddAsyncPublication(r.client, channel, 7); return err },
		func() error { _, err := cgo.AddAsyncExclusivePublication(r.client, channel, 7); return err },
		func() error { _, err := cgo.AddAsyncSubscription(r.client, channel, 7, r.listener); return err },
	} {
		var failed *cgo.Error
		require.ErrorAs(t, add(), &failed)
		require.Contains(t, failed.Text, "NUL byte at ")
		require.Contains(t, failed.Op, "add ")
	}
}

func TestSubscription_constantsImagesAndItsEnd(t *testing.T) {
	r := start(t)
	async, err := cgo.AddAsyncSubscription(r.client, ipc, 7, r.listener)
	id := async.RegistrationID()
	s := added[cgo.Subscription](r, async, err)
	info, err := cgo.SubscriptionConstants(s)
	require.NoError(t, err)
	require.Equal(t, id, info.RegistrationID)
	require.EqualValues(t, 7, info.StreamID)
	require.EqualValues(t, -1, info.ChannelStatusIndicatorID, "IPC has none")
	_, err = cgo.SubscriptionConstants(cgo.Subscription{})
	require.ErrorContains(t, err, "subscription constants")

	none, list := cgo.SubscriptionRetainImages(s)
	require.Empty(t, none)
	const many = 9 // more than are asked for at first
	sessions := map[int32]bool{}
	for range many {
		p := r.exclusive(ipc, 7)
		info, err := cgo.ExclusivePublicationConstants(p)
		require.NoError(t, err)
		sessions[info.SessionID] = true
	}
	r.await("all images", func() bool {
		n, err := cgo.SubscriptionImageCount(s)
		require.NoError(t, err)
		return n == many
	})
	require.NotEqual(t, list, *info.ImageList, "whoever has looked before can tell that there are others")
	images, list := cgo.SubscriptionRetainImages(s)
	require.Equal(t, list, *info.ImageList)
	require.Len(t, images, many)
	for _, i := range images {
		memory, err := cgo.ImageMemory(i)
		require.NoError(t, err)
		require.True(t, sessions[memory.SessionID], "once, and ours")
		delete(sessions, memory.SessionID)
		require.NoError(t, cgo.ImageRelease(i))
	}
	require.False(t, cgo.SubscriptionIsClosed(s))
	require.NoError(t, cgo.SubscriptionClose(s, r.listener))
	require.Equal(t, r.tag, r.event(cgo.EventClosed).Tag)
}

func TestRemoveSubscription_tellsWhenNothingIsLeft(t *testing.T) {
	r := start(t)
	s := r.subscription(ipc, 7)
	info, err := cgo.SubscriptionConstants(s)
	require.NoError(t, err)
	require.NoError(t, cgo.RemoveSubscription(r.client, info.RegistrationID, r.listener))
	require.Equal(t, r.tag, r.event(cgo.EventClosed).Tag)
}

// soonGone keeps no publication for receivers that ask for what they have missed.
func soonGone(c *cgo.DriverContext) { _ = cgo.DriverContextSetPublicationLingerTimeout(c, 1_000_000) }
