package stats

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// What can be wrong, for errors.Is. Errors of the operating system are wrapped too, so that
// fs.ErrPermission, for one, matches.
var (
	// ErrNotFound says that there is no cnc.dat, hence no driver's directory. It also matches
	// fs.ErrNotExist.
	ErrNotFound = cncfile.ErrNotFound
	// ErrNotReady says that the driver has not finished starting: try again, or, if that lasts,
	// its start has failed.
	ErrNotReady = cncfile.ErrNotReady
	// ErrVersion says that cnc.dat has a format that this package does not know. The error is a
	// [*VersionError].
	ErrVersion = cncfile.ErrVersion
	// ErrNotRegular says that a file is a link, a directory, a device or the like. It is not read.
	ErrNotRegular = cncfile.ErrNotRegular
	// ErrTooShort says that a file ends before what its header or its records describe. The file
	// of a driver that is just starting may be that for a moment.
	ErrTooShort = cncfile.ErrTooShort
	// ErrCorrupt says that a file holds what no driver writes.
	ErrCorrupt = cncfile.ErrCorrupt
	// ErrLimit says that a file holds more than this package reads: see [MaxCounters],
	// [MaxEntries] and [MaxTextLength].
	ErrLimit = errors.New("more than is read")
	// ErrUnsettled says that a counter was replaced by another during each of several readings,
	// and is left out. [Snapshot.Refresh] reads again.
	ErrUnsettled = errors.New("a counter kept changing while it was read")
	// ErrClosed says that the snapshot, or the [Events], has been closed. It also matches fs.ErrClosed.
	ErrClosed = fmt.Errorf("it has been closed here: open another one: %w", fs.ErrClosed)
)

// Version is a version of three numbers. Its methods are Major, Minor, Patch and String, which
// gives "1.54.0"; the zero Version stands for an unknown one.
type Version = cncfile.Version

// VersionError says which format a file has and which one is supported. It matches [ErrVersion].
type VersionError = cncfile.VersionError

// Error is what this package returns: what was done, with which file, and the cause, which
// errors.Is and errors.As reach.
type Error struct {
	Op   string // open, refresh, read heartbeat of, read counters of, read errors of, read loss of
	Path string // the file or, for refresh, the directory
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("stats: %s %s: %v", e.Op, e.Path, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// problem is an error of a kind that says itself what it is about: the sentinels for cnc.dat
// name that file, and there is another one.
type problem struct {
	kind error
	text string
}

func (p *problem) Error() string { return p.text }

func (p *problem) Is(target error) bool { return target == p.kind }

func problemf(kind error, format string, args ...any) error {
	return &problem{kind: kind, text: fmt.Sprintf(format, args...)}
}

// translate makes an error about cnc.dat this package's.
func translate(op, path string, err error) error {
	var inner *cncfile.Error
	if errors.As(err, &inner) {
		path, err = inner.Path, inner.Err
	}
	return &Error{Op: op, Path: path, Err: err}
}

// bare takes the path out of an error of the operating system: ours names it already.
func bare(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
