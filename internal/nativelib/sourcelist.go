package nativelib

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// SourceList says what each file of an Aeron tree hashes to, by the file's slash-separated path. Its text form is that of sha256sum.
type SourceList map[string]string

// The parts of the tree that count: everything of it that is compiled or installed.
var (
	coreDirs    = []string{"aeron-client/src/main/c", "aeron-driver/src/main/c"}
	coreFiles   = []string{"version.txt", "LICENSE"}
	samplesDirs = []string{"aeron-samples/src/main/c"}
)

const samplesZipDir = "cppbuild"

// ReadSourceList reads the text form.
func ReadSourceList(from io.Reader) (SourceList, error) {
	list := SourceList{}
	lines := bufio.NewScanner(from)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		digest, name, ok := strings.Cut(lines.Text(), "  ")
		if _, err := hex.DecodeString(digest); !ok || err != nil || len(digest) != 2*sha256.Size || name == "" {
			return nil, fmt.Errorf("SOURCE.sha256 line %d is not `hash  path`: %q", n, lines.Text())
		}
		list[name] = digest
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read SOURCE.sha256: %w", err)
	}
	if len(list) == 0 {
		return nil, errors.New("SOURCE.sha256 is empty; take the file from the module's repository")
	}
	return list, nil
}

// HashTree makes the list of an unpacked Aeron tree; samples says whether what only the samples need is in it.
func HashTree(tree string, samples bool) (SourceList, error) {
	list := SourceList{}
	add := func(path string) error {
		name, err := filepath.Rel(tree, path)
		if err != nil {
			return err
		}
		list[filepath.ToSlash(name)], err = hashFile(path)
		return err
	}
	dirs := slices.Clone(coreDirs)
	if samples {
		dirs = append(dirs, samplesDirs...)
		zips, _ := filepath.Glob(filepath.Join(escapeGlob(tree), samplesZipDir, "HdrHistogram_c-*.zip"))
		for _, zip := range zips {
			if err := add(zip); err != nil {
				return nil, err
			}
		}
	}
	for _, dir := range dirs {
		err := filepath.WalkDir(filepath.Join(tree, dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || (filepath.Ext(path) != ".c" && filepath.Ext(path) != ".h") {
				return err
			}
			return add(path)
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	for _, name := range coreFiles {
		if err := add(filepath.Join(tree, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return list, nil
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// Core is the list without what only the samples need.
func (s SourceList) Core() SourceList {
	core := SourceList{}
	for name, digest := range s {
		if !strings.HasPrefix(name, samplesDirs[0]+"/") && !strings.HasPrefix(name, samplesZipDir+"/") {
			core[name] = digest
		}
	}
	return core
}

// Digest is one hash over the list.
func (s SourceList) Digest() string {
	sum := sha256.New()
	_, _ = s.WriteTo(sum) // a hash takes every write
	return hex.EncodeToString(sum.Sum(nil))
}

// WriteTo writes the text form, sorted by path.
func (s SourceList) WriteTo(to io.Writer) (int64, error) {
	var total int64
	for _, name := range s.names() {
		n, err := fmt.Fprintf(to, "%s  %s\n", s[name], name)
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (s SourceList) names() []string {
	names := make([]string, 0, len(s))
	for name := range s {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Difference names the first file, by path, in which a tree's list differs from this one and says how, or returns "".
func (s SourceList) Difference(tree SourceList) string {
	names := append(s.names(), tree.names()...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		want, pinned := s[name]
		got, there := tree[name]
		switch {
		case !there:
			return name + " is missing"
		case !pinned:
			return name + " does not belong there"
		case want != got:
			return name + " differs"
		}
	}
	return ""
}

// TreeVersion reads the version.txt of an Aeron tree.
func TreeVersion(tree string) (string, error) {
	text, err := os.ReadFile(filepath.Join(tree, "version.txt"))
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
}
