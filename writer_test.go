package aeron_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

var _ io.WriteCloser = (*aeron.Writer)(nil)

// never is a Writer's options without a timer.
func never(o aeron.WriterOptions) aeron.WriterOptions {
	o.Delay = -1
	return o
}

func TestWriter_flushesBySizeCountAndTime(t *testing.T) {
	d := start(t, config(t))
	for n, k := range kinds {
		p, err := k.add(d, testdriver.Context(t), "aeron:ipc", int32(n))
		require.NoError(t, err)
		s := connect(t, d, p)
		received := 0
		poll := func() int {
			_, err := s.PollMessages(func(m aeron.Message) { received++; require.Equal(t, "message", string(m.Data())) }, 100)
			require.NoError(t, err)
			return received
		}
		write := func(w *aeron.Writer, count int) {
			for range count {
				n, err := w.Write([]byte("message"))
				require.NoError(t, err)
				require.Equal(t, 7, n)
			}
		}
		byCount := aeron.NewWriter(testdriver.Context(t), p, never(aeron.WriterOptions{Count: 3}))
		write(byCount, 2)
		require.Equal(t, 2, byCount.Buffered())
		require.Zero(t, poll())
		write(byCount, 1)
		require.Zero(t, byCount.Buffered())
		testdriver.Await(t, "three", func() bool { return poll() == 3 })

		bySize := aeron.NewWriter(testdriver.Context(t), p, never(aeron.WriterOptions{Bytes: 640}))
		write(bySize, 9) // 64 bytes each
		require.Equal(t, 9, bySize.Buffered())
		write(bySize, 1)
		require.Zero(t, bySize.Buffered())
		testdriver.Await(t, "ten", func() bool { return poll() == 13 })

		byTime := aeron.NewWriter(testdriver.Context(t), p, aeron.WriterOptions{Delay: time.Millisecond})
		for range 3 {
			before := received
			write(byTime, 1)
			testdriver.Await(t, "the timer", func() bool { return poll() == before+1 })
		}
		write(bySize, 1)
		require.NoError(t, bySize.Flush(testdriver.Context(t)))
		testdriver.Await(t, "what Flush sent", func() bool { return poll() == 17 })
		write(byCount, 1)
		for _, w := range []*aeron.Writer{byCount, bySize, byTime} {
			require.NoError(t, w.Close())
			require.NoError(t, w.Close(), "again")
			_, err := w.Write([]byte("x"))
			require.ErrorIs(t, err, aeron.ErrClosed)
			require.ErrorIs(t, w.Flush(testdriver.Context(t)), aeron.ErrClosed)
		}
		testdriver.Await(t, "what Close sent", func() bool { return poll() == 18 })
		require.False(t, p.IsClosed(), "the publication is the caller's")
	}
}

func TestWriter_waitsThroughBackPressureAndEndsWithItsContext(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc?term-length=64k", 1)
	require.NoError(t, err)
	ctx, cancel := context.WithCancelCause(context.Background())
	w := aeron.NewWriter(ctx, p, never(aeron.WriterOptions{Bytes: 2000}))
	n, err := w.Write([]byte("to nobody yet"))
	require.NoError(t, err)
	require.Equal(t, 13, n)
	short, stop := context.WithCancel(context.Background())
	stop()
	err = w.Flush(short)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, aeron.ErrNotConnected)
	require.Equal(t, 1, w.Buffered())

	s := connect(t, d, p)
	var mu sync.Mutex
	received, stopped := 0, make(chan struct{})
	go func() {
		defer close(stopped)
		for _, err := range s.Messages(testdriver.Context(t)) {
			if err != nil {
				return
			}
			mu.Lock()
			received++
			mu.Unlock()
		}
	}()
	for range 2000 {
		_, err := w.Write(make([]byte, 500))
		require.NoError(t, err)
	}
	require.NoError(t, w.Flush(testdriver.Context(t)))
	testdriver.Await(t, "all", func() bool { mu.Lock(); defer mu.Unlock(); return received == 2001 })
	require.NoError(t, s.Close())
	<-stopped

	gone := errors.New("enough")
	cancel(gone)
	_, err = w.Write(make([]byte, 1900))
	for err == nil { // until there is no room
		_, err = w.Write(make([]byte, 1900))
	}
	require.ErrorIs(t, err, gone)
	err = w.Close()
	require.ErrorIs(t, err, gone)
	require.ErrorContains(t, err, "messages were not sent")
}

