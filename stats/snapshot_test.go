package stats_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

func TestOpen_saysWhatIsWrong(t *testing.T) {
	write := func(name string, b []byte) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
		}
	}
	damaged := func(change func(*cnctest.Spec)) func(t *testing.T, dir string) {
		spec := cnctest.Valid(time.Now())
		change(&spec)
		return func(t *testing.T, dir string) { spec.Write(t, dir) }
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, dir string)
		want error
	}{
		"empty directory": {func(*testing.T, string) {}, stats.ErrNotFound},
		"also fs":         {func(*testing.T, string) {}, fs.ErrNotExist},
		"only a loss report": {
			write(stats.LossReportFile, lossRecord(1, 1, 1, 1, 1, 1, "", "")), stats.ErrNotFound,
		},
		"empty file":       {write(cncfile.FileName, nil), stats.ErrTooShort},
		"header only":      {write(cncfile.FileName, make([]byte, 128)), stats.ErrTooShort},
		"all zero":         {write(cncfile.FileName, make([]byte, 4096)), stats.ErrNotReady},
		"starting":         {func(t *testing.T, dir string) { cnctest.Starting().Write(t, dir) }, stats.ErrNotReady},
		"other version":    {damaged(func(s *cnctest.Spec) { s.Version = 1 << 16 }), stats.ErrVersion},
		"no version":       {damaged(func(s *cnctest.Spec) { s.Version = -7 }), stats.ErrVersion},
		"shortened":        {damaged(func(s *cnctest.Spec) { s.FileLength = 8192 }), stats.ErrTooShort},
		"also corrupt":     {damaged(func(s *cnctest.Spec) { s.FileLength = 8192 }), stats.ErrCorrupt},
		"negative length":  {damaged(func(s *cnctest.Spec) { s.ErrorLogLength = -1; s.FileLength = 1 << 16 }), stats.ErrCorrupt},
		"too few metadata": {damaged(func(s *cnctest.Spec) { s.CounterMetadataLength = 4096 }), stats.ErrCorrupt},
		"a directory": {func(t *testing.T, dir string) {
			require.NoError(t, os.Mkdir(filepath.Join(dir, cncfile.FileName), 0o700))
		}, stats.ErrNotRegular},
		"a device behind a link": {func(t *testing.T, dir string) {
			require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, cncfile.FileName)))
		}, stats.ErrNotRegular},
	} {
		t.Run(name, func(t *testing.T) {
			dir := cnctest.Dir(t)
			c.make(t, dir)
			snap, err := stats.Open(dir)
			require.Nil(t, snap)
			require.ErrorIs(t, err, c.want)
			var e *stats.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, filepath.Join(dir, cncfile.FileName), e.Path)
			require.ErrorContains(t, err, "stats: open "+e.Path+": ")
		})
	}
	for _, dir := range []string{"", "no\x00name"} {
		_, err := stats.Open(dir)
		require.ErrorContains(t, err, "stats: open")
	}
	_, err := stats.Open(filepath.Join(cnctest.Dir(t), "missing"))
	require.ErrorIs(t, err, stats.ErrNotFound)
	var version *stats.VersionError
	f := newFiles(t, 32)
	put32(f.cnc, 0, 3<<16)
	_, err = stats.Open(f.write(t))
	require.ErrorAs(t, err, &version)
	require.Equal(t, 3, version.File.Major())
}

func TestOpen_takesADirectoryBehindALink(t *testing.T) {
	dir := full(t).write(t)
	link := filepath.Join(cnctest.Dir(t), "link")
	require.NoError(t, os.Symlink(dir, link))
	snap, err := stats.Open(link)
	require.NoError(t, err)
	require.Equal(t, link, snap.Info().Dir)
}

