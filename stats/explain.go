package stats

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

const cncName = cncfile.FileName

// messageBudget is how many bytes of logs one explanation of all streams reads to count messages.
const messageBudget = 64 << 20

// maxCounted is of how many subscribers one explanation of all streams counts the messages: that means to open logs.
const maxCounted = 100

// Each image belongs to one publication, mostly. walksOver is how many steps beyond several for each image and subscriber one explanation
// takes through the images of publications: a file may say that thousands of publications share thousands of images.
const (
	walksEach = 4
	walksOver = 1000
)

// Explain gives, for each publication of the driver, and each image of a publication elsewhere, why
// it flows or does not and who limits it; ordered by stream, session and registration id.
//
// It explains what the last Refresh has read. To that it adds what it reads while it is iterated over: of
// the logs, for what the counters do not tell, and on Linux of /proc, for the processes of clients.
// What it may not read is unknown; without the logs, whether a publication is connected is concluded from its
// limit. The first time takes some milliseconds, mostly for looking at all processes. What does not change is
// kept for later ones of the same snapshot, so that it pays to keep the snapshot, and to stop iterating early.
//
// An image counts as a publication's if it has the same session and stream.
func (s *Snapshot) Explain() iter.Seq[Explanation] {
	return s.explain(lookAtProcesses)
}

func (s *Snapshot) explain(look processLook) iter.Seq[Explanation] {
	r := s.current.Load()
	return func(yield func(Explanation) bool) {
		x := newExplainer(s, r, 0, nil, look)
		defer x.close()
		for _, stream := range x.order() {
			if !yield(stream.explain()) {
				return
			}
		}
	}
}

// ExplainPublication explains one publication, by the registration id that it was first made with.
// pids are the processes of clients, by client id, that the caller knows; nil if it knows none. ok is
// false if the driver has no such publication.
func (s *Snapshot) ExplainPublication(registrationID int64, pids map[int64]int) (e Explanation, ok bool) {
	if registrationID == 0 { // which would be all
		return Explanation{}, false
	}
	x := newExplainer(s, s.current.Load(), registrationID, pids, lookAtProcesses)
	defer x.close()
	for _, stream := range x.order() {
		if stream.published {
			return stream.explain(), true
		}
	}
	return Explanation{}, false
}

// stream is one that can be explained.
type stream struct {
	session   sessionKey
	id        int64
	published bool
	explain   func() Explanation
}

// order gives the streams that are asked for, in their order.
func (x *explainer) order() []stream {
	var all []stream
	sent := map[sessionKey]bool{} // whose images here are explained with them
	for id, p := range x.publications {
		if p.limit == nil || p.position == nil || x.only != 0 && x.only != id {
			continue // one that is just being made
		}
		if p.network() {
			sent[p.key.ofSession()] = true
		}
		all = append(all, stream{p.key.ofSession(), id, true, func() Explanation { return x.publication(id, p) }})
	}
	for id, i := range x.images {
		switch key := i.key.ofSession(); {
		case !i.complete():
		case sent[key]:
			x.local[key] = append(x.local[key], i)
		case x.only == 0:
			all = append(all, stream{key, id, false, func() Explanation { return x.image(id, i) }})
		}
	}
	slices.SortFunc(all, func(a, b stream) int {
		return cmp.Or(cmp.Compare(a.session.stream, b.session.stream), cmp.Compare(a.session.session, b.session.session), cmp.Compare(a.id, b.id))
	})
	return all
}

func (p *publication) network() bool { return p.senderPosition != nil && p.senderLimit != nil }

// flows reports whether the counters of a publication say that it is connected and not ended, and has a window: a driver
// closes that when somebody is missing, and sets it to the end when there is one.
func (x *explainer) flows(id int64, p *publication) bool {
	if p.limit.Value <= p.position.Value {
		return false
	}
	if p.network() {
		return p.limit.Value > p.senderPosition.Value
	}
	return p.senderPosition == nil && len(x.subscribers[id]) > 0
}

// publicationLog gives the log of a publication, nil if it cannot be read. It is not opened as long as the counters tell all that changes.
func (x *explainer) publicationLog(id int64, p *publication) *logFile {
	log := x.sent.log(id)
	if meta, ok := x.memory.log(id); ok && x.only == 0 && x.flows(id, p) {
		log.meta = meta
		log.meta.connected, log.meta.ended, log.meta.position = true, false, 0
		return log
	}
	if log.open() != nil {
		return nil
	}
	x.memory.keepLog(id, log.meta, len(x.publications)+len(x.images))
	return log
}

