package nativelib

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// InstallOptions are what an installation can be told.
type InstallOptions struct {
	Prefix        string       // the release variant's prefix; "" is the default place
	ASan          bool         // the AddressSanitizer variant
	Samples       bool         // also aeronmd and upstream's samples
	SourceDir     string       // an unpacked Aeron tree; "" has cargo fetch it
	AllowModified bool         // take SourceDir although it differs from the pinned files
	Log           func(string) // gets a line about each step; may be nil
	Output        io.Writer    // gets what cmake, the compiler and cargo print; may be nil
}

// Installed says what an installation did.
type Installed struct {
	Layout   Layout
	Manifest Manifest
	Built    bool   // false: everything was up to date
	Reason   string // why it was built
	Took     time.Duration
}

// Install makes sure that the library of a module is installed: it does nothing when it is, and builds it when it is missing, damaged,
// of another version or made by another recipe. Installations of one prefix wait for each other, also across processes.
func Install(ctx context.Context, module Module, opt InstallOptions) (Installed, error) {
	start := time.Now()
	if opt.Log == nil {
		opt.Log = func(string) {}
	}
	if err := Supported(); err != nil {
		return Installed{}, err
	}
	if opt.AllowModified && opt.SourceDir == "" {
		return Installed{}, &Problem{Kind: ErrNoSource, What: "--allow-modified-source names no source", Remedy: "name the tree with --source DIR"}
	}
	recipe, err := ReadRecipe(module)
	if err != nil {
		return Installed{}, err
	}
	settings := ReadSettings(ctx)
	layout, err := NewLayout(module, recipe, TargetSystem(ctx, settings.CC), opt.Prefix, opt.ASan)
	if err != nil {
		return Installed{}, err
	}
	var (
		source   Source
		manifest Manifest
		reason   string
	)
	look := func() (err error) {
		// The samples stay once they are built, so their sources count.
		installed, _ := ReadManifest(layout)
		opt.Samples = opt.Samples || installed.Samples
		wantTree := recipe.Source.Core().Digest()
		if opt.SourceDir != "" {
			// Checked even when nothing is to be built: a wrong directory is an error whatever is installed.
			if source, err = OpenSource(recipe, opt.SourceDir, opt.Samples, opt.AllowModified); err != nil {
				return err
			}
			wantTree = source.Digest
		}
		manifest, reason = inspect(layout, recipe, settings, wantTree, opt.Samples)
		return nil
	}
	// Without the lock first: who may not write there need not.
	if err := look(); err != nil {
		return Installed{}, err
	}
	if reason == "" && !exists(layout.staging) && headersUpToDate(layout, recipe) {
		return Installed{Layout: layout, Manifest: manifest, Took: time.Since(start)}, nil
	}
	held, release, err := lockFile(ctx, layout.lock, func() { opt.Log("waiting for another installation of " + layout.Prefix) })
	if err != nil {
		return Installed{}, &Problem{Kind: ErrPrefix, What: "the installation cannot be locked", Remedy: "see to the directory, or name another with --prefix", Err: err}
	}
	defer release()
	if err := errors.Join(restore(layout), look()); err != nil {
		return Installed{}, err
	}
	if reason == "" {
		// An interrupted build that was not needed, or the headers of a fresh clone.
		_ = os.RemoveAll(layout.staging)
		return Installed{Layout: layout, Manifest: manifest, Took: time.Since(start)}, writeHeaders(layout, recipe)
	}
	if exists(layout.staging) {
		reason += " (an earlier build was interrupted)"
	}
	if err := replaceable(ctx, layout); err != nil {
		return Installed{}, err
	}
	tools := CheckTools(ctx, settings, opt.SourceDir != "")
	if missing := tools.Problems(true); missing != nil {
		return Installed{}, missing
	}
	b := build{layout: layout, recipe: recipe, settings: settings, tools: tools, opt: opt, lock: held}
	if source.Tree == "" {
		if source, err = FetchSource(ctx, recipe, layout.work, opt.Samples, opt.Log, opt.Output); err != nil {
			return Installed{}, err
		}
	}
	b.source = source
	opt.Log(fmt.Sprintf("building Aeron %s (%s) with %s and %s: %s", Version, layout.Variant(), tools.Compiler, tools.Generator, reason))
	if manifest, err = b.run(ctx); err != nil {
		return Installed{}, err
	}
	return Installed{Layout: layout, Manifest: manifest, Built: true, Reason: reason, Took: time.Since(start)}, nil
}

// Locate says what is installed, without building or changing anything. The error is ErrNotInstalled if it is missing, damaged or out of date.
func Locate(ctx context.Context, module Module, prefix string, asan bool) (Layout, Manifest, error) {
	if err := Supported(); err != nil {
		return Layout{}, Manifest{}, err
	}
	recipe, err := ReadRecipe(module)
	if err != nil {
		return Layout{}, Manifest{}, err
	}
	layout, err := NewLayout(module, recipe, TargetSystem(ctx, ReadSettings(ctx).CC), prefix, asan)
	if err != nil {
		return Layout{}, Manifest{}, err
	}
	// A library that was built with other settings, or from a source that its builder chose, is still the one that is there.
	manifest, reason := inspect(layout, recipe, Settings{}, "", false)
	if reason != "" {
		return layout, manifest, &Problem{
			Kind: ErrNotInstalled, What: fmt.Sprintf("the native library (%s) in %s is not usable: %s", layout.Variant(), layout.Prefix, reason),
			Remedy: "run `" + CommandLine("install", prefix, asan) + "`",
		}
	}
	return layout, manifest, nil
}

