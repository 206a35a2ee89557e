package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/cmd/aerongo/internal/drain"
	"github.com/aeroncgo/aeron/idle"
)

// pubOptions are the flags of aerongo pub.
type pubOptions struct {
	connection
	stream
	file   string
	raw    bool
	size   int
	wait   time.Duration
	linger time.Duration
	asJSON bool
}

const defaultBlock = 32 << 10

func pubCommand(std streams) *cobra.Command {
	o := pubOptions{}
	cmd := &cobra.Command{
		Use:   "pub",
		Short: "Publish standard input or a file",
		Long: `pub sends standard input or a file to a stream: one message per line, without its newline, or with --raw in blocks of --size bytes.

It waits up to --wait for a subscriber, retries for as long as subscribers hold it back, and ends when everything is consumed. How it
knows: subscribers on the same driver have counters with their positions. A receiver on another driver reports its position at
every quarter of its window; the rest is known to be in its driver's memory when it asks for nothing again for a while. Of several
receivers (multicast, multi-destination) the one counts that flow control follows, the fastest unless the channel says fc=min.

If subscribers stand still for --linger, or leave before they have consumed everything, that is an error. --linger 0s does not
wait, and "consumed" in the JSON is false then.`,
		Example: `  seq 1000 | aerongo pub --dir /dev/shm/my-driver
  aerongo pub --embedded -c aeron:udp?endpoint=192.168.1.7:20121 --raw --file big.iso
  aerongo pub -c aeron:ipc -s 7 --raw --size 1376 --json < data`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPub(cmd.Context(), o, std) },
	}
	o.connection.flags(cmd)
	o.stream.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.file, "file", "", "send this file and not standard input")
	f.BoolVar(&o.raw, "raw", false, "send blocks of bytes and not lines")
	f.IntVar(&o.size, "size", defaultBlock, "with --raw: the length of a block")
	f.DurationVar(&o.wait, "wait", 10*time.Second, "how long to wait for a subscriber")
	f.DurationVar(&o.linger, "linger", 10*time.Second, "how long to bear with subscribers that stand still at the end")
	f.BoolVar(&o.asJSON, "json", false, `print {"messages","bytes","seconds","position","session_id","stream_id","consumed"} at the end`)
	return cmd
}

func (o *pubOptions) check() error {
	switch {
	case o.wait < 0:
		return usagef("--wait %v: must not be negative", o.wait)
	case o.linger < 0:
		return usagef("--linger %v: must not be negative", o.linger)
	case o.raw && o.size <= 0:
		return usagef("--size %d: must be at least 1", o.size)
	case !o.raw && o.size != defaultBlock:
		return usagef("--size %d: is for --raw, where there are no lines", o.size)
	}
	return nil
}

// pubReport is what pub --json prints.
type pubReport struct {
	Messages int64   `json:"messages"`
	Bytes    int64   `json:"bytes"` // of the messages, without headers
	Seconds  float64 `json:"seconds"`
	Position int64   `json:"position"`
	Session  int32   `json:"session_id"`
	Stream   int32   `json:"stream_id"`
	Consumed bool    `json:"consumed"`
}

