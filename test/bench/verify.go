package main

import (
	"fmt"
	"os"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

// verifyTerm is short, so that terms are used up often.
const verifyTerm = 1 << 20

// verify sends so many messages through this module, one by one and in batches, and looks at every byte of each on the other side.
func (b *bench) verify(messages int) error {
	dir, err := os.MkdirTemp("", "aeron-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	build := builder{b.ctx, dir}
	if err := build.goCommands("ours"); err != nil {
		return err
	}
	program := build.path("ours")
	commands := map[string]command{
		ours:    func(dir string) []string { return []string{program, dir, "offer"} },
		batched: func(dir string) []string { return []string{program, dir, "batch"} },
	}
	return b.withDriver(aeron.Config{}, commands, func(string) error {
		for _, name := range []string{ours, batched} {
			if err := b.verifyOf(b.processes[name], messages); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) verifyOf(p *process, messages int) error {
	b.streams++
	t := protocol.Throughput{
		Channel: fmt.Sprintf("aeron:ipc?term-length=%d", verifyTerm), Stream: b.streams, Length: 32, Publishers: 1, Exclusive: true, Checked: true,
	}
	if err := p.open(t); err != nil {
		return err
	}
	const part = 10_000_000 // of a run, so that each answer comes within the patience for one
	var position, nanoseconds int64
	for left := messages; left > 0; left -= part {
		result, err := p.run(protocol.Run{Messages: min(left, part)})
		if err != nil {
			return err
		}
		position, nanoseconds = result.Position, nanoseconds+result.Nanoseconds
	}
	fmt.Printf("%s: %d messages of %d bytes in %v arrived once each, in order, every byte as it was sent, across %d terms\n",
		p.name, messages, t.Length, time.Duration(nanoseconds).Round(time.Millisecond), position/verifyTerm)
	return p.close()
}
