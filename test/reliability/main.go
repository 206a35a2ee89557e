// Command reliability writes docs/RELIABILITY.md: what is promised, the tests that hold it, and what they measured when they last ran
// with RELIABILITY_JSON set. It fails when a promise names a test that does not exist.
//
//	make reliability                          runs the bounded suites, records their figures, writes the page
//	go run ./test/reliability                 writes the page of what is recorded
//	go run ./test/reliability --check         says whether the page is what it would write, and every test on it that records figures has passed
package main

import (
	"flag"
	"fmt"
	"os"
)

// Where the page and what it is made of lie, below the module's root.
const (
	pagePath    = "docs/RELIABILITY.md"
	figuresPath = "docs/reliability.json"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail if the page is not up to date")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "reliability: takes no arguments; run it in the module's root")
		os.Exit(2)
	}
	if err := run(".", *check); err != nil {
		fmt.Fprintln(os.Stderr, "reliability:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	page, unproven, err := makePage(root)
	if err != nil {
		return err
	}
	path := root + "/" + pagePath
	if !check {
		return os.WriteFile(path, []byte(page), 0o644)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if string(text) != page {
		return fmt.Errorf("%s is out of date: go run ./test/reliability", pagePath)
	}
	return unproven
}
