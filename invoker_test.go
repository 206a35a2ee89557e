package aeron_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// invoker is a small driver and a client without threads.
func invoker(tb testing.TB) *aeron.Driver {
	tb.Helper()
	cfg := config(tb)
	cfg.Threading, cfg.Invoker = aeron.SharedNetwork, true
	return start(tb, cfg)
}

// One goroutine does everything, and whatever waits does the work that it waits for.
func TestInvoker_everythingOnOneGoroutine(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport.name, func(t *testing.T) {
			ctx, channel := testdriver.Context(t), transport.channel(t)
			d := invoker(t)
			sub, err := d.AddSubscription(ctx, channel, 10)
			require.NoError(t, err)
			pub, err := d.AddPublication(ctx, channel, 10)
			require.NoError(t, err)
			exclusive, err := d.AddExclusivePublication(ctx, channel, 10)
			require.NoError(t, err)
			for _, p := range []aeron.Sender{pub, exclusive} {
				require.NoError(t, p.AwaitReady(ctx))
			}
			require.NoError(t, sub.AwaitReady(ctx))

			// Many windows, so that Publish has to wait for the sender and the receiver, which are this goroutine.
			const messages = 2000
			sent, received := 0, 0
			for received < messages {
				if sent < messages {
					if _, err := exclusive.Offer(pattern(1000, sent)); err == nil {
						sent++
					} else if !errors.Is(err, aeron.ErrAdminAction) {
						require.ErrorIs(t, err, aeron.ErrBackPressured)
					}
				}
				_, err := d.DoWork()
				require.NoError(t, err)
				_, err = sub.PollMessages(func(m aeron.Message) {
					require.Equal(t, pattern(1000, received), m.Data())
					received++
				}, 10)
				require.NoError(t, err)
			}

			require.NoError(t, pub.Publish(ctx, []byte("last")))
			for msg, err := range sub.Messages(ctx) {
				require.NoError(t, err)
				require.Equal(t, "last", string(msg.Data()))
				break
			}
			require.NoError(t, pub.Close())
			require.NoError(t, d.AwaitLogDeleted(ctx, pub))
			_, err = d.Send(ctx, exclusive, []byte("sent"), aeron.SendOptions{AbortEarly: true})
			require.NoError(t, err)

			// A Writer that has to wait: the window is full, and what was consumed since nobody has told the publication.
			w := aeron.NewWriter(ctx, exclusive, never(aeron.WriterOptions{Bytes: 100}))
			for err = nil; !errors.Is(err, aeron.ErrBackPressured); {
				_, err = exclusive.Offer(pattern(1000, 0))
			}
			for consumed := 1; consumed > 0; {
				consumed, err = sub.PollMessages(func(aeron.Message) {}, 100)
				require.NoError(t, err)
			}
			for _, message := range []string{"first", "second", "third"} { // there is room for one
				_, err = w.Write(pattern(60, len(message)))
				require.NoError(t, err)
			}
			require.NoError(t, w.Flush(ctx))
			require.Zero(t, w.Buffered())
			require.NoError(t, w.Close())
			require.NoError(t, sub.Close())
		})
	}
}

// What a closed publication leaves goes away while its end is waited for.
func TestInvoker_delayLingerSteps(t *testing.T) {
	cfg := config(t)
	cfg.Threading, cfg.Invoker, cfg.LingerTimeout = aeron.SharedNetwork, true, time.Hour
	d := start(t, cfg)
	ctx, cancel := context.WithCancel(testdriver.Context(t))
	defer cancel()
	sub, err := d.AddSubscription(ctx, "aeron:ipc", 10)
	require.NoError(t, err)
	pub, err := d.AddExclusivePublication(ctx, "aeron:ipc", 10)
	require.NoError(t, err)
	require.NoError(t, sub.AwaitReady(ctx))
	remove := d.OnEvent(func(e aeron.Event) {
		if e.Kind == aeron.ImageUnavailable {
			cancel() // that is what only a step can bring
		}
	})
	defer remove()
	require.NoError(t, pub.Close())
	require.ErrorIs(t, d.DelayLinger(ctx), context.Canceled)
}

// What has no threads does nothing by itself: the same steps do the same, whenever they are made.
func TestInvoker_isDeterministic(t *testing.T) {
	var first []int
	for range 3 {
		d := invoker(t)
		ctx := testdriver.Context(t)
		sub, err := d.AddSubscription(ctx, "aeron:ipc", 10)
		require.NoError(t, err)
		pub, err := d.AddExclusivePublication(ctx, "aeron:ipc", 10)
		require.NoError(t, err)
		require.NoError(t, pub.AwaitReady(ctx))
		require.NoError(t, sub.AwaitReady(ctx))

		// The window opens in steps of the conductor only, so what is sent between two of them is the same each time.
		var counts []int
		for range 5 {
			n := 0
			for {
				_, err := pub.Offer(pattern(500, n))
				if errors.Is(err, aeron.ErrAdminAction) {
					continue
				}
				if err != nil {
					require.ErrorIs(t, err, aeron.ErrBackPressured)
					break
				}
				n++
			}
			received := 0
			for received < n {
				_, err := sub.PollMessages(func(aeron.Message) { received++ }, 100)
				require.NoError(t, err)
			}
			_, err := pub.Offer(pattern(500, n))
			require.ErrorIs(t, err, aeron.ErrBackPressured, "consumed, and nobody has told the publication")
			counts = append(counts, n)
			testdriver.Await(t, "an open window", func() bool {
				_, err := d.DoWork()
				require.NoError(t, err)
				position, err := pub.Position()
				require.NoError(t, err)
				limit, err := pub.PositionLimit()
				require.NoError(t, err)
				return limit >= position+32<<10
			})
		}
		require.Greater(t, counts[0], 10)
		if first == nil {
			first = counts
		}
		require.Equal(t, first, counts)
		require.NoError(t, d.Close())
	}
}

