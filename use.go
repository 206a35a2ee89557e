package aeron

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/aeroncgo/aeron/internal/mediadir"
)

// String is "Aeron Driver [id]", with the Config's DriverID in hexadecimal.
func (d *Driver) String() string {
	if d == nil || d.entry == nil {
		return ""
	}
	return d.entry.name
}

// Closed reports whether Close was called on this handle. Other handles of the same driver have nothing to do with that.
func (d *Driver) Closed() bool {
	if d == nil || d.entry == nil {
		return true
	}
	return d.isClosing()
}

// Users is how many handles of this driver this process has open, this one included.
func (d *Driver) Users() int {
	if d == nil || d.entry == nil {
		return 0
	}
	defer lockRegistry()()
	return d.entry.users
}

// IsInUse reports whether anybody uses the driver but for having this one handle: another handle in this process, a publication,
// subscription or counter of this process that is open, this handle's own included, or a client of another process that is alive. When the
// driver must be restarted, other processes are not asked for. A handle that is closed may ask too: then every other one counts.
//
// The error says that the driver's file cannot be read, and only what this process knows was asked.
func (d *Driver) IsInUse() (bool, error) {
	if d == nil || d.entry == nil {
		return false, ErrClosed
	}
	who, err := d.inUse()
	return who != "", err
}

// inUse says by whom the driver is used, or "".
func (d *Driver) inUse() (string, error) {
	if others := d.entry.otherHandles(d); others > 0 {
		return fmt.Sprintf("%d other handles in this process", others), nil
	}
	if open := d.entry.openChildren(); open > 0 {
		return fmt.Sprintf("%d publications, subscriptions and counters in this process", open), nil
	}
	client, err := d.entry.connected("ask for users")
	if err != nil || client.Err() != nil || d.MustRestart() {
		return "", nil //nolint:nilerr // what does not run has no users
	}
	others, err := d.entry.otherClients(client.ID())
	if err != nil {
		return "", &Error{Op: "ask for users", Dir: d.Dir(), Err: err}
	}
	if others > 0 {
		return fmt.Sprintf("%d clients of other processes", others), nil
	}
	return "", nil
}

// otherHandles is how many handles there are but d, which is none itself once it is closed.
func (e *entry) otherHandles(d *Driver) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	others := len(e.handles)
	if _, counts := e.handles[d]; counts {
		others--
	}
	return others
}

// openChildren is how many publications, subscriptions and counters are open, through whatever handle.
func (e *entry) openChildren() (open int) {
	e.eachChild(func(c closer) {
		if !c.IsClosed() {
			open++
		}
	})
	return open
}

// open are the handles that are not closed.
func (e *entry) open() []*Driver {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Keys(e.handles))
}

// eachChild calls f with everything that was added and not closed, through whatever handle.
func (e *entry) eachChild(f func(closer)) {
	for _, d := range e.open() {
		d.mu.Lock()
		children := slices.Collect(maps.Keys(d.children))
		d.mu.Unlock()
		for _, c := range children {
			f(c)
		}
	}
}

// forgetClosed lets go of what was closed with its client, through whatever handle: nobody needs it to be closed again.
func (e *entry) forgetClosed() {
	for _, d := range e.open() {
		d.mu.Lock()
		maps.DeleteFunc(d.children, func(c closer, _ struct{}) bool { return c.IsClosed() })
		d.mu.Unlock()
	}
}

// CloseIfSingle closes the handle unless somebody else uses the driver, as IsInUse has it: then it stays open, and the error is an ErrInUse
// that says who. When the driver must be restarted, it closes the handle in any case, as Close does. For a handle that is closed, or closing,
// it is Close.
func (d *Driver) CloseIfSingle() error {
	if d == nil || d.entry == nil {
		return ErrClosed
	}
	if d.isClosing() {
		return d.Close()
	}
	if !d.MustRestart() {
		who, err := d.inUse()
		if err != nil {
			return err
		}
		if who != "" {
			d.entry.log(slog.LevelDebug, "in use", "by", who)
			return &Error{Op: "close driver if single", Dir: d.Dir(), Detail: who, Err: ErrInUse}
		}
	}
	return d.Close()
}

