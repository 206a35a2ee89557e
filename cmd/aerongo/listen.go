package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron/cmd/aerongo/internal/httpd"
)

// listening are the flags of verbs that answer over HTTP about a driver's directory.
type listening struct {
	dir    string
	httpd  httpd.Options
	asJSON bool
}

func (l *listening) flags(cmd *cobra.Command, address string) {
	f := cmd.Flags()
	f.StringVar(&l.dir, "dir", "", "the media driver's directory (default $AERON_DIR, else Aeron's own)")
	f.StringVar(&l.httpd.Address, "listen", address, "where to answer, as address:port; port 0 takes a free one")
	f.BoolVar(&l.httpd.Remote, "allow-remote", false, "let --listen be an address that other machines reach; nobody is asked for a password")
	f.StringSliceVar(&l.httpd.Hosts, "host", nil, "a name besides addresses and localhost under which this may be asked")
	f.BoolVar(&l.asJSON, "json", false, `print {"url","dir","pid"} when ready`)
}

// directory is the driver's. It need not be there.
func (l *listening) directory() (string, error) {
	if strings.ContainsRune(l.dir, 0) {
		return "", usagef("--dir %q: a path has no NUL byte", l.dir)
	}
	if l.dir == "" {
		return defaultDir(), nil
	}
	return l.dir, nil
}

// serve answers until ctx ends, once it has said where.
func (l *listening) serve(ctx context.Context, dir, path string, handler http.Handler, std streams) error {
	collectLess()
	listener, err := httpd.Listen(ctx, l.httpd)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if l.httpd.Remote {
		fmt.Fprintf(std.err, "aerongo: warning: other machines may read this at %s, without a password\n", listener.Addr())
	}
	url := "http://" + listener.Addr().String() + path
	if l.asJSON {
		err = printJSON(std.out, struct {
			URL string `json:"url"`
			Dir string `json:"dir"`
			PID int    `json:"pid"`
		}{url, dir, os.Getpid()})
	} else {
		_, err = fmt.Fprintf(std.out, "ready url=%s dir=%s pid=%d\n", url, dir, os.Getpid())
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) { // nobody has to read it
		return errors.Join(fmt.Errorf("say that this is ready: %w", err), listener.Close())
	}
	return httpd.Serve(ctx, listener, l.httpd, handler)
}
