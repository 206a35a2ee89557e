package aeronc

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/aeroncgo/aeron/cgo"
)

// Subscription receives a stream from any number of publishers, one Image each.
//
// It has one owner at a time: polls, and whatever else needs the image list, take turns. Calls from different goroutines are safe and
// wait for each other; called inside a handler, what would have to wait returns ErrBusy instead.
//
// C: aeron_subscription_t
type Subscription struct {
	client   *Client
	raw      cgo.Subscription
	info     cgo.SubscriptionInfo
	channel  string
	listener cgo.Listener
	life     lifecycle
	gone     chan struct{}
	goneOnce sync.Once
	freeOnce sync.Once

	questions questions
	owner     gate
	images    []*Image // what the owner polls
	list      uintptr  // the C list that images was made from
	first     int      // where the next poll begins: round robin
	assembly  Assembly
	reference bool // polls are C's own
	path      atomic.Pointer[DataPath]

	snapshot atomic.Pointer[[]*Image] // images, for everybody else

	events sync.Mutex
	known  bool    // the caller has it, or is about to
	early  []Event // of images that came before that
}

// earlyEvents bounds what is kept of a subscription that the driver knows and the caller does not yet.
const earlyEvents = 4096

// AddSubscription adds a subscription and waits for the driver, for ctx, or for most of the driver timeout. After an error nothing is
// left in the driver. Images come and go as publishers do; nobody needs to be publishing yet.
//
// C: aeron_async_add_subscription, aeron_async_add_subscription_poll, aeron_async_remove_subscription
func (c *Client) AddSubscription(ctx context.Context, channel string, streamID int32) (*Subscription, error) {
	if c == nil {
		return nil, ErrClosed
	}
	return c.subscriptionAdd(channel, streamID).do(ctx)
}

// AsyncAddSubscription is AddSubscription without waiting; see [AsyncAdd].
//
// C: aeron_async_add_subscription, aeron_async_add_subscription_poll, aeron_async_add_subscription_cancel,
// aeron_async_add_subscription_get_registration_id
func (c *Client) AsyncAddSubscription(channel string, streamID int32) (*AsyncAdd[*Subscription], error) {
	if c == nil {
		return nil, ErrClosed
	}
	return begin(c.subscriptionAdd(channel, streamID))
}

func (c *Client) subscriptionAdd(channel string, streamID int32) *addition[*Subscription] {
	e := Error{Op: "add subscription", Channel: channel, StreamID: streamID}
	s := &Subscription{
		client: c, channel: channel, gone: make(chan struct{}), assembly: Assembly{MaxMessageLength: DefaultMaxMessageLength},
	}
	s.snapshot.Store(&[]*Image{})
	s.questions.open()
	return &addition[*Subscription]{
		c: c, e: e, refused: c.checkAdd(e),
		start: func() (question[*Subscription], error) {
			s.setPath(c.dataPath())
			s.life.open()
			// Images can come before the driver's answer has been seen.
			s.listener = c.pump.listener(s)
			a, err := cgo.AddAsyncSubscription(c.raw, channel, streamID, s.listener)
			if err != nil {
				c.pump.forget(s.listener)
			}
			return questionOf(a, err, s.begun)
		},
		remove: func(id int64) error {
			// What comes of it is nobody's; the listener goes when C says that nothing is left.
			s.goneOnce.Do(func() {})
			return cgo.RemoveSubscription(c.raw, id, s.listener)
		},
		undo: func() { c.pump.forget(s.listener) },
	}
}

// begun makes the subscription what C has made of it.
func (s *Subscription) begun(raw cgo.Subscription) (*Subscription, error) {
	var err error
	s.raw = raw
	if s.info, err = cgo.SubscriptionConstants(raw); err != nil {
		return nil, fromC("add subscription", err)
	}
	live.subscriptions.Add(1)
	s.client.adopt(s)
	s.events.Lock()
	defer s.events.Unlock()
	s.known = true
	for _, e := range s.early {
		s.client.hooks.event(e)
	}
	s.early = nil
	return s, nil
}

// Channel is the channel that the subscription was added with.
func (s *Subscription) Channel() string {
	if s == nil || s.client == nil {
		return ""
	}
	return s.channel
}

// StreamID is the stream.
func (s *Subscription) StreamID() int32 {
	if s == nil || s.client == nil {
		return 0
	}
	return s.info.StreamID
}

// RegistrationID is the id that the driver knows the subscription by.
func (s *Subscription) RegistrationID() int64 {
	if s == nil || s.client == nil {
		return 0
	}
	return s.info.RegistrationID
}

// ChannelStatusIndicatorID is the counter with the channel's status, or -1.
func (s *Subscription) ChannelStatusIndicatorID() int32 {
	if s == nil || s.client == nil {
		return 0
	}
	return s.info.ChannelStatusIndicatorID
}

// acquire makes the caller the owner. release must follow if it returns nil.
func (s *Subscription) acquire() error {
	if s == nil || s.client == nil || s.client.life.closed.Load() {
		return ErrClosed
	}
	if s.owner.pass(0, mayWait) == busy {
		if s.life.closed.Load() {
			return ErrClosed
		}
		return ErrBusy
	}
	if s.life.closed.Load() {
		s.owner.leave()
		return ErrClosed
	}
	return nil
}

// mayWait says no inside a handler, which could wait for itself.
func mayWait() bool { return !InHandler() }

func never() bool { return false }

func (s *Subscription) release() { s.owner.leave() }

// refresh brings images up to date if C has another list. Owner only.
func (s *Subscription) refresh() {
	if atomic.LoadUintptr(s.info.ImageList) != s.list {
		s.reload()
	}
}

