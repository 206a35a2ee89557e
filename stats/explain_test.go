package stats_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/stats"
)

const (
	overIPC = "aeron:ipc"
	overUDP = "aeron:udp?endpoint=127.0.0.1:40123"

	aPublication = 7 // its registration id
	anImage      = 9
	window       = 32 << 10 // of the logs that logOf makes
)

// end is one counter of a stream: of whom, and where that is.
type end struct {
	typeID                         int32
	registration, reference, value int64
	channel                        string // of a subscriber that has one of its own
}

func limit(v int64) end       { return end{stats.TypePublisherLimit, aPublication, 0, v, ""} }
func published(v int64) end   { return end{stats.TypePublisherPosition, aPublication, 0, v, ""} }
func sent(v int64) end        { return end{stats.TypeSenderPosition, aPublication, 0, v, ""} }
func senderLimit(v int64) end { return end{stats.TypeSenderLimit, aPublication, 0, v, ""} }
func receivers(v int64) end   { return end{stats.TypeFlowControlReceivers, aPublication, 0, v, ""} }
func arrived(v int64) end     { return end{stats.TypeReceiverHWM, anImage, 0, v, ""} }
func complete(v int64) end    { return end{stats.TypeReceiverPosition, anImage, 0, v, ""} }

func reads(what, subscription, v int64) end {
	return end{stats.TypeSubscriberPosition, subscription, what, v, ""}
}

func readsUntethered(what, subscription, v int64, channel string) end {
	return end{stats.TypeSubscriberPosition, subscription, what, v, channel + "|tether=false"}
}

// ofStream is a driver with the counters of one stream.
func ofStream(t *testing.T, channel string, ends ...end) *files {
	t.Helper()
	f := newFiles(t, 32)
	for id, e := range ends {
		own := channel
		if e.channel != "" {
			own = e.channel
		}
		label := stats.TypeName(e.typeID) + ": 1 -5 10 " + own
		if e.typeID == stats.TypeSubscriberPosition {
			label += " @0"
		}
		f.counter(id, e.typeID, streamKey(e.registration, -5, 10, own), label, e.value)
		f.owned(id, e.registration, 3, e.reference)
	}
	return f
}

// explained is what is said of the only stream; logs are those of the publication and of the image, none if nil.
func explained(t *testing.T, f *files, publication, image []byte) stats.Explanation {
	t.Helper()
	dir := f.write(t)
	if publication != nil {
		writeLog(t, dir, "publications", aPublication, publication)
	}
	if image != nil {
		writeLog(t, dir, "images", anImage, image)
	}
	snap, err := stats.Open(dir)
	require.NoError(t, err)
	all := slices.Collect(stats.ExplainWithoutProcesses(snap))
	require.Len(t, all, 1)
	return all[0]
}

// unconnected is a publication's log that says so.
func unconnected(log []byte) []byte {
	put32(log, 3*termSize+136, 0)
	return log
}

