// Command aerongo runs Aeron's media driver, moves data through it, and shows what any driver does: a driver process, files and lines
// from one program to another, a latency measurement, a demonstration of all that; counters, errors, loss and streams.
//
// Run "aerongo help" for the verbs. The exit status is 0 for success and for an end by SIGINT or SIGTERM, 1 for an error, which
// is a line on standard error, and 2 for a command line that makes no sense.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the program between the process's edges.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Output that nobody takes keeps a verb from seeing that ctx has ended. A second signal ends the process, as it would any other.
	defer context.AfterFunc(ctx, stop)()
	// A reader of our output that goes away is an error of a write then, where it would kill the process.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	defer signal.Stop(pipe)
	return execute(ctx, args, streams{in: stdin, out: stdout, err: stderr})
}
