package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/bench/protocol"
	"github.com/aeroncgo/aeron/test/bench/report"
)

// pingLength is a short message's.
const pingLength = 32

// latencyConfig is the driver of all round trips: one thread that yields when it is idle. With pinger and ponger, which yield too,
// that makes three, of any contestant, for whatever cores there are; threads that spin would measure the scheduler.
var latencyConfig = aeron.Config{Threading: aeron.Shared, Settings: "shared_idle_strategy=yield"}

// roundTrip is a case of latency.
type roundTrip struct {
	media       string
	rate        int // round trips a second, on time whatever becomes of earlier ones; 0 starts one when the last has ended
	count       int // in a round
	contestants []string
}

func (r roundTrip) name() string {
	if r.rate == 0 {
		return "rtt-" + r.media + "-closed"
	}
	return fmt.Sprintf("rtt-%s-%d/s", r.media, r.rate)
}

// percentile is what is reported of times.
type percentile struct {
	name string
	p    float64
}

// percentiles are those of a round's times. A rare one is of all rounds together: of a few hundred round trips it would be the longest.
var (
	percentiles = []percentile{{"p50", 50}, {"p90", 90}, {"p99", 99}, {"max", 100}}
	rare        = percentile{"p99.9", 99.9}
)

// rarest is how many times must lie beyond a rare percentile; it is left out otherwise.
const rarest = 10

// roundTrips measures all cases of latency. Files of times go to dir.
func (b *bench) roundTrips(dir string) error {
	for _, r := range b.plan.latency {
		if !strings.Contains(r.name(), b.plan.only) {
			continue
		}
		if err := b.roundTrip(r, dir); err != nil {
			return err
		}
	}
	return nil
}

// roundTrip measures a case in several sittings, as throughput does.
func (b *bench) roundTrip(r roundTrip, dir string) error {
	all := map[string][]int64{}
	order := newTurns(b.random, r.contestants)
	sittings := b.plan.latencySittings
	for n := range sittings {
		r.contestants = order.next()
		if err := b.roundTripSitting(r, dir, share(b.plan.rounds, sittings, n), all); err != nil {
			return err
		}
	}
	for _, name := range r.contestants {
		if times := all[name]; enough(len(times), rare) {
			b.measured.Add(r.name()+"-"+rare.name, name, "µs", report.Percentile(times, rare.p)/1000)
		}
	}
	b.say("%s", r.name())
	return nil
}

// enough reports whether of so many times there are some beyond a percentile, and not only the longest.
func enough(times int, p percentile) bool {
	return math.Round(float64(times)*(100-p.p)) >= 100*rarest
}

// roundTripSitting adds the times of its rounds to those of all.
func (b *bench) roundTripSitting(r roundTrip, dir string, rounds int, all map[string][]int64) error {
	var open []*process
	defer func() {
		for _, p := range open {
			b.keep(p.close())
		}
	}()
	run := protocol.Run{Messages: r.count, File: filepath.Join(dir, "times")}
	if r.rate > 0 {
		run.Interval = time.Second.Nanoseconds() / int64(r.rate)
	}
	for _, name := range r.contestants {
		p, ok := b.processes[name]
		if !ok {
			continue
		}
		if err := p.open(b.pair(r.media)); err != nil {
			return err
		}
		open = append(open, p)
	}
	if err := b.shorten(&run, open); err != nil {
		return err
	}
	order := newTurns(b.random, open)
	for range rounds {
		for _, p := range order.next() {
			if _, err := p.run(run); err != nil {
				return err
			}
			times, err := readTimes(run.File, run.Messages)
			if err != nil {
				return err
			}
			for _, q := range percentiles {
				b.measured.Add(r.name()+"-"+q.name, p.name, "µs", report.Percentile(times, q.p)/1000)
			}
			all[p.name] = append(all[p.name], times...)
		}
	}
	return nil
}

// shorten warms everybody up, and makes a run shorter if a round of the slowest would take too long: as many for all, since the
// highest percentiles depend on how many there are.
func (b *bench) shorten(run *protocol.Run, open []*process) error {
	count := run.Messages
	for _, p := range open {
		result, err := p.run(*run)
		if err != nil {
			return err
		}
		if fits := int(float64(run.Messages) * float64(longest) / float64(result.Nanoseconds)); run.Interval == 0 && fits < count {
			count = max(fits, min(fewest, count))
		}
	}
	run.Messages = count
	return nil
}

// A round of closed round trips is of no more than longest, and, if it can be, no fewer than fewest.
const (
	longest = 300 * time.Millisecond
	fewest  = 300
)

// pair is two streams: for IPC two ids, for UDP two ports as well.
func (b *bench) pair(media string) protocol.Latency {
	b.streams += 2
	l := protocol.Latency{Ping: "aeron:ipc", Pong: "aeron:ipc", PingStream: b.streams - 1, PongStream: b.streams, Length: pingLength}
	if media == "udp" {
		l.Ping, l.Pong = udp(b.ports[0]), udp(b.ports[1])
	}
	return l
}

func udp(port int) string { return fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port) }

func readTimes(name string, count int) ([]int64, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if len(data) != 8*count {
		return nil, fmt.Errorf("%d bytes of times for %d round trips", len(data), count)
	}
	times := make([]int64, count)
	for i := range times {
		times[i] = int64(binary.LittleEndian.Uint64(data[8*i:]))
	}
	return times, nil
}

func latencyRatios(m *report.Measured, into map[string]float64) {
	for _, media := range []string{"ipc", "udp"} {
		for _, p := range []string{"p50", "p99"} {
			if value, ok := m.Ratio("rtt-"+media+"-closed-"+p, ours, inC); ok {
				into["rtt_"+media+"_"+p+"_vs_c"] = value
			}
		}
	}
}
