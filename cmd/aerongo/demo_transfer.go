package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
)

// The file travels as messages that are never empty; an empty one marks its end, so that a stream that breaks off is not taken for a
// shorter file.

// received is what the receiver says of the file, as one line of JSON.
type received struct {
	SHA256   string `json:"sha256"`
	Bytes    int64  `json:"bytes"`
	Messages int64  `json:"messages"`
}

// messageLength is about how long the messages are: long enough that the work for each does not show.
const messageLength = 64 << 10

// transfer sends the file to a receiver in another process. An error is one of this side; what goes wrong on the way is in the run.
func (d *demo) transfer(ctx context.Context, file io.ReadSeeker, send, receive string) (run demoRun, err error) {
	run.Channel = send
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return run, fmt.Errorf("read the file from its beginning: %w", err)
	}
	limited, cancel := context.WithTimeoutCause(ctx, d.options.timeout, fmt.Errorf("not done within %v (--timeout)", d.options.timeout))
	defer cancel()
	child, err := startChild(limited, d.executable, "demo-receiver", "--dir", d.drv.Dir(), "-c", receive, "-s", strconv.Itoa(demoStream))
	if err != nil {
		return run, err
	}
	defer child.end()
	pub, err := add(limited, d.drv.AddExclusivePublication, stream{send, demoStream})
	if err != nil {
		return run, err
	}
	defer closing(&err, pub.Close)
	failed := func(err error) (demoRun, error) {
		if ctx.Err() != nil {
			return run, context.Cause(ctx)
		}
		if d.drv.Err() != nil {
			return run, err
		}
		run.Error = oneLine(child.reason(err))
		return run, nil
	}
	if err := pub.AwaitReady(child.ctx); err != nil {
		return failed(err)
	}
	digest, begin := sha256.New(), time.Now()
	if err := d.sendFile(child.ctx, file, pub, digest, &run); err != nil {
		var reading *readError
		if errors.As(err, &reading) {
			return run, err
		}
		return failed(err)
	}
	run.SHA256Sent = hex.EncodeToString(digest.Sum(nil))
	select {
	case <-child.done:
	case <-limited.Done():
		<-child.done
	}
	run.Seconds = time.Since(begin).Seconds()
	var result received
	if err := json.Unmarshal(child.output.Bytes(), &result); err != nil {
		return failed(fmt.Errorf("it did not say what has arrived: %w", err))
	}
	run.SHA256Received = result.SHA256
	run.Verified = run.SHA256Sent == result.SHA256 && run.Bytes == result.Bytes && run.Messages == result.Messages
	return run, nil
}

// readError is a failure to read the file.
type readError struct{ cause error }

func (e *readError) Error() string { return "read the file: " + e.cause.Error() }
func (e *readError) Unwrap() error { return e.cause }

func (d *demo) sendFile(ctx context.Context, file io.Reader, pub *aeron.ExclusivePublication, digest hash.Hash, run *demoRun) error {
	// Whole frames, so that none is sent half empty.
	payload := pub.MaxPayloadLength()
	buffer := make([]byte, min(max(messageLength/payload, 1)*payload, pub.MaxMessageLength()))
	wait := idle.Yield()
	for {
		n, err := io.ReadFull(file, buffer)
		if n > 0 {
			if err := offerAll(ctx, pub, buffer[:n], wait); err != nil {
				return err
			}
			digest.Write(buffer[:n])
			run.Messages++
			run.Bytes += int64(n)
			d.progress.add(1, n)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return offerAll(ctx, pub, nil, wait)
		}
		if err != nil {
			return &readError{err}
		}
	}
}

// offerAll offers a message until it is taken.
func offerAll(ctx context.Context, pub *aeron.ExclusivePublication, message []byte, wait idle.Strategy) error {
	for {
		_, err := pub.Offer(message)
		if err == nil {
			return nil
		}
		if !errors.Is(err, aeron.ErrBackPressured) && !errors.Is(err, aeron.ErrAdminAction) {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		wait.Idle(0)
	}
}

func demoReceiverCommand(std streams) *cobra.Command {
	c, s := connection{}, stream{}
	cmd := &cobra.Command{
		Use:    "demo-receiver",
		Short:  "The other side of demo",
		Hidden: true,
		Args:   noArguments,
		RunE:   func(cmd *cobra.Command, _ []string) error { return runDemoReceiver(cmd.Context(), c, s, std) },
	}
	c.flags(cmd)
	s.flags(cmd)
	return cmd
}

// runDemoReceiver receives one file and says what has arrived.
func runDemoReceiver(ctx context.Context, c connection, s stream, std streams) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // the sender holds the other end, and never writes
		_, _ = io.Copy(io.Discard, std.in)
		cancel()
	}()
	drv, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, drv.Close)
	sub, err := addSubscription(ctx, drv, s)
	if err != nil {
		return err
	}
	result, err := receiveFile(ctx, sub)
	if err != nil {
		return explain(drv, err)
	}
	return printJSON(std.out, result)
}

// errBrokeOff: the stream has ended without its end mark.
var errBrokeOff = errors.New("the stream has ended before the file did")

func receiveFile(ctx context.Context, sub *aeron.Subscription) (received, error) {
	var r received
	digest, wait, ended := sha256.New(), idle.Yield(), false
	var publishers arrivals
	take := func(m aeron.Message) {
		if len(m.Data()) == 0 {
			ended = true
		}
		if ended {
			return
		}
		digest.Write(m.Data())
		r.Bytes += int64(len(m.Data()))
		r.Messages++
	}
	for {
		n, err := sub.PollMessages(take, pollFragments)
		switch {
		case ended:
			r.SHA256 = hex.EncodeToString(digest.Sum(nil))
			return r, nil
		case err != nil:
			return r, err
		case ctx.Err() != nil:
			return r, context.Cause(ctx)
		case n == 0 && publishers.allEnded(sub):
			return r, fmt.Errorf("%w: %d bytes in %d messages have arrived", errBrokeOff, r.Bytes, r.Messages)
		}
		wait.Idle(n)
	}
}
