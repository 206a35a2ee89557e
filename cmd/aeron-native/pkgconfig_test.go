//go:build programs

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
)

// library is the checkout's.
func library(t *testing.T) (nativelib.Module, nativelib.Layout) {
	t.Helper()
	m, err := module(t.Context())
	require.NoError(t, err)
	layout, _, err := nativelib.Locate(t.Context(), m, "", false)
	require.NoError(t, err)
	return m, layout
}

func TestPkgConfig_findsTheLibraryWhereItWasMovedTo(t *testing.T) {
	_, layout := library(t)
	moved := filepath.Join(t.TempDir(), "moved")
	file := filepath.Join("lib", "pkgconfig", "aeron_native.pc")
	require.NoError(t, os.MkdirAll(filepath.Join(moved, filepath.Dir(file)), 0o755))
	text, err := os.ReadFile(filepath.Join(layout.Prefix, file))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(moved, file), text, 0o600))
	cmd := exec.Command("pkg-config", "--cflags", "--libs", "aeron_native")
	cmd.Env = append(os.Environ(), "PKG_CONFIG_PATH="+filepath.Join(moved, filepath.Dir(file)))
	text, err = cmd.CombinedOutput()
	require.NoError(t, err, string(text))
	require.Contains(t, string(text), "-laeron_native -lm -lpthread -ldl")
	require.Equal(t, 2, strings.Count(string(text), moved), string(text))
}

// The library stays where it is: Go's cache keeps the flags that pkg-config once gave, and does not ask again.
func TestPkgConfig_buildsAProgram(t *testing.T) {
	m, layout := library(t)
	cmd := exec.Command("go", "run", "-tags", "aeron_pkgconfig", "./examples/hello")
	cmd.Dir = m.Root
	cmd.Env = append(os.Environ(), "PKG_CONFIG_PATH="+filepath.Join(layout.LibDir(), "pkgconfig"))
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, string(text))
	require.Regexp(t, `(?m)^hello, 64 bytes into the stream$`, string(text))
	cmd = exec.Command("go", "vet", "-tags", "aeron_pkgconfig", "./cgo")
	cmd.Dir = m.Root
	cmd.Env = append(os.Environ(), "PKG_CONFIG_PATH="+filepath.Join(layout.LibDir(), "pkgconfig"))
	text, err = cmd.CombinedOutput()
	require.NoError(t, err, string(text))
}
