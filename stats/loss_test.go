package stats_test

import (
	"bytes"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/stats"
)

func readLoss(report []byte) ([]stats.LossEntry, error) {
	return stats.ReadLossReport(bytes.NewReader(report), int64(len(report)))
}

func TestLoss_givesEveryField(t *testing.T) {
	f := full(t)
	snap := f.open(t)
	all := slices.Collect(snap.Loss())
	require.Len(t, all, 2)
	require.Equal(t, stats.LossEntry{
		ObservationCount: 3, TotalBytesLost: 4096,
		First: time.UnixMilli(1700000001000).UTC(), Last: time.UnixMilli(1700000002000).UTC(),
		SessionID: -5, StreamID: 10,
		Channel: "aeron:udp?endpoint=127.0.0.1:40123", Source: "127.0.0.1:5555",
		RawChannel: "aeron:udp?endpoint=127.0.0.1:40123", RawSource: "127.0.0.1:5555",
	}, all[0])
	require.Equal(t, "10.0.0.7:9", all[1].Source)
	require.EqualValues(t, len(f.loss), snap.Info().LossReportLength)
	require.NoError(t, snap.Err())
}

func TestLoss_withoutAReportIsNone(t *testing.T) {
	f := full(t)
	f.loss = nil
	snap := f.open(t)
	require.Empty(t, slices.Collect(snap.Loss()))
	require.Zero(t, snap.Info().LossReportLength)
	require.NoError(t, snap.Err())
}

// Channel and source of all lengths: they are padded, each in its way.
func TestLoss_findsTheNextRecordBehindAnyText(t *testing.T) {
	for n := range 140 {
		channel, source := strings.Repeat("c", n), strings.Repeat("s", (n*7)%65)
		report := slices.Concat(
			lossRecord(1, 2, 3, 4, 5, 6, channel, source),
			lossRecord(7, 8, 9, 10, 11, 12, "last", source),
		)
		all, err := readLoss(report)
		require.NoError(t, err)
		require.Len(t, all, 2, n)
		require.Equal(t, channel, all[0].Channel)
		require.Equal(t, source, all[0].Source)
		require.Equal(t, "last", all[1].Channel)
		require.Equal(t, source, all[1].Source)
	}
}

func TestLoss_endsWhereTheReportDoes(t *testing.T) {
	record := lossRecord(1, 2, 3, 4, 5, 6, "channel", "source")
	for name, c := range map[string]struct {
		report []byte
		count  int
	}{
		"empty":          {nil, 0},
		"short":          {make([]byte, 39), 0},
		"all zero":       {make([]byte, 4096), 0},
		"full":           {bytes.Repeat(record, 2), 2},
		"a little left":  {append(bytes.Repeat(record, 2), 1, 2, 3), 2},
		"not yet padded": {record[:40+4+8+4+6], 1},
		"being made":     {slices.Concat(record, lossRecord(0, 9, 9, 9, 9, 9, "x", "y")), 1},
		"negative count": {slices.Concat(record, lossRecord(-1, 9, 9, 9, 9, 9, "x", "y")), 1},
		"many chunks":    {bytes.Repeat(record, 3000), 3000},
	} {
		all, err := readLoss(c.report)
		require.NoError(t, err, name)
		require.Len(t, all, c.count, name)
	}
}

func TestLoss_beforeDamageIsGiven(t *testing.T) {
	good := lossRecord(1, 2, 3, 4, 5, 6, "channel", "source")
	for name, damage := range map[string]func(bad []byte) []byte{
		"negative channel length": func(b []byte) []byte { put32(b, 40, -1); return b },
		"least channel length":    func(b []byte) []byte { put32(b, 40, math.MinInt32); return b },
		"greatest channel length": func(b []byte) []byte { put32(b, 40, math.MaxInt32); return b },
		"channel beyond the end":  func(b []byte) []byte { put32(b, 40, 85); return b },
		"channel to the end":      func(b []byte) []byte { put32(b, 40, 84); return b },
		"negative source length":  func(b []byte) []byte { put32(b, 52, -1); return b },
		"greatest source length":  func(b []byte) []byte { put32(b, 52, math.MaxInt32); return b },
		"source beyond the end":   func(b []byte) []byte { put32(b, 52, 73); return b },
		"ends before the channel": func(b []byte) []byte { return b[:43] },
		"ends before the source":  func(b []byte) []byte { return b[:52] },
	} {
		bad := lossRecord(1, 2, 3, 4, 5, 6, "channel", "source")
		require.Len(t, bad, 64)
		bad = damage(append(bad, make([]byte, 64)...)[:128:128])
		all, err := readLoss(slices.Concat(good, bad))
		require.ErrorIs(t, err, stats.ErrCorrupt, name)
		require.ErrorContains(t, err, stats.LossReportFile, name)
		require.Len(t, all, 1, name)
	}
}

func TestLoss_isReadUpToALimit(t *testing.T) {
	all, err := stats.ReadLossReport(pattern(lossRecord(1, 1, 1, 1, 1, 1, "c", "s")), 1<<31)
	require.ErrorIs(t, err, stats.ErrLimit)
	require.Len(t, all, stats.MaxEntries)

	big := lossRecord(1, 1, 1, 1, 1, 1, strings.Repeat("c", 1<<21), "source")
	all, err = stats.ReadLossReport(pattern(big), int64(2*len(big)))
	require.ErrorIs(t, err, stats.ErrLimit)
	require.Len(t, all, 2)
	require.Len(t, all[0].RawChannel, stats.MaxTextLength)
	require.Equal(t, "source", all[1].Source)

	all, err = stats.ReadLossReport(pattern(big), 1<<31)
	require.ErrorIs(t, err, stats.ErrLimit)
	require.Less(t, len(all), 70)
}

func TestLoss_cleansText(t *testing.T) {
	all, err := readLoss(lossRecord(1, 2, 3, 4, 5, 6, "a\x1b\n", "b\xff"))
	require.NoError(t, err)
	require.Equal(t, "a��", all[0].Channel)
	require.Equal(t, "b�", all[0].Source)
	require.Equal(t, "a\x1b\n", all[0].RawChannel)
	require.Equal(t, "b\xff", all[0].RawSource)
}

// A loss report that cannot be read costs only itself.
func TestLoss_ofAnUnreadableReportIsReported(t *testing.T) {
	for name, c := range map[string]struct {
		make func(path string) error
		want error
	}{
		"a directory": {func(path string) error { return os.Mkdir(path, 0o700) }, stats.ErrNotRegular},
		"a link":      {func(path string) error { return os.Symlink("/dev/zero", path) }, stats.ErrNotRegular},
		"damaged": {func(path string) error {
			b := lossRecord(1, 2, 3, 4, 5, 6, "channel", "source")
			put32(b, 40, -1)
			return os.WriteFile(path, b, 0o600)
		}, stats.ErrCorrupt},
	} {
		f := full(t)
		f.loss = nil
		dir := f.write(t)
		path := filepath.Join(dir, stats.LossReportFile)
		require.NoError(t, c.make(path))
		snap, err := stats.Open(dir)
		require.NoError(t, err, name)
		require.ErrorIs(t, snap.Err(), c.want, name)
		var e *stats.Error
		require.ErrorAs(t, snap.Err(), &e)
		require.Equal(t, path, e.Path)
		require.NotErrorIs(t, snap.Err(), fs.ErrNotExist)
		require.Empty(t, slices.Collect(snap.Loss()))
		require.Len(t, slices.Collect(snap.Counters()), 55)
	}
}
