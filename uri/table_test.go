package uri_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/uri"
)

// row is a line of testdata/channels.txt; see its head. test/uri puts the same rows to the C driver.
type row struct{ name, publication, subscription, mark, channel string }

func table(tb testing.TB) []row {
	tb.Helper()
	data, err := os.ReadFile("testdata/channels.txt")
	require.NoError(tb, err)
	var rows []row
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var r row
		_, err := fmt.Sscanf(line, "%s %s %s %s %q", &r.name, &r.publication, &r.subscription, &r.mark, &r.channel)
		require.NoError(tb, err, "line %q", line)
		for port := 40000; strings.Contains(r.channel, "{PORT}"); port++ {
			r.channel = strings.Replace(r.channel, "{PORT}", fmt.Sprint(port), 1)
		}
		r.channel = strings.ReplaceAll(r.channel, "{LONG}", strings.Repeat("a", 4096))
		rows = append(rows, r)
	}
	require.Greater(tb, len(rows), 160)
	return rows
}

func TestURIs(t *testing.T) {
	for _, r := range table(t) {
		t.Run(r.name, func(t *testing.T) {
			u, err := uri.Parse(r.channel)
			if err != nil {
				require.Equal(t, "-1 -1", r.publication+" "+r.subscription, "C takes it: %v", err)
				var e *uri.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, r.channel, e.Value)
				require.NotEmpty(t, e.Remedy)
				require.Less(t, len(err.Error()), 600, "errors are short, whatever they are about")
				require.NotContains(t, err.Error(), "\n")
				return
			}
			require.NoError(t, u.Err())
			for role, c := range map[uri.Role]string{uri.Publication: r.publication, uri.Subscription: r.subscription} {
				problems := u.Problems(role)
				if r.mark == "env" || c == "any" {
					require.Empty(t, problems)
					continue
				}
				refused, silent := 0, 0
				for _, p := range problems {
					require.NotEmpty(t, p.Reason, "%v", p)
					require.NotEmpty(t, p.Remedy, "%v", p)
					require.Less(t, len(p.Error()), 600)
					if p.RefusedBy&role != 0 {
						refused++
					} else {
						silent++
					}
				}
				require.Equal(t, c != "ok", refused > 0, "%s: C says %s, but %v", role, c, problems)
				if r.mark == "strict" {
					require.Positive(t, silent, "%s", role)
				}
				require.Equal(t, len(problems) > 0, u.ValidateFor(role) != nil)
			}
			if r.mark == "strict" {
				require.Error(t, u.Validate())
				_, err := u.Build()
				require.Error(t, err)
			}
			requireRoundTrip(t, u)
		})
	}
}

