package aeron

import (
	"errors"
	"os"

	"github.com/aeroncgo/aeron/stats"
)

// Explanation is why a stream flows or does not, and who limits it; String tells it in a sentence. It is package stats' own type, whose
// Snapshot explains all streams of any driver.
type Explanation = stats.Explanation

var errNotInCounters = errors.New("the driver's counters do not have the publication")

// Explain tells why the publication is ready or not, and who limits it: which subscriber, of which client and process, and how far
// behind it is; a spy or an untethered one; a receiver's window; nobody at all. For example "limited by subscriber 12 (client
// risk-engine, pid 4711): 3.1 MiB behind (812 messages)".
//
// It reads the driver's files and on Linux looks at the processes of this machine, which takes some milliseconds and allocates: call
// it when something is odd, not for every message. It always answers: after Close its state is closed, and unknown if the driver's
// files cannot be read, with the reason in Err. Any goroutine may call it.
func (p *sending) Explain() Explanation {
	if p == nil || p.raw == nil {
		return Explanation{}
	}
	c := p.raw.Constants()
	e := Explanation{
		SessionID: c.SessionID, StreamID: c.StreamID, Channel: c.Channel, RegistrationID: c.OriginalRegistrationID, Published: true,
		State: stats.StreamUnknown, Receivers: -1,
	}
	if p.raw.IsClosed() {
		e.State = stats.StreamClosed
		return e
	}
	snap, err := stats.Open(p.driver.Dir())
	if err != nil {
		e.Err = err
		return e
	}
	defer func() { _ = snap.Close() }() // which cannot fail
	found, ok := snap.ExplainPublication(c.OriginalRegistrationID, map[int64]int{p.client.ID(): os.Getpid()})
	if !ok {
		e.Err = errNotInCounters
		return e
	}
	return found
}
