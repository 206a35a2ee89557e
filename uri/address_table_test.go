package uri_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/uri"
)

// addressTexts are addresses as somebody wrote them, and what SplitAddress and Validate say of them.
var addressTexts = []struct {
	text   string
	host   string // "": SplitAddress refuses it
	port   int
	says   string
	silent bool // C takes it all the same
}{
	{"127.0.0.1:0", "127.0.0.1", 0, "", false},
	{"255.255.255.255:65535", "255.255.255.255", 65535, "", false},
	{"a:1", "a", 1, "", false},
	{"xn--bcher-kva.example:1", "xn--bcher-kva.example", 1, "", false},
	{"bücher.example:1", "bücher.example", 1, "", false},
	{"1.example:1", "1.example", 1, "", false},
	{"host.:1", "host.", 1, "", false},
	{"[::]:1", "::", 1, "", false},
	{"[2001:db8::8a2e:370:7334]:1", "2001:db8::8a2e:370:7334", 1, "", false},
	{"[fe80::1%2]:1", "fe80::1%2", 1, "", false},
	{"[fe80::1%eth0.100]:1", "fe80::1%eth0.100", 1, "", false},
	{"[::127.0.0.1]:1", "::127.0.0.1", 1, "", false},
	{strings.Repeat("a", 383) + ":1", strings.Repeat("a", 383), 1, "", false},

	{"127.1:1", "", 0, "not written as four decimal numbers", true},
	{"2130706433:1", "", 0, "not written as four decimal numbers", true},
	{"127.16777215:1", "", 0, "not written as four decimal numbers", true},
	{"1.2.65535:1", "", 0, "not written as four decimal numbers", true},
	{"127.0.0.01:1", "", 0, "not written as four decimal numbers", true},
	{"[10.0.0.1]:1", "", 0, "around an IPv4 address", true},
	{"[localhost]:1", "", 0, "around a name", true},
	{"::1:5", "", 0, "has no brackets", true},
	{"fe80::1%eth0:5", "", 0, "has no brackets", true},
	{"h:0x10", "", 0, "C reads it as 16", true},
	{"h:010", "", 0, "C reads it as 8", true},
	{"h:5x", "", 0, "C reads it as 5", true},
	{"h: 5", "", 0, "C reads it as 5", true},
	{"h:+5", "", 0, "C reads it as 5", true},

	{"localhost", "", 0, "has no port", false},
	{"[::1]", "", 0, "has no port", false},
	{"localhost:", "", 0, "the port is missing", false},
	{"[::1]:", "", 0, "the port is missing", false},
	{":1", "", 0, "the host is empty", false},
	{"[]:1", "", 0, "the host is empty", false},
	{":", "", 0, "the port is missing", false},
	{"h:http", "", 0, "the port is not a number", false},
	{"h:-1", "", 0, "the port is out of range", false},
	{"h:65536", "", 0, "the port is out of range", false},
	{"h:9999999", "", 0, "the port is out of range", false},
	{"h:00000001", "", 0, "the port is not a number", false},
	{"[::1]1:5", "", 0, "between bracket and port", false},
	{"[::1]]:5", "", 0, "has brackets that are not around the host", false},
	{"[[::1]:5", "", 0, "has brackets that are not around the host", false},
	{"h[::1]:5", "", 0, "has brackets that are not around the host", false},
	{"]:5[", "", 0, "has brackets that are not around the host", false},
	{"::1]:5", "", 0, "has brackets that are not around the host", false},
	{"[::1:5", "", 0, "brackets", false},
	{"[:::]:1", "", 0, "not an IPv6 address", false},
	{"[1:2:3:4:5:6:7:8:9]:1", "", 0, "not an IPv6 address", false},
	{"[12345::]:1", "", 0, "not an IPv6 address", false},
	{"[::1%]:1", "", 0, "not an IPv6 address", false},
	{"a:b:1", "", 0, "not an IPv6 address", false},
	{"256.0.0.1:1", "", 0, "not an IPv4 address", false},
	{"1.2.3.4.5:1", "", 0, "not an IPv4 address", false},
	{"4294967296:1", "", 0, "not an IPv4 address", false},
	{"1.2.65536:1", "", 0, "not an IPv4 address", false},
	{".:1", "", 0, "not an IPv4 address", false},
	{"08.0.0.1:1", "", 0, "not an IPv4 address", false},
	{".example:1", "", 0, "not a name", false},
	{"a..example:1", "", 0, "not a name", false},
	{"user@host:1", "", 0, "not a name", false},
	{"http://host:1", "", 0, "not an IPv6 address", false},
	{"../../etc:1", "", 0, "not a name", false},
	{"a b:1", "", 0, "not a name", false},
	{"%s%n:1", "", 0, "not a name", false},
	{"h;rm:1", "", 0, "not a name", false},
	{"h,i:1", "", 0, "not a name", false},
	{strings.Repeat("a", 384) + ":1", "", 0, "longer than 383 bytes", false},
	{strings.Repeat(":", 400), "", 0, "the port is missing", false},
	{strings.Repeat("[", 400), "", 0, "brackets", false},
}

