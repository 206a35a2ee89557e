package aeron_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// heard collects what a listener is told.
type heard struct {
	mu   sync.Mutex
	errs []error
}

func (h *heard) listen(err error) {
	h.mu.Lock()
	h.errs = append(h.errs, err)
	h.mu.Unlock()
}

func (h *heard) all() []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]error{}, h.errs...)
}

func (h *heard) of(text string) (n int) {
	for _, err := range h.all() {
		if strings.Contains(err.Error(), text) {
			n++
		}
	}
	return n
}

// observe makes the driver's error log say text n times, as its threads would, and count it.
func observe(t *testing.T, dir, text string, n int32) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, cncfile.FileName), os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	h, err := cncfile.ReadHeader(dir)
	require.NoError(t, err)
	log := make([]byte, h.ErrorLogLength)
	_, err = f.ReadAt(log, h.ErrorLogOffset())
	require.NoError(t, err)
	at := 0
	for {
		length := int(binary.LittleEndian.Uint32(log[at:]))
		if length == 0 || string(log[at+24:at+length]) == text {
			break
		}
		at += (length + 7) &^ 7
	}
	entry := make([]byte, 24, 24+len(text))
	binary.LittleEndian.PutUint32(entry, uint32(24+len(text)))
	binary.LittleEndian.PutUint32(entry[4:], binary.LittleEndian.Uint32(log[at+4:])+uint32(n))
	_, err = f.WriteAt(append(entry, text...), h.ErrorLogOffset()+int64(at))
	require.NoError(t, err)
	var counter [8]byte
	const errorsCounter = 15
	where := h.CounterValuesOffset() + errorsCounter*128
	_, err = f.ReadAt(counter[:], where)
	require.NoError(t, err)
	binary.LittleEndian.PutUint64(counter[:], binary.LittleEndian.Uint64(counter[:])+uint64(n))
	_, err = f.WriteAt(counter[:], where)
	require.NoError(t, err)
}

const sentinel = "(-11) generic error\n[somewhere, file.c:1] that is all"

// untilSentinel waits until all errors before it have been told.
func untilSentinel(t *testing.T, d *aeron.Driver, h *heard) {
	t.Helper()
	before := h.of("that is all")
	observe(t, d.Dir(), sentinel, 1)
	testdriver.Await(t, "the last error to be told", func() bool { return h.of("that is all") > before })
}

func TestOnError_tellsOfTheDriversOwnErrors(t *testing.T) {
	d := start(t, config(t))
	var h heard
	remove := d.OnError(h.listen)
	observe(t, d.Dir(), "(1) Operation not permitted\n[send, udp.c:5] failed to send to \x1b[31m", 1)
	untilSentinel(t, d, &h)
	require.Equal(t, 1, h.of("failed to send"), "once for one")
	first := h.all()[0]
	require.ErrorIs(t, first, syscall.EPERM)
	require.NotContains(t, first.Error(), "\x1b", "the text can come from elsewhere")
	require.NotContains(t, first.Error(), "\n")
	require.Equal(t, d.Dir(), typed(t, first).Dir)
	untilSentinel(t, d, &h)
	require.Equal(t, 1, h.of("failed to send"), "what was told is not told again")
	observe(t, d.Dir(), "(1) Operation not permitted\n[send, udp.c:5] failed to send to \x1b[31m", 3)
	untilSentinel(t, d, &h)
	require.Equal(t, 2, h.of("failed to send"), "it has happened again")
	require.ErrorIs(t, h.all()[1], aeron.CodeGeneric)
	require.False(t, d.MustRestart())
	remove()
}

// The driver records a refused add among its errors. Who asked has been told; of others' it cannot be known.
func TestOnError_leavesOutTheFailuresOfOwnAdds(t *testing.T) {
	d := start(t, config(t))
	var h heard
	d.OnError(h.listen)
	d.SetErrorFilter(func(error) bool { return true })
	ctx := testdriver.Context(t)
	const unknown = "aeron:udp?endpoint=no-such-host.invalid:4000"
	_, err := d.AddPublication(ctx, unknown, 1)
	require.Error(t, err)
	_, err = d.AddSubscription(ctx, "aeron:udp?control-mode=dynamic", 1)
	require.Error(t, err)
	other := testdriver.Connect(t, d.Dir())
	_, err = other.AddPublication(ctx, "aeron:ipc?term-length=65536|session-id=5", 7)
	require.NoError(t, err)
	_, err = other.AddPublication(ctx, "aeron:ipc?term-length=65536|session-id=6", 7)
	require.Error(t, err)
	testdriver.Await(t, "the other's failure", func() bool { return h.of("session-id") > 0 })
	untilSentinel(t, d, &h)
	require.Len(t, h.all(), 2, "%v", h.all())
}

