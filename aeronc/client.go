package aeronc

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aeroncgo/aeron/cgo"
)

// addsInFlight bounds the adds that wait for the driver at one time, so that a burst of them fills neither the conductor's queue nor the
// driver's ring.
const addsInFlight = 64

// Client is a connection to a media driver. It ends when it is closed, or when it has lost its driver: then everything that
// belongs to it reports ErrClosed, [Client.Err] says why, and a new client must be made.
type Client struct {
	raw     cgo.Client
	context *Context
	dir     string
	timeout time.Duration
	invoker bool
	tried   bool       // C has seen the context
	work    sync.Mutex // one duty cycle at a time
	pump    *pump
	hooks   *hooks
	life    lifecycle
	calls   calls
	adds    chan struct{}

	dead    chan struct{} // closed when the client has given up
	deadErr atomic.Pointer[Error]

	mu       sync.Mutex
	children map[child]struct{}
}

// child is what a client closes before itself.
type child interface {
	beginClose()
	closed() <-chan struct{}
	// abandon is called when every child has closed and right before C frees what is left.
	abandon()
}

// Connect makes and starts a client of the driver in the context's directory. It owns the context from here on; after an error
// the context is still the caller's to close, and to use again unless it was C that failed. It does not wait for a driver: ErrNoDriver says that none is active there now.
//
// C: aeron_init, aeron_start
func Connect(c *Context) (*Client, error) {
	const op = "connect"
	if c == nil {
		return nil, &Error{Op: op, Detail: "the context is nil", Err: ErrInvalidArgument}
	}
	raw, err := c.take(op)
	if err != nil {
		return nil, err
	}
	client := &Client{
		context:  c,
		dir:      cgo.ContextDir(raw),
		timeout:  durationOf(cgo.ContextDriverTimeout(raw), time.Millisecond),
		invoker:  cgo.ContextUseConductorAgentInvoker(raw),
		adds:     make(chan struct{}, addsInFlight),
		dead:     make(chan struct{}),
		children: map[child]struct{}{},
	}
	client.life.open()
	client.calls.open()
	if err := client.start(raw); err != nil {
		c.give()
		if client.tried {
			// C would map the CnC file once more, over the first mapping.
			err = errors.Join(err, c.Close())
		}
		return nil, err
	}
	live.clients.Add(1)
	return client, nil
}

func (c *Client) start(raw *cgo.Context) error {
	const op = "connect"
	if err := checkActive(op, c.dir, c.timeout); err != nil {
		return err
	}
	fail := func(err error) error {
		e := fromC(op, err)
		e.Dir = c.dir
		return e
	}
	var err error
	if c.pump, err = newPump("client"); err != nil {
		return fail(err)
	}
	if err := cgo.ContextSetHandlers(raw, c.pump.listener(c)); err != nil {
		c.pump.stop()
		return fail(err)
	}
	c.tried = true
	if c.raw, err = cgo.ClientInit(raw); err != nil {
		c.pump.stop()
		return fail(err)
	}
	c.hooks = newHooks(c.context.onError, c.context.onEvent)
	c.pump.run(c.onEvent)
	if err := cgo.ClientStart(c.raw); err != nil {
		err = errors.Join(fail(err), cgo.ClientClose(c.raw))
		c.pump.stop()
		c.hooks.stop()
		return err
	}
	return nil
}

