package nativelib_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
	"github.com/aeroncgo/aeron/internal/nativelib/nativetest"
)

func install(t *testing.T, m *nativetest.Machine, opt nativelib.InstallOptions) nativelib.Installed {
	t.Helper()
	done, err := nativelib.Install(t.Context(), m.Module(), opt)
	require.NoError(t, err)
	return done
}

func layout(t *testing.T, m *nativetest.Machine, prefix string) nativelib.Layout {
	t.Helper()
	recipe, err := nativelib.ReadRecipe(m.Module())
	require.NoError(t, err)
	l, err := nativelib.NewLayout(m.Module(), recipe, system(t), prefix, false)
	require.NoError(t, err)
	return l
}

// system is what a test's gcc compiles for.
func system(t *testing.T) string {
	t.Helper()
	return nativelib.TargetSystem(t.Context(), "gcc")
}

func TestInstall_goesIntoTheCheckoutAndTheSecondTimeDoesNothing(t *testing.T) {
	m := nativetest.New(t)
	first := install(t, m, nativelib.InstallOptions{})
	require.True(t, first.Built)
	require.Equal(t, filepath.Join(m.Root, "vendor-c", "prefix"), first.Layout.Prefix)
	require.Equal(t, "0123456789abcdef", first.Manifest.ID)
	require.Equal(t, "crate", first.Manifest.Source.Origin)
	require.Equal(t, strings.Repeat("ab", 32), first.Manifest.Source.Checksum)
	require.Contains(t, first.Manifest.Files, "lib/libaeron_native.a")
	require.NoFileExists(t, nativelib.StagingDir(first.Layout))
	header, err := os.ReadFile(nativelib.IDHeader(first.Layout))
	require.NoError(t, err)
	require.Contains(t, string(header), "#ifndef AERONGO_NATIVE_ID\n#define AERONGO_NATIVE_ID \"0123456789abcdef\"\n#endif\n")
	before, err := os.Stat(nativelib.IDHeader(first.Layout))
	require.NoError(t, err)

	second := install(t, m, nativelib.InstallOptions{})
	require.False(t, second.Built)
	require.Empty(t, second.Reason)
	require.Equal(t, first.Manifest, second.Manifest)
	require.Equal(t, 1, m.Built())
	require.Equal(t, 1, m.Fetched())
	after, err := os.Stat(nativelib.IDHeader(first.Layout))
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime(), "an untouched header keeps Go's cache")
}

func TestInstall_writesTheHeadersAgainWithoutBuilding(t *testing.T) {
	m := nativetest.New(t)
	done := install(t, m, nativelib.InstallOptions{})
	require.NoError(t, os.Remove(nativelib.IDHeader(done.Layout)))
	m.Write(nativelib.RecipeHeader(done.Layout), "#define AERONGO_RECIPE 0x00000000\n")
	require.False(t, install(t, m, nativelib.InstallOptions{}).Built)
	require.FileExists(t, nativelib.IDHeader(done.Layout))
	recipe, err := nativelib.ReadRecipe(m.Module())
	require.NoError(t, err)
	text, err := os.ReadFile(nativelib.RecipeHeader(done.Layout))
	require.NoError(t, err)
	require.Contains(t, string(text), "#define AERONGO_RECIPE 0x"+recipe.Digest[:8]+"\n")
}

func TestInstall_keepsTheASanVariantBelowTheRelease(t *testing.T) {
	m := nativetest.New(t)
	asan := install(t, m, nativelib.InstallOptions{ASan: true})
	require.Equal(t, filepath.Join(m.Root, "vendor-c", "prefix", "asan"), asan.Layout.Prefix)
	release := install(t, m, nativelib.InstallOptions{})
	require.True(t, release.Built)
	require.NotContains(t, release.Manifest.Files, "asan/lib/libaeron_native.a")
	require.False(t, install(t, m, nativelib.InstallOptions{ASan: true}).Built)
	// A rebuild of one leaves the other alone.
	m.Write(filepath.Join(release.Layout.LibDir(), "libaeron_native.a"), "damaged")
	require.True(t, install(t, m, nativelib.InstallOptions{}).Built)
	require.False(t, install(t, m, nativelib.InstallOptions{ASan: true}).Built)
	header, err := os.ReadFile(nativelib.IDHeader(release.Layout))
	require.NoError(t, err)
	require.Contains(t, string(header), `AERONGO_NATIVE_ID_ASAN "0123456789abcdef"`)
}

