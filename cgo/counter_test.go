package cgo_test

import (
	"math"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
)

const ownType = 1234

func TestCounter(t *testing.T) {
	r := start(t)
	async, err := cgo.AddAsyncCounter(r.client, ownType, []byte("key"), "label")
	require.NoError(t, err)
	registrationID := async.RegistrationID()
	c := added[cgo.Counter](r, async, err)
	e := r.event(cgo.EventCounterAvailable)
	for e.RegistrationID != registrationID { // the client has one for its heartbeat
		e = r.event(cgo.EventCounterAvailable)
	}
	info, err := cgo.CounterConstants(c)
	require.NoError(t, err)
	require.Equal(t, cgo.CounterInfo{RegistrationID: registrationID, CounterID: e.CounterID}, info)
	_, err = cgo.CounterConstants(cgo.Counter{})
	require.ErrorContains(t, err, "counter constants")
	require.False(t, cgo.CounterIsClosed(c))

	reader := cgo.ClientCountersReader(r.client)
	require.Equal(t, info.CounterID, cgo.CountersReaderFind(reader, ownType, registrationID))
	require.EqualValues(t, -1, cgo.CountersReaderFind(reader, ownType+1, registrationID))
	atomic.StoreInt64(cgo.CounterAddr(c), 42)
	require.EqualValues(t, 42, *cgo.CountersReaderAddr(reader, info.CounterID))
	number := func(f func(cgo.CountersReader, int32) (int64, error)) int64 {
		v, err := f(reader, info.CounterID)
		require.NoError(t, err)
		return v
	}
	require.Equal(t, registrationID, number(cgo.CountersReaderRegistrationID))
	require.Equal(t, cgo.ClientID(r.client), number(cgo.CountersReaderOwnerID))
	require.Zero(t, number(cgo.CountersReaderReferenceID))
	require.EqualValues(t, math.MaxInt64, number(cgo.CountersReaderFreeForReuseDeadline))
	state, err := cgo.CountersReaderState(reader, info.CounterID)
	require.NoError(t, err)
	require.EqualValues(t, 1, state)
	typeID, err := cgo.CountersReaderTypeID(reader, info.CounterID)
	require.NoError(t, err)
	require.EqualValues(t, ownType, typeID)
	key, err := cgo.CountersReaderKey(reader, info.CounterID)
	require.NoError(t, err)
	require.Equal(t, "key"+strings.Repeat("\x00", cgo.MaxCounterKey-3), string(key))
	label, err := cgo.CountersReaderLabel(reader, info.CounterID)
	require.NoError(t, err)
	require.Equal(t, "label", label)

	found := 0
	for _, record := range cgo.CountersReaderForEach(reader) {
		if record.ID == info.CounterID {
			found++
			require.Equal(t, cgo.CounterRecord{Value: 42, ID: info.CounterID, TypeID: ownType, Key: key, Label: "label"}, record)
		}
	}
	require.Equal(t, 1, found)
	require.Contains(t, cgo.ClientPrintCounters(r.client), "label")

	values, metadata, err := cgo.CountersReaderBuffers(reader)
	require.NoError(t, err)
	most := cgo.CountersReaderMaxCounterID(reader)
	require.Len(t, metadata, len(values)*4)
	require.EqualValues(t, len(values)/128-1, most)
	require.EqualValues(t, 42, values[info.CounterID*128])

	require.NoError(t, cgo.CounterClose(c, r.listener))
	require.Equal(t, r.tag, r.event(cgo.EventClosed).Tag)
	require.Equal(t, registrationID, r.event(cgo.EventCounterUnavailable).RegistrationID)
	r.await("the driver to take it back", func() bool {
		state, err := cgo.CountersReaderState(reader, info.CounterID)
		require.NoError(t, err)
		return state != 1
	})
}

