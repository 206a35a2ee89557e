package aeron

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aeroncgo/aeron/idle"
)

// WriterOptions say when a Writer flushes. The zero value: when 64 KiB of the log are full, and a millisecond after the first message.
type WriterOptions struct {
	// Bytes of the log, headers included, after which messages are sent, from 1 to 1 GiB. Default 64 KiB.
	Bytes int
	// Count of messages after which they are sent. Default 0: as many as go into Bytes.
	Count int
	// Delay is how long a message waits for company at most, if the stream takes it. Default 1 ms. Below zero, there is no timer: messages wait
	// until Bytes, Count or Flush send them.
	Delay time.Duration
	// Linger is how long Close waits for the stream to take the rest. Default 5 s.
	Linger time.Duration
}

const defaultWriterBytes = 64 << 10

// Writer sends every Write as one message, many with one append: a Batch that flushes itself by size, count and time. Any goroutine may use
// it. Writes take turns, and behind one that waits for room the others wait too; Flush, Buffered and Close wait for none.
//
// It has no goroutine of its own. A timer runs while messages wait, and flushes on a goroutine of the runtime, without waiting: what the
// stream does not take is tried again after another Delay. An error that it meets which does not go away is returned by the next call, and
// every one after that. Close stops the timer.
type Writer struct {
	ctx     context.Context
	options WriterOptions

	room sync.Mutex    // the one Write that waits for room; locked before mu
	wait idle.Strategy // of that one
	done chan struct{} // closed when Close is through

	mu      sync.Mutex // held for moments: who waits gives it up meanwhile
	batch   *Batch
	sent    int64 // messages that the stream has taken
	waiting int   // Writes for which there was no room
	timer   *time.Timer
	running bool // the timer
	closed  bool
	err     error
}

// NewWriter makes a Writer on pub, which stays the caller's to close, after the Writer. ctx ends the waiting of every Write, Flush and Close. A
// pub or an option that cannot be is an ErrInvalidArgument from each of them.
func NewWriter(ctx context.Context, pub Sender, options WriterOptions) *Writer {
	w := &Writer{ctx: ctx, options: options, done: make(chan struct{})}
	w.options.Bytes = orDefault(options.Bytes, defaultWriterBytes)
	w.options.Delay = orDefault(options.Delay, time.Millisecond)
	w.options.Linger = orDefault(options.Linger, 5*time.Second)
	w.batch = NewBatch(pub, w.options.Bytes)
	w.err = w.batch.unusable()
	invalid := func(field string, value any, rule string) {
		w.err = &Error{Op: "writer", Detail: fmt.Sprintf("WriterOptions.%s=%v must %s", field, value, rule), Err: ErrInvalidArgument}
	}
	if ctx == nil {
		w.ctx = context.Background()
	}
	if options.Bytes < 0 || options.Bytes > maxBuffer {
		invalid("Bytes", options.Bytes, fmt.Sprintf("be from 1 to %d, or 0 for %d", maxBuffer, defaultWriterBytes))
	}
	if options.Count < 0 {
		invalid("Count", options.Count, "not be negative")
	}
	if options.Linger < 0 {
		invalid("Linger", options.Linger, "not be negative")
	}
	return w
}

var errWriterClosed = &Error{Op: "write", Detail: "the Writer is closed", Err: ErrClosed}

