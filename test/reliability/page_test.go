package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPage_isUpToDateAndItsTestsExist(t *testing.T) {
	require.NotEmpty(t, chapters)
	require.NoError(t, run("../..", true))
}

func TestRun_saysWhatIsMissing(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "docs"), 0o755))
	saved := chapters
	t.Cleanup(func() { chapters = saved })
	chapters = []chapter{{title: "One", promises: []promise{{text: "nothing is lost", tests: []string{"a.TestA"}}}}}
	require.ErrorContains(t, run(root, false), "a has no tests")

	require.NoError(t, os.Mkdir(filepath.Join(root, "a"), 0o755))
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	write("a/a_test.go", "//go:build never\n\npackage a\n\nfunc TestB() {}\n")
	require.ErrorContains(t, run(root, false), `the promise "nothing is lost": there is no test TestA in a`)

	write("a/a_test.go", "//go:build never\n\npackage a\n\nfunc TestA() {}\n")
	require.ErrorContains(t, run(root, true), "RELIABILITY.md")
	require.NoError(t, run(root, false))
	require.NoError(t, run(root, true))
	write("docs/reliability.json", `{"a.TestA": {"date": "2026-01-02", "passed": false, "figures": [{"name": "lost", "value": "1 | 2"}]}}`)
	require.ErrorContains(t, run(root, true), "out of date")
	require.NoError(t, run(root, false))
	page, err := os.ReadFile(filepath.Join(root, pagePath))
	require.NoError(t, err)
	require.Contains(t, string(page), "| nothing is lost | `a.TestA` | **FAILED**; lost: 1 \\| 2 (2026-01-02) |\n")
	require.ErrorContains(t, run(root, true), `the promise "nothing is lost": a.TestA failed when it was last recorded`)

	// A test that records figures has a run that is recorded; one that does not has none.
	write("docs/reliability.json", `{}`)
	require.NoError(t, run(root, false))
	require.NoError(t, run(root, true))
	write("a/a_test.go", "package a\n\nfunc TestA() { figures.Begin(nil) }\n")
	require.ErrorContains(t, run(root, true), "a.TestA has no recorded run")
	write("docs/reliability.json", `{"a.TestA": {"date": "2026-01-02", "passed": true}}`)
	require.NoError(t, run(root, false))
	require.NoError(t, run(root, true))
}

func TestExists(t *testing.T) {
	require.NoError(t, exists("../..", "test/reliability.TestExists/some/subtest"))
	require.NoError(t, exists("../..", "..TestMain"), "the module's root")
	require.ErrorContains(t, exists("../..", "test/reliability.Exists"), "not of the form")
	require.ErrorContains(t, exists("../..", "test/reliability.TestNone"), "no test TestNone")
}

// SECURITY.md names the test of each of its promises.
func TestSecurity_namesTestsThatExist(t *testing.T) {
	text, err := os.ReadFile("../../docs/SECURITY.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`([^` ]*\\.(?:Test|Fuzz)[A-Z][A-Za-z0-9_/]*)`").FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(named), 20)
	for _, name := range named {
		require.NoError(t, exists("../..", name[1]))
	}
}