// The rows that C takes without a word, and what Validate says.
func TestValidate_reportsWhatCIgnores(t *testing.T) {
	for channel, want := range map[string]struct {
		kind         error
		field, value string
		says         string
	}{
		"aeron:ipc?endpoint=localhost:40123":                               {uri.ErrNoEffect, "endpoint", "localhost:40123", "for aeron:udp"},
		"aeron:udp?endpoint=localhost:1|foo":                               {uri.ErrSyntax, "", "foo", "write NAME=VALUE"},
		"aeron:udp?endpoint=localhost:1|foo=bar":                           {uri.ErrUnknownKey, "foo", "bar", "Keys lists"},
		"aeron:udp?endpoint=localhost:1|endpoint=localhost:2":              {uri.ErrDuplicateKey, "endpoint", "localhost:1", `C uses "localhost:2"`},
		"aeron:udp?endpoint=localhost:1|mtu=64|mtu=128":                    {uri.ErrDuplicateKey, "mtu", "128", `C uses "64"`},
		"aeron:udp?control-mode=banana|control=localhost:1":                {uri.ErrValue, "control-mode", "banana", "use manual, dynamic or response"},
		"aeron:udp?endpoint=localhost:1|ttl=256":                           {uri.ErrValue, "ttl", "256", "use 0 to 255"},
		"aeron:udp?endpoint=localhost:1|ttl=abc":                           {uri.ErrValue, "ttl", "abc", "use 0 to 255"},
		"aeron:udp?endpoint=localhost:1|fc=bogus":                          {uri.ErrValue, "fc", "bogus", "max, min or tagged"},
		"aeron:udp?endpoint=localhost:1|fc=min,g:abc":                      {uri.ErrValue, "fc", "min,g:abc", "tag is not a whole number"},
		"aeron:udp?endpoint=localhost:1|cc=bogus":                          {uri.ErrValue, "cc", "bogus", "use static or cubic"},
		"aeron:udp?endpoint=localhost:1\n|alias=1":                         {uri.ErrValue, "endpoint", "localhost:1\n", "control character"},
		"aeron:udp?endpoint=localhost:1|nak-delay=-1":                      {uri.ErrValue, "nak-delay", "-1", "is negative"},
		"aeron:udp?endpoint=localhost:1|alias=a?b":                         {uri.ErrValue, "alias", "a?b", "two channels"},
		"aeron:udp?endpoint=localhost:1|stream-id=5000000000":              {uri.ErrValue, "stream-id", "5000000000", "32 bits"},
		"aeron:udp?endpoint=localhost:1|response-endpoint=localhost":       {uri.ErrValue, "response-endpoint", "localhost", "no port"},
		"aeron:udp?endpoint=localhost:1|tags=5,x":                          {uri.ErrValue, "tags", "5,x", "second tag is not a number"},
		"aeron:udp?endpoint=0177.0.0.1:1":                                  {uri.ErrValue, "endpoint", "0177.0.0.1:1", "four numbers"},
		"aeron:udp?endpoint=localhost:0x10":                                {uri.ErrValue, "endpoint", "localhost:0x10", "C reads it as 16"},
		"aeron:udp?endpoint=localhost:1|interface=10.0.0.1/010":            {uri.ErrValue, "interface", "10.0.0.1/010", "C reads the prefix as 8"},
		"aeron:udp?endpoint=localhost:1|response-correlation-id=0x10":      {uri.ErrValue, "response-correlation-id", "0x10", "C reads it as 16"},
		"aeron:udp?endpoint=localhost:1|so-sndbuf=9223372036854775808":     {uri.ErrValue, "so-sndbuf", "9223372036854775808", "63 bits"},
		"aeron:udp?endpoint=localhost:1|media-rcv-ts-offset=00":            {uri.ErrValue, "media-rcv-ts-offset", "00", "C reads it as 0"},
		"aeron:ipc?init-term-id=0|term-id=0|term-offset=040":               {uri.ErrValue, "term-offset", "040", "C reads it as 32"},
		"aeron:ipc?init-term-id=0|term-id=0|term-offset=128k":              {uri.ErrValue, "term-offset", "128k", "C reads it as 128"},
		"aeron:udp?endpoint=localhost:1|ttl=010":                           {uri.ErrValue, "ttl", "010", "C reads it as 8"},
		"aeron:udp?endpoint=localhost:1|fc=min,g:":                         {uri.ErrValue, "fc", "min,g:", "neither tag nor size"},
		"aeron:udp?endpoint=localhost:1|control-mode=dynamic\x7f|cc=cubic": {uri.ErrValue, "control-mode", "dynamic\x7f", "control character"},
	} {
		t.Run(channel, func(t *testing.T) {
			u, err := uri.Parse(channel)
			require.NoError(t, err)
			err = u.Validate()
			require.ErrorIs(t, err, want.kind)
			require.ErrorContains(t, err, want.says)
			var e *uri.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, want.field, e.Field)
			require.Equal(t, want.value, e.Value)
			require.Zero(t, e.RefusedBy, "C takes it")
			require.Error(t, u.ValidateFor(uri.Publication))
			require.Error(t, u.ValidateFor(uri.Subscription))
		})
	}
}

