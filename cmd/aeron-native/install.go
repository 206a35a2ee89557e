package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aeroncgo/aeron/internal/nativelib"
)

func install(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var opt nativelib.InstallOptions
	set := newFlags("install", "install [flags]\n\nBuilds the native Aeron library into vendor-c/prefix of a checkout, or into the user's cache. Does nothing when it is there and intact.")
	set.StringVar(&opt.SourceDir, "source", "", "an unpacked Aeron "+nativelib.Version+" `tree`, instead of fetching it with cargo")
	set.StringVar(&opt.Prefix, "prefix", "", "install below `directory` (it must be empty, or an earlier installation)")
	set.BoolVar(&opt.ASan, "asan", false, "the AddressSanitizer build, for go build -asan; goes to asan/ below the prefix")
	set.BoolVar(&opt.Samples, "samples", false, "also build aeronmd and Aeron's C samples, into bin/ below the prefix")
	set.BoolVar(&opt.AllowModified, "allow-modified-source", false, "build the --source tree although it is not exactly the pinned one")
	verbose := set.Bool("v", false, "show what cmake, the compiler and cargo print")
	if err := parse(set, args, 0, stdout, stderr); err != nil {
		return err
	}
	opt.Log = func(line string) { fmt.Fprintln(stdout, "aeron-native:", line) }
	if *verbose {
		opt.Output = stderr
	}
	m, err := module(ctx)
	if err != nil {
		return err
	}
	outside := !m.Checkout || opt.Prefix != ""
	flags, err := nativelib.CurrentFlags(ctx, false)
	if err != nil {
		return err
	}
	if _, some := flags.NameLibrary(nativelib.Layout{}); some && !outside {
		return &nativelib.Problem{
			Kind: nativelib.ErrFlags, What: "CGO_CFLAGS names another library, which every build in this checkout would take instead of its own",
			Remedy: `unset CGO_CFLAGS and CGO_LDFLAGS; if they are stored (env -w), go env -u both, or export both as "-O2 -g" in this shell`,
		}
	}
	done, err := nativelib.Install(ctx, m, opt)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("Aeron %s (%s, id %s) in %s", done.Manifest.Version, done.Layout.Variant(), done.Manifest.ID, done.Layout.Prefix)
	if !done.Built {
		opt.Log(what + " is up to date")
	} else {
		opt.Log(fmt.Sprintf("installed %s in %s", what, done.Took.Round(100*time.Millisecond)))
	}
	if this, _ := flags.NameLibrary(done.Layout); outside && (done.Built || !this) {
		opt.Log(fmt.Sprintf("to build with it, run in every shell: eval \"$(%s)\", or once for all: %s",
			nativelib.CommandLine("env", opt.Prefix, opt.ASan), nativelib.CommandLine("env -w", opt.Prefix, opt.ASan)))
	}
	return nil
}

func digest(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set := newFlags("digest", "digest TREE\n\nPrints the hash of every file of an unpacked Aeron tree that is compiled or installed.")
	if err := parse(set, args, 1, stdout, stderr); err != nil {
		return err
	}
	version, err := nativelib.TreeVersion(set.Arg(0))
	if err != nil {
		return fmt.Errorf("%s is not an Aeron tree: name the directory that holds version.txt: %w", set.Arg(0), err)
	}
	list, err := nativelib.HashTree(set.Arg(0), true)
	if err != nil {
		return fmt.Errorf("read the Aeron %s tree: %w", version, err)
	}
	_, err = list.WriteTo(stdout)
	return err
}
