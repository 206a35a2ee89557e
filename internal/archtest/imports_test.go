package archtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// places says for an import path, or for all below it when it ends in a slash, which directories may have it.
type places struct {
	path    string
	dirs    []string
	inTests bool // anywhere in tests
}

// naive is a contestant of the bench: a binding such as anybody would write, to compare with this one. Through package cgo it would be this one.
const naive = "test/bench/naive"

// boundary has the special before the general: the first that matches decides.
var boundary = []places{
	{path: "C", dirs: []string{"cgo", naive}},
	{path: "github.com/mattn/go-pointer", dirs: []string{"cgo"}},
	{path: "runtime/cgo", dirs: []string{"cgo", naive}},
	{path: "unsafe", dirs: []string{"cgo", "aeronc", naive}},
	{path: "github.com/lirm/aeron-go/", dirs: []string{"test"}, inTests: true},
	{path: modulePath + "/cgo", dirs: []string{"cgo", "aeronc"}},
	{path: modulePath + "/internal/testdriver", dirs: []string{"test"}, inTests: true},
	{path: modulePath + "/internal/archtest"},
	{path: modulePath + "/cmd/", dirs: []string{"cmd"}},
	{path: modulePath + "/examples/", dirs: []string{"examples"}},
	{path: modulePath + "/test/reliability/figures", dirs: []string{"test"}, inTests: true},
	{path: modulePath + "/test/", dirs: []string{"test"}},
	{path: "testing", dirs: []string{"test", "internal/testdriver", "internal/misuse", "internal/nativelib/nativetest", "internal/cncfile/cnctest"}, inTests: true},
}

func (p places) match(importPath string) bool {
	if parent, ok := strings.CutSuffix(p.path, "/"); ok {
		return below(importPath, parent)
	}
	return importPath == p.path
}

// checkBoundary finds imports outside the places that they are allowed in.
func checkBoundary(t tree) (findings []string) {
	for _, f := range t {
		for _, imported := range f.imports() {
			at := slices.IndexFunc(boundary, func(p places) bool { return p.match(imported) })
			if at < 0 {
				continue
			}
			if p := boundary[at]; !below(f.dir, p.dirs...) && (!f.test || !p.inTests) {
				findings = append(findings, fmt.Sprintf("%s imports %s: only %v may", f.path, imported, p.dirs))
			}
		}
	}
	return findings
}

var (
	// The packages that build and pass their tests without cgo.
	pure = []string{"aeronprom", "idle", "ids", "stats", "uri", "internal/cncfile", "internal/mediadir", "internal/nativelib", "internal/ctxgen", "internal/archtest", "cmd/aeron-native"}
	// A layer, and what its files, tests aside, must not reach through any number of imports.
	unreachable = map[string][]string{
		"cgo":    {".", "aeronc"},
		"aeronc": {"."},
	}
	// These run on a machine that has nothing yet.
	standardLibraryOnly = []string{"cmd/aeron-native", "internal/nativelib", "internal/ctxgen"}
)

// reach is what the packages of dir import, directly or not, tests aside; the value is the chain that leads there.
func reach(t tree, dir string) map[string]string {
	direct := map[string][]string{}
	for _, f := range t {
		if f.test {
			continue
		}
		for _, imported := range f.imports() {
			if own, ok := ownDir(imported); ok {
				direct[f.dir] = append(direct[f.dir], own)
			}
		}
	}
	reached := map[string]string{}
	var visit func(from, chain string)
	visit = func(from, chain string) {
		for _, next := range direct[from] {
			if _, seen := reached[next]; !seen {
				reached[next] = chain + " → " + next
				visit(next, reached[next])
			}
		}
	}
	visit(dir, dir)
	return reached
}

// checkLayers finds packages that reach what lies above them.
func checkLayers(t tree) (findings []string) {
	dirs := map[string]bool{}
	for _, f := range t {
		dirs[f.dir] = true
	}
	for dir := range dirs {
		forbidden := unreachable[dir]
		if below(dir, pure...) {
			forbidden = []string{".", "aeronc", "cgo"}
		}
		reached := reach(t, dir)
		for _, other := range forbidden {
			if chain, ok := reached[other]; ok {
				findings = append(findings, fmt.Sprintf("%s must not depend on %s: %s", dir, other, chain))
			}
		}
	}
	for _, f := range t {
		if f.test || !below(f.dir, standardLibraryOnly...) || f.dir == "internal/nativelib/nativetest" {
			continue
		}
		for _, imported := range f.imports() {
			_, own := ownDir(imported)
			if first, _, _ := strings.Cut(imported, "/"); !own && strings.Contains(first, ".") {
				findings = append(findings, fmt.Sprintf("%s imports %s: only the standard library is there", f.path, imported))
			}
		}
	}
	slices.Sort(findings)
	return findings
}

func TestOnlyPackageCgoTouchesC(t *testing.T) {
	require.Empty(t, checkBoundary(module(t)))
}

