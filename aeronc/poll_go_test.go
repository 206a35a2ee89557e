//go:build !aeron_reference

package aeronc_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// Whoever can write the log, a hostile publisher for one, can put anything into a frame's header. C would hand out memory
// far behind the log; here the image ends with an error.
func TestPoll_refusesFramesThatCannotBe(t *testing.T) {
	figures.Begin(t)
	lengths := []int32{1, 31, 64<<10 + 32, 1 << 30, 1<<31 - 1}
	for _, length := range lengths {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			d := testdriver.Start(t)
			client := d.Connect()
			p, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
			require.NoError(t, err)
			s := connect(t, client, p)
			good, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
			require.NoError(t, err)
			testdriver.Await(t, "both images", func() bool { return s.ImageCount() == 2 })
			offer(t, p, []byte("a good one"))
			receive(t, s, 1)
			log := mapLog(t, filepath.Join(d.Dir(), "publications", fmt.Sprintf("%d.logbuffer", p.Constants().OriginalRegistrationID)))
			atomic.StoreInt32(int32At(log, 64), length)
			n, err := s.Poll(func(aeronc.Fragment) { t.Error("handed out") }, 10)
			require.Zero(t, n)
			require.ErrorIs(t, err, aeronc.ErrCorruptFrame)
			require.ErrorContains(t, err, fmt.Sprint(length))
			offer(t, good, []byte("the others go on"))
			require.Equal(t, "the others go on", string(receive(t, s, 1)[0]))
		})
	}
	figures.Record(t, "lengths", len(lengths))
}
