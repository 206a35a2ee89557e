package stats_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/stats"
)

func readErrors(log []byte) ([]stats.ErrorEntry, error) {
	return stats.ReadErrorLog(bytes.NewReader(log), int64(len(log)))
}

func TestErrors_giveEveryField(t *testing.T) {
	snap := full(t).open(t)
	all := slices.Collect(snap.Errors())
	require.Len(t, all, 2)
	require.Equal(t, 2, all[0].Count)
	require.Equal(t, time.UnixMilli(1700000001000).UTC(), all[0].First)
	require.Equal(t, time.UnixMilli(1700000002000).UTC(), all[0].Last)
	require.Equal(t, "(98) address already in use\n[bind, x.c:1] 127.0.0.1:1", all[0].Text)
	require.Equal(t, all[0].Text, all[0].RawText)
	require.Equal(t, "unknown host", all[1].Text)
	require.NoError(t, snap.Err())
}

func TestErrorsSince_leaveOutWhatIsOlder(t *testing.T) {
	snap := full(t).open(t)
	count := func(since time.Time) int { return len(slices.Collect(snap.ErrorsSince(since))) }
	require.Equal(t, 2, count(time.Time{}))
	require.Equal(t, 2, count(time.UnixMilli(1)))
	require.Equal(t, 2, count(time.UnixMilli(1700000002000)), "the first one was seen again then")
	require.Equal(t, 1, count(time.UnixMilli(1700000002001)))
	require.Equal(t, 1, count(time.UnixMilli(1700000003000)))
	require.Equal(t, 0, count(time.UnixMilli(1700000003001)))
	require.Equal(t, 0, count(time.Unix(1<<40, 0)))
}

func TestErrors_cleanTextButKeepItsLines(t *testing.T) {
	log := errorRecord(1, 1, 1, "a\n\tb \x1b]0;title\x07 \xff")
	all, err := readErrors(log)
	require.NoError(t, err)
	require.Equal(t, "a\n\tb �]0;title� �", all[0].Text)
	require.Equal(t, "a\n\tb \x1b]0;title\x07 \xff", all[0].RawText)
}

func TestErrors_endWhereTheLogDoes(t *testing.T) {
	record := errorRecord(1, 2, 3, "12345678")
	require.Len(t, record, 32)
	for name, c := range map[string]struct {
		log   []byte
		count int
	}{
		"no log":               {nil, 0},
		"less than a length":   {make([]byte, 7), 0},
		"all zero":             {make([]byte, 4096), 0},
		"full to the end":      {bytes.Repeat(record, 3), 3},
		"a little left":        {append(bytes.Repeat(record, 3), 0, 0, 0, 0), 3},
		"some left":            {append(bytes.Repeat(record, 3), make([]byte, 16)...), 3},
		"no text":              {errorRecord(1, 1, 1, ""), 1},
		"longer than a chunk":  {append(errorRecord(1, 1, 1, strings.Repeat("x", 100_000)), record...), 2},
		"across chunks' edges": {bytes.Repeat(errorRecord(1, 1, 1, strings.Repeat("y", 30_000)), 10), 10},
	} {
		all, err := readErrors(c.log)
		require.NoError(t, err, name)
		require.Len(t, all, c.count, name)
	}
}

func TestErrors_beforeDamageAreGiven(t *testing.T) {
	good := errorRecord(1, 2, 3, "good")
	for name, damage := range map[string]int32{
		"negative": -1, "least": math.MinInt32, "less than a header": 23, "beyond the log": 64, "greatest": math.MaxInt32,
	} {
		log := slices.Concat(good, errorRecord(1, 2, 3, "bad"))
		put32(log, len(good), damage)
		all, err := readErrors(log)
		require.ErrorIs(t, err, stats.ErrCorrupt, name)
		require.Len(t, all, 1, name)
		require.Equal(t, "good", all[0].Text)
	}
	f := full(t)
	put32(f.errorLog(), 0, 5)
	snap := f.open(t)
	require.Empty(t, slices.Collect(snap.Errors()))
	require.ErrorIs(t, snap.Err(), stats.ErrCorrupt)
	require.ErrorContains(t, snap.Err(), "read errors of")
	require.ErrorContains(t, snap.Err(), "cnc.dat")
	require.ErrorContains(t, snap.Err(), "record of 5 bytes at 0")
	counters, streams, _, losses := everything(snap)
	require.Equal(t, []int{55, 1, 2}, []int{counters, streams, losses}, "the rest can be read")
}

func TestErrors_haveTimesThatCanBeShown(t *testing.T) {
	for _, ms := range []int64{0, -1, math.MinInt64, math.MaxInt64, 253402300800000} {
		all, err := readErrors(errorRecord(1, ms, ms, "x"))
		require.NoError(t, err)
		require.True(t, all[0].First.IsZero())
		require.True(t, all[0].Last.IsZero())
		_, err = all[0].Last.MarshalJSON()
		require.NoError(t, err)
	}
	all, err := readErrors(errorRecord(1, 253402300799999, 1, "x"))
	require.NoError(t, err)
	_, err = all[0].Last.MarshalJSON()
	require.NoError(t, err)
}

func TestErrors_areReadUpToALimit(t *testing.T) {
	const length = 1 << 31
	all, err := stats.ReadErrorLog(pattern(errorRecord(1, 1, 1, "")), length)
	require.ErrorIs(t, err, stats.ErrLimit)
	require.Len(t, all, stats.MaxEntries)

	all, err = stats.ReadErrorLog(pattern(errorRecord(1, 1, 1, strings.Repeat("x", 1<<20))), length)
	require.ErrorIs(t, err, stats.ErrLimit)
	require.Len(t, all, 64)

	long := make([]byte, 1<<20+100) // repeats itself in a place where nobody looks
	put32(long, 0, 1<<30)
	all, err = stats.ReadErrorLog(pattern(long), 1<<30)
	require.ErrorIs(t, err, stats.ErrLimit)
	require.Len(t, all, 1)
	require.Len(t, all[0].RawText, stats.MaxTextLength)
}

func TestErrors_ofAFileThatIsCutMeanwhile(t *testing.T) {
	log := bytes.Repeat(errorRecord(1, 2, 3, strings.Repeat("x", 1000)), 200)
	for _, length := range []int{0, 1, 1023, 65535, 65536, 100_000, len(log) - 1} {
		all, err := stats.ReadErrorLog(bytes.NewReader(log[:length]), int64(len(log)))
		require.ErrorIs(t, err, stats.ErrTooShort, length)
		require.Less(t, len(all), 200)
	}
}
