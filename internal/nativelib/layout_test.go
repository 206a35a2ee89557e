package nativelib_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
	"github.com/aeroncgo/aeron/internal/nativelib/nativetest"
)

func TestNewLayout_places(t *testing.T) {
	m := nativetest.New(t)
	checkout := m.Module()
	elsewhere := nativelib.Module{Root: m.Root}
	recipe, err := nativelib.ReadRecipe(checkout)
	require.NoError(t, err)
	other := recipe
	other.Digest = strings.Repeat("f", 64)
	home := filepath.Join(m.Cache, "aeroncgo")
	tests := []struct {
		name   string
		module nativelib.Module
		recipe nativelib.Recipe
		prefix string
		asan   bool
		below  string // what the prefix is below
		ends   string
	}{
		{"checkout", checkout, recipe, "", false, m.Root, "/vendor-c/prefix"},
		{"checkout, asan", checkout, recipe, "", true, m.Root, "/vendor-c/prefix/asan"},
		{"module cache", elsewhere, recipe, "", false, home, recipe.Digest[:12] + "/prefix"},
		{"module cache, asan", elsewhere, recipe, "", true, home, recipe.Digest[:12] + "/prefix/asan"},
		{"another recipe", elsewhere, other, "", false, home, "ffffffffffff/prefix"},
		{"named", checkout, recipe, filepath.Join(m.Home, "a", "..", "b c"), false, m.Home, "/b c"},
		{"named, asan", elsewhere, recipe, filepath.Join(m.Home, "p"), true, m.Home, "/p/asan"},
	}
	staged := map[string]string{}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, err := nativelib.NewLayout(test.module, test.recipe, system(t), test.prefix, test.asan)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(l.Prefix, test.below+"/"), l.Prefix)
			require.True(t, strings.HasSuffix(l.Prefix, test.ends), l.Prefix)
			require.Equal(t, l.Prefix+"/lib", l.LibDir())
			require.Equal(t, l.Prefix+"/include/aeron", l.IncludeDir())
			require.Equal(t, map[bool]string{true: "asan", false: "release"}[test.asan], l.Variant())
			require.Equal(t, test.module.Checkout && test.prefix == "", nativelib.HasHeaders(l))
			// Nothing of a build may lie where the library does: the prefix is replaced as a whole.
			for _, path := range []string{nativelib.StagingDir(l), nativelib.LockPath(l)} {
				require.False(t, strings.HasPrefix(path, strings.TrimSuffix(l.Prefix, "/asan")+"/"), path)
			}
			base := strings.TrimSuffix(l.Prefix, "/asan")
			if lock, ok := staged[base]; ok {
				require.Equal(t, lock, nativelib.LockPath(l), "both variants of a prefix share its lock")
			}
			staged[base] = nativelib.LockPath(l)
		})
	}
	locks := map[string]bool{}
	for _, lock := range staged {
		locks[lock] = true
	}
	require.Len(t, locks, len(staged), "prefixes do not wait for each other")
}

func TestNewLayout_othersWaitForTheSameLock(t *testing.T) {
	m := nativetest.New(t)
	prefix := filepath.Join(m.Home, "shared")
	mine := nativelib.LockPath(layout(t, m, prefix))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(m.Home, "another's cache"))
	require.Equal(t, mine, nativelib.LockPath(layout(t, m, prefix)))
}

func TestTargetSystem_hasALibraryOfItsOwn(t *testing.T) {
	m := nativetest.New(t)
	for cc, answer := range map[string]string{"cross-gcc": "aarch64-linux-gnu", "odd": "a/../b", "mute": "", "broken": "x; exit 1"} {
		m.Tool(cc, "[ $1 != -dumpmachine ] || echo "+answer)
	}
	own := runtime.GOOS + "/" + runtime.GOARCH
	for cc, want := range map[string]string{"cross-gcc": "aarch64-linux-gnu", "cross-gcc -O": own, "odd": own, "mute": own, "broken": own, "none": own, "'": own, "": own} {
		require.Equal(t, want, nativelib.TargetSystem(t.Context(), cc), cc)
	}
	elsewhere := nativelib.Module{Root: m.Root}
	native, err := nativelib.Install(t.Context(), elsewhere, nativelib.InstallOptions{})
	require.NoError(t, err)
	t.Setenv("CC", "cross-gcc")
	_, _, err = nativelib.Locate(t.Context(), elsewhere, "", false)
	require.ErrorIs(t, err, nativelib.ErrNotInstalled)
	cross, err := nativelib.Install(t.Context(), elsewhere, nativelib.InstallOptions{})
	require.NoError(t, err)
	require.Equal(t, "aarch64-linux-gnu", cross.Manifest.System)
	require.NotEqual(t, native.Layout.Prefix, cross.Layout.Prefix)
	require.FileExists(t, native.Layout.ManifestFile())

	// A checkout has one place.
	t.Setenv("CC", "")
	install(t, m, nativelib.InstallOptions{})
	t.Setenv("CC", "cross-gcc")
	_, _, err = nativelib.Locate(t.Context(), m.Module(), "", false)
	require.ErrorContains(t, err, "it was built for "+own+", and CC compiles for aarch64-linux-gnu")
}

