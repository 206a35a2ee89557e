package mediadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// Inspect tells what a directory is. It changes nothing, creates nothing, follows no
// symbolic link at or below dir, and does not wait. driverTimeout is how old the
// heartbeat of a living driver may be; 0 or less means DefaultDriverTimeout.
//
// What it finds may change the moment after; RemoveDead and PrepareForDriver look again.
//
// The error is an *Error: for a path that no driver can use (ErrInvalidPath,
// ErrPathTooLong, ErrNotDirectory, ErrSymlink), for what belongs to somebody else
// (ErrForeignOwner), and for what cannot be read (fs.ErrPermission and others). Damaged
// contents are not an error but a State.
func Inspect(dir string, driverTimeout time.Duration) (Report, error) {
	return inspect("inspect", dir, driverTimeout)
}

func inspect(op, dir string, driverTimeout time.Duration) (Report, error) {
	fail := func(detail string, err error) (Report, error) {
		return Report{}, &Error{Op: op, Dir: dir, Detail: detail, Err: err}
	}
	if !supported {
		return fail("", ErrUnsupported)
	}
	if driverTimeout <= 0 {
		driverTimeout = DefaultDriverTimeout
	}
	path, err := cleanPath(dir)
	if err != nil {
		return fail("", err)
	}
	r := Report{Dir: dir}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.State, r.Detail = Missing, "there is no such directory"
		return r, nil
	case err != nil:
		return fail("", bare(err))
	}
	if detail, err := checkDirectory(info); err != nil {
		return fail(detail, err)
	}
	if err := r.examine(path, driverTimeout); err != nil {
		return fail(r.Detail, err)
	}
	return r, nil
}

// cleanPath refuses the paths that C would misunderstand, and returns the path in a form
// in which os.Lstat looks at the directory itself: behind "link/" or "link/." it would
// see the target.
func cleanPath(dir string) (string, error) {
	switch {
	case dir == "":
		return "", fmt.Errorf("%w: it is empty", ErrInvalidPath)
	case strings.IndexByte(dir, 0) >= 0:
		return "", fmt.Errorf("%w: it contains a NUL character", ErrInvalidPath)
	case len(dir) > MaxPathLength:
		return "", fmt.Errorf("%w: %d bytes, C can use %d", ErrPathTooLong, len(dir), MaxPathLength)
	}
	return filepath.Clean(dir), nil
}

// checkDirectory says what is wrong with the directory itself, if anything.
func checkDirectory(info fs.FileInfo) (detail string, err error) {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return "", ErrSymlink
	case !info.IsDir():
		return "its type is " + info.Mode().Type().String(), ErrNotDirectory
	}
	return checkOwner("the directory", info)
}

// checkOwner refuses what belongs neither to this process's effective user nor to root.
func checkOwner(what string, info fs.FileInfo) (detail string, err error) {
	uid, ok := owner(info)
	if euid := effectiveUID(); ok && uid != euid && uid != 0 {
		return fmt.Sprintf("%s belongs to uid %d, this process runs as uid %d", what, uid, euid), ErrForeignOwner
	}
	return "", nil
}

// examine fills in r for a directory that exists.
func (r *Report) examine(path string, driverTimeout time.Duration) error {
	cnc := filepath.Join(path, cncfile.FileName)
	info, err := os.Lstat(cnc)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return bare(err)
	}
	if err == nil {
		if r.Detail, err = checkOwner(cncfile.FileName, info); err != nil {
			return err
		}
	}
	alive, err := r.readCnC(path, driverTimeout)
	if err != nil || alive {
		return err
	}
	tree, err := scanPath(path)
	if err != nil {
		return err
	}
	r.judge(tree, driverTimeout)
	return nil
}

