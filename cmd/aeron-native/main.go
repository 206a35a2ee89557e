// Command aeron-native builds, checks and locates the native Aeron library that this module links.
//
//	aeron-native install   build the library, unless it is there
//	aeron-native env       print (or store with go env -w) the flags that a build outside the checkout needs
//	aeron-native check     say what this machine lacks
//	aeron-native digest    print the list of hashes that pins a source tree
//
// It is run as `go run github.com/aeroncgo/aeron/cmd/aeron-native VERB`, in a checkout or in a module that requires this one.
// Usage errors exit with 2, failures with 1 and one sentence on standard error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/aeroncgo/aeron/internal/nativelib"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const usage = `usage: aeron-native VERB [flags]

  install   build and install the native Aeron library, unless it is there already
  env       print the CGO_CFLAGS and CGO_LDFLAGS that a build outside the checkout needs (-w: store them)
  check     say what this machine lacks for the build, and which Debian package has it
  digest    print the hashes of a source tree, as in vendor-c/SOURCE.sha256

aeron-native VERB -h tells a verb's flags.
`

// errUsage: the message is printed already.
var errUsage = errors.New("usage")

type verb func(ctx context.Context, args []string, stdout, stderr io.Writer) error

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	verbs := map[string]verb{"install": install, "env": env, "check": check, "digest": digest}
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		fmt.Fprint(stdout, usage)
		return 0
	}
	v, ok := verbs[args[0]]
	if !ok {
		fmt.Fprintf(stderr, "aeron-native: there is no verb %q\n\n%s", args[0], usage)
		return 2
	}
	switch err := v(ctx, args[1:], stdout, stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	default:
		fmt.Fprintln(stderr, "aeron-native:", err)
		return 1
	}
}

// newFlags is a verb's flag set; its usage goes to standard output when asked for, else to standard error.
func newFlags(name, about string) *flag.FlagSet {
	set := flag.NewFlagSet("aeron-native "+name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {
		fmt.Fprintf(set.Output(), "usage: aeron-native %s\n\n", about)
		set.PrintDefaults()
	}
	return set
}

// parse reads a verb's arguments, of which there are exactly operands besides flags.
func parse(set *flag.FlagSet, args []string, operands int, stdout, stderr io.Writer) error {
	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		set.SetOutput(stdout)
		set.Usage()
		return err
	}
	if err == nil && set.NArg() != operands {
		err = fmt.Errorf("%d arguments besides flags, where there should be %d: %q", set.NArg(), operands, set.Args())
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n\n", set.Name(), err)
		set.SetOutput(stderr)
		set.Usage()
		return errUsage
	}
	return nil
}

// module finds the module from the working directory.
func module(ctx context.Context) (nativelib.Module, error) {
	if err := nativelib.Supported(); err != nil {
		return nativelib.Module{}, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return nativelib.Module{}, fmt.Errorf("find the working directory: %w", err)
	}
	return nativelib.FindModule(ctx, dir)
}
