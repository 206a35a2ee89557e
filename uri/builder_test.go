package uri_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/uri"
)

func TestContract(t *testing.T) {
	u := uri.UDP().Endpoint("127.0.0.1", 40123).SessionID(5).Reliable(true)
	require.Equal(t, "aeron:udp?endpoint=127.0.0.1:40123|session-id=5|reliable=true", u.String())
	require.Equal(t, "aeron:ipc", uri.IPC().String())
	require.Equal(t, "aeron:ipc?session-id=5|reliable=true", uri.Session(uri.MediaIPC, 5, true).String())
	require.Equal(t, "aeron:udp?reliable=false", uri.Handshake(uri.MediaUDP, false).String())
}

// typed is one typed setter with its getter: a value, the text that Java writes, and values that cannot be.
type typed struct {
	key, text string
	set       uri.URI
	get       func(uri.URI) (any, error)
	want      any
	wrong     []uri.URI
}

func getter[T any](f func(uri.URI) (T, error)) func(uri.URI) (any, error) {
	return func(u uri.URI) (any, error) {
		v, err := f(u)
		return v, err
	}
}

type address struct {
	host string
	port int
}

func addressGetter(f func(uri.URI) (string, int, error)) func(uri.URI) (any, error) {
	return func(u uri.URI) (any, error) {
		host, port, err := f(u)
		return address{host, port}, err
	}
}

