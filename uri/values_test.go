package uri_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/uri"
)

const both = uri.Publication | uri.Subscription

// text is a parameter's value as somebody wrote it.
type text struct {
	value string
	// got is what the getter gives; nil: it refuses the value, as C does.
	got any
	// says is why Set refuses the value and Validate reports it; "": they have nothing to say.
	says string
	// silent: C takes it all the same.
	silent bool
}

var (
	boolTexts = []text{
		{"true", true, "", false},
		{"false", false, "", false},
		{"truest", true, "C reads it as true", true},
		{"falsehood", false, "C reads it as false", true},
		{"true ", true, "C reads it as true", true},
		{" true", nil, "neither true nor false", false},
		{"TRUE", nil, "neither true nor false", false},
		{"tru", nil, "neither true nor false", false},
		{"1", nil, "neither true nor false", false},
		{"yes", nil, "neither true nor false", false},
	}
	int32Texts = []text{
		{"0", 0, "", false},
		{"-1", -1, "", false},
		{"2147483647", math.MaxInt32, "", false},
		{"-2147483648", math.MinInt32, "", false},
		{"2147483648", nil, "does not fit into 32 bits", false},
		{"-2147483649", nil, "does not fit into 32 bits", false},
		{"0xffffffff", nil, "does not fit into 32 bits", false},
		{"9223372036854775808", nil, "does not fit into 64 bits", false},
		{"-9223372036854775809", nil, "does not fit into 64 bits", false},
		{"0x7fffffff", math.MaxInt32, "C reads it as 2147483647", true},
		{"-0X1f", -31, "C reads it as -31", true},
		{"010", 8, "C reads it as 8", true},
		{"+1", 1, "C reads it as 1", true},
		{" 1", 1, "C reads it as 1", true},
		{"-0", 0, "C reads it as 0", true},
		{"08", nil, "not a whole number", false},
		{"0x", nil, "not a whole number", false},
		{"0xg", nil, "not a whole number", false},
		{"1 ", nil, "not a whole number", false},
		{"1.5", nil, "not a whole number", false},
		{"1e3", nil, "not a whole number", false},
		{"1_000", nil, "not a whole number", false},
		{"--1", nil, "not a whole number", false},
		{"-", nil, "not a whole number", false},
		{"٣", nil, "not a whole number", false},
		{"5k", nil, "not a whole number", false},
	}
	int64Texts = []text{
		{"9223372036854775807", math.MaxInt64, "", false},
		{"-9223372036854775808", math.MinInt64, "", false},
		{"9223372036854775808", nil, "does not fit into 64 bits", false},
		{"-9223372036854775809", nil, "does not fit into 64 bits", false},
		{"0x7fffffffffffffff", math.MaxInt64, "C reads it as 9223372036854775807", true},
		{"0x8000000000000000", nil, "does not fit into 64 bits", false},
		{"00", 0, "C reads it as 0", true},
		{"1,2", nil, "not a whole number", false},
	}
	sizeTexts = []text{
		{"0", 0, "", false},
		{"1408", 1408, "", false},
		{"1k", 1 << 10, "", false},
		{"1K", 1 << 10, "", false},
		{"16m", 16 << 20, "", false},
		{"16M", 16 << 20, "", false},
		{"3g", 3 << 30, "", false},
		{"3G", 3 << 30, "", false},
		{"0g", 0, "", false},
		{"9223372036854775807", math.MaxInt64, "", false},
		{"9223372036854775808", math.MaxInt64, "does not fit into 63 bits", true},
		{"8589934591g", (1<<33 - 1) << 30, "", false},
		{"8589934592g", nil, "does not fit into 63 bits", false},
		{"9223372036854775807k", nil, "does not fit into 63 bits", false},
		{"9223372036854775808k", nil, "does not fit into 63 bits", false},
		{"64kb", 64 << 10, "what follows the unit's first letter", true},
		{"64KiB", 64 << 10, "what follows the unit's first letter", true},
		{"064", 64, "C reads the number as 64", true},
		{"+64", 64, "C reads the number as 64", true},
		{" 64", 64, "C reads the number as 64", true},
		{"-0", 0, "C reads the number as 0", true},
		{"-1", nil, "is negative", false},
		{"-1k", nil, "is negative", false},
		{"k", nil, "does not begin with a number", false},
		{"x64", nil, "does not begin with a number", false},
		{"0x40", nil, "unit that is not k, m or g", false},
		{"64t", nil, "unit that is not k, m or g", false},
		{"64 k", nil, "unit that is not k, m or g", false},
		{"1.5k", nil, "unit that is not k, m or g", false},
	}
	durationTexts = []text{
		{"0", 0, "", false},
		{"5", 5, "", false},
		{"5ns", 5, "", false},
		{"5us", 5 * time.Microsecond, "", false},
		{"5ms", 5 * time.Millisecond, "", false},
		{"5s", 5 * time.Second, "", false},
		{"5S", 5 * time.Second, "", false},
		{"5Ms", 5 * time.Millisecond, "", false},
		{"5mS", 5 * time.Millisecond, "", false},
		{"9223372036854775807ns", math.MaxInt64, "", false},
		{"9223372036s", 9223372036 * time.Second, "", false},
		{"9223372037s", math.MaxInt64, "C takes 292 years", true},
		{"9223372036855ms", math.MaxInt64, "C takes 292 years", true},
		{"9223372036854776us", math.MaxInt64, "C takes 292 years", true},
		{"9223372036854775808", math.MaxInt64, "does not fit into 63 bits", true},
		{"5msec", 5 * time.Millisecond, "unit's first letter only", true},
		{"5mx", 5 * time.Millisecond, "unit's first letter only", true},
		{"5nx", 5, "unit's first letter only", true},
		{"05s", 5 * time.Second, "C reads the number as 5", true},
		{"+5s", 5 * time.Second, "C reads the number as 5", true},
		{"5m", nil, "half a unit", false},
		{"5u", nil, "half a unit", false},
		{"5n", nil, "half a unit", false},
		{"5sec", nil, "unit that is not s, ms, us or ns", false},
		{"5min", nil, "unit that is not s, ms, us or ns", false},
		{"5h", nil, "unit that is not s, ms, us or ns", false},
		{"5 s", nil, "unit that is not s, ms, us or ns", false},
		{"1.5s", nil, "unit that is not s, ms, us or ns", false},
		{"1s500ms", nil, "unit that is not s, ms, us or ns", false},
		{"-5s", nil, "is negative", false},
		{"s", nil, "does not begin with a number", false},
		{"PT5S", nil, "does not begin with a number", false},
	}
	timestampTexts = []text{
		{"reserved", uri.ReservedOffset, "", false},
		{"0", 0, "", false},
		{"2147483647", math.MaxInt32, "", false},
		{"2147483648", math.MinInt32, "out of range", true},
		{"-1", -1, "out of range", true},
		{"-8", uri.ReservedOffset, "out of range", true},
		{"0x8", 8, "C reads it as 8", true},
		{"8x", nil, "is not a number", false},
		{"RESERVED", nil, "is not a number", false},
		{"reserved ", nil, "is not a number", false},
	}
)

