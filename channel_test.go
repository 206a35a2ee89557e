package aeron_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// both means that publications and subscriptions alike refuse a channel.
const (
	forPublications = 1 << iota
	forSubscriptions
	both = forPublications | forSubscriptions
)

func TestAdd_refusesMalformedChannels(t *testing.T) {
	d := start(t, config(t))
	for name, c := range map[string]struct {
		channel string
		who     int
		code    aeron.Code // 0: refused here, before the driver sees it, or by either
		text    string
	}{
		"empty":                  {"", both, 0, "empty"},
		"blank":                  {" ", both, aeron.CodeInvalidChannel, ""},
		"no transport":           {"aeron:", both, aeron.CodeInvalidChannel, "aeron:"},
		"no parameters":          {"aeron:udp?", both, aeron.CodeInvalidChannel, "endpoint"},
		"unknown transport":      {"aeron:tcp?endpoint=localhost:40123", both, aeron.CodeInvalidChannel, "tcp"},
		"upper case":             {"AERON:UDP?endpoint=127.0.0.1:40123", both, aeron.CodeInvalidChannel, "AERON"},
		"another scheme":         {"udp://localhost:40123", both, aeron.CodeInvalidChannel, "udp"},
		"no port":                {"aeron:udp?endpoint=localhost", both, aeron.CodeGeneric, "port"},
		"no host":                {"aeron:udp?endpoint=:40123", both, aeron.CodeUnknownHost, ""},
		"port too high":          {"aeron:udp?endpoint=localhost:65536", both, aeron.CodeGeneric, "65536"},
		"port a word":            {"aeron:udp?endpoint=localhost:abc", both, aeron.CodeGeneric, "abc"},
		"empty key":              {"aeron:udp?=x", both, aeron.CodeInvalidChannel, "empty key"},
		"session a word":         {"aeron:udp?endpoint=localhost:40135|session-id=abc", both, aeron.CodeGeneric, "abc"},
		"term too short":         {"aeron:ipc?term-length=32k", forPublications, aeron.CodeGeneric, "32768"},
		"term no power of two":   {"aeron:udp?endpoint=localhost:40133|term-length=65537", forPublications, aeron.CodeGeneric, "65537"},
		"MTU not aligned":        {"aeron:udp?endpoint=localhost:40134|term-length=64k|mtu=1409", forPublications, aeron.CodeGeneric, "1409"},
		"spy as a publication":   {"aeron-spy:aeron:udp?endpoint=localhost:40150", forPublications, aeron.CodeInvalidChannel, "aeron-spy"},
		"reliable maybe":         {"aeron:udp?endpoint=localhost:40141|reliable=maybe", forSubscriptions, aeron.CodeGeneric, "maybe"},
		"no such interface":      {"aeron:udp?endpoint=8.8.8.8:40123|interface=203.0.113.7", both, aeron.CodeGeneric, "203.0.113.7"},
		"dynamic but no control": {"aeron:udp?control-mode=dynamic", both, aeron.CodeInvalidChannel, "control"},
		"longer than C takes":    {"aeron:udp?endpoint=127.0.0.1:40123|alias=" + strings.Repeat("a", 5000), both, 0, "up to 4095"},
		"a NUL inside":           {"aeron:ipc\x00?alias=hidden", both, 0, ""},
		"a line break inside":    {"aeron:tcp\nERROR: forged log line", both, aeron.CodeInvalidChannel, `\n`},
	} {
		t.Run(name, func(t *testing.T) {
			errs := map[string]error{}
			within(t, "the refusal", func() {
				ctx := testdriver.Context(t)
				if c.who&forPublications != 0 {
					errs["publication"] = second(d.AddPublication(ctx, c.channel, 77))
					errs["exclusive publication"] = second(d.AddExclusivePublication(ctx, c.channel, 77))
				}
				if c.who&forSubscriptions != 0 {
					errs["subscription"] = second(d.AddSubscription(ctx, c.channel, 77))
				}
			})
			for what, err := range errs {
				require.Error(t, err, what)
				e := typed(t, err)
				if len(c.channel) < 4096 {
					require.Equal(t, c.channel, e.Channel, what)
				}
				require.EqualValues(t, 77, e.StreamID, what)
				require.Contains(t, e.Op, what)
				require.ErrorContains(t, err, c.text, what)
				require.NotContains(t, err.Error(), "\n", what)
				require.NotContains(t, err.Error(), "\x00", what)
				if c.code != 0 {
					require.ErrorIs(t, err, c.code, what)
					require.Equal(t, c.code, e.Code, what)
				} else {
					require.True(t, e.Code != 0 || e.Err != nil, "a cause to ask for: %v", err)
				}
			}
			// The client and the driver are as good as before.
			p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
			require.NoError(t, err)
			s := connect(t, d, p)
			publish(t, p, name)
			require.Equal(t, []string{name}, receive(t, s, 1))
			require.NoError(t, p.Close())
			require.NoError(t, s.Close())
			require.NoError(t, d.Err())
		})
	}
}

func TestAdd_reportsThatTheCountersAreUsedUp(t *testing.T) {
	d := start(t, config(t))
	const subscribers = 100
	for range subscribers {
		_, err := d.AddSubscription(testdriver.Context(t), "aeron:ipc", 1)
		require.NoError(t, err)
	}
	// Each publication takes a counter per subscriber, of 8,192 in all.
	var err error
	for range 200 {
		if _, err = d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1); err != nil {
			break
		}
	}
	require.ErrorContains(t, err, "counter")
	require.Equal(t, "aeron:ipc", typed(t, err).Channel)
	require.NoError(t, d.Err())
	within(t, "Close", func() { require.NoError(t, d.Close()) })
}
