package main

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", -1: "-1", 999: "999", -999: "-999", 1000: "1,000", -1000: "-1,000", 65504: "65,504", 100000: "100,000",
		-100000: "-100,000", 1234567: "1,234,567", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		require.Equal(t, want, thousands(n))
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", []string{""}},
		{"one word", "one", []string{"one"}},
		{"just fits", "four five", []string{"four five"}},
		{"one too long", "four fives", []string{"four", "fives"}},
		{"a word longer than a line", "a muchlongerthanaline b", []string{"a", "muchlongerthanaline", "b"}},
		{"spaces and line breaks are one", " a\n\tb  c ", []string{"a b c"}},
		{"what stays together", "ab cd C:" + together + "name x", []string{"ab cd", "C: name x"}},
		{"what stays together is not split though too long", "Environment:" + together + "X_Y", []string{"Environment: X_Y"}},
	} {
		require.Equal(t, test.want, wrap(test.text, 9), test.name)
	}
}

func TestConfigField_show(t *testing.T) {
	duration, number, size := configField{goType: "time.Duration"}, configField{goType: "int"}, configField{goType: "int", meaning: meaning{bytes: true}}
	for _, test := range []struct {
		f    configField
		n    int64
		want string
	}{
		{duration, 0, "0s"},
		{duration, micro, "1µs"},
		{duration, milli, "1ms"},
		{duration, int64(time.Hour), "an hour"},
		{duration, int64(2 * time.Hour), "2h0m0s"},
		{duration, aYear, "a year"},
		{number, 1024, "1,024"},
		{number, math.MaxInt32, "2,147,483,647"},
		{number, math.MaxInt64, "any"},
		{size, 64, "64"},
		{size, 1 << 10, "1 KiB"},
		{size, 1408, "1,408"}, // no whole unit
		{size, 3 << 20, "3 MiB"},
		{size, 1<<20 + 1<<10, "1025 KiB"},
		{size, 1 << 30, "1 GiB"},
		{size, math.MaxInt32, "2 GiB less 1"},
		{size, math.MaxInt64, "any"},
		{size, -1, "-1"},
	} {
		require.Equal(t, test.want, test.f.show(test.n), "%s %d", test.f.goType, test.n)
	}
}

func TestConfigField_checkExpr(t *testing.T) {
	for _, test := range []struct {
		name, goType, kind, want string
		m                        meaning
	}{
		{"by hand goes before all", "int", "plainField", "powerPlus(768)", meaning{check: "powerPlus(768)", power: true, low: 1, high: 2}},
		{"names", "string", "plainField", `oneOf("a b")`, meaning{oneOf: "a b"}},
		{"powers", "int", "plainField", "powerOfTwo[int](4096, 8192)", meaning{power: true, low: 4096, high: 8192, step: 32}},
		{"limits", "uint8", "plainField", "within[uint8](0, 255, 0)", meaning{high: 255}},
		{"limits below zero", "int32", "plainField", "within[int32](-1, 0, 0)", meaning{low: -1}},
		{"a multiple", "int", "plainField", "within[int](64, 65504, 32)", meaning{low: 64, high: 65504, step: 32}},
		{"any text is looked at", "string", "plainField", "text", meaning{}},
		{"anything", "bool", "plainField", "anything[bool]", meaning{}},
		{"of an Optional, the value", "int64", "optionalField", "anything[int64]", meaning{optional: true}},
		{"of one whose methods take it, itself", "int64", "plainField", "anything[Optional[int64]]", meaning{optional: true}},
	} {
		require.Equal(t, test.want, configField{test.m, test.goType}.checkExpr(test.kind), test.name)
	}
}

func TestConfigField_doc(t *testing.T) {
	for _, test := range []struct {
		name, goType, want string
		m                  meaning
	}{
		{"least", "int", "F is it. C: p_set_f", meaning{}},
		{"bytes without limits", "int", "F is it. Bytes. C: p_set_f", meaning{bytes: true}},
		{"bytes with limits", "int", "F is it. Bytes, from 1 KiB to 2 GiB less 1. C: p_set_f", meaning{bytes: true, low: 1024, high: math.MaxInt32}},
		{"limits", "int", "F is it. From 1 to 64. C: p_set_f", meaning{low: 1, high: 64}},
		{"a power", "int", "F is it. Bytes, a power of two from 64 KiB to 1 GiB. C: p_set_f", meaning{bytes: true, power: true, low: 64 << 10, high: 1 << 30}},
		{"default and variable", "time.Duration", "F is it. From 1ms to a year. Default 10s. Environment: AERON_F. C: p_set_f", meaning{low: milli, high: aYear, def: "10s", env: "AERON_F"}},
		{"names", "string", "F is it. One of a, b. Default a. C: p_set_f", meaning{oneOf: "a b", def: "a"}},
		{"names that the text tells itself", "string", "F is it. C: p_set_f", meaning{oneOf: "a b", goType: "string"}},
		{"a mode is no number", "ThreadingMode", "F is it. Default DEDICATED. C: p_set_f", meaning{high: 3, def: "DEDICATED"}},
		{"nor is a naming", "ThreadNaming", "F is it. Default ThreadNamingClassic. C: p_set_f", meaning{high: 1, def: "0"}},
		{"default of a size", "int", "F is it. Bytes. Default 8 MiB. C: p_set_f", meaning{bytes: true, def: "8388608"}},
		{"default of a directory", "string", "F is it. Default aeron-<user> in /dev/shm. C: p_set_f", meaning{def: "<by user>"}},
	} {
		test.m.name, test.m.field, test.m.text = "f", "F", "is it"
		doc := configField{test.m, test.goType}.doc("p")
		require.Equal(t, test.want, strings.ReplaceAll(doc, together, " "), test.name)
	}
}

