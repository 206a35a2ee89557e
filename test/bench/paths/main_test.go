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
