package figures

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

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
