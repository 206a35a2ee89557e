package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
	"github.com/aeroncgo/aeron/internal/nativelib/nativetest"
)

// result is what a run of the command gave.
type result struct {
	code           int
	stdout, stderr string
}

func call(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// machine is a test's machine, with its checkout as the working directory.
func machine(t *testing.T) *nativetest.Machine {
	t.Helper()
	m := nativetest.New(t)
	t.Chdir(m.Root)
	return m
}

func TestUsage(t *testing.T) {
	machine(t)
	for _, args := range [][]string{{"-h"}, {"help"}, {"install", "-h"}, {"env", "--help"}, {"check", "-h"}, {"digest", "-h"}} {
		got := call(t, args...)
		require.Zero(t, got.code, args)
		require.Contains(t, got.stdout, "usage: aeron-native", args)
		require.Empty(t, got.stderr, args)
	}
	for _, args := range [][]string{{}, {"build"}, {"install", "now"}, {"install", "--no-such"}, {"env", "x"}, {"check", "--asan=perhaps"}, {"digest"}, {"digest", "a", "b"}} {
		got := call(t, args...)
		require.Equal(t, 2, got.code, args)
		require.Contains(t, got.stderr, "usage: aeron-native", args)
		require.Empty(t, got.stdout, args)
	}
}

func TestInstall_tellsWhatItDid(t *testing.T) {
	m := machine(t)
	first := call(t, "install")
	require.Zero(t, first.code, first.stderr)
	require.Contains(t, first.stdout, "it has not been built yet")
	require.Contains(t, first.stdout, "installed Aeron 1.54.0 (release, id 0123456789abcdef)")
	require.NotContains(t, first.stdout, "env -w", "a checkout needs no environment")
	second := call(t, "install")
	require.Zero(t, second.code)
	require.Contains(t, second.stdout, "is up to date")
	require.Equal(t, 1, strings.Count(second.stdout, "\n"))
	require.Equal(t, 1, m.Built())
}

// Whoever reads that the library is not found is sent here, also when only the flags are missing.
func TestInstall_namesTheNextStepUntilItIsDone(t *testing.T) {
	m := machine(t)
	prefix := filepath.Join(m.Home, "else where")
	hint := "eval \"$(go run " + nativelib.ModulePath + "/cmd/aeron-native env --prefix '" + prefix + "' --asan)\""
	for _, want := range []string{"installed", "is up to date"} {
		got := call(t, "install", "--prefix", prefix, "--asan")
		require.Zero(t, got.code, got.stderr)
		require.Contains(t, got.stdout, want)
		require.Contains(t, got.stdout, hint)
		require.Contains(t, got.stdout, "env -w --prefix")
	}
	require.Zero(t, call(t, "env", "-w", "--prefix", prefix, "--asan").code)
	require.NotContains(t, call(t, "install", "--prefix", prefix, "--asan").stdout, "eval")
	m.ReadOnly(m.Root)
	require.Contains(t, call(t, "install").stdout, "eval \"$(go run "+nativelib.ModulePath+"/cmd/aeron-native env)\"")
}

func TestInstall_inACheckoutRefusesFlagsThatWinOverIt(t *testing.T) {
	m := machine(t)
	prefix := filepath.Join(m.Home, "prefix")
	require.Zero(t, call(t, "install", "--prefix", prefix).code)
	require.Zero(t, call(t, "env", "-w", "--prefix", prefix).code)
	got := call(t, "install")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "CGO_CFLAGS names another library")
	require.Contains(t, got.stderr, "go env -u")
	t.Setenv("CGO_CFLAGS", "-O2 -g")
	require.Zero(t, call(t, "install").code)
}

func TestInstall_verboseShowsCargo(t *testing.T) {
	m := machine(t)
	m.Tool("cargo", `case $1 in --version) echo cargo 1.95.0 ;; fetch) echo "Downloading so and so" >&2; exit 101 ;; *) exit 101 ;; esac`)
	require.Contains(t, call(t, "install", "-v").stderr, "Downloading so and so\naeron-native: cargo could not fetch")
}

func TestInstall_failureIsOneSentenceAndCodeOne(t *testing.T) {
	m := machine(t)
	m.WriteTree("1.48.0")
	got := call(t, "install", "--source", m.Tree)
	require.Equal(t, 1, got.code)
	require.Equal(t, 1, strings.Count(got.stderr, "\n"))
	require.True(t, strings.HasPrefix(got.stderr, "aeron-native: "))
	require.Contains(t, got.stderr, "1.48.0")
}

func TestInstall_verboseShowsTheTools(t *testing.T) {
	m := machine(t)
	m.Tool("cmake", `[ "$1" = --version ] && echo cmake version 3.25.1 && exit; echo "configuring so and so"; exit 1`)
	got := call(t, "install", "-v")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "configuring so and so\naeron-native: cmake could not configure")
}