// publication explains a stream from its source.
func (x *explainer) publication(id int64, p *publication) Explanation {
	e := Explanation{
		SessionID: p.key.SessionID, StreamID: p.key.StreamID, Channel: p.channel, RegistrationID: id, Published: true,
		Position: p.position.Value, Limit: p.limit.Value, Receivers: -1, NAKsReceived: p.naks, SenderBackPressure: p.backPressure,
		FlowControl: parameter(p.channel, "fc"),
	}
	network := p.network()
	log := x.publicationLog(id, p)
	var meta logMetadata
	if log != nil {
		defer log.close()
		meta = log.meta
		e.Window = max(0, meta.pubWindow)
		if ahead := meta.position - e.Position; ahead > 0 && ahead <= logTerms*meta.termLength {
			e.Position = meta.position // the driver looks now and then
		}
	} else {
		meta.connected = !network && len(x.subscribers[id]) > 0 || network && e.Limit > p.senderPosition.Value
	}
	for _, c := range x.subscribers[id] {
		s := x.subscriber(c, e.Position, log)
		s.Spy = network
		s.Counts = !s.Untethered || (e.Window == 0 || e.Limit <= s.Position+e.Window) && (network || meta.connected)
		e.Subscribers = append(e.Subscribers, s)
	}
	var local *image
	if network {
		e.Unsent = max(0, p.position.Value-p.senderPosition.Value) // of one reading: the log's position is later
		for _, i := range x.local[p.key.ofSession()] {
			if x.walks -= 1 + len(x.subscribers[i.key.RegistrationID]); x.walks < 0 {
				break
			}
			x.addSubscribers(&e, i, e.Position)
			e.Missing, e.NAKsSent = max(e.Missing, missing(i)), e.NAKsSent+i.naks
			if local == nil || i.position.Value < local.position.Value {
				local = i
			}
		}
	}
	x.finish(&e)
	if p.receivers != nil {
		e.Receivers = p.receivers.Value
		e.RequiredReceivers = groupSize(e.FlowControl)
	}
	e.State = x.publicationState(&e, p, meta)
	e.Limiter = limiterOf(&e, p, local, meta)
	return e
}

// publicationState says whether a publication is ready.
func (x *explainer) publicationState(e *Explanation, p *publication, meta logMetadata) StreamState {
	network := p.senderPosition != nil
	counted := slices.ContainsFunc(e.Subscribers, func(s StreamSubscriber) bool { return s.Counts })
	const errored = -1 // AERON_COUNTER_CHANNEL_ENDPOINT_STATUS_ERRORED
	// A status' key has room for more of the channel than those of the stream's counters.
	switch status, ok := x.status[p.channel[:min(len(p.channel), maxStatusChannel)]]; {
	case meta.ended:
		return StreamEnded
	case network && ok && status == errored:
		return StreamChannelError
	case !meta.connected && !network, !network && !counted:
		return StreamNoSubscriber
	case !meta.connected && e.RequiredReceivers > 0 && e.Receivers < e.RequiredReceivers:
		return StreamAwaitingReceivers
	case !meta.connected:
		return StreamAwaitingStatus
	case e.Limit <= e.Position:
		return StreamBackPressured
	default:
		return StreamReady
	}
}

// limiterOf says who holds a publication back: whoever is furthest behind of those that the driver waits
// for. It lets publishers go on from the least of the sender's position and those of spies, or for
// IPC from the least of the subscribers'; and the sender as far as receivers let it.
func limiterOf(e *Explanation, p *publication, local *image, meta logMetadata) LimiterKind {
	if e.State != StreamReady && e.State != StreamBackPressured {
		return NoLimiter
	}
	behind := e.Slowest != nil && e.Slowest.Lag > 0
	if !p.network() {
		if behind {
			return LimitedBySubscriber
		}
		return NoLimiter
	}
	sent := p.senderPosition.Value
	if spy := slowest(e.Subscribers, func(s StreamSubscriber) bool { return s.Spy }); spy != nil && spy.Position < sent {
		e.Slowest = spy
		return LimitedBySubscriber
	}
	switch {
	case e.Unsent > 0 && p.senderLimit.Value-sent >= max(meta.mtu, 1): // else the next frame does not fit
		return LimitedBySender
	case local == nil:
		if e.Unsent > 0 {
			return LimitedByReceiverWindow
		}
		return NoLimiter
	}
	// The receiver is here too: who stops it?
	reader := slowest(e.Subscribers, func(s StreamSubscriber) bool { return !s.Spy })
	arrived := local.position.Value
	switch {
	case reader != nil && arrived-reader.Position > (p.senderLimit.Value-reader.Position)/4:
		e.Slowest = reader
		return LimitedBySubscriber
	case e.Missing > 0:
		return LimitedByLoss
	case e.Unsent > 0:
		return LimitedByReceiverWindow
	case reader != nil && reader.Lag > 0:
		e.Slowest = reader
		return LimitedBySubscriber
	}
	return NoLimiter
}

