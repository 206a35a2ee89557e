package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

func TestStat_isTheSnapshot(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	snap, err := stats.Open(b.Dir())
	require.NoError(t, err)
	code, stdout, stderr := here(t, nil, "stat", "--dir", b.Dir(), "--json")
	require.Equal(t, exitOK, code, stderr)
	d := decode[statDocument](t, stdout)
	require.Equal(t, b.Dir(), d.Dir)
	want := slices.Collect(snap.Counters())
	require.Len(t, d.Counters, len(want))
	for i, c := range d.Counters {
		require.Equal(t, want[i].ID, c.ID)
		require.Equal(t, want[i].TypeID, c.TypeID)
		require.Equal(t, want[i].TypeName(), c.Type)
		require.Equal(t, want[i].Label, c.Label)
		require.Equal(t, want[i].RegistrationID, c.RegistrationID)
		require.Equal(t, want[i].OwnerID, c.OwnerID)
		require.Equal(t, want[i].ReferenceID, c.ReferenceID)
		if _, ok := want[i].Stream(); ok {
			require.Equal(t, want[i].Value, c.Value)
		}
	}
	// The names are a contract.
	var raw struct{ Counters []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(stdout), &raw))
	names := make([]string, 0, 8)
	for name := range raw.Counters[0] {
		names = append(names, name)
	}
	require.ElementsMatch(t, []string{"id", "type_id", "type", "value", "label", "registration_id", "owner_id", "reference_id"}, names)

	code, stdout, _ = here(t, nil, "stat", "--dir", b.Dir())
	require.Equal(t, exitOK, code)
	require.Len(t, lines(stdout), len(want)+2)
	require.Contains(t, lines(stdout)[0], "alive")
	for i, line := range lines(stdout)[2:] {
		require.Equal(t, strconv.Itoa(int(want[i].ID)), strings.Fields(line)[0])
		require.True(t, strings.HasSuffix(line, "  "+want[i].Label), line)
	}
}

