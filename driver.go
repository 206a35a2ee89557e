package aeron

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/aeroncgo/aeron/aeronc"
)

// Driver is one user's handle of a media driver: embedded in this process, or running elsewhere. Handles that were opened with
// equal Configs share one driver and one client; each owns the publications and subscriptions that were added through it.
//
// All methods may be called from any goroutine.
type Driver struct {
	entry *entry

	mu       sync.Mutex
	children map[closer]struct{}
	filter   func(error) bool
	closing  bool
	done     chan struct{}

	forgotten bool // no listener any more; guarded by the entry
	err       error
}

// closer is what a handle owns.
type closer interface {
	Close() error
	IsClosed() bool
}

// Open gives a handle of the driver that cfg describes. Nothing runs yet, and nothing on the machine is changed; see Start. Errors:
// ErrInvalidArgument naming the field, ErrConfigConflict.
func Open(cfg Config) (*Driver, error) {
	cfg, err := cfg.Resolve()
	if err != nil {
		return nil, err
	}
	e, err := acquire(cfg)
	if err != nil {
		return nil, err
	}
	d := &Driver{entry: e, children: map[closer]struct{}{}, done: make(chan struct{})}
	e.mu.Lock()
	e.handles[d] = struct{}{}
	e.mu.Unlock()
	return d, nil
}

// Start runs the embedded driver, unless the Config says External, and connects to it. If another handle did, there is nothing to
// do; if the driver was lost since, or must be restarted, it is started anew, and what was added before stays closed. ctx bounds the
// waiting. While another driver is starting in the directory, or the remains of one are too fresh to be judged, it is tried
// StartAttempts times, for about DriverTimeout in all. A driver that was killed counts as alive for DriverTimeout, 10 s by default: until
// then Start returns ErrDriverActive, and says how long that is. Try again, or use another directory.
//
// Errors: ErrDriverActive when a driver lives in the directory that is not ours, ErrDirectoryRefused when the directory holds
// anything but what a dead driver left, ErrNoDriver when an external driver is not there, fs.ErrPermission, ErrBusy inside a handler when
// something must be closed first, which may have to wait for the handler, and what C reports.
func (d *Driver) Start(ctx context.Context) error {
	if d == nil || d.entry == nil {
		return ErrClosed
	}
	if d.isClosing() {
		return &Error{Op: "start", Dir: d.Dir(), Err: ErrClosed}
	}
	return d.entry.start(ctx)
}

// Dir is the driver's directory.
func (d *Driver) Dir() string {
	if d == nil || d.entry == nil {
		return ""
	}
	return d.entry.cfg.Directory
}

// Config is the Config that the driver runs with: defaults filled in, the directory chosen.
func (d *Driver) Config() Config {
	if d == nil || d.entry == nil {
		return Config{}
	}
	return d.entry.cfg
}

// Err is why the driver was lost, or nil: what was added is closed then, and Start begins anew.
func (d *Driver) Err() error {
	if d == nil || d.entry == nil {
		return nil
	}
	if client, err := d.entry.connected("ask"); err == nil {
		return client.Err()
	}
	return nil
}

// Lost is closed when the driver is lost: it was ended or has fallen silent, or this process was asleep for too long. Before
// Start and after Close it is nil, which blocks.
func (d *Driver) Lost() <-chan struct{} {
	if d == nil || d.entry == nil {
		return nil
	}
	client, err := d.entry.connected("ask")
	if err != nil {
		return nil
	}
	return client.Dead()
}

// OnError makes f hear of asynchronous errors until the returned function is called. f runs on a goroutine of the client's, never on one
// that polls, one call at a time for all listeners: it may close anything, and panic. While it blocks others wait, and what
// there is no room for is dropped: of what polls find, listeners are told how much.
func (d *Driver) OnError(f func(error)) (remove func()) {
	if d == nil || d.entry == nil {
		return func() {}
	}
	if f == nil {
		return func() {}
	}
	e, l := d.entry, &listener{owner: d, hear: f}
	e.mu.Lock()
	if !d.forgotten {
		e.listeners[l] = struct{}{}
	}
	e.mu.Unlock()
	e.watchErrors()
	return func() {
		e.mu.Lock()
		delete(e.listeners, l)
		e.mu.Unlock()
	}
}

// AddPublication adds a concurrent publication: any number of goroutines may send. It returns when the driver has it, which takes
// about a millisecond; ctx bounds the waiting, and where it ends the add is taken back: nothing is left in the driver. The handle owns what is
// added: Driver.Close closes it. To add many things at once, add them from as many goroutines, or see [aeronc.Client.AsyncAddPublication].
//
// C: aeron_async_add_publication
func (d *Driver) AddPublication(ctx context.Context, channel string, streamID int32) (*Publication, error) {
	if d == nil || d.entry == nil {
		return nil, ErrClosed
	}
	client, err := d.client("add publication", channel, streamID)
	if err != nil {
		return nil, err
	}
	answered := d.entry.adding("add publication", channel, streamID)
	raw, err := client.AddPublication(ctx, channel, streamID)
	answered(&err)
	if err != nil {
		return nil, err
	}
	p := &Publication{sending{driver: d, client: client, raw: raw}, raw}
	if err := d.adopt(p); err != nil {
		return nil, err
	}
	return p, nil
}

// AddExclusivePublication adds a publication with a session of its own and one writer, the fastest way to send. See AddPublication.
//
// C: aeron_async_add_exclusive_publication
func (d *Driver) AddExclusivePublication(ctx context.Context, channel string, streamID int32) (*ExclusivePublication, error) {
	if d == nil || d.entry == nil {
		return nil, ErrClosed
	}
	client, err := d.client("add exclusive publication", channel, streamID)
	if err != nil {
		return nil, err
	}
	answered := d.entry.adding("add exclusive publication", channel, streamID)
	raw, err := client.AddExclusivePublication(ctx, channel, streamID)
	answered(&err)
	if err != nil {
		return nil, err
	}
	p := &ExclusivePublication{sending{driver: d, client: client, raw: raw}, raw}
	if err := d.adopt(p); err != nil {
		return nil, err
	}
	return p, nil
}

