package mediadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// PrepareOptions says how PrepareForDriver goes about it.
type PrepareOptions struct {
	// DriverTimeout is how old the heartbeat of a living driver may be. 0 or less means
	// DefaultDriverTimeout.
	DriverTimeout time.Duration
	// DeleteOnStart is the driver's option of that name, which asks for a directory
	// without remains. That is what a driver gets in any case; the option changes nothing
	// about what is refused: a living driver's directory stays, and so does what is not
	// Aeron's.
	DeleteOnStart bool
}

// PrepareForDriver makes a directory fit for a C driver to start in. After it the
// directory is missing or empty, and its parent exists and can be written to:
//
//	Missing    the parent is made if need be, with mode 0700
//	Empty      nothing to do
//	Dead       removed, as RemoveDead does
//	Corrupt    removed under RemoveDead's conditions, otherwise ErrNotReady, ErrHeld or
//	           cncfile.ErrVersion
//	Active     ErrActive, which names the process id and the age of the heartbeat; if that
//	           process is not here, a *KilledError, which says when the directory is free
//	Starting   ErrActive
//	Foreign    ErrForeign, which names the first thing that is not Aeron's
//
// Together with the errors of Inspect these are all its errors, each an *Error. Nothing
// keeps two processes from preparing the same directory at the same time; the C driver
// of the one that comes second reports that the directory is in use.
func PrepareForDriver(dir string, opts PrepareOptions) error {
	const op = "prepare"
	r, err := inspect(op, dir, opts.DriverTimeout)
	if err != nil {
		return err
	}
	switch r.State {
	case Missing, Empty:
		return prepareParent(op, dir)
	case Active, Starting:
		return &Error{Op: op, Dir: dir, Detail: r.Detail, Err: r.active()}
	case Foreign:
		return &Error{Op: op, Dir: dir, Detail: r.Detail, Err: ErrForeign}
	case Dead, Corrupt:
		// First the parent: whoever cannot finish should not begin.
		if err := prepareParent(op, dir); err != nil {
			return err
		}
		return remove(op, dir, opts.DriverTimeout)
	}
	return &Error{Op: op, Dir: dir, Detail: r.State.String(), Err: errors.New("unknown state")}
}

// prepareParent makes sure that the directory's parent exists and that the driver can
// make the directory in it.
func prepareParent(op, dir string) error {
	path, err := filepath.Abs(dir)
	if err != nil {
		return &Error{Op: op, Dir: dir, Err: err}
	}
	parent := filepath.Dir(path)
	err = os.MkdirAll(parent, 0o700)
	if err == nil {
		err = checkWritable(parent)
	}
	if err != nil {
		return &Error{Op: op, Dir: dir, Detail: fmt.Sprintf("its parent %q", shorten(parent)), Err: remedied(bare(err))}
	}
	return nil
}

// remedied says what to do where this process may not write.
func remedied(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: give uid %d the right to write there, or use another directory", err, effectiveUID())
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: mount it for writing, or use another directory", err)
	}
	return err
}

// RemoveDead removes a directory that a driver has left behind, with everything in it:
// one that Inspect finds Dead, or Corrupt and beyond doubt (see the package's
// description). It looks at everything first, and deletes nothing unless all of it is
// Aeron's. It follows no symbolic link, works on the directory it has examined even if
// its name means another one meanwhile, and checks that the driver is not alive
// immediately before it deletes. cnc.dat goes last, so that what an interruption leaves
// is still recognised.
//
// A missing directory is no error; an empty one is left as it is. Other states are the
// errors ErrActive (also for Starting), ErrForeign, ErrNotReady (Corrupt, but modified
// less than driverTimeout ago), ErrHeld and cncfile.ErrVersion. driverTimeout of 0 or
// less means DefaultDriverTimeout.
func RemoveDead(dir string, driverTimeout time.Duration) error {
	return remove("remove", dir, driverTimeout)
}

func remove(op, dir string, driverTimeout time.Duration) error {
	if driverTimeout <= 0 {
		driverTimeout = DefaultDriverTimeout
	}
	if !supported {
		return &Error{Op: op, Dir: dir, Err: ErrUnsupported}
	}
	err := removeTree(op, dir, driverTimeout)
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, cncfile.ErrNotFound) {
		return nil // somebody else was faster
	}
	return err
}

// removable returns nil if r describes what may be deleted.
func removable(op string, r Report, driverTimeout time.Duration) error {
	refuse := func(err error) error { return &Error{Op: op, Dir: r.Dir, Detail: r.Detail, Err: err} }
	switch r.State {
	case Missing, Empty, Dead:
		return nil
	case Active, Starting:
		return refuse(r.active())
	case Foreign:
		return refuse(ErrForeign)
	case Corrupt:
		if errors.Is(r.Err, cncfile.ErrVersion) {
			return refuse(fmt.Errorf("a driver of that version may be alive; if not, remove the directory, or use another: %w", r.Err))
		}
		if r.unchanged <= driverTimeout {
			return refuse(fmt.Errorf("%w in %v: %w", ErrNotReady, (driverTimeout - r.unchanged).Round(time.Millisecond), r.Err))
		}
		return nil
	}
	return refuse(errors.New("unknown state"))
}