func TestConfigFields_knownFirstAndUnknownLast(t *testing.T) {
	k := &contextKind{settings: []setting{
		{name: "zebra", cType: "size_t", env: "AERON_ZEBRA"}, {name: "aardvark", cType: "bool"}, {name: "mtu_length", cType: "size_t"},
		{name: "conductor_cycle_threshold_ns", cType: "uint64_t", env: "AERON_OF_THE_HEADER"}, {name: "dir", cType: "const char *"},
	}}
	place := map[string]int{}
	byName := map[string]configField{}
	fields := configFields(k)
	for i, f := range fields {
		require.NotEmpty(t, f.field, f.name)
		require.NotContains(t, byName, f.name)
		place[f.name], byName[f.name] = i, f
	}
	require.Len(t, fields, len(k.settings)+countByHand(), "what is plain and the headers have not is left out")
	require.Less(t, place["dir"], place["mtu_length"], "in the order of meanings")
	require.Equal(t, []int{len(fields) - 2, len(fields) - 1}, []int{place["zebra"], place["aardvark"]}, "those that nobody has described")
	require.Equal(t, "is the setting of this name", byName["zebra"].text)
	require.Equal(t, "AERON_ZEBRA", byName["zebra"].env)
	require.Equal(t, "int", byName["zebra"].fieldType())
	require.Equal(t, "Optional[bool]", byName["aardvark"].fieldType(), "false is a value too")
	require.Equal(t, "AERON_OF_THE_HEADER", byName["conductor_cycle_threshold_ns"].env, "what the header says goes before")
	require.Equal(t, "Optional[time.Duration]", byName["conductor_cycle_threshold_ns"].fieldType())
	tag := byName["receiver_group_tag"]
	require.Equal(t, "int64", tag.goType, "without Optional")
	require.Equal(t, "Optional[int64]", tag.fieldType())
	require.Empty(t, k.settings[2].env, "what is given is not changed")
}

func countByHand() (n int) {
	for _, m := range meanings {
		if m.goType != "" {
			n++
		}
	}
	return n
}

// An idle strategy is loaded with the arguments that it finds when it is set.
func TestMeanings_argumentsComeBeforeWhatTheyAreFor(t *testing.T) {
	at := map[string]int{}
	for i, m := range meanings {
		at[m.name] = i
	}
	pairs := 0
	for name, i := range at {
		if strings.HasSuffix(name, "_idle_strategy") {
			pairs++
			require.Contains(t, at, name+"_init_args")
			require.Less(t, at[name+"_init_args"], i, name)
		}
	}
	require.Equal(t, 6, pairs, "one for each agent")
}

// Limits that contradict a step, a power or a default would refuse what C takes.
func TestMeanings_agreeWithThemselves(t *testing.T) {
	for _, m := range meanings {
		if m.power {
			require.Positive(t, m.low, m.name)
			require.Zero(t, m.low&(m.low-1), m.name)
		}
		if m.step > 0 {
			require.Zero(t, m.low%int64(m.step), m.name)
		}
		if m.oneOf != "" {
			require.Contains(t, strings.Fields(m.oneOf), m.def, m.name)
		}
		if low, high := m.low, m.high; low != 0 || high != 0 {
			var def int64
			if d, err := time.ParseDuration(m.def); err == nil {
				def = int64(d)
			} else if def, err = strconv.ParseInt(m.def, 10, 64); err != nil {
				continue // a name
			}
			if m.name == "untethered_linger_timeout_ns" {
				require.EqualValues(t, -1, def, "C's null value, which is no value to set")
				continue
			}
			require.True(t, low <= def && def <= high, "%s: the default %d", m.name, def)
			if m.power {
				require.Zero(t, def&(def-1), m.name)
			}
			if m.step > 0 {
				require.Zero(t, def%int64(m.step), m.name)
			}
		}
	}
}
