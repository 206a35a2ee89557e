package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

// BenchmarkCost is what each verb takes of a core while it watches 1,000 streams with traffic, at its default interval: of the program as a
// process of its own, on a terminal of 50 lines or with JSON into a pipe; of serve with one browser, of exporter with a scrape every 15
// seconds. The driver is another process. docs/OPERATIONS.md has the figures. An operation is a look:
//
//	go test -run '^$' -bench 'Cost/(stat|streams|backlog|explain|serve)' -benchtime 10x ./cmd/aerongo
//	go test -run '^$' -bench Cost/exporter -benchtime 4x ./cmd/aerongo
func BenchmarkCost(b *testing.B) {
	dir := manyStreams(b)
	for verb, interval := range map[string]time.Duration{"stat": time.Second, "streams": time.Second, "backlog": time.Second, "explain": explainInterval} {
		b.Run(verb+"/terminal", func(b *testing.B) {
			term := aTerminal(b, 160, 50)
			p := term.run(b, verb, "--dir", dir, "--watch")
			testdriver.Await(b, "a view", func() bool { return strings.Count(term.String(), goHome) > 1 })
			measureCost(b, p, interval, func() {})
		})
		b.Run(verb+"/json", func(b *testing.B) {
			var lines counted
			cmd := program(verb, "--dir", dir, "--watch", "--json")
			cmd.Stdout = &lines
			p := launchCommand(b, cmd)
			testdriver.Await(b, "an object", func() bool { return lines.n() > 1 })
			measureCost(b, p, interval, func() {})
		})
	}
	b.Run("serve/browser", func(b *testing.B) {
		p, url := serving(b, "serve", "--dir", dir)
		r, err := http.Get(url + "events")
		require.NoError(b, err)
		var states counted
		go func() { _, _ = io.Copy(&states, r.Body) }()
		testdriver.Await(b, "a state", func() bool { return states.n() > 1 })
		measureCost(b, p, time.Second, func() {})
		require.NoError(b, r.Body.Close())
	})
	b.Run("exporter/scraped", func(b *testing.B) {
		p, url := serving(b, "exporter", "--dir", dir, "--max-streams", "1000")
		scrape := func() {
			status, body := fetch(b, url)
			require.Equal(b, http.StatusOK, status)
			require.Contains(b, body, "\naeron_streams_others{")
		}
		scrape()
		measureCost(b, p, 15*time.Second, scrape)
	})
}

// counted is an output of which only the lines are counted.
type counted struct{ lines atomic.Int64 }

func (c *counted) Write(p []byte) (int, error) {
	c.lines.Add(int64(bytes.Count(p, []byte("\n"))))
	return len(p), nil
}

func (c *counted) n() int64 { return c.lines.Load() }

// measureCost lets a program that has begun its work go on, an interval for each operation, and ends it.
func measureCost(b *testing.B, p *process, interval time.Duration, work func()) {
	b.Helper()
	cpu, begin := cpuTime(b, p.cmd.Process.Pid), time.Now()
	for b.Loop() {
		time.Sleep(interval)
		work()
	}
	spent, passed := cpuTime(b, p.cmd.Process.Pid)-cpu, time.Since(begin)
	b.ReportMetric(100*spent.Seconds()/passed.Seconds(), "%core")
	b.ReportMetric(0, "ns/op") // it tells nothing but the interval
	p.signal(os.Interrupt)
	require.Equal(b, exitOK, p.wait(), p.errs.String())
}

// cpuTime is what a process has used of all cores: the scheduler's own account of its threads, which is exact.
func cpuTime(tb testing.TB, pid int) (total time.Duration) {
	tb.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	require.NoError(tb, err)
	require.NotEmpty(tb, threads)
	for _, thread := range threads {
		account, err := os.ReadFile(thread)
		require.NoError(tb, err)
		running, err := strconv.ParseInt(strings.Fields(string(account))[0], 10, 64)
		require.NoError(tb, err)
		total += time.Duration(running)
	}
	return total
}

// manyStreams is the directory of a driver with 1,000 UDP streams, each with a publication, an image and a subscriber, 10,000 counters in
// all. Each stream has ten messages a second; a subscriber reads them, which is always some behind.
func manyStreams(tb testing.TB) string {
	tb.Helper()
	dir := testdriver.Dir(tb)
	cmd := program("driver", "--from-env", "--dir", dir, "--threading", "shared")
	cmd.Env = append(cmd.Environ(), "AERON_TERM_BUFFER_LENGTH=64k", "AERON_TERM_BUFFER_SPARSE_FILE=true", "AERON_COUNTERS_BUFFER_LENGTH=4m",
		"AERON_PERFORM_STORAGE_CHECKS=false")
	launchCommand(tb, cmd).awaitOutput("ready")
	client := testdriver.Connect(tb, dir)
	const streams = 1000
	channel := testdriver.UDP(tb)
	subs, pubs := make([]*aeronc.Subscription, streams), make([]*aeronc.ExclusivePublication, streams)
	for id := range streams {
		var err error
		subs[id], err = client.AddSubscription(testdriver.Context(tb), channel, int32(id))
		require.NoError(tb, err)
		pubs[id], err = client.AddExclusivePublication(testdriver.Context(tb), channel, int32(id))
		require.NoError(tb, err)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		message := make([]byte, 200)
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				for id := range streams {
					_, _ = subs[id].Poll(func(aeronc.Fragment) {}, 10)
					_, _ = pubs[id].Offer(message)
				}
			}
		}
	}()
	tb.Cleanup(func() { close(stop); <-done })
	snap, err := stats.Open(dir)
	require.NoError(tb, err)
	for deadline, moving := time.Now().Add(2*time.Minute), 0; moving < streams; time.Sleep(100 * time.Millisecond) {
		require.True(tb, time.Now().Before(deadline), "only %d streams move", moving)
		require.NoError(tb, snap.Refresh())
		moving = 0
		for c := range snap.Counters() {
			if c.TypeID == stats.TypeSubscriberPosition && c.Value > 0 {
				moving++
			}
		}
	}
	return dir
}
