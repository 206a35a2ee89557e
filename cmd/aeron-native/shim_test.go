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

// What cgo/shim.h says to a library that is not the one it was written for, as whoever builds reads it.
func TestShim_refusesAnotherLibrary(t *testing.T) {
	m, err := module(t.Context())
	require.NoError(t, err)
	layout, _, err := nativelib.Locate(t.Context(), m, "", false)
	require.NoError(t, err)
	installed, err := os.ReadFile(filepath.Join(layout.IncludeDir(), "aerongo_native.h"))
	require.NoError(t, err)
	recipe, err := nativelib.ReadRecipe(m)
	require.NoError(t, err)
	number := "#define AERONGO_NATIVE_RECIPE " + recipe.Number() + "\n"
	require.Contains(t, string(installed), number, "CMake and the Go side do not agree about the recipe")
	require.Contains(t, string(installed), "#define AERONGO_NATIVE_ASAN 0\n")

	preprocess := func(header string, flags ...string) (string, error) {
		dir := t.TempDir()
		if header != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "aerongo_native.h"), []byte(header), 0o600))
			flags = append(flags, "-I"+dir, "-I"+layout.IncludeDir())
		}
		text, err := exec.Command("gcc", append(flags, "-E", "-o", os.DevNull, filepath.Join(m.Root, "cgo", "shim.h"))...).CombinedOutput()
		return string(text), err
	}
	own := string(installed)
	asan := strings.Replace(own, "AERONGO_NATIVE_ASAN 0", "AERONGO_NATIVE_ASAN 1", 1)
	for name, header := range map[string]string{"-DNDEBUG": own, "-fsanitize=address": asan} {
		text, err := preprocess(header, name)
		require.NoError(t, err, text)
	}
	for _, test := range []struct{ name, header, flag, want, command string }{
		{"none", "", "-DX", "is not found", nativelib.InstallCommand + "'"},
		{"an older one", strings.Replace(own, number, "#define AERONGO_NATIVE_RECIPE 0x1\n", 1), "-DX", "belongs to another version", nativelib.InstallCommand + "'"},
		{"one from before there was a number", strings.Replace(own, number, "", 1), "-DX", "belongs to another version", nativelib.InstallCommand + "'"},
		{"the release's for -asan", own, "-fsanitize=address", "has AddressSanitizer", nativelib.InstallCommand + " --asan'"},
		{"AddressSanitizer's without -asan", asan, "-DX", "was built with AddressSanitizer", "'env' without --asan"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text, err := preprocess(test.header, test.flag)
			require.Error(t, err)
			require.Contains(t, text, test.want)
			require.Contains(t, text, test.command)
			require.Contains(t, text, "'env", "the command that the next build needs")
			require.Equal(t, 1, strings.Count(text, "error: #error"), "one thing is wrong, and one is said: %s", text)
		})
	}
}
