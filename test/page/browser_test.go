//go:build programs

package page_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	devlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

// serve runs aerongo serve until the test ends, when it must end by a signal, and returns the page's address.
func serve(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "aerongo")
	built, err := exec.Command("go", "build", "-o", program, "../../cmd/aerongo").CombinedOutput()
	require.NoError(t, err, "%s", built)
	said := &testdriver.Output{}
	cmd := exec.Command(program, "serve", "--dir", dir, "--listen", "127.0.0.1:0", "--interval", "200ms")
	cmd.Stdout, cmd.Stderr = said, said
	cmd.WaitDelay = testdriver.Patience
	require.NoError(t, cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-done:
			require.NoError(t, err, said)
		case <-time.After(testdriver.Patience):
			_ = cmd.Process.Kill()
			require.Fail(t, "serve does not end", said)
		}
	})
	url := ""
	testdriver.Await(t, "serve", func() bool {
		_, rest, _ := strings.Cut(said.String(), "url=")
		var ready bool
		url, _, ready = strings.Cut(rest, " ")
		return ready
	})
	return url
}

// browser is a Chromium with one page open.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu        sync.Mutex
	requested []string
	complaint []string // exceptions, console errors, violations of the page's policy
}

// open starts Chromium, which ends with the test.
func open(t *testing.T, url string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	require.NoError(t, err)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(1280, 900),
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's own does not work for root
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(leave)
	b := &browser{t: t, ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, b.note))
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, devlog.Enable, cdp.Empty{})
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(url)))
	return b
}

func (b *browser) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requested = append(b.requested, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.complaint = append(b.complaint, e.ExceptionDetails.Text)
	case *devlog.EventEntryAdded:
		if entry := e.Entry; entry.Level == devlog.EntryLevelError { //nolint:forbidigo // the browser's log, not Go's
			b.complaint = append(b.complaint, entry.Text) //nolint:forbidigo // likewise
		}
	}
}

// evaluate runs JavaScript on the page.
func evaluate[T any](b *browser, script string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	require.NoError(b.t, err, script)
	return value
}

// text evaluates JavaScript that gives a text.
func (b *browser) text(script string) string {
	b.t.Helper()
	return evaluate[string](b, script)
}

// number evaluates JavaScript that gives a number.
func (b *browser) number(script string) float64 {
	b.t.Helper()
	return evaluate[float64](b, script)
}

// await waits until JavaScript gives true.
func (b *browser) await(what, script string) {
	b.t.Helper()
	testdriver.Await(b.t, what, func() bool { return evaluate[bool](b, script) })
}

// write presses the keys of a text, as a keyboard does: what a key writes does not appear if the page takes the key for itself.
func (b *browser) write(text string) {
	b.t.Helper()
	for _, r := range text {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
			event := input.DispatchKeyEventParams{Type: kind, Key: string(r)}
			if kind == input.DispatchKeyEventTypeKeyDown {
				event.Text = string(r)
			}
			_, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, event)
			require.NoError(b.t, err)
		}
	}
}

// press presses a key that writes nothing.
func (b *browser) press(keys string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.KeyEvent(keys)))
}

// prefer sets the colour scheme that the user prefers.
func (b *browser) prefer(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	require.NoError(b.t, err)
}

// seen is what the page has asked for, and what the browser complained of.
func (b *browser) seen() (requested, complaints []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.requested...), append([]string(nil), b.complaint...)
}
