//go:build interop

package stats_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// tool runs one of upstream's C tools on a directory.
func tool(t *testing.T, name, dir string, arguments ...string) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	require.True(t, ok)
	path := filepath.Join(filepath.Dir(file), "..", "..", "vendor-c", "prefix", "bin", name)
	command := exec.CommandContext(testdriver.Context(t), path, append([]string{"-d", dir}, arguments...)...)
	command.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s\nthe tools come with: go run ./cmd/aeron-native install --samples", out)
	return string(out)
}

// what C prints of a time.
func printed(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05.000-0700") }

// With everything at rest, counters, errors and loss are those that C's tools print, whose order and values come from C's own readers.
func TestAll_isWhatUpstreamsToolsPrint(t *testing.T) {
	figures.Begin(t)
	figures.Record(t, "AeronStat, ErrorStat, LossStat", sameAsTools(t, explainable{testdriver.Start(t).Dir()}))
}

// sameAsTools gives what it has compared, in words.
func sameAsTools(t *testing.T, d explainable) string {
	client := d.connect(t, named("compared"))
	udp := testdriver.UDP(t)
	p, s := stream(t, client, udp, 3)
	offer(t, p, 10, 200)
	_, err := s.Poll(func(aeronc.Fragment) {}, 4)
	require.NoError(t, err)
	ipc, _ := stream(t, client, "aeron:ipc", 4)
	offer(t, ipc, 7, 50)
	for _, channel := range []string{"aeron:udp?endpoint=127.0.0.1:1|mtu=31", "aeron:nonsense"} {
		_, err := client.AddPublication(testdriver.Context(t), channel, 1)
		require.Error(t, err)
	}
	lossy := testdriver.UDP(t)
	_, err = client.AddSubscription(testdriver.Context(t), lossy, 9)
	require.NoError(t, err)
	_, endpoint, _ := strings.Cut(lossy, "endpoint=")
	testdriver.Gap(t, endpoint, -123, 9)
	snap := open(t, d.dir)
	await(t, snap, "loss", func() bool { return len(slices.Collect(snap.Loss())) > 0 })

	// Heartbeats, cycle times and bytes sent go on; all but those must be equal, and what goes on must not go back.
	restless := func(c stats.Counter) bool {
		id, ok := c.SystemID()
		if !ok {
			return c.TypeID == stats.TypeClientHeartbeat || c.TypeID == stats.TypeReceiverNAKsSent
		}
		switch id {
		case stats.SystemBytesSent, stats.SystemBytesReceived, stats.SystemHeartbeatsSent, stats.SystemHeartbeatsReceived,
			stats.SystemNAKMessagesSent, stats.SystemStatusMessagesSent, stats.SystemStatusMessagesReceived,
			stats.SystemConductorMaxCycleTime, stats.SystemConductorCycleTimeThresholdExceeded,
			stats.SystemSenderMaxCycleTime, stats.SystemSenderCycleTimeThresholdExceeded,
			stats.SystemReceiverMaxCycleTime, stats.SystemReceiverCycleTimeThresholdExceeded,
			stats.SystemShortSends, stats.SystemErrors:
			return true
		}
		return false
	}
	out := tool(t, "AeronStat", d.dir, "-w", "false")
	require.NoError(t, snap.Refresh())
	require.Contains(t, out, fmt.Sprintf("CnC v%s), pid %d, heartbeat age ", snap.Info().CnCVersion, snap.Info().PID))
	_, table, found := strings.Cut(out, "===\n")
	require.True(t, found)
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	i, equal := 0, 0
	for c := range snap.Counters() {
		require.Less(t, i, len(lines))
		id, rest, found := strings.Cut(lines[i], ": ")
		require.True(t, found)
		value, label, found := strings.Cut(rest, " - ")
		require.True(t, found)
		i++
		require.Equal(t, strconv.Itoa(int(c.ID)), strings.TrimSpace(id))
		require.Equal(t, c.Label, label)
		n, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(value), ",", ""), 10, 64)
		require.NoError(t, err)
		if restless(c) {
			require.LessOrEqual(t, n, c.Value, c.Label)
			continue
		}
		require.Equal(t, n, c.Value, c.Label)
		equal++
	}
	require.Equal(t, len(lines), i)
	require.Greater(t, equal, 40)

	errors := tool(t, "ErrorStat", d.dir)
	require.NoError(t, snap.Refresh())
	n := 0
	for e := range snap.Errors() {
		require.Contains(t, errors, fmt.Sprintf("%d observations from %s to %s for:\n %s\n", e.Count, printed(e.First), printed(e.Last), e.RawText))
		n++
	}
	require.Contains(t, errors, fmt.Sprintf("\n%d distinct errors observed.", n))
	require.GreaterOrEqual(t, n, 2)

	loss := tool(t, "LossStat", d.dir)
	losses := 0
	for l := range snap.Loss() {
		losses++
		require.Contains(t, loss, fmt.Sprintf("%d,%d,%s,%s,%d,%d,%s,%s\n", l.ObservationCount, l.TotalBytesLost,
			printed(l.First), printed(l.Last), l.SessionID, l.StreamID, l.RawChannel, l.RawSource))
	}
	require.Contains(t, loss, fmt.Sprintf("%d entries read", losses))
	return fmt.Sprintf("%d counters, %d of them at rest with the same value, %d errors and %d loss entries agree", i, equal, n, losses)
}
