// Package figures is how tests record what they measured, for docs/RELIABILITY.md. A test calls Begin first of all, and Record; without
// RELIABILITY_JSON in the environment a figure only goes to the test's log, and with it also into that file. What a test measures under the race
// detector, AddressSanitizer or -tags aeron_reference goes to its log only: there it does less, or something else.
package figures

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Variable names the file that figures go to. An absolute path: a test runs in the directory of its package.
const Variable = "RELIABILITY_JSON"

// Figure is one thing that a test measured, in words that follow its name: "cases: 312", "cost of the guard: 1.2 %".
type Figure struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Result is one test's last recorded run.
type Result struct {
	Date    string   `json:"date"`
	Passed  bool     `json:"passed"`
	Full    bool     `json:"full,omitempty"` // run with -full, of tests that have a bounded form
	Figures []Figure `json:"figures,omitempty"`
}

// Results are those of all tests, by "package.Test" such as "test/interop.TestMatrix".
type Results map[string]Result

// Load reads a file of results. One that does not exist holds none.
func Load(path string) (Results, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Results{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the recorded figures: %w", err)
	}
	results := Results{}
	if err := json.Unmarshal(text, &results); err != nil {
		return nil, fmt.Errorf("read the recorded figures: %s: %w", path, err)
	}
	return results, nil
}

// pending holds the figures of the tests of this process that still run, by their names.
var pending = struct {
	sync.Mutex
	figures map[string][]Figure
}{figures: map[string][]Figure{}}

// Begin says that the test will record figures: from now on its last run is this one, failed and without a figure unless it comes to its
// end and passes. So a test that fails before its first figure, or takes the process with it, does not keep those of a run that passed.
// It is a test's first call, so that what is cleaned up after the test, which may fail, comes before its figures are written. A test that
// is skipped or passes without having measured anything leaves what was recorded before. Safe for concurrent use.
func Begin(tb testing.TB) {
	tb.Helper()
	if err := begin(tb); err != nil {
		tb.Errorf("record figures: %v", err)
	}
}

// Record notes a figure of a test that has begun, value as fmt prints it. The test's figures are written when it ends, if it passed.
// Figures of a subtest count as its own; name the test in the list of promises as it is named by go test. Safe for concurrent use.
func Record(tb testing.TB, name string, value any) {
	tb.Helper()
	figure := Figure{Name: name, Value: fmt.Sprint(value)}
	tb.Logf("figure: %s: %s", figure.Name, figure.Value)
	pending.Lock()
	defer pending.Unlock()
	figures, begun := pending.figures[tb.Name()]
	if !begun {
		tb.Errorf("record %q: %s has not begun: call figures.Begin first of all", name, tb.Name())
		return
	}
	pending.figures[tb.Name()] = append(figures, figure)
}

func begin(tb testing.TB) error {
	pending.Lock()
	defer pending.Unlock()
	if _, known := pending.figures[tb.Name()]; known {
		return nil
	}
	pending.figures[tb.Name()] = nil
	write, err := failed(tb)
	tb.Cleanup(func() {
		measured := end(tb)
		if write == nil {
			return
		}
		if err := write(measured); err != nil {
			tb.Errorf("record the figures: %v", err)
		}
	})
	return err
}

// failed writes that the test has failed. What it returns, unless nothing is to be recorded, writes what the test measured instead, if it
// has not failed.
func failed(tb testing.TB) (write func(measured []Figure) error, err error) {
	path := os.Getenv(Variable)
	if path == "" {
		return nil, nil
	}
	if lane := laneOf(buildSettings()); lane != "" {
		tb.Logf("figures are not recorded under %s", lane)
		return nil, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	test, err := key(dir, tb.Name())
	if err != nil {
		return nil, err
	}
	result := Result{Date: time.Now().UTC().Format(time.DateOnly), Full: isFull()}
	before, err := store(path, test, &result)
	if err != nil {
		return nil, err
	}
	return func(measured []Figure) error {
		last := &result
		switch {
		case tb.Failed():
			return nil
		case tb.Skipped() || measured == nil:
			last = before
		default:
			result.Passed, result.Figures = true, measured
		}
		_, err := store(path, test, last)
		return err
	}, nil
}

// buildSettings are those of this test's program; a test has others.
var buildSettings = func() []debug.BuildSetting {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Settings
	}
	return nil
}

// laneOf names what makes a build another than the one that users have; empty if it is that one.
func laneOf(settings []debug.BuildSetting) string {
	for _, s := range settings {
		switch {
		case s.Key == "-race" && s.Value == "true", s.Key == "-asan" && s.Value == "true", s.Key == "-msan" && s.Value == "true":
			return s.Key
		case s.Key == "-tags" && slices.Contains(strings.Split(s.Value, ","), "aeron_reference"):
			return "-tags aeron_reference"
		}
	}
	return ""
}

// end gives what the test has recorded, and forgets it.
func end(tb testing.TB) []Figure {
	pending.Lock()
	defer pending.Unlock()
	measured := pending.figures[tb.Name()]
	delete(pending.figures, tb.Name())
	return measured
}

// isFull says whether this process runs its tests at full length, those of packages with a flag for that.
func isFull() bool {
	full := flag.Lookup("full")
	return full != nil && full.Value.String() == "true"
}

// key is the test's name with its package's directory below the module's root.
func key(dir, test string) (string, error) {
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			below, err := filepath.Rel(root, dir)
			return filepath.ToSlash(below) + "." + test, err
		}
		if root == filepath.Dir(root) {
			return "", fmt.Errorf("%s lies in no module", dir)
		}
	}
}

// store puts a test's result into the file, or takes it out if there is none, and gives the one that was there. Tests of several processes
// take turns.
func store(path, test string, result *Result) (before *Result, err error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("%s=%s: must be an absolute path", Variable, path)
	}
	lock, err := os.Open(filepath.Dir(path)) // a directory can be locked, and leaves nothing behind
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	results, err := Load(path)
	if err != nil {
		return nil, err
	}
	if r, ok := results[test]; ok {
		before = &r
	}
	delete(results, test)
	if result != nil {
		results[test] = *result
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(results); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path+".new", []byte(text.String()), 0o644); err != nil {
		return nil, err
	}
	return before, os.Rename(path+".new", path)
}
