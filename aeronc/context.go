package aeronc

import (
	"fmt"
	"sync"
	"time"

	"github.com/aeroncgo/aeron/cgo"
)

// ThreadingMode is how many threads a driver runs. C: aeron_threading_mode_t
type ThreadingMode int32

// The threading modes.
const (
	ThreadingDedicated     ThreadingMode = 0 // conductor, sender, receiver and helper: a thread each
	ThreadingSharedNetwork ThreadingMode = 1 // sender and receiver share one
	ThreadingShared        ThreadingMode = 2 // everything on one thread
	ThreadingInvoker       ThreadingMode = 3 // none: the caller steps the driver
)

// String is the mode's name as the environment variable has it.
func (m ThreadingMode) String() string {
	switch m {
	case ThreadingDedicated:
		return "DEDICATED"
	case ThreadingSharedNetwork:
		return "SHARED_NETWORK"
	case ThreadingShared:
		return "SHARED"
	case ThreadingInvoker:
		return "INVOKER"
	}
	return fmt.Sprintf("ThreadingMode(%d)", int32(m))
}

// InferableBoolean is a yes, a no or "find out". C: aeron_inferable_boolean_t
type InferableBoolean int32

// The values of an InferableBoolean.
const (
	ForceFalse InferableBoolean = 0
	ForceTrue  InferableBoolean = 1
	Infer      InferableBoolean = 2
)

// ThreadNaming is how the driver's threads are called. C: aeron_thread_naming_t
type ThreadNaming int32

// The thread namings.
const (
	ThreadNamingClassic ThreadNaming = 0 // conductor, sender, receiver
	ThreadNamingNew     ThreadNaming = 1 // aeron-md-cnd, aeron-md-snd, aeron-md-rcv
)

// contextState guards a context of either kind: settings while it is open, one owner after that.
type contextState[R any] struct {
	mu      sync.Mutex
	raw     *R
	inUse   bool             // a driver or client owns it now
	spoiled map[string]error // settings whose setter has failed and left nothing in C's context
}

func (s *contextState[R]) set(f func(*R) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw == nil {
		return &Error{Op: "configure context", Err: ErrClosed}
	}
	if s.inUse {
		return &Error{Op: "configure context", Detail: "the context is in use: settings must be made before the driver or client starts", Err: ErrInvalidArgument}
	}
	if err := f(s.raw); err != nil {
		return fromC("configure context", err)
	}
	return nil
}

func (s *contextState[R]) read(f func(*R)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw != nil {
		f(s.raw)
	}
}

// take hands the context to a driver or client; give takes it back after a failed start.
func (s *contextState[R]) take(op string) (*R, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw == nil {
		return nil, &Error{Op: op, Detail: "the context is closed", Err: ErrClosed}
	}
	if s.inUse {
		return nil, &Error{Op: op, Detail: "the context is in use by another driver or client: make one context for each", Err: ErrInvalidArgument}
	}
	if err := s.damage(op); err != nil {
		return nil, err
	}
	s.inUse = true
	return s.raw, nil
}

func (s *contextState[R]) give() {
	s.mu.Lock()
	s.inUse = false
	s.mu.Unlock()
}

// release forgets the C context so that its owner can close it; nil if that was done before, or if it has an owner and owned is
// false.
func (s *contextState[R]) release(owned bool) *R {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse && !owned {
		return nil
	}
	raw := s.raw
	s.raw = nil
	return raw
}

type reader[R any] interface{ read(func(*R)) }

func get[R, T any](c reader[R], f func(*R) T) (value T) {
	c.read(func(raw *R) { value = f(raw) })
	return value
}

// DriverContext holds the settings of a driver. It is closed by the driver that it was given to, or by Close.
//
// Setters and getters may be called from any goroutine; C's own checks happen when the driver is made.
type DriverContext struct {
	contextState[cgo.DriverContext]
	fromEnv          bool
	deleteOnShutdown bool
	deleteOnStart    bool
	lossArgs         string
	unguarded        bool
}

// NewDriverContext makes a context with C's defaults. AERON_* variables have no influence.
//
// C: aeron_driver_context_init
func NewDriverContext() (*DriverContext, error) { return newDriverContext(false) }

// NewDriverContextFromEnv makes a context with C's defaults, changed by AERON_* variables as aeronmd's are. AERON_EVENT_LOG and
// its like are ignored: the agent behind them can end the process.
//
// C: aeron_driver_context_init
func NewDriverContextFromEnv() (*DriverContext, error) { return newDriverContext(true) }

func newDriverContext(fromEnv bool) (*DriverContext, error) {
	if fromEnv {
		if err := checkIdleEnvironment(); err != nil {
			return nil, err
		}
	}
	raw, err := cgo.DriverContextInit(fromEnv)
	if err != nil {
		return nil, fromC("create driver context", err)
	}
	c := &DriverContext{fromEnv: fromEnv}
	c.raw = raw
	// C would delete without looking, even a living driver's directory; the driver does it in Go, after its checks.
	c.deleteOnStart = cgo.DriverContextDirDeleteOnStart(raw)
	c.deleteOnShutdown = cgo.DriverContextDirDeleteOnShutdown(raw)
	return c, nil
}

