//go:build downstream

// Package downstream builds a program in a module of its own, by the commands in README.md and no others. It builds the native library anew, which
// takes a while: go test -tags downstream ./test/downstream, or make downstream.
package downstream

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const modulePath = "github.com/aeroncgo/aeron"

// The program says this when it works; see examples/hello/want.
const hello = "hello, 64 bytes into the stream\n"

// world is a module that requires this one, on a machine that has never seen it: with caches, Go settings and a home of its own, save
// for Go's own caches, which only make it faster.
type world struct {
	dir string
	env []string
}

// run runs a command in the module and returns what it printed, both streams.
func (w world) run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func (w world) mustRun(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := w.run(t, name, args...)
	require.NoError(t, err, "%s %s:\n%s", name, strings.Join(args, " "), out)
	return out
}

// goEnv is a setting of the go command that runs this test.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// newWorld makes a directory with program as its main.go, which no command has made a module yet.
func newWorld(t *testing.T, program string) world {
	t.Helper()
	base := t.TempDir()
	w := world{dir: filepath.Join(base, "app")}
	require.NoError(t, os.Mkdir(w.dir, 0o755))
	for _, kept := range os.Environ() {
		switch name, _, _ := strings.Cut(kept, "="); name {
		case "CGO_CFLAGS", "CGO_LDFLAGS", "XDG_CACHE_HOME", "GOENV", "GOCACHE", "GOMODCACHE", "GOWORK", "PWD":
		default:
			w.env = append(w.env, kept)
		}
	}
	// What `go env -w` stored stays in force, in a copy that may be written.
	settings, err := os.ReadFile(goEnv(t, "GOENV"))
	if err != nil {
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	settings = regexp.MustCompile(`(?m)^CGO_.*\n?`).ReplaceAll(settings, nil)
	require.NoError(t, os.WriteFile(filepath.Join(base, "goenv"), settings, 0o600))
	w.env = append(w.env, "XDG_CACHE_HOME="+filepath.Join(base, "cache"), "GOENV="+filepath.Join(base, "goenv"), "GOWORK=off",
		"GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE"))
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "main.go"), []byte(program), 0o644))
	return w
}

// copyModule copies the tracked files, and nothing else, to where they cannot be written, as in the module cache.
func copyModule(t *testing.T) string {
	t.Helper()
	const root = "../.."
	// safe.directory: the checkout may belong to another user than the one who tests it.
	list, err := exec.Command("git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z").Output()
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "module")
	names := strings.Split(strings.Trim(string(list), "\x00"), "\x00")
	require.Contains(t, names, "go.mod")
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o444))
	}
	chmod := func(mode fs.FileMode) {
		require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return err
			}
			return os.Chmod(path, mode)
		}))
	}
	chmod(0o555)
	t.Cleanup(func() { chmod(0o755) })
	return dir
}

// digest is the names and contents of all files below dir. Root can write where nobody may, so that it takes a look afterwards.
func digest(t *testing.T, dir string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		sums[path] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	}))
	return sums
}

// block is the only fenced block of that language in README.md.
func block(t *testing.T, language string) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	found := regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllSubmatch(readme, -1)
	require.Len(t, found, 1, "blocks of %s in README.md", language)
	return string(found[0][1])
}

func TestReadmesProgramIsTheExample(t *testing.T) {
	example, err := os.ReadFile("../../examples/hello/main.go")
	require.NoError(t, err)
	require.Equal(t, string(example), block(t, "go"))
}

func TestProgramOfItsOwnModule(t *testing.T) {
	module := copyModule(t)
	before := digest(t, module)
	w := newWorld(t, block(t, "go"))
	const checkout, install = "/path/to/checkout", "go run " + modulePath + "/cmd/aeron-native install\n"
	steps := block(t, "sh")
	require.Contains(t, steps, checkout)
	steps = strings.ReplaceAll(steps, checkout, module)
	first, rest, found := strings.Cut(steps, install)
	require.True(t, found, steps)

	t.Run("without the library the build names the command", func(t *testing.T) {
		w.mustRun(t, "sh", "-ec", first)
		out, err := w.run(t, "go", "build", "./...")
		require.Error(t, err, "it builds, though the library was never installed")
		require.Contains(t, out, "go run "+modulePath+"/cmd/aeron-native install")
	})

	t.Run("the documented steps", func(t *testing.T) {
		out := w.mustRun(t, "sh", "-ec", install+rest)
		require.True(t, strings.HasSuffix(out, hello), "the program printed:\n%s", out)
	})

	t.Run("flags that are stored", func(t *testing.T) {
		w.mustRun(t, "go", "run", modulePath+"/cmd/aeron-native", "env", "-w")
		require.Equal(t, hello, w.mustRun(t, "go", "run", "."))
	})

	t.Run("flags of before an update are refused", func(t *testing.T) {
		updated := copyModule(t)
		recipe := filepath.Join(updated, "cgo", "native_recipe.h")
		require.NoError(t, os.Chmod(recipe, 0o644))
		require.NoError(t, os.WriteFile(recipe, []byte("#define AERONGO_RECIPE 0x1\n"), 0o644))
		w.mustRun(t, "go", "mod", "edit", "-replace", modulePath+"="+updated)
		out, err := w.run(t, "go", "build", "./...")
		require.Error(t, err, "it links the library of another version")
		require.Contains(t, out, "belongs to another version of this module: run 'go run "+modulePath+"/cmd/aeron-native install'")
		w.mustRun(t, "go", "mod", "edit", "-replace", modulePath+"="+module)
	})

	t.Run("a vendor directory", func(t *testing.T) {
		w.mustRun(t, "go", "mod", "vendor")
		require.Equal(t, hello, w.mustRun(t, "go", "run", "-mod=vendor", "."))
		out := w.mustRun(t, "go", "run", "-mod=mod", modulePath+"/cmd/aeron-native", "install")
		require.Contains(t, out, "up to date")
	})

	t.Run("a library that was removed is missed", func(t *testing.T) {
		archives, err := filepath.Glob(filepath.Join(filepath.Dir(w.dir), "cache", "aeroncgo", "*", "prefix"))
		require.NoError(t, err)
		require.Len(t, archives, 1)
		require.NoError(t, os.RemoveAll(archives[0]))
		out, err := w.run(t, "go", "run", "-mod=mod", modulePath+"/cmd/aeron-native", "env")
		require.Error(t, err)
		require.Contains(t, out, "install")
	})

	require.Equal(t, before, digest(t, module), "something was written into the module's own directory")
}
