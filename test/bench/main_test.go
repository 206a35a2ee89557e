package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/test/bench/protocol"
	"github.com/aeroncgo/aeron/test/bench/report"
)

func runOf(messages int) protocol.Run { return protocol.Run{Messages: messages} }

func TestReadTimes_readsWhatContestantsWrite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "times")
	data := binary.LittleEndian.AppendUint64(nil, 1500)
	data = binary.LittleEndian.AppendUint64(data, 2500)
	require.NoError(t, os.WriteFile(name, data, 0o600))
	times, err := readTimes(name, 2)
	require.NoError(t, err)
	require.Equal(t, []int64{1500, 2500}, times)
	_, err = readTimes(name, 3)
	require.ErrorContains(t, err, "16 bytes of times for 3 round trips")
	_, err = readTimes(name+"x", 2)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// Every ratio of the table has a case in both plans that it can come from.
func TestPlans_haveTheCasesOfTheRatios(t *testing.T) {
	for name, p := range map[string]plan{"quick": quickPlan(), "full": fullPlan(), "smoke": smokePlan()} {
		t.Run(name, func(t *testing.T) {
			var m report.Measured
			for _, s := range p.streams(map[string]string{"ipc": "aeron:ipc", "udp": udp(1)}) {
				require.NotEmpty(t, s.Channel)
				for _, contestant := range s.contestants {
					m.Add(s.name, contestant, perSecond, 1)
				}
			}
			for _, r := range p.latency {
				for _, contestant := range r.contestants {
					for _, q := range percentiles {
						m.Add(r.name()+"-"+q.name, contestant, "µs", 1)
					}
				}
			}
			for _, length := range []int{32, 1344} {
				m.Add(guardCase(length), ours, perSecond, 1)
				m.Add(guardCase(length), unguarded, perSecond, 1)
			}
			got := map[string]float64{}
			throughputRatios(&m, got)
			guardRatios(&m, got)
			latencyRatios(&m, got)
			for _, reach := range report.Reaches {
				switch reach.Name {
				case "allocs_per_message", "first_message_vs_c", "streams1000_vs_c":
				default:
					require.Contains(t, got, reach.Name)
				}
			}
		})
	}
}

func TestEnough_wantsTenTimesBeyondARarePercentile(t *testing.T) {
	require.False(t, enough(9000, rare))
	require.True(t, enough(10000, rare))
	require.True(t, enough(1000, percentile{"p99", 99}))
	require.False(t, enough(900, percentile{"p99", 99}))
}

func TestShare_isOfAllRounds(t *testing.T) {
	for _, sittings := range []int{1, 3, 7, 10} {
		sum := 0
		for n := range sittings {
			sum += share(20, sittings, n)
		}
		require.Equal(t, 20, sum)
	}
}

func TestCostRatios_takeTheWorstPathAndCompareGrowth(t *testing.T) {
	var m report.Measured
	m.Add("allocations-a", ours, "", 0.0004)
	m.Add("allocations-b", ours, "", 0.00001)
	m.Add("first-message", ours, "ms", 30)
	m.Add("first-message", inC, "ms", 20)
	for contestant, times := range map[string][2]float64{ours: {100, 300}, inC: {50, 200}} {
		m.Add(streamsCase(1), contestant, "ns", times[0])
		m.Add(streamsCase(1000), contestant, "ns", times[1])
	}
	got := map[string]float64{}
	costRatios(&m, costPlan{streams: 1000}, got)
	require.Equal(t, map[string]float64{"allocs_per_message": 0.0004, "first_message_vs_c": 1.5, "streams1000_vs_c": 0.75}, got)

	var none report.Measured
	got = map[string]float64{}
	costRatios(&none, costPlan{streams: 1000}, got)
	require.Empty(t, got)
}

func TestMemory_ofThisProcess(t *testing.T) {
	u, err := memory(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, u.private)
	require.Greater(t, u.resident, u.private)
	_, err = memory(-1)
	require.Error(t, err)
}

func TestCommandLine_leavesOutWhereTheReportGoes(t *testing.T) {
	require.Equal(t, "scripts/bench --quick --rounds 5", commandLine([]string{"--quick", "--json", "/tmp/x", "--rounds", "5"}))
	require.Equal(t, "scripts/bench -quick", commandLine([]string{"-json=/tmp/x", "-quick"}))
	require.Equal(t, "scripts/bench", commandLine([]string{"-json"}))
}
