package stats_test

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

// open reads a driver's directory.
func open(t *testing.T, dir string) *stats.Snapshot {
	t.Helper()
	snap, err := stats.Open(dir)
	require.NoError(t, err)
	require.NoError(t, snap.Err())
	t.Cleanup(func() { require.NoError(t, snap.Close()) })
	return snap
}

// await refreshes until condition holds.
func await(t *testing.T, snap *stats.Snapshot, what string, condition func() bool) {
	t.Helper()
	testdriver.Await(t, what, func() bool {
		require.NoError(t, snap.Refresh())
		require.NoError(t, snap.Err())
		return condition()
	})
}

// stream is a publication and a subscription that see each other.
func stream(t *testing.T, client *aeronc.Client, channel string, id int32) (*aeronc.ExclusivePublication, *aeronc.Subscription) {
	t.Helper()
	s, err := client.AddSubscription(testdriver.Context(t), channel, id)
	require.NoError(t, err)
	p, err := client.AddExclusivePublication(testdriver.Context(t), channel, id)
	require.NoError(t, err)
	testdriver.Await(t, "an image and a window", func() bool {
		limit, err := p.PositionLimit()
		require.NoError(t, err)
		return s.ImageCount() == 1 && p.IsConnected() && limit > 0
	})
	return p, s
}

// offer publishes n messages of a length.
func offer(t *testing.T, p *aeronc.ExclusivePublication, n, length int) {
	t.Helper()
	for range n {
		testdriver.Await(t, "the offer", func() bool {
			_, err := p.Offer(make([]byte, length))
			return err == nil
		})
	}
}

// counterOf is the only counter of a type with a registration.
func counterOf(t *testing.T, snap *stats.Snapshot, typeID int32, registration int64) stats.Counter {
	t.Helper()
	var found []stats.Counter
	for c := range snap.Counters() {
		if c.TypeID == typeID && c.RegistrationID == registration {
			found = append(found, c)
		}
	}
	require.Len(t, found, 1, "%s of %d", stats.TypeName(typeID), registration)
	c, ok := snap.Find(typeID, registration)
	require.True(t, ok)
	require.Equal(t, found[0], c)
	return c
}

// backlogOf is the backlog of the stream with an id.
func backlogOf(t *testing.T, snap *stats.Snapshot, id int32) stats.StreamBacklog {
	t.Helper()
	all := slices.DeleteFunc(slices.Collect(snap.Backlog()), func(s stats.StreamBacklog) bool { return s.StreamID != id })
	require.Len(t, all, 1)
	return all[0]
}
