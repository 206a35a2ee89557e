package cgo_test

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
)

// C's actions.
const (
	abort = 1 + iota
	brk
	commit
	next
)

// connected is an exclusive publication, a subscription and the one image of it, not retained.
func connected(r *raw) (cgo.ExclusivePublication, cgo.Subscription, cgo.Image) {
	r.t.Helper()
	p, s := r.exclusive(ipc, 7), r.subscription(ipc, 7)
	r.await("an image", func() bool { return cgo.SubscriptionIsConnected(s) && cgo.ExclusivePublicationIsConnected(p) })
	return p, s, cgo.SubscriptionForEachImage(s, 8)[0]
}

func (r *raw) send(p cgo.ExclusivePublication, messages ...string) {
	r.t.Helper()
	for _, m := range messages {
		r.await("an offer", func() bool {
			position, err := cgo.ExclusivePublicationOffer(p, []byte(m))
			require.NoError(r.t, err)
			return position > 0
		})
	}
}

// collector is a Poller that keeps what it is given and answers with the action that is set.
type collector struct {
	cgo.Poller
	tag    cgo.Tag
	got    []string
	action int32
}

func collect(t *testing.T) *collector {
	c := &collector{action: next}
	c.Fragment = func(data, _ unsafe.Pointer, length int) int32 {
		c.got = append(c.got, string(unsafe.Slice((*byte)(data), length)))
		return c.action
	}
	c.tag = cgo.NewTag(&c.Poller)
	t.Cleanup(c.tag.Free)
	return c
}

func (c *collector) take() []string {
	got := c.got
	c.got = nil
	return got
}

func TestPolls_plain(t *testing.T) {
	r := start(t)
	p, s, i := connected(r)
	c := collect(t)
	c.action = abort // nobody heeds it here
	for name, poll := range map[string]func(limit int) (int, error){
		"subscription": func(limit int) (int, error) { return cgo.SubscriptionPoll(s, c.tag.Handler(), limit) },
		"image":        func(limit int) (int, error) { return cgo.ImagePoll(i, c.tag.Handler(), limit) },
		"bounded": func(limit int) (int, error) {
			return cgo.ImageBoundedPoll(i, c.tag.Handler(), 1<<40, limit)
		},
	} {
		r.send(p, "one", "two", "three")
		n, err := poll(2)
		require.NoError(t, err, name)
		require.Equal(t, 2, n, name)
		require.Equal(t, []string{"one", "two"}, c.take(), name)
		n, err = poll(10)
		require.NoError(t, err, name)
		require.Equal(t, 1, n, name)
		require.Equal(t, []string{"three"}, c.take(), name)
		n, err = poll(10)
		require.NoError(t, err, name)
		require.Zero(t, n, name)
	}
	r.send(p, "one", "two")
	n, err := cgo.ImageBoundedPoll(i, c.tag.Handler(), cgo.ImagePosition(i)+1, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"one"}, c.take(), "what begins before the limit")
	n, err = cgo.ImageBoundedPoll(i, c.tag.Handler(), cgo.ImagePosition(i), 10)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestPolls_controlled(t *testing.T) {
	r := start(t)
	p, s, i := connected(r)
	c := collect(t)
	for name, poll := range map[string]func() (int, error){
		"subscription": func() (int, error) { return cgo.SubscriptionControlledPoll(s, c.tag.ControlledHandler(), 10) },
		"image":        func() (int, error) { return cgo.ImageControlledPoll(i, c.tag.ControlledHandler(), 10) },
		"bounded": func() (int, error) {
			return cgo.ImageBoundedControlledPoll(i, c.tag.ControlledHandler(), 1<<40, 10)
		},
	} {
		r.send(p, "one", "two", "three")
		before := cgo.ImagePosition(i)
		for _, step := range []struct {
			action  int32
			got     []string
			n, left int
		}{
			{abort, []string{"one"}, 0, 3},
			{brk, []string{"one"}, 1, 2},
			{commit, []string{"two", "three"}, 2, 0},
			{next, nil, 0, 0},
		} {
			c.action = step.action
			n, err := poll()
			require.NoError(t, err, name)
			require.Equal(t, step.n, n, "%s action %d", name, step.action)
			require.Equal(t, step.got, c.take(), "%s action %d", name, step.action)
			require.Equal(t, before+int64(3-step.left)*64, cgo.ImagePosition(i), "%s action %d", name, step.action)
		}
	}
}

func TestPolls_blocks(t *testing.T) {
	r := start(t)
	p, s, i := connected(r)
	info, err := cgo.ExclusivePublicationConstants(p)
	require.NoError(t, err)
	var blocks []string
	poller := &cgo.Poller{Block: func(frames unsafe.Pointer, length int, sessionID, termID int32) {
		require.Equal(t, info.SessionID, sessionID)
		require.Equal(t, info.InitialTermID, termID)
		blocks = append(blocks, string(unsafe.Slice((*byte)(frames), length)))
	}}
	tag := cgo.NewTag(poller)
	defer tag.Free()
	for name, poll := range map[string]func(limit int) (int, error){
		"subscription": func(limit int) (int, error) { return cgo.SubscriptionBlockPoll(s, tag, limit) },
		"image":        func(limit int) (int, error) { return cgo.ImageBlockPoll(i, tag, limit) },
	} {
		blocks = nil
		r.send(p, "one", "two", "three")
		n, err := poll(128)
		require.NoError(t, err, name)
		require.Equal(t, 128, n, name)
		require.Len(t, blocks, 1, name)
		require.Equal(t, "one", blocks[0][32:35], name)
		require.Equal(t, "two", blocks[0][96:99], name)
		n, err = poll(1 << 20)
		require.NoError(t, err, name)
		require.Equal(t, 64, n, name)
		require.Equal(t, "three", blocks[1][32:37], name)
		n, err = poll(1 << 20)
		require.NoError(t, err, name)
		require.Zero(t, n, name)
	}
	r.send(p, "boom")
	poller.Block = func(unsafe.Pointer, int, int32, int32) { panic("boom") }
	_, err = cgo.ImageBlockPoll(i, tag, 64)
	require.NoError(t, err)
	require.PanicsWithValue(t, "boom", poller.Reraise)
}

