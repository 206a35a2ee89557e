package nativelib

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// Module is where the recipe lies.
type Module struct {
	Root     string // the directory of the module's go.mod
	Checkout bool   // the library belongs below Root: it is the main module, and its directories may be written
}

// Supported returns nil where the library can be built, else one sentence that says why not.
func Supported() error { return supported(runtime.GOOS) }

func supported(goos string) error {
	switch goos {
	case "linux", "darwin":
		return nil
	}
	return &Problem{
		Kind: ErrUnsupported,
		What: fmt.Sprintf("the native Aeron library cannot be built on %s: it is supported on Linux, and may build (untested) on macOS", goos),
	}
}

// FindModule finds the module that carries the recipe, seen from dir: a checkout that dir lies in, else what the module that dir
// lies in requires or replaces, else the version this program was built from (`go run …@version`).
func FindModule(ctx context.Context, dir string) (Module, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Module{}, &Problem{Kind: ErrNoModule, What: "the working directory is unknown", Err: err}
	}
	// The nearest go.mod decides, as for the go command: another module may lie in a checkout.
	own := nearestGoMod(dir)
	if own != "" && modulePath(own) == ModulePath {
		return newModule(filepath.Dir(own), true)
	}
	if _, err := exec.LookPath("go"); err != nil {
		return Module{}, &Problem{Kind: ErrTool, What: "the go command is not on PATH", Remedy: "install Go 1.26 or newer", Err: err}
	}
	// -mod=readonly: with a vendor directory, go list cannot say where a module lies, and the recipe is not in it.
	root, listErr := command{dir: dir}.run(ctx, "go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", ModulePath)
	if root = strings.TrimSpace(root); listErr == nil && root != "" {
		return newModule(root, false)
	}
	// Not the version that this program was built from: the go command will compile the one that is required.
	if text, err := os.ReadFile(own); own != "" && err == nil && strings.Contains(string(text), ModulePath) {
		return Module{}, &Problem{
			Kind: ErrNoModule, What: fmt.Sprintf("%s requires %s, which cannot be found or has not been downloaded", own, ModulePath),
			Remedy: "run `go mod download " + ModulePath + "` there", Err: listErr,
		}
	}
	if root := builtFrom(ctx, dir); root != "" {
		return newModule(root, false)
	}
	return Module{}, &Problem{
		Kind:   ErrNoModule,
		What:   fmt.Sprintf("%s is neither a checkout of %s nor in a module that requires it", dir, ModulePath),
		Remedy: fmt.Sprintf("run this in your module after `go get %s` (and `go mod download`)", ModulePath),
		Err:    listErr,
	}
}

// nearestGoMod is the go.mod of the module that a directory lies in, or "".
func nearestGoMod(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		file := filepath.Join(at, "go.mod")
		if info, err := os.Stat(file); err == nil && !info.IsDir() {
			return file
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// builtFrom is the directory in the module cache of the version this program was built from, or "".
func builtFrom(ctx context.Context, dir string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path != ModulePath || info.Main.Version == "" || strings.Contains(info.Main.Version, "devel") {
		return ""
	}
	text, err := command{dir: dir}.run(ctx, "go", "mod", "download", "-json", ModulePath+"@"+info.Main.Version)
	if err != nil {
		return ""
	}
	var answer struct{ Dir string }
	if json.Unmarshal([]byte(text), &answer) != nil {
		return ""
	}
	return answer.Dir
}

func newModule(root string, inside bool) (Module, error) {
	for _, name := range []string{"CMakeLists.txt", "vendor-c/Cargo.lock", "vendor-c/SOURCE.sha256"} {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			return Module{}, &Problem{
				Kind:   ErrNoModule,
				What:   fmt.Sprintf("the copy of %s in %s is not whole", ModulePath, root),
				Remedy: "fetch the module again (`go clean -modcache`, `go mod download`), or take a whole checkout",
				Err:    err,
			}
		}
	}
	return Module{Root: root, Checkout: inside && writable(root) && writable(filepath.Join(root, "vendor-c"))}, nil
}

// writable says whether a directory is meant to be written: by its mode, which holds for root too (the module cache is read-only),
// and by trying.
func writable(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o222 == 0 {
		return false
	}
	probe, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return false
	}
	_ = probe.Close()
	return os.Remove(probe.Name()) == nil
}

// modulePath is the path that a go.mod file declares, or "".
func modulePath(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "module "); ok {
			name, _, _ = strings.Cut(name, "//")
			return strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return ""
}