func TestInvoker_hasNoThreads(t *testing.T) {
	d := invoker(t)
	for name := range threadNames(t) {
		require.False(t, strings.HasPrefix(name, "aeron-") || strings.HasPrefix(name, "conductor"), name)
	}
	require.Contains(t, d.ContextInfo(), "driver.threading_mode=INVOKER\n")
	require.Contains(t, d.ContextInfo(), "client.use_conductor_agent_invoker=true\n")
}

func TestInvoker_ofAnExternalDriver(t *testing.T) {
	dir := testdriver.Dir(t)
	startIn(t, dir)
	ctx := testdriver.Context(t)
	d := start(t, aeron.Config{External: true, Directory: dir, Invoker: true})
	pub, err := d.AddExclusivePublication(ctx, "aeron:ipc", 10)
	require.NoError(t, err)
	sub, err := d.AddSubscription(ctx, "aeron:ipc", 10)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	require.NoError(t, pub.Publish(ctx, []byte("hello")))
	for msg, err := range sub.Messages(ctx) {
		require.NoError(t, err)
		require.Equal(t, "hello", string(msg.Data()))
		break
	}
	_, err = d.DoWork()
	require.NoError(t, err)
}

func TestDoWork_refuses(t *testing.T) {
	threaded := start(t, config(t))
	_, err := threaded.DoWork()
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	require.ErrorContains(t, err, "Config.Invoker")

	cfg := config(t)
	cfg.Threading, cfg.Invoker = aeron.SharedNetwork, true
	d := open(t, cfg)
	_, err = d.DoWork()
	require.ErrorIs(t, err, aeron.ErrNotStarted)
	require.NoError(t, d.Start(testdriver.Context(t)))
	_, err = d.DoWork()
	require.NoError(t, err)
	require.NoError(t, d.Close())
	_, err = d.DoWork()
	require.ErrorIs(t, err, aeron.ErrClosed)
	require.ErrorContains(t, err, cfg.Directory)
}

// Waits end with their context, although they have something to do.
func TestInvoker_waitsEndWithTheirContext(t *testing.T) {
	d := invoker(t)
	pub, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 10)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, pub.AwaitReady(ctx), context.DeadlineExceeded)
	require.ErrorIs(t, pub.Publish(ctx, []byte("nobody")), context.DeadlineExceeded)
	_, err = d.AddSubscription(ctx, "aeron:ipc", 11)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// Several goroutines may use a driver that one of them steps, and each of them may step: one at a time, and the others hear that.
func TestInvoker_oneStepsAtATime(t *testing.T) {
	d := invoker(t)
	ctx := testdriver.Context(t)
	results := make(chan error, 4)
	for i := range 4 {
		go func() {
			for range 200 {
				if _, err := d.DoWork(); err != nil && !strings.Contains(err.Error(), "another goroutine") {
					results <- err
					return
				}
			}
			_, err := d.AddPublication(ctx, "aeron:ipc", int32(i))
			results <- err
		}()
	}
	for range 4 {
		require.NoError(t, <-results)
	}
	require.ErrorIs(t, aeron.ErrBusy, aeronc.ErrBusy)
}

// Messages of an invoker cost no allocation either.
func TestInvoker_allocatesNothingPerMessage(t *testing.T) {
	d := invoker(t)
	ctx := testdriver.Context(t)
	sub, err := d.AddSubscription(ctx, "aeron:ipc", 10)
	require.NoError(t, err)
	pub, err := d.AddExclusivePublication(ctx, "aeron:ipc", 10)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	require.NoError(t, sub.AwaitReady(ctx))
	message, received := []byte("message"), 0
	handler := func(aeron.Fragment) { received++ }
	requireNoAllocation(t, "Offer, DoWork and Poll", func() {
		for {
			if _, err := pub.Offer(message); err == nil {
				break
			}
			_, _ = d.DoWork()
		}
		_, _ = d.DoWork()
		_, _ = sub.Poll(handler, 10)
	})
	require.Positive(t, received)
}

func ExampleDriver_DoWork() {
	ctx := context.Background()
	drv, err := aeron.Open(aeron.Config{AppID: "example-invoker", Invoker: true, TermLength: 64 << 10, IPCTermLength: 64 << 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer drv.Close()
	if err := drv.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	sub, err := drv.AddSubscription(ctx, "aeron:ipc", 10) // steps driver and client until it is there
	if err != nil {
		fmt.Println(err)
		return
	}
	pub, err := drv.AddExclusivePublication(ctx, "aeron:ipc", 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := pub.AwaitReady(ctx); err != nil {
		fmt.Println(err)
		return
	}
	_, err = pub.Offer([]byte("no thread but this one"))
	for received := 0; err == nil && received == 0; {
		if _, err = drv.DoWork(); err == nil {
			received, err = sub.Poll(func(f aeron.Fragment) { fmt.Println(string(f.Data())) }, 10)
		}
	}
	// Output: no thread but this one
}
