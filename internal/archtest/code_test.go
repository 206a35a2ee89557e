package archtest

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A command may end its process, and a test may; a library must not, whatever it is given.
var mayEnd = []string{"cmd", "examples", "test", "internal/ctxgen", "internal/apicover"}

// endings are the functions that end a process or a goroutine, by package.
var endings = map[string][]string{
	"os":      {"Exit"},
	"syscall": {"Exit"},
	"log":     {"Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln"},
	"runtime": {"Goexit"},
}

// Where a library may panic all the same: file and function, and why.
var mayPanic = map[string]string{
	"cgo/exports.go Reraise": "goes on with the panic of the user's own handler, once C's frames are off the stack",
}

// checkEndings finds calls that end the process in files that must not. used are the exceptions that were needed.
func checkEndings(t tree) (findings []string, used map[string]bool) {
	used = map[string]bool{}
	for _, f := range t {
		if f.ast == nil || f.test || below(f.dir, mayEnd...) {
			continue
		}
		for _, declaration := range f.ast.Decls {
			where := f.path + " "
			if function, ok := declaration.(*ast.FuncDecl); ok {
				where += function.Name.Name
			}
			ast.Inspect(declaration, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name := ending(call)
				switch {
				case name == "":
				case name == "panic" && mayPanic[where] != "":
					used[where] = true
				default:
					findings = append(findings, fmt.Sprintf("%s calls %s: return an error", f.at(call.Pos()), name))
				}
				return true
			})
		}
	}
	return findings, used
}

// ending is the name of the function called, if it ends something, or "".
func ending(call *ast.CallExpr) string {
	switch function := call.Fun.(type) {
	case *ast.Ident:
		if function.Name == "panic" {
			return "panic"
		}
	case *ast.SelectorExpr:
		if pkg, ok := function.X.(*ast.Ident); ok && slices.Contains(endings[pkg.Name], function.Sel.Name) {
			return pkg.Name + "." + function.Sel.Name
		}
	}
	return ""
}

// A file that is longer than this is two files.
const maxLines = 600

func checkLengths(t tree) (findings []string) {
	for _, f := range t {
		if !f.generated() && f.lines > maxLines {
			findings = append(findings, fmt.Sprintf("%s has %d lines: more than %d are too many for one file", f.path, f.lines, maxLines))
		}
	}
	return findings
}

// Shims that stand for no function of Aeron's, by the end or the start of their names.
var (
	ownShimPrefixes = []string{"aerongo_events_", "aerongo_listener_", "aerongo_env_", "aerongo_frame_guard_"}
	ownShimSuffixes = []string{"_abandon_mapping", "_memory", "_retain_images", "_fragment_handler"}
)

func ownShim(name string) bool {
	return slices.ContainsFunc(ownShimPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }) ||
		slices.ContainsFunc(ownShimSuffixes, func(s string) bool { return strings.HasSuffix(name, s) })
}

// checkDocs finds exported functions of package cgo that carry out an operation of Aeron's and do not name it on a line "C: name".
func checkDocs(t tree) (findings []string, looked int) {
	for _, f := range t {
		if f.ast == nil || f.test || f.dir != "cgo" {
			continue
		}
		for _, declaration := range f.ast.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || !function.Name.IsExported() {
				continue
			}
			var operation string
			ast.Inspect(function, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if c, ok := s.X.(*ast.Ident); ok && c.Name == "C" && isOperation(s.Sel.Name) {
						operation = s.Sel.Name
					}
				}
				return true
			})
			if operation == "" {
				continue
			}
			looked++
			if doc := "\n" + function.Doc.Text(); !strings.Contains(doc, "\nC: aeron_") {
				findings = append(findings, fmt.Sprintf("%s: %s calls %s, and its comment has no line \"C: aeron_…\"", f.at(function.Pos()), function.Name.Name, operation))
			}
		}
	}
	return findings, looked
}

func isOperation(name string) bool {
	return strings.HasPrefix(name, "aeron") && !strings.HasSuffix(name, "_t") && !strings.HasPrefix(name, "aerongoOn") && !ownShim(name)
}

