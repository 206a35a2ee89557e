package nativelib_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
	"github.com/aeroncgo/aeron/internal/nativelib/nativetest"
)

func TestSource_directoriesThatAreNotThePinnedTree(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, m *nativetest.Machine)
		kind  error
		text  string
	}{
		{"no version", func(t *testing.T, m *nativetest.Machine) {
			require.NoError(t, os.Remove(filepath.Join(m.Tree, "version.txt")))
		}, nativelib.ErrNoSource, "is not an Aeron tree"},
		{"older version", func(_ *testing.T, m *nativetest.Machine) { m.WriteTree("1.52.1") }, nativelib.ErrWrongVersion, "is Aeron 1.52.1, but 1.54.0 is required"},
		{"edited file", func(_ *testing.T, m *nativetest.Machine) {
			m.Write(filepath.Join(m.Tree, "aeron-driver/src/main/c/aeron_driver.c"), "int edited;\n")
		}, nativelib.ErrModifiedSource, "aeron-driver/src/main/c/aeron_driver.c differs"},
		{"missing file", func(t *testing.T, m *nativetest.Machine) {
			require.NoError(t, os.RemoveAll(filepath.Join(m.Tree, "aeron-client")))
		}, nativelib.ErrModifiedSource, "aeron-client/src/main/c/aeronc.c is missing"},
		{"extra file", func(_ *testing.T, m *nativetest.Machine) {
			m.Write(filepath.Join(m.Tree, "aeron-client/src/main/c/added.c"), "int added;\n")
		}, nativelib.ErrModifiedSource, "aeron-client/src/main/c/added.c does not belong there"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := nativetest.New(t)
			install(t, m, nativelib.InstallOptions{SourceDir: m.Tree})
			test.spoil(t, m)
			// Also when there is nothing to build.
			_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{SourceDir: m.Tree})
			require.ErrorIs(t, err, test.kind)
			require.ErrorContains(t, err, test.text)
			require.Equal(t, 1, m.Built())
		})
	}
}

func TestSource_takesTheDirectoryAboveTheTree(t *testing.T) {
	m := nativetest.New(t)
	recipe, err := nativelib.ReadRecipe(m.Module())
	require.NoError(t, err)
	source, err := nativelib.OpenSource(recipe, filepath.Dir(m.Tree), false, false)
	require.NoError(t, err)
	require.Equal(t, m.Tree, source.Tree)
}

func TestSource_modifiedOnlyWhenAllowed(t *testing.T) {
	m := nativetest.New(t)
	m.Write(filepath.Join(m.Tree, "aeron-client/src/main/c/aeronc.c"), "int patched;\n")
	done := install(t, m, nativelib.InstallOptions{SourceDir: m.Tree, AllowModified: true})
	require.True(t, done.Manifest.Source.Modified)
	require.False(t, install(t, m, nativelib.InstallOptions{SourceDir: m.Tree, AllowModified: true}).Built)
	_, _, err := nativelib.Locate(t.Context(), m.Module(), "", false)
	require.NoError(t, err, "its builder chose it")

	m.WriteTree(nativelib.Version)
	plain := install(t, m, nativelib.InstallOptions{})
	require.True(t, plain.Built)
	require.Contains(t, plain.Reason, "another source tree")
	require.False(t, plain.Manifest.Source.Modified)

	_, err = nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{AllowModified: true})
	require.ErrorIs(t, err, nativelib.ErrNoSource)
}

func TestSource_samplesCountOnlyWhenTheyAreBuilt(t *testing.T) {
	m := nativetest.New(t)
	require.NoError(t, os.RemoveAll(filepath.Join(m.Tree, "aeron-samples")))
	install(t, m, nativelib.InstallOptions{SourceDir: m.Tree})
	_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{SourceDir: m.Tree, Samples: true})
	require.ErrorIs(t, err, nativelib.ErrModifiedSource)
	require.ErrorContains(t, err, "aeron-samples/src/main/c/cping.c is missing")
}

func TestSource_samplesThatAreThereAlreadyAreHeldAgainstThePin(t *testing.T) {
	m := nativetest.New(t)
	done := install(t, m, nativelib.InstallOptions{SourceDir: m.Tree, Samples: true})
	m.Write(filepath.Join(m.Tree, "aeron-samples/src/main/c/cping.c"), "int patched;\n")
	m.Write(filepath.Join(done.Layout.LibDir(), "libaeron_native.a"), "damaged")
	_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{SourceDir: m.Tree})
	require.ErrorIs(t, err, nativelib.ErrModifiedSource)
	require.ErrorContains(t, err, "cping.c differs")
}

