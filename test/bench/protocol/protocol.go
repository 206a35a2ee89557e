// Package protocol is what the bench and its contestants say to each other. A contestant is a process of its own, connected to the
// bench's media driver, that reads commands from standard input, one a line, and answers each with one line on standard output:
// "ok" and numbers, or "error" and a text. The contestants in C and Java speak it too.
//
//	open throughput CHANNEL STREAM LENGTH PUBLISHERS exclusive|concurrent checked|counted    → ok
//	run MESSAGES                                                                             → ok NANOSECONDS RECEIVED WRONG POSITION
//	open latency PINGCHANNEL PINGSTREAM PONGCHANNEL PONGSTREAM LENGTH                        → ok
//	run COUNT INTERVAL FILE                                                                  → ok NANOSECONDS RECEIVED WRONG 0
//	close                                                                                    → ok
//
// One stream, or pair of streams, is open at a time, and is run any number of times. The end of the input is the end of the contestant.
package protocol

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// MaxPublishers is how many publishers a stream may have.
const MaxPublishers = 16

// Throughput is a stream to measure the throughput of.
type Throughput struct {
	Channel    string
	Stream     int32
	Length     int // bytes of a message, a multiple of 8
	Publishers int // each on a thread of its own
	Exclusive  bool
	Checked    bool // receivers look at every byte
}

// String is the command that opens it.
func (t Throughput) String() string {
	return fmt.Sprintf("open throughput %s %d %d %d %s %s", t.Channel, t.Stream, t.Length, t.Publishers,
		either(t.Exclusive, "exclusive", "concurrent"), either(t.Checked, "checked", "counted"))
}

// Latency is a pair of streams to measure round trips with.
type Latency struct {
	Ping, Pong             string // channels
	PingStream, PongStream int32
	Length                 int // bytes of a message, a multiple of 8
}

// String is the command that opens it.
func (l Latency) String() string {
	return fmt.Sprintf("open latency %s %d %s %d %d", l.Ping, l.PingStream, l.Pong, l.PongStream, l.Length)
}

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// Run is one measurement: of Messages messages, or of Count round trips.
type Run struct {
	Messages int
	// Interval in nanoseconds is between the intended starts of two round trips; 0 starts one when the last has ended.
	Interval int64
	// File gets the times of the round trips, in nanoseconds, as little-endian words of 64 bits. It makes the run one of latency.
	File string
}

// String is the command.
func (r Run) String() string {
	if r.File == "" {
		return fmt.Sprintf("run %d", r.Messages)
	}
	return fmt.Sprintf("run %d %d %s", r.Messages, r.Interval, r.File)
}

// Result is the answer to a run.
type Result struct {
	Nanoseconds int64 // from the first message's departure to the last one's arrival
	Received    int64 // messages
	Wrong       int64 // of them, out of sequence, of another length or with other content
	Position    int64 // of the first publisher's stream
}

// String is the answer.
func (r Result) String() string {
	return fmt.Sprintf("ok %d %d %d %d", r.Nanoseconds, r.Received, r.Wrong, r.Position)
}

// ParseResult reads an answer to a run.
func ParseResult(answer string) (Result, error) {
	var r Result
	if err := parse(answer, "ok", &r.Nanoseconds, &r.Received, &r.Wrong, &r.Position); err != nil {
		return Result{}, fmt.Errorf("answer %q: %w", answer, err)
	}
	return r, nil
}

// parse reads the words of a line. Strings that are given, and not pointed to, must be there.
func parse(line string, want ...any) error {
	words := strings.Fields(line)
	if len(words) != len(want) {
		return fmt.Errorf("%d words instead of %d", len(words), len(want))
	}
	for i, w := range want {
		var err error
		switch w := w.(type) {
		case string:
			if words[i] != w {
				err = fmt.Errorf("%q instead of %q", words[i], w)
			}
		case *string:
			*w = words[i]
		case *int:
			*w, err = strconv.Atoi(words[i])
		case *int64:
			*w, err = strconv.ParseInt(words[i], 10, 64)
		case *int32:
			var n int64
			n, err = strconv.ParseInt(words[i], 10, 32)
			*w = int32(n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ParseThroughput reads the command that opens a stream for throughput.
func ParseThroughput(line string) (Throughput, error) {
	var t Throughput
	var kind, check string
	if err := parse(line, "open", "throughput", &t.Channel, &t.Stream, &t.Length, &t.Publishers, &kind, &check); err != nil {
		return t, fmt.Errorf("command %q: %w", line, err)
	}
	t.Exclusive, t.Checked = kind == "exclusive", check == "checked"
	if err := checkLength(t.Length); err != nil {
		return t, err
	}
	if t.Publishers < 1 || t.Publishers > MaxPublishers {
		return t, fmt.Errorf("%d publishers: from 1 to %d", t.Publishers, MaxPublishers)
	}
	return t, nil
}

// ParseLatency reads the command that opens a pair of streams for latency.
func ParseLatency(line string) (Latency, error) {
	var l Latency
	if err := parse(line, "open", "latency", &l.Ping, &l.PingStream, &l.Pong, &l.PongStream, &l.Length); err != nil {
		return l, fmt.Errorf("command %q: %w", line, err)
	}
	return l, checkLength(l.Length)
}

// ParseRun reads the command that runs what is open.
func ParseRun(line string) (Run, error) {
	var r Run
	if len(strings.Fields(line)) == 2 {
		if err := parse(line, "run", &r.Messages); err != nil {
			return r, fmt.Errorf("command %q: %w", line, err)
		}
		return r, nil
	}
	if err := parse(line, "run", &r.Messages, &r.Interval, &r.File); err != nil {
		return r, fmt.Errorf("command %q: %w", line, err)
	}
	return r, nil
}

func checkLength(length int) error {
	if length < 16 || length%8 != 0 {
		return fmt.Errorf("length %d: a multiple of 8 from 16", length)
	}
	return nil
}

// Session is what a contestant has open.
type Session interface {
	Run(Run) (Result, error)
	Close() error
}

// Contestant opens what is to be measured.
type Contestant interface {
	Throughput(Throughput) (Session, error)
	Latency(Latency) (Session, error)
}

// Serve answers commands until the input ends.
func Serve(c Contestant, in io.Reader, out io.Writer) error {
	var open Session
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		answer, err := serve(c, &open, lines.Text())
		if err != nil {
			answer = "error " + strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	if open != nil {
		return errors.Join(lines.Err(), open.Close())
	}
	return lines.Err()
}

func serve(c Contestant, open *Session, line string) (answer string, err error) {
	verb, rest, _ := strings.Cut(line, " ")
	what, _, _ := strings.Cut(rest, " ")
	if (*open == nil) != (verb == "open") {
		return "", fmt.Errorf("command %q while a stream is open: %t", line, *open != nil)
	}
	switch verb {
	case "open":
		switch what {
		case "throughput":
			t, err := ParseThroughput(line)
			if err != nil {
				return "", err
			}
			*open, err = c.Throughput(t)
			return "ok", err
		case "latency":
			l, err := ParseLatency(line)
			if err != nil {
				return "", err
			}
			*open, err = c.Latency(l)
			return "ok", err
		}
	case "run":
		run, err := ParseRun(line)
		if err != nil {
			return "", err
		}
		result, err := (*open).Run(run)
		return result.String(), err
	case "close":
		session := *open
		*open = nil
		return "ok", session.Close()
	}
	return "", fmt.Errorf("unknown command %q", line)
}
