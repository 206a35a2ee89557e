package aeronc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

var errNotExist = errors.Join(errors.New("there is no such directory: start a media driver there first"), fs.ErrNotExist)

// Driver is a media driver that runs in this process.
type Driver struct {
	raw      cgo.Driver
	context  *DriverContext
	rawCtx   *cgo.DriverContext
	dir      string
	timeout  time.Duration
	remove   bool
	manual   bool
	work     sync.Mutex // one duty cycle at a time
	pump     *pump
	life     lifecycle
	requests chan struct{}
}

// StartDriver makes and starts a driver. It owns the context from here on; after an error the context is still the caller's.
//
// The directory is checked first: what a dead driver left is removed, anything else in it is refused with ErrDriverActive or
// ErrDirectoryRefused and stays as it is. The directory's mode becomes 0700. The driver's threads inherit the CPU affinity and
// signal mask of the calling thread: do not call it from a goroutine locked to a pinned thread.
//
// C: aeron_driver_init, aeron_driver_start
func StartDriver(c *DriverContext) (*Driver, error) {
	const op = "start driver"
	if c == nil {
		return nil, &Error{Op: op, Detail: "the context is nil", Err: ErrInvalidArgument}
	}
	raw, err := c.take(op)
	if err != nil {
		return nil, err
	}
	d := &Driver{
		context:  c,
		rawCtx:   raw,
		dir:      cgo.DriverContextDir(raw),
		timeout:  durationOf(cgo.DriverContextDriverTimeout(raw), time.Millisecond),
		remove:   c.deleteOnShutdown,
		manual:   ThreadingMode(cgo.DriverContextThreadingMode(raw)) == ThreadingInvoker,
		requests: make(chan struct{}, 1),
	}
	d.life.open()
	if !occupy(d.dir) {
		c.give()
		return nil, &Error{Op: op, Dir: d.dir, Detail: fmt.Sprintf("this process (pid %d) runs one there, or is starting or closing it", os.Getpid()), Err: ErrDriverActive}
	}
	if err := d.start(); err != nil {
		vacate(d.dir)
		c.give()
		return nil, err
	}
	live.drivers.Add(1)
	return d, nil
}

func (d *Driver) start() error {
	const op = "start driver"
	err := mediadir.PrepareForDriver(d.dir, mediadir.PrepareOptions{
		DriverTimeout: max(d.timeout, leastSilence), DeleteOnStart: d.context.deleteOnStart,
	})
	if err != nil {
		return dirError(op, d.dir, err)
	}
	fail := func(err error) error {
		e := fromC(op, err)
		e.Dir = d.dir
		return e
	}
	for _, off := range []func(*cgo.DriverContext, bool) error{cgo.DriverContextSetDirDeleteOnStart, cgo.DriverContextSetDirDeleteOnShutdown} {
		if err := off(d.rawCtx, false); err != nil {
			return fail(err)
		}
	}
	if d.pump, err = newPump("driver"); err != nil {
		return fail(err)
	}
	listener := d.pump.listener(d)
	keep := false // the pump: the driver's threads may call on it
	defer func() {
		if !keep {
			d.pump.stop()
		}
	}()
	undo := func() error {
		if err := cgo.DriverClose(d.raw); err != nil {
			keep = true
			return fromC(op, err)
		}
		return d.clean()
	}
	if err := cgo.DriverContextSetTerminationHook(d.rawCtx, listener); err != nil {
		return fail(err)
	}
	if !d.context.unguarded {
		if err := cgo.DriverContextGuardFrames(d.rawCtx); err != nil {
			return fail(err)
		}
	}
	if err := cgo.DriverContextApplyAffinity(d.rawCtx); err != nil {
		return fail(err)
	}
	if d.manual && cgo.DriverContextAppliesAffinity(d.rawCtx) {
		return &Error{Op: op, Dir: d.dir, Detail: "CPU affinity is for threads of the driver, and ThreadingInvoker has none: unset it", Err: ErrInvalidArgument}
	}
	if cgo.DriverContextNameResolver(d.rawCtx) == "driver" && (cgo.DriverContextResolverName(d.rawCtx) == "" || cgo.DriverContextResolverInterface(d.rawCtx) == "") {
		// C would read a null pointer.
		return &Error{Op: op, Dir: d.dir, Detail: "the name resolver driver needs a resolver name and a resolver interface: set both", Err: ErrInvalidArgument}
	}
	if d.raw, err = cgo.DriverInit(d.rawCtx, d.context.fromEnv); err != nil {
		return errors.Join(fail(err), d.clean())
	}
	if err := mediadir.Secure(d.dir); err != nil {
		return errors.Join(dirError(op, d.dir, err), undo())
	}
	if err := cgo.DriverStart(d.raw, d.manual, d.context.fromEnv); err != nil {
		return errors.Join(fail(err), undo())
	}
	keep = true
	d.pump.run(d.onEvent)
	return nil
}

