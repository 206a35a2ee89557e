package aeron

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/aeroncgo/aeron/internal/callstack"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

// IsLoaded reports whether this process has a driver of cfg open, running or not. It has no side effects. For a Config with
// UniqueDirectory that is not resolved it is always false.
func IsLoaded(cfg Config) bool {
	cfg, err := cfg.Resolve()
	if err != nil {
		return false
	}
	defer lockRegistry()()
	e := registry.entries[cfg.Directory]
	return e != nil && e.users > 0 && e.key == cfg.key()
}

// AllClosed reports whether every driver that this process had open is closed. It has no side effects.
func AllClosed() bool {
	defer lockRegistry()()
	return len(registry.entries) == 0
}

// IsRunning reports whether a driver is active in the directory of cfg, this process's or another's: whether it has written its
// heartbeat within DriverTimeout, or 3 s if that is less. A driver that was killed counts for that long, one that has closed does not, and nor does one that is
// still starting. Nothing is changed, and nothing is waited for.
//
// An error says that it cannot be told: the Config is invalid, the directory may not be read or belongs to somebody else, or its
// driver is of an incompatible version.
func IsRunning(cfg Config) (bool, error) {
	report, err := inspect("look for a running driver", cfg)
	return report.State == mediadir.Active, err
}

func inspect(op string, cfg Config) (mediadir.Report, error) {
	cfg, err := cfg.Resolve()
	if err != nil {
		return mediadir.Report{}, err
	}
	report, err := mediadir.Inspect(cfg.Directory, cfg.silence())
	if err == nil && report.State == mediadir.Corrupt && errors.Is(report.Err, cncfile.ErrVersion) {
		err = report.Err
	}
	return report, directoryError(op, cfg.Directory, err)
}

// leastSilence is for how long a driver must have been silent before it is taken for dead, whatever DriverTimeout says: a living one
// beats once a second, and can be late.
const leastSilence = 3 * time.Second

func (c Config) silence() time.Duration { return max(c.DriverTimeout, leastSilence) }

// directoryError makes what package mediadir says an Error, which names the directory once; nil stays nil.
func directoryError(op, dir string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op, Dir: dir, Err: err}
	if cause := (*mediadir.Error)(nil); errors.As(err, &cause) {
		e.Detail, e.Err = cause.Detail, cause.Err
	}
	switch {
	case errors.Is(err, mediadir.ErrActive):
		e.Err = errors.Join(ErrDriverActive, e.Err)
	case errors.Is(err, mediadir.ErrForeign), errors.Is(err, mediadir.ErrForeignOwner), errors.Is(err, mediadir.ErrSymlink), errors.Is(err, mediadir.ErrHeld):
		e.Err = errors.Join(ErrDirectoryRefused, e.Err)
	}
	return e
}

// The pauses between two looks at a directory.
const (
	firstStateLook = 5 * time.Millisecond
	lastStateLook  = 200 * time.Millisecond
)

// EnsureStopped waits until no driver is active in the directory of cfg, this process's or another's, and none is starting there: then it
// returns true, at once if that is so already. It stops nothing itself. When ctx ends first, it returns false and an error
// that matches ctx's and says who is still there; the other errors are IsRunning's.
func EnsureStopped(ctx context.Context, cfg Config) (bool, error) {
	const op = "ensure that the driver is stopped"
	cfg, err := cfg.Resolve() // once, whatever there is to choose
	if err != nil {
		return false, err
	}
	for pause := firstStateLook; ; pause = min(2*pause, lastStateLook) {
		report, err := inspect(op, cfg)
		if err != nil {
			return false, err
		}
		if report.State != mediadir.Active && report.State != mediadir.Starting {
			return true, nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, &Error{Op: op, Dir: cfg.Directory, Detail: report.Detail, Err: waited{context.Cause(ctx), ErrDriverActive}}
		}
	}
}

// Registry is the drivers that this process has open; see WithLock.
type Registry struct{}

// IsLoaded is the function of that name.
func (Registry) IsLoaded(cfg Config) bool { return IsLoaded(cfg) }

// AllClosed is the function of that name.
func (Registry) AllClosed() bool { return AllClosed() }

// Len is how many drivers there are, counting those that are closing.
func (Registry) Len() int {
	defer lockRegistry()()
	return len(registry.entries)
}

// WithLock runs f while no driver of this process is opened or closed for good, so that f's questions get answers that belong together.
// Others that open, close or ask wait meanwhile, so f should be short. In f itself Open and DeleteDirectory are an ErrBusy, and Close returns at
// once and is carried out when f has returned. A goroutine that f starts and waits for would wait for f with all that takes the same lock:
// Open, Close, CloseIfSingle, Use, NewIfClosed, DeleteDirectory, Users, IsLoaded, AllClosed, CheckLeaks, a Registry's methods and WithLock.
// Nor may f wait for a Close of others, or Start what another handle's Close is about to leave.
func WithLock(f func(Registry)) {
	if f == nil {
		return
	}
	unlock := lockRegistry()
	defer unlock()
	insideView(f)
}

// insideView is the frame by which a call is known to come from f: WithLock's own is on the stack before it has the lock.
func insideView(f func(Registry)) {
	views.Add(1)
	defer views.Add(-1)
	f(Registry{})
}

// views is how many WithLocks are running, one in another included.
var views atomic.Int32

// lockRegistry locks the registry, unless the caller does already, in WithLock.
func lockRegistry() (unlock func()) {
	if inView() {
		return func() {}
	}
	registry.Lock()
	return registry.Unlock
}

// inView reports whether the calling goroutine is inside WithLock's function. It walks the stack only while somebody is.
func inView() bool { return views.Load() > 0 && callstack.Has("aeron.insideView") }
