package main

import (
	"bytes"
	"encoding/json"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

func TestHeadline_saysWhetherItLives(t *testing.T) {
	heartbeat := time.Unix(1000, 0)
	for want, i := range map[string]stats.Info{
		"/d: the driver has shut down":                                  {Closed: true},
		"/d: the driver has given no sign of life yet, pid 5":           {PID: 5},
		"/d: alive, heartbeat 2ms ago, pid 5":                           {Active: true, Heartbeat: heartbeat, HeartbeatAge: 2*time.Millisecond + 100, PID: 5},
		"/d: alive, heartbeat -1s ago":                                  {Active: true, Heartbeat: heartbeat, HeartbeatAge: -time.Second},
		"/d: DEAD, last heartbeat 1m0s ago, pid 5, Aeron 1.54.0":        {Heartbeat: heartbeat, HeartbeatAge: time.Minute, PID: 5, AeronVersion: 1<<16 | 54<<8},
		"/d: the driver has shut down, pid 5":                           {Closed: true, Active: true, Heartbeat: heartbeat, PID: 5},
		"/d: DEAD, last heartbeat 876000h0m0s ago, pid -1, Aeron 0.0.1": {Heartbeat: heartbeat, HeartbeatAge: 876000*time.Hour + 1, PID: -1, AeronVersion: 1},
	} {
		i.Dir = "/d"
		require.Equal(t, want, headline(i))
	}
}

func TestEventText_andItsRecord(t *testing.T) {
	at := time.Unix(5, 7).In(time.FixedZone("elsewhere", 3600))
	for _, c := range []struct {
		event        stats.Event
		text, record string
	}{
		{
			stats.Event{Kind: stats.EventAvailableImage, RegistrationID: 9, SubscriptionID: 7, Source: "127.0.0.1:5"},
			"registration=9 subscription=7 session=0 stream=0 counter=0 source=127.0.0.1:5",
			`"registration_id":9,"subscription_id":7,"session_id":0,"stream_id":0,"counter_id":0,"source":"127.0.0.1:5"`, // zeros are numbers too
		},
		{
			stats.Event{Kind: stats.EventUnavailableImage, RegistrationID: 9, SubscriptionID: 7, StreamID: -3, Channel: "aeron:ipc"},
			"registration=9 subscription=7 stream=-3 channel=aeron:ipc", `"registration_id":9,"subscription_id":7,"stream_id":-3,"channel":"aeron:ipc"`,
		},
		{
			stats.Event{Kind: stats.EventPublicationReady, RegistrationID: 9, SessionID: -1, StreamID: 2, CounterID: 3},
			"registration=9 session=-1 stream=2 counter=3", `"registration_id":9,"session_id":-1,"stream_id":2,"counter_id":3`,
		},
		{stats.Event{Kind: stats.EventSubscriptionReady, RegistrationID: 9}, "registration=9 counter=0", `"registration_id":9,"counter_id":0`},
		{stats.Event{Kind: stats.EventUnavailableCounter, RegistrationID: 9, CounterID: 4}, "registration=9 counter=4", `"registration_id":9,"counter_id":4`},
		{stats.Event{Kind: stats.EventClientTimeout}, "client=0", `"client_id":0`},
		{
			stats.Event{Kind: stats.EventRegistrationError, RegistrationID: 34, Code: 4, Text: `no "such" channel`},
			`registration=34 text=no "such" channel`, `"registration_id":34,"code":4,"text":"no \"such\" channel"`,
		},
		{stats.Event{Kind: stats.EventMissed}, "", ""},
	} {
		c.event.Time = at
		head := "1970-01-01T00:00:05.000000007Z"
		require.Equal(t, strings.TrimSpace(head+" "+string(c.event.Kind)+" "+c.text), eventText(c.event))
		record := `{"time":"` + head + `","event":"` + string(c.event.Kind) + `"`
		if c.record != "" {
			record += "," + c.record
		}
		text, err := json.Marshal(eventRecordOf(c.event))
		require.NoError(t, err)
		require.Equal(t, record+"}", string(text))
	}
}

func TestInfo_tellsClientsThatHaveClosedFromOthers(t *testing.T) {
	var b bytes.Buffer
	at := time.Unix(1, 0).UTC()
	writeInfo(&b, infoDocument{Clients: []clientRecord{{ID: 1}, {ID: 2, Name: "risk engine", Version: "1.54.0"}, {ID: 3, Heartbeat: &at}}}, stats.Info{})
	require.Contains(t, b.String(), "1 \"\", closed\n")
	require.Contains(t, b.String(), "2 \"risk engine\", closed\n")
	require.Contains(t, b.String(), "3 \"\", Aeron unknown, heartbeat 1970-01-01T00:00:01Z\n")
}

func TestTimes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 times", 1: "once", 2: "2 times", 1234567: "1,234,567 times", -1: "-1 times"} {
		require.Equal(t, want, times(n))
	}
	require.Equal(t, "never", timestamp(time.Time{}))
	require.Nil(t, optional(time.Time{}))
	at := time.Unix(1, 0).In(time.FixedZone("elsewhere", 3600))
	require.Equal(t, "1970-01-01T00:00:01Z", timestamp(at))
	require.Equal(t, time.UTC, optional(at).Location(), "programs get one zone")
}

