package aeron_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// forms are the two ways to send.
var forms = map[string]aeron.SendOptions{"claim": {}, "offer": {Offer: true}}

func TestSend(t *testing.T) {
	for name, options := range forms {
		for _, kind := range kinds {
			for _, transport := range transports {
				t.Run(name+" "+kind.name+" "+transport.name, func(t *testing.T) {
					d := start(t, config(t))
					ctx := testdriver.Context(t)
					p, err := kind.add(d, ctx, transport.channel(t), 10)
					require.NoError(t, err)
					s := connect(t, d, p)
					for _, message := range []string{"one", "", "three"} {
						sent, err := d.Send(ctx, p, []byte(message), options)
						require.NoError(t, err)
						require.True(t, sent)
					}
					sent, err := d.SendFunc(ctx, p, 4, func(data []byte) error { copy(data, "four"); return nil }, options)
					require.NoError(t, err)
					require.True(t, sent)
					require.Equal(t, []string{"one", "", "three", "four"}, receive(t, s, 4))
				})
			}
		}
	}
}

func TestSend_withoutASubscriber(t *testing.T) {
	d := start(t, config(t))
	for name, options := range forms {
		p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 10)
		require.NoError(t, err)
		sent, err := d.Send(t.Context(), p, []byte("x"), options)
		require.NoError(t, err, name)
		require.False(t, sent)

		early := options
		early.AbortEarly, early.Linger = true, time.Hour
		sent, err = d.Send(t.Context(), p, []byte("x"), early)
		require.ErrorIs(t, err, aeron.ErrNotConnected, name)
		require.ErrorContains(t, err, fmt.Sprint(p.SessionID()))
		require.Equal(t, "aeron:ipc", typed(t, err).Channel)
		require.False(t, sent)

		linger := options
		linger.Linger = 30 * time.Millisecond
		begin := time.Now()
		sent, err = d.Send(t.Context(), p, []byte("x"), linger)
		require.ErrorIs(t, err, aeron.ErrNotConnected, name)
		require.ErrorContains(t, err, "linger time of 30ms")
		require.GreaterOrEqual(t, time.Since(begin), 30*time.Millisecond)
		require.False(t, sent)

		linger.Linger = time.Hour
		_, err = d.Send(canceled(), p, []byte("x"), linger)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, aeron.ErrNotConnected)
		require.NoError(t, p.Close())
	}
}

func TestSend_waitsForASubscriberThatComesInTime(t *testing.T) {
	d := start(t, config(t))
	ctx := testdriver.Context(t)
	for name, options := range forms {
		p, err := d.AddPublication(ctx, "aeron:ipc", 10)
		require.NoError(t, err)
		options.Linger = time.Hour
		type result struct {
			sent bool
			err  error
		}
		results := make(chan result, 1)
		go func() {
			sent, err := d.Send(ctx, p, []byte(name), options)
			results <- result{sent, err}
		}()
		s, err := d.AddSubscription(ctx, "aeron:ipc", 10)
		require.NoError(t, err)
		require.Equal(t, result{true, nil}, <-results)
		require.Equal(t, []string{name}, receive(t, s, 1))
		require.NoError(t, p.Close())
		require.NoError(t, s.Close())
	}
}

func TestSend_throughBackPressure(t *testing.T) {
	figures.Begin(t)
	strategies := map[string]idle.Strategy{
		"default": nil, "spin": idle.BusySpin(), "yield": idle.Yield(), "backoff": idle.Backoff(), "sleep": idle.Sleep(100 * time.Microsecond),
	}
	for name, strategy := range strategies {
		t.Run(name, func(t *testing.T) {
			d, p, s := stream(t, "aeron:ipc?mtu=1408")
			ctx := testdriver.Context(t)
			message := pattern(1000, 1)
			for options := (aeron.SendOptions{Idle: strategy}); ; {
				small, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
				sent, err := d.Send(small, p, message, options)
				cancel()
				if err == nil {
					require.True(t, sent)
					continue
				}
				require.ErrorIs(t, err, context.DeadlineExceeded)
				if errors.Is(err, aeron.ErrAdminAction) {
					continue // its time was over while a term ended
				}
				require.ErrorIs(t, err, aeron.ErrBackPressured, "and what it waited for")
				require.False(t, sent)
				break
			}
			done := make(chan error, 1)
			go func() {
				_, err := d.Send(ctx, p, message, aeron.SendOptions{Idle: strategy, Offer: true})
				done <- err
			}()
			got := 0
			testdriver.Await(t, "the message to be sent", func() bool {
				n, err := s.PollMessages(func(m aeron.Message) { require.True(t, bytes.Equal(message, m.Data())) }, 16)
				require.NoError(t, err)
				got += n
				select {
				case err := <-done:
					require.NoError(t, err)
					return true
				default:
					return false
				}
			})
			require.Positive(t, got)
		})
	}
	figures.Record(t, "ways to wait", len(strategies))
}