// onEvent runs on the pump's goroutine.
func (c *Client) onEvent(e cgo.Event) {
	switch e.Kind {
	case cgo.EventError:
		err := &Error{Op: "client", Dir: c.dir, Code: Code(e.Code), Detail: oneLine(e.Text)}
		if err.Code.fatal() {
			c.fail(err)
		}
		c.hooks.error(err)
	case cgo.EventClosed:
		if v, ok := e.Tag.Value().(interface{ onClosed() }); ok {
			v.onClosed()
		}
	case cgo.EventImageAvailable, cgo.EventImageUnavailable:
		if s, ok := e.Tag.Value().(*Subscription); ok {
			kind := ImageAvailable
			if e.Kind == cgo.EventImageUnavailable {
				kind = ImageUnavailable
			}
			s.onImage(Event{
				Kind: kind, Subscription: s, SessionID: e.SessionID, Position: e.Position,
				Source: e.Text, RegistrationID: e.RegistrationID,
			})
		}
	case cgo.EventCounterAvailable:
		c.hooks.event(Event{Kind: CounterAvailable, CounterID: e.CounterID, RegistrationID: e.RegistrationID})
	case cgo.EventCounterUnavailable:
		c.hooks.event(Event{Kind: CounterUnavailable, CounterID: e.CounterID, RegistrationID: e.RegistrationID})
	case cgo.EventNewPublication, cgo.EventNewExclusivePublication, cgo.EventNewSubscription:
		kinds := map[cgo.EventKind]EventKind{
			cgo.EventNewPublication: PublicationAdded, cgo.EventNewExclusivePublication: ExclusivePublicationAdded,
			cgo.EventNewSubscription: SubscriptionAdded,
		}
		c.hooks.event(Event{
			Kind: kinds[e.Kind], Channel: e.Text, StreamID: e.StreamID, SessionID: e.SessionID, RegistrationID: e.RegistrationID,
		})
	case cgo.EventErrorFrame:
		c.hooks.event(Event{
			Kind: ErrorFrameReceived, StreamID: e.StreamID, SessionID: e.SessionID, RegistrationID: e.RegistrationID,
			ErrorFrame: &ErrorFrame{
				Code: Code(e.Code), Message: printable(e.Text), Source: e.Frame.Source, ReceiverID: e.Frame.ReceiverID,
				GroupTag: e.Frame.GroupTag, DestinationRegistrationID: e.Frame.DestinationRegistrationID,
			},
		})
	case cgo.EventClientClosed, cgo.EventTerminationRequested, cgo.EventPrinted:
		// Close knows of the one, and the other is a driver's.
	}
}

// fail records the first reason for which the client has given up.
func (c *Client) fail(err *Error) {
	if c.deadErr.CompareAndSwap(nil, err) {
		close(c.dead)
	}
}

// Dir is the directory of the client's driver.
func (c *Client) Dir() string {
	if c == nil {
		return ""
	}
	return c.dir
}

// ID is the client's id in the driver, or 0 when it is closed.
//
// C: aeron_client_id
func (c *Client) ID() int64 {
	if c == nil {
		return 0
	}
	if !c.calls.enter() {
		return 0
	}
	defer c.calls.exit()
	return cgo.ClientID(c.raw)
}

// Dead is closed when the client has lost its driver, or was given up by it. It is not closed by Close.
func (c *Client) Dead() <-chan struct{} {
	if c == nil {
		return nil
	}
	return c.dead
}

// Err is why the client has given up, or nil. C closes everything right before it says why, so a call between the two waits for the
// reason.
func (c *Client) Err() error {
	if c == nil {
		return nil
	}
	if err := c.deadErr.Load(); err != nil {
		return err
	}
	if !c.calls.enter() {
		return nil
	}
	defer c.calls.exit()
	if !cgo.ClientIsClosed(c.raw) {
		return nil
	}
	timer := time.NewTimer(reasonWait)
	defer timer.Stop()
	select {
	case <-c.dead:
		return c.deadErr.Load()
	case <-timer.C:
		return nil
	}
}

// reasonWait is for how long Err waits for the reason: it is on its way through the event queue.
const reasonWait = time.Second

// IsClosed reports whether the client is closed or has given up.
//
// C: aeron_is_closed
func (c *Client) IsClosed() bool {
	if c == nil {
		return true
	}
	if !c.calls.enter() {
		return true
	}
	defer c.calls.exit()
	return c.deadErr.Load() != nil || cgo.ClientIsClosed(c.raw)
}

// DroppedEvents is how many events and errors were lost because a handler of the user's was slow or panicked.
func (c *Client) DroppedEvents() int64 {
	if c == nil {
		return 0
	}
	if c.hooks == nil {
		return 0
	}
	dropped := c.hooks.dropped.Load()
	if c.calls.enter() {
		dropped += c.pump.queue.Dropped()
		c.calls.exit()
	}
	return dropped
}

