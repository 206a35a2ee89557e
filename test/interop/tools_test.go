//go:build interop

package interop

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// javaTool runs one of Aeron's Java tools on a directory and gives what it prints.
func javaTool(t *testing.T, name, dir string) string {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(peers["java"].do(t, "tool", name, dir)["out"])
	require.NoError(t, err)
	return string(text)
}

// quiet is a driver of our own in this process, with a stream on which messages wait, a gap that was filled, and an error: nothing that
// a tool shows of it changes but heartbeats and positions.
func quiet(t *testing.T) string {
	t.Helper()
	d := testdriver.Start(t)
	client := d.Connect()
	ctx, channel := testdriver.Context(t), fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port(t))
	sub, err := client.AddSubscription(ctx, channel, 7)
	require.NoError(t, err)
	pub, err := client.AddExclusivePublication(ctx, channel, 7)
	require.NoError(t, err)
	testdriver.Await(t, "a subscriber", pub.IsConnected)
	testdriver.Await(t, "a message to be sent", func() bool {
		_, err := pub.Offer(make([]byte, 1000))
		return err == nil
	})
	require.False(t, sub.IsClosed())
	_, err = client.AddPublication(ctx, "aeron:udp?endpoint=no-such-host.invalid:1|interface=127.0.0.1", 8)
	require.Error(t, err, "so that there is an error to be seen")
	return d.Dir()
}

// What Java's tools read of our driver's directory is what package stats reads.
func TestJavaTools_agreeWithStats(t *testing.T) {
	dir := quiet(t)
	snapshot, err := stats.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, snapshot.Close()) }()

	shown := javaTool(t, "AeronStat", dir)
	counters := 0
	for c := range snapshot.Counters() {
		found := false
		for line := range strings.Lines(shown) {
			id, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
			_, label, labelled := strings.Cut(rest, " - ")
			found = found || ok && labelled && id == fmt.Sprint(c.ID) && strings.TrimSpace(label) == strings.TrimSpace(c.Label)
		}
		require.True(t, found, "AeronStat does not show counter %d %q:\n%s", c.ID, c.Label, shown)
		counters++
	}
	require.Greater(t, counters, 40)

	shown = javaTool(t, "ErrorStat", dir)
	errors := 0
	for e := range snapshot.Errors() {
		first, _, _ := strings.Cut(strings.TrimSpace(e.Text), "\n")
		require.Contains(t, shown, first)
		errors++
	}
	require.Positive(t, errors)
	require.Contains(t, shown, fmt.Sprintf("%d distinct errors observed", errors))

	losses := 0
	for range snapshot.Loss() {
		losses++
	}
	require.Contains(t, javaTool(t, "LossStat", dir), fmt.Sprintf("%d loss entries", losses))

	shown = javaTool(t, "BacklogStat", dir)
	require.Contains(t, shown, "streamId=7", shown)
	figures.Record(t, "AeronStat, ErrorStat, LossStat, BacklogStat", fmt.Sprintf("%d counters and %d errors agree", counters, errors))
}