func TestNewLayout_relativePrefixIsOfTheWorkingDirectory(t *testing.T) {
	m := nativetest.New(t)
	module := m.Module()
	t.Chdir(m.Home)
	recipe, err := nativelib.ReadRecipe(module)
	require.NoError(t, err)
	l, err := nativelib.NewLayout(module, recipe, system(t), "out", false)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(m.Home, "out"), l.Prefix)
	for _, root := range []string{"/", "//", "/x/.."} {
		_, err := nativelib.NewLayout(module, recipe, system(t), root, false)
		require.ErrorIs(t, err, nativelib.ErrPrefix, root)
		require.ErrorContains(t, err, "name a directory of its own with --prefix")
	}
}

func TestReadRecipe_digestFollowsWhatDecidesTheOutcome(t *testing.T) {
	tests := []struct {
		file    string
		counted bool
	}{
		{"CMakeLists.txt", true}, {"vendor-c/Cargo.toml", true}, {"vendor-c/NOTICE", true},
		{"vendor-c/shim/aerongo_env.c", true}, {"vendor-c/shim/new.c", true}, {"vendor-c/shim/deep/er.h", true}, {"vendor-c/cmake/header.in", true},
		{"vendor-c/shim/.editor.swp", false}, {"vendor-c/README.md", false}, {"cgo/any.go", false},
	}
	for _, test := range tests {
		m := nativetest.New(t)
		before, err := nativelib.ReadRecipe(m.Module())
		require.NoError(t, err)
		m.Write(filepath.Join(m.Root, test.file), "changed")
		after, err := nativelib.ReadRecipe(m.Module())
		require.NoError(t, err)
		require.Equal(t, test.counted, before.Digest != after.Digest, test.file)
	}
}

func TestReadRecipe_errors(t *testing.T) {
	for _, name := range []string{"CMakeLists.txt", "vendor-c/Cargo.toml", "vendor-c/Cargo.lock", "vendor-c/SOURCE.sha256", "vendor-c/NOTICE", "vendor-c/shim", "vendor-c/cmake"} {
		m := nativetest.New(t)
		module := m.Module()
		require.NoError(t, os.RemoveAll(filepath.Join(m.Root, name)))
		_, err := nativelib.ReadRecipe(module)
		require.ErrorIs(t, err, fs.ErrNotExist, name)
		require.ErrorContains(t, err, filepath.Base(name))
	}
	m := nativetest.New(t)
	m.Write(filepath.Join(m.Root, "vendor-c/SOURCE.sha256"), strings.Repeat("a", 64)+"  a\nnonsense\n")
	_, err := nativelib.ReadRecipe(m.Module())
	require.ErrorContains(t, err, `SOURCE.sha256 line 2 is not`)
}

func TestSourceList_differenceNamesTheFirstFile(t *testing.T) {
	pinned := nativelib.SourceList{"b": "1", "d": "2", "f": "3"}
	tests := []struct {
		name string
		tree nativelib.SourceList
		want string
	}{
		{"same", nativelib.SourceList{"f": "3", "d": "2", "b": "1"}, ""},
		{"nothing there", nil, "b is missing"},
		{"changed", nativelib.SourceList{"b": "1", "d": "x", "f": "3"}, "d differs"},
		{"missing before changed", nativelib.SourceList{"d": "x", "f": "x"}, "b is missing"},
		{"extra before missing", nativelib.SourceList{"a": "1", "d": "2"}, "a does not belong there"},
		{"changed before extra", nativelib.SourceList{"b": "x", "c": "1", "d": "2", "f": "3"}, "b differs"},
		{"last is extra", nativelib.SourceList{"b": "1", "d": "2", "f": "3", "g": ""}, "g does not belong there"},
		{"renamed", nativelib.SourceList{"b": "1", "e": "2", "f": "3"}, "d is missing"},
	}
	for _, test := range tests {
		require.Equal(t, test.want, pinned.Difference(test.tree), test.name)
		require.Equal(t, test.want == "", pinned.Digest() == test.tree.Digest(), test.name)
	}
}

func TestHashTree_takesWhatIsCompiledOnly(t *testing.T) {
	m := nativetest.New(t)
	before, err := nativelib.HashTree(m.Tree, true)
	require.NoError(t, err)
	for _, name := range []string{
		"README.md", "aeron-driver/src/test/c/test.c", "aeron-client/src/main/c/CMakeLists.txt", "aeron-client/src/main/java/A.c", "cppbuild/other.zip",
	} {
		m.Write(filepath.Join(m.Tree, name), "not compiled")
	}
	after, err := nativelib.HashTree(m.Tree, true)
	require.NoError(t, err)
	require.Equal(t, before, after)
	core, err := nativelib.HashTree(m.Tree, false)
	require.NoError(t, err)
	require.Equal(t, before.Core(), core)

	// A path that would be a pattern.
	odd := filepath.Join(m.Home, "a[b]*?")
	require.NoError(t, os.Rename(m.Tree, odd))
	moved, err := nativelib.HashTree(odd, true)
	require.NoError(t, err)
	require.Equal(t, before, moved)
	none, err := nativelib.HashTree(filepath.Join(m.Home, "none"), true)
	require.NoError(t, err)
	require.NotEmpty(t, before.Difference(none))
}

