package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/bench/report"
)

// costPlan is how much is measured of what is not throughput or latency.
type costPlan struct {
	messages int // on each path through the module
	firsts   int // rounds of first messages
	adds     int // in a round
	streams  int // the most that are open at a time
	turns    int // bursts of turns of a single stream in a round; fewer with more streams
	idles    int // rounds of doing nothing, for each profile
	idle     int // milliseconds in one
}

// The lengths of a driver's counters: Config's default, and room for a thousand streams.
const (
	someCounters = 1 << 20
	manyCounters = 4 << 20
)

// costs measures what there is besides throughput and latency.
func (b *bench) costs(programs programs) error {
	if b.plan.only != "" && b.plan.only != "costs" {
		return nil
	}
	if err := b.withDriver(aeron.Config{}, nil, func(dir string) error { return b.paths(programs.paths, dir) }); err != nil {
		return err
	}
	b.say("costs of every path")
	shm, err := os.MkdirTemp(sharedMemory(), "aeron-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(shm)
	embedded := programs.embedding()
	order := newTurns(b.random, embedded)
	for round := range b.plan.costs.firsts {
		for _, program := range order.next() {
			if err := b.first(program, filepath.Join(shm, fmt.Sprint(program.name, round))); err != nil {
				return err
			}
		}
	}
	b.say("first messages and adds")
	if err := b.manyStreams(embedded, shm); err != nil {
		return err
	}
	b.say("many streams")
	for profile := aeron.Balanced; profile <= aeron.Laptop; profile++ {
		if err := b.idle(programs.embedded, profile.String(), filepath.Join(shm, profile.String())); err != nil {
			return err
		}
	}
	b.say("doing nothing")
	for name, program := range map[string]string{inC: programs.inC, ours: programs.ours, aeronGo: programs.aeronGo} {
		info, err := os.Stat(program)
		if err != nil {
			return err
		}
		b.measured.Add("binary-size", name, "MiB", float64(info.Size())/(1<<20))
	}
	return nil
}

// sharedMemory is where drivers' directories belong.
func sharedMemory() string {
	if _, err := os.Stat("/dev/shm"); err == nil {
		return "/dev/shm"
	}
	return os.TempDir()
}

// paths asks for allocations and crossings on every path.
func (b *bench) paths(program, dir string) error {
	out, err := output(b.ctx, program, dir, strconv.Itoa(b.plan.costs.messages), strconv.Itoa(b.ports[0]))
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		var name string
		var allocations, crossings, nanoseconds float64
		if _, err := fmt.Sscan(lines.Text(), &name, &allocations, &crossings, &nanoseconds); err != nil {
			return fmt.Errorf("%s says %q: %w", program, lines.Text(), err)
		}
		b.measured.Add("allocations-"+name, ours, "objects/message", allocations)
		b.measured.Add("crossings-"+name, ours, "calls/message", crossings)
		b.measured.Add("one-goroutine-"+name, ours, "ns/message", nanoseconds)
	}
	return nil
}

// embeddedPrograms run a driver in their own process; see command embedded.
type embeddedPrograms []struct {
	name string
	argv []string
}

func (p programs) embedding() embeddedPrograms {
	return embeddedPrograms{{inC, []string{p.inC, "embedded"}}, {ours, []string{p.embedded}}}
}

// embedded runs such a program for as long as use does.
func (b *bench) embedded(name string, argv []string, dir string, counters int, use func(*process) error) error {
	p, err := start(b.ctx, name, append(slices.Clip(argv), dir, strconv.Itoa(counters)))
	if err != nil {
		return err
	}
	err = use(p)
	if ended := p.end(); err == nil {
		err = ended
	}
	return err
}

// measureOn gives a command and reads "ok NANOSECONDS COUNT".
func measureOn(p *process, format string, args ...any) (nanoseconds, count float64, err error) {
	command := word(fmt.Sprintf(format, args...))
	answer, err := p.ask(command)
	if err != nil {
		return 0, 0, err
	}
	if _, err := fmt.Sscanf(answer, "ok %g %g", &nanoseconds, &count); err != nil {
		return 0, 0, fmt.Errorf("%s: %s: answer %q: %w", p.name, command, answer, err)
	}
	return nanoseconds, count, nil
}

// first measures a process from nothing to its first message.
func (b *bench) first(program struct {
	name string
	argv []string
}, dir string) error {
	return b.embedded(program.name, program.argv, dir, someCounters, func(p *process) error {
		nanoseconds, _, err := measureOn(p, "first")
		if err != nil {
			return err
		}
		b.measured.Add("first-message", p.name, "ms", nanoseconds/1e6)
		used, err := memory(p.command.Process.Pid)
		if err != nil {
			return err
		}
		b.measured.Add("first-message-memory", p.name, "MiB", used.resident)
		b.measured.Add("first-message-memory-private", p.name, "MiB", used.private)
		nanoseconds, count, err := measureOn(p, "add %d", b.plan.costs.adds)
		if err != nil {
			return err
		}
		b.measured.Add("add-publication", p.name, "µs", nanoseconds/count/1e3)
		return nil
	})
}

