package httpd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cmd/aerongo/internal/httpd"
)

func TestListen_refusesWhatOthersCouldReach(t *testing.T) {
	for address, mentions := range map[string]string{
		"":                   "host:port",
		"127.0.0.1":          "host:port",
		"127.0.0.1:http":     `port "http"`,
		"127.0.0.1:70000":    `port "70000"`,
		"127.0.0.1:-1":       `port "-1"`,
		"example.org:80":     "must be an address",
		":9464":              "--allow-remote",
		"0.0.0.0:9464":       "--allow-remote",
		"[::]:9464":          "--allow-remote",
		"[::ffff:0.0.0.0]:0": "--allow-remote",
		"192.0.2.1:9464":     "--allow-remote",
	} {
		l, err := httpd.Listen(t.Context(), httpd.Options{Address: address})
		require.Nil(t, l, address)
		require.ErrorIs(t, err, httpd.ErrAddress, address)
		require.ErrorContains(t, err, mentions)
	}
	taken, err := httpd.Listen(t.Context(), httpd.Options{Address: "localhost:0"})
	require.NoError(t, err)
	defer taken.Close()
	_, err = httpd.Listen(t.Context(), httpd.Options{Address: taken.Addr().String()})
	require.ErrorIs(t, err, httpd.ErrAddress)
	require.ErrorContains(t, err, "address already in use")
	require.ErrorContains(t, err, taken.Addr().String())
}

// serve runs a server until the test ends or the returned function is called.
func serve(t *testing.T, o httpd.Options, handler http.HandlerFunc) (address string, stop func()) {
	t.Helper()
	return serveBy(t, o, func(ctx context.Context, l net.Listener) error { return httpd.Serve(ctx, l, o, handler) })
}

// impatiently does so with little time for clients to send a body, or to take an answer.
func impatiently(t *testing.T, body, answer time.Duration, handler http.HandlerFunc) (address string) {
	t.Helper()
	address, _ = serveBy(t, httpd.Options{}, func(ctx context.Context, l net.Listener) error {
		return httpd.ServeImpatiently(ctx, l, httpd.Options{}, handler, body, answer)
	})
	return address
}

func serveBy(t *testing.T, o httpd.Options, serving func(context.Context, net.Listener) error) (address string, stop func()) {
	t.Helper()
	o.Address = "127.0.0.1:0"
	l, err := httpd.Listen(t.Context(), o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serving(ctx, l) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			select {
			case err := <-done:
				require.NoError(t, err)
			case <-time.After(20 * time.Second):
				require.FailNow(t, "the server does not end")
			}
		}
	}
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

// ask sends a request as it stands and returns the status and the body.
func ask(t *testing.T, address, method, host string) (status int, body string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer c.Close()
	_, err = fmt.Fprintf(c, "%s / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", method, host)
	require.NoError(t, err)
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return r.StatusCode, string(b)
}

func TestServe_answersOnlyUnderItsOwnName(t *testing.T) {
	hello := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
	local, _ := serve(t, httpd.Options{Hosts: []string{"Metrics.internal"}}, hello)
	for host, status := range map[string]int{
		local: 200, "localhost": 200, "LOCALHOST:1": 200, "127.9.9.9": 200, "[::1]:80": 200, "metrics.internal:9464": 200, "localhost.": 200,
		"evil.example": 403, "127.0.0.1.evil.example": 403, "localhost.evil.example:80": 403, "192.0.2.1": 403, "": 403,
	} {
		got, body := ask(t, local, "GET", host)
		require.Equal(t, status, got, host)
		require.Equal(t, status == 200, body == "hello", body)
	}
	status, body := ask(t, local, "GET", "evil.example")
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, body, `"evil.example"`)
	require.Contains(t, body, "--host")

	remote, _ := serve(t, httpd.Options{Remote: true}, hello)
	status, _ = ask(t, remote, "GET", "192.0.2.1:80")
	require.Equal(t, 200, status)
	status, _ = ask(t, remote, "GET", "evil.example")
	require.Equal(t, 403, status)
}

func TestServe_onlyReads(t *testing.T) {
	address, _ := serve(t, httpd.Options{}, func(http.ResponseWriter, *http.Request) {})
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		status, _ := ask(t, address, method, "localhost")
		require.Equal(t, http.StatusMethodNotAllowed, status, method)
	}
}

func TestServe_wantsNoBody(t *testing.T) {
	address, _ := serve(t, httpd.Options{}, func(http.ResponseWriter, *http.Request) {})
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n") // and never comes
	require.NoError(t, err)
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Equal(t, http.StatusBadRequest, r.StatusCode)
}

// A request that is refused for another reason may have a body that never comes, too: its connection is not kept for ever.
func TestServe_hangsUpOnABodyThatNeverComes(t *testing.T) {
	address := impatiently(t, 50*time.Millisecond, time.Minute, func(http.ResponseWriter, *http.Request) {})
	for request, status := range map[string]int{
		"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n":    http.StatusMethodNotAllowed,
		"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n": http.StatusMethodNotAllowed,
		"GET / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 10\r\n\r\n":       http.StatusForbidden,
		"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n":          http.StatusBadRequest,
	} {
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
		_, err = io.WriteString(c, request)
		require.NoError(t, err)
		all := bufio.NewReader(c)
		r, err := http.ReadResponse(all, nil)
		require.NoError(t, err, request)
		_, err = io.Copy(io.Discard, r.Body)
		require.NoError(t, err, request)
		require.NoError(t, r.Body.Close())
		require.Equal(t, status, r.StatusCode, request)
		_, err = all.ReadByte()
		require.ErrorIs(t, err, io.EOF, request)
	}
}

// Who asks and does not read the answer does not keep what makes it for ever: eight of those would be all that an exporter answers.
func TestServe_givesUpAClientThatDoesNotRead(t *testing.T) {
	failed := make(chan error, 1)
	address := impatiently(t, time.Minute, 50*time.Millisecond, func(w http.ResponseWriter, _ *http.Request) {
		for block := make([]byte, 64<<10); ; {
			if _, err := w.Write(block); err != nil {
				failed <- err
				return
			}
		}
	})
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	select {
	case err := <-failed:
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	case <-time.After(20 * time.Second):
		require.FailNow(t, "the answer is under way for ever")
	}
}

func TestServe_endsAlthoughAnAnswerIsUnderWay(t *testing.T) {
	entered, ended := make(chan struct{}), make(chan struct{})
	address, stop := serve(t, httpd.Options{}, func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(ended)
	})
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.Copy(c, strings.NewReader("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	require.NoError(t, err)
	<-entered
	stop()
	<-ended
	_, err = net.Dial("tcp", address)
	require.Error(t, err, "it must not listen any more")
}
