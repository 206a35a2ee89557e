// Package nativetest gives tests a module, an Aeron tree and build tools that are small and fast stand-ins: everything of an
// installation but the compiling. The tools are shell scripts in a directory that is all of PATH, so that a test decides what the
// machine has.
package nativetest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
)

// Machine is a test's machine.
type Machine struct {
	Home  string // everything is below it
	Bin   string // all of PATH
	Root  string // a checkout of the module
	Tree  string // an Aeron tree that the checkout's SOURCE.sha256 pins
	Cache string // the user's cache directory
	t     testing.TB
}

// New sets the process's environment for the test, so the test must not be parallel.
func New(t testing.TB) *Machine {
	t.Helper()
	home := t.TempDir()
	m := &Machine{
		Home: home, Bin: filepath.Join(home, "bin"), Root: filepath.Join(home, "checkout"), Tree: filepath.Join(home, "crate", "aeron"),
		Cache: filepath.Join(home, "cache"), t: t,
	}
	realGo, err := exec.LookPath("go")
	require.NoError(t, err)
	for _, name := range []string{"CC", "CFLAGS", "CPPFLAGS", "LDFLAGS", "CGO_CFLAGS", "CGO_LDFLAGS", "DESTDIR", "GOFLAGS"} {
		m.unset(name)
	}
	gocache, err := exec.Command("go", "env", "GOCACHE").Output()
	require.NoError(t, err)
	m.set("GOCACHE", strings.TrimSpace(string(gocache)))
	m.set("GOENV", filepath.Join(home, "goenv"))
	m.set("GOWORK", "off")
	m.set("GOPROXY", "off")
	m.set("XDG_CACHE_HOME", m.Cache)
	m.set("NATIVETEST", home)
	m.set("PATH", m.Bin)
	m.WriteTree(nativelib.Version)
	m.writeRoot()
	require.NoError(t, os.MkdirAll(m.Bin, 0o755))
	require.NoError(t, os.Symlink(realGo, filepath.Join(m.Bin, "go")))
	m.Tool("gcc", `case "$*" in *--version*) echo "gcc (Test) 12.2.0" ;; esac`)
	m.Tool("ninja", `echo 1.11.1`)
	m.Tool("cmake", fakeCMake)
	m.Tool("cargo", fakeCargo)
	return m
}

// Installing leaves a mark at each step, so that a test can wait for it and count.
const fakeCMake = `
case "$1" in
--version) echo "cmake version 3.25.1" ;;
-S)
	echo configured >> "$NATIVETEST/configured"
	tree=$4
	for argument in "$@"; do
		case "$argument" in -DCMAKE_INSTALL_PREFIX=*) echo "${argument#*=}" > "$tree/prefix" ;; esac
	done
	echo "$@" > "$NATIVETEST/arguments"
	;;
--build)
	if [ -e "$NATIVETEST/fail" ]; then echo "compiler: something is wrong" >&2; exit 1; fi
	if [ -e "$NATIVETEST/hang" ]; then
		# A grandchild, as ninja's compilers are.
		sleep 600 & echo $! > "$NATIVETEST/sleeper.part"; mv "$NATIVETEST/sleeper.part" "$NATIVETEST/sleeper"; wait
	fi
	;;
--install)
	prefix=$(cat "$2/prefix")
	mkdir -p "$prefix/lib" "$prefix/include/aeron" "$prefix/share"
	cat "$NATIVETEST/archive" > "$prefix/lib/libaeron_native.a"
	echo '#define AERONGO_NATIVE_LIBRARY_ID "0123456789abcdef"' > "$prefix/include/aeron/aerongo_native.h"
	;;
esac`

// The crate's unpacked copy lies where cargo would have it; its archive is the master copy.
const fakeCargo = `
store=$NATIVETEST/cargo/registry/src/index/libaeron_driver-sys-1.54.0
case "$1" in
--version) echo "cargo 1.95.0 (test)" ;;
fetch) echo fetched >> "$NATIVETEST/fetched"; mkdir -p "$store"; cp -r "$NATIVETEST/crate/." "$store" ;;
metadata)
	if [ ! -d "$store" ]; then echo "error: not in the store, and offline" >&2; exit 101; fi
	echo "{\"packages\":[{\"name\":\"libaeron_driver-sys\",\"version\":\"1.54.0\",\"manifest_path\":\"$store/Cargo.toml\"}]}"
	;;
esac`

