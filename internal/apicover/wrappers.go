package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// wrapper is a Go function whose comment says which function of C's it is for.
type wrapper struct {
	name        string
	file        string
	first, last int
	executed    bool
}

// wrappers are the functions of the package in dir by the C functions that they name, on lines "C: aeron_…".
func wrappers(dir string) (map[string][]*wrapper, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	found := map[string][]*wrapper{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			w := &wrapper{
				name: f.Name.Name, file: filepath.Base(path),
				first: set.Position(f.Pos()).Line, last: set.Position(f.End()).Line,
			}
			for line := range strings.Lines(f.Doc.Text()) {
				name, ok := strings.CutPrefix(strings.TrimSpace(line), "C: ")
				// A type is named where C's own function does not do it.
				if ok && !strings.HasSuffix(name, "_t") {
					found[name] = append(found[name], w)
				}
			}
		}
	}
	return found, nil
}

// markExecuted reads a coverage profile and marks the wrappers in which a statement was executed.
func markExecuted(all map[string][]*wrapper, profile io.Reader) error {
	byFile := map[string][]*wrapper{}
	for _, list := range all {
		for _, w := range list {
			byFile[w.file] = append(byFile[w.file], w)
		}
	}
	blocks := 0
	lines := bufio.NewScanner(profile)
	for lines.Scan() {
		at, rest, ok := strings.Cut(lines.Text(), ":")
		file, inside := strings.CutPrefix(at, cgoPackage+"/")
		if !ok || !inside {
			continue
		}
		blocks++
		// first.column,last.column statements count
		fields := strings.Fields(rest)
		if len(fields) != 3 {
			return fmt.Errorf("coverage profile: %q is not what go test writes", lines.Text())
		}
		if fields[2] == "0" {
			continue
		}
		first, err := strconv.Atoi(fields[0][:max(0, strings.IndexByte(fields[0], '.'))])
		if err != nil {
			return fmt.Errorf("coverage profile: %q: %w", lines.Text(), err)
		}
		for _, w := range byFile[file] {
			if w.first <= first && first <= w.last {
				w.executed = true
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if blocks == 0 {
		return fmt.Errorf("coverage profile: it says nothing of %s: run go test with -coverpkg=%s", cgoPackage, cgoPackage)
	}
	return nil
}

// exemption is a function that is not wrapped, and why.
type exemption struct{ kind, reason string }

// readExemptions reads unwrapped.txt: lines "name: kind: reason"; # begins a comment.
func readExemptions(path string) (map[string]exemption, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	all := map[string]exemption{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		parts := strings.SplitN(line, ": ", 3)
		if len(parts) != 3 {
			return nil, fmt.Errorf("%s: %q is not \"name: kind: reason\"", path, line)
		}
		all[parts[0]] = exemption{parts[1], parts[2]}
	}
	return all, nil
}
