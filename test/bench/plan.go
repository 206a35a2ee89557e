package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/aeroncgo/aeron/test/bench/protocol"
)

// plan is how much is measured.
type plan struct {
	seed            uint64 // of the order in which contestants take turns
	rounds          int
	sittings        int           // in which the rounds of throughput are, with streams of their own each
	latencySittings int           // and those of round trips
	guardSittings   int           // of what the frame guard costs: more, since it is to be a hundredth or two
	round           time.Duration // how long a round of throughput is to take; 0 for the least number of messages
	warmUp          time.Duration // of each contestant; half of it after the first sitting
	least           int           // messages in a round
	sample          time.Duration // how long a contestant is watched for a profile
	profileSittings int           // in so many parts, with a stream of its own each
	checked         bool
	only            string
	withoutJava     bool
	latency         []roundTrip
	costs           costPlan
	cases           []streamCase
}

// streamCase is a case of throughput, and who takes part.
type streamCase struct {
	media       string
	length      int
	exclusive   bool
	publishers  int
	contestants []string
	term        string // how long a term is, such as 1m; empty for the driver's default
}

var (
	everybody = []string{inC, ours, batched, naive, aeronGo, java}
	// withWide is for four publishers: with the receiver they are five threads in C and Java, and five goroutines.
	withWide = append(slices.Clone(everybody), wide)
)

// pingers are the contestants of round trips: there is nothing to batch.
var pingers = []string{inC, ours, naive, aeronGo, java}

// needed are the cases that ratios come from.
func needed() []streamCase {
	return []streamCase{
		{"ipc", 32, true, 1, everybody, ""},
		{"ipc", 1344, true, 1, everybody, ""},
		{"ipc", 16384, true, 1, everybody, ""},
		{"ipc", 32, false, 4, withWide, ""},
		{"udp", 32, true, 1, everybody, ""},
		{"udp", 1344, true, 1, everybody, ""},
	}
}

func quickPlan() plan {
	return plan{
		rounds: 16, sittings: 8, latencySittings: 2, guardSittings: 10, round: 100 * time.Millisecond, warmUp: 200 * time.Millisecond, least: 2000,
		sample: 5 * time.Second, profileSittings: 5, cases: needed(), latency: []roundTrip{
			{"ipc", 0, 10000, pingers}, {"udp", 0, 2000, pingers}, {"ipc", 10000, 1000, pingers}, {"udp", 5000, 500, pingers},
		}, costs: costPlan{messages: 100000, firsts: 31, adds: 20, streams: 1000, turns: 200, idles: 3, idle: 300},
	}
}

// smokePlan is for tests of the bench: everything once, and hardly anything of it.
func smokePlan() plan {
	p := quickPlan()
	p.rounds, p.sittings, p.latencySittings, p.guardSittings, p.round, p.warmUp, p.least, p.sample, p.profileSittings = 1, 1, 1, 1, 0, 2, 200, 1, 1
	for i := range p.latency {
		p.latency[i].count = 20
	}
	p.costs = costPlan{messages: 2000, firsts: 1, adds: 2, streams: 20, turns: 2, idles: 1, idle: 1}
	return p
}

func fullPlan() plan {
	p := plan{
		latency: []roundTrip{
			{"ipc", 0, 20000, pingers}, {"udp", 0, 5000, pingers},
			{"ipc", 1000, 300, pingers}, {"ipc", 10000, 3000, pingers}, {"ipc", 50000, 10000, pingers},
			{"udp", 1000, 300, pingers}, {"udp", 5000, 1500, pingers}, {"udp", 10000, 3000, pingers},
		},
		costs:  costPlan{messages: 1000000, firsts: 61, adds: 20, streams: 1000, turns: 500, idles: 5, idle: 1000},
		rounds: 14, sittings: 7, latencySittings: 2, guardSittings: 40, round: 100 * time.Millisecond, warmUp: 300 * time.Millisecond, least: 2000, sample: 5 * time.Second, profileSittings: 5,
	}
	for _, media := range []string{"ipc", "udp"} {
		for _, length := range []int{32, 288, 1344, 16384} {
			for _, exclusive := range []bool{true, false} {
				p.cases = append(p.cases, streamCase{media, length, exclusive, 1, everybody, ""}, streamCase{media, length, exclusive, 4, withWide, ""})
			}
		}
	}
	for _, term := range terms {
		p.cases = append(p.cases, streamCase{"ipc", 32, true, 1, []string{inC, ours, batched}, term})
	}
	return p
}

// terms are lengths for a log of three that lies in a core's cache, in the cache that cores share, or in neither.
var terms = []string{"256k", "1m", "4m", "16m", "64m"}

func (p plan) streams(channels map[string]string) []stream {
	var streams []stream
	for _, c := range p.cases {
		name, channel := caseName(c.media, c.length, c.exclusive, c.publishers), channels[c.media]
		if c.term != "" {
			name, channel = fmt.Sprintf("%s-%d-term-%s", c.media, c.length, c.term), channel+"?term-length="+c.term
		}
		streams = append(streams, stream{
			name: name, contestants: c.contestants,
			Throughput: protocol.Throughput{Channel: channel, Length: c.length, Publishers: c.publishers, Exclusive: c.exclusive},
		})
	}
	return streams
}