func TestOnError_knowsNothingOfWhatWasBefore(t *testing.T) {
	dir := testdriver.Dir(t)
	startIn(t, dir)
	observe(t, dir, "(1) Operation not permitted\n[send, udp.c:5] long ago", 5)
	d := start(t, aeron.Config{External: true, Directory: dir})
	var h heard
	d.OnError(h.listen)
	untilSentinel(t, d, &h)
	require.Zero(t, h.of("long ago"))
}

func TestOnError_survivesAHostileErrorLog(t *testing.T) {
	var r record
	cfg := config(t)
	cfg.Logger = slog.New(slog.NewTextHandler(&r, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d := start(t, cfg)
	var h heard
	d.OnError(h.listen)
	header, err := cncfile.ReadHeader(d.Dir())
	require.NoError(t, err)
	for i, length := range []uint32{1, 0xFFFFFFFF, uint32(header.ErrorLogLength) + 1} {
		observe(t, d.Dir(), fmt.Sprintf("(-11) generic error\n[x, y:1] entry %d", i), 1)
		f, err := os.OpenFile(filepath.Join(d.Dir(), cncfile.FileName), os.O_RDWR, 0)
		require.NoError(t, err)
		var old, bad [4]byte
		_, err = f.ReadAt(old[:], header.ErrorLogOffset())
		require.NoError(t, err)
		binary.LittleEndian.PutUint32(bad[:], length)
		_, err = f.WriteAt(bad[:], header.ErrorLogOffset())
		require.NoError(t, err)
		r.forget()
		testdriver.Await(t, "the watcher to see it", func() bool { return r.has("level=DEBUG", "errors cannot be read") })
		_, err = f.WriteAt(old[:], header.ErrorLogOffset())
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	untilSentinel(t, d, &h)
	require.Equal(t, 3, h.of("entry "), "%v", h.all())
}

func TestSetErrorFilter(t *testing.T) {
	d := start(t, config(t))
	same := open(t, d.Config())
	var ours, others heard
	d.OnError(ours.listen)
	same.OnError(others.listen)
	d.SetErrorFilter(func(err error) bool { return !strings.Contains(err.Error(), "boring") })
	const boring = "(1) Operation not permitted\n[x, y:1] boring"
	observe(t, d.Dir(), boring, 1)
	untilSentinel(t, d, &ours)
	require.Zero(t, ours.of("boring"))
	testdriver.Await(t, "the other handle, which has its own filter", func() bool { return others.of("boring") == 1 })
	d.SetErrorFilter(func(error) bool { panic("the filter's own trouble") })
	observe(t, d.Dir(), boring, 1)
	untilSentinel(t, d, &ours)
	require.Equal(t, 1, ours.of("boring"), "rather one too many")
	d.SetErrorFilter(nil)
	observe(t, d.Dir(), "(98) Address already in use\n[x, y:1] quiet", 1)
	untilSentinel(t, d, &ours)
	require.Zero(t, ours.of("quiet"), "the default filter is back")
}

func TestDefaultErrorFilter(t *testing.T) {
	for _, quiet := range []error{aeron.CodeInvalidChannel, aeron.CodeDriverTimeout, syscall.EADDRINUSE, syscall.EADDRNOTAVAIL} {
		require.False(t, aeron.DefaultErrorFilter(quiet), quiet)
		require.False(t, aeron.DefaultErrorFilter(&aeron.Error{Op: "x", Err: quiet}), quiet)
	}
	for _, loud := range []error{aeron.CodeGeneric, syscall.EPERM, errors.New("x")} {
		require.True(t, aeron.DefaultErrorFilter(loud), loud)
	}
}

func TestMustRestart_whenTheNetworkIsDown(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENETDOWN, syscall.ENETUNREACH} {
		t.Run(errno.Error(), func(t *testing.T) {
			d, p, s := stream(t, "aeron:ipc")
			var h heard
			d.OnError(h.listen)
			d.SetErrorFilter(func(error) bool { return false })
			observe(t, d.Dir(), fmt.Sprintf("(%d) the network\n[send, udp.c:5] failed to send", int(errno)), 1)
			testdriver.Await(t, "the news", d.MustRestart)
			testdriver.Await(t, "the listener, whatever the filter says", func() bool { return len(h.all()) == 1 })
			require.ErrorIs(t, h.all()[0], errno)
			require.ErrorIs(t, h.all()[0], aeron.ErrMustRestart)
			require.NoError(t, d.Err(), "the driver itself is there")

			_, err := d.Send(t.Context(), p, []byte("x"), aeron.SendOptions{})
			require.ErrorIs(t, err, aeron.ErrMustRestart)
			require.ErrorIs(t, err, errno)
			require.True(t, inUse(t, d), "by what is open here")

			require.NoError(t, d.Start(testdriver.Context(t)))
			require.False(t, d.MustRestart())
			require.True(t, p.IsClosed(), "Start begins anew")
			require.True(t, s.IsClosed())
			again, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 10)
			require.NoError(t, err)
			connect(t, d, again)
			sent, err := d.Send(testdriver.Context(t), again, []byte("x"), aeron.SendOptions{})
			require.NoError(t, err)
			require.True(t, sent)
		})
	}
}

func TestMustRestart_letsGoOfADriverThatOthersUse(t *testing.T) {
	d := start(t, config(t))
	other := open(t, d.Config())
	d.OnError(func(error) {})
	require.ErrorIs(t, d.CloseIfSingle(), aeron.ErrInUse)
	observe(t, d.Dir(), fmt.Sprintf("(%d) the network\n[x, y:1] down", int(syscall.ENETDOWN)), 1)
	testdriver.Await(t, "the news", d.MustRestart)
	require.NoError(t, d.CloseIfSingle())
	require.NoError(t, other.CloseIfSingle())
	fresh := start(t, d.Config())
	require.False(t, fresh.MustRestart())
}

// record is a Handler that keeps what it is given.
type record struct {
	mu    sync.Mutex
	lines []string
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, string(b))
	return len(b), nil
}