// TestValues: each parameter's texts, as Set, the getter and Validate see them.
func TestValues(t *testing.T) {
	getters := map[string]func(uri.URI) (any, error){}
	for _, p := range typedParams() {
		getters[p.key] = p.get
	}
	for _, c := range []struct {
		key   string
		by    uri.Role // who cannot use a channel with a value that C does not take
		texts []text
	}{
		{"reliable", uri.Subscription, boolTexts},
		{"sparse", both, boolTexts},
		{"eos", uri.Publication, boolTexts},
		{"tether", uri.Subscription, boolTexts},
		{"rejoin", uri.Subscription, boolTexts},
		{"ssc", uri.Publication, boolTexts},
		{"ats", both, boolTexts},
		{"init-term-id", uri.Publication, int32Texts},
		{"term-id", uri.Publication, int32Texts},
		{"stream-id", 0, int32Texts},
		{"session-id", both, int32Texts},
		{"gtag", uri.Subscription, int64Texts},
		{"so-sndbuf", both, sizeTexts},
		{"so-rcvbuf", both, sizeTexts},
		{"rcv-wnd", both, sizeTexts},
		{"pub-wnd", uri.Publication, sizeTexts},
		{"linger", uri.Publication, durationTexts},
		{"nak-delay", 0, durationTexts},
		{"untethered-window-limit-timeout", both, durationTexts},
		{"untethered-linger-timeout", both, durationTexts},
		{"untethered-resting-timeout", both, durationTexts},
		{"media-rcv-ts-offset", both, timestampTexts},
		{"channel-rcv-ts-offset", both, timestampTexts},
		{"channel-snd-ts-offset", both, timestampTexts},
		{"session-id", both, []text{
			{"tag:0", nil, "", false},
			{"tag:-9223372036854775808", nil, "", false},
			{"tag:0x10", nil, "C reads it as 16", true},
			{"tag:", nil, "C reads it as 0", true},
			{"tag:x", nil, "not a whole number", false},
			{"tag:9223372036854775808", nil, "does not fit into 64 bits", false},
			{"TAG:5", nil, "not a whole number", false},
		}},
		{"mtu", uri.Publication, []text{
			{"64", 64, "", false},
			{"1408", 1408, "", false},
			{"8k", 8192, "", false},
			{"65504", 65504, "", false},
			{"8Kx", 8192, "first letter", true},
			{"01408", 1408, "C reads the number as 1408", true},
			{"0", 0, "0 bytes are out of range", false},
			{"32", 32, "32 bytes are out of range", false},
			{"64k", 65536, "65536 bytes are out of range", false},
			{"65505", 65505, "65505 bytes are out of range", false},
			{"1400", 1400, "not whole frames", false},
			{"1408b", nil, "unit that is not", false},
		}},
		{"term-length", uri.Publication, []text{
			{"65536", 64 << 10, "", false},
			{"1g", 1 << 30, "", false},
			{"1024m", 1 << 30, "", false},
			{"64kB", 64 << 10, "first letter", true},
			{"32k", 32 << 10, "32768 bytes are out of range", false},
			{"65535", 65535, "out of range", false},
			{"65537", 65537, "not a power of two", false},
			{"2g", 2 << 30, "out of range", false},
			{"9223372036854775808", math.MaxInt64, "out of range", false},
			{"64t", nil, "unit that is not", false},
		}},
		{"term-offset", uri.Publication, []text{
			{"0", 0, "", false},
			{"1073741824", 1 << 30, "", false},
			{"64x", 64, "C reads it as 64", true},
			{"0x40", 64, "C reads it as 64", true},
			{"33", 33, "not a multiple of the frame alignment", false},
			{"-32", -32, "out of range", false},
			{"1073741856", 1<<30 + 32, "out of range", false},
			{"9223372036854775808", nil, "out of range", false},
			{"x", nil, "does not begin with a number", false},
		}},
		{"ttl", 0, []text{
			{"0", 0, "", false},
			{"255", 255, "", false},
			{"256", 255, "C takes 255", true},
			{"-1", 255, "C takes 255", true},
			{"99999999999999999999", 255, "C takes 255", true},
			{"abc", 0, "C takes 0", true},
			{"0x10", 16, "C reads it as 16", true},
			{"10x", 10, "C reads it as 10", true},
		}},
		{"so-tos", both, []text{
			{"0", 0, "", false},
			{"255", 255, "", false},
			{"0x2e", 46, "C reads it as 46", true},
			{"256", 256, "out of range", false},
			{"-1", -1, "out of range", false},
			{"EF", nil, "not a whole number", false},
		}},
		{"max-resend", uri.Publication, []text{
			{"1", 1, "", false},
			{"256", 256, "", false},
			{"016", 16, "C reads the number as 16", true},
			{"0", 0, "out of range", false},
			{"257", 257, "out of range", false},
			{"1k", 1024, "out of range", false},
			{"-1", nil, "is negative", false},
		}},
		{"response-correlation-id", uri.Publication, []text{
			{"-1", -1, "", false},
			{"0", 0, "", false},
			{"9223372036854775807", math.MaxInt64, "", false},
			{"prototype", -2, "", false},
			{"0x10", 16, "C reads it as 16", true},
			{"-2", nil, "not a correlation id", false},
			{"Prototype", nil, "not a correlation id", false},
			{"9223372036854775808", nil, "not a correlation id", false},
		}},
		{"control-mode", 0, []text{
			{"manual", uri.Manual, "", false},
			{"dynamic", uri.Dynamic, "", false},
			{"response", uri.Response, "", false},
			{"Manual", "", "C takes none", true},
			{"dynamic ", "", "C takes none", true},
		}},
		{"group", 0, []text{
			{"infer", uri.GroupInfer, "", false},
			{"true", uri.GroupTrue, "", false},
			{"false", uri.GroupFalse, "", false},
			{"TRUE", uri.GroupFalse, "C reads it as false", true},
			{"inferred", uri.GroupFalse, "C reads it as false", true},
		}},
		{"cc", 0, []text{
			{"static", uri.StaticWindow, "", false},
			{"cubic", uri.Cubic, "", false},
			{"CUBIC", "CUBIC", "accepts no stream", true},
			{"bbr", "bbr", "accepts no stream", true},
		}},
		{"alias", 0, []text{
			{"=", "=", "", false},
			{" padded ", " padded ", "", false},
			{"aeron:udp", "aeron:udp", "", false},
			{"\xff\xfe", "\xff\xfe", "", false},
			{"a?b", "a?b", "two channels", true},
			{"tab\t", "tab\t", "control character", true},
			{"del\x7f", "del\x7f", "control character", true},
			{"esc\x1b[2J", "esc\x1b[2J", "control character", true},
		}},
	} {
		t.Run(c.key, func(t *testing.T) {
			base := "aeron:udp?control-mode=manual|"
			if c.key == "control-mode" {
				base = "aeron:udp?control=h:1|"
			}
			for _, x := range c.texts {
				t.Run(x.value, func(t *testing.T) {
					read, err := uri.Parse(base + c.key + "=" + x.value)
					require.NoError(t, err, "Parse does not look at values")
					raw, ok := read.Get(c.key)
					require.True(t, ok)
					require.Equal(t, x.value, raw, "nor change them")

					got, err := getters[c.key](read)
					if x.got == nil {
						requireBlames(t, err, "get", c.key, x.value)
					} else {
						require.NoError(t, err)
						require.EqualValues(t, x.got, got)
					}

					set := uri.UDP().Set(c.key, x.value)
					problem := problemOf(read, c.key)
					if x.says == "" {
						require.NoError(t, set.Err())
						require.Nil(t, problem)
						return
					}
					requireBlames(t, set.Err(), "set", c.key, x.value)
					require.ErrorContains(t, set.Err(), x.says)
					require.NotNil(t, problem, "Validate reports it too")
					requireBlames(t, problem, "validate", c.key, x.value)
					require.Contains(t, problem.Reason, x.says)
					want := c.by
					if x.silent {
						want = 0
					}
					require.Equal(t, want, problem.RefusedBy)
				})
			}
		})
	}
}