func TestSplitAddress(t *testing.T) {
	for _, c := range addressTexts {
		t.Run(c.text, func(t *testing.T) {
			host, port, err := uri.SplitAddress(c.text)
			if c.says == "" {
				require.NoError(t, err)
				require.Equal(t, address{c.host, c.port}, address{host, port})
				return
			}
			requireBlames(t, err, "address", "", c.text)
			require.ErrorContains(t, err, c.says)
			require.Empty(t, host)
			require.Zero(t, port)
		})
	}
}

// TestAddress_inChannels: the same texts, as the parameters that are addresses.
func TestAddress_inChannels(t *testing.T) {
	getters := map[string]func(uri.URI) (string, int, error){
		"endpoint": uri.URI.GetEndpoint, "control": uri.URI.GetControl, "response-endpoint": uri.URI.GetResponseEndpoint,
	}
	for _, c := range addressTexts {
		t.Run(c.text, func(t *testing.T) {
			for key, get := range getters {
				u, err := uri.Parse("aeron:udp?control-mode=manual|" + key + "=" + c.text)
				require.NoError(t, err)
				set, problem := uri.UDP().Set(key, c.text), problemOf(u, key)
				host, port, err := get(u)
				if c.says == "" {
					require.NoError(t, err)
					require.Equal(t, address{c.host, c.port}, address{host, port})
					require.NoError(t, set.Err())
					require.Nil(t, problem)
					continue
				}
				requireBlames(t, err, "get", key, c.text)
				requireBlames(t, set.Err(), "set", key, c.text)
				require.NotNil(t, problem, key)
				require.Contains(t, problem.Reason, c.says)
				want := both
				if c.silent || key == "response-endpoint" {
					want = 0 // which C does not read
				}
				require.Equal(t, want, problem.RefusedBy, key)
			}
		})
	}
}

func TestEndpoint_multicast(t *testing.T) {
	for host, odd := range map[string]bool{
		"224.0.0.1": true, "224.0.1.2": false, "239.255.255.255": true, "239.255.255.254": false, "223.255.255.254": true, "240.0.0.2": true,
		"ff02::1": true, "ff02::2": false, "ff0e::4:ff": true, "fe80::2": true, "224.example": true,
	} {
		u := uri.UDP().Endpoint(host, 1)
		require.Equal(t, odd, u.Err() == nil, "%s: %v", host, u.Err())
		require.NoError(t, uri.UDP().Control(host, 1).Err(), "of a control address, any")
	}
}

