//go:build interop

package interop

import (
	"encoding/base64"
	"fmt"
	"regexp"
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

// javaTool runs one of Aeron's Java tools on a directory and gives what it prints.
func javaTool(t *testing.T, name, dir string) string {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(peers["java"].do(t, "tool", name, dir)["out"])
	require.NoError(t, err)
	return string(text)
}

// quiet is a driver of our own in this process, with a stream on which messages wait, one of which a part is lost for good, and an
// error. What goes on is heartbeats and cycles; the rest stays as it is.
func quiet(t *testing.T) string {
	t.Helper()
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { // the images stay, though nobody sends
		require.NoError(t, c.SetImageLivenessTimeout(2*testdriver.Patience))
	})
	client := d.Connect()
	ctx, channel := testdriver.Context(t), fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", testdriver.Port(t))
	sub, err := client.AddSubscription(ctx, channel, 7)
	require.NoError(t, err)
	pub, err := client.AddExclusivePublication(ctx, channel, 7)
	require.NoError(t, err)
	testdriver.Await(t, "a subscriber", pub.IsConnected)
	for range 3 {
		testdriver.Await(t, "a message to be sent", func() bool {
			_, err := pub.Offer(make([]byte, 1000))
			return err == nil
		})
	}
	testdriver.Await(t, "one of them to be read", func() bool {
		n, err := sub.Poll(func(aeronc.Fragment) {}, 1)
		require.NoError(t, err)
		return n == 1
	})
	// Who asks for nothing again fills the gap, and then rests.
	lossy := testdriver.Port(t)
	_, err = client.AddSubscription(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|reliable=false", lossy), 9)
	require.NoError(t, err)
	testdriver.Gap(t, fmt.Sprintf("127.0.0.1:%d", lossy), -123, 9)
	for range 2 {
		_, err = client.AddPublication(ctx, "aeron:udp?endpoint=no-such-host.invalid:1|interface=127.0.0.1", 8)
		require.Error(t, err, "so that there is an error to be seen")
	}
	snapshot := opened(t, d.Dir())
	testdriver.Await(t, "the gap to be filled", func() bool {
		require.NoError(t, snapshot.Refresh())
		filled, ok := snapshot.System(stats.SystemLossGapFills)
		return ok && filled == 1
	})
	return d.Dir()
}

// What Java's tools read of our driver's directory is what package stats reads.
func TestJavaTools_agreeWithStats(t *testing.T) {
	figures.Begin(t)
	dir := quiet(t)
	snapshot := opened(t, dir)
	resting, counters := sameAsJavasAeronStat(t, dir, snapshot)

	errors, observations := sameAsJavasErrorStat(t, dir, snapshot)
	losses := sameAsJavasLossStat(t, dir, snapshot)
	streams := sameAsJavasBacklogStat(t, dir, snapshot)
	figures.Record(t, "AeronStat, ErrorStat, LossStat, BacklogStat", fmt.Sprintf(
		"%d counters, %d of them at rest with the same value, %d errors seen %d times, %d loss entries and %d streams agree", counters, resting, errors, observations, losses, streams))
}

// All counters must be there, and those have the same value that have it before and after the tool has looked.
func sameAsJavasAeronStat(t *testing.T, dir string, snapshot *stats.Snapshot) (resting, counters int) {
	t.Helper()
	read := func() map[int32]stats.Counter {
		require.NoError(t, snapshot.Refresh())
		all := map[int32]stats.Counter{}
		for c := range snapshot.Counters() {
			all[c.ID] = c
		}
		return all
	}
	before := read()
	shown := javaTool(t, "AeronStat", dir)
	after := read()

	type line struct {
		value int64
		label string
	}
	lines := map[int32]line{}
	form := regexp.MustCompile(`^ *(\d+): +(\S+) - (.*)$`)
	for text := range strings.Lines(shown) {
		parts := form.FindStringSubmatch(strings.TrimRight(text, "\r\n"))
		if parts == nil {
			continue
		}
		id, err := strconv.ParseInt(parts[1], 10, 32)
		require.NoError(t, err)
		value, err := strconv.ParseInt(strings.ReplaceAll(parts[2], ",", ""), 10, 64)
		require.NoError(t, err)
		lines[int32(id)] = line{value, strings.TrimSpace(parts[3])}
	}
	atRest := map[int32]bool{}
	for id, c := range after {
		theirs, ok := lines[id]
		require.True(t, ok, "AeronStat does not show counter %d %q:\n%s", id, c.Label, shown)
		require.Equal(t, strings.TrimSpace(c.Label), theirs.label)
		if before[id].Label == c.Label && before[id].Value == c.Value {
			require.Equal(t, c.Value, theirs.value, c.Label)
			atRest[c.TypeID] = atRest[c.TypeID] || c.Value != 0
			resting++
		}
	}
	require.Len(t, lines, len(after))
	require.Greater(t, len(after), 40)
	require.Greater(t, resting, len(after)/2)
	for _, typeID := range []int32{
		stats.TypePublisherPosition, stats.TypeSenderPosition, stats.TypeSubscriberPosition, stats.TypeReceiverPosition, stats.TypeReceiverHWM,
	} {
		require.True(t, atRest[typeID], "a counter of type %d that is not 0 is among those at rest", typeID)
	}
	return resting, len(after)
}

// javasTime is what a tool prints for a time, in milliseconds.
func javasTime(t *testing.T, text string) int64 {
	t.Helper()
	when, err := time.Parse("2006-01-02 15:04:05.000-0700", text)
	require.NoError(t, err)
	return when.UnixMilli()
}

// Each error, in the log's order: how often and when it was observed, and all that it says.
func sameAsJavasErrorStat(t *testing.T, dir string, snapshot *stats.Snapshot) (errors, observations int) {
	t.Helper()
	shown := javaTool(t, "ErrorStat", dir)
	head := regexp.MustCompile(`(?m)^(\d+) observations from (\S+ \S+) to (\S+ \S+) for:\n`)
	heads := head.FindAllStringSubmatch(shown, -1)
	texts := head.Split(shown, -1)[1:]
	require.NoError(t, snapshot.Refresh())
	for e := range snapshot.Errors() {
		require.Less(t, errors, len(heads), shown)
		require.Equal(t, fmt.Sprint(e.Count), heads[errors][1])
		require.Equal(t, e.First.UnixMilli(), javasTime(t, heads[errors][2]))
		require.Equal(t, e.Last.UnixMilli(), javasTime(t, heads[errors][3]))
		require.True(t, strings.HasPrefix(texts[errors], e.RawText), "%q\n%q", texts[errors], e.RawText)
		errors, observations = errors+1, observations+e.Count
	}
	require.Len(t, heads, errors)
	require.Contains(t, shown, fmt.Sprintf("%d distinct errors observed", errors))
	require.Greater(t, observations, errors, "one that was seen more than once")
	return errors, observations
}

// Each row of the report, in its order.
func sameAsJavasLossStat(t *testing.T, dir string, snapshot *stats.Snapshot) (losses int) {
	t.Helper()
	shown := javaTool(t, "LossStat", dir)
	_, table, ok := strings.Cut(shown, "SOURCE\n")
	require.True(t, ok, shown)
	rows := strings.Split(strings.TrimSpace(table), "\n")
	require.NoError(t, snapshot.Refresh())
	for loss := range snapshot.Loss() {
		require.Less(t, losses, len(rows), shown)
		fields := strings.Split(rows[losses], ",")
		require.Len(t, fields, 8, shown)
		require.Equal(t, fmt.Sprint(loss.ObservationCount), fields[0])
		require.Equal(t, fmt.Sprint(loss.TotalBytesLost), fields[1])
		require.Equal(t, loss.First.UnixMilli(), javasTime(t, fields[2]))
		require.Equal(t, loss.Last.UnixMilli(), javasTime(t, fields[3]))
		require.Equal(t, fmt.Sprint(loss.SessionID), fields[4])
		require.Equal(t, fmt.Sprint(loss.StreamID), fields[5])
		require.Equal(t, loss.RawChannel, fields[6])
		require.Equal(t, loss.RawSource, fields[7])
		losses++
	}
	require.Equal(t, 1, losses, "the gap that there is")
	require.Contains(t, shown, fmt.Sprintf("%d loss entries", losses))
	return losses
}

// Every figure of every stream; the corners in front of the lines depend on an order that the tool has by chance.
func sameAsJavasBacklogStat(t *testing.T, dir string, snapshot *stats.Snapshot) (streams int) {
	t.Helper()
	read := func() string {
		require.NoError(t, snapshot.Refresh())
		streams = 0
		var b strings.Builder
		for s := range snapshot.Backlog() {
			fmt.Fprintln(&b, s)
			streams++
		}
		return b.String()
	}
	corner := regexp.MustCompile(`^[├└┌]─`)
	lines := func(text string) (all []string) {
		for line := range strings.SplitSeq(text, "\n") {
			if strings.HasPrefix(line, "sessionId=") || corner.MatchString(line) {
				all = append(all, strings.TrimSpace(corner.ReplaceAllString(line, "")))
			}
		}
		return all
	}
	var ours, shown string
	testdriver.Await(t, "nothing to move while the tool looks", func() bool {
		ours = read()
		shown = javaTool(t, "BacklogStat", dir)
		return read() == ours
	})
	require.Contains(t, ours, "streamId=7 ")
	require.Contains(t, ours, "streamId=9 ")
	require.ElementsMatch(t, lines(ours), lines(shown), "%s\n%s", ours, shown)
	return streams
}