// DoWork runs one duty cycle of a client whose context was set to SetUseConductorAgentInvoker. One goroutine at a time; others wait.
//
// C: aeron_main_do_work
func (c *Client) DoWork() (int, error) {
	if c == nil {
		return 0, ErrClosed
	}
	c.work.Lock()
	defer c.work.Unlock()
	if !c.calls.enter() {
		return 0, ErrClosed
	}
	defer c.calls.exit()
	if !c.invoker {
		return 0, &Error{Op: "client duty cycle", Detail: "the client has a thread of its own: see Context.SetUseConductorAgentInvoker", Err: ErrInvalidArgument}
	}
	n, err := cgo.ClientMainDoWork(c.raw)
	if err != nil {
		return 0, fromC("client duty cycle", err)
	}
	return n, nil
}

// stepAll runs one duty cycle of the client, and what its context has for the driver's.
func (c *Client) stepAll() (worked int, err error) {
	if c.context.step != nil {
		worked, err = c.context.step()
	}
	// The client lives by being stepped, whatever the driver's cycle met.
	return worked, errors.Join(err, c.conduct(func() error {
		n, err := cgo.ClientMainDoWork(c.raw)
		worked += n
		return err
	}))
}

// adopt makes a child one that Close closes. Whoever calls it is inside c.calls, so that a Close that has begun finds the child all the
// same, and not before the caller has done with it.
func (c *Client) adopt(ch child) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.children[ch] = struct{}{}
}

func (c *Client) disown(ch child) {
	c.mu.Lock()
	delete(c.children, ch)
	c.mu.Unlock()
}

func (c *Client) family() []child {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]child, 0, len(c.children))
	for ch := range c.children {
		all = append(all, ch)
	}
	return all
}

// Close closes everything that belongs to the client, waits for calls in flight, stops the conductor and frees it all. Any
// goroutine; a second call returns nil.
//
// C: aeron_close, aeron_context_close
func (c *Client) Close() error {
	if c == nil {
		return nil
	}
	return c.life.close("close client", c.teardown)
}

func (c *Client) teardown() error {
	var errs []error
	c.calls.shut()
	c.calls.drain()
	family := c.family()
	for _, ch := range family {
		ch.beginClose()
	}
	for _, ch := range family {
		<-ch.closed()
	}
	for _, ch := range c.family() {
		ch.abandon()
	}
	c.work.Lock()
	defer c.work.Unlock()
	if err := cgo.ClientClose(c.raw); err != nil {
		return fromC("close client", err)
	}
	// Before the context goes: the last events are of the handlers that aeron_close has run.
	c.pump.stop()
	c.hooks.stop()
	if raw := c.context.release(true); raw != nil {
		if err := cgo.ContextClose(raw); err != nil {
			errs = append(errs, fromC("close client", err))
		}
	}
	live.clients.Add(-1)
	return errors.Join(errs...)
}

// conduct runs f, which hands the conductor a command. A client without a conductor thread carries it out at once, on the
// calling thread, so then f and the duty cycle take turns.
func (c *Client) conduct(f func() error) error {
	if c.invoker {
		c.work.Lock()
		defer c.work.Unlock()
	}
	return f()
}

// checkAdd refuses what C would misread.
func (c *Client) checkAdd(e Error) error {
	if e.Channel == "" {
		e.Detail, e.Err = "the channel is empty: give one such as aeron:ipc or aeron:udp?endpoint=localhost:20121", ErrInvalidArgument
		return &e
	}
	if len(e.Channel) > maxChannel {
		e.Detail = fmt.Sprintf("the channel has %d bytes, where Aeron takes up to %d", len(e.Channel), maxChannel)
		e.Channel, e.Err = "", ErrInvalidArgument
		return &e
	}
	if c.life.closed.Load() {
		e.Err = ErrClosed
		return &e
	}
	return nil
}

// maxChannel is the longest channel that the driver takes. C's client does not look, and frees twice what does not fit into its ring
// when it has no conductor thread.
const maxChannel = 4095

// RequestDriverTermination asks the driver in dir to end; it does if its validator allows it. token is for the validator. ErrNoDriver
// says that no driver is active there. That the request was taken does not say that it will be granted.
//
// C: aeron_context_request_driver_termination
func RequestDriverTermination(dir string, token []byte) error {
	const op = "request driver termination"
	if err := checkActive(op, dir, 0); err != nil {
		return err
	}
	if err := cgo.RequestDriverTermination(dir, token); err != nil {
		e := fromC(op, err)
		e.Dir = dir
		return e
	}
	return nil
}
