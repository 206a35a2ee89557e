package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

// profiled are the contestants whose time is looked into, and profileCase is the case if --only names none.
var profiled = []string{inC, ours, batched, aeronGo}

const profileCase = "ipc-32-exclusive-1"

// kernel is what is not ours to look into: one function.
const kernel = "the kernel"

// profiles shows where the time of contestants goes: the functions, and the instructions that are waited at.
func (b *bench) profiles(to string) error {
	if _, err := exec.LookPath("perf"); err != nil {
		return fmt.Errorf("%w: it is in Debian's package linux-perf", err)
	}
	m := machine(b.plan)
	text := bytes.NewBufferString(fmt.Sprintf("%s on %s: %s, %d cores, %s, Aeron C %s.\n"+
		"Shares of the samples that were taken of a contestant's threads by the processor time that they took, and of those at single instructions.\n",
		m.Command, m.Date, m.CPU, m.Cores, m.Go, m.Aeron))
	err := b.compiled(func(dir string, built programs) error {
		commands := built.contestants()
		maps.DeleteFunc(commands, func(name string, _ command) bool { return !slices.Contains(profiled, name) })
		return b.withDriver(aeron.Config{}, commands, func(string) error {
			return b.eachStream(cmp.Or(b.plan.only, profileCase), func(s stream) error {
				for _, name := range profiled {
					if err := b.profile(text, s, name, filepath.Join(dir, "perf.data")); err != nil {
						return err
					}
				}
				return nil
			})
		})
	})
	if err != nil {
		return err
	}
	return os.WriteFile(to, text.Bytes(), 0o644)
}

// profile runs a contestant for a while, and writes down where it was meanwhile.
func (b *bench) profile(w io.Writer, s stream, name, file string) (err error) {
	p := b.processes[name]
	b.streams++
	s.Stream = b.streams
	if err := p.open(s.Throughput); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	var messages int
	if err := b.warmUp(p, &messages, s.Publishers, b.plan.warmUp); err != nil {
		return err
	}
	stop, err := record(b.ctx, p.command.Process.Pid, file)
	if err != nil {
		return err
	}
	for begin := time.Now(); time.Since(begin) < b.plan.sample; {
		if _, err := p.run(protocol.Run{Messages: messages}); err != nil {
			return errors.Join(err, stop())
		}
	}
	if err := stop(); err != nil {
		return err
	}
	out, err := output(b.ctx, "perf", "script", "-i", file, "-F", "ip,sym,dso")
	if err != nil {
		return err
	}
	b.say("profile of %s, %s", name, s.name)
	return writeProfile(w, fmt.Sprintf("%s, %s", s.name, name), samples(out), func(function string) (string, error) {
		return output(b.ctx, "perf", "annotate", "-i", file, "--stdio", "-s", function)
	})
}

// record samples a process by the processor time that it takes, which needs no counters of the processor: virtual machines often have none.
func record(ctx context.Context, pid int, file string) (stop func() error, err error) {
	var said bytes.Buffer
	perf := exec.CommandContext(ctx, "perf", "record", "-e", "cpu-clock", "-F", "5000", "-p", strconv.Itoa(pid), "-o", file)
	perf.Stderr = &said
	if err := perf.Start(); err != nil {
		return nil, err
	}
	return func() error {
		if err := perf.Process.Signal(syscall.SIGTERM); err != nil {
			return fmt.Errorf("perf record has ended: %w: %s", err, bytes.TrimSpace(said.Bytes()))
		}
		// It ends by the signal that it was sent.
		if err := perf.Wait(); err != nil && perf.ProcessState.ExitCode() != -1 {
			return fmt.Errorf("perf record: %w: %s", err, bytes.TrimSpace(said.Bytes()))
		}
		return nil
	}, nil
}

// samples counts the functions of what perf script prints: "address function (file)" a line.
func samples(script string) map[string]int {
	counts := map[string]int{}
	for line := range strings.Lines(script) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		function := fields[1]
		if dso := fields[len(fields)-1]; strings.HasPrefix(dso, "([") {
			function = kernel
		}
		counts[function]++
	}
	return counts
}

// What is less than a percent of the samples is left out, and so are instructions of less than three.
const (
	leastFunction    = 0.01
	leastInstruction = 0.03
)

// writeProfile writes the functions that samples are in, most first, each with its instructions that have many.
func writeProfile(w io.Writer, title string, functions map[string]int, annotate func(function string) (string, error)) error {
	all := 0
	for _, n := range functions {
		all += n
	}
	if all == 0 {
		return fmt.Errorf("%s: perf took no samples", title)
	}
	fmt.Fprintf(w, "\n%s: %d samples\n", title, all)
	share := func(n int) float64 { return float64(n) / float64(all) }
	for _, function := range most(functions) {
		n := functions[function]
		if share(n) < leastFunction {
			break
		}
		fmt.Fprintf(w, "%6.1f %%  %s\n", 100*share(n), function)
		if function == kernel || share(n) < leastInstruction {
			continue
		}
		text, err := annotate(function)
		if err != nil {
			return err
		}
		for _, i := range instructions(text) {
			if of := i.share * share(n); of >= leastInstruction {
				fmt.Fprintf(w, "            %6.1f %%  %s\n", 100*of, i.text)
			}
		}
	}
	return nil
}

// most are the keys of counts, those with most first.
func most(counts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
}

// instruction is a line of perf annotate: the share of its function's samples, and what it is.
type instruction struct {
	share float64
	text  string
}

// instructions reads what perf annotate prints: "percent : address: instruction" a line, besides others.
func instructions(annotated string) []instruction {
	var all []instruction
	for lines := bufio.NewScanner(strings.NewReader(annotated)); lines.Scan(); {
		percent, rest, ok := strings.Cut(lines.Text(), ":")
		if !ok {
			continue
		}
		_, text, ok := strings.Cut(rest, ":")
		share, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
		if !ok || err != nil {
			continue
		}
		all = append(all, instruction{share / 100, strings.Join(strings.Fields(text), " ")})
	}
	slices.SortStableFunc(all, func(a, b instruction) int { return cmp.Compare(b.share, a.share) })
	return all
}
