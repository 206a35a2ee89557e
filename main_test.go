package aeron_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) {
	if task := os.Getenv(childTask); task != "" {
		os.Exit(runChild(task))
	}
	code := testdriver.Main(m)
	if err := aeron.CheckLeaks(); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		code = max(code, 1)
	}
	if !aeron.AllClosed() {
		fmt.Fprintln(os.Stderr, "FAIL: the registry still holds a driver")
		code = max(code, 1)
	}
	os.Exit(code)
}

// prompt is longer than what is answered at once can take, on a machine that is busy with other things, and shorter than the timeout of
// Aeron's that a test could wait for, 10 s.
const prompt = 8 * time.Second

// config is a small driver in a directory of the test's own.
func config(tb testing.TB) aeron.Config {
	tb.Helper()
	return aeron.Config{
		Directory: testdriver.Dir(tb), Threading: aeron.Shared, TermLength: 64 << 10, IPCTermLength: 64 << 10,
		ClientIdle: 200 * time.Microsecond,
	}
}

// open opens a handle and closes it when the test ends.
func open(tb testing.TB, cfg aeron.Config) *aeron.Driver {
	tb.Helper()
	d, err := aeron.Open(cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, d.Close()) })
	return d
}

// start opens and starts a driver until the test ends.
func start(tb testing.TB, cfg aeron.Config) *aeron.Driver {
	tb.Helper()
	d := open(tb, cfg)
	require.NoError(tb, d.Start(testdriver.Context(tb)))
	return d
}

// kind is how to add one of the two kinds of publication.
type kind struct {
	name string
	add  func(d *aeron.Driver, ctx context.Context, channel string, stream int32) (aeron.Sender, error)
}

var kinds = []kind{
	{"concurrent", func(d *aeron.Driver, ctx context.Context, channel string, stream int32) (aeron.Sender, error) {
		p, err := d.AddPublication(ctx, channel, stream)
		if err != nil {
			return nil, err
		}
		return p, nil
	}},
	{"exclusive", func(d *aeron.Driver, ctx context.Context, channel string, stream int32) (aeron.Sender, error) {
		p, err := d.AddExclusivePublication(ctx, channel, stream)
		if err != nil {
			return nil, err
		}
		return p, nil
	}},
}

// transports are the channels that what is said about streams must hold for.
var transports = []struct {
	name    string
	channel func(tb testing.TB) string
}{
	{"ipc", func(testing.TB) string { return "aeron:ipc?mtu=1408" }},
	{"udp", testdriver.UDP},
}

// connect adds a subscription for p and waits until a message would be taken.
func connect(tb testing.TB, d *aeron.Driver, p aeron.Sender, options ...aeron.SubscriptionOption) *aeron.Subscription {
	tb.Helper()
	ctx := testdriver.Context(tb)
	s, err := d.AddSubscription(ctx, p.Constants().Channel, p.Constants().StreamID, options...)
	require.NoError(tb, err)
	require.NoError(tb, s.AwaitReady(ctx))
	require.NoError(tb, p.AwaitReady(ctx))
	return s
}

// stream is an exclusive publication and a subscription that see each other, with a driver of their own.
func stream(tb testing.TB, channel string, options ...aeron.SubscriptionOption) (*aeron.Driver, *aeron.ExclusivePublication, *aeron.Subscription) {
	tb.Helper()
	d := start(tb, config(tb))
	p, err := d.AddExclusivePublication(testdriver.Context(tb), channel, 10)
	require.NoError(tb, err)
	return d, p, connect(tb, d, p, options...)
}

// publish sends messages, which must succeed.
func publish(tb testing.TB, p aeron.Sender, messages ...string) {
	tb.Helper()
	ctx := testdriver.Context(tb)
	for _, m := range messages {
		require.NoError(tb, p.Publish(ctx, []byte(m)))
	}
}

// receive polls whole messages until there are n.
func receive(tb testing.TB, s *aeron.Subscription, n int) (messages []string) {
	tb.Helper()
	testdriver.Await(tb, fmt.Sprintf("%d messages", n), func() bool {
		_, err := s.PollMessages(func(m aeron.Message) { messages = append(messages, string(m.Data())) }, n-len(messages))
		require.NoError(tb, err)
		return len(messages) >= n
	})
	return messages
}

// pattern is n bytes that differ from place to place and with seed.
func pattern(n, seed int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*31 + i>>8*7 + seed)
	}
	return b
}

// within fails the test if f has not returned promptly.
func within(tb testing.TB, what string, f func()) {
	tb.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(prompt):
		require.FailNow(tb, "not prompt", "%s took longer than %v", what, prompt)
	}
}

// typed is err as the module's own kind of error.
func typed(tb testing.TB, err error) *aeron.Error {
	tb.Helper()
	var e *aeron.Error
	require.ErrorAs(tb, err, &e)
	return e
}

// canceled is a context that has ended already.
func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