// In Java's order, so that this table is also the test of the order.
func typedParams() []typed {
	u := uri.UDP()
	tag, size := int64(101), int32(2)
	fc := uri.FlowControl{Strategy: uri.FlowTagged, GroupTag: &tag, MinGroupSize: &size, Timeout: 5 * time.Second}
	return []typed{
		{"tags", "7,8", u.Tags(7, 8), getter(uri.URI.GetEntityTag), int64(8), []uri.URI{u.Tags(-1, 0), u.Tags(0, -5), u.ChannelTag(-2)}},
		{"endpoint", "[::1]:40123", u.Endpoint("::1", 40123), addressGetter(uri.URI.GetEndpoint), address{"::1", 40123}, []uri.URI{
			u.Endpoint("", 1), u.Endpoint("h", -1), u.Endpoint("h", 65536), u.Endpoint("[::1", 1), u.Endpoint("a b", 1), u.Endpoint("224.0.1.2", 1),
			u.Endpoint("h|x", 1), u.Endpoint("h\x00", 1), u.Endpoint("h?", 1), u.Endpoint("256.1.1.1", 1), u.Endpoint(strings.Repeat("a", 400), 1),
		}},
		{"interface", "{eth0}", u.InterfaceName("eth0"), getter(uri.URI.GetInterface), "{eth0}", []uri.URI{
			u.InterfaceName(""), u.InterfaceName(strings.Repeat("x", 16)), u.Interface("10.0.0.0/33"), u.Interface("10.0.0.0/x"), u.Interface(""),
		}},
		{"control", "10.0.0.1:5", u.Control("10.0.0.1", 5), addressGetter(uri.URI.GetControl), address{"10.0.0.1", 5}, []uri.URI{u.Control("", 1)}},
		{"control-mode", "manual", u.ManualControl(), getter(uri.URI.GetControlMode), uri.Manual, []uri.URI{u.ControlMode("banana"), u.ControlMode("")}},
		{"mtu", "8k", u.MTU(8192), getter(uri.URI.GetMTU), 8192, []uri.URI{u.MTU(32), u.MTU(65505), u.MTU(100), u.MTU(-64)}},
		{"term-length", "64k", u.TermLength(64 << 10), getter(uri.URI.GetTermLength), 64 << 10, []uri.URI{
			u.TermLength(0), u.TermLength(1000), u.TermLength(3 << 16), u.TermLength(1 << 31),
		}},
		{"init-term-id", "-5", u.InitialTermID(-5), getter(uri.URI.GetInitialTermID), int32(-5), nil},
		{"term-id", "2147483647", u.TermID(math.MaxInt32), getter(uri.URI.GetTermID), int32(math.MaxInt32), nil},
		{"term-offset", "1024", u.TermOffset(1024), getter(uri.URI.GetTermOffset), 1024, []uri.URI{u.TermOffset(-32), u.TermOffset(33), u.TermOffset(1<<30 + 32)}},
		{"session-id", "-2147483648", u.SessionID(math.MinInt32), getter(uri.URI.GetSessionID), int32(math.MinInt32), nil},
		{"ttl", "255", u.TTL(255), getter(uri.URI.GetTTL), 255, []uri.URI{u.TTL(-1), u.TTL(256)}},
		{"reliable", "false", u.Reliable(false), getter(uri.URI.GetReliable), false, nil},
		{"linger", "200ms", u.Linger(200 * time.Millisecond), getter(uri.URI.GetLinger), 200 * time.Millisecond, []uri.URI{u.Linger(-1), u.Linger(-time.Second)}},
		{"alias", "ü=☃", u.Alias("ü=☃"), getter(uri.URI.GetAlias), "ü=☃", []uri.URI{u.Alias(""), u.Alias("a|b"), u.Alias("a?b"), u.Alias("\x00"), u.Alias("a\n")}},
		{"cc", "cubic", u.CongestionControl(uri.Cubic), getter(uri.URI.GetCongestionControl), uri.Cubic, []uri.URI{u.CongestionControl("bogus")}},
		{"fc", "tagged,g:101/2,t:5s", u.FlowControl(fc), getter(uri.URI.GetFlowControl), fc, []uri.URI{
			u.FlowControl(uri.FlowControl{}), u.FlowControl(uri.FlowControl{Strategy: "bogus"}), u.FlowControl(uri.FlowControl{Strategy: uri.FlowMax, GroupTag: &tag}),
			u.FlowControl(uri.FlowControl{Strategy: uri.FlowMin, Timeout: -1}), u.FlowControl(uri.FlowControl{Strategy: uri.FlowMin, RetransmitWindows: -1}),
		}},
		{"gtag", "-9", u.GroupTag(-9), getter(uri.URI.GetGroupTag), int64(-9), nil},
		{"sparse", "true", u.Sparse(true), getter(uri.URI.GetSparse), true, nil},
		{"eos", "true", u.EOS(true), getter(uri.URI.GetEOS), true, nil},
		{"tether", "false", u.Tether(false), getter(uri.URI.GetTether), false, nil},
		{"group", "infer", u.Group(uri.GroupInfer), getter(uri.URI.GetGroup), uri.GroupInfer, []uri.URI{u.Group("maybe")}},
		{"rejoin", "true", u.Rejoin(true), getter(uri.URI.GetRejoin), true, nil},
		{"ssc", "true", u.SpiesSimulateConnection(true), getter(uri.URI.GetSpiesSimulateConnection), true, nil},
		{"so-sndbuf", "2m", u.SocketSendBuffer(2 << 20), getter(uri.URI.GetSocketSendBuffer), 2 << 20, []uri.URI{u.SocketSendBuffer(-1)}},
		{"so-rcvbuf", "1025", u.SocketReceiveBuffer(1025), getter(uri.URI.GetSocketReceiveBuffer), 1025, []uri.URI{u.SocketReceiveBuffer(-1)}},
		{"so-tos", "46", u.SocketTOS(46), getter(uri.URI.GetSocketTOS), 46, []uri.URI{u.SocketTOS(-1), u.SocketTOS(256)}},
		{"rcv-wnd", "1g", u.ReceiverWindow(1 << 30), getter(uri.URI.GetReceiverWindow), 1 << 30, []uri.URI{u.ReceiverWindow(-1)}},
		{"media-rcv-ts-offset", "reserved", u.MediaReceiveTimestampOffset(uri.ReservedOffset), getter(uri.URI.GetMediaReceiveTimestampOffset), uri.ReservedOffset, []uri.URI{
			u.MediaReceiveTimestampOffset(-1),
		}},
		{"channel-rcv-ts-offset", "0", u.ChannelReceiveTimestampOffset(0), getter(uri.URI.GetChannelReceiveTimestampOffset), 0, []uri.URI{u.ChannelReceiveTimestampOffset(1 << 40)}},
		{"channel-snd-ts-offset", "8", u.ChannelSendTimestampOffset(8), getter(uri.URI.GetChannelSendTimestampOffset), 8, []uri.URI{u.ChannelSendTimestampOffset(-7)}},
		{"response-endpoint", "localhost:6", u.ResponseEndpoint("localhost", 6), addressGetter(uri.URI.GetResponseEndpoint), address{"localhost", 6}, []uri.URI{u.ResponseEndpoint("", 1)}},
		{"response-correlation-id", "prototype", u.ResponsePrototype(), getter(uri.URI.GetResponseCorrelationID), int64(-2), []uri.URI{u.ResponseCorrelationID(-2)}},
		{"nak-delay", "0ns", u.NakDelay(0), getter(uri.URI.GetNakDelay), time.Duration(0), []uri.URI{u.NakDelay(-1)}},
		{"untethered-window-limit-timeout", "90s", u.UntetheredWindowLimitTimeout(90 * time.Second), getter(uri.URI.GetUntetheredWindowLimitTimeout), 90 * time.Second, nil},
		{"untethered-linger-timeout", "1500us", u.UntetheredLingerTimeout(1500 * time.Microsecond), getter(uri.URI.GetUntetheredLingerTimeout), 1500 * time.Microsecond, nil},
		{"untethered-resting-timeout", "1001ns", u.UntetheredRestingTimeout(1001), getter(uri.URI.GetUntetheredRestingTimeout), time.Duration(1001), nil},
		{"max-resend", "256", u.MaxResend(256), getter(uri.URI.GetMaxResend), 256, []uri.URI{u.MaxResend(0), u.MaxResend(257)}},
		{"stream-id", "-1", u.StreamID(-1), getter(uri.URI.GetStreamID), int32(-1), nil},
		{"pub-wnd", "32k", u.PublicationWindow(32 << 10), getter(uri.URI.GetPublicationWindow), 32 << 10, []uri.URI{u.PublicationWindow(-1)}},
		{"ats", "true", u.ATS(true), getter(uri.URI.GetATS), true, nil},
	}
}

