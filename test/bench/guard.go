package main

import (
	"strings"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/bench/protocol"
	"github.com/aeroncgo/aeron/test/bench/report"
)

// unguarded is this module on a driver that does not look at what arrives before it acts on it.
const unguarded = "aeron-unguarded"

func guardCase(length int) string { return "guard-" + caseName("udp", length, true, 1) }

// guard measures what the frame guard costs: the same streams on two drivers, of which one has none, in turns. Two drivers without any differ
// by as much as the guard costs, for as long as they run: so there are many sittings with two drivers each.
func (b *bench) guard(program command) error {
	var streams []stream
	for _, length := range []int{32, 1344} {
		if name := guardCase(length); strings.Contains(name, b.plan.only) {
			streams = append(streams, stream{
				name:       name,
				Throughput: protocol.Throughput{Channel: udp(b.ports[0]), Length: length, Publishers: 1, Exclusive: true},
				channels:   map[string]string{unguarded: udp(b.ports[1])},
			})
		}
	}
	if len(streams) == 0 {
		return nil
	}
	drivers := []struct {
		config aeron.Config
		name   string
	}{{aeron.Config{}, ours}, {aeron.Config{Settings: "frame_guard=false"}, unguarded}}
	for n := range b.plan.guardSittings {
		first, second := drivers[n%2], drivers[1-n%2] // who is started and warmed up first is slower
		err := b.withDriver(first.config, map[string]command{first.name: program}, func(string) error {
			return b.withDriver(second.config, map[string]command{second.name: program}, func(string) error {
				for _, s := range streams {
					s.contestants = []string{first.name, second.name}
					if err := b.sitting(s, 2, b.plan.warmUp); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	b.say("what the frame guard costs")
	return nil
}

func guardRatios(m *report.Measured, into map[string]float64) {
	for name, length := range map[string]int{"udp32_guard_vs_none": 32, "udp1344_guard_vs_none": 1344} {
		if value, ok := m.Ratio(guardCase(length), ours, unguarded); ok {
			into[name] = value
		}
	}
}
