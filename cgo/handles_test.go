package cgo

import (
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestTag_standsForItsValueUntilFreed(t *testing.T) {
	before := LiveTags()
	value := &struct{ n int }{7}
	tag := NewTag(value)
	require.Same(t, value, tag.Value())
	require.Equal(t, before+1, LiveTags())
	q, _ := newQueue(t)
	listeners := LiveListeners()
	l := NewListener(q, tag)
	require.Equal(t, listeners+1, LiveListeners())
	l.Free()
	require.Equal(t, listeners, LiveListeners())
	tag.Free()
	require.Equal(t, before, LiveTags())
	require.Nil(t, tag.Value())
	Tag{}.Free()
	Listener{}.Free()
	require.Equal(t, before, LiveTags())
}

// fragment calls the exported callback as C would.
func fragment(tag Tag) int32 { return int32(aerongoOnFragment(tag.p, nil, 0, nil, nil)) }

func TestPoller_panicsStayOnTheGoSide(t *testing.T) {
	const abort, next = 1, 4
	p := &Poller{}
	tag := NewTag(p)
	defer tag.Free()
	require.EqualValues(t, abort, fragment(tag), "no handler")
	seen := 0
	p.Fragment = func(data, frame unsafe.Pointer, length int) int32 {
		seen++
		if seen == 2 {
			panic("boom")
		}
		return next
	}
	require.EqualValues(t, next, fragment(tag))
	p.Reraise()
	require.EqualValues(t, abort, fragment(tag))
	require.EqualValues(t, abort, fragment(tag), "nothing more after a panic")
	require.Equal(t, 2, seen)
	require.PanicsWithValue(t, "boom", p.Reraise)
	p.Reraise()
	require.EqualValues(t, next, fragment(tag))

	other := NewTag("not a poller")
	defer other.Free()
	require.EqualValues(t, abort, fragment(other))
}

func TestErrors_areCopiedWithTheirText(t *testing.T) {
	c, err := DriverContextInit(false)
	require.NoError(t, err)
	err = DriverContextSetConductorIdleStrategy(c, "no such strategy")
	var failed *Error
	require.ErrorAs(t, err, &failed)
	require.NotEmpty(t, failed.Text)
	require.NotZero(t, failed.Code)
	require.ErrorContains(t, err, "set conductor_idle_strategy")
	require.NoError(t, DriverContextSetMTULength(c, 2048), "what failed before must not stick")
	err = DriverContextSetDir(c, "a\x00b")
	require.ErrorAs(t, err, &failed)
	require.EqualValues(t, syscall.EINVAL, failed.Code)
	require.ErrorContains(t, err, "NUL byte at 1")
	require.NoError(t, DriverContextClose(c))
	require.Equal(t, "1.54.0", Version())
}
