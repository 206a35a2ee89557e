package stats

import (
	"fmt"
	"strconv"
	"strings"
)

// StreamState says whether a stream flows, and if not, what it waits for.
type StreamState string

// The states of a stream.
const (
	// StreamReady: a publication is connected and its window is open.
	StreamReady StreamState = "ready"
	// StreamBackPressured: the window is closed; [Explanation.Limiter] says by whom.
	StreamBackPressured StreamState = "back-pressured"
	// StreamNoSubscriber: an IPC publication, or one with spies only, that nobody reads.
	StreamNoSubscriber StreamState = "no-subscriber"
	// StreamAwaitingStatus: no receiver has answered yet, or for longer than the driver's publication
	// connection timeout: there is no subscription at the other end, or the way there or back is closed.
	StreamAwaitingStatus StreamState = "awaiting-status-messages"
	// StreamAwaitingReceivers: flow control waits for more receivers than it counts, of which there may be
	// others: tagged flow control counts those with its tag.
	StreamAwaitingReceivers StreamState = "awaiting-receivers"
	// StreamChannelError: the driver could not open the channel; [Snapshot.Errors] says why.
	StreamChannelError StreamState = "channel-error"
	// StreamEnded: the publication has been closed, and what is in it is still being sent or read.
	StreamEnded StreamState = "ended"
	// StreamClosed: the program that asks has closed the publication itself.
	StreamClosed StreamState = "closed"
	// StreamUnknown: the driver's files could not be read, or do not have the stream; [Explanation.Err] says why.
	StreamUnknown StreamState = "unknown"
	// StreamReceiving: the publication is another driver's, and this one receives from it.
	StreamReceiving StreamState = "receiving"
)

// LimiterKind says what holds a stream back.
type LimiterKind string

// What can hold a stream back.
const (
	// NoLimiter: nothing is known to be behind.
	NoLimiter LimiterKind = ""
	// LimitedBySubscriber: a subscription that this driver knows.
	LimitedBySubscriber LimiterKind = "subscriber"
	// LimitedByReceiverWindow: a receiver elsewhere does not open its window: its subscribers are behind,
	// or the window is smaller than what is on the way. Its own driver knows which.
	LimitedByReceiverWindow LimiterKind = "receiver-window"
	// LimitedByLoss: a receiver of this driver waits for what has been lost.
	LimitedByLoss LimiterKind = "loss"
	// LimitedBySender: receivers would take more, and this driver's sender has not sent it.
	LimitedBySender LimiterKind = "sender"
)

// StreamSubscriber is a subscription of this driver and where it is in a stream.
type StreamSubscriber struct {
	// RegistrationID is the subscription's.
	RegistrationID int64
	// ClientID is the client's that it belongs to.
	ClientID int64
	// Client is the client's name; empty if it has none.
	Client string
	// PIDs is the client's process, in this process's pid namespace. Aeron does not tell it: it is found by
	// which processes have the client's files mapped. Several are alternatives; none: unknown, since this
	// is not Linux, or some of the driver's clients belong to users or containers that this process may not
	// look into.
	PIDs []int
	// CounterID is the counter's with its position.
	CounterID int32
	// Channel is the subscription's URI, or its begin.
	Channel string
	// Position is up to where it has read, in bytes.
	Position int64
	// Lag is how many bytes it is behind the publication or, if that is elsewhere, behind the receiver.
	Lag int64
	// LagMessages is how many messages that is; -1 if the log cannot be read, has a gap there, or is too long,
	// or if a hundred others of the same explanation are further behind.
	LagMessages int64
	// Spy says that it reads a network publication in the publication's own driver.
	Spy bool
	// Untethered says that it has tether=false: the driver does not wait for it forever.
	Untethered bool
	// Counts says that the driver waits for it. An untethered one that has been left behind does not count until it has rejoined.
	Counts bool
}

func (s StreamSubscriber) String() string {
	kind := "subscriber"
	switch {
	case s.Spy && s.Untethered:
		kind = "untethered spy"
	case s.Spy:
		kind = "spy"
	case s.Untethered:
		kind = "untethered subscriber"
	}
	client := "client " + s.Client
	if s.Client == "" {
		client = "client " + strconv.FormatInt(s.ClientID, 10)
	}
	return fmt.Sprintf("%s %d (%s, %s)", kind, s.RegistrationID, client, processText(s.PIDs))
}

func processText(pids []int) string {
	if len(pids) == 0 {
		return "pid unknown"
	}
	var b strings.Builder
	for i, pid := range pids {
		switch {
		case i == 0:
			b.WriteString("pid ")
		case i == len(pids)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(pid))
	}
	return b.String()
}

// behind tells how far a subscriber is behind.
func (s StreamSubscriber) behind() string {
	text := bytesText(s.Lag) + " behind"
	switch {
	case s.LagMessages == 1:
		text += " (1 message)"
	case s.LagMessages >= 0:
		text += fmt.Sprintf(" (%d messages)", s.LagMessages)
	}
	return text
}