func TestCountersReader_refusesIdsThatAreNone(t *testing.T) {
	r := start(t)
	reader := cgo.ClientCountersReader(r.client)
	most := cgo.CountersReaderMaxCounterID(reader)
	for _, id := range []int32{-1, math.MinInt32, most + 1, math.MaxInt32} {
		require.Nil(t, cgo.CountersReaderAddr(reader, id))
		for name, f := range map[string]func() error{
			"registration": func() error { _, err := cgo.CountersReaderRegistrationID(reader, id); return err },
			"owner":        func() error { _, err := cgo.CountersReaderOwnerID(reader, id); return err },
			"reference":    func() error { _, err := cgo.CountersReaderReferenceID(reader, id); return err },
			"state":        func() error { _, err := cgo.CountersReaderState(reader, id); return err },
			"type":         func() error { _, err := cgo.CountersReaderTypeID(reader, id); return err },
			"reuse":        func() error { _, err := cgo.CountersReaderFreeForReuseDeadline(reader, id); return err },
			"key":          func() error { _, err := cgo.CountersReaderKey(reader, id); return err },
			"label":        func() error { _, err := cgo.CountersReaderLabel(reader, id); return err },
		} {
			var failed *cgo.Error
			require.ErrorAs(t, f(), &failed, "%s of %d", name, id)
			require.EqualValues(t, syscall.EINVAL, failed.Code)
		}
	}
}

func TestStaticCounter_outlivesItsHandle(t *testing.T) {
	r := start(t)
	add := func() cgo.Counter {
		async, err := cgo.AddAsyncStaticCounter(r.client, ownType, nil, "static", 99)
		return added[cgo.Counter](r, async, err)
	}
	first := add()
	atomic.StoreInt64(cgo.CounterAddr(first), 7)
	require.NoError(t, cgo.CounterClose(first, r.listener))
	r.event(cgo.EventClosed)
	second := add()
	require.EqualValues(t, 7, *cgo.CounterAddr(second))
	info, err := cgo.CounterConstants(second)
	require.NoError(t, err)
	require.EqualValues(t, 99, info.RegistrationID)
	// The client that closes frees it; LeakSanitizer looks.
}

// An add of a static counter is taken back on either side of the driver's answer, or goes with its client; the counter stays. LeakSanitizer
// looks for what C has of it.
func TestStaticCounter_givenUp(t *testing.T) {
	r := start(t)
	reader := cgo.ClientCountersReader(r.client)
	add := func(registrationID int64) cgo.AsyncAddCounter {
		a, err := cgo.AddAsyncStaticCounter(r.client, ownType, []byte("key"), "static", registrationID)
		require.NoError(t, err)
		return a
	}
	answered := func(registrationID int64) func() bool {
		return func() bool { return cgo.CountersReaderFind(reader, ownType, registrationID) >= 0 }
	}
	unanswered := add(1)
	require.NoError(t, cgo.RemoveCounter(r.client, unanswered.RegistrationID()))
	r.await("the driver's answer", answered(1))
	cancelled := add(2)
	require.NoError(t, cancelled.Cancel(r.client))
	r.await("the driver's answer", answered(2))

	late, last := add(3), add(4)
	r.await("the driver's answers", answered(4))
	r.step() // and the client's look at them
	require.NoError(t, cgo.RemoveCounter(r.client, late.RegistrationID()))
	r.step()
	for id := range int64(4) {
		require.True(t, answered(id+1)(), "it outlives what asked for it")
	}
	require.NotZero(t, last.RegistrationID(), "nobody polls this one, and C has the counter")
	add(5) // and here it has the question only
}

func TestAdds_cancelledAndRemoved(t *testing.T) {
	r := start(t)
	reader := cgo.ClientCountersReader(r.client)
	r.publication(ipc, 6) // so that the client's own counter is there
	counters := len(cgo.CountersReaderForEach(reader))
	for name, cancel := range map[string]func() error{
		"counter": func() error {
			a, err := cgo.AddAsyncCounter(r.client, ownType, nil, "")
			require.NoError(t, err)
			return a.Cancel(r.client)
		},
		"counter, removed": func() error {
			a, err := cgo.AddAsyncCounter(r.client, ownType, nil, "")
			require.NoError(t, err)
			return cgo.RemoveCounter(r.client, a.RegistrationID())
		},
		"publication": func() error {
			a, err := cgo.AddAsyncPublication(r.client, ipc, 7)
			require.NoError(t, err)
			return a.Cancel(r.client)
		},
		"exclusive publication": func() error {
			a, err := cgo.AddAsyncExclusivePublication(r.client, ipc, 7)
			require.NoError(t, err)
			return a.Cancel(r.client)
		},
		"subscription": func() error {
			a, err := cgo.AddAsyncSubscription(r.client, ipc, 7, r.listener)
			require.NoError(t, err)
			return a.Cancel(r.client)
		},
	} {
		require.NoError(t, cancel(), name)
	}
	r.await("nothing to be left of them", func() bool {
		return len(cgo.CountersReaderForEach(reader)) == counters
	})
}
