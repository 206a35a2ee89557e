package stats

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClientProcesses_byWhatTheyHaveMapped(t *testing.T) {
	now := time.Unix(1000, 0)
	alive, stale := now.Add(-time.Second), now.Add(-staleHeartbeat)
	me := os.Getpid()
	type processes = map[int64][]int
	for name, c := range map[string]struct {
		seen    []sighting
		clients []Client
		logs    map[int64][]string
		known   map[int64]int
		want    processes
	}{
		"each by its log": {
			[]sighting{{10, map[string]int{cncName: 1, "a": 1}}, {20, map[string]int{cncName: 1, "b": 1}}},
			[]Client{{ID: 1, Heartbeat: alive}, {ID: 2, Heartbeat: alive}}, map[int64][]string{1: {"a"}, 2: {"b"}}, nil, processes{1: {10}, 2: {20}},
		},
		"what the driver has mapped for itself does not count": {
			[]sighting{{10, map[string]int{cncName: 1, LossReportFile: 1, "a": 1}}, {20, map[string]int{cncName: 1, "a": 1}}},
			[]Client{{ID: 1, Heartbeat: alive}}, map[int64][]string{1: {"a"}}, nil, processes{1: {20}},
		},
		"a driver with a client of its own": {
			[]sighting{{10, map[string]int{cncName: 2, LossReportFile: 1, "a": 2}}},
			[]Client{{ID: 1, Heartbeat: alive}}, map[int64][]string{1: {"a"}}, nil, processes{1: {10}},
		},
		"one that nobody may look at makes all uncertain": {
			[]sighting{{10, map[string]int{cncName: 1}}},
			[]Client{{ID: 1, Heartbeat: alive}, {ID: 2, Heartbeat: alive}}, nil, nil, processes{},
		},
		"one whose process has gone is not looked for": {
			[]sighting{{10, map[string]int{cncName: 1}}},
			[]Client{{ID: 1, Heartbeat: alive}, {ID: 2, Heartbeat: stale}}, map[int64][]string{1: {"a"}}, nil, processes{1: {10}, 2: {10}},
		},
		"the caller knows itself, and so the other": {
			[]sighting{{10, map[string]int{cncName: 1}}, {20, map[string]int{cncName: 1}}},
			[]Client{{ID: 1, Heartbeat: alive}, {ID: 2, Heartbeat: alive}}, nil, map[int64]int{1: 10}, processes{1: {10}, 2: {20}},
		},
		"a name with the number of one": {
			[]sighting{{me, map[string]int{cncName: 1}}, {me + 1, map[string]int{cncName: 1}}},
			[]Client{{ID: 1, Name: "aerongo-" + strconv.Itoa(me), Heartbeat: alive}, {ID: 2, Heartbeat: alive}}, nil, nil, processes{1: {me}, 2: {me + 1}},
		},
		"two with one name": {
			[]sighting{{me, map[string]int{cncName: 2}}, {-7, map[string]int{cncName: 1}}},
			[]Client{{ID: 1, Name: "x", Heartbeat: alive}, {ID: 2, Name: "x", Heartbeat: alive}}, nil, nil, processes{1: {me, -7}, 2: {me, -7}},
		},
	} {
		require.Equal(t, c.want, clientProcesses(c.seen, c.clients, c.logs, c.known, now), name)
	}
}

// The label has more of the channel than the key, and other things too.
func TestLabelChannel(t *testing.T) {
	for _, c := range []struct {
		typeID            int32
		label, key, whole string
	}{
		{TypePublisherLimit, "pub-lmt: 7 -5 10 aeron:udp?endpoint=a:1|alias=long", "aeron:udp?endpoint=a:1|al", "aeron:udp?endpoint=a:1|alias=long"},
		{TypeSubscriberPosition, "sub-pos: 7 -5 10 aeron:ipc?alias=x @4096", "aeron:ipc?al", "aeron:ipc?alias=x"},
		{TypeSubscriberPosition, "sub-pos: 7 -5 10 aeron:ipc?alias=x", "aeron:ipc?al", "aeron:ipc?alias=x"},
		{TypeSubscriberPosition, "sub-pos: 7 -5 10 aeron:ipc?alias=a @b @64", "aeron:ipc", "aeron:ipc?alias=a @b"},
		{TypePublisherPosition, "pub-pos: 7 -5 10 aeron:ipc?alias=a @b", "aeron:ipc", "aeron:ipc?alias=a @b"},
		{TypePublisherLimit, "an application's own words", "aeron:ipc", "aeron:ipc"},
		{TypePublisherLimit, "", "aeron:ipc", "aeron:ipc"},
		{TypePublisherLimit, "pub-lmt: 7 -5 10 aeron:ipc", "", ""},
	} {
		require.Equal(t, c.whole, labelChannel(&Counter{TypeID: c.typeID, Label: c.label}, StreamKey{Channel: c.key}), c.label)
	}
}