func TestMergeFlags_table(t *testing.T) {
	m := nativetest.New(t)
	l := layout(t, m, filepath.Join(m.Home, "p"))
	cache := filepath.Join(m.Cache, "aeroncgo", "1.53.0-old", "prefix")
	ours, lib := "-I"+l.IncludeDir()+` '-DAERONGO_NATIVE_ID="7"'`, "-L"+l.LibDir()
	tests := []struct {
		name            string
		cflags, ldflags string
		wantC, wantLD   string
	}{
		{"nothing", "", "", ours, lib},
		{"white space only", " \t\n", "  ", ours, lib},
		{"others", "-O2 -g", "-O2 -lm", "-O2 -g " + ours, "-O2 -lm " + lib},
		{"an earlier prefix", `-O2 -I/old/include/aeron '-DAERONGO_NATIVE_ID="1"' -g`, "-L/old/lib -lm", "-O2 -g " + ours, "-lm " + lib},
		{"an earlier one with a space", `'-I/o d/include/aeron' '-DAERONGO_NATIVE_ID="1"'`, "'-L/o d/lib'", ours, lib},
		{"two earlier ones", `-I/a/include/aeron '-DAERONGO_NATIVE_ID="1"' -I/b/include/aeron '-DAERONGO_NATIVE_ID="2"'`, "-L/a/lib -L/b/lib", ours, lib},
		{"an id that lost its directory", `'-DAERONGO_NATIVE_ID="1"' -O2`, "", "-O2 " + ours, lib},
		{"an id after another flag", `-O3 '-DAERONGO_NATIVE_ID="1"'`, "", "-O3 " + ours, lib},
		{"a linker directory in our cache", "", "-L" + cache + "/lib -L/usr/lib", ours, "-L/usr/lib " + lib},
		{"the same linker directory twice", "", lib + " " + lib, ours, lib},
		{"others' directories that look alike", "-I/old/include/aeron", "-L/old/lib", "-I/old/include/aeron " + ours, "-L/old/lib " + lib},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := nativelib.MergeFlags(nativelib.Flags{CFlags: test.cflags, LDFlags: test.ldflags}, l, nativelib.Manifest{ID: "7"})
			require.NoError(t, err)
			require.Equal(t, nativelib.Flags{CFlags: test.wantC, LDFlags: test.wantLD}, got)
			again, err := nativelib.MergeFlags(got, l, nativelib.Manifest{ID: "7"})
			require.NoError(t, err)
			require.Equal(t, got, again, "a second call adds nothing")
		})
	}
}

func TestModulePath(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"module a.b/c\n": "a.b/c", "// a comment\n\nmodule a.b/c // deprecated\ngo 1.26\n": "a.b/c", "module \"a.b/c\"\n": "a.b/c",
		"  module   a.b/c  \r\n": "a.b/c", "": "", "go 1.26\n": "", "modules a.b/c\n": "", strings.Repeat("x", 1<<17): "",
	} {
		file := filepath.Join(dir, "go.mod")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		require.Equal(t, want, nativelib.ModulePathOf(file))
	}
	require.Empty(t, nativelib.ModulePathOf(filepath.Join(dir, "none")))
	require.Empty(t, nativelib.ModulePathOf(dir))
}

func TestInCargoStore(t *testing.T) {
	name := nativelib.CrateName + "-" + nativelib.Version
	for path, want := range map[string]bool{
		"/c/registry/src/index/" + name: true, "/c/registry/src/index/" + name + "/aeron": false, "/c/git/checkouts/" + name: false,
		"/c/registry/src/index/" + nativelib.CrateName + "-1.53.0": false, "/mine/" + name: false, "": false,
	} {
		require.Equal(t, want, nativelib.InCargoStore(path), path)
	}
}

func TestProblem_textAndUnwrap(t *testing.T) {
	cause := errors.New("disk full")
	for _, test := range []struct {
		problem nativelib.Problem
		text    string
	}{
		{nativelib.Problem{Kind: nativelib.ErrBuild, What: "a"}, "a"},
		{nativelib.Problem{Kind: nativelib.ErrBuild, What: "a", Remedy: "do b"}, "a; do b"},
		{nativelib.Problem{Kind: nativelib.ErrBuild, What: "a", Err: cause}, "a: disk full"},
		{nativelib.Problem{Kind: nativelib.ErrBuild, What: "a", Remedy: "do b", Err: cause}, "a: disk full; do b"},
	} {
		require.EqualError(t, &test.problem, test.text)
		require.ErrorIs(t, &test.problem, nativelib.ErrBuild)
		require.Equal(t, test.problem.Err != nil, errors.Is(&test.problem, cause))
		require.NotErrorIs(t, &test.problem, nativelib.ErrTool)
	}
}