func TestNoLibraryEndsTheProcess(t *testing.T) {
	findings, used := checkEndings(module(t))
	require.Empty(t, findings)
	for where := range mayPanic {
		require.True(t, used[where], "the exception for %q is not needed any more: remove it", where)
	}
}

func TestFilesAreShort(t *testing.T) {
	require.Empty(t, checkLengths(module(t)))
}

func TestWrappersNameTheirCFunction(t *testing.T) {
	findings, looked := checkDocs(module(t))
	require.Empty(t, findings)
	require.Greater(t, looked, 50, "the rule found hardly any wrapper to look at: has the convention changed?")
}

func TestEndingRule_findsWhatBreaksIt(t *testing.T) {
	const body = "package p\n\nimport (\n\t\"log\"\n\t\"os\"\n)\n\nfunc Reraise() {\n\t%s\n}\n"
	for name, test := range map[string]struct {
		path, call string
		found      bool
	}{
		"exit in the root":        {"a.go", "os.Exit(1)", true},
		"exit in a command":       {"cmd/aerongo/a.go", "os.Exit(1)", false},
		"exit in a test":          {"a_test.go", "os.Exit(1)", false},
		"fatal in aeronc":         {"aeronc/a.go", "log.Fatalf(\"x\")", true},
		"panic in cgo":            {"cgo/a.go", "panic(1)", true},
		"panic in a closure":      {"idle/a.go", "_ = func() { panic(1) }", true},
		"panic with a reason":     {"cgo/exports.go", "panic(1)", false},
		"exit is no panic":        {"cgo/exports.go", "os.Exit(1)", true},
		"a method of that name":   {"a.go", "x.Exit(1)", false},
		"printing is not ending":  {"a.go", "log.Println()", false},
		"a goroutine that is cut": {"a.go", "runtime.Goexit()", true},
	} {
		t.Run(name, func(t *testing.T) {
			findings, _ := checkEndings(synthetic(t, map[string]string{test.path: fmt.Sprintf(body, test.call)}))
			if test.found {
				require.Len(t, findings, 1)
				require.Contains(t, findings[0], test.path+":9 calls ")
			} else {
				require.Empty(t, findings)
			}
		})
	}
}

func TestLengthRule_findsWhatBreaksIt(t *testing.T) {
	long := "package p\n" + strings.Repeat("\n", maxLines)
	findings := checkLengths(synthetic(t, map[string]string{
		"a.go": long, "a_gen.go": long, "b.go": "package p\n" + strings.Repeat("\n", maxLines-1), "cgo/a.h": long,
	}))
	require.Len(t, findings, 2)
	require.Contains(t, findings[0], "a.go has 601 lines")
	require.Contains(t, findings[1], "cgo/a.h has 601 lines")
}

func TestDocRule_findsWhatBreaksIt(t *testing.T) {
	for name, test := range map[string]struct {
		doc, declaration string
		found            bool
	}{
		"named":             {"F does.\n//\n// C: aeron_x\n", "func F() { C.aerongo_x() }", false},
		"not named":         {"F does.\n", "func F() { C.aerongo_x() }", true},
		"named in passing":  {"F is not C: aeron_x.\n", "func F() { C.aeron_x() }", true},
		"a method":          {"F does.\n", "func (t T) F() { C.aeron_x() }", true},
		"not exported":      {"f does.\n", "func f() { C.aeron_x() }", false},
		"a type of C's":     {"F does.\n", "func F(x *C.aeron_t) {}", false},
		"a shim of our own": {"F does.\n", "func F() { C.aerongo_events_take() }", false},
	} {
		t.Run(name, func(t *testing.T) {
			text := "package cgo\n\nimport \"C\"\n\n// " + test.doc + test.declaration + "\n"
			findings, _ := checkDocs(synthetic(t, map[string]string{"cgo/a.go": text}))
			if test.found {
				require.Len(t, findings, 1)
			} else {
				require.Empty(t, findings)
			}
		})
	}
}
