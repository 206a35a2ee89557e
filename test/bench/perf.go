package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// sampled is how often in a second of processor time perf looks where it is spent.
const sampled = 5000

// recorder is perf, which samples the whole machine by the processor time that is taken. That needs no counters of the processor, which
// virtual machines often lack; and told of one process only, perf missed most of the threads that it starts later.
type recorder struct {
	command *exec.Cmd
	control io.WriteCloser
	answers *bufio.Reader
	said    bytes.Buffer
}

// record starts perf, which takes no samples until it is told to "enable", and again none from "disable" on.
func record(ctx context.Context, file string) (*recorder, error) {
	controlled, control, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer controlled.Close()
	answers, answer, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, control.Close())
	}
	defer answer.Close()
	r := &recorder{control: control, answers: bufio.NewReader(answers)}
	r.command = exec.CommandContext(ctx, "perf", "record", "-a", "-e", "cpu-clock", "-F", strconv.Itoa(sampled), "-D", "-1", "--control", "fd:3,4", "-o", file)
	r.command.Stderr = &r.said
	r.command.ExtraFiles = []*os.File{controlled, answer}
	if err := r.command.Start(); err != nil {
		return nil, errors.Join(err, control.Close(), answers.Close())
	}
	return r, nil
}

// tell returns when perf has done what it was told.
func (r *recorder) tell(what string) error {
	_, err := fmt.Fprintln(r.control, what)
	if err == nil {
		_, err = r.answers.ReadString('\n')
	}
	if err != nil {
		// It has ended, and says why once it is waited for.
		return fmt.Errorf("perf record does not %s: %w: %s", what, errors.Join(err, r.command.Wait()), bytes.TrimSpace(r.said.Bytes()))
	}
	return nil
}

// end has the samples written.
func (r *recorder) end() error {
	if err := r.tell("stop"); err != nil {
		return err
	}
	if err := r.command.Wait(); err != nil {
		return fmt.Errorf("perf record: %w: %s", err, bytes.TrimSpace(r.said.Bytes()))
	}
	return r.control.Close()
}

// processorTime is what a process has taken, with its threads that have ended.
func processorTime(pid int) (time.Duration, error) {
	name := fmt.Sprintf("/proc/%d/stat", pid)
	data, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	// The command's name, in parentheses, may hold anything. Behind it come the state and ten numbers before the two that count.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond
	if len(fields) <= system {
		return 0, fmt.Errorf("%s has %d fields: %q", name, len(fields), data)
	}
	u, err := strconv.ParseInt(fields[user], 10, 64)
	s, also := strconv.ParseInt(fields[system], 10, 64)
	return time.Duration(u+s) * tick, errors.Join(err, also)
}

// covered reports an error when samples stand for much less processor time than was taken: then a profile tells of some threads only.
func covered(samples int, used time.Duration) error {
	if seen := float64(samples) / sampled; seen < 0.8*used.Seconds() {
		return fmt.Errorf("perf took %d samples, which are %.2f s of %.2f s of processor time", samples, seen, used.Seconds())
	}
	return nil
}

// function is where samples were taken: its name, and the file that it is in.
type function struct{ name, file string }

// kernel is what is not ours to look into: one function.
var kernel = function{name: "the kernel"}

// compiled reports whether a virtual machine has made the code, which is in no file then.
func (f function) compiled() bool { return strings.HasSuffix(f.file, ".map") }

// samplesOf counts the functions of a process in what perf script prints: "pid address function (file)" a line.
func samplesOf(pid int, script string) map[function]int {
	counts := map[function]int{}
	for line := range strings.Lines(script) {
		of, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if of != strconv.Itoa(pid) {
			continue
		}
		_, rest, _ = strings.Cut(strings.TrimSpace(rest), " ")
		at := strings.LastIndex(rest, " (")
		if at < 0 {
			continue
		}
		f := function{strings.TrimSpace(rest[:at]), strings.Trim(rest[at:], " ()\n")}
		if strings.HasPrefix(f.file, "[") && f.file != "[vdso]" && f.file != "[unknown]" {
			f = kernel
		}
		counts[f]++
	}
	return counts
}