// readCnC looks at cnc.dat. It reports whether that settles the state; otherwise r.Err
// says what was wrong with the file, and the other entries decide.
func (r *Report) readCnC(path string, driverTimeout time.Duration) (settled bool, err error) {
	f, err := cncfile.Open(path)
	if err != nil {
		return false, r.noteUnreadable(path, err)
	}
	defer func() { _ = f.Close() }() // only read from
	h := f.Header()
	heartbeat, raw, err := f.Heartbeat()
	if err != nil {
		return false, r.noteUnreadable(path, err)
	}
	r.PID, r.Version, r.Heartbeat = h.PID, h.Version, heartbeat
	r.ProcessGone = processGone(h.PID)
	if heartbeat.IsZero() {
		r.Detail = fmt.Sprintf("the driver (pid %d) has closed", h.PID)
		if raw != cncfile.NullValue {
			r.Detail = fmt.Sprintf("the driver (pid %d) has left no heartbeat: %d", h.PID, raw)
		}
		return false, nil
	}
	r.HeartbeatAge = time.Since(heartbeat).Round(time.Millisecond)
	gone := ""
	if r.ProcessGone {
		gone = ", no such process here"
	}
	// The way C compares: a heartbeat in the future counts as alive.
	if r.HeartbeatAge <= driverTimeout {
		r.State, r.freeIn = Active, driverTimeout-r.HeartbeatAge
		r.Detail = fmt.Sprintf("driver pid %d%s, heartbeat %v ago", h.PID, gone, r.HeartbeatAge)
		if r.HeartbeatAge < 0 {
			r.Detail = fmt.Sprintf("driver pid %d%s, heartbeat %v in the future: a clock is wrong",
				h.PID, gone, -r.HeartbeatAge)
		}
		return true, nil
	}
	r.Detail = fmt.Sprintf("driver pid %d%s, last heartbeat %v ago, more than the driver timeout of %v",
		h.PID, gone, r.HeartbeatAge, driverTimeout)
	return false, nil
}

// active is the error for a directory in which a driver lives, or seems to.
func (r *Report) active() error {
	if r.State == Active && r.ProcessGone && r.HeartbeatAge >= 0 {
		return &KilledError{PID: r.PID, Heartbeat: r.Heartbeat, FreeIn: r.freeIn}
	}
	return ErrActive
}

// noteUnreadable keeps the reason why cnc.dat was not believed, or returns it if it is
// the operating system's and not the file's.
func (r *Report) noteUnreadable(path string, err error) error {
	switch {
	case errors.Is(err, cncfile.ErrNotReady):
		// What the driver has written so far; its pid helps people.
		if h, _ := cncfile.ReadHeader(path); h.PID > 0 {
			r.PID, r.ProcessGone = h.PID, processGone(h.PID)
		}
	case errors.Is(err, cncfile.ErrVersion):
		var v *cncfile.VersionError
		if errors.As(err, &v) {
			r.Version = v.File
		}
	case errors.Is(err, cncfile.ErrNotFound), errors.Is(err, cncfile.ErrNotRegular),
		errors.Is(err, cncfile.ErrTooShort), errors.Is(err, cncfile.ErrCorrupt):
	default:
		return bare(err)
	}
	r.Err = err
	return nil
}

// judge decides by the directory's entries, after cnc.dat has shown no living driver.
func (r *Report) judge(t tree, driverTimeout time.Duration) {
	r.unchanged = time.Since(t.lastModified(r.Err))
	fresh := r.unchanged <= driverTimeout
	switch {
	case t.empty():
		r.State, r.Err, r.Detail = Empty, nil, "the directory is empty"
	case fresh && errors.Is(r.Err, cncfile.ErrNotReady):
		r.State = Starting
		r.Detail = fmt.Sprintf("a driver (pid %d) began to start %v ago and is not ready", r.PID, r.since())
	case t.foreign != "":
		r.State = Foreign
		r.Detail = fmt.Sprintf("it holds %q", t.foreign)
	case errors.Is(r.Err, cncfile.ErrNotFound):
		r.State, r.Detail = Dead, fmt.Sprintf("a driver's files without %s, unchanged for %v", cncfile.FileName, r.since())
		if fresh {
			r.State, r.Detail = Starting, fmt.Sprintf("a driver may be starting: its directories were made %v ago, there is no %s",
				r.since(), cncfile.FileName)
		}
	case errors.Is(r.Err, cncfile.ErrNotReady):
		r.State = Dead
		r.Detail = fmt.Sprintf("a driver (pid %d) began to start %v ago and never became ready", r.PID, r.since())
	case fresh && t.cncLength == 0:
		// A driver makes the file and then gives it its length.
		r.State, r.Detail = Starting, fmt.Sprintf("a driver may be starting: %s was made %v ago and is empty",
			cncfile.FileName, r.since())
	case r.Err != nil:
		r.State = Corrupt
		r.Detail = fmt.Sprintf("%s is not usable and has not changed for %v", cncfile.FileName, r.since())
	default:
		r.State = Dead
	}
}

func (r *Report) since() time.Duration { return r.unchanged.Round(time.Millisecond) }

// bare takes the path out of an error of the operating system: Error names it already.
func bare(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