func TestExplain_whoHoldsAPublicationBack(t *testing.T) {
	const spy, group = "aeron-spy:" + overUDP, overUDP + "|fc=min,g:/3"
	for name, c := range map[string]struct {
		channel  string
		ends     []end
		log      []byte
		state    stats.StreamState
		limiter  stats.LimiterKind
		slowest  int64 // the subscription, 0 for nobody
		sentence string
	}{
		"all is read": {
			overIPC, []end{limit(1024 + window), published(1024), reads(aPublication, 12, 1024)}, logOf(1024),
			stats.StreamReady, stats.NoLimiter, 12, "ready, 32.0 KiB of window left",
		},
		"one is behind, and the window open": {
			overIPC, []end{limit(512 + window), published(1024), reads(aPublication, 12, 512), reads(aPublication, 13, 1024)}, logOf(1024),
			stats.StreamReady, stats.LimitedBySubscriber, 12, "; furthest behind is subscriber 12 (client 3, pid unknown): 512 B behind",
		},
		"one is a window behind": {
			overIPC, []end{limit(window), published(window), reads(aPublication, 12, 0), reads(aPublication, 13, 1024)}, logOf(window),
			stats.StreamBackPressured, stats.LimitedBySubscriber, 12, "limited by subscriber 12 (client 3, pid unknown): 32.0 KiB behind",
		},
		"the log is ahead of the counter": {
			overIPC, []end{limit(window), published(0), reads(aPublication, 12, 0)}, logOf(window),
			stats.StreamBackPressured, stats.LimitedBySubscriber, 12, "32.0 KiB behind",
		},
		"nobody reads": {
			overIPC, []end{limit(1024), published(1024)}, unconnected(logOf(1024)),
			stats.StreamNoSubscriber, stats.NoLimiter, 0, "not ready: no subscriber",
		},
		"one that was left behind": {
			overIPC, []end{limit(4 * window), published(4 * window), readsUntethered(aPublication, 12, 0, "aeron:ipc?alias=x")}, unconnected(logOf(4 * window)),
			stats.StreamNoSubscriber, stats.NoLimiter, 0, "untethered subscriber 12 (client 3, pid unknown) has been left behind and may rejoin",
		},
		"one that was left behind does not limit": {
			overIPC, []end{limit(5 * window), published(5 * window), readsUntethered(aPublication, 12, 0, "aeron:ipc?alias=x"), reads(aPublication, 13, 4*window)},
			logOf(5 * window), stats.StreamBackPressured, stats.LimitedBySubscriber, 13, "limited by subscriber 13 ",
		},
		"an untethered one that still counts": {
			overIPC, []end{limit(window), published(window), readsUntethered(aPublication, 12, 0, "aeron:ipc?alias=x"), reads(aPublication, 13, 64)}, logOf(window),
			stats.StreamBackPressured, stats.LimitedBySubscriber, 12, "limited by untethered subscriber 12 ",
		},
		"no receiver": {
			overUDP, []end{limit(0), published(0), sent(0), senderLimit(0)}, unconnected(logOf(0)),
			stats.StreamAwaitingStatus, stats.NoLimiter, 0, "not ready: waiting for status messages, as no receiver answers",
		},
		"no receiver, and a spy": {
			overUDP, []end{limit(0), published(0), sent(0), senderLimit(0), {stats.TypeSubscriberPosition, 12, aPublication, 0, spy}}, unconnected(logOf(0)),
			stats.StreamAwaitingStatus, stats.NoLimiter, 12, "spy 12 (client 3, pid unknown) does not make it connected, that takes ssc=true",
		},
		"too few receivers": {
			group, []end{limit(0), published(0), sent(0), senderLimit(0), receivers(2)}, unconnected(logOf(0)),
			stats.StreamAwaitingReceivers, stats.NoLimiter, 0, "flow control min,g:/3 waits for 3 receivers, and counts 2",
		},
		"not one of the receivers": {
			group, []end{limit(0), published(0), sent(0), senderLimit(0), receivers(0)}, unconnected(logOf(0)),
			stats.StreamAwaitingReceivers, stats.NoLimiter, 0, "flow control min,g:/3 waits for 3 receivers, and counts 0",
		},
		"as many receivers as it takes, which no longer answer": {
			group, []end{limit(0), published(0), sent(0), senderLimit(0), receivers(3)}, unconnected(logOf(0)),
			stats.StreamAwaitingStatus, stats.NoLimiter, 0, "no receiver answers",
		},
		"the sender has not sent": {
			overUDP, []end{limit(1000 + window), published(8192), sent(1024), senderLimit(window)}, logOf(8192),
			stats.StreamReady, stats.LimitedBySender, 0, "; 7.0 KiB to be sent",
		},
		"the receivers' window": {
			overUDP, []end{limit(8192), published(8192), sent(4096), senderLimit(5000)}, logOf(8192),
			stats.StreamBackPressured, stats.LimitedByReceiverWindow, 0, "4.0 KiB published and not sent; the receiver's own driver knows who is behind",
		},
		"a spy behind the sender": {
			overUDP, []end{limit(window), published(window), sent(window), senderLimit(2 * window), {stats.TypeSubscriberPosition, 12, aPublication, 0, spy}}, logOf(window),
			stats.StreamBackPressured, stats.LimitedBySubscriber, 12, "limited by spy 12 ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := explained(t, ofStream(t, c.channel, c.ends...), c.log, nil)
			require.Equal(t, c.state, e.State)
			require.Equal(t, c.limiter, e.Limiter)
			require.Contains(t, e.String(), c.sentence)
			require.True(t, e.Published)
			require.EqualValues(t, window, e.Window)
			if c.slowest == 0 {
				require.Nil(t, e.Slowest)
				return
			}
			require.NotNil(t, e.Slowest)
			require.Equal(t, c.slowest, e.Slowest.RegistrationID)
		})
	}
}

// Publication and receiver on one driver: who of them it is can be told.
func TestExplain_whoHoldsBackAStreamToTheSameDriver(t *testing.T) {
	ends := func(senderMay, here, whole, read int64) []end {
		return []end{limit(16384), published(16384), sent(16384), senderLimit(senderMay), arrived(here), complete(whole), reads(anImage, 12, read)}
	}
	for name, c := range map[string]struct {
		ends    []end
		limiter stats.LimiterKind
		missing int64
	}{
		"nobody":         {ends(16384, 16384, 16384, 16384), stats.NoLimiter, 0},
		"a slow reader":  {ends(16384, 16384, 16384, 1024), stats.LimitedBySubscriber, 0},
		"a gap":          {ends(16384, 16384, 8192, 8192), stats.LimitedByLoss, 8192},
		"a slower gap":   {ends(64<<10, 16384, 4096, 3072), stats.LimitedByLoss, 12288},
		"a little slow":  {ends(64<<10, 16384, 16384, 15360), stats.LimitedBySubscriber, 0},
		"more in flight": {append(ends(16384, 15360, 15360, 15360), published(20480)), stats.LimitedByReceiverWindow, 0},
	} {
		e := explained(t, ofStream(t, overUDP, c.ends...), logOf(16384), logOf(0))
		require.Equal(t, c.limiter, e.Limiter, name)
		require.Equal(t, c.missing, e.Missing, name)
		require.Len(t, e.Subscribers, 1, name)
		require.False(t, e.Subscribers[0].Spy, name)
	}
}

