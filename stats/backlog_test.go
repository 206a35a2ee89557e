package stats_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/stats"
)

func backlog(t *testing.T, f *files) []stats.StreamBacklog {
	t.Helper()
	return slices.Collect(f.open(t).Backlog())
}

func TestBacklog_tellsWhereEachEndIs(t *testing.T) {
	const channel = "aeron:udp?endpoint=127.0.0.1:40123"
	all := backlog(t, full(t))
	require.Equal(t, []stats.StreamBacklog{{
		SessionID: -5, StreamID: 10, Channel: channel,
		Publisher: &stats.PublisherBacklog{RegistrationID: 7, OwnerID: 3, Position: 65536, Limit: 131072},
		Sender:    &stats.SenderBacklog{RegistrationID: 7, Position: 60000, Limit: 90000},
		Receiver:  &stats.ReceiverBacklog{RegistrationID: 9, Position: 59000, HighWaterMark: 59008},
		Subscribers: []stats.SubscriberBacklog{
			{RegistrationID: 11, OwnerID: 3, CounterID: 53, Position: 59008, Backlog: 0},
			{RegistrationID: 12, OwnerID: 3, CounterID: 52, Position: 50000, Backlog: 9008},
		},
	}}, all)
	require.EqualValues(t, 65536, all[0].Publisher.RemainingWindow())
	require.EqualValues(t, 30000, all[0].Sender.Window())
	n, ok := all[0].SenderBacklog()
	require.True(t, ok)
	require.EqualValues(t, 5536, n)
}

// Java's BacklogStat prints this, and a line break, for each stream.
func TestBacklog_speaksAsBacklogStat(t *testing.T) {
	require.Equal(t, `sessionId=-5 streamId=10 channel=aeron:udp?endpoint=127.0.0.1:40123 : 
┌─for publisher 7 the last sampled position is 65536 (~65536 bytes before back-pressure)
└─sender 7 has to send 5536 bytes (30000 bytes remaining in the sender window)
┌─receiver 9 is at position 59000
├─subscriber 11 has 0 backlog bytes
└─subscriber 12 has 9008 backlog bytes`, backlog(t, full(t))[0].String())

	f := full(t)
	put64(f.value(48), 0, 70000) // the sender was read later than the publisher
	require.Contains(t, backlog(t, f)[0].String(), "└─sender 7 is at position 70000 (20000 bytes remaining in the sender window)\n")

	f = newFiles(t, 32)
	f.counter(0, stats.TypePublisherLimit, streamKey(1, 2, 3, "aeron:ipc"), "pub-lmt", 100)
	f.counter(1, stats.TypeSubscriberPosition, streamKey(4, 2, 3, "aeron:ipc"), "sub-pos", 30)
	f.counter(2, stats.TypePublisherPosition, streamKey(1, 2, 3, "aeron:ipc"), "pub-pos", 96)
	ipc := backlog(t, f)[0]
	require.Equal(t, "sessionId=2 streamId=3 channel=aeron:ipc : \n"+
		"┌─for publisher 1 the last sampled position is 96 (~4 bytes before back-pressure)\n"+
		"└─no sender", ipc.String())
	require.EqualValues(t, 66, ipc.Subscribers[0].Backlog)
	_, ok := ipc.SenderBacklog()
	require.False(t, ok)
}

func TestBacklog_groupsByStreamSessionAndChannel(t *testing.T) {
	f := newFiles(t, 32)
	long := strings.Repeat("c", 92)
	for id, key := range [][]byte{
		streamKey(1, 2, 3, "b"), streamKey(2, 1, 3, "b"), streamKey(3, 2, 3, "a"), streamKey(4, 2, 2, "b"),
		streamKey(5, 2, 3, "b"), streamKey(6, 0, 9, long), streamKey(7, 0, 9, long+"cut"),
		append(streamKey(8, 2, 3, "a")[:21], "left behind"...),
	} {
		f.counter(id, stats.TypeSubscriberPosition, key, "", int64(id))
	}
	f.counter(8, stats.TypePerImage, streamKey(8, 0, 8, "only an image's own"), "rcv-cc-cubic-rtt", 1)
	f.counter(9, stats.TypeSenderBackPressure, streamKey(9, 0, 7, "not a position"), "snd-bpe", 1)
	f.counter(10, 1000, streamKey(9, 0, 7, "an application's"), "x", 1)
	var got []string
	for _, s := range backlog(t, f) {
		ids := make([]byte, 0, 2)
		for _, sub := range s.Subscribers {
			require.Zero(t, sub.Backlog, "there is no other end to compare with")
			ids = append(ids, byte('0'+sub.RegistrationID))
		}
		got = append(got, s.Channel[:1]+":"+string(ids))
	}
	require.Equal(t, []string{"b:4", "b:2", "a:38", "b:15", "o:", "c:67"}, got)
	require.Equal(t, "sessionId=0 streamId=8 channel=only an image's own : ", backlog(t, f)[4].String())
}

func TestBacklog_ofImpossiblePositionsIsComputed(t *testing.T) {
	f := full(t)
	for id := 46; id <= 53; id++ {
		put64(f.value(id), 0, int64(math.MinInt64)>>(id&1)-int64(id&2))
	}
	require.Contains(t, backlog(t, f)[0].String(), "subscriber 12 has ")
}
