package httpd

import (
	"context"
	"net"
	"net/http"
	"time"
)

// ServeImpatiently is Serve with less patience with its clients.
func ServeImpatiently(ctx context.Context, listener net.Listener, o Options, handler http.Handler, body, answer time.Duration) error {
	return serve(ctx, listener, o, handler, patience{header: usual.header, body: body, answer: answer})
}