func TestLocalAddress_hostile(t *testing.T) {
	for _, c := range []struct{ in, want, says string }{
		{"10.0.0.1:65535", "10.0.0.1", ""},
		{"fe80::1%eth0", "fe80::1%eth0", ""},
		{"[FE80::1%Eth0]:0", "fe80::1%Eth0", ""},
		{"::ffff:1.2.3.4", "1.2.3.4", ""},
		{"[::]:0", "::", ""},
		{"[1:0:0:2::3]:1", "1:0:0:2::3", ""},
		{"10.0.0.1:65536", "", "port is out of range"},
		{"10.0.0.1:-1", "", "port is out of range"},
		{"10.0.0.1:0x1", "", "port is not a decimal number"},
		{"10.0.0.1:1 ", "", "port is not a decimal number"},
		{" 10.0.0.1:1", "", "not an IP address"},
		{"10.0.0.01:1", "", "not an IP address"},
		{"10.0.0:1", "", "not an IP address"},
		{"10.0.0.1.:1", "", "not an IP address"},
		{"[]:1", "", "not an IPv6 address"},
		{"[:]:1", "", "not an IP address"},
		{"[[::1]]:1", "", "not an IP address"},
		{"[::1]x:1", "", "something else than a port"},
		{"x[::1]:1", "", "not an IP address"},
		{"[::1%]:1", "", "not an IP address"},
		{"[::1\x00]:1", "", "not an IP address"},
		{"aeron:udp?endpoint=1.2.3.4:5", "", "not an IP address"},
		{strings.Repeat("[", 9999), "", "not closed"},
		{strings.Repeat("1", 9999) + ":1", "", "not an IP address"},
	} {
		t.Run(c.in[:min(len(c.in), 40)], func(t *testing.T) {
			got, err := uri.LocalAddress(c.in)
			require.Equal(t, c.want, got)
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			requireBlames(t, err, "local address", "", c.in)
			require.ErrorContains(t, err, c.says)
			require.Less(t, len(err.Error()), 400, "an error is short, whatever it is about")
			require.NotContains(t, err.Error(), "\x00")
		})
	}
}

func TestInterface_says(t *testing.T) {
	for text, c := range map[string]struct {
		says   string
		silent bool
	}{
		"{}":                          {"1 to 15 bytes", false},
		"{abcdefghijklmnop}":          {"1 to 15 bytes", false},
		"{eth0":                       {"1 to 15 bytes", false},
		"{eth0}/24":                   {"something else than a port follows the interface's name", false},
		"{eth0}:x":                    {"is not a number", false},
		"10.0.0.0/":                   {"prefix is not a number from 0 to 32", false},
		"10.0.0.0/33":                 {"prefix is not a number from 0 to 32", false},
		"10.0.0.0/8/8":                {"C reads the prefix as 8", true},
		"10.0.0.0/08":                 {"C reads the prefix as 0", true},
		"[fe80::]/129":                {"prefix is not a number from 0 to 128", false},
		"[fe80::]/-1":                 {"prefix is not a number from 0 to 128", false},
		"fe80::1":                     {"has no brackets", true},
		"10.0.0.1:99999":              {"the port is out of range", false},
		"10.0.0.256":                  {"not an IPv4 address", false},
		"[10.0.0.1]":                  {"around an IPv4 address", true},
		"eth 0":                       {"not a name", false},
		strings.Repeat("n", 384):      {"longer than 383 bytes", false},
		"[" + strings.Repeat("n", 99): {"brackets", false},
	} {
		t.Run(text, func(t *testing.T) {
			requireBlames(t, uri.UDP().Interface(text).Err(), "set", "interface", text)
			u, err := uri.Parse("aeron:udp?endpoint=h:1|interface=" + text)
			require.NoError(t, err)
			problem := problemOf(u, "interface")
			require.NotNil(t, problem)
			require.Contains(t, problem.Reason, c.says)
			require.Equal(t, c.silent, problem.RefusedBy == 0, "%v", problem)
			got, err := u.GetInterface()
			require.NoError(t, err, "the getter gives it as it is written")
			require.Equal(t, text, got)
		})
	}
}
