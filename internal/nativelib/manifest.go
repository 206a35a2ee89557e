package nativelib

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

const manifestName = "aeron-native.json"

// Manifest says what a prefix holds. It holds no path of the machine it was made on.
type Manifest struct {
	Version  string            `json:"version"`  // Aeron's
	ID       string            `json:"id"`       // AERONGO_NATIVE_LIBRARY_ID of aerongo_native.h
	Variant  string            `json:"variant"`  // release or asan
	Samples  bool              `json:"samples"`  // bin/ holds aeronmd and upstream's samples
	System   string            `json:"system"`   // what it was compiled for: the compiler's -dumpmachine
	Compiler string            `json:"compiler"` // the first line of its --version
	Settings Settings          `json:"settings"`
	Recipe   string            `json:"recipe"` // SHA-256 over the files that the build is described by
	Source   ManifestSource    `json:"source"`
	Files    map[string]string `json:"files"` // SHA-256 of every installed file, by its path below the prefix
}

// ManifestSource says what was compiled.
type ManifestSource struct {
	Origin   string `json:"origin"`   // crate or directory
	Crate    string `json:"crate"`    // name and version of the crate that is pinned
	Checksum string `json:"checksum"` // SHA-256 of that crate's archive, from Cargo.lock
	Tree     string `json:"tree"`     // SHA-256 over the list of the tree's files
	Modified bool   `json:"modified"` // the tree was not the pinned one
}

// ReadManifest reads a prefix's manifest. Without one the error is fs.ErrNotExist.
func ReadManifest(l Layout) (Manifest, error) {
	text, err := os.ReadFile(l.ManifestFile())
	if err != nil {
		return Manifest{}, err
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("%s is damaged: %w", l.ManifestFile(), err)
	}
	if len(m.Files) == 0 || m.ID == "" {
		return Manifest{}, fmt.Errorf("%s is damaged: it names no files or no id", l.ManifestFile())
	}
	return m, nil
}

// damage holds the installed files against the manifest and says what is wrong with the first that differs, or returns "".
func (m Manifest) damage(l Layout) string {
	names := make([]string, 0, len(m.Files))
	for name := range m.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		digest, err := hashFile(filepath.Join(l.Prefix, filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name + " is missing"
		case err != nil:
			return err.Error()
		case digest != m.Files[name]:
			return name + " is damaged"
		}
	}
	return ""
}

// openToAll lets everybody read a prefix who may come near it: CMake gives files their modes, and directories those of the builder's umask.
func openToAll(prefix string) error {
	return filepath.WalkDir(prefix, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return os.Chmod(path, 0o755)
	})
}

// hashInstalled hashes every file below a prefix but the manifest and the other variant.
func hashInstalled(prefix string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(prefix, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(prefix, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == "asan" {
				return filepath.SkipDir
			}
			return nil
		}
		if name != manifestName {
			files[filepath.ToSlash(name)], err = hashFile(path)
		}
		return err
	})
	return files, err
}

var idLine = regexp.MustCompile(`(?m)^#define AERONGO_NATIVE_LIBRARY_ID "([0-9a-f]{16})"$`)

// readID reads the id from the generated header below a prefix.
func readID(prefix string) (string, error) {
	text, err := os.ReadFile(filepath.Join(prefix, "include", "aeron", "aerongo_native.h"))
	if err != nil {
		return "", err
	}
	match := idLine.FindSubmatch(text)
	if match == nil {
		return "", errors.New("aerongo_native.h names no AERONGO_NATIVE_LIBRARY_ID")
	}
	return string(match[1]), nil
}

// foreign names a file in the prefix that no installation of ours put there, the first that it comes to, or returns "". It reads none of them:
// the prefix may be somebody's home by mistake.
func foreign(ctx context.Context, l Layout) (string, error) {
	manifest, _ := ReadManifest(l) // without one, every file is foreign
	var found string
	err := filepath.WalkDir(l.Prefix, func(path string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, context.Cause(ctx)); err != nil {
			return err
		}
		name, err := filepath.Rel(l.Prefix, path)
		if err == nil && name == "." && !entry.IsDir() {
			err = fmt.Errorf("%s is not a directory", path)
		}
		if err != nil {
			return err
		}
		if name = filepath.ToSlash(name); entry.IsDir() {
			if name == "asan" {
				return filepath.SkipDir
			}
			return nil
		}
		if _, ours := manifest.Files[name]; ours || name == manifestName {
			return nil
		}
		found = name
		return filepath.SkipAll
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return found, err
}

// writeFile replaces a file in one step, so that no reader sees half of it.
func writeFile(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