// What C refuses, and the field that Validate blames.
func TestValidate_reportsWhatCRefuses(t *testing.T) {
	for channel, want := range map[string]struct {
		field string
		by    uri.Role
		says  string
	}{
		"aeron:ipc?mtu=65505":                                                   {"mtu", uri.Publication, "65505 bytes are out of range"},
		"aeron:ipc?mtu=32":                                                      {"mtu", uri.Publication, "32 bytes are out of range"},
		"aeron:ipc?mtu=100":                                                     {"mtu", uri.Publication, "not whole frames"},
		"aeron:ipc?term-length=96k":                                             {"term-length", uri.Publication, "not a power of two"},
		"aeron:ipc?term-length=2g":                                              {"term-length", uri.Publication, "out of range"},
		"aeron:ipc?pub-wnd=64k|term-length=64k":                                 {"pub-wnd", uri.Publication, "half of term-length=65536"},
		"aeron:ipc?pub-wnd=64|mtu=128":                                          {"pub-wnd", uri.Publication, "less than mtu=128"},
		"aeron:ipc?term-id=5|init-term-id=5":                                    {"term-offset", uri.Publication, "InitialPosition"},
		"aeron:ipc?term-id=5|init-term-id=6|term-offset=0":                      {"term-id", uri.Publication, "before init-term-id=6"},
		"aeron:ipc?term-id=5|init-term-id=5|term-offset=96|term-length=1k":      {"term-length", uri.Publication, "out of range"},
		"aeron:ipc?term-id=5|init-term-id=5|term-offset=131072|term-length=64k": {"term-offset", uri.Publication, "behind the end"},
		"aeron:ipc?session-id=x":                                                {"session-id", uri.Publication | uri.Subscription, "not a whole number"},
		"aeron:ipc?rejoin=1":                                                    {"rejoin", uri.Subscription, "neither true nor false"},
		"aeron:udp?alias=x":                                                     {"", uri.Publication | uri.Subscription, "needs an address"},
		"aeron:udp?control-mode=dynamic":                                        {"control-mode", uri.Publication | uri.Subscription, "control=HOST:PORT"},
		"aeron:udp?endpoint=224.0.1.2:5":                                        {"endpoint", uri.Publication | uri.Subscription, "even"},
		"aeron:udp?endpoint=[ff02::2]:5":                                        {"endpoint", uri.Publication | uri.Subscription, "even"},
		"aeron:udp?endpoint=224.0.1.1:5|fc=max,t:5s":                            {"fc", uri.Publication, "max has no group"},
		"aeron:udp?endpoint=h:1|so-rcvbuf=1k|rcv-wnd=2k":                        {"rcv-wnd", uri.Subscription, "so-rcvbuf=1024"},
		"aeron:udp?endpoint=h:1|so-sndbuf=64|mtu=128":                           {"mtu", uri.Publication, "so-sndbuf=64"},
		"aeron:udp?endpoint=h:1|tags=-1":                                        {"tags", uri.Publication | uri.Subscription, "reserved"},
		"aeron-spy:aeron:ipc":                                                   {"", uri.Publication | uri.Subscription, "UDP channels only"},
		"aeron:udp?endpoint=h:1|channel-rcv-ts-offset=4|channel-snd-ts-offset=0": {
			"channel-rcv-ts-offset", uri.Publication | uri.Subscription, "overlaps channel-snd-ts-offset=0",
		},
	} {
		t.Run(channel, func(t *testing.T) {
			u, err := uri.Parse(channel)
			require.NoError(t, err)
			problems := u.Problems(0)
			require.Len(t, problems, 1, "%v", problems)
			require.Equal(t, want.field, problems[0].Field)
			require.Equal(t, want.by, problems[0].RefusedBy)
			require.ErrorContains(t, problems[0], want.says)
			for _, role := range []uri.Role{uri.Publication, uri.Subscription} {
				require.Equal(t, want.by&role != 0, u.ValidateFor(role) != nil, "%s", role)
			}
		})
	}
}

// What is fine by itself, and not for one use.
func TestValidateFor_role(t *testing.T) {
	for channel, by := range map[string]uri.Role{
		"aeron:udp?endpoint=localhost:0":                                  uri.Publication,
		"aeron-spy:aeron:udp?endpoint=localhost:5":                        uri.Publication,
		"aeron:udp?control=localhost:5":                                   uri.Publication,
		"aeron:udp?control-mode=response|control=localhost:5":             uri.Publication,
		"aeron:udp?endpoint=localhost:5|session-id=tag:7":                 uri.Subscription,
		"aeron:udp?endpoint=localhost:5|control=localhost:0":              uri.Subscription,
		"aeron:ipc?session-id=tag:7":                                      uri.Subscription,
		"aeron:udp?endpoint=localhost:0|control=h:5|control-mode=dynamic": 0,
		"aeron-spy:aeron:udp?endpoint=localhost:5|control=localhost:0":    uri.Publication,
	} {
		t.Run(channel, func(t *testing.T) {
			u, err := uri.Parse(channel)
			require.NoError(t, err)
			require.NoError(t, u.Validate())
			for _, role := range []uri.Role{uri.Publication, uri.Subscription} {
				if by&role == 0 {
					require.NoError(t, u.ValidateFor(role))
				} else {
					require.ErrorIs(t, u.ValidateFor(role), uri.ErrConflict)
				}
			}
		})
	}
}