func TestParameters(t *testing.T) {
	for _, p := range typedParams() {
		t.Run(p.key, func(t *testing.T) {
			require.NoError(t, p.set.Err())
			require.Equal(t, "aeron:udp?"+p.key+"="+p.text, p.set.String())
			require.True(t, p.set.Equal(uri.UDP().Set(p.key, p.text)), "the same by name")
			require.True(t, p.set.Equal(p.set.Unset(p.key).Set(p.key, p.text)))
			got, err := p.get(p.set)
			require.NoError(t, err)
			require.Equal(t, p.want, got)
			requireRoundTrip(t, p.set)

			_, err = p.get(uri.UDP())
			require.ErrorIs(t, err, uri.ErrNotSet)
			_, err = p.get(uri.UDP().Set("alias", "|"))
			require.ErrorIs(t, err, uri.ErrValue, "a channel that could not be built has no values")

			for i, wrong := range p.wrong {
				require.ErrorIs(t, wrong.Err(), uri.ErrValue, "%d", i)
				var e *uri.Error
				require.ErrorAs(t, wrong.Err(), &e)
				require.Equal(t, p.key, e.Field)
				require.NotEmpty(t, e.Remedy)
				require.False(t, wrong.Has(p.key), "a wrong value is not there")
			}
		})
	}
}

// Keys that every getter refuses with text that C refuses.
func TestGetters_refuseWhatCRefuses(t *testing.T) {
	for _, p := range typedParams() {
		if slices.Contains([]string{"alias", "interface", "control-mode", "group", "cc", "ttl"}, p.key) {
			continue // C takes any text for these, or none of it
		}
		t.Run(p.key, func(t *testing.T) {
			u, err := uri.Parse("aeron:udp?" + p.key + "=junk,junk")
			require.NoError(t, err)
			_, err = p.get(u)
			require.ErrorIs(t, err, uri.ErrValue)
			require.ErrorContains(t, err, "junk")
		})
	}
}