// SetDeleteOnStart makes the driver remove what a dead driver left in the directory even when C would keep a report of its
// errors. A living driver's directory is refused all the same.
func (c *DriverContext) SetDeleteOnStart(value bool) error {
	if c == nil {
		return ErrClosed
	}
	return c.set(func(*cgo.DriverContext) error { c.deleteOnStart = value; return nil })
}

// SetDeleteOnShutdown makes the driver remove its directory when it closes.
func (c *DriverContext) SetDeleteOnShutdown(value bool) error {
	if c == nil {
		return ErrClosed
	}
	return c.set(func(*cgo.DriverContext) error { c.deleteOnShutdown = value; return nil })
}

// DeleteOnStart reports what SetDeleteOnStart set; false when the context is closed.
func (c *DriverContext) DeleteOnStart() bool {
	if c == nil {
		return false
	}
	return get(c, func(*cgo.DriverContext) bool { return c.deleteOnStart })
}

// DeleteOnShutdown reports what SetDeleteOnShutdown set; false when the context is closed.
func (c *DriverContext) DeleteOnShutdown() bool {
	if c == nil {
		return false
	}
	return get(c, func(*cgo.DriverContext) bool { return c.deleteOnShutdown })
}

// SetAllowTermination sets whether a request from another process may end the driver; see [Driver.TerminationRequested]. C's default is
// that none may.
//
// C: aeron_driver_context_set_driver_termination_validator
func (c *DriverContext) SetAllowTermination(value bool) error {
	if c == nil {
		return ErrClosed
	}
	return c.set(func(raw *cgo.DriverContext) error { return cgo.DriverContextSetTerminationValidator(raw, value, nil) })
}

// SetTerminationToken allows a request to end the driver if it carries this token, from 1 to 1024 bytes; the driver compares it without
// calling Go. See SetAllowTermination.
//
// C: aeron_driver_context_set_driver_termination_validator
func (c *DriverContext) SetTerminationToken(token []byte) error {
	if c == nil {
		return ErrClosed
	}
	if len(token) == 0 {
		return invalidArgument("termination token", "nothing", "must be from 1 to 1024 bytes: SetAllowTermination allows requests without one")
	}
	return c.set(func(raw *cgo.DriverContext) error { return cgo.DriverContextSetTerminationValidator(raw, true, token) })
}

// TerminationPolicy says which requests may end the driver: deny, allow, token, or upstream for what C's default or the environment
// says. Empty when the context is closed.
//
// C: aeron_driver_context_get_driver_termination_validator, aeron_driver_context_get_driver_termination_validator_state
func (c *DriverContext) TerminationPolicy() string {
	if c == nil {
		return ""
	}
	return get(c, func(raw *cgo.DriverContext) string {
		switch cgo.DriverContextTerminationPolicy(raw) {
		case cgo.TerminationDenied:
			return "deny"
		case cgo.TerminationAllowed:
			return "allow"
		case cgo.TerminationByToken:
			return "token"
		}
		return "upstream"
	})
}

// SetFrameGuard sets whether what arrives by UDP is checked before the driver acts on it, which it is by default. Frames that no
// peer would send, and that make the driver or a subscriber read or write where it should not, are dropped and counted; see
// [Driver.RejectedFrames]. The guard comes before interceptors that the context names.
//
// Without it a single datagram can end the process: turn it off to measure what it costs, and for nothing else.
//
// C: aeron_driver_context_set_udp_channel_incoming_interceptors
func (c *DriverContext) SetFrameGuard(value bool) error {
	if c == nil {
		return ErrClosed
	}
	return c.set(func(*cgo.DriverContext) error { c.unguarded = !value; return nil })
}

// FrameGuard says whether what arrives is checked; see [DriverContext.SetFrameGuard].
func (c *DriverContext) FrameGuard() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.unguarded
}

// A context that is nil is one that is closed.

func (c *DriverContext) set(f func(*cgo.DriverContext) error) error {
	if c == nil {
		return (&contextState[cgo.DriverContext]{}).set(f)
	}
	return c.contextState.set(f)
}

func (c *DriverContext) read(f func(*cgo.DriverContext)) {
	if c != nil {
		c.contextState.read(f)
	}
}

func (c *Context) set(f func(*cgo.Context) error) error {
	if c == nil {
		return (&contextState[cgo.Context]{}).set(f)
	}
	return c.contextState.set(f)
}

func (c *DriverContext) setIdleStrategy(name, strategy string, args func(*cgo.DriverContext) string, set func(*cgo.DriverContext, string) error) error {
	if c == nil {
		return c.set(nil)
	}
	return c.contextState.setIdleStrategy(name, strategy, args, set)
}

