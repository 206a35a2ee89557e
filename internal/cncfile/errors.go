package cncfile

import (
	"errors"
	"fmt"
	"io/fs"
)

// What can be wrong with a file. All errors of this package but those of the operating
// system match exactly one of these with errors.Is, except that a file shorter than its
// header says is both ErrCorrupt and ErrTooShort.
var (
	// ErrNotFound says that there is no such file or directory. It also matches
	// fs.ErrNotExist.
	ErrNotFound = fmt.Errorf("no cnc.dat: no media driver has started here, or the directory is not the driver's: %w",
		fs.ErrNotExist)
	// ErrTooShort says that the file is not as long as its contents need. A driver that
	// is starting leaves a file of length 0 for a moment.
	ErrTooShort = errors.New("cnc.dat is too short")
	// ErrCorrupt says that the header cannot be true.
	ErrCorrupt = errors.New("cnc.dat is damaged")
	// ErrVersion says that the file has another format. The error is a *VersionError.
	ErrVersion = errors.New("cnc.dat has an incompatible version")
	// ErrNotReady says that the driver has not finished starting, or never did.
	ErrNotReady = errors.New("cnc.dat is not ready: its driver is starting, or failed to")
	// ErrNotRegular says that cnc.dat is not a regular file. It is neither opened nor
	// followed then.
	ErrNotRegular = errors.New("cnc.dat is not a regular file")
)

// VersionError says which format a file has and which one is supported. It matches
// ErrVersion.
type VersionError struct {
	File      Version
	Supported Version
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%v: file %v, supported %d.x.x", ErrVersion, e.File, e.Supported.Major())
}

// Is reports whether target is ErrVersion.
func (e *VersionError) Is(target error) bool { return target == ErrVersion }

// Error is what the functions of this package return: the operation, the file and the
// cause, which errors.Is and errors.As reach.
type Error struct {
	Op   string // open, read heartbeat, read, close
	Path string
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("cncfile: %s %s: %v", e.Op, e.Path, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
