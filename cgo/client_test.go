package cgo_test

import (
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestClient_numbersFromTheDriver(t *testing.T) {
	r := start(t)
	require.True(t, cgo.ClientIsOf(r.client, r.context))
	require.False(t, cgo.ClientIsClosed(r.client))
	first, err := cgo.ClientNextCorrelationID(r.client)
	require.NoError(t, err)
	second, err := cgo.ClientNextCorrelationID(r.client)
	require.NoError(t, err)
	require.Equal(t, first+1, second)
	ids := map[int32]bool{}
	for range 3 {
		async, err := cgo.ClientAsyncNextSessionID(r.client, 7)
		ids[added[int32](r, async, err)] = true
	}
	require.Len(t, ids, 3)
	cgo.ClientMainIdleStrategy(r.client, 1)
	cgo.DriverMainIdleStrategy(r.driver, 1)
}

func TestContext_handlersAreOurs(t *testing.T) {
	r := start(t)
	slots := cgo.ContextHandlers(r.context)
	require.Len(t, slots, 8)
	seen := map[uintptr]bool{}
	for n, slot := range slots {
		require.NotZero(t, slot.Handler, n)
		require.Equal(t, slots[0].Clientd, slot.Clientd, n)
		seen[slot.Handler] = true
	}
	require.NotZero(t, slots[0].Clientd)
	require.Len(t, seen, len(slots), "a function for each")
}

func TestDriverContext_parts(t *testing.T) {
	c, err := cgo.DriverContextInit(false)
	require.NoError(t, err)
	defer func() { require.NoError(t, cgo.DriverContextClose(c)) }()
	parts := cgo.DriverContextParts(c)
	for n, part := range parts[:7] {
		require.NotZero(t, part, "part %d", n)
	}
	require.Zero(t, parts[7], "no outgoing interceptors")
}

func TestDriverContext_terminationHook(t *testing.T) {
	c, err := cgo.DriverContextInit(false)
	require.NoError(t, err)
	defer func() { require.NoError(t, cgo.DriverContextClose(c)) }()
	q, fd, err := cgo.NewEvents()
	require.NoError(t, err)
	file := os.NewFile(uintptr(fd), "events")
	defer func() {
		require.NoError(t, file.Close())
		q.Destroy()
	}()
	tag := cgo.NewTag(t)
	defer tag.Free()
	l, other := cgo.NewListener(q, tag), cgo.NewListener(q, tag)
	defer l.Free()
	defer other.Free()
	require.False(t, cgo.DriverContextHasTerminationHook(c, l))
	require.NoError(t, cgo.DriverContextSetTerminationHook(c, l))
	require.True(t, cgo.DriverContextHasTerminationHook(c, l))
	require.False(t, cgo.DriverContextHasTerminationHook(c, other))
}

func TestEvents_ofWhatIsNew(t *testing.T) {
	r := start(t)
	async, err := cgo.AddAsyncPublication(r.client, ipc, 7)
	require.NoError(t, err)
	id := async.RegistrationID()
	p := added[cgo.Publication](r, async, err)
	want := cgo.Event{
		Kind: cgo.EventNewPublication, Tag: r.tag, Text: ipc, StreamID: 7, RegistrationID: id, SessionID: cgo.PublicationSessionID(p),
	}
	require.Equal(t, want, r.event(cgo.EventNewPublication))
	require.Equal(t, ipc, cgo.PublicationChannel(p))
	require.EqualValues(t, 7, cgo.PublicationStreamID(p))

	x := r.exclusive(ipc, 8)
	info, err := cgo.ExclusivePublicationConstants(x)
	require.NoError(t, err)
	e := r.event(cgo.EventNewExclusivePublication)
	require.Equal(t, info.SessionID, e.SessionID)
	require.EqualValues(t, 8, e.StreamID)
	r.subscription(ipc, 9)
	e = r.event(cgo.EventNewSubscription)
	require.EqualValues(t, 9, e.StreamID)
	require.Equal(t, ipc, e.Text)
}

func TestErrorFrame_ofARejectedImage(t *testing.T) {
	r := start(t)
	channel := testdriver.UDP(t)
	p := r.publication(channel, 7)
	s := r.subscription(channel, 7)
	r.await("an image", func() bool { return cgo.SubscriptionIsConnected(s) && cgo.PublicationIsConnected(p) })
	require.NoError(t, cgo.ImageReject(cgo.SubscriptionForEachImage(s, 1)[0], "not this one"))
	e := r.event(cgo.EventErrorFrame)
	info, err := cgo.PublicationConstants(p)
	require.NoError(t, err)
	require.Equal(t, info.RegistrationID, e.RegistrationID)
	require.Equal(t, info.SessionID, e.SessionID)
	require.EqualValues(t, 7, e.StreamID)
	require.EqualValues(t, 13, e.Code, "image rejected")
	require.Contains(t, e.Text, "not this one")
	require.NotNil(t, e.Frame)
	require.Equal(t, netip.MustParseAddr("127.0.0.1"), e.Frame.Source.Addr())
	require.NotZero(t, e.Frame.Source.Port())
}

func TestAddresses(t *testing.T) {
	r := start(t)
	channel := "aeron:udp?endpoint=127.0.0.1:0"
	s := r.subscription(channel, 7)
	var endpoint string
	r.await("an endpoint", func() bool {
		var err error
		endpoint, err = cgo.SubscriptionResolvedEndpoint(s)
		require.NoError(t, err)
		return endpoint != ""
	})
	port, err := netip.ParseAddrPort(endpoint)
	require.NoError(t, err)
	require.NotZero(t, port.Port())
	resolved, err := cgo.SubscriptionTryResolveChannelEndpointPort(s)
	require.NoError(t, err)
	require.Equal(t, "aeron:udp?endpoint="+endpoint, resolved)
	local, err := cgo.SubscriptionLocalAddresses(s, 4)
	require.NoError(t, err)
	require.Equal(t, []string{endpoint}, local)
	for _, none := range []int{0, -1} {
		_, err = cgo.SubscriptionLocalAddresses(s, none)
		require.ErrorContains(t, err, "address_vec_len", none)
	}

	p, x := r.publication(resolved, 7), r.exclusive(resolved, 7)
	for name, of := range map[string]func() ([]string, error){
		"publication":           func() ([]string, error) { return cgo.PublicationLocalAddresses(p, 4) },
		"exclusive publication": func() ([]string, error) { return cgo.ExclusivePublicationLocalAddresses(x, 4) },
	} {
		r.await("an address", func() bool {
			local, err = of()
			require.NoError(t, err, name)
			return len(local) > 0
		})
		address, err := netip.ParseAddrPort(local[0])
		require.NoError(t, err, name)
		require.NotZero(t, address.Port(), name)
	}
	inside := r.subscription(ipc, 7)
	local, err = cgo.SubscriptionLocalAddresses(inside, 1)
	require.NoError(t, err)
	require.Empty(t, local)
	endpoint, err = cgo.SubscriptionResolvedEndpoint(inside)
	require.NoError(t, err)
	require.Empty(t, endpoint)
	resolved, err = cgo.SubscriptionTryResolveChannelEndpointPort(inside)
	require.NoError(t, err)
	require.Equal(t, ipc, resolved)
}

func TestExclusivePublication_revoked(t *testing.T) {
	for name, revoke := range map[string]func(r *raw, p cgo.ExclusivePublication) error{
		"now": func(r *raw, p cgo.ExclusivePublication) error { return cgo.ExclusivePublicationRevoke(p, r.listener) },
		"on close": func(r *raw, p cgo.ExclusivePublication) error {
			cgo.ExclusivePublicationRevokeOnClose(p)
			return cgo.ExclusivePublicationClose(p, r.listener)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			p, s, _ := connected(r)
			i, ok := cgo.SubscriptionImageAtIndex(s, 0)
			require.True(t, ok)
			r.send(p, "one")
			require.NoError(t, revoke(r, p))
			r.event(cgo.EventImageUnavailable)
			require.True(t, cgo.ImageIsPublicationRevoked(i))
			require.Empty(t, r.poll(s), "what was not consumed is gone")
			require.NoError(t, cgo.ImageRelease(i))
		})
	}
}

func TestClaims_byCsOwnFunctions(t *testing.T) {
	r := start(t)
	p, s, _ := connected(r)
	claim := func(data string) (c cgo.Claim) {
		r.await("a claim", func() bool {
			var err error
			c, err = cgo.ExclusivePublicationTryClaim(p, len(data))
			require.NoError(t, err)
			return c.Position > 0
		})
		copy(bytesAt(c.Data, len(data)), data)
		return c
	}
	require.NoError(t, cgo.ClaimCommit(claim("one"), 3))
	require.NoError(t, cgo.ClaimAbort(claim("two"), 3))
	require.NoError(t, cgo.ClaimCommit(claim("three"), 5))
	require.Equal(t, []frame{{"one", 0}, {"three", 0}}, r.poll(s))
}
