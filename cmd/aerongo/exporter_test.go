package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

// serving runs a verb that answers over HTTP and returns where.
func serving(t testing.TB, verb string, args ...string) (p *process, url string) {
	t.Helper()
	p = launch(t, append([]string{verb, "--listen", "127.0.0.1:0"}, args...)...)
	p.awaitOutput("\n")
	match := regexp.MustCompile(`^ready url=(http://127\.0\.0\.1:\d+/\S*) dir=(\S+) pid=(\d+)\n$`).FindStringSubmatch(p.out.String())
	require.NotNil(t, match, p.out.String())
	return p, match[1]
}

// unread are streams of nobody's, and what is said of errors.
func unread() (streams, *bytes.Buffer) {
	errs := &bytes.Buffer{}
	return streams{in: strings.NewReader(""), out: io.Discard, err: errs}, errs
}

// fetch gets a page.
func fetch(t testing.TB, url string) (status int, body string) {
	t.Helper()
	client := http.Client{Timeout: testdriver.Patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	r, err := client.Get(url)
	require.NoError(t, err)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return r.StatusCode, string(b)
}

func TestExporter_followsADriverThatComesAndDies(t *testing.T) {
	dir := testdriver.Dir(t)
	p, url := serving(t, "exporter", "--dir", dir, "--driver-name", "orders", "--driver-timeout", "3s")
	up := func(value string) func() bool {
		return func() bool {
			status, body := fetch(t, url)
			require.Equal(t, http.StatusOK, status, body)
			return strings.Contains(body, "\naeron_up{driver=\"orders\"} "+value+"\n")
		}
	}
	require.True(t, up("0")())
	require.NoDirExists(t, dir, "looking must not make it")

	d := launch(t, "driver", "--dir", dir, "--threading", "shared")
	d.awaitOutput("ready")
	testdriver.Await(t, "a young heartbeat", up("1"))
	_, body := fetch(t, url)
	require.Contains(t, body, "\naeron_bytes_sent_total{driver=\"orders\"} 0\n")
	require.Contains(t, body, "\ngo_goroutines ")
	d.signal(os.Kill)
	d.wait()
	testdriver.Await(t, "the heartbeat to be too old", up("0"))
	require.NoError(t, os.RemoveAll(dir)) // as long as its heartbeat is young, others keep out
	require.True(t, up("0")())
	again := launch(t, "driver", "--dir", dir, "--threading", "shared")
	again.awaitOutput("ready")
	require.True(t, up("1")(), "another driver in the same directory")

	status, _ := fetch(t, strings.TrimSuffix(url, "metrics"))
	require.Equal(t, http.StatusFound, status)
	status, _ = fetch(t, strings.TrimSuffix(url, "metrics")+"etc/passwd")
	require.Equal(t, http.StatusNotFound, status)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait(), p.errs.String())
	require.Empty(t, p.errs.String())
}

func TestExporter_saysWhereInJSON(t *testing.T) {
	dir := testdriver.Dir(t)
	p := launch(t, "exporter", "--listen", "localhost:0", "--dir", dir, "--json")
	p.awaitOutput("\n")
	ready := decode[struct {
		URL, Dir string
		PID      int
	}](t, p.out.String())
	require.Equal(t, dir, ready.Dir)
	require.Equal(t, p.cmd.Process.Pid, ready.PID)
	status, _ := fetch(t, ready.URL)
	require.Equal(t, http.StatusOK, status)
}

func TestServers_refuseToListenWhereOthersCouldConnect(t *testing.T) {
	for _, verb := range []string{"exporter", "serve"} {
		for address, mention := range map[string]string{"0.0.0.0:0": "--allow-remote", "nonsense": "host:port", ":9464": "--allow-remote", "127.0.0.1:99999": "99999"} {
			code, stdout, stderr := here(t, nil, verb, "--listen", address)
			require.Equal(t, exitError, code, address)
			require.Empty(t, stdout)
			oneSentence(t, stderr, "--listen", mention)
		}
		code, _, stderr := here(t, nil, verb, "--dir", "a\x00b")
		require.Equal(t, exitUsage, code)
		require.Contains(t, stderr, "--dir")
	}
}

func TestServers_endWhenTheUserWants(t *testing.T) {
	for _, verb := range []string{"exporter", "serve"} {
		std, errs := unread()
		require.Equal(t, exitOK, execute(canceled(), []string{verb, "--dir", testdriver.Dir(t), "--listen", "127.0.0.1:0"}, std), errs.String())
		require.Empty(t, errs.String())
	}
}