// Write takes a message, which is copied and may be empty. It returns at once unless there is no room for it: then it waits until the stream
// has taken what is there, or ctx has ended, or the Writer is closed, which is an ErrClosed. The message is taken, and len(message) returned,
// or not taken, and 0 returned with the reason. An error that a flush met, which sent this message on its way, comes with the next call.
func (w *Writer) Write(message []byte) (int, error) {
	if w == nil {
		return 0, errNoBatch
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(errWriterClosed); err != nil {
		return 0, err
	}
	err := ErrBatchFull
	if w.waiting == 0 { // or those who wait for room would never find it
		err = w.batch.Add(message)
	}
	if errors.Is(err, ErrBatchFull) {
		err = w.addWaiting(message)
	}
	if err != nil {
		return 0, err
	}
	if w.options.Count > 0 && w.batch.Len() >= w.options.Count || w.batch.Size() >= w.options.Bytes {
		w.try()
	}
	w.arm()
	return len(message), nil
}

// addWaiting waits for room. What ends the wait of one ends it for all: they have the Writer's context.
func (w *Writer) addWaiting(message []byte) error {
	w.waiting++
	defer func() { w.waiting-- }()
	w.mu.Unlock()
	w.room.Lock()
	defer w.room.Unlock()
	w.mu.Lock()
	if err := w.usable(errWriterClosed); err != nil {
		return err
	}
	if err := w.batch.Add(message); !errors.Is(err, ErrBatchFull) {
		return err
	}
	if w.wait == nil {
		w.wait = w.idling()
	}
	w.wait.Reset()
	if err := w.flush(w.ctx, errWriterClosed, w.wait); err != nil {
		return err
	}
	return w.batch.Add(message)
}

// Flush waits until the stream has taken all that was written before, or ctx or the Writer's has ended, or the Writer is closed. What it has
// not taken stays.
func (w *Writer) Flush(ctx context.Context) error {
	if w == nil {
		return errNoBatch
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(errWriterClosed); err != nil {
		return err
	}
	return w.flush(ctx, errWriterClosed, nil)
}

// Buffered is how many messages the stream has not taken yet.
func (w *Writer) Buffered() int {
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.batch.Len()
}

// Close sends the rest and stops the timer. It waits for the stream to take it for as long as WriterOptions.Linger says, if ctx does not end
// first; the error then says how many messages were not sent. A Write or Flush that waits ends with ErrClosed. The publication stays open. A
// second call waits for the first and returns nil.
func (w *Writer) Close() error {
	if w == nil {
		return errNoBatch
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		if w.done != nil { // it is the zero Writer's
			<-w.done
		}
		return nil
	}
	w.closed = true
	defer w.mu.Unlock()
	if w.done != nil {
		defer close(w.done)
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	if err := w.usable(nil); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(w.ctx, w.options.Linger, ErrTimeout)
	defer cancel()
	if err := w.flush(ctx, nil, nil); err != nil {
		return &Error{Op: "close writer", Detail: fmt.Sprintf("%d messages were not sent", w.batch.Len()), Err: err}
	}
	return nil
}

// usable is why nothing can be written any more, or nil. closed is what to say when the Writer is closed.
func (w *Writer) usable(closed error) error {
	if w.closed && closed != nil {
		return closed
	}
	if w.batch == nil {
		return errNoBatch // the zero Writer
	}
	return w.err
}

// flush waits until the stream has taken what is in the batch now. It is called with the lock, which it gives up between two attempts: others
// may flush meanwhile, write while there is room, and close. closed is what to say when the Writer is closed, and wait how to wait, or nil.
func (w *Writer) flush(ctx context.Context, closed error, wait idle.Strategy) error {
	for end := w.sent + int64(w.batch.Len()); ; {
		n, err := w.batch.Flush()
		w.sent += int64(n)
		if err == nil || w.sent >= end {
			return nil
		}
		if !again(err) {
			w.err = err
			return err
		}
		for _, c := range []context.Context{ctx, w.ctx} {
			if c != nil && c.Err() != nil {
				return &Error{Op: "flush", Detail: fmt.Sprintf("%d messages are not sent", w.batch.Len()), Err: waited{context.Cause(c), err}}
			}
		}
		if wait == nil {
			wait = w.idling()
		}
		w.mu.Unlock()
		wait.Idle(n)
		w.mu.Lock()
		if w.sent >= end {
			return nil
		}
		if err := w.usable(closed); err != nil {
			return err
		}
	}
}

// idling is how to wait for the stream. usable has seen to it that there is a publication.
func (w *Writer) idling() idle.Strategy { return w.batch.pub.driver.entry.waiting(idle.Backoff()) }

// try flushes what the stream takes at once.
func (w *Writer) try() {
	n, err := w.batch.Flush()
	w.sent += int64(n)
	if err != nil && !again(err) {
		w.err = err
	}
}

// arm lets the timer run while messages wait.
func (w *Writer) arm() {
	if w.running || w.closed || w.err != nil || w.options.Delay < 0 || w.batch.Len() == 0 {
		return
	}
	w.running = true
	if w.timer == nil {
		w.timer = time.AfterFunc(w.options.Delay, w.onTimer)
	} else {
		w.timer.Reset(w.options.Delay)
	}
}

func (w *Writer) onTimer() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = false
	if w.closed || w.err != nil {
		return
	}
	w.try()
	w.arm()
}
