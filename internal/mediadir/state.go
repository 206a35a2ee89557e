package mediadir

import (
	"fmt"
	"time"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// DefaultDriverTimeout is Aeron's default for how old the heartbeat of a living driver
// may be. The functions of this package use it where a timeout of 0 or less is given.
const DefaultDriverTimeout = 10 * time.Second

// MaxPathLength is the length of the longest directory name that is accepted, in bytes.
// C keeps paths in 4,096 bytes; what is left is for the longest name it appends,
// "/publications/-9223372036854775808.logbuffer", and the final NUL.
const MaxPathLength = 4096 - 64

// State is what a directory is.
type State int

// The states that Inspect tells apart.
const (
	// Missing: there is no such directory.
	Missing State = iota
	// Empty: the directory holds nothing.
	Empty
	// Starting: a driver is, or was within the driver timeout, setting the directory up.
	Starting
	// Active: a driver's heartbeat is at most the driver timeout old. Whatever else the
	// directory holds is not looked at.
	Active
	// Dead: everything in the directory is Aeron's, and its driver has closed or has been
	// silent for longer than the driver timeout, or never finished starting.
	Dead
	// Corrupt: everything in the directory is Aeron's, but cnc.dat is damaged or of an
	// incompatible version; Report.Err says what is wrong with it.
	Corrupt
	// Foreign: no driver lives there, and the directory holds something that is not
	// Aeron's; Report.Detail names the first such thing.
	Foreign
)

// String returns the state's name in lower case.
func (s State) String() string {
	switch s {
	case Missing:
		return "missing"
	case Empty:
		return "empty"
	case Starting:
		return "starting"
	case Active:
		return "active"
	case Dead:
		return "dead"
	case Corrupt:
		return "corrupt"
	case Foreign:
		return "foreign"
	}
	return fmt.Sprintf("State(%d)", int(s))
}

// Report is what Inspect found. Only Dir, State and Detail are always set.
type Report struct {
	// Dir is the directory, as the caller named it.
	Dir string
	// State is what it is.
	State State
	// PID is the process id that the driver wrote, in its own pid namespace; 0 if it is
	// not known.
	PID int64
	// ProcessGone says that no process of this machine has PID. In a container, or if the
	// driver runs in one, that proves nothing, so it does not change State.
	ProcessGone bool
	// Heartbeat is when the driver was last alive; zero if it has closed, or never was.
	Heartbeat time.Time
	// HeartbeatAge is how long that was ago; negative if Heartbeat is in the future.
	HeartbeatAge time.Duration
	// Version is the version of cnc.dat's format.
	Version cncfile.Version
	// Detail is a sentence for people.
	Detail string
	// Err is why cnc.dat was not believed, from package cncfile; nil if it was.
	Err error

	// freeIn is when a driver that is Active, and gives no more sign of life, counts as dead.
	freeIn time.Duration
	// unchanged is for how long what decided about the state has not been modified, where
	// there is no heartbeat.
	unchanged time.Duration
}