func TestValidate_joinsEverything(t *testing.T) {
	u, err := uri.Parse("aeron:udp?endpoint=localhost|ttl=999|foo=1|mtu=5|mtu=6|session-id=x|bar")
	require.NoError(t, err)
	require.Len(t, u.Problems(0), 7, "%v", u.Problems(0))
	for _, kind := range []error{uri.ErrValue, uri.ErrUnknownKey, uri.ErrDuplicateKey, uri.ErrSyntax} {
		require.ErrorIs(t, u.Validate(), kind)
	}
}

func requireRoundTrip(tb testing.TB, u uri.URI) {
	tb.Helper()
	text := u.String()
	again, err := uri.Parse(text)
	require.NoError(tb, err, "%q", text)
	require.Equal(tb, text, again.String())
	require.True(tb, u.Equal(again))
	require.Equal(tb, u.Media(), again.Media())
	require.Equal(tb, u.IsSpy(), again.IsSpy())
	for key, value := range u.All() {
		got, ok := again.Get(key)
		require.True(tb, ok)
		require.Equal(tb, value, got)
	}
}

// FuzzParseRoundTrip: whatever the text, Parse and Validate come to an end, and what Parse takes is written and read the same again.
func FuzzParseRoundTrip(f *testing.F) {
	for _, r := range table(f) {
		f.Add(r.channel)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := uri.Parse(s)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		requireRoundTrip(t, u)
		require.LessOrEqual(t, len(u.String()), len(s)+1)
		for _, role := range []uri.Role{0, uri.Publication, uri.Subscription} {
			for _, p := range u.Problems(role) {
				require.NotContains(t, p.Error(), "\n", "one line")
			}
		}
		// What Validate has nothing to say to can also be built.
		built := uri.UDP()
		if u.Media() == uri.MediaIPC {
			built = uri.IPC()
		}
		if u.IsSpy() {
			built = built.Spy()
		}
		for key, value := range u.All() {
			built = built.Set(key, value)
		}
		if u.Validate() == nil {
			text, err := built.Build()
			require.NoError(t, err)
			require.Equal(t, u.String(), text)
		}
	})
}

// FuzzBuild: whatever is set, nothing panics, and a text that Build gives is read back as it was.
func FuzzBuild(f *testing.F) {
	f.Add("127.0.0.1", 40123, "alias", "x")
	f.Add("::1", -1, "fc", "min,g:/2")
	f.Add("[fe80::1%lo]", 65536, "a|b", "c\x00")
	for _, c := range addressTexts {
		f.Add(c.text, 1, "interface", c.text)
	}
	for _, p := range typedParams() {
		f.Add("localhost", 40123, p.key, p.text)
		f.Add("224.0.1.2", 0, p.key, p.text+"x")
	}
	f.Fuzz(func(t *testing.T, host string, port int, key, value string) {
		u := uri.UDP().Endpoint(host, port).InterfaceName(host).Set(key, value)
		text, err := u.Build()
		if u.Err() != nil {
			require.Error(t, err)
			_, err := uri.Parse(u.String())
			require.Error(t, err, "nobody takes %q for a channel", u.String())
			return
		}
		if err == nil {
			again, err := uri.Parse(text)
			require.NoError(t, err)
			require.True(t, u.Equal(again))
		}
		gotHost, gotPort, err := uri.UDP().Endpoint(host, port).GetEndpoint()
		if err == nil {
			require.Equal(t, port, gotPort)
			require.Equal(t, strings.Trim(host, "[]"), gotHost)
		}
	})
}
