package aeron

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

// The process has at most one entry per directory: equal settings share it, other settings are an error.
var registry = struct {
	sync.Mutex
	entries map[string]*entry // by directory
}{entries: map[string]*entry{}}

// entry is what the handles of one driver share: the client and, unless it is external, the embedded driver.
type entry struct {
	cfg    Config
	key    Config
	name   string // Aeron Driver [id]
	before *entry // one that is still closing in the same directory
	users  int    // guarded by the registry

	turn   chan struct{} // holds a token: start and stop take turns, and waiting for it can be given up
	quit   chan struct{} // closed when the last handle is: nobody waits for a start any more
	driver *aeronc.Driver
	client *aeronc.Client
	gone   chan struct{} // closed when all of it is closed

	mu             sync.Mutex
	running        *aeronc.Client // client, for everybody
	contexts       contexts       // of what runs
	handles        map[*Driver]struct{}
	watch          watch
	telling        sync.Mutex // one listener at a time
	announcing     sync.Mutex // one event listener at a time, also while the events of a client that was lost are still being told
	stepping       sync.Mutex // one duty cycle of Invoker's at a time
	lastClose      time.Time  // of a publication
	listeners      map[*listener]struct{}
	eventListeners map[*eventListener]struct{}
	warnings       []Warning // of the last start
	ended          bool
}

// listener is one of OnError's.
type listener struct {
	owner *Driver
	hear  func(error)
}

// key is what must be equal for two Configs to share a driver: all but who listens.
func (c Config) key() Config {
	c.Logger = nil
	return c
}

// acquire finds or makes the entry of a resolved Config and counts one more user.
func acquire(cfg Config) (*entry, error) {
	if inView() {
		return nil, &Error{Op: "open driver", Dir: cfg.Directory, Detail: "inside WithLock, while no driver is opened", Err: ErrBusy}
	}
	registry.Lock()
	defer registry.Unlock()
	e := registry.entries[cfg.Directory]
	if e != nil && e.users > 0 {
		if e.key != cfg.key() {
			return nil, &Error{
				Op: "open driver", Dir: cfg.Directory,
				Detail: "open in this process already with another Config: use equal ones, or another directory", Err: ErrConfigConflict,
			}
		}
		e.users++
		return e, nil
	}
	e = &entry{
		cfg: cfg, key: cfg.key(), name: fmt.Sprintf("Aeron Driver [%016x]", cfg.driverID()), before: e, users: 1,
		turn: make(chan struct{}, 1), quit: make(chan struct{}), gone: make(chan struct{}),
		listeners: map[*listener]struct{}{}, eventListeners: map[*eventListener]struct{}{}, handles: map[*Driver]struct{}{},
	}
	registry.entries[cfg.Directory] = e
	return e, nil
}

// release counts one user less; the last one closes the driver.
func (e *entry) release() error {
	registry.Lock()
	e.users--
	last := e.users == 0
	registry.Unlock()
	if !last {
		return nil
	}
	close(e.quit)
	e.log(slog.LevelDebug, "closing")
	e.turn <- struct{}{}
	// Before the turn goes back: a Start that waits for it must not run what nobody would close.
	e.mu.Lock()
	e.ended = true
	e.mu.Unlock()
	err := e.stop()
	if e.before != nil {
		// Whoever opens the directory next waits for this entry only.
		<-e.before.gone
	}
	<-e.turn
	registry.Lock()
	if registry.entries[e.cfg.Directory] == e {
		delete(registry.entries, e.cfg.Directory)
	}
	registry.Unlock()
	close(e.gone)
	if err != nil {
		e.log(slog.LevelError, "closed, but not cleanly", "err", err)
	} else {
		e.log(slog.LevelDebug, "closed")
	}
	return err
}

// log tells the Config's Logger.
func (e *entry) log(level slog.Level, message string, args ...any) {
	if e.cfg.Logger == nil || !e.cfg.Logger.Enabled(context.Background(), level) {
		return
	}
	e.cfg.Logger.Log(context.Background(), level, e.name+": "+message, append(args, "dir", e.cfg.Directory)...)
}

// start makes the driver and the client run, if they do not.
func (e *entry) start(ctx context.Context) error {
	const op = "start"
	given := func() error { return &Error{Op: op, Dir: e.cfg.Directory, Err: context.Cause(ctx)} }
	if ctx.Err() != nil {
		return given()
	}
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return given()
	}
	e.mu.Lock()
	ended := e.ended
	e.mu.Unlock()
	if ended {
		return &Error{Op: op, Dir: e.cfg.Directory, Err: ErrClosed}
	}
	if e.client != nil && e.client.Err() == nil && e.mustRestart() == nil {
		e.log(slog.LevelDebug, "already running")
		return nil
	}
	if e.mustWait() && aeronc.InHandler() {
		return &Error{Op: op, Dir: e.cfg.Directory, Detail: "inside a handler, where what runs cannot be closed before another begins: call Start elsewhere", Err: ErrBusy}
	}
	// The client has lost its driver, so what it had is lost; begin anew.
	if err := e.stop(); err != nil {
		e.log(slog.LevelWarn, "closing a driver that was lost", "err", err)
	}
	e.forgetClosed()
	if e.before != nil {
		select {
		case <-e.before.gone:
			e.before = nil
		case <-ctx.Done():
			return given()
		}
	}
	if err := e.launch(ctx); err != nil {
		e.log(slog.LevelError, "cannot start", "err", err)
		return errors.Join(err, e.stop())
	}
	if ctx.Err() != nil {
		return errors.Join(given(), e.stop())
	}
	e.mu.Lock()
	e.running = e.client
	e.mu.Unlock()
	e.watchErrors()
	e.log(slog.LevelDebug, "started", "embedded", e.driver != nil)
	return nil
}

