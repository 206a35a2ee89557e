package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	require.InDelta(t, 3, Median([]float64{5, 1, 3}), 0)
	require.InDelta(t, 2.5, Median([]float64{4, 1, 2, 3}), 0)
	require.InDelta(t, 7, Median([]float64{7}), 0)
	require.True(t, math.IsNaN(Median(nil)))
	values := []float64{3, 1, 2}
	Median(values)
	require.Equal(t, []float64{3, 1, 2}, values, "the caller's order is the rounds'")
}

func TestPercentile_isAValueThatWasMeasured(t *testing.T) {
	var values []int64
	for v := int64(1000); v >= 1; v-- {
		values = append(values, v)
	}
	for p, want := range map[float64]float64{0: 1, 50: 500, 99: 990, 99.9: 999, 99.95: 1000, 100: 1000} {
		require.InDelta(t, want, Percentile(values, p), 0, "%v", p)
	}
	require.InDelta(t, 9, Percentile([]int64{9}, 50), 0)
	require.True(t, math.IsNaN(Percentile(nil, 50)))
}

func measured(values map[string][]float64) *Measured {
	var m Measured
	for _, contestant := range []string{"a", "b"} {
		for _, v := range values[contestant] {
			m.Add("case", contestant, "messages/s", v)
		}
	}
	return &m
}

func TestRatio_isTheMedianOfRoundsAndNotOfMedians(t *testing.T) {
	// The second round was slow for both.
	m := measured(map[string][]float64{"a": {20, 2, 30}, "b": {10, 1, 20}})
	ratio, ok := m.Ratio("case", "a", "b")
	require.True(t, ok)
	require.InDelta(t, 2, ratio, 1e-9)

	for name, m := range map[string]*Measured{
		"nothing":                  measured(nil),
		"one contestant":           measured(map[string][]float64{"a": {1}}),
		"nothing to be divided by": measured(map[string][]float64{"a": {1}, "b": {0}}),
	} {
		_, ok := m.Ratio("case", "a", "b")
		require.False(t, ok, name)
	}
}

func TestGrowth_comparesCases(t *testing.T) {
	var m Measured
	for _, v := range []float64{10, 20, 40} {
		m.Add("one", "a", "ns", v)
		m.Add("many", "a", "ns", 3*v)
	}
	growth, ok := m.Growth("one", "many", "a")
	require.True(t, ok)
	require.InDelta(t, 3, growth, 1e-9)
	_, ok = m.Growth("one", "none", "a")
	require.False(t, ok)
}

func TestRows_keepTheOrderAndTellTheSpread(t *testing.T) {
	rows := measured(map[string][]float64{"b": {5}, "a": {3, 1, 2}}).Rows()
	require.Equal(t, []Row{
		{Case: "case", Contestant: "a", Unit: "messages/s", Median: 2, Min: 1, Max: 3, Rounds: 3},
		{Case: "case", Contestant: "b", Unit: "messages/s", Median: 5, Min: 5, Max: 5, Rounds: 1},
	}, rows)
}

func TestRows_haveTheContestantsOfACaseTogetherAndInOrder(t *testing.T) {
	m := Measured{Order: []string{"a", "b"}}
	for _, s := range []struct{ name, contestant string }{{"z", "x"}, {"z", "b"}, {"y", "b"}, {"z", "a"}, {"y", "a"}} {
		m.Add(s.name, s.contestant, "ns", 1)
	}
	var got []string
	for _, row := range m.Rows() {
		got = append(got, row.Case+row.Contestant)
	}
	require.Equal(t, []string{"za", "zb", "zx", "ya", "yb"}, got)
}

