package nativelib

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Source is an Aeron tree that has been checked.
type Source struct {
	Tree     string // the directory that holds version.txt
	Origin   string // "crate" or "directory"
	Digest   string // over the core files
	Modified bool   // differs from the pinned files; only with AllowModified
}

const noCargoRemedy = "or name an unpacked Aeron " + Version + " tree with --source DIR"

// OpenSource checks an unpacked tree: dir itself, or the aeron directory in it, as the crate has it.
func OpenSource(recipe Recipe, dir string, samples, allowModified bool) (Source, error) {
	tree, err := filepath.Abs(dir)
	if err != nil {
		return Source{}, &Problem{Kind: ErrNoSource, What: fmt.Sprintf("source directory %q has no absolute path", dir), Err: err}
	}
	version, err := TreeVersion(tree)
	if errors.Is(err, os.ErrNotExist) {
		if inner, innerErr := TreeVersion(filepath.Join(tree, "aeron")); innerErr == nil {
			tree, version, err = filepath.Join(tree, "aeron"), inner, nil
		}
	}
	if err != nil {
		return Source{}, &Problem{
			Kind: ErrNoSource, What: fmt.Sprintf("%s is not an Aeron tree", dir),
			Remedy: "name the directory that holds Aeron's version.txt, or the one whose aeron directory does", Err: err,
		}
	}
	if version != Version {
		return Source{}, &Problem{
			Kind: ErrWrongVersion, What: fmt.Sprintf("%s is Aeron %s, but %s is required", tree, version, Version),
			Remedy: fmt.Sprintf("name an Aeron %s tree, or leave --source out to fetch it with cargo", Version),
		}
	}
	list, err := HashTree(tree, samples)
	if err != nil {
		return Source{}, &Problem{Kind: ErrNoSource, What: fmt.Sprintf("the Aeron tree %s cannot be read", tree), Err: err}
	}
	want := recipe.Source
	if !samples {
		want = want.Core()
	}
	source := Source{Tree: tree, Origin: "directory", Digest: list.Core().Digest()}
	if difference := want.Difference(list); difference != "" {
		if !allowModified {
			return Source{}, &Problem{
				Kind: ErrModifiedSource, What: fmt.Sprintf("the Aeron tree %s is not the pinned one: %s", tree, difference),
				Remedy: "unpack Aeron " + Version + " afresh, or build it as it is with --source DIR --allow-modified-source",
			}
		}
		source.Modified = true
	}
	return source, nil
}

// FetchSource has cargo fetch the crate that carries the tree, and checks the tree. A copy in cargo's own store that was damaged
// or edited is removed and unpacked again, once. work is a directory that may be written; output gets what cargo prints, and may be nil.
func FetchSource(ctx context.Context, recipe Recipe, work string, samples bool, log func(string), output io.Writer) (Source, error) {
	// A copy: the module may be read-only, and cargo looks for a workspace in the directories above.
	pin := filepath.Join(work, "cargo")
	if err := os.MkdirAll(pin, 0o755); err != nil {
		return Source{}, fmt.Errorf("prepare the fetch: %w", err)
	}
	for _, name := range []string{"Cargo.toml", "Cargo.lock"} {
		text, err := os.ReadFile(filepath.Join(recipe.Root, "vendor-c", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(pin, name), text, 0o644)
		}
		if err != nil {
			return Source{}, fmt.Errorf("prepare the fetch: %w", err)
		}
	}
	crate, err := locateCrate(ctx, pin, log, output)
	if err != nil {
		return Source{}, err
	}
	source, err := OpenSource(recipe, crate, samples, false)
	if err != nil && inCargoStore(crate) && ctx.Err() == nil {
		what := err.Error()
		if problem := (*Problem)(nil); errors.As(err, &problem) {
			what = problem.What
		}
		log("cargo's unpacked copy is damaged, so it is unpacked again: " + what)
		// Renamed first: cargo takes half of a directory for a whole one, for ever.
		aside := crate + ".removed-by-aeron-native"
		if err := errors.Join(os.RemoveAll(aside), os.Rename(crate, aside)); err != nil {
			return Source{}, &Problem{
				Kind: ErrModifiedSource, What: "cargo's unpacked copy of the source is damaged and cannot be removed",
				Remedy: "remove " + crate + " yourself", Err: err,
			}
		}
		_ = os.RemoveAll(aside)
		if crate, err = locateCrate(ctx, pin, log, output); err != nil {
			return Source{}, err
		}
		source, err = OpenSource(recipe, crate, samples, false)
	}
	if err != nil {
		return Source{}, &Problem{
			Kind: ErrModifiedSource, What: fmt.Sprintf("cargo delivered a source in %s that cannot be used", crate),
			Remedy: "remove " + crate + " and cargo's copy of the archive (registry/cache), and run again, " + noCargoRemedy, Err: err,
		}
	}
	source.Origin = "crate"
	return source, nil
}

// locateCrate gives the crate's directory, fetching only when cargo does not have it already.
func locateCrate(ctx context.Context, pin string, log func(string), output io.Writer) (string, error) {
	manifest := filepath.Join(pin, "Cargo.toml")
	metadata := func() (string, error) {
		return command{dir: pin}.run(ctx, "cargo", "metadata", "--locked", "--offline", "--format-version", "1", "--manifest-path", manifest)
	}
	text, err := metadata()
	if err != nil {
		log("fetching " + CrateName + " " + Version + " with cargo")
		if _, err := (command{dir: pin, tee: output}).run(ctx, "cargo", "fetch", "--locked", "--manifest-path", manifest); err != nil {
			return "", &Problem{
				Kind: ErrNoSource, What: "cargo could not fetch " + CrateName + " " + Version,
				Remedy: "see cargo's message (remove a directory " + CrateName + "-" + Version + " that it calls damaged) and run again, " + noCargoRemedy, Err: err,
			}
		}
		if text, err = metadata(); err != nil {
			return "", &Problem{Kind: ErrNoSource, What: "cargo could not say where the source lies", Remedy: noCargoRemedy, Err: err}
		}
	}
	var answer struct {
		Packages []struct {
			Name         string
			Version      string
			ManifestPath string `json:"manifest_path"`
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return "", &Problem{Kind: ErrNoSource, What: "cargo metadata answered something that is not JSON", Remedy: noCargoRemedy, Err: err}
	}
	for _, p := range answer.Packages {
		if p.Name != CrateName {
			continue
		}
		if p.Version != Version {
			return "", &Problem{Kind: ErrWrongVersion, What: fmt.Sprintf("cargo chose %s %s, but %s is pinned", CrateName, p.Version, Version), Remedy: noCargoRemedy}
		}
		return filepath.Dir(p.ManifestPath), nil
	}
	return "", &Problem{Kind: ErrNoSource, What: "cargo metadata names no " + CrateName, Remedy: noCargoRemedy}
}

// inCargoStore says whether a directory is one that cargo unpacked from an archive it keeps, and would unpack again.
func inCargoStore(crate string) bool {
	path := filepath.ToSlash(crate)
	return strings.Contains(path, "/registry/src/") && strings.HasSuffix(path, "/"+CrateName+"-"+Version)
}
