package aeronprom_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronprom"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

// What a scrape of a driver with many UDP streams costs, all of them with series.
func BenchmarkCollect(b *testing.B) {
	for _, streams := range []int{10, 1000} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			dir := cnctest.Dir(b)
			f := newCounterFile(b, time.Now(), (streams*8+63)&^31)
			for i := range streams {
				channel := fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", 20000+i)
				for _, typeID := range []int32{
					stats.TypePublisherPosition, stats.TypePublisherLimit, stats.TypeSenderPosition, stats.TypeSenderLimit, stats.TypeSenderBackPressure,
					stats.TypeReceiverHWM, stats.TypeReceiverPosition, stats.TypeSubscriberPosition,
				} {
					f.stream(typeID, int64(i), int32(i), channel, int64(i)*1000, 1)
				}
			}
			f.write(b, dir)
			c, err := aeronprom.New(dir, aeronprom.Options{MaxStreams: streams, DriverTimeout: time.Hour})
			require.NoError(b, err)
			registry := prometheus.NewRegistry()
			registry.MustRegister(c)
			b.ReportAllocs()
			for b.Loop() {
				families, err := registry.Gather()
				if err != nil || len(families) < 20 {
					b.Fatal(err, len(families))
				}
			}
		})
	}
}
