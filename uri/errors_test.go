package uri_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/uri"
)

func TestError_text(t *testing.T) {
	for want, e := range map[string]uri.Error{
		`uri: parse: "x": not a channel URI: because; do`:    {Op: "parse", Value: "x", Reason: "because", Remedy: "do", Err: uri.ErrSyntax},
		`uri: get: mtu: parameter not set`:                   {Op: "get", Field: "mtu", Err: uri.ErrNotSet},
		`uri: set: mtu="5": invalid value: because`:          {Op: "set", Field: "mtu", Value: "5", Reason: "because", Err: uri.ErrValue},
		`uri: set: "own\n"="5": invalid value; do`:           {Op: "set", Field: "own\n", Value: "5", Remedy: "do", Err: uri.ErrValue},
		`uri: set: alias="\"\x00\xff☃\n": invalid value`:     {Op: "set", Field: "alias", Value: "\"\x00\xff☃\n", Err: uri.ErrValue},
		`uri: build: contradictory channel`:                  {Op: "build", Err: uri.ErrConflict},
		`uri: validate: "own": unknown parameter: C ignores`: {Op: "validate", Field: "own", Reason: "C ignores", Err: uri.ErrUnknownKey},
	} {
		require.Equal(t, want, e.Error())
		require.Equal(t, e.Err, errors.Unwrap(&e))
	}
}

// TestError_short: a text is cut where it makes no sense to read on, and is text still.
func TestError_short(t *testing.T) {
	for name, value := range map[string]string{
		"exactly fits":     strings.Repeat("a", 100),
		"one more":         strings.Repeat("a", 101),
		"inside a rune":    strings.Repeat("a", 98) + strings.Repeat("☃", 50),
		"no text at all":   strings.Repeat("\xff", 4000),
		"control":          strings.Repeat("\n", 4000),
		"many short lines": strings.Repeat("x\r\n", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			for _, e := range []uri.Error{{Op: "set", Field: "mtu", Value: value, Err: uri.ErrValue}, {Op: "set", Field: value, Err: uri.ErrSyntax}} {
				text := e.Error()
				require.Equal(t, len(value) > 100, strings.Contains(text, fmt.Sprintf("… (%d bytes)", len(value))))
				require.Less(t, len(text), 600)
				require.NotContains(t, text, "\n")
				require.True(t, utf8.ValidString(text))
			}
		})
	}
}

