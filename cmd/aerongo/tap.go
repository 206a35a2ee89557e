package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/capture"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/uri"
)

// tapOptions are the flags of aerongo tap.
type tapOptions struct {
	connection
	stream
	output   string
	count    int64
	duration time.Duration
	receive  bool
	tether   bool
	asJSON   bool
}

func tapCommand(std streams) *cobra.Command {
	o := tapOptions{}
	cmd := &cobra.Command{
		Use:   "tap",
		Short: "Record the frames of a live stream for Wireshark",
		Long: `tap listens to a publication of this driver as a spy and writes its frames to a pcapng file, each as the datagram that it would be:
Ethernet, IP, UDP, Aeron. It ends after --count frames, after --duration, or by a signal. With --receive it is a subscriber on the
channel instead, for publications of other drivers; of aeron:ipc it always is one.

It holds nobody up: when it is too slow it misses frames, and says how many bytes. With --tether it misses none, and a slow output
slows the publication down. Times are those at which tap saw the frames. Setup, status and heartbeat frames are not in the log, so
not in the file.

Wireshark knows Aeron, and has to be told where it is: tshark -d udp.port==40123,aeron -r FILE.`,
		Example: `  aerongo tap --dir /dev/shm/my-driver -c aeron:udp?endpoint=127.0.0.1:40123 -s 10 -o stream.pcapng --duration 10s
  aerongo tap -c aeron:udp?endpoint=127.0.0.1:40123 -s 10 -o - | tshark -d udp.port==40123,aeron -i -
  aerongo tap -c aeron:ipc -s 10 -o ipc.pcapng --count 1000 --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch changed := cmd.Flags().Changed; {
			case changed("count") && o.count <= 0:
				return usagef("--count %d: must be at least 1", o.count)
			case changed("duration") && o.duration <= 0:
				return usagef("--duration %v: must be more than 0", o.duration)
			case o.output == "":
				return usagef("--output: name a file, or - for standard output")
			case o.output == "-" && o.asJSON:
				return usagef("--json and --output -: choose one")
			case o.output == "-" && isTerminal(std.out):
				return usagef("--output -: a capture is nothing for a terminal: name a file, or pipe it into tshark -i -")
			}
			return runTap(cmd.Context(), o, std)
		},
	}
	o.connection.flags(cmd)
	o.stream.flags(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "the file, which is replaced; - for standard output")
	f.Int64Var(&o.count, "count", 0, "end after this many frames")
	f.DurationVar(&o.duration, "duration", 0, "end after this time")
	f.BoolVar(&o.receive, "receive", false, "subscribe to the channel instead of spying on a publication of this driver")
	f.BoolVar(&o.tether, "tether", false, "miss nothing, and hold the publication up if need be")
	f.BoolVar(&o.asJSON, "json", false, `print {"frames","bytes","missed_bytes","sessions","file"} at the end`)
	return cmd
}

// tapChannel is the channel that tap subscribes to, and where its datagrams seem to go.
func tapChannel(o tapOptions) (channel string, to netip.AddrPort, err error) {
	u, err := uri.Parse(o.channel)
	if err != nil {
		return "", to, fmt.Errorf("--channel %s: %w", o.channel, err)
	}
	to = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), defaultTapPort)
	if u.Media() == uri.MediaUDP {
		if !o.receive {
			u = u.Spy()
		}
		for _, key := range []string{uri.KeyEndpoint, uri.KeyControl} {
			if text, ok := u.Get(key); ok {
				to = tapAddress(text, to.Port())
				break
			}
		}
	}
	if _, err := u.GetTether(); errors.Is(err, uri.ErrNotSet) {
		u = u.Tether(o.tether)
	}
	if channel, err = u.Build(); err != nil {
		return "", to, fmt.Errorf("--channel %s: %w", o.channel, err)
	}
	return channel, to, nil
}

// defaultTapPort is where datagrams go that are none.
const defaultTapPort = 40123

// tapAddress is a host:port as an address. A name's is 127.0.0.1: the port is what people look for.
func tapAddress(text string, port uint16) netip.AddrPort {
	if a, err := netip.ParseAddrPort(text); err == nil {
		return a
	}
	if _, p, err := uri.SplitAddress(text); err == nil {
		port = uint16(p)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
}

func runTap(ctx context.Context, o tapOptions, std streams) (err error) {
	channel, to, err := tapChannel(o)
	if err != nil {
		return err
	}
	drv, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, drv.Close)
	sub, err := add(ctx, func(ctx context.Context, channel string, id int32) (*aeron.Subscription, error) {
		return drv.AddSubscription(ctx, channel, id, aeron.RawFragments())
	}, stream{channel: channel, id: o.id})
	if err != nil {
		return err
	}
	out := std.out
	if o.output != "-" {
		file, failed := os.Create(o.output)
		if failed != nil {
			return fmt.Errorf("--output: %w", failed)
		}
		defer closing(&err, file.Close)
		out = file
	}
	t := tapper{options: o, to: to, next: map[int32]int64{}}
	if err := t.record(ctx, drv, sub, out); err != nil {
		return err
	}
	return t.summary(std)
}

// tapper is one recording.
type tapper struct {
	options tapOptions
	to      netip.AddrPort
	writer  *capture.Writer
	next    map[int32]int64 // where the next frame of a session begins
	now     time.Time       // of a poll
	frames  int64
	bytes   int64
	missed  int64
	failure error
}

func (t *tapper) record(ctx context.Context, drv *aeron.Driver, sub *aeron.Subscription, output io.Writer) (err error) {
	out := bufio.NewWriterSize(output, outputLength)
	if t.writer, err = capture.NewWriter(out, fmt.Sprintf("%s stream %d", t.options.channel, t.options.id)); err != nil {
		return err
	}
	flush := func() error {
		if err := t.writer.Flush(); err != nil {
			return outputError(err)
		}
		if err := out.Flush(); err != nil {
			return outputError(err)
		}
		return nil
	}
	if err := flush(); err != nil { // the header, for a reader that waits for it
		return err
	}
	var end <-chan time.Time
	if t.options.duration > 0 {
		timer := time.NewTimer(t.options.duration)
		defer timer.Stop()
		end = timer.C
	}
	wait, pending := idle.Backoff(), false
	for {
		t.now = time.Now()
		n, err := sub.Poll(t.take, t.limit())
		if t.failure != nil {
			return t.failure
		}
		pending = pending || n > 0
		if n == 0 && pending {
			if err := flush(); err != nil {
				return err
			}
			pending = false
		}
		if t.enough() {
			return flush()
		}
		select {
		case <-drv.Lost():
			return errors.Join(lost(drv), flush())
		case <-ctx.Done():
			return flush()
		case <-end:
			return flush()
		default:
		}
		if err != nil {
			return errors.Join(explain(drv, err), flush())
		}
		wait.Idle(n)
	}
}

func (t *tapper) enough() bool { return t.options.count > 0 && t.frames >= t.options.count }

func (t *tapper) limit() int {
	if t.options.count > 0 {
		return int(min(pollFragments, t.options.count-t.frames))
	}
	return pollFragments
}

// take writes one frame.
func (t *tapper) take(f aeron.Fragment) {
	if t.failure != nil || t.enough() {
		return
	}
	length := int64(len(f.Data())+logHeaderLength+logAlignment-1) &^ (logAlignment - 1)
	begin := f.Position() - length
	if next, known := t.next[f.SessionID()]; known && begin > next && f.TermOffset() != 0 {
		t.missed += begin - next // at the begin of a term it may be padding
	}
	t.next[f.SessionID()] = f.Position()
	from := tapAddress(f.Image().Constants().Source, defaultTapPort)
	to := t.to
	if from.Addr().Unmap().Is4() != to.Addr().Unmap().Is4() {
		from = netip.AddrPortFrom(to.Addr(), from.Port())
	}
	if err := t.writer.Write(capture.Frame{
		Time: t.now, From: from, To: to, Flags: f.Flags(), TermOffset: f.TermOffset(), SessionID: f.SessionID(),
		StreamID: f.StreamID(), TermID: f.TermID(), Reserved: f.ReservedValue(), Data: f.Data(),
	}); err != nil {
		t.failure = outputError(err)
		return
	}
	t.frames++
	t.bytes += int64(len(f.Data()))
}

// The layout of the log: a frame's header, and what the next frame begins at a multiple of.
const (
	logHeaderLength = 32
	logAlignment    = 32
)

func (t *tapper) summary(std streams) error {
	if t.options.asJSON {
		return printJSON(std.out, struct {
			Frames   int64  `json:"frames"`
			Bytes    int64  `json:"bytes"`
			Missed   int64  `json:"missed_bytes"`
			Sessions int    `json:"sessions"`
			File     string `json:"file"`
		}{t.frames, t.bytes, t.missed, len(t.next), t.options.output})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d frames of %d sessions, %d bytes of data", t.frames, len(t.next), t.bytes)
	if t.missed > 0 {
		fmt.Fprintf(&b, "; missed at least %d bytes of the log: write to something faster, or hold the publication up with --tether", t.missed)
	}
	_, err := fmt.Fprintln(std.err, b.String())
	return err
}
