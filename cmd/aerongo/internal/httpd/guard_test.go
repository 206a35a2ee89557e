package httpd_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cmd/aerongo/internal/httpd"
)

// say sends a request as it stands and returns the answer.
func say(t *testing.T, address, request string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() }) // only read from
	_, err = io.WriteString(c, request)
	require.NoError(t, err)
	r, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: strings.Fields(request)[0], URL: &url.URL{}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Body.Close() })
	return r
}

func TestServe_everyAnswerIsForThisSiteOnly(t *testing.T) {
	address, _ := serve(t, httpd.Options{}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for request, status := range map[string]int{
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n":                                        http.StatusTeapot,
		"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n":                                       http.StatusTeapot,
		"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n":                                     http.StatusForbidden,
		"DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n":                                     http.StatusMethodNotAllowed,
		"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": http.StatusBadRequest,
	} {
		r := say(t, address, request)
		require.Equal(t, status, r.StatusCode, request)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			require.Equal(t, want, r.Header.Get(name), request)
		}
		if status == http.StatusMethodNotAllowed {
			require.Equal(t, "GET, HEAD", r.Header.Get("Allow"))
		}
	}
}

// What a foreign name says comes back in the answer, short, and as no markup that is run.
func TestServe_aNameIsToldAsItIsAndNotWhole(t *testing.T) {
	address, _ := serve(t, httpd.Options{}, func(http.ResponseWriter, *http.Request) {})
	r := say(t, address, "GET / HTTP/1.1\r\nHost: "+strings.Repeat("x", 5000)+"\r\n\r\n")
	require.Equal(t, http.StatusForbidden, r.StatusCode)
	require.True(t, strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain"), r.Header)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.Less(t, len(body), 300)
}

func TestServe_namesThatOnlyLookLikeItsOwn(t *testing.T) {
	address, _ := serve(t, httpd.Options{Hosts: []string{"metrics.internal"}}, func(http.ResponseWriter, *http.Request) {})
	for _, host := range []string{
		"metrics.internal.evil.example", "xmetrics.internal", "metrics", "localhost:80:80", "0.0.0.0", "[::]", "127.1", "2130706433", "::ffff:10.0.0.1",
	} {
		status, _ := ask(t, address, "GET", host)
		require.GreaterOrEqual(t, status, http.StatusBadRequest, host)
	}
	for _, host := range []string{"METRICS.INTERNAL", "metrics.internal.", "[::ffff:127.0.0.1]:80", "::1", "127.0.0.1."} {
		status, _ := ask(t, address, "GET", host)
		require.Equal(t, http.StatusOK, status, host)
	}
}

func TestServe_aListenerThatFailsIsAnError(t *testing.T) {
	l, err := httpd.Listen(t.Context(), httpd.Options{Address: "127.0.0.1:0"})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	err = httpd.Serve(context.Background(), l, httpd.Options{}, http.NotFoundHandler())
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestServe_aContextThatHasEndedIsNoError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l, err := httpd.Listen(ctx, httpd.Options{Address: "[::ffff:127.0.0.1]:0"})
	require.NoError(t, err, "a loopback address in another form")
	cancel()
	require.NoError(t, httpd.Serve(ctx, l, httpd.Options{}, http.NotFoundHandler()))
}
