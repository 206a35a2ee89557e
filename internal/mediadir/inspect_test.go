//go:build linux || darwin

package mediadir_test

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

func TestInspect_tellsTheStates(t *testing.T) {
	valid := cnctest.Valid(time.Now())
	old := cnctest.Valid(time.Now().Add(-longAgo))
	never := cnctest.Starting()
	otherVersion := old
	otherVersion.Version = 0x090000
	for name, c := range map[string]struct {
		make  func(t testing.TB) *fixture
		want  mediadir.State
		words string
	}{
		"no directory":      {none, mediadir.Missing, "no such directory"},
		"nothing in it":     {empty, mediadir.Empty, "empty"},
		"a living driver":   {alive, mediadir.Active, "heartbeat"},
		"a dead driver":     {dead, mediadir.Dead, "more than the driver timeout of 10s"},
		"a closed driver":   {func(t testing.TB) *fixture { return driver(t, cnctest.Closed(), 0) }, mediadir.Dead, "has closed"},
		"no heartbeat ever": {func(t testing.TB) *fixture { s := valid; s.HeartbeatMillis = 0; return driver(t, s, 0) }, mediadir.Dead, "no heartbeat: 0"},
		"heartbeat of nonsense": {func(t testing.TB) *fixture {
			s := valid
			s.HeartbeatMillis = math.MinInt64
			return driver(t, s, 0)
		}, mediadir.Dead, "no heartbeat: -9223372036854775808"},
		"heartbeat in the future": {func(t testing.TB) *fixture {
			return driver(t, cnctest.Valid(time.Now().Add(longAgo)), 0)
		}, mediadir.Active, "in the future"},
		"heartbeat at the end of time": {func(t testing.TB) *fixture {
			s := valid
			s.HeartbeatMillis = math.MaxInt64
			return driver(t, s, 0)
		}, mediadir.Active, "in the future"},
		"an old file, but a heartbeat":  {func(t testing.TB) *fixture { return driver(t, valid, longAgo) }, mediadir.Active, "heartbeat"},
		"a living driver, foreign file": {func(t testing.TB) *fixture { return alive(t).write("thesis.txt", "!") }, mediadir.Active, "heartbeat"},
		"version 0, fresh":              {func(t testing.TB) *fixture { return driver(t, never, 0) }, mediadir.Starting, "is not ready"},
		"version 0, foreign file":       {func(t testing.TB) *fixture { return driver(t, never, 0).write("x", "") }, mediadir.Starting, "is not ready"},
		"version 0, old":                {func(t testing.TB) *fixture { return driver(t, never, longAgo) }, mediadir.Dead, "never became ready"},
		"no cnc.dat, fresh":             {func(t testing.TB) *fixture { return dead(t).remove("cnc.dat") }, mediadir.Starting, "there is no cnc.dat"},
		"no cnc.dat, old":               {func(t testing.TB) *fixture { return dead(t).remove("cnc.dat").age(longAgo) }, mediadir.Dead, "without cnc.dat"},
		"only its directories, fresh":   {func(t testing.TB) *fixture { return empty(t).mkdir("publications").mkdir("images") }, mediadir.Starting, "may be starting"},
		"only one directory, old":       {func(t testing.TB) *fixture { return empty(t).mkdir("images").age(longAgo) }, mediadir.Dead, "unchanged for 1h"},
		"cnc.dat of length 0, fresh":    {func(t testing.TB) *fixture { return driverBytes(t, nil, 0) }, mediadir.Starting, "is empty"},
		"cnc.dat of length 0, old":      {func(t testing.TB) *fixture { return driverBytes(t, nil, longAgo) }, mediadir.Corrupt, "not usable"},
		"cnc.dat cut short, fresh":      {func(t testing.TB) *fixture { return driverBytes(t, valid.Bytes()[:64], 0) }, mediadir.Corrupt, "not usable"},
		"cnc.dat cut short, old":        {func(t testing.TB) *fixture { return driverBytes(t, valid.Bytes()[:4096], longAgo) }, mediadir.Corrupt, "not usable"},
		"cnc.dat of another version":    {func(t testing.TB) *fixture { return driver(t, otherVersion, longAgo) }, mediadir.Corrupt, "not usable"},
		"a foreign file":                {func(t testing.TB) *fixture { return empty(t).write("thesis.txt", "!") }, mediadir.Foreign, `"thesis.txt"`},
		"dead, and a foreign file":      {func(t testing.TB) *fixture { return dead(t).write("thesis.txt", "!") }, mediadir.Foreign, `"thesis.txt"`},
		"damaged, and a foreign file": {func(t testing.TB) *fixture {
			return driverBytes(t, valid.Bytes()[:64], longAgo).write("a", "").write("b", "")
		}, mediadir.Foreign, `"a"`},
		"a foreign directory":         {func(t testing.TB) *fixture { return dead(t).mkdir("archive") }, mediadir.Foreign, `"archive"`},
		"a foreign log":               {func(t testing.TB) *fixture { return dead(t).write("publications/x.logbuffer", "") }, mediadir.Foreign, `"publications/x.logbuffer"`},
		"a log with a number too big": {func(t testing.TB) *fixture { return dead(t).write("images/12345678901234567890.logbuffer", "") }, mediadir.Foreign, `"images/`},
		"a directory for a log":       {func(t testing.TB) *fixture { return dead(t).mkdir("images/7.logbuffer") }, mediadir.Foreign, `"images/7.logbuffer"`},
		"a link for a log":            {func(t testing.TB) *fixture { return dead(t).link("images/7.logbuffer", "/dev/null") }, mediadir.Foreign, `"images/7.logbuffer"`},
		"a log in the wrong place":    {func(t testing.TB) *fixture { return dead(t).write("7.logbuffer", "") }, mediadir.Foreign, `"7.logbuffer"`},
		"a file for a directory":      {func(t testing.TB) *fixture { return dead(t).remove("images").write("images", "") }, mediadir.Foreign, `"images"`},
		"a link for a directory":      {func(t testing.TB) *fixture { return dead(t).remove("images").link("images", "publications") }, mediadir.Foreign, `"images"`},
		"a directory for a file":      {func(t testing.TB) *fixture { return dead(t).remove("loss-report.dat").mkdir("loss-report.dat") }, mediadir.Foreign, `"loss-report.dat"`},
		"a directory for cnc.dat":     {func(t testing.TB) *fixture { return empty(t).mkdir("cnc.dat") }, mediadir.Foreign, `"cnc.dat"`},
		"a link for cnc.dat":          {func(t testing.TB) *fixture { return dead(t).remove("cnc.dat").link("cnc.dat", "/dev/zero") }, mediadir.Foreign, `"cnc.dat"`},
		"a fifo for cnc.dat": {func(t testing.TB) *fixture {
			f := dead(t).remove("cnc.dat")
			require.NoError(t, syscall.Mkfifo(f.path("cnc.dat"), 0o600))
			return f
		}, mediadir.Foreign, `"cnc.dat"`},
	} {
		t.Run(name, func(t *testing.T) {
			f := c.make(t)
			f.untouched(func() {
				r := f.inspect()
				require.Equal(t, c.want.String(), r.State.String(), r.Detail)
				require.Contains(t, r.Detail, c.words)
				require.Equal(t, c.want == mediadir.Corrupt, r.Err != nil && c.want == mediadir.Corrupt)
			})
		})
	}
}

