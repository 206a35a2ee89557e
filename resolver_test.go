package aeron_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

// Drivers that know each other resolve each other's names: no DNS has heard of them.
func TestNameResolver_driversTellEachOtherTheirNames(t *testing.T) {
	first, second := address(t), address(t)
	named := func(name, at, neighbor string) *aeron.Driver {
		cfg := config(t)
		cfg.Driver = aeron.DriverConfig{
			NameResolver: "driver", ResolverName: name, ResolverInterface: at, ResolverBootstrapNeighbor: neighbor, SelfResolutionInterval: 20 * time.Millisecond,
			ResolverNeighborResolutionInterval: 20 * time.Millisecond, ResolverNeighborTimeout: 10 * time.Second, TimerInterval: 20 * time.Millisecond,
		}
		return start(t, cfg)
	}
	receiver := named("receiver.test", first, "")
	sender := named("sender.test", second, first)
	for _, d := range []*aeron.Driver{receiver, sender} {
		testdriver.Await(t, "the neighbor", func() bool {
			known := 0
			for c := range d.Counters() {
				if (c.TypeID == stats.TypeResolverNeighbors || c.TypeID == stats.TypeResolverCacheEntries) && c.Value > 0 {
					known++
				}
			}
			return known == 2
		})
	}
	port := testdriver.Port(t)
	s := subscribe(t, receiver, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port))
	exchange(t, publishOn(t, sender, fmt.Sprintf("aeron:udp?endpoint=receiver.test:%d", port)), s)

	// Who does not take part knows nothing.
	other := start(t, config(t))
	_, err := other.AddExclusivePublication(testdriver.Context(t), fmt.Sprintf("aeron:udp?endpoint=receiver.test:%d", port), 10)
	require.ErrorIs(t, err, aeron.CodeUnknownHost)
}

func TestNameResolver_table(t *testing.T) {
	cfg := config(t)
	cfg.Driver = aeron.DriverConfig{NameResolver: "csv_table", NameResolverInitArgs: "trading,127.0.0.1,127.0.0.2|quotes,127.0.0.1,127.0.0.1"}
	d := start(t, cfg)
	for _, name := range []string{"trading", "quotes"} {
		channel := fmt.Sprintf("aeron:udp?endpoint=%s:%d", name, testdriver.Port(t))
		exchange(t, publishOn(t, d, channel), subscribe(t, d, channel))
	}
	_, err := d.AddSubscription(testdriver.Context(t), "aeron:udp?endpoint=payments.invalid:40000", 10)
	require.ErrorIs(t, err, aeron.CodeUnknownHost)
}
