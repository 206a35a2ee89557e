// Command apicover tells how much of Aeron's public C API package cgo wraps, and, from a coverage profile, that tests execute every
// wrapper. It fails for a function that is neither wrapped nor listed with a reason in cgo/unwrapped.txt. make api runs both:
//
//	go test -coverprofile=cover.out -coverpkg=./cgo ./cgo ./aeronc
//	go run ./internal/apicover cover.out
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const cgoPackage = "github.com/aeroncgo/aeron/cgo"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: apicover PROFILE   (in the root of the module)")
		os.Exit(2)
	}
	findings, err := run(".", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "apicover:", err)
		os.Exit(1)
	}
	for _, finding := range findings {
		fmt.Println(finding)
	}
	if len(findings) > 0 {
		os.Exit(1)
	}
}

func run(root, profile string) (findings []string, err error) {
	a, err := load(root)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(profile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := markExecuted(a.wrapped, f); err != nil {
		return nil, err
	}
	fmt.Println(a.figure())
	return slices.Concat(a.check(), a.unexecuted()), nil
}

// api is the public API and what there is of it in Go.
type api struct {
	declared map[string]function
	wrapped  map[string][]*wrapper
	exempt   map[string]exemption
	used     map[string]bool // by what is compiled from this project's C
	defined  map[string]bool // by the native library
}

func load(root string) (*api, error) {
	prefix := filepath.Join(root, "vendor-c", "prefix")
	a := &api{declared: map[string]function{}}
	for _, header := range []string{"aeronc.h", "aeronmd.h"} {
		text, err := os.ReadFile(filepath.Join(prefix, "include", "aeron", header))
		if err != nil {
			return nil, err
		}
		for _, f := range functions(string(text)) {
			a.declared[f.name] = f
		}
	}
	var err error
	if a.wrapped, err = wrappers(filepath.Join(root, "cgo")); err != nil {
		return nil, err
	}
	if a.exempt, err = readExemptions(filepath.Join(root, "cgo", "unwrapped.txt")); err != nil {
		return nil, err
	}
	object, err := compiled(filepath.Join(root, "cgo"))
	if err != nil {
		return nil, err
	}
	own, err := archiveSymbols(object, nil)
	if err != nil {
		return nil, err
	}
	library := filepath.Join(prefix, "lib", "libaeron_native.a")
	all, err := archiveSymbols(library, nil)
	if err != nil {
		return nil, err
	}
	inLibrary, err := archiveSymbols(library, ours)
	if err != nil {
		return nil, err
	}
	a.defined = all.defined
	a.used = own.used
	maps.Copy(a.used, inLibrary.used)
	return a, nil
}

// The kinds of reasons that unwrapped.txt may give, and how a machine can tell whether one holds; "" if it does.
var kinds = map[string]func(*api, function) string{
	"undefined": func(a *api, f function) string {
		if a.defined[f.name] {
			return "it is defined"
		}
		return ""
	},
	"struct": func(_ *api, f function) string {
		for _, hook := range []string{"_tracker_t *", "_port_manager_t *", "_bindings_t *"} {
			if strings.Contains(f.params, hook) {
				return ""
			}
		}
		return "it takes no struct of functions"
	},
	"stack": func(_ *api, f function) string {
		if strings.HasSuffix(f.name, "_handler") && strings.Contains(f.params, "_pair_t *") {
			return ""
		}
		return "it takes no pair of a handler and its data"
	},
}

// check finds what is neither wrapped nor exempt, or is not what it is said to be.
func (a *api) check() (findings []string) {
	say := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }
	for _, name := range slices.Sorted(maps.Keys(a.declared)) {
		e, exempt := a.exempt[name]
		switch wrapped := a.wrapped[name] != nil; {
		case !wrapped && !exempt:
			say("%s is not wrapped: write a wrapper whose comment ends with \"C: %s\", or a reason in cgo/unwrapped.txt", name, name)
		case wrapped && exempt:
			say("%s is wrapped: take it out of cgo/unwrapped.txt", name)
		case wrapped && !a.used[name]:
			say("%s is named by the comment of %s, and nothing that is compiled refers to it", name, a.wrapped[name][0].name)
		case exempt && kinds[e.kind] == nil:
			say("%s is exempt by the reason %q, which is none: see the head of cgo/unwrapped.txt", name, e.kind)
		case exempt:
			if wrong := kinds[e.kind](a, a.declared[name]); wrong != "" {
				say("%s is exempt as %q, and %s", name, e.kind, wrong)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.exempt)) {
		if _, ok := a.declared[name]; !ok {
			say("%s is in cgo/unwrapped.txt, and no header declares it", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.wrapped)) {
		if _, ok := a.declared[name]; !ok {
			say("%s is named by the comment of %s, and no header declares it", name, a.wrapped[name][0].name)
		}
	}
	return findings
}

// unexecuted finds wrapped functions of which no wrapper was executed.
func (a *api) unexecuted() (findings []string) {
	for _, name := range slices.Sorted(maps.Keys(a.wrapped)) {
		if !slices.ContainsFunc(a.wrapped[name], func(w *wrapper) bool { return w.executed }) {
			findings = append(findings, fmt.Sprintf("%s: no test executes %s, in cgo/%s", name, a.wrapped[name][0].name, a.wrapped[name][0].file))
		}
	}
	return findings
}

// figure is how much there is, in a line.
func (a *api) figure() string {
	wrapped, executed := 0, 0
	for name := range a.declared {
		if a.wrapped[name] != nil {
			wrapped++
		}
		if slices.ContainsFunc(a.wrapped[name], func(w *wrapper) bool { return w.executed }) {
			executed++
		}
	}
	can := len(a.declared) - len(a.exempt)
	return fmt.Sprintf("%d public functions: %d wrapped, %d executed by tests, %d not wrapped for a reason: %.1f %% of what can be wrapped",
		len(a.declared), wrapped, executed, len(a.exempt), 100*float64(min(wrapped, executed))/float64(max(can, 1)))
}