func TestSend_lengths(t *testing.T) {
	d, p, s := stream(t, "aeron:ipc?mtu=1408")
	ctx := testdriver.Context(t)
	sent, err := d.Send(ctx, p, make([]byte, p.MaxPayloadLength()), aeron.SendOptions{})
	require.NoError(t, err)
	require.True(t, sent)
	_, err = d.Send(ctx, p, make([]byte, p.MaxPayloadLength()+1), aeron.SendOptions{})
	require.ErrorIs(t, err, aeron.ErrMessageTooLong)
	require.ErrorContains(t, err, fmt.Sprintf("length %d is over the limit of %d", p.MaxPayloadLength()+1, p.MaxPayloadLength()))
	require.ErrorContains(t, err, fmt.Sprintf("with SendOptions.Offer it may be %d", p.MaxMessageLength()))
	sent, err = d.Send(ctx, p, make([]byte, p.MaxMessageLength()), aeron.SendOptions{Offer: true})
	require.NoError(t, err)
	require.True(t, sent)
	_, err = d.Send(ctx, p, make([]byte, p.MaxMessageLength()+1), aeron.SendOptions{Offer: true})
	require.ErrorIs(t, err, aeron.ErrMessageTooLong)
	require.Len(t, receive(t, s, 2)[1], p.MaxMessageLength())
	never := func([]byte) error { require.FailNow(t, "nothing is to be filled"); return nil }
	for _, options := range forms {
		_, err = d.SendFunc(ctx, p, -1, never, options)
		require.ErrorIs(t, err, aeron.ErrInvalidArgument)
		_, err = d.SendFunc(ctx, p, p.MaxMessageLength()+1, never, options)
		require.ErrorIs(t, err, aeron.ErrMessageTooLong)
		_, err = d.SendFunc(ctx, p, 1, nil, options)
		require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	}
}

func TestSendFunc_abortsWhatIsNotFilled(t *testing.T) {
	for name, options := range forms {
		t.Run(name, func(t *testing.T) {
			d, p, s := stream(t, "aeron:ipc?mtu=1408")
			ctx := testdriver.Context(t)
			boom := errors.New("boom")
			sent, err := d.SendFunc(ctx, p, 10, func([]byte) error { return boom }, options)
			require.ErrorIs(t, err, boom)
			require.False(t, sent)
			require.PanicsWithValue(t, "out", func() {
				_, _ = d.SendFunc(ctx, p, 10, func([]byte) error { panic("out") }, options)
			})
			sent, err = d.Send(ctx, p, []byte("after"), options)
			require.NoError(t, err)
			require.True(t, sent)
			require.Equal(t, []string{"after"}, receive(t, s, 1), "the stream goes on behind what was aborted")
		})
	}
}

// What fill returns is its caller's, also if it is what another publication has said.
func TestSendFunc_errorsOfFillAreNotThePublications(t *testing.T) {
	for name, options := range forms {
		for _, kind := range kinds {
			t.Run(name+" "+kind.name, func(t *testing.T) {
				d := start(t, config(t))
				ctx := testdriver.Context(t)
				p, err := kind.add(d, ctx, "aeron:ipc?mtu=1408", 10)
				require.NoError(t, err)
				s := connect(t, d, p)
				boom := errors.New("boom")
				for _, cause := range []error{boom, aeron.ErrBackPressured, aeron.ErrAdminAction, aeron.ErrNotConnected, aeron.ErrClosed} {
					for _, want := range []error{cause, fmt.Errorf("another stream: %w", cause)} {
						for _, early := range []bool{false, true} {
							options.AbortEarly = early
							calls := 0
							sent, err := d.SendFunc(ctx, p, 10, func([]byte) error {
								if calls++; calls > 1 {
									return boom // or it never ends
								}
								return want
							}, options)
							require.Equal(t, 1, calls, "%v", want)
							require.Same(t, want, err)
							require.False(t, sent)
						}
					}
				}
				sent, err := d.Send(ctx, p, []byte("after"), options)
				require.NoError(t, err)
				require.True(t, sent)
				require.Equal(t, []string{"after"}, receive(t, s, 1))
			})
		}
	}
}

