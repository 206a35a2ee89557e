package uri_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/uri"
)

// problem is what a test compares of an Error.
type problem struct {
	kind  error
	field string
	by    uri.Role
}

// TestProblems: all of them, in order, for no role and for each.
func TestProblems(t *testing.T) {
	const pub, sub = uri.Publication, uri.Subscription
	for name, c := range map[string]struct {
		channel          string
		none, asPub, asS []problem
	}{
		"nothing": {channel: "aeron:udp?endpoint=127.0.0.1:40123|mtu=1408|term-length=64k|pub-wnd=32k|session-id=5|so-sndbuf=1408|rcv-wnd=4k|so-rcvbuf=4k"},
		"edges of timestamps": {
			channel: "aeron:udp?endpoint=h:1|media-rcv-ts-offset=reserved|channel-rcv-ts-offset=0|channel-snd-ts-offset=8",
		},
		"two at the reserved value": {
			"aeron:udp?endpoint=h:1|media-rcv-ts-offset=reserved|channel-rcv-ts-offset=reserved",
			[]problem{{uri.ErrConflict, "media-rcv-ts-offset", both}},
			[]problem{{uri.ErrConflict, "media-rcv-ts-offset", both}},
			[]problem{{uri.ErrConflict, "media-rcv-ts-offset", both}},
		},
		"all three in one place": {
			"aeron:udp?endpoint=h:1|media-rcv-ts-offset=0|channel-rcv-ts-offset=0|channel-snd-ts-offset=7",
			[]problem{{uri.ErrConflict, "media-rcv-ts-offset", both}, {uri.ErrConflict, "media-rcv-ts-offset", both}, {uri.ErrConflict, "channel-rcv-ts-offset", both}},
			[]problem{{uri.ErrConflict, "media-rcv-ts-offset", both}, {uri.ErrConflict, "media-rcv-ts-offset", both}, {uri.ErrConflict, "channel-rcv-ts-offset", both}},
			[]problem{{uri.ErrConflict, "media-rcv-ts-offset", both}, {uri.ErrConflict, "media-rcv-ts-offset", both}, {uri.ErrConflict, "channel-rcv-ts-offset", both}},
		},
		"one for each role": {
			"aeron:udp?endpoint=h:1|mtu=5|rejoin=maybe|sparse=no",
			[]problem{{uri.ErrValue, "mtu", pub}, {uri.ErrValue, "sparse", both}, {uri.ErrValue, "rejoin", sub}},
			[]problem{{uri.ErrValue, "mtu", pub}, {uri.ErrValue, "sparse", both}},
			[]problem{{uri.ErrValue, "sparse", both}, {uri.ErrValue, "rejoin", sub}},
		},
		"a position without a beginning": {
			"aeron:ipc?term-offset=64",
			[]problem{{uri.ErrConflict, "init-term-id", pub}, {uri.ErrConflict, "term-id", pub}},
			[]problem{{uri.ErrConflict, "init-term-id", pub}, {uri.ErrConflict, "term-id", pub}},
			nil,
		},
		"a position behind its term, with text behind the number": {
			"aeron:ipc?term-length=64k|init-term-id=1|term-id=1|term-offset=131072x",
			[]problem{{uri.ErrValue, "term-offset", 0}, {uri.ErrConflict, "term-offset", pub}},
			[]problem{{uri.ErrValue, "term-offset", 0}, {uri.ErrConflict, "term-offset", pub}},
			[]problem{{uri.ErrValue, "term-offset", 0}},
		},
		"term ids that wrap are in order":        {channel: "aeron:ipc?init-term-id=2147483647|term-id=-2147483648|term-offset=0"},
		"an offset at the end of the term":       {channel: "aeron:ipc?term-length=64k|init-term-id=1|term-id=1|term-offset=65536"},
		"buffers of 0 are the driver's":          {channel: "aeron:udp?endpoint=h:1|mtu=8k|so-sndbuf=0|rcv-wnd=8k|so-rcvbuf=0"},
		"a window of half a term and of one mtu": {channel: "aeron:ipc?term-length=64k|pub-wnd=32k|mtu=32k"},
		"tags instead of an address":             {channel: "aeron:udp?tags=5"},
		"a mode instead of an address":           {channel: "aeron:udp?control-mode=manual"},
		"an alias that looks like another channel": {
			"aeron:ipc?alias=aeron:udp?endpoint=h:1",
			[]problem{{uri.ErrValue, "alias", 0}}, []problem{{uri.ErrValue, "alias", 0}}, []problem{{uri.ErrValue, "alias", 0}},
		},
		"no tag of its own": {
			"aeron:udp?tags=,5",
			[]problem{{uri.ErrValue, "tags", 0}, {uri.ErrConflict, "", both}},
			[]problem{{uri.ErrValue, "tags", 0}, {uri.ErrConflict, "", both}},
			[]problem{{uri.ErrValue, "tags", 0}, {uri.ErrConflict, "", both}},
		},
		"a spy on shared memory": {
			"aeron-spy:aeron:ipc?ttl=3",
			[]problem{{uri.ErrConflict, "", both}, {uri.ErrNoEffect, "ttl", 0}},
			[]problem{{uri.ErrConflict, "", both}, {uri.ErrNoEffect, "ttl", 0}, {uri.ErrConflict, "", pub}},
			[]problem{{uri.ErrConflict, "", both}, {uri.ErrNoEffect, "ttl", 0}},
		},
		"a spy needs no socket buffer": {
			"aeron-spy:aeron:udp?endpoint=h:1|rcv-wnd=8k|so-rcvbuf=4k", nil, []problem{{uri.ErrConflict, "", pub}}, nil,
		},
		"without effect, and wrong as well": {
			"aeron:ipc?rcv-wnd=-1|so-tos=999",
			[]problem{{uri.ErrNoEffect, "so-tos", 0}, {uri.ErrValue, "so-tos", 0}, {uri.ErrNoEffect, "rcv-wnd", 0}, {uri.ErrValue, "rcv-wnd", sub}},
			[]problem{{uri.ErrNoEffect, "so-tos", 0}, {uri.ErrValue, "so-tos", 0}, {uri.ErrNoEffect, "rcv-wnd", 0}},
			[]problem{{uri.ErrNoEffect, "so-tos", 0}, {uri.ErrValue, "so-tos", 0}, {uri.ErrNoEffect, "rcv-wnd", 0}, {uri.ErrValue, "rcv-wnd", sub}},
		},
		"twice, three times, and a rest": {
			"aeron:ipc?mtu=64|mtu=96|mtu=128|x",
			[]problem{{uri.ErrDuplicateKey, "mtu", 0}, {uri.ErrDuplicateKey, "mtu", 0}, {uri.ErrSyntax, "", 0}},
			[]problem{{uri.ErrDuplicateKey, "mtu", 0}, {uri.ErrDuplicateKey, "mtu", 0}, {uri.ErrSyntax, "", 0}},
			[]problem{{uri.ErrDuplicateKey, "mtu", 0}, {uri.ErrDuplicateKey, "mtu", 0}, {uri.ErrSyntax, "", 0}},
		},
		"port 0, for both": {
			"aeron:udp?endpoint=h:0|control=h:0", nil,
			[]problem{{uri.ErrConflict, "endpoint", pub}}, []problem{{uri.ErrConflict, "control", sub}},
		},
		"an answer to nobody": {
			"aeron:udp?control=h:1|control-mode=response", nil, []problem{{uri.ErrConflict, "control-mode", pub}}, nil,
		},
		"an answer to somebody": {channel: "aeron:udp?control=h:1|control-mode=response|response-correlation-id=prototype"},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := uri.Parse(c.channel)
			require.NoError(t, err)
			for role, want := range map[uri.Role][]problem{0: c.none, pub: c.asPub, sub: c.asS} {
				var got []problem
				for _, p := range u.Problems(role) {
					require.Equal(t, "validate", p.Op)
					require.NotEmpty(t, p.Reason)
					require.NotEmpty(t, p.Remedy)
					got = append(got, problem{p.Err, p.Field, p.RefusedBy})
				}
				require.Equal(t, want, got, "%s", role)
			}
			require.Subset(t, u.Problems(both), u.Problems(pub), "both roles have what each has")
			require.Subset(t, u.Problems(both), u.Problems(sub))
			_, err = u.Build()
			require.Equal(t, u.Validate(), err, "Build says what Validate says")
		})
	}
}