func TestWriter_tellsWhatTheTimerMet(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	w := aeron.NewWriter(testdriver.Context(t), p, aeron.WriterOptions{Delay: time.Microsecond, Linger: time.Millisecond})
	_, err = w.Write([]byte("x"))
	require.NoError(t, err)
	require.NoError(t, p.Close())
	testdriver.Await(t, "the error", func() bool { _, err := w.Write(nil); return errors.Is(err, aeron.ErrClosed) })
	require.ErrorIs(t, w.Close(), aeron.ErrClosed)

	open, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	lonely := aeron.NewWriter(context.Background(), open, aeron.WriterOptions{Linger: time.Millisecond})
	_, err = lonely.Write([]byte("x"))
	require.NoError(t, err)
	err = lonely.Close()
	require.ErrorIs(t, err, aeron.ErrTimeout)
	require.ErrorIs(t, err, aeron.ErrNotConnected)
	require.ErrorContains(t, err, "1 messages were not sent")
}

func TestWriter_anyGoroutine(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, d, p)
	w := aeron.NewWriter(testdriver.Context(t), p, aeron.WriterOptions{Bytes: 4000, Delay: 100 * time.Microsecond})
	var writers sync.WaitGroup
	for g := range 4 {
		writers.Go(func() {
			for n := range 500 {
				if _, err := w.Write([]byte{byte(g), byte(n), byte(n >> 8)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	next := make([]int, 4)
	total := 0
	testdriver.Await(t, "every message", func() bool {
		_, err := s.PollMessages(func(m aeron.Message) {
			g, n := m.Data()[0], int(m.Data()[1])|int(m.Data()[2])<<8
			if next[g] != n {
				t.Errorf("goroutine %d: message %d where %d should be", g, n, next[g])
			}
			next[g]++
			total++
		}, 100)
		require.NoError(t, err)
		return total == 2000
	})
	writers.Wait()
	require.NoError(t, w.Close())
}

// asked is a context that says when somebody who waits has looked at it.
type asked struct {
	context.Context
	looks chan struct{}
}

func (a asked) Err() error {
	select {
	case a.looks <- struct{}{}:
	default:
	}
	return a.Context.Err()
}

// waitingWriter is a Writer on a stream that nobody takes, with three messages and a Write of a fourth, which waits for room.
func waitingWriter(t *testing.T, options aeron.WriterOptions) (w *aeron.Writer, wrote chan error) {
	t.Helper()
	d := start(t, config(t))
	p, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel) // whatever has failed, nobody waits any more
	looked := asked{ctx, make(chan struct{}, 1)}
	options.Bytes = 2000
	w = aeron.NewWriter(looked, p, never(options))
	for range 3 {
		_, err := w.Write(make([]byte, 500))
		require.NoError(t, err)
	}
	wrote = make(chan error, 1)
	go func() { wrote <- second(w.Write(make([]byte, 500))) }()
	within(t, "the Write", func() { <-looked.looks })
	return w, wrote
}

func TestWriter_flushEndsWithItsContextBesideAWriteThatWaits(t *testing.T) {
	w, wrote := waitingWriter(t, aeron.WriterOptions{Linger: time.Millisecond})
	within(t, "Flush and Buffered", func() {
		err := w.Flush(canceled())
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, aeron.ErrNotConnected)
		require.Equal(t, 3, w.Buffered())
	})
	select {
	case err := <-wrote:
		require.FailNow(t, "the Write has ended", "%v", err)
	default:
	}
	require.Error(t, w.Close())
	require.ErrorIs(t, <-wrote, aeron.ErrClosed)
}

func TestWriter_closeEndsAfterItsLingerBesideAWriteThatWaits(t *testing.T) {
	w, wrote := waitingWriter(t, aeron.WriterOptions{Linger: time.Millisecond})
	within(t, "Close", func() {
		err := w.Close()
		require.ErrorIs(t, err, aeron.ErrTimeout)
		require.ErrorContains(t, err, "3 messages were not sent")
		require.ErrorIs(t, <-wrote, aeron.ErrClosed, "it was not taken")
		require.NoError(t, w.Close())
	})
}

// A second Close returns when the first is through: then nothing is sent any more.
func TestWriter_aSecondCloseWaitsForTheFirst(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	ctx := asked{testdriver.Context(t), make(chan struct{}, 1)}
	w := aeron.NewWriter(ctx, p, never(aeron.WriterOptions{Linger: testdriver.Patience}))
	_, err = w.Write([]byte("x"))
	require.NoError(t, err)
	first, other := make(chan error, 1), make(chan error, 1)
	go func() { first <- w.Close() }()
	within(t, "the first Close", func() { <-ctx.looks })
	go func() {
		err := w.Close()
		if left := w.Buffered(); left > 0 {
			err = errors.Join(err, fmt.Errorf("%d messages are there when Close has returned", left))
		}
		other <- err
	}()
	require.ErrorIs(t, w.Flush(testdriver.Context(t)), aeron.ErrClosed)
	s := connect(t, d, p)
	require.Equal(t, []string{"x"}, receive(t, s, 1))
	require.NoError(t, <-first)
	require.NoError(t, <-other)
	require.Zero(t, w.Buffered())
}

// A long message finds room although others write short ones all the time.
func TestWriter_aWriteThatWaitsComesBeforeLaterOnes(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, d, p)
	ctx, cancel := context.WithCancel(testdriver.Context(t))
	w := aeron.NewWriter(ctx, p, never(aeron.WriterOptions{Bytes: 4000}))
	var others, reader sync.WaitGroup
	for range 3 {
		others.Go(func() {
			for ctx.Err() == nil {
				_, _ = w.Write([]byte("short"))
			}
		})
	}
	reader.Go(func() {
		for _, err := range s.Messages(testdriver.Context(t)) {
			if err != nil {
				return
			}
		}
	})
	for range 100 {
		_, err := w.Write(make([]byte, 4000)) // which goes into an empty batch only
		require.NoError(t, err)
	}
	cancel()
	others.Wait()
	require.NoError(t, s.Close())
	reader.Wait()
	_ = w.Close() // what is left has nobody to take it
}

func TestWriter_writesWithoutAllocation(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, d, p)
	w := aeron.NewWriter(testdriver.Context(t), p, never(aeron.WriterOptions{Bytes: 1000}))
	var odd error
	handle, message := func(aeron.Fragment) {}, []byte("message")
	requireNoAllocation(t, "twenty Writes, and the flushes that some of them are", func() {
		for range 20 {
			_, err := w.Write(message)
			_, polled := s.Poll(handle, 100)
			odd = errors.Join(odd, err, polled)
		}
	})
	require.NoError(t, odd)
	require.NoError(t, w.Close())
}

func TestWriter_misuse(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	ctx := testdriver.Context(t)
	for what, w := range map[string]*aeron.Writer{
		"no publication": aeron.NewWriter(ctx, nil, aeron.WriterOptions{}), "negative bytes": aeron.NewWriter(ctx, p, aeron.WriterOptions{Bytes: -1}),
		"negative count": aeron.NewWriter(ctx, p, aeron.WriterOptions{Count: -1}), "negative linger": aeron.NewWriter(ctx, p, aeron.WriterOptions{Linger: -1}),
		"zero": {}, "nil": nil,
	} {
		_, err := w.Write([]byte("x"))
		require.ErrorIs(t, err, aeron.ErrInvalidArgument, what)
		require.ErrorIs(t, w.Flush(ctx), aeron.ErrInvalidArgument, what)
		require.Zero(t, w.Buffered(), what)
		require.ErrorIs(t, w.Close(), aeron.ErrInvalidArgument, what)
	}
	for _, length := range []int{-1, 1<<30 + 1} {
		_, err := aeron.NewWriter(ctx, p, aeron.WriterOptions{Bytes: length}).Write(nil)
		require.ErrorContains(t, err, fmt.Sprintf("WriterOptions.Bytes=%d must be from 1 to 1073741824, or 0 for 65536", length))
	}
	w := aeron.NewWriter(ctx, p, aeron.WriterOptions{})
	_, err = w.Write(make([]byte, p.MaxMessageLength()+1))
	require.ErrorIs(t, err, aeron.ErrMessageTooLong)
	_, err = w.Write([]byte("goes on"))
	require.NoError(t, err)
	require.Equal(t, 1, w.Buffered())
}
