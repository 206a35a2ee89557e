// Command bench measures this module beside everything that a Go program could use instead: C's own client, aeron-go, Java, and C
// through a naive binding. All in one run, on the same media driver, with the same streams, taking turns round by round.
//
//	go run ./test/bench [--quick] [--json FILE]
//
// Absolute figures are the machine's; the ratios are what counts. docs/BENCHMARKS.md says what is measured, and how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/freeport"
	"github.com/aeroncgo/aeron/test/bench/report"
)

func main() {
	if err := run(); err != nil {
		log.Fatal("bench: ", err)
	}
}

func run() error {
	quick := flag.Bool("quick", false, "only what the ratios need, in less than four minutes; everything takes about twenty")
	jsonFile := flag.String("json", "", "write the report to this `file`, as JSON")
	checked := flag.Bool("checked", false, "look at every byte of every message that arrives")
	only := flag.String("only", "", "only the cases whose names contain `text`, or costs")
	withJava := flag.Bool("java", true, "with Java, which takes a JDK and Maven")
	rounds := flag.Int("rounds", 0, "rounds of each case; 0 as planned")
	check := flag.Bool("check", false, "fail when a ratio is not reached")
	seed := flag.Uint64("seed", 0, "of the chance by which contestants take turns; 0 for another one each time, which the report tells")
	docs := flag.String("render", "", "measure nothing; write the docs in this `directory` from bench/results.json and bench/explanations.txt there")
	verified := flag.Int("verify", 0, "measure nothing; send this `number` of messages one by one and in batches, and look at every byte that arrives")
	profile := flag.String("profile", "", "measure nothing; write to this `file` where the time of c, aeron, aeron-batch, aeron-go and java goes, by perf as root, in the cases of --only ("+profileCase+"), or of c and aeron in poll-1-streams")
	flag.Parse()
	// What runs and what lies in shared memory ends with the bench, also when it is told to end.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch {
	case *docs != "":
		return render(*docs)
	case *verified > 0:
		b := newBench(ctx, plan{})
		b.keep(b.verify(*verified))
		return errors.Join(b.errs...)
	}
	plan := fullPlan()
	if *quick {
		plan = quickPlan()
	}
	plan.checked, plan.only, plan.withoutJava = *checked, *only, !*withJava
	if *rounds > 0 {
		plan.rounds, plan.guardSittings = *rounds, *rounds
		plan.sittings, plan.latencySittings = min(plan.sittings, *rounds), min(plan.latencySittings, *rounds)
	}
	if plan.seed = *seed; plan.seed == 0 {
		plan.seed = uint64(time.Now().UnixNano())
	}
	if *profile != "" {
		b := newBench(ctx, plan)
		b.keep(b.profiles(*profile))
		return errors.Join(b.errs...)
	}
	r, err := measure(ctx, plan)
	if err != nil {
		return err
	}
	if err := r.WriteText(os.Stdout); err != nil {
		return err
	}
	if *jsonFile != "" {
		if err := writeJSON(*jsonFile, r); err != nil {
			return err
		}
	}
	if missed := r.Missed(); *check && len(missed) > 0 {
		return fmt.Errorf("not reached: %s", strings.Join(missed, ", "))
	}
	return nil
}

func writeJSON(name string, r report.Report) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(r.WriteJSON(f), f.Close())
}

// bench is a run.
type bench struct {
	ctx       context.Context // its end is the run's
	plan      plan
	began     time.Time
	random    *rand.Rand
	ports     [2]int
	streams   int32 // the last stream id that was given away
	processes map[string]*process
	measured  report.Measured
	errs      []error
}

func (b *bench) keep(err error) {
	if err != nil {
		b.errs = append(b.errs, err)
	}
}

// say tells the person who waits what is done.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench %4.0f s  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, args...))
}

func newBench(ctx context.Context, p plan) *bench {
	return &bench{ctx: ctx, plan: p, began: time.Now(), random: seeded(p.seed), processes: map[string]*process{}, measured: report.Measured{Order: inOrder}}
}

func measure(ctx context.Context, p plan) (report.Report, error) {
	b := newBench(ctx, p)
	b.keep(b.compiled(b.all))
	if ctx.Err() != nil {
		return report.Report{}, context.Cause(ctx) // what else failed did so for that
	}
	if err := errors.Join(b.errs...); err != nil {
		return report.Report{}, err
	}
	r := report.Report{Machine: machine(p), Rows: b.measured.Rows(), Ratios: map[string]float64{}}
	throughputRatios(&b.measured, r.Ratios)
	guardRatios(&b.measured, r.Ratios)
	latencyRatios(&b.measured, r.Ratios)
	costRatios(&b.measured, p.costs, r.Ratios)
	return r, nil
}

// compiled builds everybody into a directory, which it removes when use has returned.
func (b *bench) compiled(use func(dir string, built programs) error) error {
	dir, err := os.MkdirTemp("", "aeron-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for i := range b.ports {
		if b.ports[i], err = freeport.UDP(); err != nil {
			return err
		}
	}
	built, err := compile(builder{b.ctx, dir}, b.plan)
	if err != nil {
		return err
	}
	b.say("compiled")
	return use(dir, built)
}

func (b *bench) all(dir string, built programs) error {
	commands := built.contestants()
	err := b.withDriver(aeron.Config{}, commands, func(string) error { return b.eachStream(b.plan.only, b.throughput) })
	if err != nil {
		return err
	}
	if err := b.guard(commands[ours]); err != nil {
		return err
	}
	if err := b.withDriver(latencyConfig, commands, func(string) error { return b.roundTrips(dir) }); err != nil {
		return err
	}
	return b.costs(built)
}

// eachStream does something with every case of throughput with that text in its name.
func (b *bench) eachStream(only string, do func(stream) error) error {
	for _, s := range b.plan.streams(b.channels()) {
		if !strings.Contains(s.name, only) {
			continue
		}
		if err := do(s); err != nil {
			return err
		}
	}
	return nil
}

// withDriver runs a media driver and the contestants beside it. The driver's threads are the only busy ones of this process.
func (b *bench) withDriver(config aeron.Config, commands map[string]command, use func(dir string) error) (err error) {
	config.AppID, config.UniqueDirectory = "bench-"+strconv.Itoa(os.Getpid()), true
	config.ClientIdle = 16 * time.Millisecond
	drv, err := aeron.Open(config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drv.Close()) }()
	if err := drv.Start(b.ctx); err != nil {
		return err
	}
	for name, command := range commands {
		p, err := start(b.ctx, name, command(drv.Dir()))
		if err != nil {
			return err
		}
		b.processes[name] = p
		defer func() {
			delete(b.processes, name)
			b.keep(p.end())
		}()
	}
	return use(drv.Dir())
}
