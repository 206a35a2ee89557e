package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// write prints the report, for a person or for a program.
func (r demoReport) write(std streams, o demoOptions, name string) error {
	if o.asJSON {
		return printJSON(std.out, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, from this process to another one\n\n", name)
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "channel\tsize\ttime\trate\tmessages/s\tsha256\t")
	for _, run := range r.Runs {
		took := time.Duration(run.Seconds * float64(time.Second))
		verdict := "✗ differs"
		switch {
		case run.Verified:
			verdict = "✓ " + run.SHA256Sent[:12]
		case run.Error != "":
			verdict = "✗ " + run.Error
		}
		fmt.Fprintf(t, "%s\t%s\t%v\t%s/s\t%d\t%s\t\n", run.Channel, byteCount(run.Bytes), took.Round(100*time.Microsecond),
			byteCount(perSecond(run.Bytes, took)), perSecond(run.Messages, took), verdict)
	}
	fmt.Fprintln(t, "\t\t\t\t\t\t")
	fmt.Fprintln(t, "round trip\tp50\tp90\tp99\tp99.9\tmax\t")
	for _, name := range []string{"ipc", "udp"} {
		rtt := r.RTT[name]
		fmt.Fprintf(t, "aeron:%s", name)
		for _, ns := range []int64{rtt.P50, rtt.P90, rtt.P99, rtt.P999, rtt.Max} {
			fmt.Fprintf(t, "\t%.1f µs", float64(ns)/float64(time.Microsecond))
		}
		fmt.Fprintln(t, "\t")
	}
	if err := t.Flush(); err != nil {
		return err
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	_, err := fmt.Fprintln(std.out, strings.Join(lines, "\n"))
	return err
}
