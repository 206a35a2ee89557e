// Package httpd serves pages and metrics that are for this machine only unless somebody wants otherwise: it refuses to listen where
// others could connect, and requests that a foreign site makes a browser send here under its own name (DNS rebinding).
package httpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options say where to listen and for whom.
type Options struct {
	Address string   // host:port; port 0 takes a free one
	Remote  bool     // other machines may connect
	Hosts   []string // names besides addresses and localhost under which this server may be asked
}

// ErrAddress is what a wrong Address matches.
var ErrAddress = errors.New("cannot listen there")

// Listen opens the socket. Address is refused if it is not a loopback address, unless Remote is set.
func Listen(ctx context.Context, o Options) (net.Listener, error) {
	host, port, err := net.SplitHostPort(o.Address)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: must be host:port, such as 127.0.0.1:9464", ErrAddress, o.Address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, fmt.Errorf("%w: %q: port %q must be a number from 0 to 65535", ErrAddress, o.Address, port)
	} else if host == "localhost" {
		host, port = "127.0.0.1", strconv.FormatUint(n, 10)
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "":
		ip = netip.IPv6Unspecified()
	case err != nil:
		return nil, fmt.Errorf("%w: %q: %q must be an address, such as 127.0.0.1 or ::1, or localhost", ErrAddress, o.Address, host)
	}
	if !ip.Unmap().IsLoopback() && !o.Remote {
		return nil, fmt.Errorf("%w: %q: other machines could connect, and nobody is asked for a password; use 127.0.0.1, or allow it with --allow-remote", ErrAddress, o.Address)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return listener, nil
}

const (
	idleTime     = time.Minute     // of a connection between requests
	shutdownTime = 3 * time.Second // for answers under way at the end
	headerBytes  = 16 << 10
)

// patience is how long a client is waited for, which would else hold its connection for ever.
type patience struct {
	header time.Duration // until it has sent a request
	body   time.Duration // until it has sent what no request here should have
	answer time.Duration // until it has taken an answer; a handler whose answer has no end sets deadlines of its own
}

var usual = patience{header: 5 * time.Second, body: 5 * time.Second, answer: 30 * time.Second}

// Serve answers on a listener, which it closes, until ctx ends, which is no error. A request's context ends with ctx.
func Serve(ctx context.Context, listener net.Listener, o Options, handler http.Handler) error {
	return serve(ctx, listener, o, handler, usual)
}

func serve(ctx context.Context, listener net.Listener, o Options, handler http.Handler, p patience) error {
	server := &http.Server{
		Handler:           guard(o, handler, p),
		ReadHeaderTimeout: p.header,
		WriteTimeout:      p.answer,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(io.Discard, "", 0), // a client that hangs up is no news
	}
	ended := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.Background(), shutdownTime)
		defer cancel()
		err := server.Shutdown(late)
		if err != nil {
			err = server.Close()
		}
		ended <- err
	})
	err := server.Serve(listener)
	if stop() {
		return err
	}
	return <-ended
}

// guard lets reading requests pass that are meant for this server.
func guard(o Options, handler http.Handler, p patience) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if r.ContentLength != 0 { // whatever the answer is, the rest is awaited behind it
			h.Set("Connection", "close")
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(p.body))
		}
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only reading is possible here", http.StatusMethodNotAllowed)
		case !knownHost(r.Host, o):
			http.Error(w, fmt.Sprintf("%.80q is no name of this server: use its address, or start it with --host", r.Host), http.StatusForbidden)
		case r.ContentLength != 0:
			http.Error(w, "a question here has no body", http.StatusBadRequest)
		default:
			handler.ServeHTTP(w, r)
		}
	})
}

// knownHost reports whether a Host header names this server. A name of somebody else's may lead here too (DNS rebinding), an address may not
// be anybody else's.
func knownHost(hostport string, o Options) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "localhost" {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return o.Remote || ip.Unmap().IsLoopback()
	}
	if slices.ContainsFunc(o.Hosts, func(name string) bool { return strings.EqualFold(name, host) }) {
		return true
	}
	own, err := os.Hostname()
	return o.Remote && err == nil && strings.EqualFold(own, host)
}