// requireBlames: the error names field and value, and says what to do.
func requireBlames(tb testing.TB, err error, op, field, value string) {
	tb.Helper()
	require.ErrorIs(tb, err, uri.ErrValue)
	var e *uri.Error
	require.ErrorAs(tb, err, &e)
	require.Equal(tb, op, e.Op)
	require.Equal(tb, field, e.Field)
	require.Equal(tb, value, e.Value)
	require.NotEmpty(tb, e.Reason)
	require.NotEmpty(tb, e.Remedy)
}

// problemOf gives what Problems says of a parameter's value, or nil.
func problemOf(u uri.URI, key string) *uri.Error {
	for _, p := range u.Problems(0) {
		if p.Field == key && p.Err == uri.ErrValue { //nolint:errorlint // the kind itself, not what wraps it
			return p
		}
	}
	return nil
}

// TestTags: both halves, each by itself.
func TestTags(t *testing.T) {
	const absent = "absent"
	for value, c := range map[string]struct {
		channel, entity any // nil: refused
		says            string
		by              uri.Role
	}{
		"0":                     {0, absent, "", 0},
		"7":                     {7, absent, "", 0},
		"0,0":                   {0, 0, "", 0},
		"9223372036854775807,1": {math.MaxInt64, 1, "", 0},
		"7,":                    {7, absent, "second tag is not a number", 0},
		",8":                    {absent, 8, "no tag for the channel", 0},
		"7,x":                   {7, nil, "second tag is not a number", 0},
		"7,-1":                  {7, nil, "second tag is reserved", 0},
		"7,8,9":                 {7, 8, "second tag C reads it as 8", 0},
		"007":                   {7, absent, "C reads it as 7", 0},
		"+7":                    {7, absent, "C reads it as 7", 0},
		"-7":                    {-7, absent, "C reads it as -7", 0},
		"x":                     {nil, absent, "is not a number", both},
		"-1":                    {nil, absent, "reserved for no tag", both},
		"-1,5":                  {nil, 5, "reserved for no tag", both},
		"x,y":                   {nil, nil, "is not a number", both},
	} {
		t.Run(value, func(t *testing.T) {
			u, err := uri.Parse("aeron:udp?endpoint=h:1|tags=" + value)
			require.NoError(t, err)
			for want, get := range map[*any]func(uri.URI) (int64, error){&c.channel: uri.URI.GetChannelTag, &c.entity: uri.URI.GetEntityTag} {
				got, err := get(u)
				switch *want {
				case nil:
					require.ErrorIs(t, err, uri.ErrValue)
				case absent:
					require.ErrorIs(t, err, uri.ErrNotSet)
				default:
					require.NoError(t, err)
					require.EqualValues(t, *want, got)
				}
			}
			set, problem := uri.UDP().Set("tags", value), problemOf(u, "tags")
			if c.says == "" {
				require.NoError(t, set.Err())
				require.Nil(t, problem)
				return
			}
			require.ErrorContains(t, set.Err(), c.says)
			require.NotNil(t, problem)
			require.Contains(t, problem.Reason, c.says)
			require.Equal(t, c.by, problem.RefusedBy)
		})
	}
}

