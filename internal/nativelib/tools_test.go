package nativelib_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
	"github.com/aeroncgo/aeron/internal/nativelib/nativetest"
)

func tool(t *testing.T, tools nativelib.Tools, name string) nativelib.Tool {
	t.Helper()
	for _, found := range tools.List {
		if found.Name == name {
			return found
		}
	}
	require.Failf(t, "no such tool", "%s in %+v", name, tools.List)
	return nativelib.Tool{}
}

func TestCheckTools_allThere(t *testing.T) {
	nativetest.New(t)
	tools := nativelib.CheckTools(t.Context(), nativelib.ReadSettings(t.Context()), false)
	require.NoError(t, tools.Problems(true))
	require.Empty(t, tools.MissingPackages())
	require.Equal(t, "gcc (Test) 12.2.0", tools.Compiler)
	require.Equal(t, "Ninja", tools.Generator)
	require.Equal(t, "3.25.1", tool(t, tools, "cmake").Version)
}

func TestCheckTools_whatIsWrong(t *testing.T) {
	tests := []struct {
		name, tool, script string // no script: the tool is not there
		reported           string
		state              nativelib.State
		packages           []string
		text               string
	}{
		{"no compiler", "gcc", "", "C compiler", nativelib.Missing, []string{"gcc", "libc6-dev"}, "C compiler is missing"},
		{"no libc headers", "gcc", `case "$*" in *--version*) echo gcc 12 ;; *) echo "stdio.h: No such file" >&2; exit 1 ;; esac`, "C compiler", nativelib.Broken, []string{"gcc", "libc6-dev"}, "stdio.h: No such file"},
		{"broken compiler", "gcc", `echo "cannot execute" >&2; exit 1`, "C compiler", nativelib.Broken, []string{"gcc", "libc6-dev"}, "cannot execute"},
		{"broken clang", "clang", `exit 1`, "C compiler", nativelib.Broken, []string{"clang", "libc6-dev"}, "install clang, which CC names (Debian: apt-get install clang libc6-dev), or unset CC"},
		{"no clang-15", "clang-15", "", "C compiler", nativelib.Missing, []string{"clang-15", "libc6-dev"}, "install clang-15"},
		{"no cross compiler", "cross-gcc", "", "C compiler", nativelib.Missing, nil, "install cross-gcc, which CC names, or unset CC"},
		{"no cmake", "cmake", "", "cmake", nativelib.Missing, []string{"cmake"}, "cmake is missing"},
		{"old cmake", "cmake", `echo cmake version 3.18.4`, "cmake", nativelib.TooOld, []string{"cmake"}, "cmake is too old (3.18.4; 3.22 or newer is needed)"},
		{"mute cmake", "cmake", `echo hello`, "cmake", nativelib.Broken, []string{"cmake"}, "names no version"},
		{"no ninja, no make", "ninja", "", "ninja or make", nativelib.Missing, []string{"ninja-build"}, "apt-get install ninja-build"},
		{"old cargo", "cargo", `echo cargo 1.65.0`, "cargo", nativelib.TooOld, nil, "cargo is too old (1.65.0; 1.70 or newer is needed)"},
		{"cargo without a toolchain", "cargo", `echo "rustup could not choose a version" >&2; exit 1`, "cargo", nativelib.Broken, nil, "--source DIR"},
		{"old go", "go", `echo go1.19.8`, "go", nativelib.TooOld, nil, "install Go 1.26"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := nativetest.New(t)
			if test.script == "" {
				m.RemoveTool(test.tool)
			} else {
				m.Tool(test.tool, test.script)
			}
			cc := "gcc"
			if test.reported == "C compiler" {
				cc = test.tool
			}
			tools := nativelib.CheckTools(t.Context(), nativelib.Settings{CC: cc}, false)
			found := tool(t, tools, test.reported)
			require.Equal(t, test.state, found.State)
			err := tools.Problems(true)
			require.ErrorIs(t, err, nativelib.ErrTool)
			require.ErrorContains(t, err, test.text)
			if test.packages != nil {
				require.Equal(t, test.packages, tools.MissingPackages())
			}
		})
	}
}

func TestCheckTools_onlyWhatIsNeeded(t *testing.T) {
	m := nativetest.New(t)
	m.RemoveTool("cargo")
	tools := nativelib.CheckTools(t.Context(), nativelib.Settings{CC: "gcc"}, false)
	require.Contains(t, tools.MissingPackages(), "ca-certificates")
	require.Error(t, tools.Problems(true))
	require.NoError(t, tools.Problems(false), "a go build needs no cargo")
	tools = nativelib.CheckTools(t.Context(), nativelib.Settings{CC: "gcc"}, true)
	require.NoError(t, tools.Problems(true))
	require.Equal(t, nativelib.NotNeeded, tool(t, tools, "cargo").State)
	require.Empty(t, tools.MissingPackages())
	m.RemoveTool("gcc")
	tools = nativelib.CheckTools(t.Context(), nativelib.Settings{CC: "gcc"}, true)
	require.Error(t, tools.Problems(false), "a go build needs the compiler")
}

func TestCheckTools_compilerWithArguments(t *testing.T) {
	m := nativetest.New(t)
	m.Tool("wrapper", `[ "$1" = gcc ] || exit 1; echo "wrapped gcc 12"`)
	tools := nativelib.CheckTools(t.Context(), nativelib.Settings{CC: "wrapper gcc"}, false)
	require.NoError(t, tools.Problems(true))
	require.Equal(t, "wrapped gcc 12", tools.Compiler)
	tools = nativelib.CheckTools(t.Context(), nativelib.Settings{CC: "'gcc"}, false)
	require.ErrorContains(t, tools.Problems(true), "set it to a command such as gcc")
}

func TestOlderThan(t *testing.T) {
	for _, test := range []struct {
		version, minimum string
		older            bool
	}{
		{"3.22", "3.22", false}, {"3.22.1", "3.22", false}, {"3.9.6", "3.22", true}, {"4", "3.22", false},
		{"3", "3.22", true}, {"1.100.0", "1.70", false}, {"1.26.8", "1.26", false}, {"0.66.0", "1.70", true},
	} {
		require.Equal(t, test.older, nativelib.OlderThan(test.version, test.minimum), "%s, %s", test.version, test.minimum)
	}
}

func TestCargoPackage_bySystem(t *testing.T) {
	m := nativetest.New(t)
	for text, name := range map[string]string{
		"ID=debian\nVERSION_ID=\"12\"\n":    "cargo-web",
		"ID=debian\nVERSION_ID=\"13\"\n":    "cargo",
		"ID=ubuntu\nVERSION_ID=\"24.04\"\n": "cargo",
		"nonsense":                          "cargo",
	} {
		file := filepath.Join(m.Home, "os-release")
		m.Write(file, text)
		require.Equal(t, name, nativelib.CargoPackageFor(file), text)
	}
	require.Equal(t, "cargo", nativelib.CargoPackageFor(filepath.Join(m.Home, "none")))
}