// And what C reads in its own way, the getters read in the same.
func TestGetters_readAsCDoes(t *testing.T) {
	u, err := uri.Parse("aeron:udp?session-id=0x10|ttl=256|linger=5MSx|term-length=64Kjunk|reliable=truest|tags=12abc|control-mode=banana|group=maybe|" +
		"so-sndbuf=99999999999999999999|nak-delay=99999999999999999|term-offset=64x|media-rcv-ts-offset=010|stream-id=-010|mtu= 1408")
	require.NoError(t, err)
	check := func(want, got any, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	session, err := u.GetSessionID()
	check(int32(16), session, err)
	ttl, err := u.GetTTL()
	check(255, ttl, err)
	linger, err := u.GetLinger()
	check(5*time.Millisecond, linger, err)
	term, err := u.GetTermLength()
	check(64<<10, term, err)
	reliable, err := u.GetReliable()
	check(true, reliable, err)
	tag, err := u.GetChannelTag()
	check(int64(12), tag, err)
	_, err = u.GetEntityTag()
	require.ErrorIs(t, err, uri.ErrNotSet)
	mode, err := u.GetControlMode()
	check(uri.ControlMode(""), mode, err)
	group, err := u.GetGroup()
	check(uri.GroupFalse, group, err)
	sndbuf, err := u.GetSocketSendBuffer()
	check(math.MaxInt64, sndbuf, err)
	nak, err := u.GetNakDelay()
	check(time.Duration(99999999999999999), nak, err)
	offset, err := u.GetMediaReceiveTimestampOffset()
	check(8, offset, err)
	stream, err := u.GetStreamID()
	check(int32(-8), stream, err)
	mtu, err := u.GetMTU()
	check(1408, mtu, err)
}

func TestOrder_isJavas(t *testing.T) {
	all := typedParams()
	keys := make([]string, len(all))
	for i, p := range all {
		keys[i] = p.key
	}
	require.Equal(t, keys, uri.Keys(), "the table is in the order of ChannelUriStringBuilder.build, and knows every parameter")

	for name, order := range map[string][]typed{"forwards": all, "backwards": reversed(all)} {
		t.Run(name, func(t *testing.T) {
			u := uri.UDP().Set("own-key", "z").Set("another", "y")
			for _, p := range order {
				u = u.Set(p.key, p.text)
			}
			require.NoError(t, u.Err())
			var got []string
			for key := range u.All() {
				got = append(got, key)
			}
			require.Equal(t, append(slices.Clone(keys), "own-key", "another"), got, "keys of one's own come last, as they were set")
			requireRoundTrip(t, u)
		})
	}
	uri.Keys()[0] = "changed"
	require.Equal(t, "tags", uri.Keys()[0])
}

func reversed[T any](s []T) []T {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

func TestURI_isAValue(t *testing.T) {
	base := uri.UDP().Endpoint("127.0.0.1", 1).Reliable(true)
	before := base.String()
	one, two := base.SessionID(1), base.SessionID(2)
	broken, alsoBroken := base.TTL(-1), base.TTL(-2)
	require.Equal(t, before, base.String())
	require.Equal(t, "aeron:udp?endpoint=127.0.0.1:1|session-id=1|reliable=true", one.String())
	require.Equal(t, "aeron:udp?endpoint=127.0.0.1:1|session-id=2|reliable=true", two.String())
	require.NoError(t, base.Err())
	require.ErrorContains(t, broken.MTU(-64).Err(), `"-1"`)
	require.NotContains(t, alsoBroken.Err().Error(), `"-1"`)
	require.Equal(t, before, one.Unset("session-id").String())
	require.True(t, one.Has("session-id"))
	require.Equal(t, one.String(), base.SessionID(9).SessionID(1).String(), "the last one counts")
	for range base.All() {
		break // an iteration may end early
	}
	parsed, err := uri.Parse("aeron:ipc?mtu=64|mtu=128")
	require.NoError(t, err)
	require.NoError(t, parsed.MTU(256).Validate(), "setting it anew settles which one counts")
	require.Error(t, parsed.Validate())
}

func TestErr_isNeverLost(t *testing.T) {
	u := uri.UDP().Endpoint("127.0.0.1", 70000).TTL(300).SessionID(5)
	require.ErrorContains(t, u.Err(), "port 70000 is out of range")
	require.ErrorContains(t, u.Err(), "ttl")
	_, err := u.Build()
	require.Equal(t, u.Err(), err)
	require.ErrorContains(t, u.Validate(), "port 70000")
	require.ErrorIs(t, u.ValidateFor(uri.Subscription), uri.ErrValue)

	text := u.String()
	require.True(t, strings.HasPrefix(text, "invalid channel: uri: set: endpoint="), text)
	require.NotContains(t, text, "\n")
	_, err = uri.Parse(text)
	require.ErrorIs(t, err, uri.ErrSyntax)
	same := u
	require.False(t, u.Equal(same), "a broken channel is not the same as any")

	var zero uri.URI
	require.ErrorIs(t, zero.Err(), uri.ErrSyntax)
	require.Contains(t, zero.String(), "invalid channel")
	require.Error(t, zero.Validate())
	_, err = zero.Build()
	require.ErrorContains(t, err, "start with UDP, IPC or Parse")
	require.ErrorContains(t, uri.Session("tcp", 1, true).Err(), "neither udp nor ipc")
	require.ErrorContains(t, uri.Handshake("", true).Err(), "neither udp nor ipc")
}

func TestSet_refusesKeys(t *testing.T) {
	for _, key := range []string{"", "a|b", "a=b", "a?b", "a b", "a\x00", "a\n", "\x7f"} {
		u := uri.IPC().Set(key, "1")
		require.ErrorIs(t, u.Err(), uri.ErrSyntax, "%q", key)
	}
	u := uri.IPC().Set("my-key", "1")
	require.NoError(t, u.Err())
	require.Equal(t, "aeron:ipc?my-key=1", u.String())
	_, err := u.Build()
	require.ErrorIs(t, err, uri.ErrUnknownKey)
}

func TestBuild_tooLong(t *testing.T) {
	fits := uri.IPC().Alias(strings.Repeat("a", uri.MaxLength-len("aeron:ipc?alias=")))
	text, err := fits.Build()
	require.NoError(t, err)
	require.Len(t, text, uri.MaxLength)
	_, err = fits.Set("alias", strings.Repeat("a", uri.MaxLength)).Build()
	require.ErrorIs(t, err, uri.ErrTooLong)
	require.Less(t, len(err.Error()), 300)
}

func TestParse_refuses(t *testing.T) {
	for text, says := range map[string]string{
		"":                            "does not begin with aeron:",
		"aeron-spy:":                  "does not begin with aeron:",
		"aeron:udp":                   "has parameters",
		"aeron:tcp?a=b":               `"tcp" is neither udp nor ipc`,
		"aeron:ipc\x00?x":             "byte 9 is NUL",
		"aeron:ipc?=x":                "no name",
		"aeron:ipc?mtu=|x=y":          "no value",
		"aeron:ipc?mtu|x=y":           "neither '=' nor a value",
		strings.Repeat("x", 4096):     "it has 4096 bytes",
		"aeron:ipc?alias=\xff\xfe|=z": "no name",
	} {
		_, err := uri.Parse(text)
		require.ErrorContains(t, err, says, "%q", text)
	}
}

func TestSpy(t *testing.T) {
	u := uri.UDP().Endpoint("localhost", 5).Spy()
	require.Equal(t, "aeron-spy:aeron:udp?endpoint=localhost:5", u.String())
	require.True(t, u.IsSpy())
	requireRoundTrip(t, u)
	require.NoError(t, u.ValidateFor(uri.Subscription))
	require.ErrorIs(t, u.ValidateFor(uri.Publication), uri.ErrConflict)
}

func TestDynamicControl(t *testing.T) {
	text, err := uri.UDP().DynamicControl("0.0.0.0", 40124).Build()
	require.NoError(t, err)
	require.Equal(t, "aeron:udp?control=0.0.0.0:40124|control-mode=dynamic", text)
}

func TestSessionTag(t *testing.T) {
	u := uri.UDP().Endpoint("h", 1).SessionTag(-7)
	require.Equal(t, "aeron:udp?endpoint=h:1|session-id=tag:-7", u.String())
	tag, err := u.GetSessionTag()
	require.NoError(t, err)
	require.EqualValues(t, -7, tag)
	_, err = u.GetSessionID()
	require.ErrorIs(t, err, uri.ErrValue)
	_, err = u.SessionID(5).GetSessionTag()
	require.ErrorIs(t, err, uri.ErrValue)
	require.NoError(t, u.ValidateFor(uri.Publication))
}

func TestInitialPosition(t *testing.T) {
	for name, c := range map[string]struct {
		position int64
		first    int32
		term     int
		want     string
	}{
		"start":         {0, 7, 64 << 10, "term-length=64k|init-term-id=7|term-id=7|term-offset=0"},
		"inside":        {3<<16 + 96, -1, 64 << 10, "term-length=64k|init-term-id=-1|term-id=2|term-offset=96"},
		"term ids wrap": {1 << 20, math.MaxInt32, 1 << 20, "term-length=1m|init-term-id=2147483647|term-id=-2147483648|term-offset=0"},
		"last position": {1<<47 - 32, 0, 64 << 10, "term-length=64k|init-term-id=0|term-id=2147483647|term-offset=65504"},
		"longest terms": {1<<61 - 32, 0, 1 << 30, "term-length=1g|init-term-id=0|term-id=2147483647|term-offset=1073741792"},
	} {
		t.Run(name, func(t *testing.T) {
			u := uri.IPC().InitialPosition(c.position, c.first, c.term)
			text, err := u.Build()
			require.NoError(t, err)
			require.Equal(t, "aeron:ipc?"+c.want, text)
		})
	}
	for _, wrong := range []uri.URI{
		uri.IPC().InitialPosition(-32, 0, 64<<10), uri.IPC().InitialPosition(33, 0, 64<<10),
		uri.IPC().InitialPosition(1<<47, 0, 64<<10), uri.IPC().InitialPosition(0, 0, 1000),
	} {
		require.ErrorIs(t, wrong.Err(), uri.ErrValue)
		require.False(t, wrong.Has("term-id"))
	}
}

func TestFlowControl_text(t *testing.T) {
	tag, size := int64(-5), int32(0)
	for want, f := range map[string]uri.FlowControl{
		"max":                {Strategy: uri.FlowMax},
		"max,rrwm:3":         {Strategy: uri.FlowMax, RetransmitWindows: 3},
		"min":                {Strategy: uri.FlowMin},
		"min,g:/0":           {Strategy: uri.FlowMin, MinGroupSize: &size},
		"min,t:100ms":        {Strategy: uri.FlowMin, Timeout: 100 * time.Millisecond},
		"tagged,g:-5":        {Strategy: uri.FlowTagged, GroupTag: &tag},
		"tagged,g:-5/0,t:1s": {Strategy: uri.FlowTagged, GroupTag: &tag, MinGroupSize: &size, Timeout: time.Second},
	} {
		u := uri.UDP().FlowControl(f)
		require.NoError(t, u.Err())
		text, ok := u.Get("fc")
		require.True(t, ok)
		require.Equal(t, want, text)
		got, err := u.GetFlowControl()
		require.NoError(t, err)
		require.Equal(t, f, got)
	}
}

func TestRole_string(t *testing.T) {
	require.Equal(t, "publication", uri.Publication.String())
	require.Equal(t, "subscription", uri.Subscription.String())
	require.Equal(t, "publication and subscription", (uri.Publication | uri.Subscription).String())
	require.Equal(t, "none", uri.Role(0).String())
	require.Equal(t, "Role(9)", uri.Role(9).String())
}

func BenchmarkBuild(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = uri.UDP().Endpoint("127.0.0.1", 40123).SessionID(5).Reliable(true).String()
	}
}

func BenchmarkParseAndValidate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		u, err := uri.Parse("aeron:udp?endpoint=127.0.0.1:40123|session-id=5|reliable=true")
		if err == nil {
			err = u.Validate()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