// idle measures what a driver, a client and an open stream take while nothing happens.
func (b *bench) idle(program, profile, dir string) error {
	p, err := start(b.ctx, ours, []string{program, dir, strconv.Itoa(someCounters), profile})
	if err != nil {
		return err
	}
	err = b.idleOf(p, profile)
	if ended := p.end(); err == nil {
		err = ended
	}
	return err
}

func (b *bench) idleOf(p *process, profile string) error {
	if _, _, err := measureOn(p, "first"); err != nil {
		return err
	}
	for range b.plan.costs.idles {
		nanoseconds, _, err := measureOn(p, "idle %d", b.plan.costs.idle)
		if err != nil {
			return err
		}
		b.measured.Add("idle-"+profile, ours, "% of a core", nanoseconds/float64(b.plan.costs.idle)/1e4)
	}
	return nil
}

// used is what a process holds, in MiB.
type used struct {
	resident float64 // shared memory too, once for every mapping
	private  float64
}

func memory(pid int) (used, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return used{}, err
	}
	field := func(name string) float64 {
		_, rest, _ := strings.Cut(string(data), "\n"+name+":")
		var kib float64
		if _, err := fmt.Sscan(rest, &kib); err != nil {
			return math.NaN()
		}
		return kib / 1024
	}
	u := used{resident: field("VmRSS"), private: field("RssAnon")}
	if math.IsNaN(u.resident) || math.IsNaN(u.private) {
		return used{}, fmt.Errorf("/proc/%d/status does not say what the process holds: %q", pid, data)
	}
	return u, nil
}

// manyStreams measures memory and time per message by the number of streams.
func (b *bench) manyStreams(programs embeddedPrograms, dir string) error {
	counts := streamCounts(b.plan.costs.streams)
	var open []*process
	var use func() error
	use = func() error {
		if next := len(open); next < len(programs) {
			program := programs[next]
			return b.embedded(program.name, program.argv, filepath.Join(dir, program.name), manyCounters, func(p *process) error {
				open = append(open, p)
				if _, _, err := measureOn(p, "first"); err != nil {
					return err
				}
				return use()
			})
		}
		return b.streamsOf(open, counts)
	}
	return use()
}

// streamCounts are 1, 100 and 1,000, or what there is to be below it.
func streamCounts(most int) []int {
	var counts []int
	for _, n := range []int{1, 100, 1000} {
		if n < most {
			counts = append(counts, n)
		}
	}
	return append(counts, most)
}

func (b *bench) streamsOf(open []*process, counts []int) error {
	for _, n := range counts {
		for _, p := range open {
			if _, _, err := measureOn(p, "streams %d", n); err != nil {
				return err
			}
			used, err := memory(p.command.Process.Pid)
			if err != nil {
				return err
			}
			b.measured.Add(fmt.Sprintf("memory-%d-streams", n), p.name, "MiB", used.resident)
			b.measured.Add(fmt.Sprintf("memory-%d-streams-private", n), p.name, "MiB", used.private)
		}
	}
	for round := -1; round < b.plan.rounds; round++ { // the first one warms up: every page of the logs is touched
		for _, n := range counts {
			for i := range open {
				p := open[(max(round, 0)+i)%len(open)]
				bursts := max(1, b.plan.costs.turns/n)
				if round < 0 {
					bursts = lap
				}
				nanoseconds, messages, err := measureOn(p, "turns %d %d", n, bursts)
				if err != nil {
					return err
				}
				if round >= 0 {
					b.measured.Add(streamsCase(n), p.name, "ns/message", nanoseconds/messages)
				}
			}
		}
	}
	return nil
}

// lap is how many bursts write a log of three terms of 64 KiB once: 128 messages of 64 bytes are in one.
const lap = 24

func streamsCase(n int) string { return fmt.Sprintf("poll-%d-streams", n) }

// costRatios need the number of streams that was measured in place of 1,000.
func costRatios(m *report.Measured, p costPlan, into map[string]float64) {
	worst, measured := 0.0, false
	for _, row := range m.Rows() {
		if strings.HasPrefix(row.Case, "allocations-") {
			worst, measured = max(worst, row.Median), true
		}
	}
	if measured {
		into["allocs_per_message"] = worst
	}
	if value, ok := m.Ratio("first-message", ours, inC); ok {
		into["first_message_vs_c"] = value
	}
	our, ok := m.Growth(streamsCase(1), streamsCase(p.streams), ours)
	theirs, also := m.Growth(streamsCase(1), streamsCase(p.streams), inC)
	if ok && also {
		into["streams1000_vs_c"] = our / theirs
	}
}