func (s *Subscription) reload() {
	raws, list := cgo.SubscriptionRetainImages(s.raw)
	known := make(map[cgo.Image]*Image, len(s.images))
	for _, i := range s.images {
		known[i.raw] = i
	}
	images := make([]*Image, 0, len(raws))
	for _, raw := range raws {
		i, ok := known[raw]
		if ok {
			// Held once already.
			_ = cgo.ImageRelease(raw)
			delete(known, raw)
		} else {
			i = newImage(s, raw)
			if what := i.checkLayout(); what != "" {
				i.refuse(what)
			}
		}
		images = append(images, i)
	}
	for _, i := range known {
		i.retire()
	}
	s.images, s.list = images, list
	s.snapshot.Store(&images)
}

// Images are the images there are now, in the order of their coming. The slice is the caller's.
//
// C: aeron_subscription_for_each_image
func (s *Subscription) Images() []*Image {
	if s == nil || s.client == nil {
		return nil
	}
	return append([]*Image(nil), s.current()...)
}

// current is the newest list of images. Outside a poll it is brought up to date, which is also what lets C free the images that
// are gone; during one the poller does that.
func (s *Subscription) current() []*Image {
	if !s.life.closed.Load() && s.owner.pass(0, never) == entered {
		defer s.owner.leave()
		if !s.life.closed.Load() {
			s.refresh()
		}
	}
	return *s.snapshot.Load()
}

// ImageBySessionID is the image of a session, or nil.
//
// C: aeron_subscription_image_by_session_id
func (s *Subscription) ImageBySessionID(sessionID int32) *Image {
	if s == nil || s.client == nil {
		return nil
	}
	for _, i := range s.current() {
		if i.constants.SessionID == sessionID {
			return i
		}
	}
	return nil
}

// ImageAt is an image by its place in the list, or nil.
//
// C: aeron_subscription_image_at_index
func (s *Subscription) ImageAt(index int) *Image {
	if s == nil || s.client == nil {
		return nil
	}
	if images := s.current(); index >= 0 && index < len(images) {
		return images[index]
	}
	return nil
}

// ImageCount is how many images there are.
//
// C: aeron_subscription_image_count
func (s *Subscription) ImageCount() int {
	if s == nil || s.client == nil {
		return 0
	}
	return len(s.current())
}

// IsConnected reports whether a publisher is connected; false when closed.
//
// C: aeron_subscription_is_connected
func (s *Subscription) IsConnected() bool {
	if s == nil || s.client == nil {
		return false
	}
	for _, i := range s.current() {
		if !i.IsClosed() {
			return true
		}
	}
	return false
}

// IsClosed reports whether the subscription is closed, or its client has given up.
//
// C: aeron_subscription_is_closed
func (s *Subscription) IsClosed() bool {
	if s == nil || s.client == nil {
		return true
	}
	return s.life.closed.Load() || s.client.deadErr.Load() != nil || s.client.life.closed.Load()
}

// ChannelStatus is the state of the channel in the driver. IPC channels have none and are active while open.
//
// C: aeron_subscription_channel_status
func (s *Subscription) ChannelStatus() ChannelStatus {
	if s == nil || s.client == nil {
		return ChannelClosing
	}
	if s.IsClosed() {
		return ChannelClosing
	}
	if s.info.ChannelStatusIndicatorID < 0 {
		return ChannelActive
	}
	if !s.client.calls.enter() {
		return ChannelClosing
	}
	defer s.client.calls.exit()
	if value := cgo.CountersReaderAddr(cgo.ClientCountersReader(s.client.raw), s.info.ChannelStatusIndicatorID); value != nil {
		return ChannelStatus(atomic.LoadInt64(value))
	}
	return ChannelErrored
}

// Close ends the subscription and waits until C has let go of it. A poll that is running ends behind the fragment it is at, and is
// waited for. Any goroutine; a second call returns nil. Inside a handler it returns at once.
//
// C: aeron_subscription_close
func (s *Subscription) Close() error {
	if s == nil || s.client == nil {
		return nil
	}
	return s.life.close("close subscription", s.teardown)
}

func (s *Subscription) beginClose()             { s.life.begin(s.teardown) }
func (s *Subscription) closed() <-chan struct{} { return s.life.done }

func (s *Subscription) teardown() error {
	s.owner.enter()
	// Before C's close: it frees an image that is still held.
	for _, i := range s.images {
		i.retire()
	}
	s.images = nil
	s.snapshot.Store(&[]*Image{})
	s.owner.leave()

	s.questions.settle()
	var err error
	notified := false
	s.freeOnce.Do(func() {
		if !s.questions.left.Load() && !cgo.SubscriptionIsClosed(s.raw) {
			notified, err = s.client.give("close subscription", func() error { return cgo.SubscriptionClose(s.raw, s.listener) })
		}
	})
	if notified && err == nil {
		err = s.client.awaitGone(s.gone, "close subscription")
	}
	return err
}

// onImage runs on the pump's goroutine. Nobody is told of a subscription that is not there yet, or was given up.
func (s *Subscription) onImage(e Event) {
	s.events.Lock()
	defer s.events.Unlock()
	if s.known {
		s.client.hooks.event(e)
	} else if len(s.early) < earlyEvents {
		s.early = append(s.early, e)
	}
}

// onClosed runs on the pump's goroutine when C has freed the subscription.
func (s *Subscription) onClosed() {
	s.client.disown(s)
	s.client.pump.forget(s.listener)
	s.goneOnce.Do(func() {
		live.subscriptions.Add(-1)
		close(s.gone)
	})
}

func (s *Subscription) abandon() {
	s.freeOnce.Do(func() {})
	s.goneOnce.Do(func() { live.subscriptions.Add(-1) })
}