// TestErrors_kinds: which kind each way to go wrong is, and no other.
func TestErrors_kinds(t *testing.T) {
	kinds := []error{
		uri.ErrSyntax, uri.ErrTooLong, uri.ErrValue, uri.ErrUnknownKey, uri.ErrDuplicateKey, uri.ErrNoEffect, uri.ErrConflict, uri.ErrNotSet,
	}
	parse := func(s string) error { _, err := uri.Parse(s); return err }
	validate := func(s string) error {
		u, err := uri.Parse(s)
		require.NoError(t, err)
		return u.Validate()
	}
	notSet := func(u uri.URI) error { _, err := u.GetEntityTag(); return err }
	for name, c := range map[string]struct {
		err   error
		kind  error
		op    string
		field string
		value string
	}{
		"no channel":        {parse("udp://h:1"), uri.ErrSyntax, "parse", "", "udp://h:1"},
		"another case":      {parse("AERON:ipc"), uri.ErrSyntax, "parse", "", "AERON:ipc"},
		"spy of a spy":      {parse("aeron-spy:aeron-spy:aeron:ipc"), uri.ErrSyntax, "parse", "", "aeron-spy:aeron-spy:aeron:ipc"},
		"media in capitals": {parse("aeron:UDP?a=b"), uri.ErrSyntax, "parse", "", "aeron:UDP?a=b"},
		"ipc with a rest":   {parse("aeron:ipcx"), uri.ErrSyntax, "parse", "", "aeron:ipcx"},
		"two bars":          {parse("aeron:ipc?a=b||c=d"), uri.ErrSyntax, "parse", "", "aeron:ipc?a=b||c=d"},
		"too long":          {parse(strings.Repeat("y", 5000)), uri.ErrTooLong, "parse", "", strings.Repeat("y", 5000)},
		"no name":           {uri.IPC().Set("", "v").Err(), uri.ErrSyntax, "set", "", "v"},
		"a bar":             {uri.IPC().Alias("a|b").Err(), uri.ErrValue, "set", "alias", "a|b"},
		"empty":             {uri.IPC().Set("own", "").Err(), uri.ErrValue, "set", "own", ""},
		"no such port":      {uri.UDP().Control("h", 1<<20).Err(), uri.ErrValue, "set", "control", "h:1048576"},
		"negative timeout":  {uri.UDP().FlowControl(uri.FlowControl{Strategy: "min", Timeout: -5}).Err(), uri.ErrValue, "set", "fc", "min,t:-5ns"},
		"no position":       {uri.IPC().InitialPosition(31, 0, 1<<16).Err(), uri.ErrValue, "set", "position", "31"},
		"no term length":    {uri.IPC().InitialPosition(0, 0, 5).Err(), uri.ErrValue, "set", "term-length", "5"},
		"no media":          {uri.URI{}.Err(), uri.ErrSyntax, "build", "", ""},
		"no such media":     {uri.Session("tcp", 1, true).Err(), uri.ErrValue, "set", "media", "tcp"},
		"not there":         {notSet(uri.UDP()), uri.ErrNotSet, "get", "tags", ""},
		"half there":        {notSet(uri.UDP().ChannelTag(5)), uri.ErrNotSet, "get", "tags", "5"},
		"unknown":           {validate("aeron:ipc?Mtu=64"), uri.ErrUnknownKey, "validate", "Mtu", "64"},
		"twice":             {validate("aeron:ipc?mtu=64|mtu=64"), uri.ErrDuplicateKey, "validate", "mtu", "64"},
		"without effect":    {validate("aeron:ipc?ttl=1"), uri.ErrNoEffect, "validate", "ttl", "1"},
		"contradictory":     {validate("aeron:udp?"), uri.ErrConflict, "validate", "", ""},
		"without a value":   {validate("aeron:ipc?reliable"), uri.ErrSyntax, "validate", "", "reliable"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range kinds {
				require.Equal(t, errors.Is(c.kind, kind), errors.Is(c.err, kind), "%v: %v", kind, c.err)
			}
			var e *uri.Error
			require.ErrorAs(t, fmt.Errorf("add publication: %w", c.err), &e)
			require.Equal(t, [3]string{c.op, c.field, c.value}, [3]string{e.Op, e.Field, e.Value})
			require.Equal(t, !errors.Is(c.kind, uri.ErrNotSet), e.Remedy != "", "what is merely not there needs no remedy: %v", e)
		})
	}
}

// TestErr_inOrder: everything that could not be set, in the order in which it was tried; later values do not take an error back.
func TestErr_inOrder(t *testing.T) {
	u := uri.UDP().TTL(300).MTU(5).Endpoint("h", -1).TTL(3).MTU(1408).Endpoint("h", 1).Unset("ttl")
	text := u.Err().Error()
	lines := strings.Split(text, "\n")
	require.Len(t, lines, 3)
	for i, field := range []string{"ttl", "mtu", "endpoint"} {
		require.Contains(t, lines[i], "uri: set: "+field+"=")
	}
	require.Equal(t, "invalid channel: "+strings.ReplaceAll(text, "\n", "; "), u.String())
	raw, ok := u.Get("mtu")
	require.True(t, ok, "what was set is there all the same")
	require.Equal(t, "1408", raw)
}

