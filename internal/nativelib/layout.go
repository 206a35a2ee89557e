package nativelib

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Layout is where one variant of the library is built and installed.
type Layout struct {
	Prefix  string // lib/, include/, share/, the manifest; the ASan variant's is asan/ below the release's
	ASan    bool
	System  string // what CC compiles for
	work    string // build trees
	staging string // on the prefix's file system: what becomes the prefix
	lock    string
	headers string // in a checkout the directory of native_id.h and native_recipe.h, cgo/, else ""
	base    string // the release variant's prefix, whichever variant this is
	owned   bool   // the place is ours by construction: what lies there may be replaced
}

// NewLayout decides where the library goes. prefix is the release variant's prefix as the user named it, or "" for the place
// that goes with the module: vendor-c/prefix in a checkout, else a directory in the user's cache that is named by version, system (see
// [TargetSystem]) and recipe, so that several versions of the module live side by side, and libraries for several machines.
func NewLayout(module Module, recipe Recipe, system, prefix string, asan bool) (Layout, error) {
	var l Layout
	switch {
	case prefix == "" && module.Checkout:
		vendor := filepath.Join(module.Root, "vendor-c")
		l = Layout{
			base: filepath.Join(vendor, "prefix"), work: filepath.Join(vendor, "build"),
			headers: filepath.Join(module.Root, "cgo"), owned: true,
		}
		l.staging = filepath.Join(l.work, "staging")
	case prefix == "":
		cache, err := cacheDir()
		if err != nil {
			return Layout{}, err
		}
		home := filepath.Join(cache, fmt.Sprintf("%s-%s-%s", Version, strings.ReplaceAll(system, "/", "-"), recipe.Digest[:12]))
		l = Layout{base: filepath.Join(home, "prefix"), work: filepath.Join(home, "build"), owned: true}
		l.staging = filepath.Join(l.work, "staging")
	default:
		base, err := filepath.Abs(prefix)
		if err != nil {
			return Layout{}, &Problem{Kind: ErrPrefix, What: fmt.Sprintf("prefix %q has no absolute path", prefix), Err: err}
		}
		if base == filepath.Dir(base) {
			return Layout{}, &Problem{Kind: ErrPrefix, What: "the prefix is the root directory", Remedy: "name a directory of its own with --prefix"}
		}
		cache, err := cacheDir()
		if err != nil {
			return Layout{}, err
		}
		sum := sha256.Sum256([]byte(base))
		l = Layout{base: base, work: filepath.Join(cache, "prefix-"+hex.EncodeToString(sum[:6]))}
		l.staging = filepath.Join(filepath.Dir(base), "."+filepath.Base(base)+".aeron-native")
	}
	l.Prefix, l.ASan, l.System = l.base, asan, system
	l.lock = filepath.Join(l.work, "lock")
	if !l.owned {
		// Beside the prefix, where all see it who install there, each with a cache of their own.
		l.lock = l.staging + ".lock"
	}
	if asan {
		l.Prefix = filepath.Join(l.base, "asan")
	}
	return l, nil
}

func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", &Problem{Kind: ErrPrefix, What: "there is no cache directory for this user", Remedy: "set HOME or XDG_CACHE_HOME", Err: err}
	}
	return filepath.Join(dir, "aeroncgo"), nil
}

// Variant is "release" or "asan".
func (l Layout) Variant() string {
	if l.ASan {
		return "asan"
	}
	return "release"
}

// IncludeDir is what a C file's -I names.
func (l Layout) IncludeDir() string { return filepath.Join(l.Prefix, "include", "aeron") }

// LibDir is what the linker's -L names.
func (l Layout) LibDir() string { return filepath.Join(l.Prefix, "lib") }

// ManifestFile is the manifest's path.
func (l Layout) ManifestFile() string { return filepath.Join(l.Prefix, manifestName) }

func (l Layout) release() Layout { l.Prefix, l.ASan = l.base, false; return l }
func (l Layout) asan() Layout    { l.Prefix, l.ASan = filepath.Join(l.base, "asan"), true; return l }
