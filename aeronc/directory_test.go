package aeronc

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

func TestDirError_standsUnderWhatCallersAskFor(t *testing.T) {
	for cause, want := range map[error]error{
		mediadir.ErrActive: ErrDriverActive, mediadir.ErrForeign: ErrDirectoryRefused, mediadir.ErrSymlink: ErrDirectoryRefused,
		mediadir.ErrForeignOwner: ErrDirectoryRefused, mediadir.ErrInsecureParent: ErrDirectoryRefused, mediadir.ErrHeld: ErrDirectoryRefused,
		mediadir.ErrReplaced: ErrDirectoryRefused, mediadir.ErrInvalidPath: ErrInvalidArgument, mediadir.ErrPathTooLong: ErrInvalidArgument,
		mediadir.ErrNotDirectory: ErrInvalidArgument, mediadir.ErrNotReady: ErrTimeout, fs.ErrPermission: fs.ErrPermission,
		cncfile.ErrVersion: cncfile.ErrVersion,
	} {
		err := dirError("start driver", "/dev/shm/x", &mediadir.Error{Op: "prepare", Dir: "/dev/shm/x", Detail: "what was \x1b[31mseen", Err: cause})
		require.ErrorIs(t, err, want)
		require.ErrorIs(t, err, cause, "the cause stays in the chain")
		var typed *Error
		require.ErrorAs(t, err, &typed)
		require.Equal(t, "/dev/shm/x", typed.Dir)
		require.NotContains(t, err.Error(), "\x1b")
		require.Equal(t, 1, strings.Count(err.Error(), "start driver"))
	}
	plain := errors.New("something else")
	require.ErrorIs(t, dirError("op", "dir", plain), plain)
}

func TestCheckActive_neverWaitsAndChangesNothing(t *testing.T) {
	place := t.TempDir()
	for name, make := range map[string]func(dir string) error{
		"missing": func(string) error { return nil },
		"empty":   func(dir string) error { return os.Mkdir(dir, 0o700) },
		"foreign": func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600))
		},
		"truncated": func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "cnc.dat"), []byte{1, 2, 3}, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(place, name)
			require.NoError(t, make(dir))
			before, _ := os.ReadDir(dir)
			err := checkActive("connect", dir, time.Second)
			require.ErrorIs(t, err, ErrNoDriver)
			require.ErrorContains(t, err, dir)
			if name == "missing" {
				require.ErrorIs(t, err, fs.ErrNotExist)
			}
			after, _ := os.ReadDir(dir)
			require.Len(t, after, len(before))
		})
	}
	file := filepath.Join(place, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.ErrorIs(t, checkActive("connect", file, time.Second), ErrInvalidArgument)
	require.ErrorIs(t, checkActive("connect", "a\x00b", time.Second), ErrInvalidArgument)
}

// C's client looks at the major version only: an old driver does not have the commands that it sends.
func TestCheckActive_refusesADriverThatIsTooOld(t *testing.T) {
	for version, serves := range map[cncfile.Version]bool{cncfile.SupportedVersion: true, 0x300: true, 0x100: false, 1: false} {
		dir := cnctest.Dir(t)
		spec := cnctest.Valid(time.Now())
		spec.Version = version
		spec.Write(t, dir)
		err := checkActive("connect", dir, time.Minute)
		if serves {
			require.NoError(t, err, version)
			continue
		}
		var e *Error
		require.ErrorAs(t, err, &e)
		require.ErrorIs(t, err, cncfile.ErrVersion, version)
		require.ErrorContains(t, err, "update the driver")
	}
}

// A dead driver's directory of another user, in which this one may do everything: no driver starts there, nobody connects, and it stays as it is.
func TestStartDriver_refusesADirectoryOfSomebodyElse(t *testing.T) {
	if dir, child := cnctest.ChildArgument(); child {
		driver, err := NewDriverContext()
		require.NoError(t, err)
		require.NoError(t, driver.SetDir(dir))
		_, err = StartDriver(driver)
		require.ErrorIs(t, err, ErrDirectoryRefused)
		require.ErrorIs(t, err, mediadir.ErrForeignOwner)
		require.NoError(t, driver.Close())
		client, err := NewContext()
		require.NoError(t, err)
		require.NoError(t, client.SetDir(dir))
		_, err = Connect(client)
		require.ErrorIs(t, err, ErrDirectoryRefused)
		require.ErrorIs(t, err, mediadir.ErrForeignOwner)
		require.NoError(t, client.Close())
		return
	}
	require.Zero(t, os.Geteuid(), "becoming another user takes root")
	const stranger = cnctest.Nobody - 1
	dir := filepath.Join(cnctest.Dir(t), "driver")
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) //nolint:gosec // others must get as far as this
	require.NoError(t, os.Mkdir(dir, 0o700))
	cnc := cnctest.Valid(time.Now().Add(-time.Hour)).Write(t, dir)
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(cnc, old, old))
	for path, mode := range map[string]fs.FileMode{dir: 0o777, cnc: 0o666} {
		require.NoError(t, os.Chown(path, stranger, stranger))
		require.NoError(t, os.Chmod(path, mode))
	}
	before := cnctest.Contents(t, dir)
	cnctest.RunChild(t, t.Name(), dir, cnctest.Nobody)
	require.Equal(t, before, cnctest.Contents(t, dir))
}

func TestOccupied_isByDirectoryWhateverItsName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "driver")
	require.True(t, occupy(dir))
	require.False(t, occupy(dir+"/"), "the same directory")
	require.False(t, occupy(filepath.Join(dir, "..", "driver")))
	require.True(t, occupy(dir+"2"))
	vacate(dir + "/")
	require.True(t, occupy(dir))
	vacate(dir)
	vacate(dir + "2")
}

func TestBoth_isItsCauseInWordsAndBothInTheChain(t *testing.T) {
	cause := errors.New("aeron: the cause")
	err := both{ErrClosed, cause}
	require.Equal(t, cause.Error(), err.Error())
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, err, cause)
	require.Equal(t, "aeron: op: the cause", (&Error{Op: "op", Err: err}).Error())
}
