package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const modulePath = "github.com/aeroncgo/aeron"

// file is one file of Go or C.
type file struct {
	path  string
	dir   string // "." for the root package
	test  bool
	text  string
	lines int
	ast   *ast.File // nil for C
	fset  *token.FileSet
}

func (f *file) generated() bool { return strings.Contains(path.Base(f.path), "_gen.") }

// at gives a place in the file the way compilers do.
func (f *file) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(pos).Line)
}

// imports are the paths that the file imports.
func (f *file) imports() []string {
	if f.ast == nil {
		return nil
	}
	var paths []string
	for _, spec := range f.ast.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// tree is the module's source, every file whatever its build tags.
type tree []*file

// load reads a tree. Directories that the go command ignores are left out, and those that are not the module's own source.
func load(fsys fs.FS) (tree, error) {
	var t tree
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			base := entry.Name()
			if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || name == "vendor-c" || name == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		extension := path.Ext(name)
		if extension != ".go" && extension != ".c" && extension != ".h" || name == "cgo/native_id.h" {
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		f := &file{path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), text: string(text), lines: bytes.Count(text, []byte("\n"))}
		if extension == ".go" {
			f.fset = token.NewFileSet()
			if f.ast, err = parser.ParseFile(f.fset, name, text, parser.ParseComments); err != nil {
				return fmt.Errorf("parse: %w", err)
			}
		}
		t = append(t, f)
		return nil
	})
	return t, err
}

// module is the source of this module.
func module(t *testing.T) tree {
	t.Helper()
	const root = "../.."
	text, err := os.ReadFile(root + "/go.mod")
	require.NoError(t, err)
	require.Contains(t, string(text), "module "+modulePath+"\n", "this test has moved: the module's root is not %s", root)
	loaded, err := load(os.DirFS(root))
	require.NoError(t, err)
	require.NotEmpty(t, loaded)
	return loaded
}

// synthetic is a tree of the given texts by path.
func synthetic(t *testing.T, texts map[string]string) tree {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range texts {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	loaded, err := load(files)
	require.NoError(t, err)
	require.NotEmpty(t, loaded)
	return loaded
}

// below reports whether dir is one of parents or lies in one.
func below(dir string, parents ...string) bool {
	for _, parent := range parents {
		if dir == parent || strings.HasPrefix(dir, parent+"/") {
			return true
		}
	}
	return false
}

// ownDir is the directory of an import path of this module.
func ownDir(importPath string) (string, bool) {
	if importPath == modulePath {
		return ".", true
	}
	return strings.CutPrefix(importPath, modulePath+"/")
}

func TestLoad_leavesOutWhatIsNotSource(t *testing.T) {
	loaded := synthetic(t, map[string]string{
		"a.go": "package a\n", "cgo/a.c": "", "cgo/native_id.h": "", "README.md": "",
		"vendor-c/shim/x.c": "", "x/testdata/y.go": "not Go", ".ci/z.go": "not Go", "_old/z.go": "not Go",
	})
	var paths []string
	for _, f := range loaded {
		paths = append(paths, f.path)
	}
	require.Equal(t, []string{"a.go", "cgo/a.c"}, paths)
	_, err := load(fstest.MapFS{"broken.go": {Data: []byte("package")}})
	require.ErrorContains(t, err, "broken.go")
}
