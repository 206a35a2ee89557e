package nativelib_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
	"github.com/aeroncgo/aeron/internal/nativelib/nativetest"
)

func TestManifest_isWhatInstallReportsAndNamesNoPath(t *testing.T) {
	m := nativetest.New(t)
	t.Setenv("CFLAGS", "-O1")
	done := install(t, m, nativelib.InstallOptions{})
	text, err := os.ReadFile(done.Layout.ManifestFile())
	require.NoError(t, err)
	require.NotContains(t, string(text), m.Home)
	read, err := nativelib.ReadManifest(done.Layout)
	require.NoError(t, err)
	require.Equal(t, done.Manifest, read)
	require.Equal(t, nativelib.Version, read.Version)
	require.Equal(t, "release", read.Variant)
	require.Equal(t, runtime.GOOS+"/"+runtime.GOARCH, read.System)
	require.Equal(t, "gcc (Test) 12.2.0", read.Compiler)
	require.Equal(t, "-O1", read.Settings.CFlags)
	require.NotContains(t, read.Files, filepath.Base(done.Layout.ManifestFile()), "it cannot hash itself")
	found, err := nativelib.HashInstalled(done.Layout.Prefix)
	require.NoError(t, err)
	require.Equal(t, found, read.Files)
}

// TestLocate_saysWhatIsWrong changes one thing of an installation that was whole.
func TestLocate_saysWhatIsWrong(t *testing.T) {
	edit := func(change func(*nativelib.Manifest)) func(*testing.T, *nativetest.Machine, nativelib.Layout) {
		return func(t *testing.T, m *nativetest.Machine, l nativelib.Layout) {
			t.Helper()
			manifest, err := nativelib.ReadManifest(l)
			require.NoError(t, err)
			change(&manifest)
			text, err := json.Marshal(manifest)
			require.NoError(t, err)
			m.Write(l.ManifestFile(), string(text))
		}
	}
	tests := []struct {
		name   string
		change func(t *testing.T, m *nativetest.Machine, l nativelib.Layout)
		text   string
	}{
		{"another variant", edit(func(m *nativelib.Manifest) { m.Variant = "asan" }), "it is the asan variant"},
		{"another system", edit(func(m *nativelib.Manifest) { m.System = "plan9/mips" }), "it was built for plan9/mips"},
		{"newer version", edit(func(m *nativelib.Manifest) { m.Version = "1.60.0" }), "it is version 1.60.0, and 1.54.0 is required"},
		{"no id", edit(func(m *nativelib.Manifest) { m.ID = "" }), "it names no files or no id"},
		{"no files", edit(func(m *nativelib.Manifest) { m.Files = nil }), "it names no files or no id"},
		{"another hash", edit(func(m *nativelib.Manifest) { m.Files["lib/libaeron_native.a"] = strings.Repeat("0", 64) }), "lib/libaeron_native.a is damaged"},
		{"a file that never was", edit(func(m *nativelib.Manifest) { m.Files["lib/none.a"] = strings.Repeat("0", 64) }), "lib/none.a is missing"},
		{"list instead of an object", func(_ *testing.T, m *nativetest.Machine, l nativelib.Layout) { m.Write(l.ManifestFile(), "[]") }, "is damaged"},
		{"binary rubbish", func(_ *testing.T, m *nativetest.Machine, l nativelib.Layout) { m.Write(l.ManifestFile(), "\x00\xff") }, "is damaged"},
		{"empty manifest file", func(_ *testing.T, m *nativetest.Machine, l nativelib.Layout) { m.Write(l.ManifestFile(), "") }, "is damaged"},
		{"directory in the archive's place", func(t *testing.T, m *nativetest.Machine, l nativelib.Layout) {
			archive := filepath.Join(l.LibDir(), "libaeron_native.a")
			require.NoError(t, os.Remove(archive))
			m.Write(filepath.Join(archive, "x"), "")
		}, "is a directory"},
		{"directory in the manifest's place", func(t *testing.T, m *nativetest.Machine, l nativelib.Layout) {
			require.NoError(t, os.Remove(l.ManifestFile()))
			m.Write(filepath.Join(l.ManifestFile(), "x"), "")
		}, "is a directory"},
		{"two damaged files: the first by name", func(_ *testing.T, m *nativetest.Machine, l nativelib.Layout) {
			m.Write(filepath.Join(l.LibDir(), "libaeron_native.a"), "half")
			m.Write(filepath.Join(l.IncludeDir(), "aerongo_native.h"), "half")
		}, "not usable: include/aeron/aerongo_native.h is damaged"},
		{"nothing there", func(t *testing.T, _ *nativetest.Machine, l nativelib.Layout) {
			require.NoError(t, os.RemoveAll(l.Prefix))
		}, "it has not been built yet"},
	}
	m := nativetest.New(t)
	prefix := filepath.Join(m.Home, "prefix")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, os.RemoveAll(prefix))
			done := install(t, m, nativelib.InstallOptions{Prefix: prefix})
			test.change(t, m, done.Layout)
			built := m.Built()
			_, _, err := nativelib.Locate(t.Context(), m.Module(), prefix, false)
			require.ErrorIs(t, err, nativelib.ErrNotInstalled)
			require.ErrorContains(t, err, test.text)
			require.ErrorContains(t, err, "run `"+nativelib.InstallCommand+" --prefix "+prefix+"`")
			require.Equal(t, built, m.Built(), "locating builds nothing")
		})
	}
}

