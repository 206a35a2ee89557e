//go:build linux || darwin

package mediadir_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

func TestRemoveDead_removesTheDirectoryAndNothingElse(t *testing.T) {
	f := dead(t)
	for i := range 1000 { // more than one reading of the directory returns
		f.write(fmt.Sprintf("publications/%d.logbuffer", 1000+i), "x")
	}
	f.age(longAgo)
	for _, name := range []string{"driver-2026-error.log", "driver2", ".driver"} {
		require.NoError(t, os.WriteFile(filepath.Join(f.parent, name), nil, 0o600))
	}
	require.NoError(t, mediadir.RemoveDead(f.dir, timeout))
	requireGone(t, f.dir)
	left, err := os.ReadDir(f.parent)
	require.NoError(t, err)
	require.Len(t, left, 3)
}

func TestRemoveDead_ofWhatIsNotThere(t *testing.T) {
	f := none(t)
	require.NoError(t, mediadir.RemoveDead(f.dir, timeout))
	require.NoError(t, mediadir.RemoveDead(filepath.Join(f.dir, "deeper"), timeout))
}

func TestRemoveDead_leavesAnEmptyDirectory(t *testing.T) {
	f := empty(t)
	require.NoError(t, mediadir.RemoveDead(f.dir, timeout))
	require.DirExists(t, f.dir)
}

func TestRemoveDead_timeoutOfZeroIsTheDefault(t *testing.T) {
	f := driver(t, cnctest.Valid(time.Now().Add(-5*time.Second)), 0)
	requireError(t, mediadir.RemoveDead(f.dir, 0), mediadir.ErrActive, f.dir)
	requireError(t, mediadir.RemoveDead(f.dir, -1), mediadir.ErrActive, f.dir)
	require.NoError(t, mediadir.RemoveDead(f.dir, time.Second))
	requireGone(t, f.dir)
}

// meanwhile has something happen between RemoveDead's last look and its first deletion.
func meanwhile(t *testing.T, happens func()) (calls *int) {
	t.Helper()
	calls = new(int)
	t.Cleanup(mediadir.BeforeDelete(func() {
		*calls++
		happens()
	}))
	return calls
}

func TestRemoveDead_theDriverComesBackMeanwhile(t *testing.T) {
	f := dead(t)
	calls := meanwhile(t, func() { cnctest.Valid(time.Now()).Write(t, f.dir) })
	err := mediadir.RemoveDead(f.dir, timeout)
	requireError(t, err, mediadir.ErrActive, f.dir)
	require.Equal(t, 1, *calls)
	require.FileExists(t, f.path("loss-report.dat"))
	require.FileExists(t, f.path("publications/12.logbuffer"))
}

func TestRemoveDead_somethingForeignAppearsMeanwhile(t *testing.T) {
	for _, name := range []string{"thesis.txt", "images/thesis.txt"} {
		f := dead(t)
		calls := meanwhile(t, func() { f.write(name, "years") })
		requireError(t, mediadir.RemoveDead(f.dir, timeout), mediadir.ErrForeign, f.dir)
		require.Equal(t, 1, *calls)
		require.FileExists(t, f.path(name))
		require.FileExists(t, f.path("publications/12.logbuffer"))
	}
}

func TestRemoveDead_theDirectoryIsReplacedMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		replace func(f *fixture)
		want    error
	}{
		"by a living driver's": {func(f *fixture) {
			cnctest.Valid(time.Now()).Write(f.t, f.mkdir("").dir)
		}, mediadir.ErrReplaced},
		"by another dead one":      {func(f *fixture) { cnctest.Closed().Write(f.t, f.mkdir("").dir) }, mediadir.ErrReplaced},
		"by an empty one":          {func(f *fixture) { f.mkdir("") }, mediadir.ErrReplaced},
		"by somebody's documents":  {func(f *fixture) { f.mkdir("").write("thesis.txt", "years") }, mediadir.ErrReplaced},
		"by a file":                {func(f *fixture) { f.write("", "years") }, mediadir.ErrReplaced},
		"by a link to the old one": {func(f *fixture) { f.link("", "moved") }, mediadir.ErrReplaced},
	} {
		t.Run(name, func(t *testing.T) {
			f := dead(t)
			moved := filepath.Join(f.parent, "moved")
			var after map[string]string
			calls := meanwhile(t, func() {
				require.NoError(t, os.Rename(f.dir, moved))
				c.replace(f)
				after = cnctest.Contents(t, f.parent)
			})
			requireError(t, mediadir.RemoveDead(f.dir, timeout), c.want, f.dir)
			require.Equal(t, 1, *calls)
			require.Equal(t, after, cnctest.Contents(t, f.parent), "neither the old nor the new one is touched")
		})
	}
}

func TestRemoveDead_theDirectoryDisappearsMeanwhile(t *testing.T) {
	f := dead(t)
	calls := meanwhile(t, func() { f.remove("") })
	require.NoError(t, mediadir.RemoveDead(f.dir, timeout))
	require.Equal(t, 1, *calls)
	requireGone(t, f.dir)
}

func TestRemoveDead_followsNoLink(t *testing.T) {
	// A log directory that becomes a link after it was looked at: what it points to has
	// the names of logs.
	victim := dead(t)
	f := dead(t)
	calls := meanwhile(t, func() { f.remove("publications").link("publications", victim.path("publications")) })
	victim.untouched(func() {
		requireError(t, mediadir.RemoveDead(f.dir, timeout), mediadir.ErrForeign, f.dir)
	})
	require.Equal(t, 1, *calls)
}

func TestRemoveDead_severalAtOnce(t *testing.T) {
	for range 20 {
		f := dead(t)
		var group sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			group.Go(func() { errs[i] = mediadir.RemoveDead(f.dir, timeout) })
		}
		group.Wait()
		requireGone(t, f.dir)
		for _, err := range errs {
			if err != nil { // it saw the other's work half done
				require.ErrorIs(t, err, mediadir.ErrActive)
			}
		}
	}
}

func TestRemoveDead_withoutPermission(t *testing.T) {
	f := &fixture{}
	if _, child := cnctest.ChildArgument(); !child {
		f = dead(t)
		require.NoError(t, os.Chmod(f.parent, 0o755)) //nolint:gosec // others must get in
		for _, path := range []string{"", "publications", "images"} {
			require.NoError(t, os.Chmod(f.path(path), 0o555)) //nolint:gosec // the point of the test
		}
		for _, path := range []string{"cnc.dat", "loss-report.dat"} {
			require.NoError(t, os.Chmod(f.path(path), 0o444)) //nolint:gosec // readable for everybody
		}
		defer func() {
			for _, path := range []string{"", "publications", "images"} {
				require.NoError(t, os.Chmod(f.path(path), 0o700)) //nolint:gosec // for its removal
			}
		}()
	}
	cnctest.Unprivileged(t, f.dir, func(dir string) {
		before := cnctest.Contents(t, dir)
		err := mediadir.RemoveDead(dir, timeout)
		requireError(t, err, fs.ErrPermission, dir)
		require.ErrorContains(t, err, "the right to write there, or use another directory")
		require.Equal(t, before, cnctest.Contents(t, dir))
	})
}
