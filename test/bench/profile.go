package main

import (
	"bufio"
	"bytes"
	"cmp"
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
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/bench/protocol"
	"github.com/aeroncgo/aeron/test/bench/report"
)

// profiled are the contestants whose time is looked into, and profileCase is the case if --only names none.
var profiled = []string{inC, ours, batched, aeronGo, java}

const profileCase = "ipc-32-exclusive-1"

// profiles shows where the time of contestants goes: the functions, and the instructions that are waited at.
func (b *bench) profiles(to string) error {
	if _, err := exec.LookPath("perf"); err != nil {
		return fmt.Errorf("%w: it is in Debian's package linux-perf", err)
	}
	m := machine(b.plan)
	text := bytes.NewBufferString(fmt.Sprintf("%s on %s: %s, %d cores, %s, Aeron C %s.\n"+
		"Shares of the samples that were taken of all threads of a contestant by the processor time that they took, and of those at single\n"+
		"instructions. For UDP the driver's threads too, while they served that contestant.\n",
		m.Command, m.Date, m.CPU, m.Cores, m.Go, m.Aeron))
	err := b.compiled(func(dir string, built programs) error {
		if b.plan.only == streamsCase(1) {
			return b.profileOneThread(text, built.embedding(), dir)
		}
		commands := built.contestants()
		maps.DeleteFunc(commands, func(name string, _ command) bool { return !slices.Contains(profiled, name) })
		return b.withDriver(aeron.Config{}, commands, func(string) error {
			return b.eachStream(cmp.Or(b.plan.only, profileCase), func(s stream) error {
				for _, name := range profiled {
					if b.processes[name] == nil {
						continue
					}
					if err := b.profile(text, s, name, filepath.Join(dir, "perf.data")); err != nil {
						return fmt.Errorf("profile of %s, %s: %w", name, s.name, err)
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

// profile runs a contestant in several sittings, and writes down where it was meanwhile.
func (b *bench) profile(w io.Writer, s stream, name, file string) error {
	watched := []*watch{{title: name, pid: b.processes[name].command.Process.Pid}}
	if strings.Contains(s.Channel, "udp") {
		watched = append(watched, &watch{title: "the driver of " + name, pid: os.Getpid()})
	}
	r, err := record(b.ctx, file)
	if err != nil {
		return err
	}
	var rates []string
	for range b.plan.profileSittings {
		rate, err := b.profileSitting(r, s, b.processes[name], watched)
		if err != nil {
			return errors.Join(err, r.end())
		}
		rates = append(rates, report.Number(rate))
	}
	if err := r.end(); err != nil {
		return err
	}
	if name == java {
		forget, err := b.nameCompiled(watched[0].pid)
		if err != nil {
			return err
		}
		defer forget()
	}
	return b.writeProfiles(w, s.name, watched, rates, file)
}

// profileOneThread looks into a process that has everything in itself: one thread sends and receives, and a driver has its own.
func (b *bench) profileOneThread(w io.Writer, programs embeddedPrograms, dir string) error {
	shm, err := os.MkdirTemp(sharedMemory(), "aeron-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(shm)
	for _, program := range programs {
		err := b.embedded(program.name, program.argv, filepath.Join(shm, program.name), someCounters, func(p *process) error {
			return b.profileTurns(w, p, filepath.Join(dir, "perf.data"))
		})
		if err != nil {
			return fmt.Errorf("profile of %s, %s: %w", program.name, b.plan.only, err)
		}
	}
	return nil
}

func (b *bench) profileTurns(w io.Writer, p *process, file string) error {
	for _, command := range []string{"first", "streams 1", fmt.Sprintf("turns 1 %d", lap)} {
		if _, _, err := measureOn(p, "%s", command); err != nil {
			return err
		}
	}
	r, err := record(b.ctx, file)
	if err != nil {
		return err
	}
	of := &watch{title: p.name, pid: p.command.Process.Pid}
	rate, err := b.turnsOf(r, p, of)
	if err := errors.Join(err, r.end()); err != nil {
		return err
	}
	return b.writeProfiles(w, b.plan.only, []*watch{of}, []string{report.Number(rate)}, file)
}

// turnsOf watches turns of one stream, and gives their rate.
func (b *bench) turnsOf(r *recorder, p *process, of *watch) (float64, error) {
	if err := errors.Join(of.begin(), r.tell("enable")); err != nil {
		return 0, err
	}
	var nanoseconds, messages float64
	begin := time.Now()
	for messages == 0 || time.Since(begin) < b.plan.sample {
		took, n, err := measureOn(p, "turns 1 %d", b.plan.costs.turns)
		if err != nil {
			return 0, err
		}
		nanoseconds, messages = nanoseconds+took, messages+n
	}
	return messages / nanoseconds * 1e9, errors.Join(r.tell("disable"), of.end())
}

// writeProfiles writes where perf saw processes in a case, by the samples in a file.
func (b *bench) writeProfiles(w io.Writer, name string, watched []*watch, rates []string, file string) error {
	out, err := output(b.ctx, "perf", "script", "-i", file, "-F", "pid,ip,sym,dso")
	if err != nil {
		return err
	}
	b.say("profile of %s, %s", watched[0].title, name)
	for _, of := range watched {
		functions := samplesOf(of.pid, out)
		taken := all(functions)
		if err := covered(taken, of.used); err != nil {
			return fmt.Errorf("%s: %w", of.title, err)
		}
		title := fmt.Sprintf("%s, %s: %d samples of %.2f s of processor time, in sittings of %s messages/s", name, of.title, taken, of.used.Seconds(), strings.Join(rates, "; "))
		err := writeProfile(w, title, functions, func(f function) (string, error) {
			return output(b.ctx, "perf", "annotate", "-i", file, "--stdio", "-d", f.file, "-s", f.name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// watch is a process, and what it took while it was watched.
type watch struct {
	title string
	pid   int
	began time.Duration // its processor time when it was last begun to be watched
	used  time.Duration
}

func (w *watch) begin() (err error) {
	w.began, err = processorTime(w.pid)
	return err
}

func (w *watch) end() error {
	now, err := processorTime(w.pid)
	w.used += now - w.began
	return err
}

// profileSitting watches while a contestant has its runs on a new stream, and gives the rate of them all.
func (b *bench) profileSitting(r *recorder, s stream, p *process, watched []*watch) (rate float64, err error) {
	b.streams++
	s.Stream = b.streams
	if err := p.open(s.Throughput); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	long := b.plan.sample / time.Duration(b.plan.profileSittings)
	var messages int
	if err := b.warmUp(p, &messages, s.Publishers, b.plan.warmUp+long); err != nil {
		return 0, err
	}
	for _, of := range watched {
		if err := of.begin(); err != nil {
			return 0, err
		}
	}
	if err := r.tell("enable"); err != nil {
		return 0, err
	}
	var received, nanoseconds int64
	begin := time.Now()
	for received == 0 || time.Since(begin) < long {
		result, err := p.run(protocol.Run{Messages: messages})
		if err != nil {
			return 0, err
		}
		received, nanoseconds = received+result.Received, nanoseconds+result.Nanoseconds
	}
	if err := r.tell("disable"); err != nil {
		return 0, err
	}
	for _, of := range watched {
		if err := of.end(); err != nil {
			return 0, err
		}
	}
	return float64(received) / time.Duration(nanoseconds).Seconds(), nil
}

// nameCompiled has a Java machine write down where its compiled methods lie, for perf to read, until forget.
func (b *bench) nameCompiled(pid int) (forget func(), err error) {
	if _, err := output(b.ctx, "jcmd", strconv.Itoa(pid), "Compiler.perfmap"); err != nil {
		return nil, err
	}
	return func() { _ = os.Remove(fmt.Sprintf("/tmp/perf-%d.map", pid)) }, nil
}

// What is less than a percent of the samples is left out, and so are instructions of less than three.
const (
	leastFunction    = 0.01
	leastInstruction = 0.03
)

// all is how many samples there are.
func all(functions map[function]int) int {
	sum := 0
	for _, n := range functions {
		sum += n
	}
	return sum
}

// writeProfile writes the functions that samples are in, most first, each with its instructions that have many.
func writeProfile(w io.Writer, title string, functions map[function]int, annotate func(function) (string, error)) error {
	taken := all(functions)
	if taken == 0 {
		return fmt.Errorf("%s: perf took no samples", title)
	}
	fmt.Fprintf(w, "\n%s\n", title)
	share := func(n int) float64 { return float64(n) / float64(taken) }
	for _, f := range most(functions) {
		n := functions[f]
		if share(n) < leastFunction {
			break
		}
		fmt.Fprintf(w, "%6.1f %%  %s\n", 100*share(n), f.name)
		if f == kernel || f.compiled() || share(n) < leastInstruction {
			continue
		}
		text, err := annotate(f)
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

// most are the functions with most samples first.
func most(functions map[function]int) []function {
	return slices.SortedFunc(maps.Keys(functions), func(a, b function) int {
		return cmp.Or(cmp.Compare(functions[b], functions[a]), strings.Compare(a.name, b.name))
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