func TestInstall_rebuildsAndSaysWhy(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, m *nativetest.Machine, l nativelib.Layout)
		why    string
	}{
		{"damaged archive", func(_ *testing.T, m *nativetest.Machine, l nativelib.Layout) {
			m.Write(filepath.Join(l.LibDir(), "libaeron_native.a"), "half")
		}, "lib/libaeron_native.a is damaged"},
		{"missing header", func(t *testing.T, _ *nativetest.Machine, l nativelib.Layout) {
			require.NoError(t, os.Remove(filepath.Join(l.IncludeDir(), "aerongo_native.h")))
		}, "include/aeron/aerongo_native.h is missing"},
		{"no manifest", func(t *testing.T, _ *nativetest.Machine, l nativelib.Layout) {
			require.NoError(t, os.Remove(l.ManifestFile()))
		}, "it has no manifest"},
		{"truncated manifest", func(_ *testing.T, m *nativetest.Machine, l nativelib.Layout) {
			m.Write(l.ManifestFile(), `{"version": "1.5`)
		}, "is damaged"},
		{"empty manifest", func(_ *testing.T, m *nativetest.Machine, l nativelib.Layout) {
			m.Write(l.ManifestFile(), `{}`)
		}, "it names no files"},
		{"another version", func(t *testing.T, m *nativetest.Machine, l nativelib.Layout) {
			text, err := os.ReadFile(l.ManifestFile())
			require.NoError(t, err)
			m.Write(l.ManifestFile(), strings.Replace(string(text), `"version": "1.54.0"`, `"version": "1.53.0"`, 1))
		}, "it is version 1.53.0, and 1.54.0 is required"},
		{"another recipe", func(_ *testing.T, m *nativetest.Machine, _ nativelib.Layout) {
			m.Write(filepath.Join(m.Root, "vendor-c/shim/aerongo_env.c"), "int changed;\n")
		}, "the build recipe has changed"},
		{"another compiler", func(t *testing.T, m *nativetest.Machine, _ nativelib.Layout) {
			m.Tool("othercc", `echo "othercc 1.0"`)
			t.Setenv("CC", "othercc -m64")
		}, "the compiler or its flags have changed"},
		{"interrupted build", func(t *testing.T, m *nativetest.Machine, l nativelib.Layout) {
			require.NoError(t, os.RemoveAll(l.Prefix))
			m.Write(filepath.Join(nativelib.StagingDir(l), "lib/libaeron_native.a"), "half")
		}, "an earlier build was interrupted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := nativetest.New(t)
			first := install(t, m, nativelib.InstallOptions{})
			test.change(t, m, first.Layout)
			again := install(t, m, nativelib.InstallOptions{})
			require.True(t, again.Built)
			require.Contains(t, again.Reason, test.why)
			require.Equal(t, 2, m.Built())
			_, _, err := nativelib.Locate(t.Context(), m.Module(), "", false)
			require.NoError(t, err)
			require.False(t, install(t, m, nativelib.InstallOptions{}).Built)
		})
	}
}

func TestInstall_staysWithTheSamplesOnceTheyAreBuilt(t *testing.T) {
	m := nativetest.New(t)
	require.False(t, install(t, m, nativelib.InstallOptions{}).Manifest.Samples)
	with := install(t, m, nativelib.InstallOptions{Samples: true})
	require.True(t, with.Built)
	require.Contains(t, with.Reason, "the samples have not been built yet")
	require.False(t, install(t, m, nativelib.InstallOptions{}).Built)
	m.Write(filepath.Join(with.Layout.LibDir(), "libaeron_native.a"), "damaged")
	require.True(t, install(t, m, nativelib.InstallOptions{}).Manifest.Samples)
	arguments, err := os.ReadFile(filepath.Join(m.Home, "arguments"))
	require.NoError(t, err)
	require.Contains(t, string(arguments), "-DAERON_SAMPLES=ON")
}

