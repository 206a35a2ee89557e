package aeron

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/aeroncgo/aeron/stats"
)

// ReadyOption changes what AwaitReady of a publication waits for.
type ReadyOption func(*readiness)

type readiness struct{ receivers int }

// MinReceivers makes AwaitReady wait until n receivers are there, besides a connection and an open window. Who counts them depends on the
// channel: with IPC they are the subscriptions of this driver that have the stream's session; with the flow controls min and tagged
// they are the receivers that these count, which send status messages (tagged: with the tag). Other flow controls do not count, so that
// being connected says of one only: for more, AwaitReady fails with ErrInvalidArgument.
func MinReceivers(n int) ReadyOption { return func(r *readiness) { r.receivers = n } }

// enough is nil when a publication that is connected has n receivers.
func (p *sending) enough(n int) error {
	if n <= 1 {
		return nil
	}
	c := p.raw.Constants()
	ipc := strings.HasPrefix(c.Channel, "aeron:ipc")
	found, counted := 0, ipc
	for record := range p.client.CountersReader().All() {
		switch {
		case ipc && record.TypeID == stats.TypeSubscriberPosition:
			if keyInt32(record.Key, 8) == c.SessionID && keyInt32(record.Key, 12) == c.StreamID {
				found++
			}
		case record.TypeID == stats.TypeFlowControlReceivers:
			if int64(binary.LittleEndian.Uint64(record.Key)) == c.OriginalRegistrationID {
				found, counted = int(record.Value), true
			}
		}
	}
	switch {
	case !counted:
		return &Error{
			Op: "await ready", Channel: c.Channel, StreamID: c.StreamID, Err: ErrInvalidArgument,
			Detail: fmt.Sprintf("MinReceivers(%d): the channel's flow control does not count receivers: add fc=min or fc=tagged to it", n),
		}
	case found < n:
		return ErrNotConnected
	}
	return nil
}

// keyInt32 is a field of a counter's key, which always has 112 bytes.
func keyInt32(key []byte, at int) int32 { return int32(binary.LittleEndian.Uint32(key[at:])) }
