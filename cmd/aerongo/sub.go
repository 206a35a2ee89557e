package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
)

// subOptions are the flags of aerongo sub.
type subOptions struct {
	connection
	stream
	raw      bool
	count    int64
	untilEOS bool
	timeout  time.Duration
	asJSON   bool
}

func subCommand(std streams) *cobra.Command {
	o := subOptions{}
	cmd := &cobra.Command{
		Use:   "sub",
		Short: "Print what a stream brings",
		Long: `sub writes the messages of a stream to standard output, a newline behind each, or with --raw exactly as they are.

It ends after --count messages, with --until-eos when every publisher that came has ended, or when nobody reads the output any more.
Without either it goes on until a signal. With --timeout it is an error if by then nothing has come at all, fewer than --count messages
have, or with --until-eos publishers still go on; otherwise it ends then.`,
		Example: `  aerongo sub --dir /dev/shm/my-driver
  aerongo sub -c aeron:udp?endpoint=0.0.0.0:20121 --embedded --raw --until-eos > big.iso
  aerongo sub --count 10 --timeout 5s --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("count") && o.count <= 0 {
				return usagef("--count %d: must be at least 1", o.count)
			}
			if cmd.Flags().Changed("timeout") && o.timeout <= 0 {
				return usagef("--timeout %v: must be more than 0", o.timeout)
			}
			if o.raw && o.asJSON {
				return usagef("--raw and --json: choose one")
			}
			return runSub(cmd.Context(), o, std)
		},
	}
	o.connection.flags(cmd)
	o.stream.flags(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.raw, "raw", false, "write the messages as they are, with nothing between them")
	f.Int64Var(&o.count, "count", 0, "end after this many messages")
	f.BoolVar(&o.untilEOS, "until-eos", false, "end when every publisher that came has ended")
	f.DurationVar(&o.timeout, "timeout", 0, "how long to wait for all that")
	f.BoolVar(&o.asJSON, "json", false, `print each message as {"session_id","stream_id","position","length","data" or, if it is no UTF-8, "data_base64"}`)
	return cmd
}

func runSub(ctx context.Context, o subOptions, std streams) (err error) {
	var timeout <-chan time.Time
	if o.timeout > 0 {
		timer := time.NewTimer(o.timeout)
		defer timer.Stop()
		timeout = timer.C
	}
	drv, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, drv.Close)
	sub, err := addSubscription(ctx, drv, o.stream)
	if err != nil {
		return err
	}
	s := subscriber{sub: sub, out: bufio.NewWriterSize(std.out, outputLength), options: o, write: writeLine}
	switch {
	case o.raw:
		s.write = writeRaw
	case o.asJSON:
		s.write = writeJSON
	}
	err = s.receive(ctx, drv, timeout)
	if flushed := s.out.Flush(); flushed != nil && err == nil {
		err = outputError(flushed)
	}
	return err
}

// outputLength is how much output is gathered before it is written.
const outputLength = 64 << 10

// pollFragments is how many fragments one poll takes.
const pollFragments = 256

// subscriber is one run of aerongo sub.
type subscriber struct {
	sub      *aeron.Subscription
	out      *bufio.Writer
	options  subOptions
	write    func(*bufio.Writer, aeron.Message) error
	received int64
	came     arrivals
	recent   *aeron.Image
	failure  error
}

// receive writes messages until there is a reason to end.
func (s *subscriber) receive(ctx context.Context, drv *aeron.Driver, timeout <-chan time.Time) error {
	gone := drv.Lost()
	wait := idle.Backoff()
	for {
		n, err := s.sub.PollMessages(s.take, s.limit())
		if s.failure != nil {
			return s.failure
		}
		if s.enough() {
			return nil
		}
		if n == 0 && s.out.Buffered() > 0 {
			if err := s.out.Flush(); err != nil {
				return outputError(err)
			}
		}
		if n == 0 && s.options.untilEOS && s.came.allEnded(s.sub) {
			return nil
		}
		select {
		case <-gone:
			return lost(drv)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timeout:
			return s.tooFew()
		default:
		}
		if err != nil {
			return explain(drv, err)
		}
		wait.Idle(n)
	}
}

// limit is how many fragments to take: no more than there may be messages, since what is polled is consumed.
func (s *subscriber) limit() int {
	if s.options.count > 0 {
		return int(min(pollFragments, s.options.count-s.received))
	}
	return pollFragments
}

func (s *subscriber) enough() bool { return s.options.count > 0 && s.received >= s.options.count }

// take writes one message.
func (s *subscriber) take(m aeron.Message) {
	if s.failure != nil || s.enough() {
		return
	}
	if image := m.Image(); image != s.recent {
		s.recent = image
		s.came.note(image)
	}
	s.received++
	if err := s.write(s.out, m); err != nil {
		s.failure = outputError(err)
	}
}

// tooFew is what the end of the time means.
func (s *subscriber) tooFew() error {
	o := s.options
	where := fmt.Sprintf("channel %s stream %d", o.channel, o.id)
	switch {
	case o.count > 0:
		return fmt.Errorf("%d of %d messages came within %v on %s", s.received, o.count, o.timeout, where)
	case s.received == 0 && !s.came.any:
		return fmt.Errorf("0 messages came within %v on %s", o.timeout, where)
	case o.untilEOS:
		return fmt.Errorf("%d messages came within %v on %s, and the publishers have not ended", s.received, o.timeout, where)
	case s.received == 0:
		return fmt.Errorf("0 messages came within %v on %s", o.timeout, where)
	}
	return nil
}

func outputError(err error) error { return fmt.Errorf("write the output: %w", err) }

func writeRaw(w *bufio.Writer, m aeron.Message) error {
	_, err := w.Write(m.Data())
	return err
}

func writeLine(w *bufio.Writer, m aeron.Message) error {
	if _, err := w.Write(m.Data()); err != nil {
		return err
	}
	return w.WriteByte('\n')
}

// messageRecord is a message as sub --json prints it.
type messageRecord struct {
	Session  int32   `json:"session_id"`
	Stream   int32   `json:"stream_id"`
	Position int64   `json:"position"` // of the stream, behind the message
	Length   int     `json:"length"`
	Data     *string `json:"data,omitempty"`
	Bytes    []byte  `json:"data_base64,omitempty"`
}

func writeJSON(w *bufio.Writer, m aeron.Message) error {
	r := messageRecord{Session: m.SessionID(), Stream: m.StreamID(), Position: m.Position(), Length: len(m.Data())}
	if utf8.Valid(m.Data()) {
		text := string(m.Data())
		r.Data = &text
	} else {
		r.Bytes = m.Data()
	}
	return printJSON(io.Writer(w), r)
}