func TestSource_cargosDamagedCopyIsUnpackedAgainOnce(t *testing.T) {
	m := nativetest.New(t)
	done := install(t, m, nativelib.InstallOptions{})
	unpacked := filepath.Join(m.Home, "cargo/registry/src/index", nativelib.CrateName+"-"+nativelib.Version, "aeron/aeron-client/src/main/c/aeronc.c")
	m.Write(unpacked, "int damaged;\n")
	require.NoError(t, os.RemoveAll(done.Layout.Prefix))
	var said []string
	again := install(t, m, nativelib.InstallOptions{Log: func(line string) { said = append(said, line) }})
	require.True(t, again.Built)
	require.Contains(t, strings.Join(said, "\n"), "unpacked again")
	require.Equal(t, 2, m.Fetched())
	crates, err := filepath.Glob(filepath.Join(m.Home, "cargo/registry/src/index/*"))
	require.NoError(t, err)
	require.Len(t, crates, 1, "what was put aside is gone")

	// The archive itself is bad: an error, not a loop.
	m.Write(filepath.Join(m.Tree, "aeron-client/src/main/c/aeronc.c"), "int bad;\n")
	m.Write(unpacked, "int damaged;\n")
	require.NoError(t, os.RemoveAll(done.Layout.Prefix))
	_, err = nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{})
	require.ErrorIs(t, err, nativelib.ErrModifiedSource)
	require.ErrorContains(t, err, "aeronc.c differs")
	require.Equal(t, 3, m.Fetched())
}

func TestSource_cargoFails(t *testing.T) {
	tests := []struct {
		name, cargo string
		kind        error
		text        string
	}{
		{"no network", `case $1 in --version) echo cargo 1.95.0 ;; *) echo "could not resolve host" >&2; exit 101 ;; esac`, nativelib.ErrNoSource, "could not resolve host"},
		{"no JSON", `case $1 in --version) echo cargo 1.95.0 ;; *) echo hello ;; esac`, nativelib.ErrNoSource, "not JSON"},
		{"no crate", `case $1 in --version) echo cargo 1.95.0 ;; *) echo '{"packages":[]}' ;; esac`, nativelib.ErrNoSource, "names no libaeron_driver-sys"},
		{"another version", `case $1 in --version) echo cargo 1.95.0 ;; *) echo '{"packages":[{"name":"libaeron_driver-sys","version":"1.53.0"}]}' ;; esac`, nativelib.ErrWrongVersion, "1.53.0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := nativetest.New(t)
			m.Tool("cargo", test.cargo)
			_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{})
			require.ErrorIs(t, err, test.kind)
			require.ErrorContains(t, err, test.text)
			require.ErrorContains(t, err, "--source DIR")
			require.Zero(t, m.Built())
		})
	}
}

func TestSourceList_readsWhatItWrites(t *testing.T) {
	m := nativetest.New(t)
	list, err := nativelib.HashTree(m.Tree, true)
	require.NoError(t, err)
	var text strings.Builder
	_, err = list.WriteTo(&text)
	require.NoError(t, err)
	again, err := nativelib.ReadSourceList(strings.NewReader(text.String()))
	require.NoError(t, err)
	require.Equal(t, list, again)
	require.Empty(t, list.Difference(again))
	require.Equal(t, list.Digest(), again.Digest())
	require.NotEqual(t, list.Digest(), list.Core().Digest())
}

func TestSourceList_refusesWhatIsNoList(t *testing.T) {
	for _, text := range []string{"", "\n", "abc  file", strings.Repeat("a", 64) + " file", strings.Repeat("x", 64) + "  file", strings.Repeat("a", 64) + "  "} {
		_, err := nativelib.ReadSourceList(strings.NewReader(text))
		require.ErrorContains(t, err, "SOURCE.sha256", "%q", text)
	}
}

func FuzzReadSourceList(f *testing.F) {
	f.Add(strings.Repeat("a", 64) + "  a/b.c\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := nativelib.ReadSourceList(strings.NewReader(text))
		if err != nil {
			return
		}
		var out strings.Builder
		_, err = list.WriteTo(&out)
		require.NoError(t, err)
		again, err := nativelib.ReadSourceList(strings.NewReader(out.String()))
		require.NoError(t, err)
		require.Equal(t, list, again)
	})
}

func TestRecipe_thePinAgreesWithItself(t *testing.T) {
	// The real one, of this checkout.
	module, err := nativelib.FindModule(t.Context(), ".")
	require.NoError(t, err)
	recipe, err := nativelib.ReadRecipe(module)
	require.NoError(t, err)
	require.Len(t, recipe.CrateChecksum, 64)
	for name, text := range map[string]string{
		"CMakeLists.txt":      `set(AERON_NATIVE_VERSION "` + nativelib.Version + `")`,
		"vendor-c/Cargo.toml": nativelib.CrateName + ` = "=` + nativelib.Version + `"`,
		"vendor-c/README.md":  "`" + nativelib.CrateName + "` " + nativelib.Version,
		"vendor-c/NOTICE":     "Aeron " + nativelib.Version,
	} {
		got, err := os.ReadFile(filepath.Join(module.Root, name))
		require.NoError(t, err)
		require.Contains(t, string(got), text, name)
	}
}

func TestRecipe_withoutAPinnedChecksum(t *testing.T) {
	m := nativetest.New(t)
	m.Write(filepath.Join(m.Root, "vendor-c/Cargo.lock"), "[[package]]\nname = \"libaeron_driver-sys\"\nversion = \"1.53.0\"\n")
	_, err := nativelib.ReadRecipe(m.Module())
	require.ErrorIs(t, err, nativelib.ErrWrongVersion)
}
