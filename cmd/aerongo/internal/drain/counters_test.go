package drain_test

import (
	"encoding/binary"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cmd/aerongo/internal/drain"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
)

const (
	session         = -5
	subscriberType  = 4
	senderLimitType = 9
)

// counters are a driver's files whose counters a test moves.
type counters struct {
	t      *testing.T
	dir    string
	path   string
	header cncfile.Header
}

func newCounters(t *testing.T) *counters {
	t.Helper()
	dir := cnctest.Dir(t)
	b := cnctest.Valid(time.Now()).Bytes()
	header, err := cncfile.DecodeHeader(b, int64(len(b)))
	require.NoError(t, err)
	c := &counters{t, dir, cnctest.WriteBytes(t, dir, b), header}
	for id := range int64(9) { // the driver's own, of which two are looked at
		c.record(id, 1, 0, 0, 0)
	}
	return c
}

func (c *counters) put(at int64, b []byte) {
	c.t.Helper()
	f, err := os.OpenFile(c.path, os.O_WRONLY, 0)
	require.NoError(c.t, err)
	_, err = f.WriteAt(b, at)
	require.NoError(c.t, err)
	require.NoError(c.t, f.Close())
}

// record writes what a counter is: its state, its type and its stream.
func (c *counters) record(id int64, state, typeID, ofSession, ofStream int32) {
	c.t.Helper()
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint32(nil, uint32(state)), uint32(typeID))
	b = append(b, make([]byte, 16)...) // a deadline, and a registration id
	b = le.AppendUint32(le.AppendUint32(b, uint32(ofSession)), uint32(ofStream))
	c.put(c.header.CounterMetadataOffset()+id*512, b)
}

func (c *counters) value(id, v int64) {
	c.t.Helper()
	c.put(c.header.CounterValuesOffset()+id*128, binary.LittleEndian.AppendUint64(nil, uint64(v)))
}

// ours adds a counter of the stream.
func (c *counters) ours(id int64, typeID int32, v int64) {
	c.t.Helper()
	c.record(id, 1, typeID, session, stream)
	c.value(id, v)
}

func (c *counters) open(position int64) *drain.Watch {
	c.t.Helper()
	w, err := drain.Open(c.dir, session, stream, position)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { require.NoError(c.t, w.Close()) })
	return w
}

func TestLook_theReceiverReportsByQuartersOfItsWindow(t *testing.T) {
	const window = 4096
	c := newCounters(t)
	c.ours(9, senderLimitType, window)
	w := c.open(0)
	for _, s := range []struct {
		limit, position, consumed int64
		done                      bool
	}{
		{window, 0, 0, true}, // of nothing all is consumed
		{window, 1024, 0, true},
		{window, 1056, 0, false}, // more than a quarter
		{window + 1024, 2048, 1024, true},
		{window + 1024, 2080, 1024, false},
		{1 << 40, 2080, 2080, true},
		{0, 2080, 0, false}, // a limit that goes back
		{-1 << 63, 2080, 0, false},
	} {
		c.value(9, s.limit)
		p := look(t, w, s.position)
		require.Equal(t, s.consumed, p.Consumed, "%+v", s)
		require.Equal(t, s.done, p.Done, "%+v", s)
		require.False(t, p.Certain, "%+v: it is another driver's to know", s)
	}
}

func TestLook_requestsForRetransmissionAreActivity(t *testing.T) {
	c := newCounters(t)
	c.ours(9, senderLimitType, 4096)
	w := c.open(0)
	before := look(t, w, 64).Activity
	require.Equal(t, before, look(t, w, 64).Activity)
	c.value(drain.NAKsReceived, 1)
	require.NotEqual(t, before, look(t, w, 64).Activity)
	c.value(drain.NAKsReceived, 0)
	c.value(drain.StatusMessagesReceived, 7)
	require.Equal(t, before, look(t, w, 64).Activity, "those come while nothing moves, too")
	left, err := w.Left()
	require.NoError(t, err)
	require.Equal(t, drain.Farewell{Sending: true, Status: 7}, left)
}

func TestLook_aLocalSubscriberAndAReceiverElsewhere(t *testing.T) {
	c := newCounters(t)
	c.ours(9, senderLimitType, 4096)
	c.ours(10, subscriberType, 0)
	w := c.open(0)
	c.value(10, 2080)
	p := look(t, w, 2080)
	require.True(t, p.Certain, "the one here has it")
	require.False(t, p.Done, "the other one has not said so")
	c.value(9, 4096+2048)
	require.True(t, look(t, w, 2080).Done)
	c.value(10, 1024)
	p = look(t, w, 2080)
	require.False(t, p.Done, "the other one has, and the one here has not")
	require.EqualValues(t, 1024, p.Consumed)
}

func TestLook_countersOfOthersAreLeftAlone(t *testing.T) {
	c := newCounters(t)
	c.ours(9, subscriberType, 64)
	for id, key := range map[int64][2]int32{10: {session, stream + 1}, 11: {session + 1, stream}, 12: {stream, session}} {
		c.record(id, 1, subscriberType, key[0], key[1])
	}
	c.record(13, -1, subscriberType, session, stream) // one that was freed
	c.ours(14, 1000, 0)                               // an application's
	c.ours(16, subscriberType, 0)                     // behind one that was never used, where there are none
	w := c.open(0)
	p := look(t, w, 64)
	require.True(t, p.Certain)
	require.EqualValues(t, 64, p.Consumed)
	left, err := w.Left()
	require.NoError(t, err)
	require.Equal(t, 1, left.Subscribers)
}

func TestLook_whoHasLeftCountsByItsLastPositionUnlessTheCounterIsAnothers(t *testing.T) {
	c := newCounters(t)
	c.ours(9, subscriberType, 0)
	w := c.open(0)
	require.False(t, look(t, w, 128).Certain)
	c.record(9, -1, subscriberType, session, stream)
	c.value(9, 64) // read to the end in its last moment
	p := look(t, w, 128)
	require.EqualValues(t, 64, p.Consumed)
	require.False(t, p.Certain)
	c.value(9, 128)
	require.True(t, look(t, w, 128).Certain)

	c.record(9, 1, subscriberType, session, stream+1) // somebody else has it now, and is further
	c.value(9, 1<<40)
	require.True(t, look(t, w, 128).Certain, "what was known stays known")
	require.EqualValues(t, 128, look(t, w, 4096).Consumed, "and the other's position is not ours")
}

func TestOpen_whenSomethingHasBeenSentAlready(t *testing.T) {
	c := newCounters(t)
	c.ours(9, senderLimitType, 1000)
	// Nobody has opened a window beyond the position: what there is of one is none, and not less.
	p := look(t, c.open(2000), 1000)
	require.EqualValues(t, 1000, p.Consumed)
	require.True(t, p.Done)
}

func TestWatch_ofAFileThatIsCutMeanwhile(t *testing.T) {
	c := newCounters(t)
	c.ours(9, subscriberType, 64)
	w := c.open(0)
	before := look(t, w, 64)
	for _, length := range []int64{c.header.CounterValuesOffset() + 100, c.header.CounterMetadataOffset() + 100} {
		require.NoError(t, os.Truncate(c.path, length))
		p, err := w.Look(64)
		require.ErrorContains(t, err, "read the driver's counters")
		require.Equal(t, before, p, "what was known before")
		_, err = w.Left()
		require.Error(t, err)
	}
	_, err := drain.Open(c.dir, session, stream, 0)
	require.ErrorContains(t, err, "look at the driver's counters")
	require.ErrorIs(t, err, cncfile.ErrTooShort)
}
