package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/test/bench/report"
)

// The whole bench with hardly any messages: a message that is lost or changed on the way fails it, as does a contestant that ends.
func TestBench_givesEveryRatioAndLosesNothing(t *testing.T) {
	t.Chdir("../..")
	p := smokePlan()
	p.checked = true
	java := exec.Command("scripts/java-jar").Run() == nil
	p.withoutJava = !java
	r, err := measure(t.Context(), p)
	require.NoError(t, err)

	var names []string
	for _, reach := range report.Reaches {
		if reach.Name == "ipc32_offer_vs_java" && !java {
			continue
		}
		names = append(names, reach.Name)
		if reach.Name != "allocs_per_message" {
			require.Positive(t, r.Ratios[reach.Name], reach.Name)
		}
	}
	require.ElementsMatch(t, names, slices.Collect(maps.Keys(r.Ratios)), "no more and no fewer than the contract has")
	for _, row := range r.Rows {
		require.NotEmpty(t, row.Unit, row.Case)
		require.LessOrEqual(t, row.Min, row.Median, row.Case)
		require.LessOrEqual(t, row.Median, row.Max, row.Case)
		require.Positive(t, row.Rounds, row.Case)
	}
	left, err := filepath.Glob("/dev/shm/aeron-bench*")
	require.NoError(t, err)
	require.Empty(t, left, "directories of drivers are left behind")

	var out bytes.Buffer
	require.NoError(t, r.WriteJSON(&out))
	var contract struct {
		Machine map[string]any
		Rows    []map[string]any
		Ratios  map[string]float64
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &contract))
	require.NotEmpty(t, contract.Machine["cpu"])
	require.Equal(t, r.Ratios, contract.Ratios)
	require.Len(t, contract.Rows, len(r.Rows))
	for _, key := range []string{"case", "contestant", "unit", "median", "min", "max", "rounds"} {
		require.Contains(t, contract.Rows[0], key)
	}
}

func TestProcess_thatEndsIsAnError(t *testing.T) {
	p, err := start(t.Context(), "gone", []string{"true"})
	require.NoError(t, err)
	_, err = p.ask(word("close"))
	require.ErrorContains(t, err, "gone")
	require.NoError(t, p.end())
}

func TestProcess_errorsNameContestantAndCommand(t *testing.T) {
	p, err := start(t.Context(), "complains", []string{"sh", "-c", `while read line; do echo "error not today"; done`})
	require.NoError(t, err)
	require.ErrorContains(t, p.open(word("open sesame")), "complains: open sesame: not today")
	require.NoError(t, p.end())

	_, err = start(t.Context(), "missing", []string{filepath.Join(t.TempDir(), "no-such-program")})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestRun_refusesAResultThatIsNotWhole(t *testing.T) {
	for answer, want := range map[string]string{
		"ok 5 9 0 0":  "9 messages arrived",
		"ok 5 10 1 0": "1 of them were wrong",
		"ok 0 10 0 0": "in 0 ns",
		"ok 5 10":     "3 words instead of 5",
		"so so":       "2 words",
	} {
		p, err := start(t.Context(), "liar", []string{"sh", "-c", `while read line; do echo "` + answer + `"; done`})
		require.NoError(t, err)
		_, err = p.run(runOf(10))
		require.ErrorContains(t, err, want)
		require.NoError(t, p.end())
	}
}
