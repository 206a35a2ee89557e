package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/aeroncgo/aeron/test/reliability/figures"
)

const intro = `# Reliability

What this module promises, the tests that hold it to that, and what they measured when they were last recorded. This page is made:
` + "`make reliability`" + ` runs the suites in their bounded form and writes it; ` + "`make interop RECORD=yes`" + `, and likewise ` + "`faults`" + `, ` + "`soak`" + `,
` + "`cycles`" + ` and ` + "`official`" + `, record the full ones; ` + "`go run ./test/reliability`" + ` writes it of what is recorded. That every test named here
exists is itself tested.

![what a process held during the soak](plots/soak.svg)

A limit that the soak found, of Aeron 1.54 and not of this module: a receiver's window should be less than half a term by as much as a message may
be long. Padding at the end of a term takes the sender beyond the window; if everything beyond the receiver's position is then lost,
it refuses the receiver's status messages, and the stream stops until it times out. Config's default window is a quarter of a term at most,
16 KiB for terms of 64 KiB; a window that is set to half a term or more is among ` + "`Driver.Warnings`" + `.

Java's clients, drivers and tools are those of 1.51.0, C's those of 1.54.0, unless it says otherwise.

Of Aeron's own suite: its sources are those of 1.52.1, the newest that compile against the packages that are published, and run against the driver of 1.54. What upstream's
build generates to say which version it is says the driver's here, since the suite compares that with what the driver writes into
its counters. The variables of upstream's logging agent, which the suite sets and this driver does not have, are unset before the driver starts: it
would ignore them with a warning, and the suite holds that there is none. Tests that abort themselves, since an assumption of theirs does not hold, are counted, and named in
[aborted.txt](../test/official/aborted.txt): one that is not named there fails the run.

The last recorded runs are in [reliability.json](reliability.json), which the tests write by themselves; one that fails says so, and has no
figure. A dash: the test has no figure of its own, it passes or fails with its lane. What ran at its full length says so; other figures
are of the bounded run, or of a test that has one length only.

`

// makePage gives the page's text for the module in root. The error is of promises whose tests do not exist; bad are those that the recorded runs
// do not bear out, which the page shows.
func makePage(root string) (text string, bad, err error) {
	results, err := figures.Load(filepath.Join(root, figuresPath))
	if err != nil {
		return "", nil, err
	}
	var missing, unproven []error
	var page strings.Builder
	page.WriteString(intro)
	for _, chapter := range chapters {
		fmt.Fprintf(&page, "## %s\n\n| promise | held by | figures |\n|---|---|---|\n", chapter.title)
		for _, promise := range chapter.promises {
			var names, measured []string
			for _, test := range promise.tests {
				if err := exists(root, test); err != nil {
					missing = append(missing, fmt.Errorf("the promise %q: %w", promise.text, err))
				}
				names = append(names, "`"+strings.TrimPrefix(test, "..")+"`")
				result, ok := results[test]
				switch {
				case ok && !result.Passed:
					unproven = append(unproven, fmt.Errorf("the promise %q: %s failed when it was last recorded", promise.text, test))
				case !ok && records(root, test):
					unproven = append(unproven, fmt.Errorf("the promise %q: %s has no recorded run: make reliability", promise.text, test))
				}
				if ok {
					measured = append(measured, describe(result))
				}
			}
			if measured == nil {
				measured = []string{"–"}
			}
			fmt.Fprintf(&page, "| %s | %s | %s |\n", promise.text, strings.Join(names, "<br>"), strings.Join(measured, "<br>"))
		}
		page.WriteString("\n")
	}
	return strings.TrimSuffix(page.String(), "\n"), errors.Join(unproven...), errors.Join(missing...)
}

func describe(result figures.Result) string {
	var parts []string
	if !result.Passed {
		parts = append(parts, "**FAILED**")
	}
	for _, f := range result.Figures {
		parts = append(parts, strings.ReplaceAll(f.Name+": "+f.Value, "|", `\|`))
	}
	when := result.Date
	if result.Full {
		when = "full, " + when
	}
	return strings.Join(parts, "; ") + " (" + when + ")"
}

// exists says whether a test such as "test/soak.TestSoak" is there: whatever build tags its file has, and its top-level name only.
func exists(root, test string) error {
	dir, name, ok := cutTest(test)
	if !ok {
		return fmt.Errorf("%q is not of the form directory.TestName", test)
	}
	found, err := testsIn(filepath.Join(root, dir))
	if err != nil {
		return err
	}
	if found[name] == nil {
		return fmt.Errorf("there is no test %s in %s", name, dir)
	}
	return nil
}

// records says whether a test that is there records figures, in what its own function does.
func records(root, test string) (yes bool) {
	dir, name, _ := cutTest(test)
	found, err := testsIn(filepath.Join(root, dir))
	if err != nil || found[name] == nil || found[name].Body == nil {
		return false
	}
	ast.Inspect(found[name].Body, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Begin" {
			of, ok := s.X.(*ast.Ident)
			yes = yes || ok && of.Name == "figures"
		}
		return true
	})
	return yes
}

// cutTest splits "dir.TestName/sub" into directory and top-level test. "." alone is the module's root: "..TestName".
func cutTest(test string) (dir, name string, ok bool) {
	for _, kind := range []string{".Test", ".Fuzz"} {
		if at := strings.LastIndex(test, kind); at > 0 {
			name, _, _ = strings.Cut(test[at+1:], "/")
			return test[:at], name, true
		}
	}
	return "", "", false
}

// testsIn are the tests and fuzz targets in a package's directory.
func testsIn(dir string) (map[string]*ast.FuncDecl, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	if files == nil {
		return nil, fmt.Errorf("%s has no tests: %w", dir, fs.ErrNotExist)
	}
	found := map[string]*ast.FuncDecl{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				found[f.Name.Name] = f
			}
		}
	}
	return found, nil
}
