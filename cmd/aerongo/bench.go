package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/load"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/pingpong"
	"github.com/aeroncgo/aeron/idle"
)

// benchOptions are the flags of aerongo bench.
type benchOptions struct {
	connection
	stream
	load     load.Options
	streams  int
	strategy string
	svg      string
	asJSON   bool
}

func benchCommand(std streams) *cobra.Command {
	o := benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Put a load on a channel and measure throughput and latency",
		Long: `bench publishes on a channel of yours and subscribes to it, both in this program, and prints how long messages take one way, as percentiles
in microseconds, and how many arrive.

Messages are sent at fixed times, --rate a second over all streams. A latency counts from the time at which its message should have
been sent, so that nothing is left out when the sender is held up by back pressure or by the machine (no coordinated omission). With
--rate 0 messages are sent as fast as they go; then there is only throughput.
For the way to another machine and back use aerongo ping and pong.`,
		Example: `  aerongo bench --embedded -c aeron:ipc --rate 100000
  aerongo bench --dir /dev/shm/my-driver -c aeron:udp?endpoint=127.0.0.1:40123 --rate 20000 --size 256 --streams 4 --svg latency.svg
  aerongo bench --embedded -c aeron:ipc --rate 0 --size 1024 --duration 5s --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBench(cmd.Context(), o, std) },
	}
	o.connection.flags(cmd)
	o.stream.flags(cmd)
	f := cmd.Flags()
	f.Float64Var(&o.load.Rate, "rate", 10000, "messages a second over all streams; 0: as fast as they go")
	f.IntVar(&o.load.Size, "size", 32, fmt.Sprintf("how long a message is, in bytes, at least %d", load.MinSize))
	f.IntVar(&o.streams, "streams", 1, "how many streams, numbered from --stream on")
	f.DurationVar(&o.load.Duration, "duration", 10*time.Second, "how long to measure")
	f.DurationVar(&o.load.Warmup, "warmup", 2*time.Second, "how long to send before that")
	f.DurationVar(&o.load.Wait, "wait", 10*time.Second, "how long to wait for the subscriber before, and for messages that are late after it")
	f.StringVar(&o.strategy, "idle", "yield", "how both sides wait: "+idle.Names)
	f.StringVar(&o.svg, "svg", "", "draw the percentiles into this file, which is replaced")
	f.BoolVar(&o.asJSON, "json", false, `print {"channel","stream_id","streams","rate","size","duration_ms","sent","received","lost","back_pressured","received_rate","received_bytes_per_second","latency_ns":{"min","mean","p50","p90","p99","p99.9","p99.99","max"}}`)
	return cmd
}

// maxBenchStreams bounds what a mistyped number takes of the machine's memory.
const maxBenchStreams = 1000

func (o *benchOptions) check() error {
	switch {
	case !(o.load.Rate >= 0) || o.load.Rate > 1e9:
		return usagef("--rate %v: must be from 0 to 1e9", o.load.Rate)
	case o.load.Size < load.MinSize:
		return usagef("--size %d: must be at least %d, for the timestamp", o.load.Size, load.MinSize)
	case o.streams < 1 || o.streams > maxBenchStreams:
		return usagef("--streams %d: must be from 1 to %d", o.streams, maxBenchStreams)
	case int64(o.stream.id)+int64(o.streams)-1 > 1<<31-1:
		return usagef("--stream %d and --streams %d: the last stream's number is too great", o.stream.id, o.streams)
	case o.load.Duration <= 0:
		return usagef("--duration %v: must be more than 0", o.load.Duration)
	case o.load.Warmup < 0:
		return usagef("--warmup %v: must not be negative", o.load.Warmup)
	case o.load.Wait <= 0:
		return usagef("--wait %v: must be more than 0", o.load.Wait)
	case o.svg != "" && o.load.Rate == 0:
		return usagef("--svg and --rate 0: without a rate there are no latencies to draw")
	}
	if _, err := idle.ByName(o.strategy); err != nil {
		return usagef("--idle %q: one of %s", o.strategy, idle.Names)
	}
	if o.svg != "" { // better now than after a minute
		if info, err := os.Stat(filepath.Dir(o.svg)); err != nil || !info.IsDir() {
			return usagef("--svg %s: there is no directory %s", o.svg, filepath.Dir(o.svg))
		}
	}
	o.load.Idle = func() idle.Strategy { s, _ := idle.ByName(o.strategy); return s } // it was good a moment ago
	return nil
}

func runBench(ctx context.Context, o benchOptions, std streams) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	drv, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, drv.Close)
	var pubs []*aeron.ExclusivePublication
	var subs []*aeron.Subscription
	for i := range o.streams {
		sub, pub, err := addBoth(ctx, drv, stream{o.channel, o.id + int32(i)}, stream{o.channel, o.id + int32(i)})
		if err != nil {
			return err
		}
		subs, pubs = append(subs, sub), append(pubs, pub)
	}
	result, err := load.Run(ctx, pubs, subs, o.load)
	if err != nil {
		return explain(drv, err)
	}
	if o.svg != "" && result.Latency.TotalCount() > 0 {
		var b bytes.Buffer
		title := fmt.Sprintf("%s, %d B, %.0f messages/s, %d stream(s)", o.channel, o.load.Size, o.load.Rate, o.streams)
		if err := load.WriteSVG(&b, title, result.Latency); err != nil {
			return err
		}
		if err := os.WriteFile(o.svg, b.Bytes(), 0o644); err != nil {
			return fmt.Errorf("--svg: %w", err)
		}
	}
	if o.asJSON {
		return printJSON(std.out, o.report(result))
	}
	return o.print(std.out, result)
}

// benchReport is what bench --json prints.
type benchReport struct {
	Channel       string            `json:"channel"`
	StreamID      int32             `json:"stream_id"`
	Streams       int               `json:"streams"`
	Rate          float64           `json:"rate"` // asked for, 0 for as fast as they go
	Size          int               `json:"size"`
	DurationMS    int64             `json:"duration_ms"`
	Sent          int64             `json:"sent"`
	Received      int64             `json:"received"`
	Lost          int64             `json:"lost"`
	BackPressured int64             `json:"back_pressured"` // messages that had to wait for room in the log
	ReceivedRate  float64           `json:"received_rate"`
	ReceivedBytes float64           `json:"received_bytes_per_second"`
	Latency       *load.Percentiles `json:"latency_ns,omitempty"`
}

func (o *benchOptions) report(r load.Result) benchReport {
	return benchReport{
		Channel: o.channel, StreamID: o.id, Streams: o.streams, Rate: o.load.Rate, Size: o.load.Size, DurationMS: o.load.Duration.Milliseconds(),
		Sent: r.Sent, Received: r.Received, Lost: r.Sent - r.Received, BackPressured: r.BackPressured,
		ReceivedRate: r.Rate(), ReceivedBytes: r.Rate() * float64(o.load.Size), Latency: load.PercentilesOf(r.Latency),
	}
}

func (o *benchOptions) print(w io.Writer, r load.Result) error {
	if r.Latency.TotalCount() > 0 {
		if err := pingpong.WriteTable(w, r.Latency); err != nil {
			return err
		}
		if isTerminal(w) {
			if err := pingpong.WritePlot(w, r.Latency); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d sent, %d received, %d lost; %.0f messages/s, %.1f MB/s; %d had to wait for room in the log\n",
		r.Sent, r.Received, r.Sent-r.Received, r.Rate(), r.Rate()*float64(o.load.Size)/1e6, r.BackPressured)
	return err
}
