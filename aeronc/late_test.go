package aeronc_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// A driver that lives and does not answer: every add ends by itself shortly before C's own patience, and leaves nothing behind.
func TestAdd_withoutAnAnswerEndsByItself(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker)) })
	const timeout = 3 * time.Second // of which a busy machine may take a part
	client := d.Connect(func(c *aeronc.Context) {
		require.NoError(t, c.SetDriverTimeout(timeout))
		require.NoError(t, c.SetKeepaliveInterval(time.Hour)) // or the client would find the driver dead
	})
	listeners := client.Listeners()
	ctx := testdriver.Context(t)
	begin := time.Now()
	a, err := client.AsyncAddSubscription("aeron:ipc", 1)
	require.NoError(t, err)
	_, err = client.AddPublication(ctx, "aeron:ipc", 1)
	require.ErrorIs(t, err, aeronc.ErrTimeout)
	require.ErrorContains(t, err, "2.7s")
	require.GreaterOrEqual(t, time.Since(begin), timeout*9/10)
	_, err = a.Await(ctx)
	require.ErrorIs(t, err, aeronc.ErrTimeout)
	require.NoError(t, a.Cancel())
	_, done, err := a.Poll()
	require.False(t, done)
	require.ErrorIs(t, err, aeronc.ErrTimeout, "it was not the cancel")
	testdriver.Await(t, "nothing to be left", func() bool { return client.Listeners() == listeners })

	// And where nobody but the caller works.
	_, err = d.DoWork() // it must look alive for a newcomer
	require.NoError(t, err)
	own := d.Connect(func(c *aeronc.Context) {
		require.NoError(t, c.SetUseConductorAgentInvoker(true))
		require.NoError(t, c.SetDriverTimeout(timeout))
		require.NoError(t, c.SetKeepaliveInterval(time.Hour))
	})
	late, err := own.AsyncAddCounter(1001, nil, "late")
	require.NoError(t, err)
	testdriver.Await(t, "its end", func() bool {
		var done bool
		_, done, err = late.Poll()
		require.False(t, done)
		return err != nil
	})
	require.ErrorIs(t, err, aeronc.ErrTimeout)
}

// What a client was closed with open goes with it: every kind, in one go, and closing them afterwards is nothing.
func TestClient_takesEveryKindWithIt(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	ctx := testdriver.Context(t)
	before := aeronc.Live()
	counter, err := client.AddCounter(ctx, 1001, []byte("k"), "mine")
	require.NoError(t, err)
	static, err := client.AddStaticCounter(ctx, 1002, nil, "stays", 5)
	require.NoError(t, err)
	p, err := client.AddExclusivePublication(ctx, testdriver.UDP(t), 1)
	require.NoError(t, err)
	addresses, err := p.LocalAddresses()
	require.NoError(t, err)
	require.Len(t, addresses, 1)
	require.Contains(t, addresses[0], "127.0.0.1:")
	now := aeronc.Live()
	require.Equal(t, before.Counters+2, now.Counters)
	require.Equal(t, before.Publications+1, now.Publications)
	require.NoError(t, client.Close())
	_, err = p.LocalAddresses()
	require.ErrorIs(t, err, aeronc.ErrClosed)
	for _, c := range []*aeronc.Counter{counter, static} {
		require.True(t, c.IsClosed())
		_, err = c.Add(1)
		require.ErrorIs(t, err, aeronc.ErrClosed)
		require.NoError(t, c.Close())
		require.NotEmpty(t, c.Constants().Label, "what does not change stays")
	}
	// The static one is still the driver's, for whoever comes.
	other := d.Connect()
	id, found := other.CountersReader().Find(1002, 5)
	require.True(t, found)
	label, err := other.CountersReader().Label(id)
	require.NoError(t, err)
	require.Equal(t, "stays", label)
	testdriver.Await(t, "the other one to be gone", func() bool {
		_, found := other.CountersReader().Find(1001, counter.Constants().RegistrationID)
		return !found
	})
}

func TestRequestDriverTermination_saysWhyNot(t *testing.T) {
	missing := testdriver.Dir(t)
	err := aeronc.RequestDriverTermination(missing, nil)
	require.ErrorIs(t, err, aeronc.ErrNoDriver)
	require.ErrorContains(t, err, missing)
	require.ErrorIs(t, aeronc.RequestDriverTermination("a\x00b", nil), aeronc.ErrInvalidArgument)
	d := testdriver.Start(t)
	err = aeronc.RequestDriverTermination(d.Dir(), make([]byte, 1<<20))
	require.Error(t, err, "a token that no ring holds")
	require.ErrorContains(t, err, d.Dir())
}