func TestOpen_needsNoMoreThanTheRightToRead(t *testing.T) {
	if dir, child := cnctest.ChildArgument(); child {
		lookWithoutTheRightToWrite(t, dir)
		return
	}
	f := full(t)
	dir := f.write(t)
	writeLog(t, dir, "publications", 7, logOf(1024))
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		mode := fs.FileMode(0o444)
		if e.IsDir() {
			mode = 0o555
		}
		return errors.Join(err, os.Chmod(path, mode))
	}))
	cnctest.Unprivileged(t, dir, func(dir string) { lookWithoutTheRightToWrite(t, dir) })
	after, err := os.ReadFile(filepath.Join(dir, cncfile.FileName))
	require.NoError(t, err)
	require.Equal(t, f.cnc, after, "it is only read")
	for _, d := range []string{dir, filepath.Join(dir, "publications")} {
		require.NoError(t, os.Chmod(d, 0o700)) // for its removal
	}
}

func lookWithoutTheRightToWrite(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{cncfile.FileName, stats.LossReportFile, "publications/7.logbuffer"} {
		_, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
		require.ErrorIs(t, err, fs.ErrPermission, "or this shows nothing")
	}
	snap, err := stats.Open(dir)
	require.NoError(t, err)
	require.NoError(t, snap.Err())
	require.NoError(t, snap.Refresh())
	counters, _, failures, losses := everything(snap)
	require.Positive(t, counters)
	require.Positive(t, failures)
	require.Positive(t, losses)
	explained := 0
	for e := range stats.ExplainWithoutProcesses(snap) {
		require.Positive(t, e.Window, "its log has been read")
		explained++
	}
	require.Positive(t, explained)
	require.NoError(t, snap.Close())
	events, err := stats.OpenEvents(dir)
	require.NoError(t, err)
	require.NoError(t, events.Close())
}

func TestInfo_givesEveryField(t *testing.T) {
	f := full(t)
	dir := f.write(t)
	before := time.Now()
	snap, err := stats.Open(dir)
	require.NoError(t, err)
	info := snap.Info()
	require.WithinRange(t, info.Taken, before, time.Now())
	require.InDelta(t, float64(info.Taken.Sub(info.Heartbeat)), float64(info.HeartbeatAge), float64(time.Millisecond))
	require.Equal(t, stats.Info{
		Dir: dir, Taken: info.Taken, PID: int64(os.Getpid()), CnCVersion: 2 << 8,
		AeronVersion: 1<<16 | 54<<8, AeronSoftware: "version=1.54.0 commit=abcdef",
		Heartbeat: time.UnixMilli(f.spec.HeartbeatMillis).UTC(), HeartbeatAge: info.HeartbeatAge, Active: true,
		StartTime: time.UnixMilli(f.spec.StartMillis).UTC(), ClientLivenessTimeout: 10 * time.Second, PageSize: 4096,
		ToDriverLength: 4096 + 768, ToClientsLength: 4096 + 128,
		CounterMetadataLength: 64 * 512, CounterValuesLength: 64 * 128, ErrorLogLength: 4096,
		CnCLength: int64(len(f.cnc)), LossReportLength: int64(len(f.loss)),
		CounterCapacity: 64, CountersAllocated: 55,
	}, info)
	require.Equal(t, "1.54.0", info.AeronVersion.String())
	require.Equal(t, "0.2.0", info.CnCVersion.String())
}

func TestInfo_judgesTheHeartbeat(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		millis         int64
		active, closed bool
		within         time.Duration // the shortest timeout, roughly, by which it lives
	}{
		"alive":      {millis: now.UnixMilli(), active: true, within: time.Minute},
		"silent":     {millis: now.Add(-time.Minute).UnixMilli(), within: 2 * time.Minute},
		"in advance": {millis: now.Add(time.Hour).UnixMilli(), active: true, within: 0},
		"closed":     {millis: -1, closed: true},
		"not begun":  {millis: 0},
		"nonsense":   {millis: -2},
		"no year":    {millis: 1 << 62},
	} {
		spec := cnctest.Valid(now)
		spec.HeartbeatMillis = c.millis
		info := filesOf(t, spec).open(t).Info()
		require.Equal(t, c.active, info.Active, name)
		require.Equal(t, c.closed, info.Closed, name)
		require.Equal(t, c.active || c.within > 0, info.ActiveWithin(c.within), name)
		if info.Heartbeat.IsZero() {
			require.Zero(t, info.HeartbeatAge, name)
		}
	}
}