// Use runs f with the handle and closes it, whatever f does: its error, and Close's, are returned; a panic passes through.
func (d *Driver) Use(f func(*Driver) error) (err error) {
	if d == nil || d.entry == nil {
		return ErrClosed
	}
	if f == nil {
		return errors.Join(invalidFunction("use driver"), d.Close())
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return f(d)
}

func invalidFunction(op string) error {
	return &Error{Op: op, Detail: "the function is nil", Err: ErrInvalidArgument}
}

// NewIfClosed is this handle, or, if it was closed, a new one of the same driver, in the same directory. It is not started.
func (d *Driver) NewIfClosed() (*Driver, error) {
	if d == nil || d.entry == nil {
		return nil, ErrClosed
	}
	if !d.Closed() {
		return d, nil
	}
	return Open(d.Config())
}

// DeleteDirectory removes the driver's directory, with KeepDirectory or what a crash has left, and everything in it, when that is sure to
// be right: the directory holds nothing but a driver's files, and its driver has closed, or has been silent for DriverTimeout. It may be
// called after Close. A directory that does not exist is no error.
//
// Errors: ErrDriverActive when a driver lives or is starting there, here or in another process; ErrDirectoryRefused when there is
// anything that is not Aeron's; ErrConfigConflict when this process has opened the directory with another Config.
func (d *Driver) DeleteDirectory() error {
	if d == nil || d.entry == nil {
		return ErrClosed
	}
	const op = "delete directory"
	e, err := acquire(d.entry.cfg) // nobody here starts a driver there meanwhile
	if err != nil {
		return err
	}
	remove := func() error {
		e.turn <- struct{}{}
		defer func() { <-e.turn }()
		if e.client != nil || e.driver != nil {
			return &Error{Op: op, Dir: d.Dir(), Detail: "the driver runs in this process: close it first", Err: ErrDriverActive}
		}
		if e.before != nil {
			<-e.before.gone
		}
		return directoryError(op, d.Dir(), mediadir.RemoveDead(d.Dir(), d.entry.cfg.silence()))
	}
	err = remove()
	if err != nil {
		e.log(slog.LevelError, "the directory was not deleted", "err", err)
	}
	return errors.Join(err, e.release())
}

// DriverTimeout is for how long a silent driver counts as alive.
func (d *Driver) DriverTimeout() time.Duration {
	if d == nil || d.entry == nil {
		return 0
	}
	return d.entry.cfg.DriverTimeout
}

// LingerTimeout is how long the log of a publication outlives its Close: what the embedded driver really does, and otherwise what the
// Config says or Aeron's default.
func (d *Driver) LingerTimeout() time.Duration {
	if d == nil || d.entry == nil {
		return 0
	}
	if c := d.entry.effective().driver; c != nil {
		if linger := c.PublicationLingerTimeout(); linger > 0 {
			return linger
		}
	}
	return orDefault(d.entry.cfg.LingerTimeout, defaultLinger)
}

// PublicationConnectionTimeout is how long a publication stays connected to silent subscribers; see LingerTimeout for where it is from.
func (d *Driver) PublicationConnectionTimeout() time.Duration {
	if d == nil || d.entry == nil {
		return 0
	}
	if c := d.entry.effective().driver; c != nil {
		if timeout := c.PublicationConnectionTimeout(); timeout > 0 {
			return timeout
		}
	}
	return orDefault(d.entry.cfg.PublicationConnectionTimeout, defaultConnectionTimeout)
}

// publicationClosed notes when, for DelayLinger.
func (e *entry) publicationClosed() {
	e.mu.Lock()
	e.lastClose = time.Now()
	e.mu.Unlock()
}

// DelayLinger waits until the longer of DriverTimeout and LingerTimeout has passed since a publication was closed here last, so that
// whatever it left is gone. If that is so already, or none was closed, it returns at once. The error is ctx's.
func (d *Driver) DelayLinger(ctx context.Context) error {
	if d == nil || d.entry == nil {
		return ErrClosed
	}
	var left time.Duration
	return d.entry.await(ctx, func() error {
		d.entry.mu.Lock()
		last := d.entry.lastClose
		d.entry.mu.Unlock()
		left = time.Until(last.Add(max(d.DriverTimeout(), d.LingerTimeout())))
		if last.IsZero() || left <= 0 {
			return nil
		}
		return errLingering
	}, func(error) error {
		return &Error{Op: "delay linger", Dir: d.Dir(), Detail: left.Round(time.Millisecond).String() + " are left", Err: context.Cause(ctx)}
	})
}

// errLingering is why DelayLinger goes on.
var errLingering = errors.New("aeron: a publication was closed a short time ago")

// TerminationRequested delivers a value when another process has asked the embedded driver to end and AllowTermination says that it
// may: close the handles then. One of those who wait gets it. Before Start, after Close and for a driver that is not embedded it is nil,
// which blocks.
func (d *Driver) TerminationRequested() <-chan struct{} {
	if d == nil || d.entry == nil {
		return nil
	}
	return d.entry.effective().requests
}
