//go:build linux || darwin

package mediadir_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

var bothWays = map[string]mediadir.PrepareOptions{
	"as it is":        {DriverTimeout: timeout},
	"delete on start": {DriverTimeout: timeout, DeleteOnStart: true},
}

func TestPrepareForDriver_makesReady(t *testing.T) {
	for name, c := range map[string]func(t testing.TB) *fixture{
		"missing":      none,
		"empty":        empty,
		"dead":         dead,
		"closed":       func(t testing.TB) *fixture { return driver(t, cnctest.Closed(), 0) },
		"never ready":  func(t testing.TB) *fixture { return driver(t, cnctest.Starting(), longAgo) },
		"without cnc":  func(t testing.TB) *fixture { return dead(t).remove("cnc.dat").age(longAgo) },
		"cut short":    func(t testing.TB) *fixture { return driverBytes(t, make([]byte, 64), longAgo) },
		"of length 0":  func(t testing.TB) *fixture { return driverBytes(t, nil, longAgo) },
		"huge lengths": func(t testing.TB) *fixture { return driver(t, hugeLengths(), longAgo) },
		"only log files": func(t testing.TB) *fixture {
			return empty(t).mkdir("images").write("images/1.logbuffer", "").age(longAgo)
		},
	} {
		for how, opts := range bothWays {
			t.Run(name+", "+how, func(t *testing.T) {
				f := c(t)
				require.NoError(t, os.WriteFile(filepath.Join(f.parent, "neighbour"), []byte("x"), 0o600))
				require.NoError(t, mediadir.PrepareForDriver(f.dir, opts))
				require.Contains(t, []mediadir.State{mediadir.Missing, mediadir.Empty}, f.inspect().State)
				require.FileExists(t, filepath.Join(f.parent, "neighbour"))
			})
		}
	}
}

func hugeLengths() cnctest.Spec {
	s := cnctest.Valid(time.Now())
	s.FileLength = int64(len(s.Bytes()))
	s.ErrorLogLength = 1 << 30
	return s
}

func TestPrepareForDriver_keepsAnEmptyDirectory(t *testing.T) {
	f := empty(t)
	f.untouched(func() { require.NoError(t, mediadir.PrepareForDriver(f.dir, mediadir.PrepareOptions{})) })
}

func TestPrepareForDriver_refuses(t *testing.T) {
	otherVersion := cnctest.Valid(time.Now().Add(-longAgo))
	otherVersion.Version = 0x090000
	for name, c := range map[string]struct {
		make  func(t testing.TB) *fixture
		want  error
		words []string
	}{
		"a living driver": {
			func(t testing.TB) *fixture {
				s := cnctest.Valid(time.Now().Add(-2 * time.Second))
				s.PID = 4711
				return driver(t, s, 0)
			},
			mediadir.ErrActive,
			[]string{"4711", "heartbeat 2", "ago"},
		},
		"a starting driver": {func(t testing.TB) *fixture { return driver(t, cnctest.Starting(), 0) }, mediadir.ErrActive, []string{"not ready"}},
		"a driver making its directories": {
			func(t testing.TB) *fixture { return empty(t).mkdir("publications") },
			mediadir.ErrActive,
			[]string{"may be starting"},
		},
		"a foreign directory": {
			func(t testing.TB) *fixture {
				return empty(t).write("thesis.txt", "years").mkdir("sub").write("sub/b", "c")
			},
			mediadir.ErrForeign,
			[]string{`"sub"`, "nothing was deleted"},
		},
		"a foreign file in a dead one": {
			func(t testing.TB) *fixture { return dead(t).write("images/thesis.txt", "years") },
			mediadir.ErrForeign,
			[]string{`"images/thesis.txt"`, "nothing was deleted"},
		},
		"a link in a dead one": {
			func(t testing.TB) *fixture { return dead(t).link("publications/1.logbuffer", "../cnc.dat") },
			mediadir.ErrForeign,
			[]string{`"publications/1.logbuffer"`},
		},
		"damaged just now": {
			func(t testing.TB) *fixture { return driverBytes(t, make([]byte, 64), 0) },
			mediadir.ErrNotReady,
			[]string{"try again", "too short"},
		},
		"damaged in the future": {
			func(t testing.TB) *fixture { return driverBytes(t, make([]byte, 64), -longAgo) },
			mediadir.ErrNotReady,
			[]string{"try again"},
		},
		"another version": {
			func(t testing.TB) *fixture { return driver(t, otherVersion, longAgo) },
			cncfile.ErrVersion,
			[]string{"9.0.0", "remove the directory"},
		},
	} {
		for how, opts := range bothWays {
			t.Run(name+", "+how, func(t *testing.T) {
				f := c.make(t)
				f.untouched(func() {
					err := mediadir.PrepareForDriver(f.dir, opts)
					requireError(t, err, c.want, f.dir)
					for _, word := range c.words {
						require.ErrorContains(t, err, word)
					}
					requireError(t, mediadir.RemoveDead(f.dir, opts.DriverTimeout), c.want, f.dir)
				})
			})
		}
	}
}