// What is written by hand is what package json would write.
func TestStat_writesJSONAsPackageJSONDoes(t *testing.T) {
	d := statDocument{heading: heading{time.Unix(1, 5).UTC(), `/dev/shm/"<a>` + "\u2028\xff"}, Counters: []counterRecord{}}
	same := func() {
		var ours, theirs bytes.Buffer
		require.NoError(t, printJSON(&ours, d))
		encoder := json.NewEncoder(&theirs)
		encoder.SetEscapeHTML(false)
		require.NoError(t, encoder.Encode(d))
		require.Equal(t, theirs.String(), ours.String())
	}
	same()
	for i, label := range []string{"", "plain <&>", `"quoted" \`, "tab\t", "del\x7f", "grün", "bad \xff", "\u2028", "� turned \u202e"} {
		d.Counters = append(d.Counters, counterRecord{
			ID: int32(i), TypeID: -1 << 31, Type: label, Value: math.MinInt64, Label: label, RegistrationID: math.MaxInt64, OwnerID: -1,
		})
	}
	for _, rate := range []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 1.0 / 3, 1e-6, 9e-7, 1e20, 1e21, -1e21, 1e22, 12345678.9, math.MaxFloat64, math.SmallestNonzeroFloat64,
	} {
		d.Counters = append(d.Counters, counterRecord{Rate: &rate})
	}
	same()
}

func TestStat_filtersAndSorts(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	counters := func(args ...string) []counterRecord {
		code, stdout, stderr := here(t, nil, append([]string{"stat", "--dir", b.Dir(), "--json"}, args...)...)
		require.Equal(t, exitOK, code, stderr)
		return decode[statDocument](t, stdout).Counters
	}
	for _, c := range counters("--type", "sub-pos", "--type", "1") {
		require.Contains(t, []int32{stats.TypeSubscriberPosition, stats.TypePublisherLimit}, c.TypeID)
	}
	require.Len(t, counters("--type", "sub-pos,1"), 2)
	require.Len(t, counters("-s", "77"), 3)
	require.Empty(t, counters("-s", "78"))
	require.Len(t, counters("--match", "^Bytes (sent|received)$"), 2)
	byValue := counters("--sort", "value")
	require.True(t, slices.IsSortedFunc(byValue, func(a, b counterRecord) int { return cmp.Compare(b.Value, a.Value) }))
	byLabel := counters("--sort", "label")
	require.True(t, slices.IsSortedFunc(byLabel, func(a, b counterRecord) int { return strings.Compare(a.Label, b.Label) }))
	byType := counters("--sort", "type")
	require.True(t, slices.IsSortedFunc(byType, func(a, b counterRecord) int { return cmp.Compare(a.TypeID, b.TypeID) }))
}

func TestErrorsLossStreamsBacklogInfo(t *testing.T) {
	b := aBusyDriver(t, testdriver.UDP(t))
	testdriver.Await(t, "all to have arrived", func() bool {
		code, stdout, stderr := here(t, nil, "streams", "--dir", b.Dir(), "--json", "-s", "77")
		require.Equal(t, exitOK, code, stderr)
		d := decode[streamsDocument](t, stdout)
		return len(d.Streams) == 1 && d.Streams[0].ReceiverPosition != nil && *d.Streams[0].ReceiverPosition == 1280
	})
	run := func(args ...string) string {
		code, stdout, stderr := here(t, nil, append(args, "--dir", b.Dir())...)
		require.Equal(t, exitOK, code, stderr)
		return stdout
	}

	errs := decode[errorsDocument](t, run("errors", "--json")).Errors
	require.Len(t, errs, 1)
	require.Equal(t, 1, errs[0].Count)
	require.Contains(t, errs[0].Text, "mtu")
	require.Equal(t, errs[0].First, errs[0].Last)
	require.Contains(t, run("errors"), "1 distinct errors")
	require.Contains(t, run("errors"), "    ("+strings.TrimPrefix(strings.SplitN(errs[0].Text, "\n", 2)[0], "("))
	require.Len(t, decode[errorsDocument](t, run("errors", "--json", "--since", "1h")).Errors, 1)
	require.Empty(t, decode[errorsDocument](t, run("errors", "--json", "--since", "1ms")).Errors)

	require.Empty(t, decode[lossDocument](t, run("loss", "--json")).Loss)
	require.Contains(t, run("loss"), "0 streams with loss")

	stream := decode[streamsDocument](t, run("streams", "--json", "-s", "77")).Streams[0]
	require.EqualValues(t, 1280, *stream.PublisherPosition)
	require.EqualValues(t, 1280, *stream.SenderPosition)
	require.Equal(t, []int64{0}, stream.Subscribers)
	require.EqualValues(t, 1280, stream.Backlog)
	require.Regexp(t, `77 +-?\d+ +1,280 .* 1 +1\.2 KiB  aeron:udp`, run("streams"))

	backlog := decode[backlogDocument](t, run("backlog", "--json")).Streams
	require.Len(t, backlog, 1)
	require.Equal(t, b.pub.Constants().RegistrationID, backlog[0].Publisher.RegistrationID)
	require.EqualValues(t, 1280, backlog[0].Publisher.Position)
	require.Equal(t, backlog[0].Publisher.Limit-1280, backlog[0].Publisher.RemainingWindow)
	require.Zero(t, backlog[0].Sender.Backlog)
	require.EqualValues(t, 1280, backlog[0].Receiver.HighWaterMark)
	require.Len(t, backlog[0].Subscribers, 1)
	require.EqualValues(t, 1280, backlog[0].Subscribers[0].Backlog)
	require.Equal(t, "risk engine", backlog[0].Subscribers[0].Client)
	require.Equal(t, b.client.ID(), backlog[0].Subscribers[0].OwnerID)
	require.Contains(t, run("backlog"), "has 1280 backlog bytes")

	info := decode[infoDocument](t, run("info", "--json"))
	require.True(t, info.Active)
	require.False(t, info.Closed)
	require.Equal(t, "0.2.0", info.CnCVersion)
	require.Equal(t, "1.54.0", info.AeronVersion)
	require.GreaterOrEqual(t, *info.HeartbeatAge, int64(-1000))
	require.Equal(t, 8192, info.CounterCapacity)
	require.Equal(t, 1, info.Errors)
	require.Len(t, info.Clients, 1)
	require.Equal(t, "risk engine", info.Clients[0].Name)
	require.Contains(t, run("info"), `"risk engine", Aeron 1.54.0`)
}

func TestBacklog_namesTheSubscribersOfIPC(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	code, stdout, stderr := here(t, nil, "backlog", "--dir", b.Dir())
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "has 1280 backlog bytes")
}

func TestLoss_isWhatTheDriverReports(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	dir := t.TempDir()
	copyDriver(t, b.Dir(), dir)
	record := cnctestLoss()
	for i := range 8 {
		record[24+i], record[16+i] = 0, 0
	}
	record[24] = 7 // last, 7 ms after 1970
	writeLoss(t, dir, record)
	code, stdout, stderr := here(t, nil, "loss", "--dir", dir, "--json")
	require.Equal(t, exitOK, code, stderr)
	l := decode[lossDocument](t, stdout).Loss
	require.Len(t, l, 1)
	require.Equal(t, int64(1), l[0].Observations)
	require.Equal(t, int64(64), l[0].BytesLost)
	require.Equal(t, int32(5), l[0].SessionID)
	require.Equal(t, int32(6), l[0].StreamID)
	require.Equal(t, "127.0.0.1:2", l[0].Source)
	require.Nil(t, l[0].First)
	require.Contains(t, stdout, `"last":"1970-01-01T00:00:00.007Z"`)
	code, stdout, _ = here(t, nil, "loss", "--dir", dir)
	require.Equal(t, exitOK, code)
	require.Contains(t, stdout, "64 B lost once, first never, last 1970-01-01T00:00:00.007Z: session 5 stream 6")

	// A stream has an entry for each image of it that there was.
	other := bytes.Clone(record)
	other[36]++
	writeLoss(t, dir, slices.Concat(record[:128], record[:128], other[:128]))
	code, stdout, _ = here(t, nil, "loss", "--dir", dir)
	require.Equal(t, exitOK, code)
	require.Equal(t, 3, strings.Count(stdout, "64 B lost once"))
	require.Contains(t, stdout, "\n2 streams with loss\n")
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", -7: "-7", 999: "999", -999: "-999", 1000: "1,000", 123456: "123,456", -1234567: "-1,234,567",
		-1 << 63: "-9,223,372,036,854,775,808",
	} {
		require.Equal(t, want, grouped(n))
	}
}