func TestLayersDependDownwardsOnly(t *testing.T) {
	source := module(t)
	require.Empty(t, checkLayers(source))
	for _, dir := range append([]string{".", "aeronc", "cgo"}, pure...) {
		require.True(t, slices.ContainsFunc(source, func(f *file) bool { return f.dir == dir }), "a rule is about %s, which has no files", dir)
	}
}

func TestBoundaryRule_findsWhatBreaksIt(t *testing.T) {
	for name, test := range map[string]struct {
		path, imported string
		found          bool
	}{
		"C in cgo":                 {"cgo/a.go", "C", false},
		"C in a test of cgo":       {"cgo/a_test.go", "C", false},
		"C in the naive binding":   {naive + "/a.go", "C", false},
		"C beside it":              {"test/bench/a.go", "C", true},
		"unsafe beside it":         {"test/bench/ours/a.go", "unsafe", true},
		"C above":                  {"aeronc/a.go", "C", true},
		"C in a test elsewhere":    {"aeronc/a_test.go", "C", true},
		"unsafe in aeronc":         {"aeronc/a.go", "unsafe", false},
		"unsafe in the root":       {"a.go", "unsafe", true},
		"unsafe in a root test":    {"a_test.go", "unsafe", true},
		"a name that starts alike": {"cgox/a.go", "unsafe", true},
		"handles in aeronc":        {"aeronc/a.go", "github.com/mattn/go-pointer", true},
		"protocol in a test":       {"aeronc/a_test.go", "github.com/lirm/aeron-go/aeron/logbuffer", false},
		"protocol below test":      {"test/interop/a.go", "github.com/lirm/aeron-go/aeron", false},
		"protocol in the library":  {"a.go", "github.com/lirm/aeron-go/aeron", true},
		"cgo from the root":        {"a.go", modulePath + "/cgo", true},
		"cgo from a command":       {"cmd/aerongo/a.go", modulePath + "/cgo", true},
		"aeronc from a command":    {"cmd/aerongo/a.go", modulePath + "/aeronc", false},
		"a command from the root":  {"a.go", modulePath + "/cmd/aerongo", true},
		"testing in the library":   {"a.go", "testing", true},
		"testdriver in a test":     {"a_test.go", modulePath + "/internal/testdriver", false},
		"figures in a test":        {"aeronc/a_test.go", modulePath + "/test/reliability/figures", false},
		"figures in the library":   {"aeronc/a.go", modulePath + "/test/reliability/figures", true},
		"payload in a test":        {"aeronc/a_test.go", modulePath + "/test/payload", true},
		"testdriver in a command":  {"cmd/aerongo/a.go", modulePath + "/internal/testdriver", true},
	} {
		t.Run(name, func(t *testing.T) {
			findings := checkBoundary(synthetic(t, map[string]string{test.path: fmt.Sprintf("package p\n\nimport _ %q\n", test.imported)}))
			if !test.found {
				require.Empty(t, findings)
				return
			}
			require.Len(t, findings, 1)
			require.Contains(t, findings[0], test.path+" imports "+test.imported)
		})
	}
}

func TestLayerRule_findsWhatBreaksIt(t *testing.T) {
	imports := func(path string) string { return fmt.Sprintf("package p\n\nimport _ %q\n", path) }
	for name, test := range map[string]struct {
		texts map[string]string
		want  string // "" for no finding
	}{
		"downwards":               {map[string]string{"a.go": imports(modulePath + "/aeronc"), "aeronc/a.go": imports(modulePath + "/cgo")}, ""},
		"aeronc on the root":      {map[string]string{"aeronc/a.go": imports(modulePath)}, "aeronc must not depend on .: aeronc → ."},
		"a test of aeronc may":    {map[string]string{"aeronc/a_test.go": imports(modulePath)}, ""},
		"idle on C, through one":  {map[string]string{"idle/a.go": imports(modulePath + "/x"), "x/x.go": imports(modulePath + "/cgo")}, "idle must not depend on cgo: idle → x → cgo"},
		"stats on aeronc":         {map[string]string{"stats/prom/a.go": imports(modulePath + "/aeronc")}, "stats/prom must not depend on aeronc: stats/prom → aeronc"},
		"a cycle ends":            {map[string]string{"idle/a.go": imports(modulePath + "/uri"), "uri/a.go": imports(modulePath + "/idle")}, ""},
		"aeron-native on others":  {map[string]string{"cmd/aeron-native/a.go": imports("github.com/spf13/cobra")}, "cmd/aeron-native/a.go imports github.com/spf13/cobra: only the standard library is there"},
		"aeron-native on its own": {map[string]string{"cmd/aeron-native/a.go": imports(modulePath + "/internal/nativelib")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			findings := checkLayers(synthetic(t, test.texts))
			if test.want == "" {
				require.Empty(t, findings)
				return
			}
			require.Equal(t, []string{test.want}, findings)
		})
	}
}