func TestInstall_failedBuildLeavesTheOldLibrary(t *testing.T) {
	m := nativetest.New(t)
	first := install(t, m, nativelib.InstallOptions{})
	m.Write(filepath.Join(m.Root, "CMakeLists.txt"), "# changed\n")
	m.Write(filepath.Join(m.Home, "fail"), "")
	_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{})
	require.ErrorIs(t, err, nativelib.ErrBuild)
	require.ErrorContains(t, err, "compiler: something is wrong")
	require.ErrorContains(t, err, "-v")
	require.FileExists(t, filepath.Join(first.Layout.LibDir(), "libaeron_native.a"))
	require.NoFileExists(t, nativelib.StagingDir(first.Layout))
}

func TestInstall_withoutSpaceAsksForSpace(t *testing.T) {
	m := nativetest.New(t)
	m.Tool("cmake", `[ "$1" = --version ] && echo cmake version 3.25.1 && exit; echo "fatal error: error writing to a.s: No space left on device" >&2; exit 1`)
	_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{})
	require.ErrorIs(t, err, nativelib.ErrBuild)
	require.ErrorContains(t, err, "free space where "+filepath.Join(m.Root, "vendor-c", "build"))
}

func TestInstall_interruptedLeavesNothingAndNoCompilerBehind(t *testing.T) {
	m := nativetest.New(t)
	m.Write(filepath.Join(m.Home, "hang"), "")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	failed := make(chan error, 1)
	module := m.Module()
	go func() {
		_, err := nativelib.Install(ctx, module, nativelib.InstallOptions{})
		failed <- err
	}()
	sleeper := filepath.Join(m.Home, "sleeper")
	require.Eventually(t, func() bool { _, err := os.Stat(sleeper); return err == nil }, 20*time.Second, 5*time.Millisecond)
	why := errors.New("stopped by the test")
	cancel(why)
	err := <-failed
	require.ErrorIs(t, err, why)
	require.NoDirExists(t, layout(t, m, "").Prefix)
	text, err := os.ReadFile(sleeper)
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return !running(pid) }, 10*time.Second, 5*time.Millisecond)

	require.NoError(t, os.Remove(filepath.Join(m.Home, "hang")))
	require.True(t, install(t, m, nativelib.InstallOptions{}).Built)
}

// running says whether a process does anything: an orphan that nobody has reaped yet does not.
func running(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func TestInstall_severalAtOnceBuildOnce(t *testing.T) {
	m := nativetest.New(t)
	module := m.Module()
	const installers = 4
	var group sync.WaitGroup
	results, failures := make([]nativelib.Installed, installers), make([]error, installers)
	for i := range installers {
		group.Go(func() { results[i], failures[i] = nativelib.Install(t.Context(), module, nativelib.InstallOptions{}) })
	}
	group.Wait()
	built := 0
	for i := range installers {
		require.NoError(t, failures[i])
		if results[i].Built {
			built++
		}
	}
	require.Equal(t, 1, built)
	require.Equal(t, 1, m.Built())
}

func TestInstall_waitsForAnotherAndStopsWaitingWhenTold(t *testing.T) {
	m := nativetest.New(t)
	m.Write(filepath.Join(m.Home, "hang"), "")
	module := m.Module()
	holding, release := context.WithCancel(t.Context())
	defer release()
	done := make(chan error, 1)
	go func() {
		_, err := nativelib.Install(holding, module, nativelib.InstallOptions{})
		done <- err
	}()
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(m.Home, "sleeper")); return err == nil }, 20*time.Second, 5*time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	var said []string
	_, err := nativelib.Install(ctx, module, nativelib.InstallOptions{Log: func(line string) {
		said = append(said, line)
		cancel()
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, said, 1)
	require.Contains(t, said[0], "waiting for another installation")
	release()
	require.Error(t, <-done)
	require.Equal(t, 1, m.Built())
}

func TestInstall_readOnlyModuleGoesToTheUsersCache(t *testing.T) {
	m := nativetest.New(t)
	user := filepath.Join(m.Home, "user")
	m.Write(filepath.Join(user, "go.mod"), "module example.com/user\n\ngo 1.26\n\nrequire "+nativelib.ModulePath+" v0.0.0\n\nreplace "+nativelib.ModulePath+" => ../checkout\n")
	m.ReadOnly(m.Root)
	for _, dir := range []string{m.Root, user} {
		module, err := nativelib.FindModule(t.Context(), dir)
		require.NoError(t, err)
		require.Equal(t, nativelib.Module{Root: m.Root}, module)
		done, err := nativelib.Install(t.Context(), module, nativelib.InstallOptions{})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(done.Layout.Prefix, filepath.Join(m.Cache, "aeroncgo", nativelib.Version)+"-"), done.Layout.Prefix)
		require.False(t, nativelib.HasHeaders(done.Layout))
	}
	require.Equal(t, 1, m.Built(), "both see the same library")
	require.NoDirExists(t, filepath.Join(m.Root, "vendor-c", "prefix"))
	require.NoDirExists(t, filepath.Join(m.Root, "vendor-c", "build"))
}

