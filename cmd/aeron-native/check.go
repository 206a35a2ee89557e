package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aeroncgo/aeron/internal/nativelib"
)

// report is what check --json prints.
type report struct {
	Tools     []nativelib.Tool `json:"tools"`
	Packages  []string         `json:"packages"` // Debian's, that would bring what is missing
	Library   string           `json:"library"`  // the prefix
	Installed bool             `json:"installed"`
	ID        string           `json:"id,omitempty"`
	Why       string           `json:"why,omitempty"` // why the library is not usable
}

func check(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set := newFlags("check", "check [flags]\n\nLists every program the build needs, and whether the library is there. Exits with 1 if a program is missing that is still\nneeded, or the library is not there.")
	prefix := set.String("prefix", "", "the `directory` that install was given")
	asan := set.Bool("asan", false, "the AddressSanitizer build")
	source := set.Bool("source", false, "the source comes from a directory: cargo is not needed")
	packages := set.Bool("packages", false, "print only the Debian packages that would bring what is missing to build, on one line")
	asJSON := set.Bool("json", false, "print a JSON object")
	if err := parse(set, args, 0, stdout, stderr); err != nil {
		return err
	}
	tools := nativelib.CheckTools(ctx, nativelib.ReadSettings(ctx), *source)
	m, err := module(ctx)
	if err != nil {
		return err
	}
	layout, manifest, missing := nativelib.Locate(ctx, m, *prefix, *asan)
	if missing != nil && !errors.Is(missing, nativelib.ErrNotInstalled) {
		return missing
	}
	// Once the library is there, only what every go build needs is still needed.
	toolErr := tools.Problems(missing != nil)
	if *packages {
		if toolErr == nil {
			return nil
		}
		_, err := fmt.Fprintln(stdout, strings.Join(tools.MissingPackages(), " "))
		return err
	}
	if *asJSON {
		r := report{Tools: tools.List, Packages: slices.Concat([]string{}, tools.MissingPackages()), Library: layout.Prefix, Installed: missing == nil, ID: manifest.ID}
		if missing != nil {
			r.Why = missing.Error()
		}
		out := json.NewEncoder(stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return errors.Join(out.Encode(r), toolErr, missing)
	}
	for _, tool := range tools.List {
		fmt.Fprintf(stdout, "%-10s  %-13s  %s\n", tool.Name, tool.State, tool.Version)
		if tool.Remedy != "" {
			fmt.Fprintf(stdout, "%-10s  %s\n", "", tool.Remedy)
		}
	}
	if missing == nil {
		fmt.Fprintf(stdout, "%-10s  %-13s  Aeron %s, %s, id %s, in %s\n", "library", "ok", manifest.Version, manifest.Variant, manifest.ID, layout.Prefix)
	} else {
		fmt.Fprintf(stdout, "%-10s  %-13s  run `aeron-native install`\n", "library", "not usable")
	}
	if toolErr != nil {
		return toolErr
	}
	return missing
}
