package scenarios

import (
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

var cycles = flag.Int("cycles", 40, "how often TestCycles opens and closes everything; make cycles takes 1,000")

// Threads, descriptors and mappings are those of the beginning after any number of drivers. Go keeps a thread that C has held up
// for long, and maps its heap as it needs it, so those two may grow by a little, and never with the number of cycles.
func TestCycles(t *testing.T) {
	figures.Begin(t)
	cycle := func() {
		cfg := small(t)
		d, err := aeron.Open(cfg)
		require.NoError(t, err)
		ctx := testdriver.Context(t)
		require.NoError(t, d.Start(ctx))
		for _, channel := range []string{"aeron:ipc", testdriver.UDP(t)} {
			sub, err := d.AddSubscription(ctx, channel, 1)
			require.NoError(t, err)
			pub, err := d.AddExclusivePublication(ctx, channel, 1)
			require.NoError(t, err)
			require.NoError(t, pub.AwaitReady(ctx))
			require.NoError(t, pub.Publish(ctx, []byte("message")))
			for message, err := range sub.Messages(ctx) {
				require.NoError(t, err)
				require.Equal(t, "message", string(message.Data()))
				break
			}
		}
		require.NoError(t, d.Close())
		require.NoDirExists(t, cfg.Directory)
	}
	for range 5 { // what is made once per process, such as threads that stay
		cycle()
	}
	before, begin := testdriver.Held(t), time.Now()
	for range *cycles {
		cycle()
	}
	took := time.Since(begin)
	var after testdriver.Holdings
	testdriver.Await(t, "the descriptors of the beginning", func() bool {
		after = testdriver.Held(t)
		return after.Descriptors == before.Descriptors
	})
	figures.Record(t, "cycles", *cycles)
	t.Logf("%d cycles, %v each: before %+v, after %+v", *cycles, (took / time.Duration(*cycles)).Round(time.Millisecond), before, after)
	require.LessOrEqual(t, after.Threads, before.Threads+testdriver.SpareThreads)
	require.LessOrEqual(t, after.Mappings, before.Mappings+testdriver.SpareMappings)
	require.NoError(t, aeron.CheckLeaks())
}
