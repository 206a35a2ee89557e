package main

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron/aeronprom"
)

// exporterOptions are the flags of aerongo exporter.
type exporterOptions struct {
	listening
	metrics aeronprom.Options
}

func exporterCommand(std streams) *cobra.Command {
	o := exporterOptions{}
	cmd := &cobra.Command{
		Use:   "exporter",
		Short: "Serve a driver's metrics to Prometheus",
		Long: `exporter serves the metrics of the driver in a directory at /metrics, until a signal. They are made when they are asked for.

The driver need not run: aeron_up tells whether it does, and a driver that comes or is restarted is followed. Streams, subscribers and
clients beyond the limits are counted together, so that nobody can make series without bound.
deploy/grafana has a dashboard and deploy/prometheus alert rules.`,
		Example: `  aerongo exporter --dir /dev/shm/my-driver
  aerongo exporter --dir /dev/shm/my-driver --driver-name orders --listen 127.0.0.1:9464
  aerongo exporter --listen 0.0.0.0:9464 --allow-remote --host metrics.internal`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runExporter(cmd.Context(), o, std) },
	}
	o.flags(cmd, "127.0.0.1:9464")
	f := cmd.Flags()
	f.StringVar(&o.metrics.Driver, "driver-name", "", "the value of the label driver (default: the directory)")
	f.IntVar(&o.metrics.MaxStreams, "max-streams", aeronprom.DefaultMaxStreams, "how many streams get series of their own")
	f.IntVar(&o.metrics.MaxSubscribers, "max-subscribers", aeronprom.DefaultMaxSubscribers, "how many subscribers of one stream get series of their own")
	f.IntVar(&o.metrics.MaxClients, "max-clients", aeronprom.DefaultMaxClients, "how many clients get series of their own")
	f.DurationVar(&o.metrics.DriverTimeout, "driver-timeout", 10*time.Second, "how old the heartbeat of a living driver may be")
	return cmd
}

// Scrapes at once; more are told to come again. One takes milliseconds.
const maxScrapes = 8

func runExporter(ctx context.Context, o exporterOptions, std streams) error {
	for _, limit := range []struct {
		flag  string
		value int
	}{{"max-streams", o.metrics.MaxStreams}, {"max-subscribers", o.metrics.MaxSubscribers}, {"max-clients", o.metrics.MaxClients}} {
		if limit.value < 1 {
			return usagef("--%s %d: must be at least 1", limit.flag, limit.value)
		}
	}
	if o.metrics.DriverTimeout <= 0 {
		return usagef("--driver-timeout %v: must be more than 0", o.metrics.DriverTimeout)
	}
	dir, err := o.directory()
	if err != nil {
		return err
	}
	collector, err := aeronprom.New(dir, o.metrics)
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{collector, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := registry.Register(c); err != nil {
			return err
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: maxScrapes, EnableOpenMetrics: true,
	}))
	mux.Handle("/{$}", http.RedirectHandler("/metrics", http.StatusFound))
	return o.serve(ctx, dir, "/metrics", mux, std)
}