func TestLocate_theCommandCanBePasted(t *testing.T) {
	m := nativetest.New(t)
	_, _, err := nativelib.Locate(t.Context(), m.Module(), filepath.Join(m.Home, "a b"), true)
	require.ErrorContains(t, err, nativelib.InstallCommand+" --prefix '"+filepath.Join(m.Home, "a b")+"' --asan`")
}

func TestReadID(t *testing.T) {
	const define = "#define AERONGO_NATIVE_LIBRARY_ID "
	tests := []struct {
		name, header, id string // no id: an error
	}{
		{"plain", define + "\"0123456789abcdef\"\n", "0123456789abcdef"},
		{"among others", "#pragma once\n" + define + "\"00000000000000ff\"\n#define X 1\n", "00000000000000ff"},
		{"too short", define + "\"0123\"\n", ""},
		{"no hexadecimal", define + "\"0123456789abcdeg\"\n", ""},
		{"not replaced by cmake", define + "\"@ID@\"\n", ""},
		{"commented out", "// " + define + "\"0123456789abcdef\"\n", ""},
		{"empty", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := nativelib.ReadID(dir)
			require.ErrorIs(t, err, os.ErrNotExist)
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "include", "aeron"), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "include", "aeron", "aerongo_native.h"), []byte(test.header), 0o644))
			id, err := nativelib.ReadID(dir)
			require.Equal(t, test.id, id)
			if test.id == "" {
				require.ErrorContains(t, err, "names no AERONGO_NATIVE_LIBRARY_ID")
			} else {
				require.NoError(t, err)
			}
		})
	}
}

func TestForeign_namesTheFirstFileThatIsNotOurs(t *testing.T) {
	m := nativetest.New(t)
	l := layout(t, m, filepath.Join(m.Home, "prefix"))
	requireForeign := func(want string) {
		t.Helper()
		got, err := nativelib.Foreign(t.Context(), l)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	requireForeign("") // no directory
	require.NoError(t, os.Mkdir(l.Prefix, 0o755))
	requireForeign("") // an empty one
	done := install(t, m, nativelib.InstallOptions{Prefix: l.Prefix})
	requireForeign("")
	m.Write(filepath.Join(l.Prefix, "z"), "mine")
	m.Write(filepath.Join(l.Prefix, "share", "mine"), "mine")
	requireForeign("share/mine")
	// Without a manifest that can be read nothing is known for ours, so nothing is replaced.
	m.Write(done.Layout.ManifestFile(), "{")
	requireForeign("include/aeron/aerongo_native.h")
	_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{Prefix: l.Prefix})
	require.ErrorIs(t, err, nativelib.ErrPrefix)
	require.ErrorContains(t, err, "name an empty directory with --prefix")

	// Nothing is read: somebody's home may hold what has no end.
	require.NoError(t, os.Remove(filepath.Join(l.IncludeDir(), "aerongo_native.h")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(l.IncludeDir(), "a"), 0o600))
	requireForeign("include/aeron/a")
	m.Write(done.Layout.ManifestFile(), `{"id": "1", "files": {"include/aeron/a": ""}}`)
	_, err = nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{Prefix: l.Prefix})
	require.ErrorContains(t, err, "lib/libaeron_native.a")
	why := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err = nativelib.Foreign(ctx, l)
	require.ErrorIs(t, err, why)

	require.NoError(t, os.RemoveAll(l.Prefix))
	m.Write(l.Prefix, "a file")
	_, err = nativelib.Foreign(t.Context(), l)
	require.ErrorContains(t, err, "not a directory")
}