// The claim's own error is told beside fill's.
func TestSendFunc_tellsThatTheClaimCouldNotBeAborted(t *testing.T) {
	d, p, _ := stream(t, "aeron:ipc")
	_, err := d.SendFunc(testdriver.Context(t), p, 10, func([]byte) error {
		require.ErrorContains(t, p.Close(), "neither committed nor aborted")
		return aeron.ErrBackPressured
	}, aeron.SendOptions{})
	require.ErrorIs(t, err, aeron.ErrBackPressured)
	require.ErrorIs(t, err, aeron.ErrClosed)
}

// What ends a ctx may be an error of something else: it is found, and the call says what it is about itself.
func TestWaits_endedByAnErrorOfSomethingElse(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 10)
	require.NoError(t, err)
	s, err := d.AddSubscription(testdriver.Context(t), "aeron:ipc", 11)
	require.NoError(t, err)
	other := &aeron.Error{Op: "another", StreamID: 99, Err: aeron.ErrMessageTooLong}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(other)
	received := func() (last error) {
		for _, err := range s.Messages(ctx) {
			last = err
		}
		return last
	}
	for op, err := range map[string]error{
		"publish": p.Publish(ctx, []byte("x")), "await ready": p.AwaitReady(ctx), "receive": received(),
	} {
		require.Equal(t, op, typed(t, err).Op)
		require.ErrorIs(t, err, other)
	}
	require.Equal(t, int32(11), typed(t, s.AwaitReady(ctx)).StreamID)
}

func TestSend_afterTheEnd(t *testing.T) {
	d, p, _ := stream(t, "aeron:ipc")
	other := start(t, config(t))
	for name, options := range forms {
		_, err := other.Send(t.Context(), p, nil, options)
		require.ErrorIs(t, err, aeron.ErrInvalidArgument, "%s: it belongs to another driver", name)
		_, err = d.Send(t.Context(), nil, nil, options)
		require.ErrorIs(t, err, aeron.ErrInvalidArgument)
		_, err = d.Send(t.Context(), (*aeron.Publication)(nil), nil, options)
		require.ErrorIs(t, err, aeron.ErrInvalidArgument)
		_, err = d.SendFunc(t.Context(), &aeron.ExclusivePublication{}, 1, func([]byte) error { return nil }, options)
		require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	}
	require.NoError(t, p.Close())
	for _, options := range forms {
		options.Linger = time.Hour
		sent, err := d.Send(t.Context(), p, []byte("x"), options)
		require.ErrorIs(t, err, aeron.ErrClosed)
		require.False(t, sent)
	}
}

func TestSend_failsAtOnceWhenTheDriverWasLost(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	d := start(t, aeron.Config{External: true, Directory: dir})
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	require.False(t, d.MustRestart())
	done := make(chan error, 1)
	go func() {
		_, err := d.Send(testdriver.Context(t), p, []byte("x"), aeron.SendOptions{Linger: time.Hour})
		done <- err
	}()
	require.NoError(t, running.Close())
	testdriver.Await(t, "the loss", d.MustRestart)
	err = <-done
	require.Condition(t, func() bool { return errors.Is(err, aeron.ErrClosed) || errors.Is(err, aeron.ErrMustRestart) }, "%v", err)
	_, err = d.Send(t.Context(), p, []byte("x"), aeron.SendOptions{})
	require.ErrorIs(t, err, aeron.ErrMustRestart)
	require.ErrorIs(t, err, aeron.CodeDriverTimeout, "and why")
}

func ExampleDriver_Send() {
	ctx := context.Background()
	drv, err := aeron.Open(aeron.Config{AppID: "example-send", UniqueDirectory: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer drv.Close()
	if err := drv.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	pub, err := drv.AddPublication(ctx, "aeron:ipc", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	sent, err := drv.Send(ctx, pub, []byte("hello"), aeron.SendOptions{})
	fmt.Println(sent, err) // nobody listens: keep it for later
	_, err = drv.Send(ctx, pub, []byte("hello"), aeron.SendOptions{AbortEarly: true})
	fmt.Println(errors.Is(err, aeron.ErrNotConnected))
	// Output:
	// false <nil>
	// true
}
