package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron/cmd/aerongo/internal/page"
)

// serveOptions are the flags of aerongo serve.
type serveOptions struct {
	listening
	interval time.Duration
}

// minServeInterval bounds what a careless flag costs the machine.
const minServeInterval = 100 * time.Millisecond

func serveCommand(std streams) *cobra.Command {
	o := serveOptions{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Show a driver live in a browser",
		Long: `serve shows streams, positions, lags, rates, errors and loss of the driver in a directory on a web page, until a signal.

The page only looks, and only at the directory's files: the driver does not notice. It follows a driver that is not there yet, dies or
is restarted. It is for browsers on this machine unless --allow-remote is given. /state has what the page shows, as JSON.`,
		Example: `  aerongo serve --dir /dev/shm/my-driver
  aerongo serve --dir /dev/shm/my-driver --interval 250ms --listen 127.0.0.1:9465
  ssh -L 9465:127.0.0.1:9465 server aerongo serve    # look from elsewhere, without opening a port`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), o, std) },
	}
	o.flags(cmd, "127.0.0.1:9465")
	cmd.Flags().DurationVar(&o.interval, "interval", time.Second, "how often the page changes, at least 100ms")
	return cmd
}

func runServe(ctx context.Context, o serveOptions, std streams) error {
	if o.interval < minServeInterval {
		return usagef("--interval %v: must be at least %v", o.interval, minServeInterval)
	}
	dir, err := o.directory()
	if err != nil {
		return err
	}
	shown := page.New(dir, o.interval)
	ctx, stop := context.WithCancel(ctx)
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		shown.Run(ctx)
	}()
	defer func() { stop(); <-reading }()
	return o.serve(ctx, dir, "/", shown.Handler(), std)
}
