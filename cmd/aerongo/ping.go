package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/pingpong"
	"github.com/aeroncgo/aeron/idle"
)

// Defaults as in Aeron's samples.
const (
	pingChannel = "aeron:udp?endpoint=localhost:20123"
	pongChannel = "aeron:udp?endpoint=localhost:20124"
	pingStream  = 1002
	pongStream  = 1003
)

// pingPongOptions are the flags that ping and pong share.
type pingPongOptions struct {
	connection
	ping, pong stream
	strategy   string
	asJSON     bool
}

func (o *pingPongOptions) flags(cmd *cobra.Command) {
	o.connection.flags(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.ping.channel, "channel", "c", pingChannel, "the channel of pings")
	f.Int32VarP(&o.ping.id, "stream", "s", pingStream, "the stream of pings")
	f.StringVarP(&o.pong.channel, "pong-channel", "C", pongChannel, "the channel of pongs")
	f.Int32VarP(&o.pong.id, "pong-stream", "S", pongStream, "the stream of pongs")
	f.StringVar(&o.strategy, "idle", "yield", "how to wait: "+idle.Names)
}

// waiting is the idle strategy of the flags.
func (o *pingPongOptions) waiting() (idle.Strategy, error) {
	strategy, err := idle.ByName(o.strategy)
	if err != nil {
		return nil, usagef("--idle %q: one of %s", o.strategy, idle.Names)
	}
	return strategy, nil
}

func pongCommand(std streams) *cobra.Command {
	o := pingPongOptions{}
	cmd := &cobra.Command{
		Use:   "pong",
		Short: "Send pings back",
		Long: `pong sends every message of the ping stream back on the pong stream, as it is, until a signal. It serves aerongo ping, Aeron's C
sample cping and its Java sample Ping, one after the other or together.`,
		Example: "  aerongo pong --embedded\n  aerongo pong --dir /dev/shm/my-driver -c aeron:ipc -C aeron:ipc --idle backoff",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runPong(cmd.Context(), o, std) },
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.asJSON, "json", false, `print {"echoed","dropped"} at the end`)
	return cmd
}

func runPong(ctx context.Context, o pingPongOptions, std streams) (err error) {
	strategy, err := o.waiting()
	if err != nil {
		return err
	}
	drv, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, drv.Close)
	sub, pub, err := addBoth(ctx, drv, o.ping, o.pong)
	if err != nil {
		return err
	}
	stats, err := pingpong.Echo(ctx, sub, pub, strategy, pingpong.Patience)
	if err != nil {
		return explain(drv, err)
	}
	if o.asJSON {
		return printJSON(std.out, struct {
			Echoed  int64 `json:"echoed"`
			Dropped int64 `json:"dropped"`
		}{stats.Echoed, stats.Dropped})
	}
	return nil
}

// addBoth adds the two ends of one side of a ping-pong.
func addBoth(ctx context.Context, drv *aeron.Driver, in, out stream) (*aeron.Subscription, *aeron.ExclusivePublication, error) {
	sub, err := addSubscription(ctx, drv, in)
	if err != nil {
		return nil, nil, err
	}
	pub, err := add(ctx, drv.AddExclusivePublication, out)
	if err != nil {
		return nil, nil, err
	}
	return sub, pub, nil
}

// pingOptions are the flags of aerongo ping.
type pingOptions struct {
	pingPongOptions
	messages int64
	warmup   int64
	length   int
	rate     float64
	wait     time.Duration
}

func pingCommand(std streams) *cobra.Command {
	o := pingOptions{}
	cmd := &cobra.Command{
		Use:   "ping",
		Short: "Measure the latency to a pong and back",
		Long: `ping sends messages to a pong (aerongo pong, or Aeron's samples cpong and Pong), measures how long each takes there and back, and prints
the percentiles of that in microseconds, on a terminal with a plot.

Each message is sent when the one before it is back. With --rate they are sent at fixed times instead, and a latency counts
from the time at which its message should have been sent, so that nothing is left out when the sender itself is held up.`,
		Example: `  aerongo ping --dir /dev/shm/my-driver
  aerongo ping --dir /dev/shm/my-driver --rate 20000 --messages 200000 --length 256
  aerongo ping --dir /dev/shm/my-driver -c aeron:ipc -C aeron:ipc --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPing(cmd.Context(), o, std) },
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.Int64VarP(&o.messages, "messages", "m", 100000, "how many messages to measure")
	f.Int64VarP(&o.warmup, "warmup", "w", 10000, "how many messages to send before that")
	f.IntVarP(&o.length, "length", "L", 32, "how long a message is, in bytes, at least 8")
	f.Float64Var(&o.rate, "rate", 0, "messages a second; 0: each when the one before it is back")
	f.DurationVar(&o.wait, "wait", 10*time.Second, "how long to wait for a pong")
	f.BoolVar(&o.asJSON, "json", false, `print {"count","rate","length","min","mean","p50","p90","p99","p99.9","p99.99","max"}, in nanoseconds`)
	return cmd
}

func (o *pingOptions) check() error {
	switch {
	case o.messages < 1:
		return usagef("--messages %d: must be at least 1", o.messages)
	case o.warmup < 0:
		return usagef("--warmup %d: must not be negative", o.warmup)
	case o.length < pingpong.MinLength:
		return usagef("--length %d: must be at least %d, for the timestamp", o.length, pingpong.MinLength)
	case !(o.rate >= 0) || o.rate > 1e9:
		return usagef("--rate %v: must be from 0 to 1e9", o.rate)
	case o.wait <= 0:
		return usagef("--wait %v: must be more than 0", o.wait)
	}
	return nil
}

func runPing(ctx context.Context, o pingOptions, std streams) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	strategy, err := o.waiting()
	if err != nil {
		return err
	}
	drv, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, drv.Close)
	sub, pub, err := addBoth(ctx, drv, o.pong, o.ping)
	if err != nil {
		return err
	}
	measured := pingpong.Options{Messages: o.messages, Warmup: o.warmup, Length: o.length, Rate: o.rate, Wait: o.wait, Idle: strategy}
	histogram, err := pingpong.Measure(ctx, sub, pub, measured)
	if err != nil {
		return explain(drv, err)
	}
	if o.asJSON {
		return printJSON(std.out, pingpong.NewReport(histogram, measured))
	}
	if err := pingpong.WriteTable(std.out, histogram); err != nil {
		return err
	}
	if !isTerminal(std.out) {
		return nil
	}
	if _, err := fmt.Fprintln(std.out); err != nil {
		return err
	}
	return pingpong.WritePlot(std.out, histogram)
}
