package aeronprom_test

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aeroncgo/aeron/aeronprom"
	"github.com/aeroncgo/aeron/stats"
)

func ExampleNew() {
	collector, err := aeronprom.New("/dev/shm/orders", aeronprom.Options{Driver: "orders"})
	if err != nil {
		fmt.Println(err)
		return
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(collector); err != nil {
		fmt.Println(err)
		return
	}
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
}

func ExampleSystemMetricName() {
	fmt.Println(aeronprom.SystemMetricName(stats.SystemBytesSent))
	// Output: aeron_bytes_sent_total
}
