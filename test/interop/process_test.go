package interop

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/test/interop/peer"
)

// process is a peer, in a process of its own or not, that takes commands; see package peer. Safe for concurrent use.
type process struct {
	name    string
	in      io.WriteCloser
	ended   chan struct{} // closed when it answers no more
	failure error         // why it ended; read after ended
	mu      sync.Mutex
	last    int
	waiting map[string]chan string
}

// launch starts a peer that is a program.
func launch(name string, command ...string) (*process, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the peer %s: %w", name, err)
	}
	return newProcess(name, in, out, cmd.Wait), nil
}

// newProcess is a peer that reads what is written to in and writes its answers to out; wait says how it ended.
func newProcess(name string, in io.WriteCloser, out io.Reader, wait func() error) *process {
	p := &process{name: name, in: in, ended: make(chan struct{}), waiting: map[string]chan string{}}
	go func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			tag, answer, _ := strings.Cut(lines.Text(), " ")
			p.mu.Lock()
			if c, ok := p.waiting[tag]; ok {
				delete(p.waiting, tag)
				c <- answer
			}
			p.mu.Unlock()
		}
		p.failure = wait()
		close(p.ended)
	}()
	return p
}

// stop ends it and says how it ended.
func (p *process) stop() error {
	if err := p.in.Close(); err != nil {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(peer.Patience):
		return fmt.Errorf("the peer %s does not end", p.name)
	}
	if p.failure != nil {
		return fmt.Errorf("the peer %s ended badly: %w", p.name, p.failure)
	}
	return nil
}

// start gives a command, and the answer when called.
func (p *process) start(verb string, args ...any) func() (map[string]string, error) {
	answer := make(chan string, 1)
	p.mu.Lock()
	p.last++
	tag := fmt.Sprint(p.last)
	p.waiting[tag] = answer
	line := strings.TrimSuffix(tag+" "+verb+" "+fmt.Sprintln(args...), "\n")
	_, err := fmt.Fprintln(p.in, line)
	p.mu.Unlock()
	return func() (map[string]string, error) {
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", p.name, line, err)
		}
		var text string
		select {
		case text = <-answer:
		case <-p.ended:
			return nil, fmt.Errorf("%s has ended, when asked to %s: %w", p.name, line, p.failure)
		case <-time.After(2 * peer.Patience): // the peer itself is patient for half of that
			return nil, fmt.Errorf("%s does not answer to %s", p.name, line)
		}
		status, rest, _ := strings.Cut(text, " ")
		if status != "ok" {
			return nil, fmt.Errorf("%s: %s: %s", p.name, line, rest)
		}
		values := map[string]string{"": rest}
		for word := range strings.FieldsSeq(rest) {
			key, value, _ := strings.Cut(word, "=")
			values[key] = value
		}
		return values, nil
	}
}

// do gives a command and waits until it has been carried out.
func (p *process) do(t *testing.T, verb string, args ...any) map[string]string {
	t.Helper()
	values, err := p.start(verb, args...)()
	require.NoError(t, err)
	return values
}