// TestURI_sharesNothing: each method on one base, and the base and the others stay as they were.
func TestURI_sharesNothing(t *testing.T) {
	base, err := uri.Parse("aeron:udp?alias=a|own=1|mtu=64|mtu=96|endpoint=h:1|endpoint=h:2|reliable=true")
	require.NoError(t, err)
	text, problems := base.String(), base.Validate().Error()
	changed := map[string]uri.URI{}
	for _, p := range typedParams() {
		changed["set "+p.key] = base.Set(p.key, p.text)
		changed["unset "+p.key] = base.Unset(p.key)
		changed["fail "+p.key] = base.Set(p.key, "")
	}
	changed["spy"] = base.Spy()
	texts := map[string]string{}
	for name, u := range changed {
		texts[name] = u.String()
	}
	for _, u := range changed {
		// Changes to the changed ones must not reach their siblings, which share what both have of the base.
		_ = u.Set("zzz", "1").Unset("alias").Set("tags", "9").Set("own", "2").Spy().TTL(-1)
	}
	for name, u := range changed {
		require.Equal(t, texts[name], u.String(), name)
	}
	require.Equal(t, text, base.String())
	require.Equal(t, problems, base.Validate().Error())
	require.False(t, base.IsSpy())
}

func TestEqual(t *testing.T) {
	a := uri.UDP().Endpoint("h", 1).MTU(8192)
	for name, c := range map[string]struct {
		other uri.URI
		want  bool
	}{
		"itself":             {a, true},
		"another order":      {uri.UDP().MTU(8192).Endpoint("h", 1), true},
		"set and unset":      {a.TTL(3).Unset("ttl"), true},
		"unset of nothing":   {a.Unset("ttl").Unset(""), true},
		"another writing":    {a.Set("mtu", "8192"), false},
		"a spy":              {a.Spy(), false},
		"one parameter more": {a.TTL(3), false},
		"another media":      {uri.IPC().Set("endpoint", "h:1").MTU(8192), false},
		"broken":             {a.TTL(-1), false},
		"zero":               {uri.URI{}, false},
	} {
		require.Equal(t, c.want, a.Equal(c.other), name)
		require.Equal(t, c.want, c.other.Equal(a), name)
	}
}

// TestControlModes: what each mode needs, as each role.
func TestControlModes(t *testing.T) {
	h := func() uri.URI { return uri.UDP().Endpoint("h", 1) }
	for name, c := range map[string]struct {
		u        uri.URI
		pub, sub string // what is wrong; "": nothing
	}{
		"manual":                          {uri.UDP().ManualControl(), "", ""},
		"manual, port 0":                  {uri.UDP().Endpoint("h", 0).ManualControl(), "", ""},
		"dynamic":                         {uri.UDP().DynamicControl("h", 1), "", ""},
		"dynamic, with an endpoint":       {h().DynamicControl("h", 2), "", ""},
		"dynamic, multicast":              {uri.UDP().Endpoint("224.0.1.1", 1).DynamicControl("h", 0), "", ""},
		"dynamic, any port":               {uri.UDP().DynamicControl("h", 0), "", "cannot ask at port 0"},
		"dynamic, no control":             {h().ControlMode(uri.Dynamic), "add control=HOST:PORT", "add control=HOST:PORT"},
		"control alone":                   {uri.UDP().Control("h", 1), "does not say where to send", ""},
		"control and endpoint":            {h().Control("h", 2), "", ""},
		"response, to nobody":             {uri.UDP().Control("h", 1).ControlMode(uri.Response), "add response-correlation-id", ""},
		"response, to nobody yet":         {uri.UDP().Control("h", 1).ControlMode(uri.Response).ResponsePrototype(), "", ""},
		"response, to an image":           {uri.UDP().Control("h", 1).ControlMode(uri.Response).ResponseCorrelationID(77), "", ""},
		"a spy of a dynamic publication":  {uri.UDP().DynamicControl("h", 0).Spy(), "only subscriptions spy", ""},
		"a session by tag, to publish to": {h().Tags(1, 2).SessionTag(2), "", "use the number"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.u.Err())
			for role, says := range map[uri.Role]string{uri.Publication: c.pub, uri.Subscription: c.sub} {
				if says == "" {
					require.NoError(t, c.u.ValidateFor(role), "%s", role)
				} else {
					require.ErrorIs(t, c.u.ValidateFor(role), uri.ErrConflict)
					require.ErrorContains(t, c.u.ValidateFor(role), says)
				}
			}
		})
	}
}