func TestEnv_isReadByShellAndByGo(t *testing.T) {
	m := machine(t)
	prefix := filepath.Join(m.Home, "with space")
	require.Zero(t, call(t, "install", "--prefix", prefix).code)
	t.Setenv("CGO_CFLAGS", "-O1 '-DA=b c'")
	got := call(t, "env", "--prefix", prefix)
	require.Zero(t, got.code, got.stderr)
	script := got.stdout + "printf '%s\n%s' \"$CGO_CFLAGS\" \"$CGO_LDFLAGS\""
	text, err := exec.Command("/bin/sh", "-c", script).Output()
	require.NoError(t, err)
	require.Equal(t, "-O1 '-DA=b c' '-I"+prefix+"/include/aeron' '-DAERONGO_NATIVE_ID=\"0123456789abcdef\"'\n-O2 -g '-L"+prefix+"/lib'", string(text))

	var answer environment
	got = call(t, "env", "--prefix", prefix, "--json")
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &answer))
	require.Equal(t, environment{
		CFlags: strings.Split(string(text), "\n")[0], LDFlags: strings.Split(string(text), "\n")[1],
		Prefix: prefix, ID: "0123456789abcdef", Version: nativelib.Version, Variant: "release",
	}, answer)
}

func TestEnv_storesOnceAndKeepsTheRest(t *testing.T) {
	m := machine(t)
	prefix := filepath.Join(m.Home, "prefix")
	require.Zero(t, call(t, "install", "--prefix", prefix).code)
	_, err := nativelib.WriteFlags(t.Context(), nativelib.Flags{CFlags: "-O3 -Imine", LDFlags: "-Lmine"})
	require.NoError(t, err)
	var stored []string
	for range 2 {
		got := call(t, "env", "-w", "--prefix", prefix)
		require.Equal(t, result{}, got)
		text, err := os.ReadFile(filepath.Join(m.Home, "goenv"))
		require.NoError(t, err)
		stored = append(stored, string(text))
	}
	require.Equal(t, stored[0], stored[1])
	require.Contains(t, stored[0], "CGO_CFLAGS=-O3 -Imine -I"+prefix+"/include/aeron '-DAERONGO_NATIVE_ID=")
	require.Contains(t, stored[0], "CGO_LDFLAGS=-Lmine -L"+prefix+"/lib")

	t.Setenv("CGO_LDFLAGS", "-Lelsewhere")
	got := call(t, "env", "-w", "--prefix", prefix)
	require.Zero(t, got.code)
	require.Contains(t, got.stderr, "CGO_LDFLAGS in the environment wins")
}

func TestEnv_withoutALibraryNamesTheCommand(t *testing.T) {
	machine(t)
	got := call(t, "env", "--asan")
	require.Equal(t, 1, got.code)
	require.Empty(t, got.stdout)
	require.Contains(t, got.stderr, nativelib.InstallCommand+" --asan")
}

func TestCheck_beforeAndAfterTheInstallation(t *testing.T) {
	m := machine(t)
	before := call(t, "check")
	require.Equal(t, 1, before.code)
	for _, text := range []string{"C compiler  ok", "cmake       ok             3.25.1", "ninja", "cargo", "go  ", "library     not usable"} {
		require.Contains(t, before.stdout, text)
	}
	require.Contains(t, before.stderr, "has not been built yet")
	require.Equal(t, result{}, call(t, "check", "--packages"), "a library that is only not built needs no package")

	require.Zero(t, call(t, "install").code)
	m.RemoveTool("cmake")
	after := call(t, "check")
	require.Zero(t, after.code, "the library is there, so nothing more is needed: %s", after.stderr)
	require.Contains(t, after.stdout, "cmake       missing")
	require.Contains(t, after.stdout, "library     ok             Aeron 1.54.0, release, id 0123456789abcdef")

	m.Write(filepath.Join(m.Root, "vendor-c/prefix/lib/libaeron_native.a"), "damaged")
	damaged := call(t, "check")
	require.Equal(t, 1, damaged.code)
	require.Contains(t, damaged.stderr, "cmake is missing")
}

func TestCheck_namesPackages(t *testing.T) {
	m := machine(t)
	m.RemoveTool("cmake")
	m.RemoveTool("ninja")
	require.Equal(t, result{stdout: "cmake ninja-build\n"}, call(t, "check", "--packages"))
	m.RemoveTool("cargo")
	require.Equal(t, result{stdout: "cmake ninja-build\n"}, call(t, "check", "--packages", "--source"))

	got := call(t, "check", "--json")
	require.Equal(t, 1, got.code)
	var answer report
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &answer))
	require.False(t, answer.Installed)
	require.Contains(t, answer.Packages, "cmake")
	require.Contains(t, answer.Why, "has not been built yet")
	require.Len(t, answer.Tools, 5)
}

func TestDigest_printsWhatPinsATree(t *testing.T) {
	m := machine(t)
	got := call(t, "digest", m.Tree)
	require.Zero(t, got.code, got.stderr)
	pinned, err := os.ReadFile(filepath.Join(m.Root, "vendor-c/SOURCE.sha256"))
	require.NoError(t, err)
	require.Equal(t, string(pinned), got.stdout)
	require.Equal(t, 1, call(t, "digest", m.Home).code)
}