func TestInstall_customPrefix(t *testing.T) {
	m := nativetest.New(t)
	prefix := filepath.Join(m.Home, "with space", "aeron")
	done := install(t, m, nativelib.InstallOptions{Prefix: prefix})
	require.Equal(t, prefix, done.Layout.Prefix)
	require.NoDirExists(t, filepath.Join(m.Root, "vendor-c", "prefix"))
	require.False(t, install(t, m, nativelib.InstallOptions{Prefix: prefix}).Built)
	require.True(t, install(t, m, nativelib.InstallOptions{Prefix: prefix, ASan: true}).Built)

	// What is not ours is never replaced.
	m.Write(filepath.Join(prefix, "share", "precious"), "mine")
	require.NoError(t, os.Remove(filepath.Join(done.Layout.LibDir(), "libaeron_native.a")))
	_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{Prefix: prefix})
	require.ErrorIs(t, err, nativelib.ErrPrefix)
	require.ErrorContains(t, err, "share/precious")
	require.FileExists(t, filepath.Join(prefix, "share", "precious"))
	require.NoError(t, os.Remove(filepath.Join(prefix, "share", "precious")))
	require.True(t, install(t, m, nativelib.InstallOptions{Prefix: prefix}).Built)

	_, err = nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{Prefix: "/"})
	require.ErrorIs(t, err, nativelib.ErrPrefix)
}

func TestInstall_withoutTools(t *testing.T) {
	m := nativetest.New(t)
	m.RemoveTool("cmake")
	m.RemoveTool("cargo")
	m.RemoveTool("ninja")
	_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{})
	require.ErrorIs(t, err, nativelib.ErrTool)
	for _, text := range []string{"cmake is missing", "cargo is missing", "ninja or make is missing", "--source DIR"} {
		require.ErrorContains(t, err, text)
	}
	require.Zero(t, m.Built())

	m = nativetest.New(t)
	m.RemoveTool("cargo")
	m.RemoveTool("ninja")
	m.Tool("make", `echo "GNU Make 4.3"`)
	done := install(t, m, nativelib.InstallOptions{SourceDir: m.Tree})
	require.Equal(t, "directory", done.Manifest.Source.Origin)
	arguments, err := os.ReadFile(filepath.Join(m.Home, "arguments"))
	require.NoError(t, err)
	require.Contains(t, string(arguments), "-G Unix Makefiles")
	require.Contains(t, string(arguments), "-DAERON_SOURCE_DIR="+m.Tree)
}

func TestLocate_namesTheCommandThatRepairs(t *testing.T) {
	m := nativetest.New(t)
	_, _, err := nativelib.Locate(t.Context(), m.Module(), "", true)
	require.ErrorIs(t, err, nativelib.ErrNotInstalled)
	require.ErrorContains(t, err, nativelib.InstallCommand+" --asan")
	install(t, m, nativelib.InstallOptions{ASan: true})
	_, manifest, err := nativelib.Locate(t.Context(), m.Module(), "", true)
	require.NoError(t, err)
	require.Equal(t, "asan", manifest.Variant)
	require.Equal(t, 1, m.Built(), "locating builds nothing")
}

func TestLocate_withoutACacheDirectory(t *testing.T) {
	m := nativetest.New(t)
	m.ReadOnly(m.Root)
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	_, _, err := nativelib.Locate(t.Context(), m.Module(), "", false)
	require.ErrorIs(t, err, nativelib.ErrPrefix)
	require.ErrorContains(t, err, "set HOME or XDG_CACHE_HOME")
}
