package nativelib

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// command is one run of another program.
type command struct {
	dir  string    // working directory; "" is the caller's
	env  []string  // whole environment; nil is the caller's
	tee  io.Writer // also gets everything the program prints; may be nil
	hold *os.File  // what the program and its children keep open as long as they run; may be nil
	tail int       // lines of the program's output that an error keeps; 0 keeps 12
}

// run runs a program to its end and returns its standard output. The error carries the last lines that it printed.
func (c command) run(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	var stdout, all bytes.Buffer
	both := &lockedWriter{to: &all}
	if c.tee != nil {
		both.to = io.MultiWriter(&all, c.tee)
	}
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&stdout, both), both
	if c.hold != nil {
		cmd.ExtraFiles = []*os.File{c.hold}
	}
	ownGroup(cmd)
	// A grandchild that keeps the pipe open must not keep us.
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	if err == nil {
		return stdout.String(), nil
	}
	if ctx.Err() != nil {
		return stdout.String(), fmt.Errorf("%s was interrupted: %w", name, context.Cause(ctx))
	}
	keep := c.tail
	if keep == 0 {
		keep = 12
	}
	if text := lastLines(all.String(), keep); text != "" {
		return stdout.String(), fmt.Errorf("%s: %w\n%s", name, err, text)
	}
	return stdout.String(), fmt.Errorf("%s: %w", name, err)
}

// lockedWriter takes what a program's two outputs bring, each from a goroutine of its own.
type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *lockedWriter) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(text)
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}

// environWithout is the process's environment less the variables named.
func environWithout(names ...string) []string {
	var env []string
next:
	for _, entry := range os.Environ() {
		for _, name := range names {
			if strings.HasPrefix(entry, name+"=") {
				continue next
			}
		}
		env = append(env, entry)
	}
	return env
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}