func TestStreamRecord_hasOnlyTheEndsThatAreThere(t *testing.T) {
	none := streamRecordOf(&stats.StreamBacklog{StreamID: 1})
	text, err := json.Marshal(none)
	require.NoError(t, err)
	require.JSONEq(t, `{"session_id":0,"stream_id":1,"channel":"","subscriber_positions":[],"backlog":0}`, string(text))
	require.Equal(t, "-", position(none.PublisherPosition))

	zero := streamRecordOf(&stats.StreamBacklog{Publisher: &stats.PublisherBacklog{}, Subscribers: []stats.SubscriberBacklog{{Backlog: -5}, {Backlog: 9}, {Backlog: 7}}})
	require.Equal(t, "0", position(zero.PublisherPosition), "at 0 is not absent")
	require.EqualValues(t, 9, zero.Backlog, "of the one that is furthest behind")
	ahead := streamRecordOf(&stats.StreamBacklog{Subscribers: []stats.SubscriberBacklog{{Backlog: -5}}})
	require.Zero(t, ahead.Backlog, "nobody is less than nothing behind")

	text, err = json.Marshal(backlogRecordOf(&stats.StreamBacklog{Subscribers: []stats.SubscriberBacklog{{OwnerID: 3}, {OwnerID: 4}}}, map[int64]string{3: "risk"}))
	require.NoError(t, err)
	require.Contains(t, string(text), `"publisher":null,"sender":null,"receiver":null`)
	require.Contains(t, string(text), `"owner_id":3,"client":"risk"`)
	require.Contains(t, string(text), `"owner_id":4,"client":""`)
}

func TestExplanationRecord_tellsUnknownFromNone(t *testing.T) {
	slow := stats.StreamSubscriber{RegistrationID: 12, PIDs: []int{5, 6}, LagMessages: 8, Counts: true}
	for want, e := range map[string]stats.Explanation{
		`"limited_by":null`:           {Limiter: stats.LimitedBySender, Slowest: &slow},
		`"limited_by":{"registration`: {Limiter: stats.LimitedBySubscriber, Slowest: &slow},
		`"receivers":null`:            {Receivers: -1},
		`"receivers":0`:               {},
		`"subscribers":[]`:            {},
		`"pids":[],`:                  {Subscribers: []stats.StreamSubscriber{{}}},
		`"pids":[5,6],`:               {Subscribers: []stats.StreamSubscriber{slow}},
		`"lag_messages":null`:         {Subscribers: []stats.StreamSubscriber{{LagMessages: -1}}},
		`"lag_messages":8`:            {Subscribers: []stats.StreamSubscriber{slow}},
		`"remaining":0`:               {Position: 10, Limit: 5},
	} {
		text, err := json.Marshal(explanationRecordOf(e))
		require.NoError(t, err)
		require.Contains(t, string(text), want)
	}
	require.Nil(t, explanationRecordOf(stats.Explanation{Limiter: stats.LimitedBySubscriber}).LimitedBy, "a limiter that has gone")

	var b bytes.Buffer
	writeExplanation(&b, stats.Explanation{StreamID: 10, SessionID: -5, Channel: "aeron:ipc", State: stats.StreamReady, Subscribers: []stats.StreamSubscriber{
		slow, {RegistrationID: 13, Client: "viewer", Untethered: true, Position: 1234567, Lag: 2048},
	}})
	require.Equal(t, []string{
		"stream 10 session -5 aeron:ipc", "  ready, 0 B of window left",
		"    subscriber 12 (client 0, pid 5 or 6) at 0, 0 B behind",
		"    untethered subscriber 13 (client viewer, pid unknown) at 1,234,567, 2.0 KiB behind, not waited for",
	}, lines(b.String()))
}

