package protocol

import (
	"encoding/binary"
	"os"
	"time"
)

// Pinger keeps the times of round trips. A ping carries its number and when it was meant to start: a time that is late because
// earlier ones took long counts in full (no coordinated omission).
type Pinger struct {
	_        Apart // the ponger writes next to it
	run      Run
	begin    time.Time
	sent     int
	intended int64
	samples  []int64
	wrong    int64
	_        Apart
}

// NewPinger begins now.
func NewPinger(run Run) *Pinger {
	return &Pinger{run: run, begin: time.Now(), samples: make([]int64, 0, run.Messages)}
}

func (p *Pinger) now() int64 { return time.Since(p.begin).Nanoseconds() }

// Done reports whether every ping has come back.
func (p *Pinger) Done() bool { return len(p.samples) >= p.run.Messages }

// Next reports whether a ping is due, and writes it into message.
func (p *Pinger) Next(message []byte) bool {
	if p.sent == p.run.Messages {
		return false
	}
	if p.run.Interval == 0 {
		if p.sent > len(p.samples) {
			return false
		}
		p.intended = p.now()
	} else {
		p.intended = int64(p.sent+1) * p.run.Interval
		if p.now() < p.intended {
			return false
		}
	}
	binary.LittleEndian.PutUint64(message, uint64(p.sent))
	binary.LittleEndian.PutUint64(message[8:], uint64(p.intended))
	return true
}

// Sent says that the ping of Next is on its way. One that is not comes from Next again.
func (p *Pinger) Sent() { p.sent++ }

// Pong takes a ping that has come back.
func (p *Pinger) Pong(message []byte) {
	if len(message) < 16 {
		p.PongOf(-1, p.now())
		return
	}
	p.PongOf(int64(binary.LittleEndian.Uint64(message)), int64(binary.LittleEndian.Uint64(message[8:])))
}

// PongOf is Pong for who cannot give the message as bytes: its number, and when it was meant to start.
func (p *Pinger) PongOf(number, intended int64) {
	if number != int64(len(p.samples)) {
		p.wrong++
	}
	p.samples = append(p.samples, p.now()-intended)
}

// Finish writes the times.
func (p *Pinger) Finish() (Result, error) {
	result := Result{Nanoseconds: p.now(), Received: int64(len(p.samples)), Wrong: p.wrong}
	data := make([]byte, 0, 8*len(p.samples))
	for _, s := range p.samples {
		data = binary.LittleEndian.AppendUint64(data, uint64(s))
	}
	return result, os.WriteFile(p.run.File, data, 0o600)
}
