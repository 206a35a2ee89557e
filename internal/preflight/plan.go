// Package preflight looks, before a media driver runs, for what would make it fail or limp on this machine and in this directory: it
// reads, and changes nothing.
package preflight

import (
	"fmt"
	"time"
)

// Severity says how bad a finding is.
type Severity int

// From good to bad.
const (
	// OK: looked at, and fine.
	OK Severity = iota
	// Note: worth knowing.
	Note
	// Warning: it will work, and not as well as it could, or not forever.
	Warning
	// Failure: something will fail.
	Failure
)

// String is the severity in a word.
func (s Severity) String() string {
	switch s {
	case OK:
		return "ok"
	case Note:
		return "note"
	case Warning:
		return "warning"
	case Failure:
		return "failure"
	}
	return fmt.Sprintf("Severity(%d)", int(s))
}

// Finding is the outcome of one check.
type Finding struct {
	Check    string // what was looked at, in a word or two
	Severity Severity
	Text     string // what was found, with values
	Remedy   string // what to do about it; empty if nothing
}

// Plan is what is to run. Lengths are in bytes.
type Plan struct {
	Dir           string
	Streams       int // logs of network publications and images that are to be open at a time
	IPCStreams    int // logs of IPC publications
	TermLength    int
	IPCTermLength int
	Sparse        bool // logs take space when they are used
	MTU           int
	InitialWindow int
	ReceiveBuffer int // 0 for the system's
	SendBuffer    int // likewise
	Threads       int // of the driver that are busy
	CnCLength     int64
	DriverTimeout time.Duration
}

const (
	termsPerLog    = 3
	logMetadata    = 4096
	lossReport     = 1 << 20
	filesPerStream = 2 // a socket for each way at most; logs are mapped and closed
	filesOfProcess = 64
)

// space is how much the files of a plan take.
func (p Plan) space() int64 {
	log := func(term int) int64 { return termsPerLog*int64(term) + logMetadata }
	return int64(p.Streams)*log(p.TermLength) + int64(p.IPCStreams)*log(p.IPCTermLength) + p.CnCLength + lossReport
}