func TestWriteCounters_asManyLinesAsFit(t *testing.T) {
	all := make([]*ratedCounter, 5)
	for i := range all {
		all[i] = &ratedCounter{Counter: stats.Counter{ID: int32(i), Value: -1 << 63, Label: "label"}}
	}
	all[1].rate, all[1].rated = -1234.9, true
	all[2].rated = true
	for rows, want := range map[int]int{0: 6, 1: 1, 2: 2, 6: 6, 100: 6} {
		var b bytes.Buffer
		writeCounters(&b, all, rows, true)
		require.Len(t, lines(b.String()), want, "rows %d, with the heading", rows)
	}
	var b bytes.Buffer
	writeCounters(&b, all, 0, true)
	table := lines(b.String())
	require.Regexp(t, `^ +id +value +per second  label$`, table[0])
	require.Regexp(t, `^ +1 -9,223,372,036,854,775,808 +-1,234  label$`, table[2])
	require.Regexp(t, `^ +2 -9,223,372,036,854,775,808 {17}label$`, table[3], "what stands still has no rate")
	b.Reset()
	writeCounters(&b, all[:2], 0, false)
	require.NotContains(t, b.String(), "1,234", "without --watch there is none")
}

func TestOrder_ofCounters(t *testing.T) {
	one := &ratedCounter{Counter: stats.Counter{TypeID: 3, Value: math.MinInt64, Label: "b"}, rate: 5}
	two := &ratedCounter{Counter: stats.Counter{TypeID: 4, Value: math.MaxInt64, Label: "a"}, rate: -5}
	for by, sign := range map[string]int{byValue: 1, byRate: -1, byType: -1, byLabel: 1} {
		order, err := (&statOptions{sort: by}).order()
		require.NoError(t, err)
		require.Equal(t, sign, order(one, two), by)
		require.Equal(t, -sign, order(two, one), by)
		require.Zero(t, order(one, one), by)
	}
}

func TestFilter_ofCounters(t *testing.T) {
	system := &stats.Counter{TypeID: stats.TypeSystem, Label: "Bytes sent"}
	own := &stats.Counter{TypeID: 1001, Label: "orders of stream 10"}
	limit := &stats.Counter{TypeID: stats.TypePublisherLimit, Label: "pub-lmt: 1 2 10 aeron:ipc"}
	limit.Key[12] = 10
	for name, c := range map[string]struct {
		options statOptions
		want    [3]bool // of system, own, limit
	}{
		"nothing":            {statOptions{}, [3]bool{true, true, true}},
		"a type's name":      {statOptions{types: []string{"system"}}, [3]bool{true, false, false}},
		"a type's number":    {statOptions{types: []string{"1001"}}, [3]bool{false, true, false}},
		"several types":      {statOptions{types: []string{"1001", "pub-lmt"}}, [3]bool{false, true, true}},
		"a type of nobody":   {statOptions{types: []string{"-7"}}, [3]bool{}},
		"a stream":           {statOptions{streams: []int32{11, 10}}, [3]bool{false, false, true}},
		"a label":            {statOptions{match: "^Bytes|10 a"}, [3]bool{true, false, true}},
		"a label's case":     {statOptions{match: "bytes"}, [3]bool{}},
		"type and stream":    {statOptions{types: []string{"system"}, streams: []int32{10}}, [3]bool{}},
		"stream and label":   {statOptions{streams: []int32{10}, match: "ipc$"}, [3]bool{false, false, true}},
		"another one's type": {statOptions{types: []string{"1"}}, [3]bool{false, false, true}},
	} {
		keep, err := c.options.filter()
		require.NoError(t, err, name)
		require.Equal(t, c.want, [3]bool{keep(system), keep(own), keep(limit)}, name)
	}
	for _, o := range []statOptions{{types: []string{"sub-pos", ""}}, {types: []string{"99999999999"}}, {match: "a(b"}} {
		_, err := o.filter()
		var usage *usageError
		require.ErrorAs(t, err, &usage)
	}
}