func TestInfo_ofADriverThatDoesNotTellItsVersion(t *testing.T) {
	for value, want := range map[int64]string{1<<16 | 54<<8 | 3: "1.54.3", 0: "0.0.0", -1: "0.0.0", 1 << 40: "0.0.0"} {
		f := newFiles(t, 64)
		f.counter(0, stats.TypeSystem, []byte{34}, "no colon", value)
		info := f.open(t).Info()
		require.Equal(t, want, info.AeronVersion.String())
		require.Empty(t, info.AeronSoftware)
	}
	info := newFiles(t, 32).open(t).Info()
	require.Zero(t, info.AeronVersion)
	require.Empty(t, info.AeronSoftware)
}

func TestRefresh_followsARestartedDriver(t *testing.T) {
	f := full(t)
	dir := f.write(t)
	snap, err := stats.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, snap.Close()) }()

	require.NoError(t, os.RemoveAll(filepath.Join(dir, cncfile.FileName)))
	require.ErrorIs(t, snap.Refresh(), stats.ErrNotFound)
	require.Len(t, slices.Collect(snap.Counters()), 55, "what was read remains")

	cnctest.Starting().Write(t, dir)
	require.ErrorIs(t, snap.Refresh(), stats.ErrNotReady)

	again := newFiles(t, 96) // with other lengths
	again.counter(0, 1000, nil, "new", 1)
	again.writeTo(t, dir)
	require.NoError(t, snap.Refresh())
	require.Len(t, slices.Collect(snap.Counters()), 1)
	require.Equal(t, 96, snap.Info().CounterCapacity)
}

func TestClose_leavesWhatWasRead(t *testing.T) {
	snap := full(t).open(t)
	require.NoError(t, snap.Close())
	require.NoError(t, snap.Close())
	counters, streams, errs, losses := everything(snap)
	require.Equal(t, []int{55, 1, 2, 2}, []int{counters, streams, errs, losses})
	err := snap.Refresh()
	require.ErrorIs(t, err, stats.ErrClosed)
	require.ErrorIs(t, err, fs.ErrClosed)
	require.ErrorContains(t, err, snap.Info().Dir)
}

func TestSnapshot_holdsNoFileOpen(t *testing.T) {
	count := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		if errors.Is(err, fs.ErrNotExist) {
			return 0 // not on this system
		}
		require.NoError(t, err)
		return len(fds)
	}
	dir := full(t).write(t)
	broken := newFiles(t, 32)
	broken.cnc = broken.cnc[:8192]
	bad := broken.write(t)
	before := count()
	for range 20 {
		_, err := stats.Open(dir)
		require.NoError(t, err)
		_, err = stats.Open(bad)
		require.ErrorIs(t, err, stats.ErrTooShort)
	}
	require.Equal(t, before, count())
}

func TestSnapshot_isForSeveralGoroutines(t *testing.T) {
	f := full(t)
	dir := f.write(t)
	snap, err := stats.Open(dir)
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				if err := snap.Refresh(); err != nil && !errors.Is(err, stats.ErrClosed) {
					t.Errorf("refresh: %v", err)
				}
			}
		})
		all.Go(func() {
			for range 50 {
				if counters, _, _, _ := everything(snap); counters != 55 {
					t.Errorf("%d counters", counters)
				}
				_ = snap.Info()
				_ = snap.Err()
				_, _ = snap.Find(stats.TypeSubscriberPosition, 11)
			}
		})
	}
	all.Wait()
	all.Go(func() { _ = snap.Close() })
	all.Go(func() { _ = snap.Refresh() })
	all.Wait()
}

func TestError_namesWhatAndWhere(t *testing.T) {
	e := &stats.Error{Op: "open", Path: "d/cnc.dat", Err: stats.ErrNotReady}
	require.Equal(t, fmt.Sprintf("stats: open d/cnc.dat: %v", stats.ErrNotReady), e.Error())
	require.ErrorIs(t, e, stats.ErrNotReady)
}
