package nativelib

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Recipe is what the library is made by: the files of the module that decide the outcome.
type Recipe struct {
	Root          string     // the module's root
	Digest        string     // SHA-256 over the files
	CrateChecksum string     // of the crate that carries the source, from Cargo.lock
	Source        SourceList // what every file of the source must hash to
}

// Number is what the library's header and cgo/native_recipe.h call the recipe, so that the one is not built with the other's library.
func (r Recipe) Number() string { return "0x" + r.Digest[:8] }

// ReadRecipe reads the recipe of a module.
func ReadRecipe(module Module) (Recipe, error) {
	names := []string{
		"CMakeLists.txt", "vendor-c/Cargo.toml", "vendor-c/Cargo.lock", "vendor-c/SOURCE.sha256", "vendor-c/NOTICE",
	}
	for _, dir := range []string{"vendor-c/shim", "vendor-c/cmake"} {
		err := filepath.WalkDir(filepath.Join(module.Root, dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
				return err
			}
			name, err := filepath.Rel(module.Root, path)
			names = append(names, filepath.ToSlash(name))
			return err
		})
		if err != nil {
			return Recipe{}, fmt.Errorf("read the build recipe: %w", err)
		}
	}
	slices.Sort(names)
	all := sha256.New()
	for _, name := range names {
		digest, err := hashFile(filepath.Join(module.Root, name))
		if err != nil {
			return Recipe{}, fmt.Errorf("read the build recipe: %w", err)
		}
		fmt.Fprintf(all, "%s  %s\n", digest, name)
	}
	recipe := Recipe{Root: module.Root, Digest: hex.EncodeToString(all.Sum(nil))}
	lock, err := os.ReadFile(filepath.Join(module.Root, "vendor-c", "Cargo.lock"))
	if err != nil {
		return Recipe{}, fmt.Errorf("read the build recipe: %w", err)
	}
	entry := regexp.MustCompile(`name = "` + regexp.QuoteMeta(CrateName) + `"\nversion = "([^"]*)"\nsource = "[^"]*"\nchecksum = "([0-9a-f]{64})"`)
	match := entry.FindStringSubmatch(string(lock))
	if match == nil || match[1] != Version {
		return Recipe{}, &Problem{
			Kind: ErrWrongVersion, What: fmt.Sprintf("%s does not pin %s %s with a checksum", filepath.Join(module.Root, "vendor-c", "Cargo.lock"), CrateName, Version),
			Remedy: "take the file from the module's repository",
		}
	}
	recipe.CrateChecksum = match[2]
	list, err := os.Open(filepath.Join(module.Root, "vendor-c", "SOURCE.sha256"))
	if err != nil {
		return Recipe{}, fmt.Errorf("read the build recipe: %w", err)
	}
	defer list.Close()
	recipe.Source, err = ReadSourceList(list)
	return recipe, err
}

// Settings are what the environment adds to the recipe.
type Settings struct {
	CC       string `json:"cc"`       // the command that cgo compiles with, which must be the one that made the archive
	CFlags   string `json:"cflags"`   // CFLAGS, which cmake takes
	CPPFlags string `json:"cppflags"` // CPPFLAGS, which a compiler's wrapper may take
	LDFlags  string `json:"ldflags"`  // LDFLAGS, which cmake takes
}

// ReadSettings asks the go command and the environment.
func ReadSettings(ctx context.Context) Settings {
	s := Settings{CC: os.Getenv("CC"), CFlags: os.Getenv("CFLAGS"), CPPFlags: os.Getenv("CPPFLAGS"), LDFlags: os.Getenv("LDFLAGS")}
	if s.CC == "" {
		if text, err := (command{}).run(ctx, "go", "env", "CC"); err == nil {
			s.CC = strings.TrimSpace(text)
		}
	}
	if s.CC == "" {
		s.CC = "gcc"
	}
	return s
}

// TargetSystem is what a C compiler compiles for, by its own word (-dumpmachine), else the system that this program runs on.
func TargetSystem(ctx context.Context, cc string) string {
	if words, err := splitFlags(cc); err == nil && len(words) > 0 {
		text, err := (command{}).run(ctx, words[0], append(words[1:], "-dumpmachine")...)
		if text = strings.TrimSpace(text); err == nil && targetName.MatchString(text) {
			return text
		}
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}

// targetName becomes part of a directory's name.
var targetName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]*$`)

// GoEnv asks the go command for variables of its environment. without names variables of the process's environment that it must
// not see, so that it answers from its own file.
func GoEnv(ctx context.Context, without []string, names ...string) (map[string]string, error) {
	text, err := command{env: environWithout(without...)}.run(ctx, "go", append([]string{"env", "-json"}, names...)...)
	if err != nil {
		return nil, &Problem{Kind: ErrTool, What: "the go command did not answer", Remedy: "install Go 1.26 or newer and put it on PATH", Err: err}
	}
	answer := map[string]string{}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return nil, fmt.Errorf("read the answer of go env: %w", err)
	}
	return answer, nil
}

func hashFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return "", fmt.Errorf("read %s: it is no regular file", path) // a FIFO would be waited for
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