func TestPolls_panicsPassC(t *testing.T) {
	r := start(t)
	p, s, i := connected(r)
	c := collect(t)
	inner := c.Fragment
	c.Fragment = func(data, frame unsafe.Pointer, length int) int32 {
		if length == 4 {
			panic("boom")
		}
		return inner(data, frame, length)
	}
	r.send(p, "one", "boom", "two")
	n, err := cgo.SubscriptionControlledPoll(s, c.tag.ControlledHandler(), 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.PanicsWithValue(t, "boom", c.Reraise)
	require.EqualValues(t, 64, cgo.ImagePosition(i), "the fragment whose handler panicked stays")
	n, err = cgo.SubscriptionPoll(s, c.tag.Handler(), 10)
	require.NoError(t, err)
	require.Equal(t, 2, n, "a plain poll cannot stop")
	require.PanicsWithValue(t, "boom", c.Reraise)
	require.Equal(t, []string{"one"}, c.take(), "but delivers nothing more")
}

func TestHeader(t *testing.T) {
	r := start(t)
	p, s, i := connected(r)
	info, err := cgo.ExclusivePublicationConstants(p)
	require.NoError(t, err)
	r.send(p, "one")
	_, err = cgo.ExclusivePublicationOfferReserved(p, []byte("four"), -9)
	require.NoError(t, err)
	seen := 0
	poller := &cgo.Poller{}
	poller.Fragment = func(data, frame unsafe.Pointer, length int) int32 {
		values, err := cgo.HeaderValues(poller.Header)
		require.NoError(t, err)
		want := cgo.HeaderInfo{
			FrameLength: int32(32 + length), TermOffset: int32(seen * 64), SessionID: info.SessionID, StreamID: 7,
			TermID: info.InitialTermID, InitialTermID: info.InitialTermID, PositionBitsToShift: 16, Type: 1, Flags: 0xC0,
		}
		if seen == 1 {
			want.ReservedValue = -9
		}
		seen++
		require.Equal(t, want, values)
		require.EqualValues(t, seen*64, cgo.HeaderPosition(poller.Header))
		require.EqualValues(t, seen*64, cgo.HeaderNextTermOffset(poller.Header))
		require.Equal(t, 16, cgo.HeaderPositionBitsToShift(poller.Header))
		require.Equal(t, i, cgo.HeaderImage(poller.Header))
		return next
	}
	tag := cgo.NewTag(poller)
	defer tag.Free()
	_, err = cgo.SubscriptionPoll(s, tag.Handler(), 10)
	require.NoError(t, err)
	poller.Reraise()
	require.Equal(t, 2, seen)
	require.Zero(t, poller.Header)
	_, err = cgo.HeaderValues(cgo.Header{})
	require.ErrorContains(t, err, "header")
}

func TestAssemblers(t *testing.T) {
	r := start(t)
	p, s, i := connected(r)
	c := collect(t)
	info, err := cgo.ExclusivePublicationConstants(p)
	require.NoError(t, err)

	plain, err := cgo.NewFragmentAssembler(c.tag)
	require.NoError(t, err)
	controlled, err := cgo.NewControlledFragmentAssembler(c.tag)
	require.NoError(t, err)
	image, err := cgo.NewImageFragmentAssembler(c.tag)
	require.NoError(t, err)
	imageControlled, err := cgo.NewImageControlledFragmentAssembler(c.tag)
	require.NoError(t, err)
	defer func() {
		require.NoError(t, plain.Delete())
		require.NoError(t, controlled.Delete())
		require.NoError(t, image.Delete())
		require.NoError(t, imageControlled.Delete())
	}()

	long := strings.Repeat("0123456789", 500) // four frames
	for name, poll := range map[string]func(limit int) (int, error){
		"subscription": func(limit int) (int, error) { return cgo.SubscriptionPoll(s, plain.Handler(), limit) },
		"controlled":   func(limit int) (int, error) { return cgo.SubscriptionControlledPoll(s, controlled.Handler(), limit) },
		"image":        func(limit int) (int, error) { return cgo.ImagePoll(i, image.Handler(), limit) },
		"image, controlled": func(limit int) (int, error) {
			return cgo.ImageControlledPoll(i, imageControlled.Handler(), limit)
		},
	} {
		r.send(p, "short", long, "end")
		n, err := poll(4)
		require.NoError(t, err, name)
		require.Equal(t, 4, n, name)
		require.Equal(t, []string{"short"}, c.take(), name)
		n, err = poll(2)
		require.NoError(t, err, name)
		require.Equal(t, 2, n, name)
		require.Equal(t, []string{long, "end"}, c.take(), name)
	}
	require.True(t, plain.DeleteSessionBuffer(info.SessionID))
	require.False(t, plain.DeleteSessionBuffer(info.SessionID), "gone")
	require.True(t, controlled.DeleteSessionBuffer(info.SessionID))
	require.False(t, controlled.DeleteSessionBuffer(info.SessionID+1), "another's")
}
