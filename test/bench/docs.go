package main

import (
	"io"
	"os"
	"path/filepath"

	"github.com/aeroncgo/aeron/test/bench/report"
)

// render makes the docs show the results that lie beside them: the tables of BENCHMARKS.md, and the plots.
func render(docs string) error {
	r, err := readFile(filepath.Join(docs, "bench", "results.json"), report.ReadJSON)
	if err != nil {
		return err
	}
	why, err := readFile(filepath.Join(docs, "bench", "explanations.txt"), report.ReadExplanations)
	if err != nil {
		return err
	}
	page := filepath.Join(docs, "BENCHMARKS.md")
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	filled, err := r.Fill(string(text), why)
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		page: filled,
		filepath.Join(docs, "bench", "throughput.svg"): r.ThroughputSVG(),
		filepath.Join(docs, "bench", "latency.svg"):    r.LatencySVG(),
	} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func readFile[T any](name string, read func(io.Reader) (T, error)) (T, error) {
	f, err := os.Open(name)
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close()
	return read(f)
}
