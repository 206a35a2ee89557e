package stats_test

import (
	"bytes"
	"context"
	"encoding/json"
	"expvar"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

var _ expvar.Var = stats.NewVar("")

// varOf decodes what a Var says.
func varOf(t *testing.T, v *stats.Var) (all map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(v.String()), &all))
	return all
}

func TestVar_isAnObjectWhateverIsThere(t *testing.T) {
	dir := filepath.Join(cnctest.Dir(t), "later")
	v := stats.NewVar(dir)
	require.Equal(t, false, varOf(t, v)["active"])
	require.Contains(t, varOf(t, v)["error"], dir)

	require.NoError(t, os.Mkdir(dir, 0o700))
	f := newFiles(t, 32)
	f.counter(0, stats.TypeSystem, []byte{byte(stats.SystemBytesSent), 0, 0, 0}, "Bytes sent", 4711)
	f.counter(1, stats.TypePublisherPosition, streamKey(1, 5, 10, "aeron:ipc"), "pub-pos", 1000)
	f.counter(2, stats.TypeSubscriberPosition, streamKey(2, 5, 10, "aeron:ipc"), "sub-pos", 600)
	f.writeTo(t, dir)
	all := varOf(t, v)
	require.Equal(t, true, all["active"])
	require.NotContains(t, all, "error")
	require.InDelta(t, 1, all["streams"], 0)
	require.InDelta(t, 400, all["max_subscriber_lag"], 0)
	require.Equal(t, map[string]any{"Bytes sent": 4711.0}, all["system"])

	require.NoError(t, os.RemoveAll(dir))
	require.Equal(t, false, varOf(t, v)["active"])
	require.Contains(t, varOf(t, stats.NewVar("\xFF\x01")), "error")
}

// lines gathers what a logger is told.
type lines struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *lines) await(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return l.count(text) > 0 }, 20*time.Second, time.Millisecond, text)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buffer.String(), text)
}

func TestLog_tellsTheNewsOnce(t *testing.T) {
	dir := filepath.Join(cnctest.Dir(t), "later")
	ctx, cancel := context.WithCancel(context.Background())
	said := &lines{}
	done := make(chan error, 1)
	go func() { done <- stats.Log(ctx, dir, stats.MinLogInterval, slog.New(slog.NewTextHandler(said, nil))) }()
	said.await(t, `level=WARN msg="no media driver"`)

	require.NoError(t, os.Mkdir(dir, 0o700))
	f := newFiles(t, 32)
	// replace puts the files there at once: no look finds a half of them.
	replace := func() {
		t.Helper()
		next := f.write(t)
		require.NoError(t, os.Rename(filepath.Join(next, "cnc.dat"), filepath.Join(dir, "cnc.dat")))
	}
	replace()
	said.await(t, `level=INFO msg="media driver"`)

	writeError := func(count int32, text string) {
		log := f.errorLog()
		put32(log, 0, int32(24+len(text)))
		put32(log, 4, count)
		put64(log, 8, time.Now().UnixMilli())
		put64(log, 16, time.Now().UnixMilli())
		copy(log[24:], text)
		replace()
	}
	writeError(1, "out of luck")
	said.await(t, `level=ERROR msg="media driver error"`)
	said.await(t, `error.text="out of luck"`)
	writeError(2, "out of luck")
	said.await(t, "error.count=2")
	require.Equal(t, 2, said.count("level=ERROR"), "once for each")

	require.NoError(t, os.RemoveAll(dir))
	require.Eventually(t, func() bool { return said.count(`msg="no media driver"`) == 2 }, 20*time.Second, time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	require.Equal(t, 1, said.count(`msg="media driver"`+" driver.dir"))
}

func TestLog_refusesWhatMakesNoSense(t *testing.T) {
	require.ErrorContains(t, stats.Log(t.Context(), "d", 0, slog.Default()), "log every 0s")
	require.ErrorContains(t, stats.Log(t.Context(), "d", time.Second, nil), "give a logger")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, stats.Log(ended, "d", time.Second, slog.New(slog.DiscardHandler)))
}

func TestLogValue_namesWhatMatters(t *testing.T) {
	var b bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&b, nil))
	logger.Info("x", "info", stats.Info{Dir: "d", PID: 7}, "error", stats.ErrorEntry{Count: 2, Text: "t"}, "loss", stats.LossEntry{TotalBytesLost: 9, Source: "s"})
	for _, part := range []string{"info.dir=d", "info.pid=7", "error.count=2", "error.text=t", "loss.bytes_lost=9", "loss.source=s"} {
		require.Contains(t, b.String(), part)
	}
}
