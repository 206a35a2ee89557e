package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aeroncgo/aeron/test/bench/protocol"
)

// Contestants, by the names that rows have.
const (
	inC     = "c"
	ours    = "aeron"       // this module, a call per message
	batched = "aeron-batch" // this module, many messages a call
	naive   = "naive-cgo"   // C's functions through cgo and nothing of this module's, a call per message and a callback per fragment
	aeronGo = "aeron-go"
	java    = "java"
	// wide is ours with a thread of Go's for each goroutine, where there are more goroutines than cores.
	wide = "aeron-gomaxprocs-5"
)

// inOrder are all contestants, as tables have them.
var inOrder = []string{inC, ours, batched, wide, unguarded, naive, aeronGo, java}

// patience is how long a contestant may take for a command.
const patience = 60 * time.Second

// process is a contestant that runs.
type process struct {
	ctx     context.Context // its end is the contestant's
	name    string
	command *exec.Cmd
	in      io.WriteCloser
	answers chan string // closed at the end of its output
}

// start runs a contestant until end, or until ctx ends, which kills it; see package protocol.
func start(ctx context.Context, name string, argv []string) (*process, error) {
	p := &process{ctx: ctx, name: name, command: exec.CommandContext(ctx, argv[0], argv[1:]...), answers: make(chan string)}
	p.command.Stderr = os.Stderr
	p.command.WaitDelay = time.Second // for what its children hold of its output
	var err error
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		defer close(p.answers)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.answers <- lines.Text()
		}
	}()
	return p, nil
}

// ask gives a command and waits for the answer.
func (p *process) ask(command fmt.Stringer) (string, error) {
	if _, err := fmt.Fprintln(p.in, command); err != nil {
		return "", fmt.Errorf("%s: %s: %w", p.name, command, err)
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case answer, ok := <-p.answers:
		if !ok {
			return "", fmt.Errorf("%s: %s: it has ended", p.name, command)
		}
		if reason, failed := strings.CutPrefix(answer, "error "); failed {
			return "", fmt.Errorf("%s: %s: %s", p.name, command, reason)
		}
		return answer, nil
	case <-p.ctx.Done():
		return "", fmt.Errorf("%s: %s: %w", p.name, command, context.Cause(p.ctx))
	case <-timeout.C:
		return "", fmt.Errorf("%s: %s: no answer in %v", p.name, command, patience)
	}
}

type word string

func (w word) String() string { return string(w) }

func (p *process) open(what fmt.Stringer) error {
	_, err := p.ask(what)
	return err
}

func (p *process) close() error {
	_, err := p.ask(word("close"))
	return err
}

// run is one measurement. Every message must have arrived as it was sent.
func (p *process) run(run protocol.Run) (protocol.Result, error) {
	answer, err := p.ask(run)
	if err != nil {
		return protocol.Result{}, err
	}
	result, err := protocol.ParseResult(answer)
	if err != nil {
		return protocol.Result{}, fmt.Errorf("%s: %s: %w", p.name, run, err)
	}
	if result.Received != int64(run.Messages) || result.Wrong != 0 || result.Nanoseconds <= 0 {
		return protocol.Result{}, fmt.Errorf("%s: %s: %d messages arrived, %d of them were wrong, in %d ns", p.name, run, result.Received, result.Wrong, result.Nanoseconds)
	}
	return result, nil
}

// end lets the contestant end, and sees to it that it does.
func (p *process) end() error {
	err := p.in.Close()
	kill := time.AfterFunc(patience, func() { _ = p.command.Process.Kill() })
	defer kill.Stop()
	go func() {
		for range p.answers {
			// What it still says does not matter.
		}
	}()
	if waited := p.command.Wait(); waited != nil && p.ctx.Err() == nil {
		err = errors.Join(err, fmt.Errorf("%s: %w", p.name, waited))
	}
	return err
}
