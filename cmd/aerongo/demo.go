package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/pingpong"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/internal/freeport"
)

// demoOptions are the flags of aerongo demo.
type demoOptions struct {
	file              string
	udpChannel        string
	udpReceiveChannel string
	messages          int64
	timeout           time.Duration
	asJSON            bool
}

// demoReport is what demo --json prints.
type demoReport struct {
	Runs []demoRun                  `json:"runs"`
	RTT  map[string]pingpong.Report `json:"rtt"` // by "ipc" and "udp"
}

// demoRun is a file sent over one channel.
type demoRun struct {
	Channel        string  `json:"channel"`
	Bytes          int64   `json:"bytes"`
	Messages       int64   `json:"messages"`
	Seconds        float64 `json:"seconds"` // from the first message until the receiver had the digest of the last
	SHA256Sent     string  `json:"sha256_sent"`
	SHA256Received string  `json:"sha256_received"` // empty if the stream did not arrive whole
	Verified       bool    `json:"verified"`
	Error          string  `json:"error,omitempty"` // why it did not
}

func demoCommand(std streams) *cobra.Command {
	o := demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo [FILE]",
		Short: "Send a file through an embedded driver to another process, and check it",
		Long: `demo starts a media driver in this process, sends FILE (by default this program itself) over shared memory and over UDP on
the loopback interface to a second process, compares the SHA-256 of what was read here and of what arrived there, and then measures
the round trip to a third one. The exit status is 1 if anything differs.`,
		Example: "  aerongo demo\n  aerongo demo big.iso\n  aerongo demo --json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s takes one file: %q is too much", cmd.CommandPath(), args[1])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.file = args[0]
			}
			return runDemo(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.udpChannel, "udp-channel", "", "publish to this UDP channel (default: a free port of 127.0.0.1)")
	f.StringVar(&o.udpReceiveChannel, "udp-receive-channel", "", "receive on this UDP channel (default: the same)")
	f.Int64Var(&o.messages, "messages", 10000, "how many round trips to measure on each channel")
	f.DurationVar(&o.timeout, "timeout", 2*time.Minute, "how long each step may take")
	f.BoolVar(&o.asJSON, "json", false, `print {"runs":[{"channel","bytes","messages","seconds","sha256_sent","sha256_received","verified"}],"rtt":{"ipc":{…},"udp":{…}}}`)
	return cmd
}

// errDiffers: the demonstration has failed.
var errDiffers = errors.New("what arrived is not what was sent")

const (
	ipcChannel = "aeron:ipc"
	demoStream = 1001
)

func runDemo(ctx context.Context, o demoOptions, std streams) (err error) {
	if o.messages < 1 {
		return usagef("--messages %d: must be at least 1", o.messages)
	}
	if o.timeout <= 0 {
		return usagef("--timeout %v: must be more than 0", o.timeout)
	}
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, to start it again as the receiver: %w", err)
	}
	if o.file == "" {
		o.file = executable
	}
	var ports [3]int
	for i := range ports {
		if ports[i], err = freeport.UDP(); err != nil {
			return err
		}
	}
	if o.udpChannel == "" {
		o.udpChannel = loopback(ports[0])
	}
	if o.udpReceiveChannel == "" {
		o.udpReceiveChannel = o.udpChannel
	}
	file, _, err := openFile(ctx, o.file) // before anything is started: the likeliest mistake
	if err != nil {
		return err
	}
	defer file.Close()
	drv, err := start(ctx, demoConfig())
	if err != nil {
		return err
	}
	defer closing(&err, drv.Close)
	d := demo{drv: drv, executable: executable, options: o, progress: newProgress(std.err, 0)}
	defer d.progress.stop()

	report := demoReport{RTT: map[string]pingpong.Report{}}
	for _, leg := range []struct{ send, receive string }{{ipcChannel, ipcChannel}, {o.udpChannel, o.udpReceiveChannel}} {
		run, err := d.transfer(ctx, file, leg.send, leg.receive)
		if err != nil {
			return explain(drv, err)
		}
		report.Runs = append(report.Runs, run)
	}
	for name, channels := range map[string][2]string{"ipc": {ipcChannel, ipcChannel}, "udp": {loopback(ports[1]), loopback(ports[2])}} {
		if report.RTT[name], err = d.roundTrips(ctx, channels[0], channels[1]); err != nil {
			return explain(drv, fmt.Errorf("round trips over %s: %w", name, err))
		}
	}
	d.progress.clear()
	if err := report.write(std, o, filepath.Base(o.file)); err != nil {
		return err
	}
	for _, run := range report.Runs {
		if !run.Verified {
			return fmt.Errorf("%s over %s: %w", o.file, run.Channel, errDiffers)
		}
	}
	return nil
}

// demoConfig is a driver for two processes on one machine. The loopback interface takes longer datagrams than a network: with these
// twice to three times as much goes through as with 1,408 bytes, and every system's default limits allow them.
func demoConfig() aeron.Config {
	return aeron.Config{AppID: fmt.Sprintf("demo-%d", os.Getpid()), MTU: 8192}
}

func loopback(port int) string { return fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port) }

// demo is one run of aerongo demo.
type demo struct {
	drv        *aeron.Driver
	executable string
	options    demoOptions
	progress   *progress
}

// roundTrips measures the latency to a pong in another process.
func (d *demo) roundTrips(ctx context.Context, ping, pong string) (report pingpong.Report, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.options.timeout, fmt.Errorf("not done within %v (--timeout)", d.options.timeout))
	defer cancel()
	child, err := startChild(ctx, d.executable, "pong", "--dir", d.drv.Dir(), "-c", ping, "-C", pong)
	if err != nil {
		return report, err
	}
	defer child.end()
	sub, pub, err := addBoth(child.ctx, d.drv, stream{pong, pongStream}, stream{ping, pingStream})
	if err != nil {
		return report, child.reason(err)
	}
	defer closing(&err, sub.Close)
	defer closing(&err, pub.Close)
	o := pingpong.Options{
		Messages: d.options.messages, Warmup: d.options.messages / 10, Length: 32, Wait: d.options.timeout, Idle: idle.Yield(),
	}
	histogram, err := pingpong.Measure(child.ctx, sub, pub, o)
	if err != nil {
		return report, child.reason(err)
	}
	return pingpong.NewReport(histogram, o), nil
}
