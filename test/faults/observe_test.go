package faults

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/stats"
)

const subscriberPosition = stats.TypeSubscriberPosition

// counters is how many counters of a type a driver has.
func counters(t *testing.T, dir string, typeID int32) (n int) {
	t.Helper()
	snapshot, err := stats.Open(dir)
	require.NoError(t, err)
	defer snapshot.Close()
	for c := range snapshot.Counters() {
		if c.TypeID == typeID {
			n++
		}
	}
	return n
}