// AddSubscription adds a subscription. It returns when the driver has it; publishers may come later. See AddPublication.
//
// C: aeron_async_add_subscription
func (d *Driver) AddSubscription(ctx context.Context, channel string, streamID int32, options ...SubscriptionOption) (*Subscription, error) {
	if d == nil || d.entry == nil {
		return nil, ErrClosed
	}
	client, err := d.client("add subscription", channel, streamID)
	if err != nil {
		return nil, err
	}
	s := &Subscription{driver: d, client: client, maxMessage: aeronc.DefaultMaxMessageLength}
	for _, option := range options {
		if option != nil {
			option(s)
		}
	}
	if s.maxMessage < 1 || s.maxMessage > aeronc.LongestAssembled {
		return nil, &Error{
			Op: "add subscription", Channel: channel, StreamID: streamID,
			Detail: fmt.Sprintf("MaxMessageLength(%d) must be 1 to %d; without it, it is %d", s.maxMessage, aeronc.LongestAssembled, aeronc.DefaultMaxMessageLength), Err: ErrInvalidArgument,
		}
	}
	answered := d.entry.adding("add subscription", channel, streamID)
	raw, err := client.AddSubscription(ctx, channel, streamID)
	answered(&err)
	if err != nil {
		return nil, err
	}
	s.raw = raw
	if err := raw.SetAssembly(aeronc.Assembly{MaxMessageLength: s.maxMessage, Dropped: d.entry.passOn}); err != nil {
		return nil, errors.Join(s.fail("add subscription", err), raw.Close())
	}
	if err := d.adopt(s); err != nil {
		return nil, err
	}
	return s, nil
}

func (d *Driver) client(op, channel string, streamID int32) (*aeronc.Client, error) {
	if d.isClosing() {
		return nil, &Error{Op: op, Channel: channel, StreamID: streamID, Dir: d.Dir(), Err: ErrClosed}
	}
	return d.entry.connected(op)
}

// adopt makes c the handle's, or closes it if the handle was closed meanwhile.
func (d *Driver) adopt(c closer) error {
	d.mu.Lock()
	closing := d.closing
	d.children[c] = struct{}{} // if only until it is closed below
	d.mu.Unlock()
	if closing {
		return errors.Join(&Error{Op: "add", Dir: d.Dir(), Err: ErrClosed}, c.Close())
	}
	return nil
}

// disown reports whether c was the handle's until now, which only its first Close finds.
func (d *Driver) disown(c closer) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, owned := d.children[c]
	delete(d.children, c)
	return owned
}

func (d *Driver) isClosing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closing
}

// Close closes what was added through this handle and, if it is the last one, the client, the embedded driver and its directory.
// Calls in flight are waited for. An embedded driver that closes right behind a publication may not have told subscribers elsewhere of its
// end: wait with AwaitLogDeleted if that matters. A second call waits for the first and returns nil. Inside a handler, or the
// function of WithLock, it returns at once and is carried out when that has returned.
func (d *Driver) Close() error {
	if d == nil || d.entry == nil {
		return nil
	}
	d.mu.Lock()
	first := !d.closing
	d.closing = true
	d.mu.Unlock()
	if first {
		go func() {
			d.err = d.teardown()
			close(d.done)
		}()
	}
	if aeronc.InHandler() || inView() {
		return nil
	}
	<-d.done
	if first {
		return d.err
	}
	return nil
}

func (d *Driver) teardown() error {
	d.mu.Lock()
	children := make([]closer, 0, len(d.children))
	for c := range d.children {
		children = append(children, c)
	}
	d.mu.Unlock()
	errs := make([]error, len(children))
	var closed sync.WaitGroup
	for i, c := range children {
		closed.Go(func() { errs[i] = c.Close() })
	}
	closed.Wait()
	d.entry.forget(d)
	return errors.Join(append(errs, d.entry.release())...)
}

// CheckLeaks is nil when everything that was opened through this module is closed, and otherwise an ErrLeaked that counts what is
// not. For the end of tests and of programs.
func CheckLeaks() error {
	var left []string
	unlock := lockRegistry()
	handles, closing := 0, 0
	for _, e := range registry.entries {
		if handles += e.users; e.users == 0 {
			closing++
		}
	}
	unlock()
	if handles > 0 {
		left = append(left, fmt.Sprintf("%d driver handles", handles))
	}
	if closing > 0 {
		left = append(left, fmt.Sprintf("%d drivers that are closing", closing))
	}
	c := aeronc.Live()
	for _, count := range []struct {
		n    int64
		what string
	}{
		{c.Drivers, "embedded drivers"}, {c.Clients, "clients"}, {c.Publications, "publications"}, {c.Subscriptions, "subscriptions"},
		{c.Images, "images"}, {c.Counters, "counters"}, {c.Pending, "requests that were given up"}, {c.Tags, "tags"}, {c.Listeners, "listeners"}, {c.AbandonedLogs, "abandoned logs"},
	} {
		if count.n != 0 {
			left = append(left, fmt.Sprintf("%d %s", count.n, count.what))
		}
	}
	if len(left) == 0 {
		return nil
	}
	return &Error{Op: "check leaks", Detail: strings.Join(left, ", "), Err: ErrLeaked}
}

// Version is the version of Aeron that is linked, such as "1.54.0".
func Version() string { return aeronc.Version() }