// Explanation is why a stream flows or does not, and who limits it.
type Explanation struct {
	// SessionID is the publication's.
	SessionID int32
	// StreamID is the stream's.
	StreamID int32
	// Channel is the publication's URI or, if that is elsewhere, a subscription's; or its begin.
	Channel string
	// RegistrationID is the publication's or, if that is elsewhere, the image's.
	RegistrationID int64
	// Published is whether the publication is this driver's.
	Published bool
	// State is whether the stream is ready, and what it waits for.
	State StreamState
	// Limiter is what holds the stream back, or would be the first to.
	Limiter LimiterKind
	// Slowest is the subscriber that counts and is furthest behind; nil if none is.
	Slowest *StreamSubscriber
	// Position is where the publication or, if that is elsewhere, the receiver is.
	Position int64
	// Limit is up to where it may go.
	Limit int64
	// Window is how far it may be ahead of the slowest; 0 if unknown.
	Window int64
	// Unsent is how many bytes have been published and not been sent; 0 for IPC.
	Unsent int64
	// Missing is how many bytes a receiver of this driver is behind its high-water mark, by loss.
	Missing int64
	// FlowControl is the channel's fc parameter; empty for the driver's default.
	FlowControl string
	// Receivers is how many receivers flow control counts; -1 if it does not say.
	Receivers int64
	// RequiredReceivers is how many it waits for; 0 if it does not.
	RequiredReceivers int64
	// Subscribers are those of this driver, by registration id.
	Subscribers []StreamSubscriber
	// NAKsReceived is how often receivers asked the sender for retransmission.
	NAKsReceived int64
	// NAKsSent is how often this driver's receiver asked for it.
	NAKsSent int64
	// SenderBackPressure is how often receivers stopped the sender.
	SenderBackPressure int64
	// LossObservations is how many gaps this driver's receiver has seen.
	LossObservations int64
	// BytesLost is how many bytes they had.
	BytesLost int64
	// Err is why the state is StreamUnknown.
	Err error
}

// Remaining is how many bytes may be published before back pressure.
func (e Explanation) Remaining() int64 { return max(0, e.Limit-e.Position) }

// String tells it in a sentence: "limited by subscriber 12 (client risk-engine, pid 4711): 3.1 MiB
// behind (812 messages)".
func (e Explanation) String() string {
	var b strings.Builder
	switch e.State {
	case StreamReady:
		fmt.Fprintf(&b, "ready, %s of window left", bytesText(e.Remaining()))
		if e.Slowest != nil && e.Slowest.Lag > 0 {
			fmt.Fprintf(&b, "; furthest behind is %v: %s", e.Slowest, e.Slowest.behind())
		} else if e.Unsent > 0 {
			fmt.Fprintf(&b, "; %s to be sent", bytesText(e.Unsent))
		}
	case StreamBackPressured:
		b.WriteString(e.limitedBy())
	case StreamNoSubscriber:
		b.WriteString("not ready: " + e.nobody())
	case StreamAwaitingStatus:
		b.WriteString("not ready: waiting for status messages, as no receiver answers")
		b.WriteString(e.idleSubscribers())
	case StreamAwaitingReceivers:
		// Receivers may answer and not be of the group.
		fmt.Fprintf(&b, "not ready: flow control %s waits for %d receivers, and counts %d", e.FlowControl, e.RequiredReceivers, e.Receivers)
	case StreamChannelError:
		b.WriteString("not ready: the driver could not open the channel; its errors say why")
	case StreamEnded:
		b.WriteString("ended by its publisher")
		if e.Slowest != nil && e.Slowest.Lag > 0 {
			fmt.Fprintf(&b, "; %v is %s", e.Slowest, e.Slowest.behind())
		}
	case StreamReceiving:
		b.WriteString("receiving from another driver")
		if e.Slowest != nil && e.Slowest.Lag > 0 {
			fmt.Fprintf(&b, "; furthest behind is %v: %s", e.Slowest, e.Slowest.behind())
		}
	case StreamClosed:
		b.WriteString("closed")
	default:
		b.WriteString("unknown")
		if e.Err != nil {
			fmt.Fprintf(&b, ": %v", e.Err)
		}
	}
	if e.BytesLost > 0 {
		fmt.Fprintf(&b, "; %s lost in %d gaps", bytesText(e.BytesLost), e.LossObservations)
	}
	if e.NAKsReceived > 0 {
		fmt.Fprintf(&b, "; receivers asked %d times for retransmission", e.NAKsReceived)
	}
	return b.String()
}

// limitedBy tells who closes the window.
func (e Explanation) limitedBy() string {
	switch e.Limiter {
	case LimitedBySubscriber:
		return fmt.Sprintf("limited by %v: %s", e.Slowest, e.Slowest.behind())
	case LimitedByReceiverWindow:
		text := "limited by the receiver's window"
		if e.FlowControl != "" {
			text = "limited by the receivers' window, with flow control " + e.FlowControl
		}
		text += fmt.Sprintf(": %s published and not sent", bytesText(e.Unsent))
		if len(e.Subscribers) == 0 || e.Slowest == nil {
			text += "; the receiver's own driver knows who is behind"
		}
		return text
	case LimitedByLoss:
		return fmt.Sprintf("limited by loss: the receiver waits for what is missing of %s", bytesText(e.Missing))
	case LimitedBySender:
		return fmt.Sprintf("limited by this driver's sender: %s to be sent", bytesText(e.Unsent))
	default:
		return "connected, and the driver has not opened the window yet"
	}
}

// nobody tells why no subscriber counts.
func (e Explanation) nobody() string {
	if len(e.Subscribers) == 0 {
		return "no subscriber"
	}
	return "no subscriber that counts" + e.idleSubscribers()
}

// idleSubscribers tells of a subscriber that is here and does not make the stream connected, if it can be told why.
func (e Explanation) idleSubscribers() string {
	for _, s := range e.Subscribers {
		switch {
		case !s.Counts:
			return fmt.Sprintf("; %v has been left behind and may rejoin", s)
		case s.Spy:
			return fmt.Sprintf("; %v does not make it connected, that takes ssc=true", s)
		}
	}
	return ""
}

// bytesText is a number of bytes as people read it.
func bytesText(n int64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/step, 0
	for units := "KMGTPE"; value >= step && unit < len(units)-1; unit++ {
		value /= step
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTPE"[unit])
}