func runPub(ctx context.Context, o pubOptions, std streams) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	input, total := std.in, int64(0)
	if o.file != "" {
		file, size, err := openFile(ctx, o.file)
		if err != nil {
			return err
		}
		defer file.Close()
		input, total = file, size
	}
	drv, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, drv.Close)
	pub, err := add(ctx, drv.AddExclusivePublication, o.stream)
	if err != nil {
		return err
	}
	// A message that can never be sent should not wait for a subscriber first.
	if limit := pub.MaxMessageLength(); o.raw && o.size > limit {
		return fmt.Errorf("--size %d: a message of this stream has at most %d bytes", o.size, limit)
	}
	p := publisher{pub: pub, drv: drv, lost: drv.Lost(), options: o}
	if err := p.awaitSubscriber(ctx); err != nil {
		return err
	}
	begin, err := pub.Position() // not 0 where the channel says at which position the stream begins
	if err != nil {
		return explain(drv, err)
	}
	watch, err := drain.Open(drv.Dir(), pub.SessionID(), pub.StreamID(), begin)
	if err != nil {
		return explain(drv, err)
	}
	defer closing(&err, watch.Close)
	bar := newProgress(std.err, total)
	defer bar.stop()
	started := time.Now()
	if err := p.send(ctx, input, bar); err != nil {
		return explain(drv, err)
	}
	position, err := pub.Position()
	if err != nil {
		return explain(drv, err)
	}
	consumed, err := p.drain(ctx, watch, position)
	if err == nil && o.embedded && o.linger > 0 {
		err = p.farewell(ctx, watch)
	}
	if err != nil {
		return explain(drv, err)
	}
	bar.stop()
	if !o.asJSON {
		return nil
	}
	return printJSON(std.out, pubReport{
		Messages: p.messages, Bytes: p.bytes, Seconds: time.Since(started).Seconds(), Position: position,
		Session: pub.SessionID(), Stream: pub.StreamID(), Consumed: consumed,
	})
}

// openFile opens what can be read from its beginning to its end, and tells its length. Opening a FIFO may wait for a writer; ctx
// ends that.
func openFile(ctx context.Context, path string) (*os.File, int64, error) {
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() {
		file, err := os.Open(path)
		done <- opened{file, err}
	}()
	var file *os.File
	select {
	case o := <-done:
		if o.err != nil {
			return nil, 0, o.err
		}
		file = o.file
	case <-ctx.Done():
		return nil, 0, context.Cause(ctx)
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory: name a file", path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// publisher is one run of aerongo pub.
type publisher struct {
	pub      *aeron.ExclusivePublication
	drv      *aeron.Driver
	lost     <-chan struct{}
	options  pubOptions
	messages int64
	bytes    int64
}

func (p *publisher) awaitSubscriber(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, p.options.wait)
	defer cancel()
	err := p.pub.AwaitReady(waiting)
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		return explain(p.drv, fmt.Errorf("no subscriber came within %v: start one on channel %s stream %d, or give --wait more time",
			p.options.wait, p.options.channel, p.options.id))
	}
	if err != nil {
		return explain(p.drv, err)
	}
	return nil
}

// send publishes all of the input.
func (p *publisher) send(ctx context.Context, input io.Reader, bar *progress) error {
	cut := cutLines(p.pub.MaxMessageLength())
	if p.options.raw {
		cut = cutBlocks(p.options.size)
	}
	quit := make(chan struct{})
	defer close(quit)
	wait := idle.Backoff()
	for batches := readMessages(input, cut, quit); ; {
		var b batch
		select {
		case b = <-batches:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.lost:
			return lost(p.drv)
		}
		for message := range b.messages() {
			if err := p.offer(ctx, message, wait); err != nil {
				return err
			}
			bar.add(1, len(message))
		}
		if b.err != nil {
			if errors.Is(b.err, io.EOF) {
				return nil
			}
			return b.err
		}
	}
}

// absence is how long there may be no subscriber before the last one counts as gone: while one leaves and another comes, the
// publication may look unconnected for a moment.
const absence = 2 * time.Second

// offer publishes one message, however long the subscribers take.
func (p *publisher) offer(ctx context.Context, message []byte, wait idle.Strategy) error {
	var since time.Time
	for {
		_, err := p.pub.Offer(message)
		switch {
		case err == nil:
			wait.Reset()
			p.messages++
			p.bytes += int64(len(message))
			return nil
		case errors.Is(err, aeron.ErrNotConnected):
			if since.IsZero() {
				since = time.Now()
			}
			if time.Since(since) < absence {
				break
			}
			return fmt.Errorf("the last subscriber left after %d messages were sent: %w", p.messages, err)
		case !errors.Is(err, aeron.ErrBackPressured) && !errors.Is(err, aeron.ErrAdminAction):
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		wait.Idle(0)
	}
}
