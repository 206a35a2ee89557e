package aeronc

import (
	"errors"
	"fmt"
	"time"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

// dirError makes what the directory checks say an Error of this package, with the sentinel that callers ask for and the cause
// below it.
func dirError(op, dir string, err error) error {
	var cause *mediadir.Error
	e := &Error{Op: op, Dir: dir, Err: err}
	if errors.As(err, &cause) {
		e.Detail, err = printable(cause.Detail), cause.Err
	}
	switch {
	case errors.Is(err, mediadir.ErrActive):
		e.Err = both{ErrDriverActive, err}
	case errors.Is(err, mediadir.ErrForeign), errors.Is(err, mediadir.ErrSymlink), errors.Is(err, mediadir.ErrForeignOwner),
		errors.Is(err, mediadir.ErrInsecureParent), errors.Is(err, mediadir.ErrHeld), errors.Is(err, mediadir.ErrReplaced):
		e.Err = both{ErrDirectoryRefused, err}
	case errors.Is(err, mediadir.ErrInvalidPath), errors.Is(err, mediadir.ErrPathTooLong), errors.Is(err, mediadir.ErrNotDirectory):
		e.Err = both{ErrInvalidArgument, err}
	case errors.Is(err, mediadir.ErrNotReady):
		e.Err = both{ErrTimeout, err}
	default:
		e.Err = err
	}
	return e
}

// both is a cause with the sentinel that it stands under; its text is the cause's.
type both struct{ sentinel, cause error }

func (b both) Error() string   { return b.cause.Error() }
func (b both) Unwrap() []error { return []error{b.sentinel, b.cause} }

// checkActive is nil if a driver lives in dir that C can be let connect to: C waits for one in silence, and hangs or faults on a
// cnc.dat that is shorter than it says.
func checkActive(op, dir string, driverTimeout time.Duration) error {
	report, err := mediadir.Inspect(dir, driverTimeout)
	if err != nil {
		return dirError(op, dir, err)
	}
	if report.State == mediadir.Active {
		// C looks at the major version only, and sends an old driver commands that it does not have.
		if v := report.Version; !v.ServesClients() {
			return &Error{
				Op: op, Dir: dir, Detail: fmt.Sprintf("the driver is too old for this client, which needs version %v of its files: update the driver", cncfile.SupportedVersion),
				Err: &cncfile.VersionError{File: v, Supported: cncfile.SupportedVersion},
			}
		}
		return nil
	}
	e := &Error{Op: op, Dir: dir, Detail: printable(report.Detail), Err: ErrNoDriver}
	if report.Err != nil {
		e.Err = both{ErrNoDriver, report.Err}
	}
	if report.State == mediadir.Missing {
		e.Err = both{ErrNoDriver, errNotExist}
	}
	return e
}
