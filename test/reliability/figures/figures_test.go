package figures

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

var _ = flag.Bool("full", false, "as packages have it whose tests have a bounded form")

// builtAs makes this program one of other settings, until the test ends, and results go to a file of the test's own.
func builtAs(t *testing.T, settings ...debug.BuildSetting) (path string) {
	t.Helper()
	before := buildSettings
	t.Cleanup(func() { buildSettings = before })
	buildSettings = func() []debug.BuildSetting { return settings }
	path = filepath.Join(t.TempDir(), "results.json")
	t.Setenv(Variable, path)
	return path
}

func TestRecord_writesNothingOfAnotherBuild(t *testing.T) {
	for key, value := range map[string]string{"-race": "true", "-asan": "true", "-tags": "interop,aeron_reference"} {
		t.Run(key, func(t *testing.T) {
			path := builtAs(t, debug.BuildSetting{Key: "-compiler", Value: "gc"}, debug.BuildSetting{Key: key, Value: value})
			t.Run("one", func(t *testing.T) {
				Begin(t)
				Record(t, "cases", 1)
			})
			require.NoFileExists(t, path)
		})
	}
	require.Empty(t, laneOf([]debug.BuildSetting{{Key: "-race", Value: "false"}, {Key: "-tags", Value: "interop,programs"}}))
	require.NotEmpty(t, buildSettings(), "of this program")
}

func TestRecord_writesWhatATestMeasured(t *testing.T) {
	path := builtAs(t)
	record := func(t *testing.T, name string, value any) {
		Begin(t)
		Record(t, name, value)
	}
	t.Run("one", func(t *testing.T) {
		record(t, "cases", 312)
		Record(t, "cost", "1.2 % < 3 %")
	})
	t.Run("two", func(t *testing.T) { record(t, "lost", 0) })
	results, err := Load(path)
	require.NoError(t, err)
	require.Len(t, results, 2)
	one := results["test/reliability/figures.TestRecord_writesWhatATestMeasured/one"]
	require.True(t, one.Passed)
	require.Equal(t, []Figure{{"cases", "312"}, {"cost", "1.2 % < 3 %"}}, one.Figures)
	require.Regexp(t, `^\d{4}-\d\d-\d\d$`, one.Date)

	t.Run("one", func(t *testing.T) { record(t, "cases", 1) }) // go test calls it one#01
	again, err := Load(path)
	require.NoError(t, err)
	require.Len(t, again, 3)
}

// run is a test's run that a real test cannot have here: one that fails, or one that is skipped.
type run struct {
	testing.TB
	name            string
	failed, skipped bool
	said            []string
	cleanups        []func()
}

func (r *run) Name() string     { return r.name }
func (r *run) Failed() bool     { return r.failed }
func (r *run) Skipped() bool    { return r.skipped }
func (r *run) Cleanup(c func()) { r.cleanups = append(r.cleanups, c) }
func (r *run) Errorf(f string, v ...any) {
	r.said, r.failed = append(r.said, fmt.Sprintf(f, v...)), true
}

// A test that fails before its first figure or after its last one, or never ends, has not passed and recorded nothing, whatever it did when
// it ran before.
func TestBegin_aTestThatFailsHasNoFigure(t *testing.T) {
	path := builtAs(t)
	const key = "test/reliability/figures.TestX"
	requireFailed := func() {
		t.Helper()
		results, err := Load(path)
		require.NoError(t, err)
		require.False(t, results[key].Passed)
		require.Empty(t, results[key].Figures)
		require.NotEqual(t, "2026-01-01", results[key].Date)
	}
	for _, figures := range []int{0, 1} {
		_, err := store(path, key, &Result{Date: "2026-01-01", Passed: true, Figures: []Figure{{"cases", "1"}}})
		require.NoError(t, err)
		x := &run{TB: t, name: "TestX"}
		for range 2 {
			Begin(x)
		}
		for range figures {
			Record(x, "cases", 2)
		}
		requireFailed() // so far
		x.failed = true // by what is cleaned up, too: what was to be cleaned up later is so earlier
		require.Len(t, x.cleanups, 1)
		x.cleanups[0]()
		requireFailed()
	}
	require.Empty(t, pending.figures)
}

func TestBegin_aTestThatMeasuresNothingLeavesWhatWasThere(t *testing.T) {
	path := builtAs(t)
	const key = "test/reliability/figures.TestX"
	for _, before := range []*Result{nil, {Date: "2026-01-01", Passed: true, Figures: []Figure{{"cases", "1"}}}} {
		_, err := store(path, key, before)
		require.NoError(t, err)
		for _, x := range []*run{{TB: t, name: "TestX"}, {TB: t, name: "TestX", skipped: true}} {
			Begin(x)
			if x.skipped {
				Record(x, "cases", 2)
			}
			x.cleanups[0]()
			after, err := store(path, key, before)
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.Empty(t, x.said)
		}
	}
}

func TestRecord_isRefusedToATestThatHasNotBegun(t *testing.T) {
	x := &run{TB: t, name: "TestX"}
	Record(x, "cases", 1)
	require.Len(t, x.said, 1)
	require.Contains(t, x.said[0], "call figures.Begin first of all")
}

func TestBegin_notesWhetherTheRunWasFull(t *testing.T) {
	path := builtAs(t)
	for name, value := range map[string]string{"bounded": "false", "full": "true"} {
		require.NoError(t, flag.Set("full", value))
		t.Run(name, func(t *testing.T) {
			Begin(t)
			Record(t, "cases", 1)
		})
	}
	require.NoError(t, flag.Set("full", "false"))
	results, err := Load(path)
	require.NoError(t, err)
	require.True(t, results["test/reliability/figures."+t.Name()+"/full"].Full)
	require.False(t, results["test/reliability/figures."+t.Name()+"/bounded"].Full)
}

func TestRecord_withoutAFileIsForTheLogOnly(t *testing.T) {
	t.Setenv(Variable, "")
	t.Run("one", func(t *testing.T) {
		Begin(t)
		Record(t, "cases", 1)
	})
	require.Empty(t, pending.figures)
}

func TestStore_replacesATestsLastRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	before, err := store(path, "a.T", &Result{Passed: false})
	require.NoError(t, err)
	require.Nil(t, before)
	before, err = store(path, "a.T", &Result{Passed: true})
	require.NoError(t, err)
	require.Equal(t, &Result{Passed: false}, before)
	results, err := Load(path)
	require.NoError(t, err)
	require.Equal(t, Results{"a.T": {Passed: true}}, results)
	_, err = store("relative", "a.T", &Result{})
	require.ErrorContains(t, err, "must be an absolute path")
}

func TestLoad(t *testing.T) {
	none, err := Load(filepath.Join(t.TempDir(), "none"))
	require.NoError(t, err)
	require.Empty(t, none)
	broken := filepath.Join(t.TempDir(), "broken")
	require.NoError(t, os.WriteFile(broken, []byte("{"), 0o600))
	_, err = Load(broken)
	require.ErrorContains(t, err, broken)
}

func TestKey(t *testing.T) {
	_, err := key("/", "T")
	require.Error(t, err)
}
