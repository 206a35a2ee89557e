// Command ctxgen writes the wrappers of Aeron's context settings from the headers of the pinned tree, so that no setting is
// left out and none is typed by hand: the C shims and Go functions of package cgo, and the methods of package aeronc.
//
// It reads aeronc.h and aeronmd.h below -include and writes, below -root, cgo/settings_gen.{h,c,go} and
// aeronc/{context,driver_context,driver_config}_gen.go. What a driver's settings mean is in meaning.go. Settings whose value is a function or a pointer to a struct are not plain
// settings and are left to code written by hand.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	include := flag.String("include", filepath.Join("vendor-c", "prefix", "include", "aeron"), "folder with aeronc.h and aeronmd.h")
	root := flag.String("root", ".", "the module's root")
	flag.Parse()
	if err := run(*include, *root); err != nil {
		fmt.Fprintln(os.Stderr, "ctxgen:", err)
		os.Exit(1)
	}
}

func run(include, root string) error {
	contexts := []*contextKind{
		{header: "aeronmd.h", prefix: "aeron_driver_context", cType: "aeron_driver_context_t", goName: "DriverContext", file: "driver_context_gen.go", config: "driver_config_gen.go", byHand: byHand(), known: meanings},
		{header: "aeronc.h", prefix: "aeron_context", cType: "aeron_context_t", goName: "Context", file: "context_gen.go"},
	}
	for _, k := range contexts {
		text, err := os.ReadFile(filepath.Join(include, k.header))
		if err != nil {
			return fmt.Errorf("reading the header of %s: %w (is the native library installed?)", k.prefix, err)
		}
		if k.settings = parseSettings(string(text), k.prefix); len(k.settings) == 0 {
			return fmt.Errorf("%s declares no %s_set_… function that ctxgen understands", k.header, k.prefix)
		}
	}
	files, err := render(contexts)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