func TestWriteFile_replacesInOneStep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, nativelib.WriteFile(path, []byte("one")))
	kept, err := os.Open(path)
	require.NoError(t, err)
	defer kept.Close()
	require.NoError(t, nativelib.WriteFile(path, []byte("two")))
	old := make([]byte, 8)
	n, err := kept.Read(old)
	require.NoError(t, err)
	require.Equal(t, "one", string(old[:n]), "who has it open sees the whole old one")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "two", string(text))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o644), info.Mode().Perm())

	require.NoError(t, os.MkdirAll(filepath.Join(dir, "taken", "x"), 0o755))
	require.ErrorContains(t, nativelib.WriteFile(filepath.Join(dir, "taken"), nil), "write "+filepath.Join(dir, "taken"))
	require.ErrorIs(t, nativelib.WriteFile(filepath.Join(dir, "none", "file"), nil), os.ErrNotExist)
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	require.NoError(t, err)
	require.Empty(t, left, "no half of a file stays")
}

func TestReplace_staysWholeWhatEverWasLeftBehind(t *testing.T) {
	m := nativetest.New(t)
	l := layout(t, m, filepath.Join(m.Home, "deep", "prefix"))
	staging := nativelib.StagingDir(l)
	require.Error(t, nativelib.Replace(l), "nothing is staged")
	require.NoDirExists(t, l.Prefix)
	for _, text := range []string{"first", "second"} {
		m.Write(filepath.Join(staging, "lib", "a"), text)
		m.Write(filepath.Join(staging+"-old", "lib", "a"), "left by an interrupted one")
		require.NoError(t, nativelib.Replace(l))
		got, err := os.ReadFile(filepath.Join(l.LibDir(), "a"))
		require.NoError(t, err)
		require.Equal(t, text, string(got))
		require.NoDirExists(t, staging)
		require.NoDirExists(t, staging+"-old")
		m.Write(filepath.Join(l.LibDir(), "stale"), "")
		m.Write(filepath.Join(l.Prefix, "asan", "lib", "a"), "the other variant")
	}
	m.Write(filepath.Join(staging, "lib", "a"), "third")
	require.NoError(t, nativelib.Replace(l))
	require.NoFileExists(t, filepath.Join(l.LibDir(), "stale"))
	require.FileExists(t, filepath.Join(l.Prefix, "asan", "lib", "a"))
}

func TestRestore_afterAKillBetweenTheRenames(t *testing.T) {
	for _, moved := range []bool{false, true} {
		m := nativetest.New(t)
		done := install(t, m, nativelib.InstallOptions{})
		asan := install(t, m, nativelib.InstallOptions{ASan: true})
		staging := nativelib.StagingDir(done.Layout)
		require.NoError(t, os.Rename(done.Layout.Prefix, staging+"-old"))
		m.Write(filepath.Join(staging, "lib", "a"), "new")
		if moved {
			require.NoError(t, os.Rename(filepath.Join(staging+"-old", "asan"), filepath.Join(staging, "asan")))
		}
		require.False(t, install(t, m, nativelib.InstallOptions{ASan: true}).Built, "%v: it was there", moved)
		require.FileExists(t, asan.Layout.ManifestFile())
		require.False(t, install(t, m, nativelib.InstallOptions{}).Built, "%v: so was this", moved)
		require.NoDirExists(t, staging+"-old")
	}
}
