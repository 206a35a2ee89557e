package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/aeroncgo/aeron"
)

// The exit statuses.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// streams are the standard streams of one run.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// isTerminal reports whether a stream is shown to a person.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// printJSON writes one value on one line.
func printJSON(w io.Writer, value any) error {
	if appender, ok := value.(jsonAppender); ok {
		_, err := w.Write(append(appender.appendJSON(nil), '\n'))
		return err
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// usageError is a command line that makes no sense.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

// execute runs a command line and returns the exit status. The end of ctx is the user's wish, and a success.
func execute(ctx context.Context, args []string, std streams) int {
	begun := false
	root := rootCommand(std, &begun)
	root.SetArgs(append([]string{}, args...)) // cobra takes nil for os.Args
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	err := root.ExecuteContext(ctx)
	var usage *usageError
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return exitOK
	case !begun, errors.As(err, &usage):
		fmt.Fprintf(std.err, "aerongo: %s\nTry '%s --help'.\n", oneLine(err), commandPath(root, args))
		return exitUsage
	case interrupted(ctx, err):
		return exitOK
	}
	fmt.Fprintf(std.err, "aerongo: %s\n", oneLine(err))
	return exitError
}

// interrupted reports whether an error is nothing but the news that the user has ended the program.
func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx)))
}

// oneLine is an error as people read it behind the program's name.
func oneLine(err error) string {
	text := strings.TrimPrefix(err.Error(), "aeron: ")
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
}

// commandPath is what the user was at, for the hint behind a usage error.
func commandPath(root *cobra.Command, args []string) string {
	if found, _, err := root.Find(args); err == nil {
		return found.CommandPath()
	}
	return root.CommandPath()
}

func rootCommand(std streams, begun *bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "aerongo",
		Short: "Aeron messaging: a media driver, publishers, subscribers, latency, and what a driver does",
		Long: `aerongo runs Aeron's C media driver, moves data through it, and shows what any driver does, C's or Java's.

The driver's directory is --dir, else $AERON_DIR, else Aeron's own default. That of a program with an embedded driver is elsewhere,
below /dev/shm/aerongo-UID. With --embedded pub, sub, ping, pong, bench and tap run a driver of their own.
SIGINT and SIGTERM end a verb in order; a second one ends the process where it stands, such as in output that nobody takes.
Exit status: 0 success, also when ended by SIGINT or SIGTERM; 1 an error, told on standard error; 2 a wrong command line.`,
		Example: `  aerongo demo                                # everything at once, on this machine
  aerongo driver --dir /dev/shm/my-driver &
  aerongo sub --dir /dev/shm/my-driver --until-eos > copy &
  aerongo pub --dir /dev/shm/my-driver < file
  aerongo stat --dir /dev/shm/my-driver --watch --sort rate`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(*cobra.Command, []string) error { *begun = true; return nil },
		RunE: func(*cobra.Command, []string) error {
			return usagef("say what to do: driver, pub, sub, ping, stat or another verb of 'aerongo --help'")
		},
	}
	root.AddCommand(driverCommand(std), pubCommand(std), subCommand(std), pingCommand(std), pongCommand(std),
		demoCommand(std), demoReceiverCommand(std), versionCommand(std),
		exporterCommand(std), serveCommand(std), benchCommand(std), tapCommand(std), manCommand(std))
	root.AddCommand(lookCommands(std)...)
	completions(root, std)
	return root
}

// noArguments refuses arguments that are not flags, by name.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, only flags: %q is too much", cmd.CommandPath(), args[0])
	}
	return nil
}

func versionCommand(std streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of this program and of Aeron",
		Example: "  aerongo version\n  aerongo version --json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			v := versions()
			if asJSON {
				return printJSON(std.out, v)
			}
			_, err := fmt.Fprintf(std.out, "aerongo %s (Aeron %s, %s)\n", v.Version, v.Aeron, v.Go)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"version","module","aeron","go"}`)
	return cmd
}

// lost is the sentence for a driver that died meanwhile.
func lost(drv *aeron.Driver) error {
	reason := drv.Err()
	if reason == nil {
		reason = aeron.ErrClosed
	}
	return fmt.Errorf("the media driver in %s is gone, or this program was asleep for too long: %w", drv.Dir(), reason)
}

// lateNews is how much later than that everything is closed the reason may come.
const lateNews = time.Second

// explain makes a failure the sentence for a driver that died, if that is what it is.
func explain(drv *aeron.Driver, err error) error {
	if errors.Is(err, aeron.ErrClosed) {
		select {
		case <-drv.Lost():
		case <-time.After(lateNews):
		}
	}
	if drv.Err() != nil && !errors.Is(err, context.Canceled) {
		return lost(drv)
	}
	return err
}
