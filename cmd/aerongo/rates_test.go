package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

func TestRates_areOfTheSameCounterOnly(t *testing.T) {
	at := func(value int64, changes ...func(*reading)) reading {
		r := reading{there: true, typeID: stats.TypePublisherPosition, registration: 7, value: value}
		for _, change := range changes {
			change(&r)
		}
		return r
	}
	gone := func(r *reading) { r.there = false }
	another := func(r *reading) { r.registration = 8 }
	ofAnotherType := func(r *reading) { r.typeID = stats.TypeSenderPosition }
	heartbeat := func(r *reading) { r.typeID = stats.TypeClientHeartbeat }
	for name, c := range map[string]struct {
		before, now reading
		apart       time.Duration
		want        float64
		ok          bool
	}{
		"grows":               {at(100), at(200), 2 * time.Second, 50, true},
		"falls":               {at(200), at(100), time.Second, -100, true},
		"stands":              {at(100), at(100), time.Second, 0, true},
		"no time":             {at(100), at(200), 0, 0, false},
		"a clock set back":    {at(100), at(200), -time.Second, 0, false},
		"has come":            {at(0, gone), at(200), time.Second, 0, false},
		"has gone":            {at(100), at(0, gone), time.Second, 0, false},
		"an id used again":    {at(100), at(5, another), time.Second, 0, false},
		"for something else":  {at(100), at(5, ofAnotherType), time.Second, 0, false},
		"a clock, no counter": {at(100, heartbeat), at(200, heartbeat), time.Second, 0, false},
	} {
		r := rates{before: []reading{c.before}, now: []reading{c.now}, apart: c.apart}
		rate, ok := r.of(0)
		require.Equal(t, c.ok, ok, name)
		require.InDelta(t, c.want, rate, 1e-9, name)
	}
	r := rates{before: []reading{at(1)}, now: []reading{at(1), at(2)}, apart: time.Second}
	for _, id := range []int32{1, 2, 1 << 30} {
		_, ok := r.of(id)
		require.False(t, ok, "%d was not there before", id)
	}
}

// What a look cannot do without is asked for before there is any look.
func TestLook_refusesFlagsBeforeItReads(t *testing.T) {
	absent := testdriver.Dir(t)
	for _, args := range [][]string{
		{"stat", "--type", "nothing"},
		{"stat", "--sort", ""},
		{"stat", "--match", "["},
		{"stat", "--type", "2147483648"},
		{"errors", "--since", "-1h"},
		{"errors", "--since", "soon"},
		{"streams", "-s", "2147483648"},
		{"backlog", "-s", ""},
		{"explain", "--interval", "9ms"},
		{"events", "--interval", "0s"},
		{"doctor", "--mtu", "x"},
	} {
		code, stdout, stderr := here(t, nil, append(args, "--dir", absent)...)
		require.Equal(t, exitUsage, code, "%v: %s", args, stderr)
		require.Empty(t, stdout)
		require.Contains(t, stderr, args[1], "the flag is named")
		require.Contains(t, stderr, "Try 'aerongo "+args[0]+" --help'")
	}
	for _, verb := range append([]string{"doctor", "events", "pub", "sub"}, lookVerbs...) {
		code, _, stderr := here(t, nil, verb, "--dir", "a\x00b")
		require.Equal(t, exitUsage, code, verb)
		require.Contains(t, stderr, `--dir "a\x00b"`, "%s: and nothing of it reaches the terminal as it is", verb)
	}
}
