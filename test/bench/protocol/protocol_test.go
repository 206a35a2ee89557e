package protocol

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCommands_areReadAsTheyWereWritten(t *testing.T) {
	for _, want := range []Throughput{
		{Channel: "aeron:ipc", Stream: 5, Length: 32, Publishers: 1, Exclusive: true},
		{Channel: "aeron:udp?endpoint=127.0.0.1:4000", Stream: -7, Length: 16384, Publishers: MaxPublishers, Checked: true},
	} {
		got, err := ParseThroughput(want.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	latency := Latency{Ping: "aeron:ipc", Pong: "aeron:udp?endpoint=127.0.0.1:4001", PingStream: 1, PongStream: 2, Length: 32}
	got, err := ParseLatency(latency.String())
	require.NoError(t, err)
	require.Equal(t, latency, got)
	for _, want := range []Run{{Messages: 10}, {Messages: 10, Interval: 5, File: "/tmp/x"}} {
		got, err := ParseRun(want.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	result := Result{1, 2, 3, 4}
	back, err := ParseResult(result.String())
	require.NoError(t, err)
	require.Equal(t, result, back)
}

func TestCommands_sayWhatIsWrong(t *testing.T) {
	for line, want := range map[string]string{
		"open throughput aeron:ipc 1 32 1 exclusive":              "7 words instead of 8",
		"open throughput aeron:ipc x 32 1 exclusive checked":      `"x"`,
		"open throughput aeron:ipc 9999999999 32 1 a b":           "out of range",
		"open throughput aeron:ipc 1 30 1 exclusive checked":      "length 30",
		"open throughput aeron:ipc 1 8 1 exclusive checked":       "length 8",
		"open throughput aeron:ipc 1 32 17 exclusive checked":     "17 publishers",
		"open throughput aeron:ipc 1 32 0 exclusive checked":      "0 publishers",
		"open throughputs aeron:ipc 1 32 1 exclusive checked":     `"throughputs"`,
		"open throughput aeron:ipc 1 32 1 exclusive checked more": "9 words",
	} {
		_, err := ParseThroughput(line)
		require.ErrorContains(t, err, want, line)
	}
	_, err := ParseLatency("open latency a 1 b 2 3")
	require.ErrorContains(t, err, "length 3")
	_, err = ParseRun("run many")
	require.ErrorContains(t, err, `"run many"`)
	_, err = ParseRun("run 1 2")
	require.Error(t, err)
	_, err = ParseResult("fine")
	require.ErrorContains(t, err, `"fine"`)
}

// fake is a contestant without Aeron.
type fake struct{ opened, closed int }

type fakeSession struct{ *fake }

func (f *fake) Throughput(t Throughput) (Session, error) {
	if t.Channel == "bad" {
		return nil, errors.New("two\nlines")
	}
	f.opened++
	return fakeSession{f}, nil
}
func (f *fake) Latency(Latency) (Session, error) { return f.Throughput(Throughput{}) }
func (s fakeSession) Run(r Run) (Result, error) {
	return Result{Nanoseconds: 1, Received: int64(r.Messages)}, nil
}
func (s fakeSession) Close() error { s.closed++; return nil }

func TestServe_answersEveryLineWithOne(t *testing.T) {
	var out strings.Builder
	f := &fake{}
	require.NoError(t, Serve(f, strings.NewReader(strings.Join([]string{
		"run 5", "close", Throughput{Channel: "bad", Length: 32, Publishers: 1}.String(),
		Throughput{Channel: "a", Length: 32, Publishers: 1}.String(), "run 5", "run x", "open again", "close",
		Latency{Ping: "a", Pong: "b", Length: 32}.String(), "dance",
	}, "\n")), &out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 10)
	for i, prefix := range []string{"error", "error", "error two; lines", "ok", "ok 1 5 0 0", "error", "error", "ok", "ok", "error unknown command"} {
		require.True(t, strings.HasPrefix(lines[i], prefix), "%d: %s", i, lines[i])
	}
	require.Equal(t, 2, f.opened)
	require.Equal(t, 2, f.closed, "the end of the input closes what is open")
}

func TestChecker_findsWhatIsNotAsItWasSent(t *testing.T) {
	message := func(publisher int, sequence int64) []byte {
		m := make([]byte, 64)
		Fill(m, Head(publisher, sequence))
		return m
	}
	c := NewChecker(64, true)
	c.Count(message(0, 0))
	c.Count(message(3, 0))
	c.Count(message(0, 1))
	c.CountHead(Head(3, 1))
	require.Zero(t, c.Wrong)
	require.Equal(t, 4, c.Received)

	for name, spoil := range map[string]func(c *Checker){
		"lost":             func(c *Checker) { c.Count(message(0, 3)) },
		"twice":            func(c *Checker) { c.Count(message(0, 1)) },
		"short":            func(c *Checker) { c.Count(message(0, 2)[:56]) },
		"empty":            func(c *Checker) { c.Count(nil) },
		"no such one":      func(c *Checker) { c.Count(message(MaxPublishers, 0)) },
		"a byte, the last": func(c *Checker) { m := message(0, 2); m[63]++; c.Count(m) },
		"a byte, number 8": func(c *Checker) { m := message(0, 2); m[8]++; c.Count(m) },
		"head alone":       func(c *Checker) { c.CountHead(Head(3, 7)) },
	} {
		was := *c
		spoil(&was)
		require.Equal(t, int64(1), was.Wrong, name)
		require.Equal(t, 5, was.Received, name)
	}

	counted := NewChecker(64, false)
	m := message(0, 0)
	m[20]++
	counted.Count(m)
	require.Zero(t, counted.Wrong, "only a checked run looks at the content")
}

func TestShare_addsUp(t *testing.T) {
	for _, messages := range []int{0, 1, 4, 7, 1000} {
		for publishers := 1; publishers <= MaxPublishers; publishers++ {
			sum := 0
			for i := range publishers {
				sum += Share(messages, publishers, i)
			}
			require.Equal(t, messages, sum)
		}
	}
}

func TestMeasure_runsEverybodyAndStopsOnFailure(t *testing.T) {
	var published atomic.Int64
	elapsed, err := Measure(3, func(int, *atomic.Bool) error {
		published.Add(1)
		return nil
	}, func(*atomic.Bool) error {
		for published.Load() < 3 {
			time.Sleep(time.Microsecond)
		}
		return nil
	})
	require.NoError(t, err)
	require.Positive(t, elapsed)

	broken := errors.New("broken")
	_, err = Measure(2, func(publisher int, stop *atomic.Bool) error {
		if publisher == 0 {
			return broken
		}
		for !stop.Load() {
			time.Sleep(time.Microsecond)
		}
		return nil
	}, func(stop *atomic.Bool) error {
		for !stop.Load() {
			time.Sleep(time.Microsecond)
		}
		return nil
	})
	require.ErrorIs(t, err, broken)
}

// play answers n pings at once.
func play(t *testing.T, p *Pinger, n int) (seen []uint64) {
	t.Helper()
	message := make([]byte, 16)
	for range n {
		for !p.Next(message) {
			require.False(t, p.Done())
		}
		p.Sent()
		seen = append(seen, binary.LittleEndian.Uint64(message))
		p.Pong(message)
	}
	return seen
}

func TestPinger_closedHasOnePingUnderWay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "times")
	p := NewPinger(Run{Messages: 3, File: file})
	message := make([]byte, 16)
	require.True(t, p.Next(message))
	require.True(t, p.Next(message), "one that was refused comes again")
	p.Sent()
	require.False(t, p.Next(message), "the first one is under way")
	p.Pong(message)
	require.Equal(t, []uint64{1, 2}, play(t, p, 2))
	require.True(t, p.Done())
	require.False(t, p.Next(message))
	result, err := p.Finish()
	require.NoError(t, err)
	require.Equal(t, int64(3), result.Received)
	require.Zero(t, result.Wrong)
	times, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Len(t, times, 24)
}

func TestPinger_countsFromTheIntendedStart(t *testing.T) {
	const interval = 2 * time.Millisecond
	file := filepath.Join(t.TempDir(), "times")
	p := NewPinger(Run{Messages: 5, Interval: interval.Nanoseconds(), File: file})
	// A stall in which all of them should have started.
	for time.Since(p.begin) < 6*interval {
		time.Sleep(interval)
	}
	play(t, p, 5)
	_, err := p.Finish()
	require.NoError(t, err)
	times, err := os.ReadFile(file)
	require.NoError(t, err)
	for i := range 5 {
		waited := time.Duration(binary.LittleEndian.Uint64(times[8*i:]))
		require.GreaterOrEqual(t, waited, time.Duration(5-i)*interval, "the wait of ping %d counts", i)
	}
}

func TestPinger_findsWrongPongs(t *testing.T) {
	p := NewPinger(Run{Messages: 3, File: filepath.Join(t.TempDir(), "times")})
	p.Pong(nil)
	p.PongOf(7, 0)
	p.PongOf(2, 0)
	result, err := p.Finish()
	require.NoError(t, err)
	require.Equal(t, int64(2), result.Wrong)
	require.Equal(t, int64(3), result.Received)
}
