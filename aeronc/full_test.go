package aeronc_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// A driver that stands still takes commands until its ring is full. C's client without threads keeps a question that it could not send, which
// it has freed: what is asked then has to wait.
func TestAdd_whileTheDriversRingIsFull(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker)) })
	client := d.Connect(func(c *aeronc.Context) { require.NoError(t, c.SetUseConductorAgentInvoker(true)) })
	work := func() {
		for range 20 { // commands are many
			_, err := d.DoWork()
			require.NoError(t, err)
			_, err = client.DoWork()
			require.NoError(t, err)
		}
	}
	await := func(kind string) any {
		a := begin(t, client, kind, 7)
		var got any
		testdriver.Await(t, kind, func() (done bool) {
			work()
			var err error
			got, done, err = a.poll()
			require.NoError(t, err)
			return done
		})
		return got
	}
	p, ok := await("publication").(*aeronc.Publication)
	require.True(t, ok)
	s, ok := await("subscription").(*aeronc.Subscription)
	require.True(t, ok)
	testdriver.Await(t, "an image", func() bool { work(); return s.ImageCount() == 1 })

	long := "aeron:ipc?alias=" + strings.Repeat("x", 3000)
	full := false
	for n := 0; n < 10_000 && !full; n++ {
		a, err := client.AsyncAddSubscription(long, int32(n))
		require.NoError(t, err)
		_, done, err := a.Poll()
		require.NoError(t, err)
		require.False(t, done)
		full = a.RegistrationID() == 0
		require.NoError(t, a.Cancel())
	}
	require.True(t, full)
	var waiting []pending
	for kind := range asyncAdds {
		a := begin(t, client, kind, 8)
		_, done, err := a.poll()
		require.NoError(t, err)
		require.False(t, done)
		require.Zero(t, a.RegistrationID(), "the driver has not been asked")
		waiting = append(waiting, a)
	}
	// What is short still fits, until nothing does.
	var err error
	for n := 0; n < 10_000 && err == nil; n++ {
		err = aeronc.RequestDriverTermination(d.Dir(), []byte("nobody's"))
	}
	require.Error(t, err)
	err = s.ImageAt(0).Reject("too late")
	require.ErrorIs(t, err, aeronc.CodeDriverBufferFull)
	require.ErrorContains(t, err, "does not take commands")
	_, err = client.DoWork()
	require.NoError(t, err)

	for _, a := range waiting {
		testdriver.Await(t, "an answer", func() bool {
			work()
			_, done, err := a.poll()
			require.NoError(t, err)
			return done
		})
	}
	require.NoError(t, p.Close())
	require.NoError(t, s.Close())
}