// The names are a contract: those that were asked for, and of the frame guard two more.
func TestReaches_haveTheNamesOfTheContract(t *testing.T) {
	var names []string
	for _, r := range Reaches {
		names = append(names, r.Name)
	}
	require.ElementsMatch(t, []string{
		"ipc32_batch_vs_c", "ipc32_offer_vs_c", "ipc32_conc4_vs_c", "ipc1344_offer_vs_c", "ipc16k_offer_vs_c", "udp32_vs_c", "udp1344_vs_c",
		"ipc32_offer_vs_aerongo", "ipc32_batch_vs_aerongo", "ipc32_offer_vs_java", "rtt_ipc_p50_vs_c", "rtt_ipc_p99_vs_c", "rtt_udp_p50_vs_c",
		"rtt_udp_p99_vs_c", "allocs_per_message", "first_message_vs_c", "streams1000_vs_c", "udp32_guard_vs_none", "udp1344_guard_vs_none",
	}, names)
}

func TestReach_boundsAreInclusive(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Reaches {
		require.False(t, seen[r.Name], r.Name)
		seen[r.Name] = true
		require.True(t, r.Reached(r.Bound), r.Name)
		require.Equal(t, r.AtMost, r.Reached(r.Bound-0.01), r.Name)
		require.Equal(t, !r.AtMost, r.Reached(r.Bound+0.01), r.Name)
	}
}

// example has a row of each kind, and two ratios, of which one is reached.
func example() Report {
	r := Report{
		Machine: Machine{CPU: "Z80 & more", Cores: 2, Command: "scripts/bench", Setup: map[string]string{"ratios": "of rounds"}},
		Ratios:  map[string]float64{"ipc32_offer_vs_c": 1.25, "allocs_per_message": 2},
	}
	for i, contestant := range []string{"c", "aeron", "nobody knows"} {
		r.Rows = append(r.Rows, Row{"ipc-32-exclusive-1", contestant, "messages/s", 1e6 * float64(i+1), 1e5, 9e6, 5})
		for j, p := range Percentiles {
			r.Rows = append(r.Rows, Row{"rtt-ipc-closed-" + p, contestant, "µs", float64(j*i + 1), 1, 2, 5})
		}
	}
	return r
}

func TestJSON_comesBackAsItWas(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, example().WriteJSON(&out))
	for _, key := range []string{`"machine"`, `"rows"`, `"ratios"`, `"case"`, `"contestant"`, `"unit"`, `"median"`, `"min"`, `"max"`, `"rounds"`} {
		require.Contains(t, out.String(), key)
	}
	back, err := ReadJSON(&out)
	require.NoError(t, err)
	require.Equal(t, example(), back)

	_, err = ReadJSON(strings.NewReader("no JSON"))
	require.ErrorContains(t, err, "report of the bench")
}

func TestMissed_namesWhatIsNotReachedOrNotThere(t *testing.T) {
	missed := example().Missed()
	require.Contains(t, missed, "allocs_per_message")
	require.Contains(t, missed, "udp32_vs_c")
	require.NotContains(t, missed, "ipc32_offer_vs_c")
	require.Len(t, missed, len(Reaches)-1)
}

func TestText_tellsReachAndVerdict(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, example().WriteText(&out))
	require.Regexp(t, `(?m)^ipc32_offer_vs_c +1\.250 +≥ 1 +pass`, out.String())
	require.Regexp(t, `(?m)^allocs_per_message +2\.000 +≤ 0 +miss`, out.String())
	require.NotContains(t, out.String(), "udp32_vs_c")
	require.Regexp(t, `(?m)^ipc-32-exclusive-1 +aeron +2,000,000 +100,000 +9,000,000 +messages/s +5`, out.String())
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.00", 0.00123: "0.00123", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 1234.5: "1,234", 1234567: "1,234,567", -1234: "-1,234",
	} {
		require.Equal(t, want, Number(v))
	}
}

func TestSVG_isWellFormedAndShowsEveryContestant(t *testing.T) {
	r := example()
	for name, picture := range map[string]string{"throughput": r.ThroughputSVG(), "latency": r.LatencySVG()} {
		texts, elements := readSVG(t, picture)
		for _, contestant := range []string{"c", "aeron", "nobody knows"} {
			require.Contains(t, texts, contestant, name)
		}
		require.Positive(t, elements["rect"], name)
	}
	texts, elements := readSVG(t, r.ThroughputSVG())
	require.Contains(t, texts, "ipc-32-exclusive-1")
	require.Contains(t, texts, "2,000,000 /s")
	require.Equal(t, 1+3, elements["rect"], "the background, and a bar for each contestant")

	texts, elements = readSVG(t, r.LatencySVG())
	require.Contains(t, texts, "rtt-ipc-closed")
	require.Contains(t, texts, "p99.9")
	require.Equal(t, 3, elements["polyline"])
	require.Equal(t, 3*len(Percentiles), elements["circle"])

	readSVG(t, Report{}.ThroughputSVG())
	readSVG(t, Report{}.LatencySVG())
}

