package stats_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/stats"
)

// key is a counter of a type with the numbers of its key, one behind the other, and a text.
func key(typeID int32, parts ...any) stats.Counter {
	c := stats.Counter{TypeID: typeID}
	var bytes []byte
	for _, part := range parts {
		switch p := part.(type) {
		case string:
			bytes = append(bytes, p...)
		case int32:
			bytes = binary.LittleEndian.AppendUint32(bytes, uint32(p))
		case int64:
			bytes = binary.LittleEndian.AppendUint64(bytes, uint64(p))
		}
	}
	copy(c.Key[:], bytes)
	return c
}

func TestCounter_archive(t *testing.T) {
	const source = "127.0.0.1:40123"
	for name, test := range map[string]struct {
		counter stats.Counter
		want    stats.Archive
	}{
		"errors":          {key(101, int64(7)), stats.Archive{ID: 7, RecordingID: -1}},
		"replay sessions": {key(112, int64(-7)), stats.Archive{ID: -7, RecordingID: -1}},
		"control session": {key(113, int64(7), int64(8)), stats.Archive{ID: 7, ControlSessionID: 8, RecordingID: -1}},
		"recording": {
			key(100, int64(3), int32(-4), int32(len(source)), source, int64(9)),
			stats.Archive{ID: 9, RecordingID: 3, SessionID: -4, Source: source},
		},
		"recording of nobody": {key(100, int64(3), int32(-4), int32(0), int64(9)), stats.Archive{ID: 9, RecordingID: 3, SessionID: -4}},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := test.counter.Archive()
			require.True(t, ok)
			require.Equal(t, test.want, got)
			_, ok = test.counter.Cluster()
			require.False(t, ok)
		})
	}
	for _, length := range []int32{-1, math.MinInt32, math.MaxInt32, 112, 89} {
		_, ok := key(100, int64(3), int32(-4), length).Archive()
		require.False(t, ok, "a source of %d bytes", length)
	}
	for _, typeID := range []int32{-1, 0, 11, 99, 114, 199, 200, 241, 7101} {
		_, ok := key(typeID).Archive()
		require.False(t, ok, "%d", typeID)
	}
}

func TestCounter_cluster(t *testing.T) {
	for name, test := range map[string]struct {
		counter stats.Counter
		want    stats.Cluster
	}{
		"node role":        {key(201, int32(5), int32(6)), stats.Cluster{ID: 5, ServiceID: -1}},
		"backup errors":    {key(211, int32(5)), stats.Cluster{ID: 5, ServiceID: -1}},
		"service errors":   {key(215, int32(5), int32(2)), stats.Cluster{ID: 5, ServiceID: 2}},
		"service cycle":    {key(218, int32(5), int32(0)), stats.Cluster{ID: 5}},
		"client's session": {key(241, int32(5), int64(1<<40)), stats.Cluster{ID: 5, ServiceID: -1, SessionID: 1 << 40}},
		"recovery": {
			key(204, int64(11), int64(4096), int64(1), int32(5), int32(2), int64(77)),
			stats.Cluster{ID: 5, ServiceID: -1, LeadershipTermID: 11, LogPosition: 4096, Services: 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := test.counter.Cluster()
			require.True(t, ok)
			require.Equal(t, test.want, got)
			_, ok = test.counter.Archive()
			require.False(t, ok)
		})
	}
	for _, typeID := range []int32{0, 100, 199, 206, 225, 242, 7101} {
		_, ok := key(typeID).Cluster()
		require.False(t, ok, "%d", typeID)
	}
}
