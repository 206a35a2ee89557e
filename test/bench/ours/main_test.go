package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

func driver(t *testing.T) *aeron.Driver {
	t.Helper()
	drv, err := aeron.Open(aeron.Config{
		Directory: testdriver.Dir(t), Threading: aeron.Shared, TermLength: 64 << 10, IPCTermLength: 256 << 10, InitialWindow: 16 << 10,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(t.Context()))
	return drv
}

// The contestant takes commands as the bench gives them, and every message arrives as it was sent.
func TestContestant_servesEveryKindOfStream(t *testing.T) {
	drv := driver(t)
	for _, batch := range []bool{false, true} {
		var commands, want []string
		stream := int32(1)
		for _, channel := range []string{"aeron:ipc", testdriver.UDP(t)} {
			for _, exclusive := range []bool{true, false} {
				for _, publishers := range []int{1, 3} {
					stream++
					open := protocol.Throughput{Channel: channel, Stream: stream, Length: 4096, Publishers: publishers, Exclusive: exclusive, Checked: true}
					commands = append(commands, open.String(), "run 100", "run 7", "close")
					want = append(want, "ok", "ok 100 0", "ok 7 0", "ok")
				}
			}
		}
		var out bytes.Buffer
		require.NoError(t, protocol.Serve(contestant{drv, batch}, strings.NewReader(strings.Join(commands, "\n")), &out))
		var got []string
		for line := range strings.Lines(out.String()) {
			words := strings.Fields(line)
			if len(words) == 5 { // the times differ
				words = append(words[:1], words[2], words[3])
			}
			got = append(got, strings.Join(words, " "))
		}
		require.Equal(t, want, got, "batch: %t", batch)
	}
}

func TestContestant_writesTheTimeOfEveryRoundTrip(t *testing.T) {
	drv := driver(t)
	for name, channels := range map[string][2]string{"ipc": {"aeron:ipc", "aeron:ipc"}, "udp": {testdriver.UDP(t), testdriver.UDP(t)}} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "times")
			s, err := contestant{drv, false}.Latency(protocol.Latency{Ping: channels[0], Pong: channels[1], PingStream: 100, PongStream: 101, Length: 32})
			require.NoError(t, err)
			for _, run := range []protocol.Run{{Messages: 50, File: file}, {Messages: 20, Interval: 1000_000, File: file}} {
				result, err := s.Run(run)
				require.NoError(t, err)
				require.EqualValues(t, run.Messages, result.Received)
				require.Zero(t, result.Wrong)
				require.GreaterOrEqual(t, result.Nanoseconds, int64(run.Messages)*run.Interval, "none starts before it was meant to")
				data, err := os.ReadFile(file)
				require.NoError(t, err)
				require.Len(t, data, 8*run.Messages)
				for i := range run.Messages {
					require.Positive(t, int64(binary.LittleEndian.Uint64(data[8*i:])), "round trip %d", i)
				}
			}
			require.NoError(t, s.Close())
		})
	}
}

func TestContestant_leavesNothingOpenWhenItCannotOpen(t *testing.T) {
	drv := driver(t)
	for _, c := range []contestant{{drv, false}, {drv, true}} {
		_, err := c.Throughput(protocol.Throughput{Channel: "aeron:nonsense", Stream: 1, Length: 32, Publishers: 1})
		require.ErrorContains(t, err, "nonsense")
		_, err = c.Latency(protocol.Latency{Ping: "aeron:ipc", Pong: "aeron:nonsense", PingStream: 1, PongStream: 2, Length: 32})
		require.ErrorContains(t, err, "nonsense")
	}
	info, err := drv.IsInUse()
	require.NoError(t, err)
	require.False(t, info, "a subscription or publication is left")
}

func TestPublication_isOfTheKindThatWasAskedFor(t *testing.T) {
	c := contestant{drv: driver(t)}
	for _, exclusive := range []bool{true, false} {
		pub, err := c.publication(context.Background(), "aeron:ipc", 1, exclusive)
		require.NoError(t, err)
		require.Equal(t, exclusive, strings.Contains(fmt.Sprintf("%T", pub), "Exclusive"))
		require.NoError(t, pub.Close())
	}
}