func TestExplain_anImageOfAPublicationElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		here, whole, read int64
		state             stats.StreamState
		limiter           stats.LimiterKind
		remaining         int64
		sentence          string
	}{
		"all is read":      {4096, 4096, 4096, stats.StreamReceiving, stats.NoLimiter, window, "receiving from another driver"},
		"the reader":       {4096, 4096, 3072, stats.StreamReceiving, stats.LimitedBySubscriber, window - 1024, "; furthest behind is subscriber 12 (client 3, pid unknown): 1.0 KiB behind"},
		"a gap":            {4096, 1024, 1024, stats.StreamReceiving, stats.LimitedByLoss, window - 3072, "3.0 KiB behind"},
		"the whole window": {window, window, 0, stats.StreamBackPressured, stats.LimitedBySubscriber, 0, "limited by subscriber 12 "},
		"nearly":           {window * 3 / 4, window * 3 / 4, 0, stats.StreamBackPressured, stats.LimitedBySubscriber, window / 4, "24.0 KiB behind"},
	} {
		e := explained(t, ofStream(t, overUDP, arrived(c.here), complete(c.whole), reads(anImage, 12, c.read)), nil, logOf(0))
		require.False(t, e.Published, name)
		require.EqualValues(t, anImage, e.RegistrationID, name)
		require.Equal(t, c.state, e.State, name)
		require.Equal(t, c.limiter, e.Limiter, name)
		require.Equal(t, c.remaining, e.Remaining(), name)
		require.Contains(t, e.String(), c.sentence, name)
	}
}

// A status has room for more of the channel than the counters of a stream.
func TestExplain_aChannelThatCouldNotBeOpened(t *testing.T) {
	for _, channel := range []string{overUDP, overUDP + "|alias=" + strings.Repeat("a", 80), overUDP + "|alias=" + strings.Repeat("a", 200)} {
		f := ofStream(t, channel, limit(0), published(0), sent(0), senderLimit(0))
		key := make([]byte, 112)
		put32(key, 0, int32(len(channel[:min(len(channel), 108)])))
		copy(key[4:], channel)
		f.counter(4, stats.TypeSendChannelStatus, key, "snd-channel: "+channel, -1)
		e := explained(t, f, unconnected(logOf(0)), nil)
		require.Equal(t, stats.StreamChannelError, e.State, channel)
		require.Equal(t, channel, e.Channel)
		put64(f.value(4), 0, 1)
		require.Equal(t, stats.StreamAwaitingStatus, explained(t, f, unconnected(logOf(0)), nil).State, "an active one: %s", channel)
	}
}

func TestExplain_withoutLogsGoesByTheCounters(t *testing.T) {
	for name, c := range map[string]struct {
		channel string
		ends    []end
		state   stats.StreamState
	}{
		"read":                      {overIPC, []end{limit(1024), published(0), reads(aPublication, 12, 0)}, stats.StreamReady},
		"read, and full":            {overIPC, []end{limit(1024), published(1024), reads(aPublication, 12, 0)}, stats.StreamBackPressured},
		"not read":                  {overIPC, []end{limit(0), published(0)}, stats.StreamNoSubscriber},
		"received":                  {overUDP, []end{limit(1024), published(512), sent(512), senderLimit(1024)}, stats.StreamReady},
		"not received":              {overUDP, []end{limit(512), published(512), sent(512), senderLimit(512)}, stats.StreamAwaitingStatus},
		"a position beyond sanity":  {overIPC, []end{limit(-1 << 63), published(1<<63 - 1), reads(aPublication, 12, 0)}, stats.StreamBackPressured},
		"a reader beyond the limit": {overIPC, []end{limit(1024), published(512), reads(aPublication, 12, 1<<40)}, stats.StreamReady},
	} {
		e := explained(t, ofStream(t, c.channel, c.ends...), nil, nil)
		require.Equal(t, c.state, e.State, name)
		require.Zero(t, e.Window, "%s: it is unknown", name)
		for _, s := range e.Subscribers {
			require.GreaterOrEqual(t, s.Lag, int64(0), name)
			require.True(t, s.LagMessages == -1 || s.Lag == 0, "%s: there is nothing to count", name)
		}
	}
}

func TestExplainPublication_isOneOrNone(t *testing.T) {
	f := ofStream(t, overIPC, limit(1024), published(0), reads(aPublication, 12, 0), arrived(5), complete(5))
	snap := f.open(t)
	e, ok := snap.ExplainPublication(aPublication, map[int64]int{3: 4711})
	require.True(t, ok)
	require.EqualValues(t, aPublication, e.RegistrationID)
	require.Empty(t, e.Subscribers[0].Client, "client 3 has no heartbeat, so no name")
	for _, id := range []int64{0, -1, 8, anImage} {
		_, ok := snap.ExplainPublication(id, nil)
		require.False(t, ok, id)
	}
	// One that is just being made has not all its counters yet.
	_, ok = ofStream(t, overIPC, published(0)).open(t).ExplainPublication(aPublication, nil)
	require.False(t, ok)
}
