//go:build linux || darwin

package mediadir_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

const (
	timeout = 10 * time.Second
	// long ago, for heartbeats and files that must not look alive
	longAgo = time.Hour
)

// fixture is a parent directory and, in it, a driver's directory.
type fixture struct {
	t      testing.TB
	parent string
	dir    string
}

// none makes a parent directory without the driver's.
func none(t testing.TB) *fixture {
	parent := cnctest.Dir(t)
	return &fixture{t: t, parent: parent, dir: filepath.Join(parent, "driver")}
}

// empty makes an empty driver's directory.
func empty(t testing.TB) *fixture {
	f := none(t)
	require.NoError(t, os.Mkdir(f.dir, 0o700))
	return f
}

// driver makes the directory of a driver with everything that one leaves, and the given
// cnc.dat. age is since when nothing has been modified.
func driver(t testing.TB, spec cnctest.Spec, age time.Duration) *fixture {
	return driverBytes(t, spec.Bytes(), age)
}

func driverBytes(t testing.TB, cnc []byte, age time.Duration) *fixture {
	f := empty(t)
	f.mkdir("publications").mkdir("images")
	f.write("publications/12.logbuffer", "log").write("publications/-9223372036854775808.logbuffer", "")
	f.write("images/9223372036854775807.logbuffer", "image")
	f.write("loss-report.dat", "\x00\x00")
	f.write(cncfile.FileName, string(cnc))
	return f.age(age)
}

func dead(t testing.TB) *fixture {
	return driver(t, cnctest.Valid(time.Now().Add(-longAgo)), longAgo)
}

func alive(t testing.TB) *fixture { return driver(t, cnctest.Valid(time.Now()), 0) }

func (f *fixture) path(name string) string { return filepath.Join(f.dir, name) }

func (f *fixture) write(name, contents string) *fixture {
	f.t.Helper()
	require.NoError(f.t, os.WriteFile(f.path(name), []byte(contents), 0o600))
	return f
}

func (f *fixture) mkdir(name string) *fixture {
	f.t.Helper()
	require.NoError(f.t, os.Mkdir(f.path(name), 0o700))
	return f
}

func (f *fixture) link(name, target string) *fixture {
	f.t.Helper()
	require.NoError(f.t, os.Symlink(target, f.path(name)))
	return f
}

func (f *fixture) remove(name string) *fixture {
	f.t.Helper()
	require.NoError(f.t, os.RemoveAll(f.path(name)))
	return f
}

// age makes everything look as if it had been modified that long ago.
func (f *fixture) age(age time.Duration) *fixture {
	f.t.Helper()
	when := time.Now().Add(-age)
	var paths []string
	require.NoError(f.t, filepath.WalkDir(f.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type()&fs.ModeSymlink == 0 {
			paths = append(paths, path)
		}
		return err
	}))
	for _, path := range paths {
		require.NoError(f.t, os.Chtimes(path, when, when))
	}
	return f
}

func (f *fixture) inspect() mediadir.Report {
	f.t.Helper()
	r, err := mediadir.Inspect(f.dir, timeout)
	require.NoError(f.t, err)
	require.Equal(f.t, f.dir, r.Dir)
	return r
}

// untouched makes sure that f changes nothing below the fixture's parent.
func (f *fixture) untouched(do func()) {
	f.t.Helper()
	before := cnctest.Contents(f.t, f.parent)
	do()
	require.Equal(f.t, before, cnctest.Contents(f.t, f.parent))
}

func requireGone(t testing.TB, path string) {
	t.Helper()
	_, err := os.Lstat(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// requireError makes sure of an error's type, cause and place.
func requireError(t testing.TB, err error, want error, dir string) {
	t.Helper()
	require.ErrorIs(t, err, want)
	var own *mediadir.Error
	require.ErrorAs(t, err, &own)
	require.Equal(t, dir, own.Dir)
	require.NotEmpty(t, own.Op)
}