// A driver that was killed counts as alive for a while. Whoever asks is told how long that is.
func TestPrepareForDriver_saysWhenAKilledDriversDirectoryIsFree(t *testing.T) {
	gone := exec.Command("true")
	require.NoError(t, gone.Run())
	spec := cnctest.Valid(time.Now().Add(-2 * time.Second))
	spec.PID = int64(gone.Process.Pid)
	f := driver(t, spec, 0)
	f.untouched(func() {
		for _, err := range []error{mediadir.PrepareForDriver(f.dir, mediadir.PrepareOptions{DriverTimeout: timeout}), mediadir.RemoveDead(f.dir, timeout)} {
			requireError(t, err, mediadir.ErrActive, f.dir)
			var killed *mediadir.KilledError
			require.ErrorAs(t, err, &killed)
			require.Equal(t, spec.PID, killed.PID)
			require.Equal(t, spec.HeartbeatMillis, killed.Heartbeat.UnixMilli())
			require.LessOrEqual(t, killed.FreeIn, timeout-2*time.Second)
			require.Positive(t, killed.FreeIn)
			require.ErrorContains(t, err, "no such process here")
			require.ErrorContains(t, err, "if it was killed, the directory is free ")
		}
	})

	spec = cnctest.Valid(time.Now().Add(time.Hour)) // a clock is wrong: nobody can tell when
	spec.PID = int64(gone.Process.Pid)
	err := mediadir.PrepareForDriver(driver(t, spec, 0).dir, mediadir.PrepareOptions{DriverTimeout: timeout})
	require.ErrorIs(t, err, mediadir.ErrActive)
	var killed *mediadir.KilledError
	require.NotErrorAs(t, err, &killed)
}

func TestPrepareForDriver_makesParents(t *testing.T) {
	f := none(t)
	dir := filepath.Join(f.parent, "a", "b", "c", "driver")
	require.NoError(t, mediadir.PrepareForDriver(dir, mediadir.PrepareOptions{}))
	requireGone(t, dir)
	for p := filepath.Dir(dir); p != f.parent; p = filepath.Dir(p) {
		info, err := os.Stat(p)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o700), info.Mode().Perm(), p)
	}
}

func TestPrepareForDriver_parentIsAFile(t *testing.T) {
	f := none(t)
	file := filepath.Join(f.parent, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	err := mediadir.PrepareForDriver(filepath.Join(file, "driver"), mediadir.PrepareOptions{})
	require.ErrorContains(t, err, "not a directory")
}

func TestPrepareForDriver_parentCannotBeWrittenTo(t *testing.T) {
	f := &fixture{}
	if _, child := cnctest.ChildArgument(); !child {
		f = none(t)
		require.NoError(t, os.Chmod(f.parent, 0o555))                    //nolint:gosec // the point of the test
		defer func() { require.NoError(t, os.Chmod(f.parent, 0o700)) }() //nolint:gosec // for its removal
	}
	cnctest.Unprivileged(t, f.dir, func(dir string) {
		for _, dir := range []string{dir, filepath.Join(dir, "deeper")} {
			err := mediadir.PrepareForDriver(dir, mediadir.PrepareOptions{})
			requireError(t, err, fs.ErrPermission, dir)
			require.ErrorContains(t, err, filepath.Dir(dir))
		}
	})
}

// TestPrepareForDriver_parentCannotBeWrittenToAfterAll is about a dead directory that
// could be emptied but not removed: it must stay as it is.
func TestPrepareForDriver_parentCannotBeWrittenToAfterAll(t *testing.T) {
	f := &fixture{}
	if _, child := cnctest.ChildArgument(); !child {
		f = dead(t)
		if os.Geteuid() == 0 {
			require.NoError(t, os.Chmod(f.parent, 0o755)) //nolint:gosec // others must get in
			for _, path := range []string{"", "publications", "images", "cnc.dat"} {
				require.NoError(t, os.Chown(f.path(path), cnctest.Nobody, cnctest.Nobody))
			}
		} else {
			require.NoError(t, os.Chmod(f.parent, 0o500))                    //nolint:gosec // the point of the test
			defer func() { require.NoError(t, os.Chmod(f.parent, 0o700)) }() //nolint:gosec // for its removal
		}
	}
	cnctest.Unprivileged(t, f.dir, func(dir string) {
		before := cnctest.Contents(t, dir)
		err := mediadir.PrepareForDriver(dir, mediadir.PrepareOptions{})
		requireError(t, err, fs.ErrPermission, dir)
		require.ErrorContains(t, err, "the right to write there, or use another directory")
		require.Equal(t, before, cnctest.Contents(t, dir))
	})
}

func TestPrepareForDriver_relativePath(t *testing.T) {
	f := dead(t)
	t.Chdir(f.parent)
	require.NoError(t, mediadir.PrepareForDriver("driver", mediadir.PrepareOptions{}))
	requireGone(t, f.dir)
	require.NoError(t, mediadir.PrepareForDriver("./driver/", mediadir.PrepareOptions{}))
}
