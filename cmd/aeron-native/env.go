package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/aeroncgo/aeron/internal/nativelib"
)

// environment is what env --json prints.
type environment struct {
	CFlags  string `json:"CGO_CFLAGS"`
	LDFlags string `json:"CGO_LDFLAGS"`
	Prefix  string `json:"prefix"`
	ID      string `json:"id"`
	Version string `json:"version"`
	Variant string `json:"variant"`
}

func env(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set := newFlags("env", "env [flags]\n\nPrints the flags that a build outside the checkout needs, for sh: eval \"$(aeron-native env)\". What the variables hold already is kept.")
	write := set.Bool("w", false, "store them with go env -w, beside what it holds already; print nothing")
	prefix := set.String("prefix", "", "the `directory` that install was given")
	asan := set.Bool("asan", false, "the AddressSanitizer build")
	asJSON := set.Bool("json", false, "print a JSON object")
	if err := parse(set, args, 0, stdout, stderr); err != nil {
		return err
	}
	m, err := module(ctx)
	if err != nil {
		return err
	}
	layout, manifest, err := nativelib.Locate(ctx, m, *prefix, *asan)
	if err != nil {
		return err
	}
	old, err := nativelib.CurrentFlags(ctx, *write)
	if err != nil {
		return err
	}
	flags, err := nativelib.MergeFlags(old, layout, manifest)
	if err != nil {
		return err
	}
	if *write {
		shadowed, err := nativelib.WriteFlags(ctx, flags)
		if err != nil {
			return err
		}
		if shadowed != nil {
			fmt.Fprintf(stderr, "aeron-native: stored, but %s in the environment wins over it: unset it there\n", strings.Join(shadowed, " and "))
		}
		if !*asJSON {
			return nil
		}
	}
	if *asJSON {
		out := json.NewEncoder(stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(environment{
			CFlags: flags.CFlags, LDFlags: flags.LDFlags, Prefix: layout.Prefix,
			ID: manifest.ID, Version: manifest.Version, Variant: manifest.Variant,
		})
	}
	_, err = fmt.Fprintf(stdout, "export CGO_CFLAGS=%s\nexport CGO_LDFLAGS=%s\n", nativelib.ShellQuote(flags.CFlags), nativelib.ShellQuote(flags.LDFlags))
	return err
}