func TestMillis_areTimesThatCanBeWrittenOrNone(t *testing.T) {
	for _, ms := range []int64{0, -1, -1 << 63, maxMillis + 1, 1<<63 - 1} {
		require.True(t, millis(ms).IsZero(), ms)
	}
	for _, ms := range []int64{1, 1700000000123, maxMillis} {
		at := millis(ms)
		require.Equal(t, ms, at.UnixMilli())
		require.Equal(t, time.UTC, at.Location())
		_, err := at.MarshalJSON()
		require.NoError(t, err)
	}
}

func TestClean_leavesNothingThatSteersATerminal(t *testing.T) {
	for raw, want := range map[string][2]string{ // in one line, in several
		"":                {"", ""},
		"plain ~":         {"plain ~", "plain ~"},
		"grün 日本":         {"grün 日本", "grün 日本"},
		"a\nb\tc":         {"a\uFFFDb\uFFFDc", "a\nb\tc"},
		"a\r\x1b[2J\x7F":  {"a\uFFFD\uFFFD[2J\uFFFD", "a\uFFFD\uFFFD[2J\uFFFD"},
		"\xff\xc3":        {"\uFFFD\uFFFD", "\uFFFD\uFFFD"},
		"\u0085\u009b":    {"\uFFFD\uFFFD", "\uFFFD\uFFFD"}, // of C1, which some terminals obey
		"\u202Eevil":      {"\uFFFDevil", "\uFFFDevil"},     // right to left
		"a\u2028b\u2029c": {"a\uFFFDb\uFFFDc", "a\uFFFDb\uFFFDc"},
		"zero\u200Bwidth": {"zero\uFFFDwidth", "zero\uFFFDwidth"},
	} {
		require.Equal(t, want[0], clean(raw, false), "%q", raw)
		require.Equal(t, want[1], clean(raw, true), "%q", raw)
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", -1: "-1 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1 << 20: "1.0 MiB", 3 << 40: "3.0 TiB", 1<<63 - 1: "8.0 EiB",
	} {
		require.Equal(t, want, bytesText(n))
	}
}

func TestDecodeEvent_whatLiesBehindItsEndIsZero(t *testing.T) {
	ready := make([]byte, 36)
	for i := range ready {
		ready[i] = byte(i) // each field differs
	}
	whole, ok := decodeEvent(responseExclusiveReady, ready)
	require.True(t, ok)
	require.Equal(t, Event{
		Kind: EventPublicationReady, RegistrationID: 0x0706050403020100, SessionID: 0x13121110, StreamID: 0x17161514, CounterID: 0x1B1A1918,
	}, whole)
	shared, ok := decodeEvent(responsePublicationReady, ready)
	require.True(t, ok)
	require.Equal(t, whole, shared)
	short, ok := decodeEvent(responseExclusiveReady, ready[:20])
	require.True(t, ok)
	require.Equal(t, Event{Kind: EventPublicationReady, RegistrationID: whole.RegistrationID, SessionID: whole.SessionID}, short)
	client, ok := decodeEvent(responseClientTimeout, ready[:8])
	require.True(t, ok)
	require.Equal(t, Event{Kind: EventClientTimeout, ClientID: whole.RegistrationID}, client)
	for _, kind := range []int32{responseError, responseAvailableImage, responseSubscriptionReady, responseCounterReady, responseClientTimeout} {
		_, ok := decodeEvent(kind, ready[:7])
		require.False(t, ok, "%#x has not even an id", kind)
	}
	for _, kind := range []int32{0, broadcastPadding, 0x0F04, 0x0F0B, -1 << 31} {
		_, ok := decodeEvent(kind, ready)
		require.False(t, ok, "%#x", kind)
	}
	for _, length := range []byte{0, 5, 0xFF} { // none, more than there is, far more
		failed := append(make([]byte, 12), length, 0, 0, length&0x80, 'n', 'o')
		e, ok := decodeEvent(responseError, failed)
		require.True(t, ok)
		require.Empty(t, e.Text, length)
	}
}
