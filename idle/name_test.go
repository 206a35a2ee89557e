package idle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/idle"
)

func TestByName_givesTheStrategy(t *testing.T) {
	require.IsType(t, idle.BusySpin(), named(t, "spin"))
	require.IsType(t, idle.Yield(), named(t, "yield"))
	require.IsType(t, idle.Yield(), named(t, " YIELD\n"))
	for name, want := range map[string]time.Duration{
		"sleep:1ms": time.Millisecond, "sleep:16us": 16 * time.Microsecond, "Sleep:0": 0, "sleep:2h": 2 * time.Hour,
	} {
		got, ok := idle.SleepPeriod(named(t, name))
		require.True(t, ok, name)
		require.Equal(t, want, got, name)
	}
	require.Equal(t, idle.Backoff(), named(t, "backoff"))
	require.Equal(t, idle.BackoffWith(1, 20, time.Microsecond, time.Second), named(t, "backoff:1-20-1us-1s"))
	require.Equal(t, idle.BackoffWith(0, 0, 1, 1), named(t, "backoff:0-0-1ns-1ns"))
}

func named(t *testing.T, name string) idle.Strategy {
	t.Helper()
	s, err := idle.ByName(name)
	require.NoError(t, err)
	return s
}

func TestByName_givesANewOneEachTime(t *testing.T) {
	first, second := named(t, "backoff"), named(t, "backoff")
	require.NotSame(t, first, second)
	first, second = named(t, "yield"), named(t, "yield")
	require.NotSame(t, first, second)
}

func TestByName_saysWhatIsWrong(t *testing.T) {
	for name, words := range map[string]string{
		"":                              "known are",
		"spinning":                      "known are",
		"spin:3":                        "no arguments",
		"yield:":                        "no arguments",
		"sleep":                         "sleep:1ms",
		"sleep:":                        "duration",
		"sleep:5":                       "missing unit",
		"sleep:-5ms":                    "negative",
		"sleep:soon":                    "invalid duration",
		"sleep:999999999h":              "invalid duration",
		"backoff:":                      "there are 1 values",
		"backoff:1-2-3us":               "there are 3 values",
		"backoff:x-5-1us-1ms":           "SPINS",
		"backoff:5-99999999999-1us-1ms": "YIELDS",
		"backoff:5-5-1-1ms":             "MINPARK",
		"backoff:5-5-1us-x":             "MAXPARK",
		"backoff:5-5-0s-1ms":            "more than 0",
		"backoff:5-5-2ms-1ms":           "at most MAXPARK",
		"\x00\xff":                      "known are",
	} {
		t.Run(name, func(t *testing.T) {
			s, err := idle.ByName(name)
			require.Nil(t, s)
			require.ErrorContains(t, err, words)
			require.ErrorContains(t, err, "idle: ")
		})
	}
}

func TestNames_listsWhatByNameTakes(t *testing.T) {
	for _, name := range []string{"spin", "yield", "backoff"} {
		require.Contains(t, strings.Split(idle.Names, ", "), name)
		named(t, name)
	}
	require.Contains(t, idle.Names, "sleep:")
}

func FuzzByName(f *testing.F) {
	for _, name := range []string{"spin", "sleep:1ms", "backoff:10-20-1us-1ms", "backoff:----", ":", "sleep:-"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s, err := idle.ByName(name)
		require.Equal(t, err == nil, s != nil)
	})
}