func (r *record) forget() {
	r.mu.Lock()
	r.lines = nil
	r.mu.Unlock()
}

func (r *record) has(parts ...string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.lines {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(line, part)
		}
		if all {
			return true
		}
	}
	return false
}

func TestLogger_hearsOfEvents(t *testing.T) {
	var r record
	cfg := config(t)
	cfg.Logger = slog.New(slog.NewTextHandler(&r, &slog.HandlerOptions{Level: slog.LevelDebug - 4}))
	d := start(t, cfg)
	name := d.String()
	require.True(t, r.has("level=DEBUG", name, "started", "embedded=true"))
	require.NoError(t, d.Start(testdriver.Context(t)))
	require.True(t, r.has("level=DEBUG", name, "already running"))
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 77)
	require.NoError(t, err)
	require.True(t, r.has("level=DEBUG-4", "add publication", "stream=77"))
	_, err = d.AddSubscription(testdriver.Context(t), "aeron:udp?endpoint=no-such-host.invalid:4000", 78)
	require.Error(t, err)
	require.True(t, r.has("level=ERROR", "cannot add subscription", "stream=78"))
	require.ErrorIs(t, d.CloseIfSingle(), aeron.ErrInUse)
	require.True(t, r.has("level=DEBUG", "in use"))
	_, err = d.Send(t.Context(), p, nil, aeron.SendOptions{AbortEarly: true})
	require.Error(t, err)
	require.True(t, r.has("level=ERROR", fmt.Sprintf("[%d] cannot send", p.SessionID())))
	observe(t, d.Dir(), "(1) Operation not permitted\n[x, y:1] seen by the logger alone", 1)
	testdriver.Await(t, "the driver's error", func() bool { return r.has("level=ERROR", "asynchronous error", "seen by the logger alone") })
	require.NoError(t, d.Close())
	require.True(t, r.has("level=DEBUG", "closed"))
}