func readSVG(t *testing.T, picture string) (texts []string, elements map[string]int) {
	t.Helper()
	elements = map[string]int{}
	decoder := xml.NewDecoder(strings.NewReader(picture))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts, elements
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local]++
			for _, a := range token.Attr {
				require.NotContains(t, a.Value, "NaN")
				require.NotContains(t, a.Value, "-9223372036854775808", "an infinite coordinate")
			}
		case xml.CharData:
			texts = append(texts, string(token))
		}
	}
}

func TestFill_leavesTheRestOfThePage(t *testing.T) {
	page := "before\n" + resultsBegin + "old\n" + resultsEnd + "after\n"
	filled, err := example().Fill(page, nil)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(filled, "before\n"+resultsBegin))
	require.True(t, strings.HasSuffix(filled, resultsEnd+"after\n"))
	require.NotContains(t, filled, "old\n")
	require.Contains(t, filled, "| `allocs_per_message` | Allocations per message, the worst of all paths | ≤ 0 | 2.00 | miss |")
	again, err := example().Fill(filled, nil)
	require.NoError(t, err)
	require.Equal(t, filled, again)

	_, err = example().Fill("no marks", nil)
	require.ErrorContains(t, err, "lacks the lines")
}

func TestFill_tellsWhatAGrowthBeginsAt(t *testing.T) {
	r := example()
	r.Ratios["streams1000_vs_c"] = 0.5
	page := resultsBegin + resultsEnd
	for _, row := range []Row{
		{Case: "poll-1-streams", Contestant: "aeron", Unit: "ns/message", Median: 40}, {Case: "poll-1000-streams", Contestant: "aeron", Unit: "ns/message", Median: 100},
		{Case: "poll-1-streams", Contestant: "c", Unit: "ns/message", Median: 20}, {Case: "poll-1000-streams", Contestant: "c", Unit: "ns/message", Median: 100},
	} {
		filled, err := r.Fill(page, nil)
		require.NoError(t, err)
		require.Contains(t, filled, "1,000 streams: ours / C's | ≤ 1.1", "not without all four")
		r.Rows = append(r.Rows, row)
	}
	filled, err := r.Fill(page, nil)
	require.NoError(t, err)
	require.Contains(t, filled, "1,000 streams: ours / C's (`aeron` from 40.0 to 100 ns/message, `c` from 20.0 to 100 ns/message) | ≤ 1.1")
}

// What the docs show is what was measured.
func TestDocs_areWhatTheResultsGive(t *testing.T) {
	docs := filepath.Join("..", "..", "..", "docs")
	f, err := os.Open(filepath.Join(docs, "bench", "results.json"))
	require.NoError(t, err)
	defer f.Close()
	r, err := ReadJSON(f)
	require.NoError(t, err)
	read := func(name ...string) string {
		data, err := os.ReadFile(filepath.Join(append([]string{docs}, name...)...))
		require.NoError(t, err)
		return string(data)
	}
	const remedy = "run go run ./test/bench --render docs"
	require.Equal(t, r.ThroughputSVG(), read("bench", "throughput.svg"), remedy)
	require.Equal(t, r.LatencySVG(), read("bench", "latency.svg"), remedy)
	page := read("BENCHMARKS.md")
	why, err := ReadExplanations(strings.NewReader(read("bench", "explanations.txt")))
	require.NoError(t, err)
	filled, err := r.Fill(page, why)
	require.NoError(t, err)
	require.Equal(t, filled, page, remedy)
	for _, reach := range Reaches {
		require.Contains(t, r.Ratios, reach.Name)
	}
}
