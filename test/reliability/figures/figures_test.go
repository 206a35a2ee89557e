package figures

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var _ = flag.Bool("full", false, "as packages have it whose tests have a bounded form")

func TestRecord_writesWhatATestMeasured(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	t.Setenv(Variable, path)
	t.Run("one", func(t *testing.T) {
		Record(t, "cases", 312)
		Record(t, "cost", "1.2 % < 3 %")
	})
	t.Run("two", func(t *testing.T) { Record(t, "lost", 0) })
	results, err := Load(path)
	require.NoError(t, err)
	require.Len(t, results, 2)
	one := results["test/reliability/figures.TestRecord_writesWhatATestMeasured/one"]
	require.True(t, one.Passed)
	require.Equal(t, []Figure{{"cases", "312"}, {"cost", "1.2 % < 3 %"}}, one.Figures)
	require.Regexp(t, `^\d{4}-\d\d-\d\d$`, one.Date)

	t.Run("one", func(t *testing.T) { Record(t, "cases", 1) }) // go test calls it one#01
	again, err := Load(path)
	require.NoError(t, err)
	require.Len(t, again, 3)
}

// failing is a test that fails, which a real one would do for its whole run.
type failing struct {
	testing.TB
	name     string
	cleanups []func()
}

func (f *failing) Name() string     { return f.name }
func (f *failing) Failed() bool     { return true }
func (f *failing) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }

// A test that fails before its first figure, or never ends, has not passed, whatever it did when it ran before.
func TestBegin_aTestThatFailsKeepsNoFigureOfOneThatPassed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	t.Setenv(Variable, path)
	const key = "test/reliability/figures.TestX"
	require.NoError(t, store(path, key, Result{Date: "2026-01-01", Passed: true, Figures: []Figure{{"cases", "1"}}}))
	x := &failing{TB: t, name: "TestX"}
	for range 2 {
		Begin(x)
	}
	require.Len(t, x.cleanups, 1)
	for _, end := range append([]func(){func() {}}, x.cleanups...) {
		end()
		results, err := Load(path)
		require.NoError(t, err)
		require.False(t, results[key].Passed)
		require.Empty(t, results[key].Figures)
		require.NotEqual(t, "2026-01-01", results[key].Date)
	}
	require.Empty(t, pending.figures)
}

func TestBegin_notesWhetherTheRunWasFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	t.Setenv(Variable, path)
	for name, value := range map[string]string{"bounded": "false", "full": "true"} {
		require.NoError(t, flag.Set("full", value))
		t.Run(name, func(t *testing.T) { Record(t, "cases", 1) })
	}
	require.NoError(t, flag.Set("full", "false"))
	results, err := Load(path)
	require.NoError(t, err)
	require.True(t, results["test/reliability/figures."+t.Name()+"/full"].Full)
	require.False(t, results["test/reliability/figures."+t.Name()+"/bounded"].Full)
}

func TestRecord_withoutAFileIsForTheLogOnly(t *testing.T) {
	t.Setenv(Variable, "")
	Record(t, "cases", 1)
	require.Empty(t, pending.figures)
}

func TestStore_replacesATestsLastRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	require.NoError(t, store(path, "a.T", Result{Passed: false}))
	require.NoError(t, store(path, "a.T", Result{Passed: true}))
	results, err := Load(path)
	require.NoError(t, err)
	require.Equal(t, Results{"a.T": {Passed: true}}, results)
	require.ErrorContains(t, store("relative", "a.T", Result{}), "must be an absolute path")
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