// image explains a stream whose publication is elsewhere.
func (x *explainer) image(id int64, i *image) Explanation {
	e := Explanation{
		SessionID: i.key.SessionID, StreamID: i.key.StreamID, Channel: i.key.Channel, RegistrationID: id, State: StreamReceiving,
		Position: i.hwm.Value, Receivers: -1, NAKsSent: i.naks, Missing: missing(i),
	}
	x.addSubscribers(&e, i, e.Position)
	x.finish(&e)
	e.Limit = e.Position
	if e.Slowest != nil && e.Window > 0 {
		e.Limit = e.Slowest.Position + e.Window
	}
	switch {
	case e.Slowest != nil && e.Window > 0 && e.Position-e.Slowest.Position >= e.Window*3/4:
		// Less than a message may be left of the window, and status messages come by quarters of it.
		e.State, e.Limiter = StreamBackPressured, LimitedBySubscriber
	case e.Missing > 0:
		e.Limiter = LimitedByLoss
	case e.Slowest != nil && e.Slowest.Lag > 0:
		e.Limiter = LimitedBySubscriber
	}
	return e
}

// imageLog gives the log of an image, nil if it cannot be read. Nothing that is asked of it changes.
func (x *explainer) imageLog(id int64) *logFile {
	log := x.received.log(id)
	var known bool
	if log.meta, known = x.memory.log(id); known {
		return log
	}
	if log.open() != nil {
		return nil
	}
	x.memory.keepLog(id, log.meta, len(x.publications)+len(x.images))
	return log
}

// addSubscribers adds those that read an image; end is what they are to reach. Without a publication
// here, the image's window is the explanation's.
func (x *explainer) addSubscribers(e *Explanation, i *image, end int64) {
	log := x.imageLog(i.key.RegistrationID)
	window := int64(0)
	if log != nil {
		defer log.close()
		window = min(max(0, log.meta.rcvWindow), log.meta.termLength/2) // as the driver takes it
	}
	if !e.Published {
		e.Window = window
	}
	for _, c := range x.subscribers[i.key.RegistrationID] {
		s := x.subscriber(c, end, log)
		// A sender is never let further than a window beyond the slowest that counts.
		s.Counts = !s.Untethered || window == 0 || i.hwm.Value <= s.Position+window
		e.Subscribers = append(e.Subscribers, s)
	}
}

// subscriber is what is known of a reader.
func (x *explainer) subscriber(c *Counter, end int64, log *logFile) StreamSubscriber {
	key, _ := c.Stream()
	client := x.clients[c.OwnerID]
	s := StreamSubscriber{
		RegistrationID: key.RegistrationID, ClientID: c.OwnerID, Client: client.Name, PIDs: x.pids[c.OwnerID], CounterID: c.ID,
		Channel: labelChannel(c, key), Position: c.Value, Lag: max(0, end-c.Value), LagMessages: -1,
	}
	s.Untethered = parameter(s.Channel, "tether") == "false"
	switch {
	case s.Lag == 0:
		s.LagMessages = 0
	case log != nil && (x.counted == nil || x.only != 0 || x.counted[c.ID]):
		if n, ok := log.messages(s.Position, end, &x.budget); ok {
			s.LagMessages = n
		}
	}
	return s
}

// finish adds what is known of all the subscribers.
func (x *explainer) finish(e *Explanation) {
	slices.SortFunc(e.Subscribers, func(a, b StreamSubscriber) int {
		return cmp.Or(cmp.Compare(a.RegistrationID, b.RegistrationID), cmp.Compare(a.CounterID, b.CounterID))
	})
	e.Slowest = slowest(e.Subscribers, func(StreamSubscriber) bool { return true })
	lost := x.lost[sessionKey{e.SessionID, e.StreamID}]
	e.LossObservations, e.BytesLost = lost.observations, lost.bytes
}

// slowest is the one that is furthest behind of those that count.
func slowest(all []StreamSubscriber, of func(StreamSubscriber) bool) *StreamSubscriber {
	var found *StreamSubscriber
	for i := range all {
		if s := &all[i]; s.Counts && of(*s) && (found == nil || s.Position < found.Position) {
			found = s
		}
	}
	if found == nil {
		return nil
	}
	s := *found
	return &s
}

func missing(i *image) int64 { return max(0, i.hwm.Value-i.position.Value) }

// parameter is a parameter of a channel's URI; empty if it has none.
func parameter(channel, name string) string {
	_, parameters, _ := strings.Cut(channel, "?")
	for p := range strings.SplitSeq(parameters, "|") {
		if key, value, ok := strings.Cut(p, "="); ok && key == name {
			return value
		}
	}
	return ""
}

// groupSize is how many receivers flow control is to wait for: "min,g:/3", "tagged,g:7/2,t:5s".
func groupSize(flowControl string) int64 {
	for option := range strings.SplitSeq(flowControl, ",") {
		if group, ok := strings.CutPrefix(option, "g:"); ok {
			if _, size, ok := strings.Cut(group, "/"); ok {
				n, _ := strconv.ParseInt(size, 10, 32) // what the driver has taken is a number
				return n
			}
		}
	}
	return 0
}