// Tool puts a shell script on PATH, in place of the one of that name. The script sees a usual PATH.
func (m *Machine) Tool(name, body string) {
	m.t.Helper()
	script := "#!/bin/sh\nPATH=/usr/bin:/bin\n" + body + "\n"
	path := filepath.Join(m.Bin, name)
	m.RemoveTool(name)
	require.NoError(m.t, os.WriteFile(path, []byte(script), 0o755))
}

// RemoveTool takes a program off PATH.
func (m *Machine) RemoveTool(name string) {
	m.t.Helper()
	require.NoError(m.t, os.RemoveAll(filepath.Join(m.Bin, name)))
}

// WriteTree writes a small Aeron tree of a version.
func (m *Machine) WriteTree(version string) {
	m.t.Helper()
	m.Write(filepath.Join(m.Tree, "version.txt"), version+"\n")
	m.Write(filepath.Join(m.Tree, "LICENSE"), "a licence\n")
	m.Write(filepath.Join(m.Tree, "aeron-client/src/main/c/aeronc.c"), "int client;\n")
	m.Write(filepath.Join(m.Tree, "aeron-driver/src/main/c/aeron_driver.c"), "int driver;\n")
	m.Write(filepath.Join(m.Tree, "aeron-samples/src/main/c/cping.c"), "int ping;\n")
	m.Write(filepath.Join(m.Tree, "cppbuild/HdrHistogram_c-0.zip"), "zip")
	m.Write(filepath.Join(m.Home, "archive"), "the archive\n")
}

func (m *Machine) writeRoot() {
	m.t.Helper()
	list, err := nativelib.HashTree(m.Tree, true)
	require.NoError(m.t, err)
	var text strings.Builder
	_, err = list.WriteTo(&text)
	require.NoError(m.t, err)
	m.Write(filepath.Join(m.Root, "vendor-c/SOURCE.sha256"), text.String())
	m.Write(filepath.Join(m.Root, "go.mod"), "module "+nativelib.ModulePath+"\n\ngo 1.26\n")
	m.Write(filepath.Join(m.Root, "CMakeLists.txt"), "# nothing\n")
	m.Write(filepath.Join(m.Root, "vendor-c/Cargo.toml"), "# nothing\n")
	m.Write(filepath.Join(m.Root, "vendor-c/NOTICE"), "a notice\n")
	m.Write(filepath.Join(m.Root, "vendor-c/shim/aerongo_env.c"), "int shim;\n")
	m.Write(filepath.Join(m.Root, "vendor-c/cmake/header.in"), "x\n")
	m.Write(filepath.Join(m.Root, "vendor-c/Cargo.lock"), fmt.Sprintf(
		"[[package]]\nname = %q\nversion = %q\nsource = \"registry\"\nchecksum = %q\n", nativelib.CrateName, nativelib.Version, strings.Repeat("ab", 32)))
}

// Module is the checkout, as an installation finds it.
func (m *Machine) Module() nativelib.Module {
	m.t.Helper()
	found, err := nativelib.FindModule(m.t.Context(), m.Root)
	require.NoError(m.t, err)
	return found
}

// Built is how many builds were begun.
func (m *Machine) Built() int { return m.count("configured") }

// Fetched is how many times cargo fetched.
func (m *Machine) Fetched() int { return m.count("fetched") }

func (m *Machine) count(name string) int {
	text, err := os.ReadFile(filepath.Join(m.Home, name))
	if os.IsNotExist(err) {
		return 0
	}
	require.NoError(m.t, err)
	return strings.Count(string(text), "\n")
}

// Write writes a file, and makes its directories.
func (m *Machine) Write(path, text string) {
	m.t.Helper()
	require.NoError(m.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(m.t, os.WriteFile(path, []byte(text), 0o644))
}

// ReadOnly takes every permission to write from a tree until the test ends, as the module cache has it.
func (m *Machine) ReadOnly(root string) {
	m.t.Helper()
	chmod := func(add, remove fs.FileMode) {
		require.NoError(m.t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			return os.Chmod(path, info.Mode().Perm()&^remove|add)
		}))
	}
	chmod(0, 0o222)
	m.t.Cleanup(func() { chmod(0o200, 0) })
}

func (m *Machine) set(name, value string) {
	m.t.Helper()
	m.t.Setenv(name, value)
}

func (m *Machine) unset(name string) {
	m.t.Helper()
	m.t.Setenv(name, "") // restores it when the test ends
	require.NoError(m.t, os.Unsetenv(name))
}