// leastSilence is for how long a driver must have been silent before its directory is given up: a living one beats once a second,
// whatever this one's driver timeout is.
const leastSilence = 3 * time.Second

// occupied holds the directories that this process has a driver in.
var occupied sync.Map

func occupy(dir string) bool {
	_, taken := occupied.LoadOrStore(absolute(dir), struct{}{})
	return !taken
}

func vacate(dir string) { occupied.Delete(absolute(dir)) }

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// clean removes what a start that failed has left, so that the next one need not wait. It was this process's, and is not alive.
func (d *Driver) clean() error {
	header, err := cncfile.ReadHeader(d.dir)
	if err == nil || errors.Is(err, cncfile.ErrNotReady) && header.PID != int64(os.Getpid()) {
		return nil // another process's
	}
	return d.removeDirectory(time.Nanosecond)
}

// removeDirectory removes the directory if what is in it has been silent for so long. A driver that closes leaves word of it, and
// counts as silent at once.
func (d *Driver) removeDirectory(silence time.Duration) error {
	err := mediadir.RemoveDead(d.dir, silence)
	switch {
	case errors.Is(err, mediadir.ErrActive), errors.Is(err, mediadir.ErrNotReady), errors.Is(err, os.ErrNotExist):
		return nil // somebody else's by now, or gone
	case err != nil:
		return dirError("remove directory", d.dir, err)
	}
	return nil
}

func (d *Driver) onEvent(e cgo.Event) {
	if e.Kind == cgo.EventTerminationRequested {
		select {
		case d.requests <- struct{}{}:
		default:
		}
	}
}

// Dir is the driver's directory.
func (d *Driver) Dir() string {
	if d == nil {
		return ""
	}
	return d.dir
}

// TerminationRequested receives when another process has asked the driver to end and the validator has allowed it. The driver
// goes on until it is closed.
//
// C: aeron_driver_context_set_driver_termination_hook
func (d *Driver) TerminationRequested() <-chan struct{} {
	if d == nil {
		return nil
	}
	return d.requests
}

// DoWork runs one duty cycle of a driver in ThreadingInvoker mode and reports how much work it did. One goroutine at a time; others
// wait.
//
// C: aeron_driver_main_do_work
func (d *Driver) DoWork() (int, error) {
	if d == nil {
		return 0, ErrClosed
	}
	d.work.Lock()
	defer d.work.Unlock()
	if d.life.closing == nil || d.life.closed.Load() {
		return 0, ErrClosed
	}
	if !d.manual {
		return 0, &Error{Op: "driver duty cycle", Detail: "the driver has threads of its own: DoWork is for ThreadingInvoker", Err: ErrInvalidArgument}
	}
	n, err := cgo.DriverMainDoWork(d.raw)
	if err != nil {
		return 0, fromC("driver duty cycle", err)
	}
	return n, nil
}

// RejectedFrames is how many datagrams the frame guard has dropped, 0 once the driver is closed. The driver's counters have the
// same number, of type [stats.TypeRejectedFrames]. Any goroutine.
//
// [stats.TypeRejectedFrames]: https://pkg.go.dev/github.com/aeroncgo/aeron/stats#TypeRejectedFrames
func (d *Driver) RejectedFrames() int64 {
	if d == nil || d.life.closing == nil {
		return 0
	}
	d.work.Lock()
	defer d.work.Unlock()
	if d.life.closed.Load() {
		return 0
	}
	return cgo.DriverContextRejectedFrames(d.rawCtx)
}

// Done is closed when the driver has closed.
func (d *Driver) Done() <-chan struct{} {
	if d == nil {
		return nil
	}
	return d.life.done
}

// Close stops the driver's threads, unmaps its files and, if asked for, removes its directory. Clients that are still connected
// get CodeDriverTimeout. Any goroutine; a second call returns nil.
//
// C: aeron_driver_close, aeron_driver_context_close
func (d *Driver) Close() error {
	if d == nil {
		return nil
	}
	return d.life.close("close driver", d.teardown)
}

func (d *Driver) teardown() error {
	d.work.Lock()
	defer d.work.Unlock()
	var errs []error
	if err := cgo.DriverClose(d.raw); err != nil {
		// Its threads may still run, so nothing that they use may be freed.
		return fromC("close driver", err)
	}
	if raw := d.context.release(true); raw != nil {
		errs = append(errs, closeDriverContext(raw))
	}
	d.pump.stop()
	if d.remove {
		errs = append(errs, d.removeDirectory(max(d.timeout, leastSilence)))
	}
	vacate(d.dir)
	live.drivers.Add(-1)
	return errors.Join(errs...)
}