func TestInspect_reportsTheDriver(t *testing.T) {
	beat := time.UnixMilli(time.Now().Add(-3 * time.Second).UnixMilli())
	r := driver(t, cnctest.Valid(beat), 0).inspect()
	require.Equal(t, mediadir.Active, r.State)
	require.EqualValues(t, os.Getpid(), r.PID)
	require.False(t, r.ProcessGone)
	require.True(t, beat.Equal(r.Heartbeat))
	require.InDelta(t, 3, r.HeartbeatAge.Seconds(), 2.5)
	require.Equal(t, cncfile.SupportedVersion, r.Version)
	require.NoError(t, r.Err)
}

func TestInspect_theTimeoutDecides(t *testing.T) {
	f := driver(t, cnctest.Valid(time.Now().Add(-time.Minute)), longAgo)
	for timeout, want := range map[time.Duration]mediadir.State{
		2 * time.Minute:  mediadir.Active,
		30 * time.Second: mediadir.Dead,
		1:                mediadir.Dead,
		0:                mediadir.Dead, // 10 s
		-time.Hour:       mediadir.Dead,
		math.MaxInt64:    mediadir.Active,
	} {
		r, err := mediadir.Inspect(f.dir, timeout)
		require.NoError(t, err)
		require.Equal(t, want, r.State, "%v", timeout)
	}
	r, err := mediadir.Inspect(driver(t, cnctest.Valid(time.Now().Add(-5*time.Second)), 0).dir, 0)
	require.NoError(t, err)
	require.Equal(t, mediadir.Active, r.State, "0 means the default")
}

