package cgo

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newQueue is an event queue and the file that says when it has something.
func newQueue(t *testing.T) (Events, *os.File) {
	t.Helper()
	q, fd, err := NewEvents()
	require.NoError(t, err)
	f := os.NewFile(uintptr(fd), "events")
	t.Cleanup(func() {
		require.NoError(t, f.Close())
		q.Destroy()
	})
	return q, f
}

func TestEvents_comeInOrderAndWakeTheReader(t *testing.T) {
	q, f := newQueue(t)
	_, ok := q.Take()
	require.False(t, ok)
	woken := make(chan struct{})
	go func() {
		defer close(woken)
		if _, err := f.Read(make([]byte, 16)); err != nil {
			t.Error(err)
		}
	}()
	for i := range 3 {
		q.PushForTest(EventError, int32(i), strings.Repeat("x", i))
	}
	<-woken
	for i := range 3 {
		e, ok := q.Take()
		require.True(t, ok)
		require.Equal(t, EventError, e.Kind)
		require.EqualValues(t, i, e.Code)
		require.Len(t, e.Text, i)
	}
	_, ok = q.Take()
	require.False(t, ok)
	require.Zero(t, q.Dropped())
}

func TestEvents_floodIsBoundedAndErrorsGetThrough(t *testing.T) {
	q, _ := newQueue(t)
	const limit, flood = 65536, 70000
	for range flood {
		q.PushForTest(EventCounterAvailable, 0, "")
	}
	require.EqualValues(t, flood-limit, q.Dropped())
	q.PushForTest(EventError, 1000, "the driver has gone")
	var last Event
	n := 0
	for {
		e, ok := q.Take()
		if !ok {
			break
		}
		last = e
		n++
	}
	require.Equal(t, limit+1, n)
	require.Equal(t, "the driver has gone", last.Text)
}

func TestEvents_fromManyThreads(t *testing.T) {
	q, f := newQueue(t)
	const writers, each = 8, 2000
	var pushing sync.WaitGroup
	for range writers {
		pushing.Go(func() {
			for range each {
				q.PushForTest(EventClosed, 0, "")
			}
		})
	}
	require.NoError(t, f.SetReadDeadline(time.Now().Add(20*time.Second)))
	for n := 0; n < writers*each; {
		_, err := f.Read(make([]byte, 16))
		require.NoError(t, err, "%d events, and the reader was not woken for the rest", n)
		for {
			if _, ok := q.Take(); !ok {
				break
			}
			n++
		}
	}
	pushing.Wait()
}

func TestEvents_leftBehindAreFreed(t *testing.T) {
	q, fd, err := NewEvents()
	require.NoError(t, err)
	q.PushForTest(EventError, 1, "nobody reads this; the leak checker of an -asan build would see it")
	require.NoError(t, os.NewFile(uintptr(fd), "events").Close())
	q.Destroy()
}
