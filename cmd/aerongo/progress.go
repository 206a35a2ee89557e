package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// progress is a line on a terminal that tells how far a transfer is. On anything but a terminal it is silent.
type progress struct {
	out      io.Writer
	total    int64 // bytes, 0 when nobody knows
	messages int64
	bytes    int64
	begun    time.Time
	drawn    time.Time
	stopped  bool
}

func newProgress(stderr io.Writer, total int64) *progress {
	now := time.Now()
	return &progress{out: stderr, total: total, begun: now, drawn: now, stopped: !isTerminal(stderr)}
}

// How often the line is drawn, and how often the clock is looked at.
const (
	drawEvery  = 100 * time.Millisecond
	clockEvery = 64
)

func (p *progress) add(messages, bytes int) {
	p.messages += int64(messages)
	p.bytes += int64(bytes)
	if p.stopped || p.messages%clockEvery != 0 {
		return
	}
	if now := time.Now(); now.Sub(p.drawn) >= drawEvery {
		p.drawn = now
		p.draw(now)
	}
}

const barWidth = 30

func (p *progress) draw(now time.Time) {
	line := fmt.Sprintf("%s  %d messages  %s/s", byteCount(p.bytes), p.messages, byteCount(perSecond(p.bytes, now.Sub(p.begun))))
	if p.total > 0 {
		part := min(float64(p.bytes)/float64(p.total), 1)
		done := int(part * barWidth)
		line = fmt.Sprintf("%3.0f%% [%s%s]  %s", part*100, strings.Repeat("=", done), strings.Repeat(" ", barWidth-done), line)
	}
	fmt.Fprintf(p.out, "\r\x1b[K%s", line)
}

// stop draws for the last time and leaves the line.
func (p *progress) stop() {
	if p.stopped {
		return
	}
	p.stopped = true
	p.draw(time.Now())
	fmt.Fprintln(p.out)
}

// clear takes the line away.
func (p *progress) clear() {
	if p.stopped {
		return
	}
	p.stopped = true
	fmt.Fprint(p.out, "\r\x1b[K")
}

func perSecond(n int64, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64(float64(n) / d.Seconds())
}

// byteCount is a number of bytes as people read it.
func byteCount(n int64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/step, 0
	for units := "KMGTPE"; value >= step && unit < len(units)-1; unit++ {
		value /= step
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTPE"[unit])
}