func TestInspect_tellsThatTheProcessIsGone(t *testing.T) {
	cmd := exec.Command("true")
	require.NoError(t, cmd.Run())
	gone := int64(cmd.Process.Pid)

	spec := cnctest.Valid(time.Now())
	spec.PID = gone
	r := driver(t, spec, 0).inspect()
	require.Equal(t, mediadir.Active, r.State, "a pid proves nothing")
	require.True(t, r.ProcessGone)
	require.Contains(t, r.Detail, "no such process here")

	for _, pid := range []int64{0, -1, math.MinInt64, math.MaxInt64, 1 << 32} { // kill(0) and kill(-1) would mean everybody
		spec.PID = pid
		r := driver(t, spec, 0).inspect()
		require.Equal(t, mediadir.Active, r.State)
		require.False(t, r.ProcessGone, "%d", pid)
	}
}

func TestInspect_saysWhyAFileIsNotBelieved(t *testing.T) {
	spec := cnctest.Valid(time.Now())
	short := driverBytes(t, spec.Bytes()[:4096], 0).inspect()
	require.ErrorIs(t, short.Err, cncfile.ErrTooShort)

	spec.ErrorLogLength = math.MaxInt32
	spec.FileLength = 1 << 20
	require.ErrorIs(t, driver(t, spec, 0).inspect().Err, cncfile.ErrCorrupt)

	spec.Version = 0x090000
	r := driver(t, spec, 0).inspect()
	require.ErrorIs(t, r.Err, cncfile.ErrVersion)
	require.Equal(t, cncfile.Version(0x090000), r.Version)

	starting := cnctest.Starting()
	starting.PID = 4711
	r = driver(t, starting, 0).inspect()
	require.ErrorIs(t, r.Err, cncfile.ErrNotReady)
	require.EqualValues(t, 4711, r.PID)
	require.Contains(t, r.Detail, "4711")
}

