package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is this program, started again as another process. It ends when its work is done, when its standard input is closed, which also
// happens when this process dies, or when it is told to.
type child struct {
	ctx    context.Context // ends with the child, or before
	cancel context.CancelCauseFunc
	cmd    *exec.Cmd
	stdin  io.Closer
	output bytes.Buffer // valid when the child has ended
	errors tail
	done   chan struct{}
	err    error // valid when done is closed
	once   sync.Once
}

// grace is how long a child may take to end when it is told to; then it is killed.
const grace = 3 * time.Second

// errChildEnded: a child has ended before it should have.
var errChildEnded = errors.New("the other process has ended")

func startChild(ctx context.Context, executable string, args ...string) (*child, error) {
	running, cancel := context.WithCancelCause(ctx)
	c := &child{ctx: running, cancel: cancel, done: make(chan struct{})}
	c.cmd = exec.CommandContext(running, executable, args...)
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(syscall.SIGTERM) }
	c.cmd.WaitDelay = grace
	c.cmd.Stdout, c.cmd.Stderr = &c.output, &c.errors
	stdin, err := c.cmd.StdinPipe()
	if err == nil {
		c.stdin = stdin
		err = c.cmd.Start()
	}
	if err != nil {
		cancel(err)
		return nil, fmt.Errorf("start %s %s: %w", executable, args[0], err)
	}
	go func() {
		defer close(c.done)
		c.err = c.cmd.Wait()
		cancel(errChildEnded)
	}()
	return c, nil
}

// end ends the child if it has not ended by itself, and waits for that.
func (c *child) end() {
	c.once.Do(func() { c.cancel(context.Canceled) })
	<-c.done
}

// reason explains a failure by the end of the child, if that came first.
func (c *child) reason(err error) error {
	cause := context.Cause(c.ctx)
	if cause == nil {
		return err
	}
	if !errors.Is(cause, errChildEnded) {
		return cause
	}
	<-c.done
	text := strings.TrimPrefix(strings.TrimSpace(c.errors.String()), "aerongo: ")
	switch {
	case text != "":
		return fmt.Errorf("%w: %s", errChildEnded, text)
	case c.err != nil:
		return fmt.Errorf("%w: %w", errChildEnded, c.err)
	}
	return fmt.Errorf("%w: %w", errChildEnded, err)
}

// tail keeps the beginning of what a child says on standard error.
type tail struct{ buffer bytes.Buffer }

const tailLength = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	if room := tailLength - t.buffer.Len(); room > 0 {
		t.buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (t *tail) String() string { return t.buffer.String() }