func (c *Context) setIdleStrategy(name, strategy string, args func(*cgo.Context) string, set func(*cgo.Context, string) error) error {
	if c == nil {
		return c.set(nil)
	}
	return c.contextState.setIdleStrategy(name, strategy, args, set)
}

func (c *Context) read(f func(*cgo.Context)) {
	if c != nil {
		c.contextState.read(f)
	}
}

// Close frees a context that no driver was made of. Otherwise the driver does, and Close does nothing.
//
// C: aeron_driver_context_close
func (c *DriverContext) Close() error {
	if c == nil {
		return nil
	}
	raw := c.release(false)
	if raw == nil {
		return nil
	}
	return closeDriverContext(raw)
}

func closeDriverContext(raw *cgo.DriverContext) error {
	// C deletes the directory here, unconditionally, if this is set: a living driver's too after a failed start.
	if err := cgo.DriverContextSetDirDeleteOnShutdown(raw, false); err != nil {
		return fromC("close driver context", err)
	}
	if err := cgo.DriverContextClose(raw); err != nil {
		return fromC("close driver context", err)
	}
	return nil
}

// Context holds the settings of a client. It is closed by the client that it was given to, or by Close.
type Context struct {
	contextState[cgo.Context]
	onError   func(error)
	onEvent   func(Event)
	step      func() (int, error)
	reference bool // see SetReferencePath
}

// NewContext makes a context with C's defaults. AERON_* variables have no influence.
//
// C: aeron_context_init
func NewContext() (*Context, error) { return newContext(false) }

// NewContextFromEnv makes a context with C's defaults, changed by AERON_DIR and the other variables that C's client reads.
//
// C: aeron_context_init
func NewContextFromEnv() (*Context, error) { return newContext(true) }

func newContext(fromEnv bool) (*Context, error) {
	raw, err := cgo.ContextInit(fromEnv)
	if err != nil {
		return nil, fromC("create client context", err)
	}
	c := &Context{}
	c.raw = raw
	return c, nil
}

// SetErrorHandler sets who hears of asynchronous errors, the one that ends the client included. It runs on a goroutine of the
// client, one call at a time, and may block or panic without harm to the client; errors that it cannot keep up with are counted
// in [Client.DroppedEvents].
//
// C: aeron_context_set_error_handler
func (c *Context) SetErrorHandler(f func(error)) error {
	if c == nil {
		return ErrClosed
	}
	return c.set(func(*cgo.Context) error { c.onError = f; return nil })
}

// SetEventHandler sets who hears of what comes and goes: images, counters, what this client adds, and error frames of subscribers. See
// SetErrorHandler for how it is called.
//
// C: aeron_context_set_on_new_publication, aeron_context_set_on_new_exclusive_publication, aeron_context_set_on_new_subscription,
// aeron_context_set_on_available_counter, aeron_context_set_on_unavailable_counter, aeron_context_set_publication_error_frame_handler
func (c *Context) SetEventHandler(f func(Event)) error {
	if c == nil {
		return ErrClosed
	}
	return c.set(func(*cgo.Context) error { c.onEvent = f; return nil })
}

// SetStep sets what a client without a thread does besides its own duty cycle while it waits for the driver: a driver without threads
// in the same goroutine has its [Driver.DoWork] set here, or nobody would answer. It is called on the goroutine that waits; an
// error ends the wait.
func (c *Context) SetStep(f func() (int, error)) error {
	if c == nil {
		return ErrClosed
	}
	return c.set(func(*cgo.Context) error { c.step = f; return nil })
}

// Close frees a context that no client was made of. Otherwise the client does, and Close does nothing.
//
// C: aeron_context_close
func (c *Context) Close() error {
	if c == nil {
		return nil
	}
	raw := c.release(false)
	if raw == nil {
		return nil
	}
	if err := cgo.ContextClose(raw); err != nil {
		return fromC("close client context", err)
	}
	return nil
}

// durationUnits is value in C's unit, refused when negative or when it would lose what is smaller than a unit.
func durationUnits(name string, value, unit time.Duration) (int64, error) {
	if value < 0 {
		return 0, invalidArgument(name, value, "must not be negative")
	}
	if value%unit != 0 {
		return 0, invalidArgument(name, value, "must be a multiple of "+unit.String())
	}
	return int64(value / unit), nil
}

// nullableUnits is durationUnits for a setting whose default is C's null value: a unit below zero.
func nullableUnits(name string, value, unit time.Duration) (int64, error) {
	if value == -unit {
		return -1, nil
	}
	return durationUnits(name, value, unit)
}

func durationOf(units int64, unit time.Duration) time.Duration {
	const longest = time.Duration(1<<63 - 1)
	if units < 0 || units > int64(longest/unit) {
		return longest
	}
	return time.Duration(units) * unit
}