func TestInspect_pathsThatNoDriverCanUse(t *testing.T) {
	f := alive(t)
	file := f.path("cnc.dat")
	link := filepath.Join(f.parent, "link")
	require.NoError(t, os.Symlink(f.dir, link))
	dangling := filepath.Join(f.parent, "dangling")
	require.NoError(t, os.Symlink("nowhere", dangling))
	loop := filepath.Join(f.parent, "loop")
	require.NoError(t, os.Symlink(loop, loop))
	fifo := filepath.Join(f.parent, "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))

	for name, c := range map[string]struct {
		dir  string
		want error
	}{
		"empty":                  {"", mediadir.ErrInvalidPath},
		"NUL":                    {f.dir + "\x00.bak", mediadir.ErrInvalidPath},
		"longer than C can take": {"/" + strings.Repeat("x/", mediadir.MaxPathLength/2), mediadir.ErrPathTooLong},
		"a file":                 {file, mediadir.ErrNotDirectory},
		"a fifo":                 {fifo, mediadir.ErrNotDirectory},
		"below a file":           {filepath.Join(file, "dir"), syscall.ENOTDIR},
		"a link":                 {link, mediadir.ErrSymlink},
		"a link and a slash":     {link + "/", mediadir.ErrSymlink},
		"a link and a dot":       {link + "/.", mediadir.ErrSymlink},
		"a dangling link":        {dangling, mediadir.ErrSymlink},
		"a loop":                 {loop, mediadir.ErrSymlink},
		"below a loop":           {filepath.Join(loop, "x"), syscall.ELOOP},
		"a name too long":        {filepath.Join(f.parent, strings.Repeat("x", 300)), syscall.ENAMETOOLONG},
	} {
		t.Run(name, func(t *testing.T) {
			f.untouched(func() {
				r, err := mediadir.Inspect(c.dir, timeout)
				requireError(t, err, c.want, c.dir)
				require.Zero(t, r)
				requireError(t, mediadir.PrepareForDriver(c.dir, mediadir.PrepareOptions{}), c.want, c.dir)
				requireError(t, mediadir.RemoveDead(c.dir, timeout), c.want, c.dir)
				require.Less(t, len(err.Error()), 1024)
			})
		})
	}
}

func TestInspect_theLongestPathStillFitsC(t *testing.T) {
	// What C appends at most, and the NUL.
	longest := len("/publications/-9223372036854775808.logbuffer") + 1
	require.LessOrEqual(t, mediadir.MaxPathLength+longest, 4096)
	dir := "/" + strings.Repeat("x/", mediadir.MaxPathLength/2)
	_, err := mediadir.Inspect(dir[:mediadir.MaxPathLength], timeout)
	require.NotErrorIs(t, err, mediadir.ErrPathTooLong)
}

func TestInspect_aLinkFurtherUpIsFine(t *testing.T) {
	f := alive(t)
	up := filepath.Join(cnctest.Dir(t), "up")
	require.NoError(t, os.Symlink(f.parent, up))
	r, err := mediadir.Inspect(filepath.Join(up, "driver"), timeout)
	require.NoError(t, err)
	require.Equal(t, mediadir.Active, r.State)
}

func TestInspect_refusesWhatBelongsToOthers(t *testing.T) {
	f := dead(t)
	mine := os.Geteuid()
	for _, what := range []string{f.dir, f.path("cnc.dat")} {
		pretend := mine
		if mine == 0 {
			require.NoError(t, os.Chown(what, cnctest.Nobody, -1))
		} else {
			pretend = mine + 1
		}
		restore := mediadir.PretendUID(pretend)
		_, err := mediadir.Inspect(f.dir, timeout)
		requireError(t, err, mediadir.ErrForeignOwner, f.dir)
		require.ErrorContains(t, err, "belongs to uid ")
		requireError(t, mediadir.RemoveDead(f.dir, timeout), mediadir.ErrForeignOwner, f.dir)
		requireError(t, mediadir.PrepareForDriver(f.dir, mediadir.PrepareOptions{DeleteOnStart: true}),
			mediadir.ErrForeignOwner, f.dir)
		restore()
		if mine == 0 {
			require.NoError(t, os.Chown(what, 0, -1))
		}
	}
	require.Equal(t, mediadir.Dead, f.inspect().State)
}

// A directory, or a cnc.dat in it, of another user, which this one may read, write and even remove: only the owner says that it is not ours.
func TestForeignOwner_isRefusedThoughEverythingIsAllowed(t *testing.T) {
	refused := func(dir string) {
		_, err := mediadir.Inspect(dir, timeout)
		requireError(t, err, mediadir.ErrForeignOwner, dir)
		requireError(t, mediadir.RemoveDead(dir, timeout), mediadir.ErrForeignOwner, dir)
		requireError(t, mediadir.PrepareForDriver(dir, mediadir.PrepareOptions{DeleteOnStart: true}), mediadir.ErrForeignOwner, dir)
	}
	if base, child := cnctest.ChildArgument(); child {
		for _, name := range []string{"directory", "file"} {
			dir := filepath.Join(base, name)
			f, err := os.OpenFile(filepath.Join(dir, cncfile.FileName), os.O_RDWR, 0) // nothing else keeps us from it
			require.NoError(t, err)
			require.NoError(t, f.Close())
			refused(dir)
		}
		_, err := mediadir.ParentIn(base)
		requireError(t, err, mediadir.ErrInsecureParent, own(base))
		require.ErrorIs(t, err, mediadir.ErrForeignOwner)
		return
	}
	require.Zero(t, os.Geteuid(), "becoming another user takes root")
	const stranger = cnctest.Nobody - 1
	base := cnctest.Dir(t)
	require.NoError(t, os.Chmod(base, 0o777|fs.ModeSticky)) //nolint:gosec // like /dev/shm
	for name, owner := range map[string]int{"directory": stranger, "file": cnctest.Nobody, "aerongo-" + strconv.Itoa(cnctest.Nobody): stranger} {
		f := dead(t)
		require.NoError(t, filepath.WalkDir(f.dir, func(path string, e fs.DirEntry, err error) error {
			mode := fs.FileMode(0o666)
			if e.IsDir() {
				mode = 0o777
			}
			return errors.Join(err, os.Chown(path, stranger, stranger), os.Chmod(path, mode))
		}))
		require.NoError(t, os.Chown(f.dir, owner, owner))
		f.age(longAgo)
		require.NoError(t, os.Rename(f.dir, filepath.Join(base, name)))
	}
	before := cnctest.Contents(t, base)
	cnctest.RunChild(t, t.Name(), base, cnctest.Nobody)
	require.Equal(t, before, cnctest.Contents(t, base))
}

func TestInspect_acceptsRootsDirectories(t *testing.T) {
	restore := mediadir.PretendUID(cnctest.Nobody)
	defer restore()
	r, err := mediadir.Inspect("/", timeout) // root's on every system
	require.NoError(t, err)
	require.Equal(t, mediadir.Foreign, r.State)
}

func TestInspect_withoutPermission(t *testing.T) {
	f := &fixture{}
	if _, child := cnctest.ChildArgument(); !child {
		f = alive(t)
		require.NoError(t, os.Chmod(f.parent, 0o755)) //nolint:gosec // others must get as far as the closed one
		require.NoError(t, os.Chmod(f.dir, 0))
		defer func() { require.NoError(t, os.Chmod(f.dir, 0o700)) }()
	}
	cnctest.Unprivileged(t, f.dir, func(dir string) {
		start := time.Now()
		_, err := mediadir.Inspect(dir, timeout)
		requireError(t, err, fs.ErrPermission, dir)
		requireError(t, mediadir.PrepareForDriver(dir, mediadir.PrepareOptions{}), fs.ErrPermission, dir)
		requireError(t, mediadir.RemoveDead(dir, timeout), fs.ErrPermission, dir)
		require.Less(t, time.Since(start), 5*time.Second, "it says so at once, C after the driver timeout")
	})
}

func TestInspect_withoutPermissionForCnC(t *testing.T) {
	f := &fixture{}
	if _, child := cnctest.ChildArgument(); !child {
		f = alive(t)
		require.NoError(t, os.Chmod(f.parent, 0o755)) //nolint:gosec // see above
		require.NoError(t, os.Chmod(f.dir, 0o755))    //nolint:gosec // see above
		require.NoError(t, os.Chmod(f.path("cnc.dat"), 0))
	}
	cnctest.Unprivileged(t, f.dir, func(dir string) {
		_, err := mediadir.Inspect(dir, timeout)
		requireError(t, err, fs.ErrPermission, dir)
		require.ErrorContains(t, err, "cnc.dat")
	})
}

func TestState_hasAName(t *testing.T) {
	seen := map[string]bool{}
	for s := mediadir.Missing; s <= mediadir.Foreign; s++ {
		name := s.String()
		require.NotContains(t, name, "State(")
		require.False(t, seen[name], name)
		seen[name] = true
	}
	require.Equal(t, "State(99)", mediadir.State(99).String())
}