// mustWait reports whether something has to be closed before the driver can start, which may wait for a poll. Holder of the turn only.
func (e *entry) mustWait() bool {
	if e.client != nil || e.driver != nil {
		return true
	}
	if e.before == nil {
		return false
	}
	select {
	case <-e.before.gone:
		return false
	default:
		return true
	}
}

func (e *entry) launch(ctx context.Context) error {
	if !e.cfg.External {
		if err := e.cfg.prepareParent(); err != nil {
			return err
		}
		e.warn()
		if err := e.embed(ctx); err != nil {
			return err
		}
	}
	clientContext, err := e.cfg.clientContext(e.clientErrors(), e.announce)
	if err != nil {
		return err
	}
	if err := e.cfg.stepWith(clientContext, e.driver); err != nil {
		return errors.Join(err, clientContext.Close())
	}
	if e.client, err = aeronc.Connect(clientContext); err != nil {
		return errors.Join(err, clientContext.Close())
	}
	e.mu.Lock()
	e.contexts.client = clientContext
	e.mu.Unlock()
	e.rememberErrors(e.driver != nil)
	return nil
}

// embed starts the embedded driver, with a fresh context for every attempt. It leaves none where another process's is to be used.
func (e *entry) embed(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		driverContext, err := e.cfg.driverContext()
		if err != nil {
			return err
		}
		driver, err := aeronc.StartDriver(driverContext)
		if err == nil {
			e.driver = driver
			e.mu.Lock()
			e.contexts.driver, e.contexts.embedded, e.contexts.requests = driverContext, driver, driver.TerminationRequested()
			e.mu.Unlock()
			return nil
		}
		if closeErr := driverContext.Close(); closeErr != nil {
			return errors.Join(err, closeErr)
		}
		state := e.state()
		if e.cfg.AllowShared && state == mediadir.Active && errors.Is(err, ErrDriverActive) {
			e.log(slog.LevelWarn, "using the driver of another process: its settings are not those of the Config")
			return nil
		}
		if attempt >= e.cfg.StartAttempts || !passing(err, state) {
			return err
		}
		e.log(slog.LevelWarn, "launch attempt failed", "err", err, "remaining", e.cfg.StartAttempts-attempt)
		if ended := e.awaitChange(ctx, state); ended != nil {
			return errors.Join(ended, err)
		}
	}
}

func (e *entry) state() mediadir.State {
	report, err := mediadir.Inspect(e.cfg.Directory, e.cfg.silence())
	if err != nil {
		return mediadir.Foreign
	}
	return report.State
}

// passing reports whether the reason for which a driver did not start may be gone soon: another one is starting or has just begun
// to, or what one has left is too fresh to be judged.
func passing(err error, state mediadir.State) bool {
	return state == mediadir.Starting || errors.Is(err, syscall.EBUSY) || errors.Is(err, mediadir.ErrNotReady) || errors.Is(err, mediadir.ErrReplaced)
}

// The pauses between two attempts to start: until the directory's state changes, and so that all attempts together take as long as it
// takes until a driver that never finished starting counts as dead.
const (
	firstAttemptPause = 50 * time.Millisecond
	stateLook         = 20 * time.Millisecond
)

func (e *entry) awaitChange(ctx context.Context, state mediadir.State) error {
	begin := time.Now()
	longest := e.cfg.silence()/time.Duration(max(e.cfg.StartAttempts-1, 1)) + firstAttemptPause
	for {
		timer := time.NewTimer(stateLook)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return &Error{Op: "start", Dir: e.cfg.Directory, Err: context.Cause(ctx)}
		case <-e.quit:
			timer.Stop()
			return &Error{Op: "start", Dir: e.cfg.Directory, Err: ErrClosed}
		}
		if waited := time.Since(begin); waited >= longest || waited >= firstAttemptPause && e.state() != state {
			return nil
		}
	}
}

// stop closes the client and then the driver: the other way round every client would report a lost driver. Holder of the turn only.
func (e *entry) stop() error {
	e.mu.Lock()
	e.running = nil
	e.contexts = contexts{}
	e.mu.Unlock()
	e.unwatchErrors()
	var errs []error
	if e.client != nil {
		errs = append(errs, e.client.Close())
		e.client = nil
	}
	if e.driver != nil {
		errs = append(errs, e.driver.Close())
		e.driver = nil
	}
	return errors.Join(errs...)
}

// connected is the running client.
func (e *entry) connected(op string) (*aeronc.Client, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.ended:
		return nil, &Error{Op: op, Dir: e.cfg.Directory, Err: ErrClosed}
	case e.running == nil:
		return nil, &Error{Op: op, Dir: e.cfg.Directory, Err: ErrNotStarted}
	}
	return e.running, nil
}

// forget removes a handle and its listeners.
func (e *entry) forget(owner *Driver) {
	e.mu.Lock()
	defer e.mu.Unlock()
	owner.forgotten = true
	delete(e.handles, owner)
	for l := range e.eventListeners {
		if l.owner == owner {
			delete(e.eventListeners, l)
		}
	}
	for l := range e.listeners {
		if l.owner == owner {
			delete(e.listeners, l)
		}
	}
}

// tell calls one listener. Its panic must reach neither the others nor the client.
func (e *entry) tell(hear func(error), err error) {
	defer func() {
		if cause := recover(); cause != nil {
			e.log(slog.LevelError, "an error listener panicked", "panic", fmt.Sprint(cause))
		}
	}()
	hear(err)
}