// TestFlowControl_read: what is read, and what is wrong, where C looks at it and where it does not.
func TestFlowControl_read(t *testing.T) {
	ptr := func(n int64) *int64 { return &n }
	size := func(n int32) *int32 { return &n }
	for value, c := range map[string]struct {
		want   uri.FlowControl
		says   string
		silent bool
	}{
		"max":                      {uri.FlowControl{Strategy: uri.FlowMax}, "", false},
		"max,rrwm:1":               {uri.FlowControl{Strategy: uri.FlowMax, RetransmitWindows: 1}, "", false},
		"min,g:/2147483647":        {uri.FlowControl{Strategy: uri.FlowMin, MinGroupSize: size(math.MaxInt32)}, "", false},
		"min,t:250us,rrwm:4":       {uri.FlowControl{Strategy: uri.FlowMin, Timeout: 250 * time.Microsecond, RetransmitWindows: 4}, "", false},
		"min,rrwm:4,t:1":           {uri.FlowControl{Strategy: uri.FlowMin, Timeout: 1, RetransmitWindows: 4}, "", false},
		"tagged,g:0":               {uri.FlowControl{Strategy: uri.FlowTagged, GroupTag: ptr(0)}, "", false},
		"tagged,g:-1/3":            {uri.FlowControl{Strategy: uri.FlowTagged, GroupTag: ptr(-1), MinGroupSize: size(3)}, "", false},
		"":                         {says: "an empty value"},
		"MAX":                      {says: "strategy is not max, min or tagged"},
		"maxi":                     {says: "strategy is not max, min or tagged"},
		"max,":                     {says: "not g, t or rrwm"},
		"max,g:1":                  {says: "max has no group"},
		"max,t:1s":                 {says: "max has no group and no timeout"},
		"max,x:1":                  {says: "not g, t or rrwm"},
		"max,rrwm:0":               {says: "not a number from 1"},
		"max,rrwm:-1":              {says: "not a number from 1"},
		"max,rrwm":                 {says: "not a number from 1"},
		"min,g:/-1":                {says: "size is not a number from 0"},
		"min,g:/2147483648":        {says: "size is not a number from 0"},
		"min,g:1/":                 {says: "size is not a number from 0"},
		"min,t:":                   {says: "the timeout does not begin with a number"},
		"min,t:5h":                 {says: "the timeout has a unit"},
		"min,t:-5s":                {says: "the timeout is negative"},
		"tagged,g:5x":              {says: "tag is not a whole number"},
		"tagged,g:":                {uri.FlowControl{Strategy: uri.FlowTagged}, "neither tag nor size", true},
		"tagged,g":                 {uri.FlowControl{Strategy: uri.FlowTagged}, "neither tag nor size", true},
		"tagged,g:x":               {uri.FlowControl{Strategy: uri.FlowTagged}, "tag is not a whole number", true},
		"min,t:99999999999s":       {uri.FlowControl{Strategy: uri.FlowMin}, "the timeout does not fit", true},
		"tagged,g:010":             {uri.FlowControl{Strategy: uri.FlowTagged}, "tag C reads it as 8", false},
		"tagged,g:9/3,t:5s,rrwm:2": {uri.FlowControl{Strategy: uri.FlowTagged, GroupTag: ptr(9), MinGroupSize: size(3), Timeout: 5 * time.Second, RetransmitWindows: 2}, "", false},
	} {
		t.Run(value, func(t *testing.T) {
			set := uri.UDP().Set("fc", value)
			if c.says == "" {
				require.NoError(t, set.Err())
				got, err := set.GetFlowControl()
				require.NoError(t, err)
				require.Equal(t, c.want, got)
				return
			}
			requireBlames(t, set.Err(), "set", "fc", value)
			require.ErrorContains(t, set.Err(), c.says)
			if value == "" {
				return
			}
			group, err := uri.Parse("aeron:udp?endpoint=224.0.1.1:5|fc=" + value)
			require.NoError(t, err)
			problem := problemOf(group, "fc")
			require.NotNil(t, problem)
			require.Equal(t, !c.silent, problem.RefusedBy == uri.Publication, "of several receivers, C looks at it: %v", problem)
			_, err = group.GetFlowControl()
			require.Equal(t, c.silent, err == nil, "%v", err)
			one, err := uri.Parse("aeron:udp?endpoint=10.0.0.1:5|fc=" + value)
			require.NoError(t, err)
			require.Zero(t, problemOf(one, "fc").RefusedBy, "of one receiver, it does not")
		})
	}
}
