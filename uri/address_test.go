package uri_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/uri"
)

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		host string
		port int
		want string
	}{
		{"127.0.0.1", 40123, "127.0.0.1:40123"},
		{"0.0.0.0", 0, "0.0.0.0:0"},
		{"localhost", 65535, "localhost:65535"},
		{"my_host-1.example.", 1, "my_host-1.example.:1"},
		{"::1", 5, "[::1]:5"},
		{"[::1]", 5, "[::1]:5"},
		{"::", 5, "[::]:5"},
		{"fe80::1%eth0", 5, "[fe80::1%eth0]:5"},
		{"::ffff:10.0.0.1", 5, "[::ffff:10.0.0.1]:5"},
	} {
		got, err := uri.Address(c.host, c.port)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
		host, port, err := uri.SplitAddress(got)
		require.NoError(t, err)
		require.Equal(t, strings.Trim(c.host, "[]"), host)
		require.Equal(t, c.port, port)
	}
}

func TestAddress_refuses(t *testing.T) {
	for host, says := range map[string]string{
		"":                       "host is empty",
		"[]":                     "host is empty",
		"[::1":                   "brackets",
		"::1]":                   "brackets",
		"[::1]x":                 "between bracket and port",
		"1:2":                    "not an IPv6 address",
		"[10.0.0.1]":             "around an IPv4 address",
		"[localhost]":            "around a name",
		"256.1.1.1":              "not an IPv4 address",
		"1.2.3.4.5":              "not an IPv4 address",
		"1..2":                   "not an IPv4 address",
		"127.1":                  "four decimal numbers",
		"a b":                    "not a name",
		"a|b":                    "not a name",
		"a..b":                   "not a name",
		"eth%0":                  "not a name",
		"x\x00":                  "not a name",
		strings.Repeat("a", 384): "longer than 383",
	} {
		_, err := uri.Address(host, 1)
		require.ErrorIs(t, err, uri.ErrValue, "%q", host)
		require.ErrorContains(t, err, says, "%q", host)
	}
	for _, port := range []int{-1, 65536} {
		_, err := uri.Address("h", port)
		require.ErrorContains(t, err, "out of range")
		require.ErrorContains(t, err, "use 0 to 65535")
	}
}

func TestSplitAddress_refuses(t *testing.T) {
	for _, s := range []string{"", "h", "h:", ":5", "h:x", "h:5x", "h:-1", "h:65536", "h:0x10", "h:05", "[::1]", "::1:5", "x[::1]:5", "h:99999999999"} {
		_, _, err := uri.SplitAddress(s)
		require.ErrorIs(t, err, uri.ErrValue, "%q", s)
	}
}

func TestLocalAddress(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:40123":           "127.0.0.1",
		"127.0.0.1":                 "127.0.0.1",
		"[::1]:40123":               "::1",
		"[::1]":                     "::1",
		"::1":                       "::1",
		"[0:0:0:0:0:0:0:1]:40123":   "::1",
		"[2001:DB8:0:0::1]:5":       "2001:db8::1",
		"[fe80:0::1%eth0]:5":        "fe80::1%eth0",
		"[::ffff:10.0.0.1]:5":       "10.0.0.1",
		"[0:0:0:0:0:ffff:a00:1]:05": "",
		"0.0.0.0:0":                 "0.0.0.0",
	} {
		got, err := uri.LocalAddress(in)
		if want == "" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, "%q", in)
		require.Equal(t, want, got)
	}
	for in, says := range map[string]string{
		"":              "not an IP address",
		":":             "the port is missing",
		"localhost:5":   "not an IP address",
		"127.0.0.1:":    "port is missing",
		"127.0.0.1:x":   "port is not a number",
		"[::1":          "not closed",
		"[::1]5":        "follows the bracket",
		"[::1]:":        "port is missing",
		"[127.0.0.1]:5": "not an IPv6 address",
		"::1::5":        "not an IP address",
	} {
		_, err := uri.LocalAddress(in)
		require.ErrorIs(t, err, uri.ErrValue, "%q", in)
		require.ErrorContains(t, err, says, "%q", in)
	}
}

func TestInterface(t *testing.T) {
	for _, ok := range []string{
		"127.0.0.1", "127.0.0.0/8", "127.0.0.1:0/8", "127.0.0.1:24", "localhost", "[::1]", "[::1]/128", "[::1]:5/64", "{eth0}", "{eth0}:5", "{a}b}", "0.0.0.0/0",
	} {
		require.NoError(t, uri.UDP().Interface(ok).Err(), ok)
	}
	for _, wrong := range []string{
		"127.0.0.1/33", "[::1]/129", "127.0.0.1/", "127.0.0.1/-1", "127.0.0.1/x", "127.0.0.1:/8", "127.0.0.1:x", "{}", "{", "{eth0", "{eth0}5", "{eth0}:",
		"{eth0}:123456", "::1", "[::1", "/8", "127.0.0.1/0000008", "{eth0}:70000",
	} {
		require.ErrorIs(t, uri.UDP().Interface(wrong).Err(), uri.ErrValue, wrong)
	}
}

// FuzzAddress: nothing panics; what Address gives, SplitAddress takes apart into the same.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"127.0.0.1:5", "[::1]:5", "::1", "[fe80::1%lo]:5", "h:5x", "[]:", "]:[", "%]", "1.2:3"} {
		f.Add(s)
	}
	for _, c := range addressTexts {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if local, err := uri.LocalAddress(s); err == nil {
			again, err := uri.LocalAddress(local)
			require.NoError(t, err)
			require.Equal(t, local, again)
		}
		host, port, err := uri.SplitAddress(s)
		if err != nil {
			return
		}
		joined, err := uri.Address(host, port)
		require.NoError(t, err)
		require.Equal(t, s, joined)
	})
}