// inspect says why the library must be built, or "". Empty settings and an empty tree are not compared.
func inspect(l Layout, recipe Recipe, settings Settings, tree string, samples bool) (Manifest, string) {
	m, err := ReadManifest(l)
	switch {
	case errors.Is(err, fs.ErrNotExist) && exists(filepath.Join(l.Prefix, "lib")):
		return m, "it has no manifest (not finished, or not made by this program)"
	case errors.Is(err, fs.ErrNotExist):
		return m, "it has not been built yet"
	case err != nil:
		return m, err.Error()
	case m.Version != Version:
		return m, fmt.Sprintf("it is version %s, and %s is required", m.Version, Version)
	case m.Variant != l.Variant():
		return m, fmt.Sprintf("it is the %s variant", m.Variant)
	case m.System != l.System:
		return m, fmt.Sprintf("it was built for %s, and CC compiles for %s", m.System, l.System)
	case m.Recipe != recipe.Digest:
		return m, "the build recipe has changed"
	case tree != "" && m.Source.Tree != tree:
		return m, "it was built from another source tree"
	case settings != Settings{} && m.Settings != settings:
		return m, "the compiler or its flags have changed (CC, CFLAGS, CPPFLAGS, LDFLAGS)"
	case samples && !m.Samples:
		return m, "the samples have not been built yet"
	}
	return m, m.damage(l)
}

// build is one build.
type build struct {
	layout   Layout
	recipe   Recipe
	settings Settings
	tools    Tools
	source   Source
	opt      InstallOptions
	lock     *os.File
}

func (b build) run(ctx context.Context) (Manifest, error) {
	l := b.layout
	tree := filepath.Join(l.work, "cmake-"+l.Variant())
	defer os.RemoveAll(tree) // a clean build takes seconds, a stale cache hours
	for _, dir := range []string{tree, l.staging} {
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
			return Manifest{}, &Problem{Kind: ErrPrefix, What: "the build directory cannot be made", Remedy: "see to its permissions, or name another place with --prefix", Err: err}
		}
	}
	fail := func(what string, err error) (Manifest, error) {
		_ = os.RemoveAll(l.staging)
		remedy := "run again with -v to see everything"
		if strings.Contains(strings.ToLower(err.Error()), syscall.ENOSPC.Error()) {
			remedy = fmt.Sprintf("free space where %s and %s lie", l.work, l.staging)
		}
		return Manifest{}, &Problem{Kind: ErrBuild, What: what, Remedy: remedy, Err: err}
	}
	// DESTDIR would send the installation elsewhere, CMAKE_GENERATOR and the like would change what is built.
	env := append(environWithout("DESTDIR", "CC", "CMAKE_GENERATOR", "CMAKE_BUILD_TYPE", "CMAKE_INSTALL_MODE", "CMAKE_TOOLCHAIN_FILE"), "CC="+b.settings.CC)
	cmake := command{env: env, tee: b.opt.Output, hold: b.lock, tail: 25}
	if _, err := cmake.run(ctx, "cmake", "-S", b.recipe.Root, "-B", tree, "-G", b.tools.Generator,
		"-DAERON_SOURCE_DIR="+b.source.Tree, "-DCMAKE_INSTALL_PREFIX="+l.staging, "-DCMAKE_BUILD_TYPE=Release",
		"-DAERON_ASAN="+onOff(l.ASan), "-DAERON_SAMPLES="+onOff(b.opt.Samples),
		"-DAERON_ALLOW_MODIFIED_SOURCE="+onOff(b.source.Modified)); err != nil {
		return fail("cmake could not configure the native library", err)
	}
	if _, err := cmake.run(ctx, "cmake", "--build", tree, "--parallel", strconv.Itoa(runtime.NumCPU())); err != nil {
		return fail("the native library did not compile", err)
	}
	if _, err := cmake.run(ctx, "cmake", "--install", tree); err != nil {
		return fail("the native library could not be installed", err)
	}
	manifest, err := b.describe()
	if err != nil {
		return fail("what was installed cannot be described", err)
	}
	if err := replace(l); err != nil {
		return fail("the finished library cannot be moved to "+l.Prefix, err)
	}
	return manifest, writeHeaders(l, b.recipe)
}

// describe writes the manifest of what lies in the staging directory. It is written last: without it nothing counts as installed.
func (b build) describe() (Manifest, error) {
	l := b.layout
	id, err := readID(l.staging)
	if err != nil {
		return Manifest{}, err
	}
	files, err := hashInstalled(l.staging)
	if err = errors.Join(err, openToAll(l.staging)); err != nil {
		return Manifest{}, err
	}
	m := Manifest{
		Version: Version, ID: id, Variant: l.Variant(), Samples: b.opt.Samples, System: l.System,
		Compiler: b.tools.Compiler, Settings: b.settings, Recipe: b.recipe.Digest, Files: files,
		Source: ManifestSource{
			Origin: b.source.Origin, Crate: CrateName + " " + Version, Checksum: b.recipe.CrateChecksum,
			Tree: b.source.Digest, Modified: b.source.Modified,
		},
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return Manifest{}, err
	}
	return m, writeFile(filepath.Join(l.staging, manifestName), append(text, '\n'))
}

func onOff(on bool) string {
	if on {
		return "ON"
	}
	return "OFF"
}
