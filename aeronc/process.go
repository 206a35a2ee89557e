package aeronc

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

// What C has besides its objects: versions, clocks, directories, and what it prints. Of a driver's CnC file, its counters, errors and losses
// package stats tells more than C's functions do, and survives files that are damaged, which they do not.

// VersionFull is the version of Aeron that is linked, with the revision that it was built from.
//
// C: aeron_version_full
func VersionFull() string { return cgo.VersionFull() }

// NanoClock is C's monotonic clock: the time since some moment that stays the same while the machine runs.
//
// C: aeron_nano_clock
func NanoClock() time.Duration { return time.Duration(cgo.NanoClock()) }

// EpochClock is C's wall clock, to the millisecond.
//
// C: aeron_epoch_clock
func EpochClock() time.Time { return time.UnixMilli(cgo.EpochClock()) }

// DefaultDir is the directory that C's and Java's drivers and clients use when they are told none, such as /dev/shm/aeron-<user>. AERON_DIR has
// no influence. Config of package aeron has another default, which others cannot write to.
//
// C: aeron_default_path
func DefaultDir() (string, error) {
	dir, err := cgo.DefaultPath()
	if err != nil {
		return "", fromC("default directory", err)
	}
	return dir, nil
}

// IsDriverActive reports whether a driver in dir has shown life within timeout, C's default of 10 s if that is 0. It reads, and no more, and
// a file that is damaged or no driver's is an error, where C's own function would read beyond it.
//
// C: aeron_is_driver_active
func IsDriverActive(dir string, timeout time.Duration) (bool, error) {
	if timeout <= 0 {
		timeout = mediadir.DefaultDriverTimeout
	}
	report, err := mediadir.Inspect(dir, timeout)
	if err != nil {
		return false, dirError("is driver active", dir, err)
	}
	if report.State != mediadir.Active {
		return false, nil
	}
	active, err := cgo.IsDriverActive(dir, timeout.Milliseconds())
	if err != nil {
		return false, fromC("is driver active", err)
	}
	return active, nil
}

// DeleteDirectory removes what a driver that is dead has left in dir, and dir. A driver that lives, or was silent for less than timeout, C's
// default of 10 s if that is 0, is ErrDriverActive; a directory with anything but a driver's files in it is ErrDirectoryRefused; then
// nothing is removed. A directory that is not there is fine. C's own function removes whatever it is given.
//
// C: aeron_delete_directory
func DeleteDirectory(dir string, timeout time.Duration) error {
	if timeout <= 0 {
		timeout = mediadir.DefaultDriverTimeout
	}
	if err := mediadir.RemoveDead(dir, timeout); err != nil {
		return dirError("delete directory", dir, err)
	}
	return nil
}

// printer takes what C prints. Its queue is C's for ever: a thread of a driver may be about to print.
var printer struct {
	sync.Mutex
	pump *pump
	hear atomic.Pointer[func(toStderr bool, text string)]
}

// SetPrinter makes f hear of what C prints in this process, warnings of drivers for most, instead of standard output and error; nil gives it back
// to those. f runs on a goroutine of its own, one call at a time, and may panic; what it cannot keep up with is lost.
//
// C: aeron_set_fprintf_handler, aeron_get_fprintf_handler, aeron_fprintf
func SetPrinter(f func(toStderr bool, text string)) error {
	printer.Lock()
	defer printer.Unlock()
	if f == nil {
		cgo.ResetPrinter()
		printer.hear.Store(nil)
		return nil
	}
	if printer.pump == nil {
		p, err := newPump("printer")
		if err != nil {
			return fromC("set printer", err)
		}
		p.run(func(e cgo.Event) {
			if hear := printer.hear.Load(); hear != nil && e.Kind == cgo.EventPrinted {
				defer func() { _ = recover() }()
				(*hear)(e.Code != 0, e.Text)
			}
		})
		printer.pump = p
	}
	printer.hear.Store(&f)
	cgo.SetPrinter(printer.pump.queue)
	return nil
}

// HasPrinter reports whether SetPrinter is in effect.
//
// C: aeron_get_fprintf_handler
func HasPrinter() bool { return cgo.HasPrinter() }