// TestProblems_noEffect: what is for the network alone.
func TestProblems_noEffect(t *testing.T) {
	network := []string{
		"endpoint", "interface", "control", "ttl", "cc", "fc", "gtag", "so-sndbuf", "so-rcvbuf", "so-tos", "rcv-wnd", "media-rcv-ts-offset",
		"channel-rcv-ts-offset", "channel-snd-ts-offset", "response-endpoint", "nak-delay", "max-resend", "ats",
	}
	var got []string
	for _, p := range typedParams() {
		err := uri.IPC().Set(p.key, p.text).Validate()
		if errors.Is(err, uri.ErrNoEffect) {
			got = append(got, p.key)
			require.ErrorContains(t, err, "it is for aeron:udp; remove it")
		}
		require.NotErrorIs(t, uri.UDP().Set(p.key, p.text).Validate(), uri.ErrNoEffect)
	}
	require.Equal(t, network, got)
}

// TestParse_duplicates: of a parameter that is there twice, the one that C uses; Unset and Set settle it.
func TestParse_duplicates(t *testing.T) {
	last := []string{"tags", "endpoint", "interface", "control", "control-mode", "ttl"}
	for _, p := range typedParams() {
		t.Run(p.key, func(t *testing.T) {
			u, err := uri.Parse("aeron:udp?" + p.key + "=first|" + p.key + "=last")
			require.NoError(t, err)
			used, ignored := "first", "last"
			if slices.Contains(last, p.key) {
				used, ignored = "last", "first"
			}
			got, _ := u.Get(p.key)
			require.Equal(t, used, got)
			require.Equal(t, "aeron:udp?"+p.key+"="+used, u.String())
			var e *uri.Error
			require.ErrorAs(t, u.Validate(), &e)
			require.Equal(t, uri.ErrDuplicateKey, e.Err)
			require.Equal(t, p.key, e.Field)
			require.Equal(t, ignored, e.Value)
			require.NotErrorIs(t, u.Unset(p.key).Validate(), uri.ErrDuplicateKey)
			require.NotErrorIs(t, u.Set(p.key, p.text).Validate(), uri.ErrDuplicateKey)
			require.ErrorIs(t, u.Set("own-key", "1").Validate(), uri.ErrDuplicateKey, "another parameter settles nothing")
		})
	}
}

// TestProblems_areTheCallers: who changes what Problems gave changes nothing else.
func TestProblems_areTheCallers(t *testing.T) {
	u, err := uri.Parse("aeron:ipc?mtu=5|term-length=5")
	require.NoError(t, err)
	first := u.Problems(uri.Publication)
	require.Len(t, first, 2)
	first[0].Field, first[0].Err = "changed", errors.New("changed")
	require.Equal(t, "mtu", u.Problems(uri.Publication)[0].Field)
	require.ErrorIs(t, u.Validate(), uri.ErrValue)
}

func TestProblems_ofWhatCouldNotBeBuilt(t *testing.T) {
	u := uri.UDP().TTL(-1).MTU(1)
	for _, role := range []uri.Role{0, uri.Publication, uri.Subscription, both} {
		problems := u.Problems(role)
		require.Len(t, problems, 1)
		require.Equal(t, both, problems[0].RefusedBy, "no driver takes its text")
		require.ErrorIs(t, problems[0], uri.ErrValue)
		require.ErrorContains(t, problems[0], "look at Err where the channel is built")
	}
	require.Equal(t, 2, strings.Count(u.Err().Error(), "uri: set: "))
}
