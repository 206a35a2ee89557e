package stats_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/stats"
)

// busy is a driver with n counters in use, with labels as they are.
func busy(b *testing.B, n int) string {
	b.Helper()
	f := newFiles(b, (n+31)&^31)
	for id := range n {
		channel := fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", 20000+id/8)
		f.counter(id, int32(1+id%5), streamKey(int64(id/8), int32(id/8), 10, channel),
			fmt.Sprintf("pub-lmt: %d %d 10 %s", id/8, id/8, channel), int64(id)<<20)
	}
	return f.write(b)
}

func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{64, 1024, 8192} {
		b.Run(fmt.Sprintf("%dCounters", n), func(b *testing.B) {
			dir := busy(b, n)
			b.ReportAllocs()
			for b.Loop() {
				_, err := stats.Open(dir)
				require.NoError(b, err)
			}
		})
	}
}

func BenchmarkRefresh(b *testing.B) {
	for _, n := range []int{64, 1024, 8192} {
		b.Run(fmt.Sprintf("%dCounters", n), func(b *testing.B) {
			snap, err := stats.Open(busy(b, n))
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, snap.Refresh())
			}
		})
	}
}

func BenchmarkCounters(b *testing.B) {
	snap, err := stats.Open(busy(b, 8192))
	require.NoError(b, err)
	b.ReportAllocs()
	var sum int64
	for b.Loop() {
		for c := range snap.Counters() {
			sum += c.Value
		}
	}
	require.NotZero(b, sum)
}

func BenchmarkBacklog(b *testing.B) {
	snap, err := stats.Open(busy(b, 8192))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		for s := range snap.Backlog() {
			_ = s
		}
	}
}
