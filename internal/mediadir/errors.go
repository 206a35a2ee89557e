package mediadir

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Why a directory is refused. Every error of this package is an *Error that wraps one
// of these, an error of package cncfile, or what the operating system said.
var (
	// ErrInvalidPath says that the path is empty or contains a NUL character, at which
	// C would cut it off.
	ErrInvalidPath = errors.New("not a usable directory name")
	// ErrPathTooLong says that the path is longer than MaxPathLength bytes. C cuts longer
	// ones off silently, and would then use another directory.
	ErrPathTooLong = errors.New("directory name too long")
	// ErrNotDirectory says that the path names something else than a directory.
	ErrNotDirectory = errors.New("not a directory")
	// ErrSymlink says that the directory itself is a symbolic link. C would replace the
	// link, and whoever can change it chooses the directory. Links further up are fine.
	ErrSymlink = errors.New("the directory is a symbolic link; name the directory it points to")
	// ErrForeignOwner says that the directory, or its cnc.dat, belongs to another user
	// than this process's effective one or root.
	ErrForeignOwner = errors.New("owned by another user")
	// ErrActive says that a driver lives in the directory or is starting in it.
	ErrActive = errors.New("a media driver is active in this directory; stop it, or use another directory")
	// ErrForeign says that the directory holds something that is not Aeron's.
	ErrForeign = errors.New("the directory holds something that is not a media driver's; " +
		"nothing was deleted; use another directory, or empty this one")
	// ErrNotReady says that it cannot be told yet whether a driver lives in the directory.
	// Try again after the driver timeout.
	ErrNotReady = errors.New("cannot tell yet whether a media driver is starting in this directory; try again")
	// ErrHeld says that cnc.dat is damaged but a process still has it open.
	ErrHeld = errors.New("cnc.dat is damaged, but a process still has it open; end that process, or use another directory")
	// ErrReplaced says that the directory became another one while it was looked at.
	ErrReplaced = errors.New("the directory was replaced while it was being examined; nothing was deleted; try again")
	// ErrInsecureParent says that a directory in which others would be kept out cannot
	// keep them out.
	ErrInsecureParent = errors.New("the directory for drivers is not safe to use; set the driver's directory explicitly")
	// ErrUnsupported says that this package does not work on this operating system.
	ErrUnsupported = errors.New("media driver directories are supported on Linux and macOS only")
)

// Error is what the functions of this package return.
type Error struct {
	Op     string // what was tried: inspect, prepare, remove, secure, …
	Dir    string // the directory, as the caller named it
	Detail string // what was found there, with numbers; may be empty
	Err    error  // why that is a problem; errors.Is and errors.As reach it
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "mediadir: %s %q: ", e.Op, shorten(e.Dir))
	if e.Detail != "" {
		b.WriteString(e.Detail)
		b.WriteString(": ")
	}
	fmt.Fprint(&b, e.Err)
	return b.String()
}

// KilledError is the ErrActive of a driver whose heartbeat is young and whose process is
// not here: it was killed, or it lives in another pid namespace. In the first case its
// directory is free when the heartbeat is old enough; in the second the heartbeat goes on.
type KilledError struct {
	PID       int64
	Heartbeat time.Time     // the last one
	FreeIn    time.Duration // until it is too old for a driver that lives
}

func (e *KilledError) Error() string {
	const step = 100 * time.Millisecond
	return fmt.Sprintf("if it was killed, the directory is free %v from now, at the end of the driver timeout (DriverTimeout); "+
		"if it lives in another container, stop it; or use another directory", e.FreeIn.Truncate(step)+step)
}

// Is makes it an ErrActive.
func (e *KilledError) Is(target error) bool { return target == ErrActive }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// shorten keeps a message readable when the path is what is wrong.
func shorten(path string) string {
	const limit = 256
	if len(path) <= limit {
		return path
	}
	return strings.ToValidUTF8(path[:limit], "") + "…"
}
