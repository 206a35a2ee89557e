package stats_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

// FuzzCounters takes what decides how counters are read, 48 bytes for each: state, type, label's length, the begin of the key and that
// of the label. Whole records would be so long that the fuzzer would only be busy shortening them.
func FuzzCounters(f *testing.F) {
	const compact = 48
	le := binary.LittleEndian
	counter := func(state, typeID, labelLength int32, key []byte, label string) []byte {
		b := make([]byte, compact)
		put32(b, 0, state)
		put32(b, 4, typeID)
		put32(b, 8, labelLength)
		copy(b[12:32], key)
		copy(b[32:], label)
		return b
	}
	key := streamKey(1, 2, 3, strings.Repeat("c", 92))
	f.Add(slices.Concat(counter(1, 1, 10, key, "pub-lmt: 1"), counter(-1, 1, 10, key, "freed"), counter(1, 4, 500, key, "\xff\x1b")))
	f.Add(slices.Concat(counter(1, 11, 380, key, "x name= version="), counter(1, 14, -1, key, ""), counter(0, 0, 0, nil, "")))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		capacity := min(len(b)/compact, 300)
		file := make([]byte, capacity*(metadataSize+valueSize))
		for i := range capacity {
			from, to := b[i*compact:][:compact], file[i*metadataSize:][:metadataSize]
			copy(to, from[:8])
			copy(to[keyAt:], from[12:32])
			put32(to, labelLenAt, int32(le.Uint32(from[8:])))
			for at := labelAt; at < metadataSize; at += 16 {
				copy(to[at:], from[32:])
			}
			copy(file[capacity*metadataSize+i*valueSize:][:valueSize], from)
		}
		counters, problems, err := stats.ReadCounters(bytes.NewReader(file), 0, int64(capacity*metadataSize), capacity)
		require.NoError(t, err, "all of it is there")
		require.LessOrEqual(t, len(counters), capacity)
		for i, c := range counters {
			require.True(t, utf8.ValidString(c.Label))
			require.LessOrEqual(t, len(c.RawLabel), 380)
			require.True(t, i == 0 || counters[i-1].ID < c.ID)
			if key, ok := c.Stream(); ok {
				require.True(t, utf8.ValidString(key.Channel))
			}
			_, _ = c.Channel()
			_, _, _ = c.LocalAddress()
			_, _ = c.SystemID()
			_, _ = c.Client()
		}
		for _, s := range stats.BacklogOf(counters) {
			require.True(t, utf8.ValidString(s.String()))
		}
		require.LessOrEqual(t, len(problems), 4)
	})
}

func FuzzErrorLog(f *testing.F) {
	f.Add(slices.Concat(errorRecord(1, 2, 3, "one"), errorRecord(4, 5, 6, "two\nlines"), make([]byte, 64)))
	f.Add(errorRecord(-1, -1, -1, "\xff\x1b"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, log []byte) {
		entries, err := readErrors(log)
		require.True(t, err == nil || len(err.Error()) > 0)
		require.LessOrEqual(t, len(entries), len(log)/24)
		total := 0
		for _, e := range entries {
			require.True(t, utf8.ValidString(e.Text))
			total += 24 + len(e.RawText)
			_, err := e.Last.MarshalText()
			require.NoError(t, err)
		}
		require.LessOrEqual(t, total, len(log))
	})
}

func FuzzLossReport(f *testing.F) {
	f.Add(slices.Concat(lossRecord(1, 2, 3, 4, 5, 6, "channel", "source"), lossRecord(1, 2, 3, 4, 5, 6, "", "")))
	f.Add(lossRecord(0, 2, 3, 4, 5, 6, "x", "y"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, report []byte) {
		entries, err := readLoss(report)
		if err != nil {
			require.ErrorIs(t, err, stats.ErrCorrupt)
		}
		total := 0
		for _, e := range entries {
			require.Positive(t, e.ObservationCount)
			require.True(t, utf8.ValidString(e.Channel))
			require.True(t, utf8.ValidString(e.Source))
			total += 48 + len(e.RawChannel) + len(e.RawSource)
		}
		require.LessOrEqual(t, total, len(report))
	})
}

// FuzzInfo takes whole files.
func FuzzInfo(f *testing.F) {
	small := cnctest.Valid(time.Now())
	small.ToDriverLength, small.ToClientsLength = 64+768, 64+128
	small.CounterValuesLength, small.CounterMetadataLength, small.ErrorLogLength = 256, 1024, 128
	for _, spec := range []cnctest.Spec{small, cnctest.Closed(), cnctest.Starting()} {
		f.Add(spec.Bytes())
	}
	f.Add(make([]byte, 129))
	dir := cnctest.Dir(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		cnctest.WriteBytes(t, dir, file)
		snap, err := stats.Open(dir)
		if err != nil {
			require.True(t, known(err), "%v", err)
			return
		}
		info := snap.Info()
		require.EqualValues(t, len(file), info.CnCLength)
		require.LessOrEqual(t, info.CountersAllocated, info.CounterCapacity)
		_, err = info.Heartbeat.MarshalText()
		require.NoError(t, err)
		_, err = info.StartTime.MarshalText()
		require.NoError(t, err)
		everything(snap)
		if err := snap.Err(); err != nil {
			require.True(t, known(err), "%v", err)
		}
	})
}

func FuzzEvent(f *testing.F) {
	for kind := int32(0x0F01); kind <= 0x0F0E; kind++ {
		f.Add(kind, availableImage("127.0.0.1:5")[8:])
	}
	f.Add(int32(0x0F01), []byte{1})
	f.Fuzz(func(t *testing.T, kind int32, body []byte) {
		e, ok := stats.DecodeEvent(kind, body)
		require.Equal(t, ok, e.Kind != "" && len(body) >= 8)
		require.True(t, utf8.ValidString(e.Text+e.Channel+e.Source))
		require.LessOrEqual(t, len(e.Text)+len(e.Channel)+len(e.Source), 3*len(body), "U+FFFD has three bytes")
	})
}

// FuzzLog takes the metadata of a log and the begin of its first term.
func FuzzLog(f *testing.F) {
	log := logOf(1024)
	frames(log, 0, 1024, 96)
	f.Add(log[3*termSize:][:512], log[:256], int64(0), int64(256))
	f.Add(make([]byte, 512), []byte{}, int64(-32), int64(1)<<62)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, metadata, frames []byte, from, to int64) {
		b := logOf(0)
		copy(b[3*termSize:], metadata)
		copy(b[:termSize], frames)
		writeLog(t, dir, "publications", 1, b)
		n, ok, err := stats.CountMessages(dir, 1, from, to, 1<<20)
		if err != nil {
			require.ErrorIs(t, err, stats.ErrCorrupt)
			return
		}
		require.GreaterOrEqual(t, n, int64(0))
		require.True(t, !ok || n <= (to-from)/32)
	})
}
