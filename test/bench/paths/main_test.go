package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

// A turn must fit into the window: nobody receives while it is sent. What is claimed of every path: whole turns arrive, and none crosses into C for each message.
func TestPaths_exchangeWholeTurnsWithoutACrossingEach(t *testing.T) {
	drv, err := aeron.Open(aeron.Config{Directory: testdriver.Dir(t), Threading: aeron.Shared, TermLength: 512 << 10, IPCTermLength: 512 << 10})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(t.Context()))
	names := map[string]bool{}
	for i, p := range paths {
		require.False(t, names[p.name], p.name)
		names[p.name] = true
		t.Run(p.name, func(t *testing.T) {
			p.channel = strings.Replace(p.channel, "127.0.0.1:PORT", strings.TrimPrefix(testdriver.UDP(t), "aeron:udp?endpoint="), 1)
			l, err := p.open(testdriver.Context(t), drv, int32(1+i))
			require.NoError(t, err)
			const messages = 10*turn + 3 // the last three are no turn
			for n := range 3 {
				c, err := l.run(messages)
				require.NoError(t, err)
				require.Positive(t, c.elapsed)
				require.Equal(t, (n+1)*10*turn, l.received)
				require.Less(t, c.crossings, uint64(10*turn/2))
			}
			require.NoError(t, l.close())
			_, err = l.run(messages)
			require.ErrorIs(t, err, aeron.ErrClosed)
		})
	}
}

// What a run allocates by itself is no message's; what each message allocates is found, and so is what one in a hundred does.
func TestPerMessage_findsWhatMessagesAllocate(t *testing.T) {
	for name, every := range map[string]int{"none": 0, "each": 1, "one in a hundred turns": 100 * turn} {
		t.Run(name, func(t *testing.T) {
			l := &loop{}
			l.exchange = func(turns int) error {
				kept = make([]byte, 100)
				for i := range turns * turn {
					if every > 0 && i%every == 0 {
						kept = make([]byte, 100)
					}
				}
				return nil
			}
			s, err := l.perMessage(1000)
			require.NoError(t, err)
			want := 0.0
			if every > 0 {
				want = 1 / float64(every)
			}
			require.InDelta(t, want, s.allocations, 0.0005)
			require.Positive(t, s.nanoseconds)
		})
	}
}

// kept makes the compiler allocate.
var kept []byte
