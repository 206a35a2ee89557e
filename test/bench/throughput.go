package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/aeroncgo/aeron/test/bench/protocol"
	"github.com/aeroncgo/aeron/test/bench/report"
)

const perSecond = "messages/s"

// stream is a case of throughput.
type stream struct {
	name string
	protocol.Throughput
	contestants []string
	channels    map[string]string // of contestants that need one of their own
}

// throughput measures a case in several sittings: where in memory a log lies makes a stream faster or slower for as long as it is open, by
// tens of percents. Who opens and is warmed up first is another one each time.
func (b *bench) throughput(s stream) error {
	order := newTurns(b.random, s.contestants)
	warmUp := b.plan.warmUp
	for n := range b.plan.sittings {
		s.contestants = order.next()
		if err := b.sitting(s, share(b.plan.rounds, b.plan.sittings, n), warmUp); err != nil {
			return err
		}
		warmUp = b.plan.warmUp / 2 // their code is warm by now
	}
	b.say("%s", s.name)
	return nil
}

// share is how many of the rounds are in sitting n.
func share(rounds, sittings, n int) int { return rounds*(n+1)/sittings - rounds*n/sittings }

// sitting measures rounds of a case: everybody opens a stream of their own, is warmed up, and then takes turns, round by round. How many
// messages a round has is each contestant's own measure, so that everybody's takes as long.
func (b *bench) sitting(s stream, rounds int, warmUp time.Duration) error {
	type entry struct {
		*process
		messages int
	}
	var entries []*entry
	defer func() {
		for _, e := range entries {
			b.keep(e.close())
		}
	}()
	for _, name := range s.contestants {
		p, ok := b.processes[name]
		if !ok {
			continue
		}
		b.streams++
		its := s.Throughput
		its.Stream, its.Checked = b.streams, b.plan.checked
		its.Channel = cmp.Or(s.channels[name], s.Channel)
		if err := p.open(its); err != nil {
			return err
		}
		e := &entry{process: p}
		entries = append(entries, e)
		if err := b.warmUp(p, &e.messages, s.Publishers, warmUp); err != nil {
			return err
		}
	}
	order := newTurns(b.random, entries)
	for range rounds {
		for _, e := range order.next() {
			result, err := e.run(protocol.Run{Messages: e.messages})
			if err != nil {
				return err
			}
			b.measured.Add(s.name, e.name, perSecond, float64(result.Received)/time.Duration(result.Nanoseconds).Seconds())
		}
	}
	return nil
}

// warmUp finds how many messages a round takes, and has code and memory warm.
func (b *bench) warmUp(p *process, messages *int, publishers int, atLeast time.Duration) error {
	*messages = max(b.plan.least, publishers)
	for spent := time.Duration(0); spent < atLeast; {
		result, err := p.run(protocol.Run{Messages: *messages})
		if err != nil {
			return err
		}
		elapsed := time.Duration(result.Nanoseconds)
		spent += elapsed
		if b.plan.round == 0 {
			continue
		}
		// At most 20 times as many as were measured: the first messages are slow, or lucky.
		next := float64(*messages) * min(20, b.plan.round.Seconds()/elapsed.Seconds())
		*messages = max(b.plan.least, int(next))
	}
	return nil
}

// channels are what streams go over.
func (b *bench) channels() map[string]string {
	return map[string]string{"ipc": "aeron:ipc", "udp": udp(b.ports[0])}
}

func caseName(media string, length int, exclusive bool, publishers int) string {
	kind := "exclusive"
	if !exclusive {
		kind = "concurrent"
	}
	return fmt.Sprintf("%s-%d-%s-%d", media, length, kind, publishers)
}

// throughputRatios are named after what they compare.
func throughputRatios(m *report.Measured, into map[string]float64) {
	for _, r := range []struct{ name, in, contestant, against string }{
		{"ipc32_batch_vs_c", caseName("ipc", 32, true, 1), batched, inC},
		{"ipc32_offer_vs_c", caseName("ipc", 32, true, 1), ours, inC},
		{"ipc32_conc4_vs_c", caseName("ipc", 32, false, 4), ours, inC},
		{"ipc1344_offer_vs_c", caseName("ipc", 1344, true, 1), ours, inC},
		{"ipc16k_offer_vs_c", caseName("ipc", 16384, true, 1), ours, inC},
		{"udp32_vs_c", caseName("udp", 32, true, 1), ours, inC},
		{"udp1344_vs_c", caseName("udp", 1344, true, 1), ours, inC},
		{"ipc32_offer_vs_aerongo", caseName("ipc", 32, true, 1), ours, aeronGo},
		{"ipc32_batch_vs_aerongo", caseName("ipc", 32, true, 1), batched, aeronGo},
		{"ipc32_offer_vs_java", caseName("ipc", 32, true, 1), ours, java},
	} {
		if value, ok := m.Ratio(r.in, r.contestant, r.against); ok {
			into[r.name] = value
		}
	}
}