// Damage is told by the verbs that show what is damaged, behind all that could be read, and by no others.
func TestLook_tellsOfDamageThatConcernsIt(t *testing.T) {
	spec := cnctest.Valid(time.Now())
	whole := spec.Bytes()
	header, err := cncfile.DecodeHeader(whole, int64(len(whole)))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		at    int64 // of cnc.dat; -1 for the loss report
		bytes []byte
		fails []string
	}{
		"nothing":      {0, whole[:4], nil},
		"a counter":    {header.CounterMetadataOffset(), []byte{7}, []string{"stat", "streams", "backlog", "info", "explain"}},
		"an error":     {header.ErrorLogOffset(), []byte{5, 0, 0, 0}, []string{"errors"}},
		"a loss entry": {-1, append([]byte{1}, bytes.Repeat([]byte{0x7F}, 100)...), []string{"loss", "explain"}},
	} {
		dir := cnctest.Dir(t)
		path := spec.Write(t, dir)
		if c.at < 0 {
			require.NoError(t, os.WriteFile(filepath.Join(dir, stats.LossReportFile), c.bytes, 0o600))
		} else {
			patch(t, path, c.at, c.bytes)
		}
		for _, verb := range lookVerbs {
			code, stdout, stderr := here(t, nil, verb, "--dir", dir)
			require.Contains(t, stdout, "alive", "%s: %s", name, verb)
			if slices.Contains(c.fails, verb) {
				require.Equal(t, exitError, code, "%s: %s", name, verb)
				oneSentence(t, stderr, "that is not all", dir)
			} else {
				require.Equal(t, exitOK, code, "%s: %s: %s", name, verb, stderr)
				require.Empty(t, stderr)
			}
		}
	}
}

func TestTapChannel_spiesUnlessItReceives(t *testing.T) {
	for _, c := range []struct {
		options     tapOptions
		channel, to string
	}{
		{tapOptions{stream: stream{channel: "aeron:ipc"}}, "aeron:ipc?tether=false", "127.0.0.1:40123"},
		{tapOptions{stream: stream{channel: "aeron:udp?endpoint=10.0.0.7:5"}}, "aeron-spy:aeron:udp?endpoint=10.0.0.7:5|tether=false", "10.0.0.7:5"},
		{tapOptions{stream: stream{channel: "aeron:udp?endpoint=10.0.0.7:5"}, tether: true}, "aeron-spy:aeron:udp?endpoint=10.0.0.7:5|tether=true", "10.0.0.7:5"},
		{tapOptions{stream: stream{channel: "aeron:udp?endpoint=10.0.0.7:5"}, receive: true}, "aeron:udp?endpoint=10.0.0.7:5|tether=false", "10.0.0.7:5"},
		{tapOptions{stream: stream{channel: "aeron:udp?endpoint=[::1]:5"}, receive: true}, "aeron:udp?endpoint=[::1]:5|tether=false", "[::1]:5"},
		{tapOptions{stream: stream{channel: "aeron:udp?endpoint=host:5|tether=true"}, receive: true}, "aeron:udp?endpoint=host:5|tether=true", "127.0.0.1:5"},
		{tapOptions{stream: stream{channel: "aeron:udp?control=10.0.0.7:6|control-mode=dynamic"}}, "", "10.0.0.7:6"},
	} {
		channel, to, err := tapChannel(c.options)
		require.NoError(t, err)
		if c.channel != "" {
			require.Equal(t, c.channel, channel)
		}
		require.Equal(t, netip.MustParseAddrPort(c.to), to, c.options.channel)
	}
	for _, channel := range []string{"", "aeron", "aeron:", "http://x", "aeron:udp?endpoint"} {
		_, _, err := tapChannel(tapOptions{stream: stream{channel: channel}})
		require.ErrorContains(t, err, "--channel "+channel)
	}
}

func TestTooFew_ifTheTimeIsUp(t *testing.T) {
	for _, c := range []struct {
		count    int64
		untilEOS bool
		received int64
		want     string // "" for a success
	}{
		{0, false, 0, "0 messages came within 1s on channel aeron:ipc stream 7"},
		{0, false, 1, ""},
		{3, false, 2, "2 of 3 messages came within 1s"},
		{3, true, 0, "0 of 3 messages"},
		{0, true, 0, "0 messages came within 1s"},
		{0, true, 5, "5 messages came within 1s on channel aeron:ipc stream 7, and the publishers have not ended"},
	} {
		s := subscriber{received: c.received, options: subOptions{
			stream: stream{"aeron:ipc", 7}, count: c.count, untilEOS: c.untilEOS, timeout: time.Second,
		}}
		if err := s.tooFew(); c.want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, c.want)
		}
	}
}

func TestLimit_takesNoMoreThanIsWanted(t *testing.T) {
	for _, c := range []struct {
		count, received int64
		limit           int
		enough          bool
	}{{0, 5, pollFragments, false}, {1, 0, 1, false}, {1000, 10, pollFragments, false}, {1000, 999, 1, false}, {1000, 1000, 0, true}} {
		s := subscriber{received: c.received, options: subOptions{count: c.count}}
		require.Equal(t, c.limit, s.limit())
		require.Equal(t, c.enough, s.enough())
		tap := tapper{frames: c.received, options: tapOptions{count: c.count}}
		require.Equal(t, c.limit, tap.limit())
		require.Equal(t, c.enough, tap.enough())
	}
}
