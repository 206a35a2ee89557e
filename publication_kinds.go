package aeron

import "context"

// What both kinds of publication do alike, on each: a method that is promoted cannot bear a nil pointer.

// AddDestination adds a destination to a publication with control-mode=manual: what is offered is sent there too. The id is for
// RemoveDestinationByID.
//
// C: aeron_publication_async_add_destination, aeron_exclusive_publication_async_add_destination
func (p *Publication) AddDestination(ctx context.Context, channel string) (id int64, err error) {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.AddDestination(ctx, channel)
}

// RemoveDestination removes a destination by the channel that it was added with.
//
// C: aeron_publication_async_remove_destination, aeron_exclusive_publication_async_remove_destination
func (p *Publication) RemoveDestination(ctx context.Context, channel string) error {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.RemoveDestination(ctx, channel)
}

// RemoveDestinationByID removes a destination by the id that AddDestination returned.
//
// C: aeron_publication_async_remove_destination_by_id, aeron_exclusive_publication_async_remove_destination_by_id
func (p *Publication) RemoveDestinationByID(ctx context.Context, id int64) error {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.RemoveDestinationByID(ctx, id)
}

// LocalAddresses are the addresses "host:port" that the publication sends from; none for IPC.
//
// C: aeron_publication_local_sockaddrs, aeron_exclusive_publication_local_sockaddrs
func (p *Publication) LocalAddresses() ([]string, error) {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.LocalAddresses()
}

// Explain tells why the publication is ready or not, and who limits it: which subscriber, of which client and process, and how far
// behind it is; a spy or an untethered one; a receiver's window; nobody at all. For example "limited by subscriber 12 (client
// risk-engine, pid 4711): 3.1 MiB behind (812 messages)".
//
// It reads the driver's files and on Linux looks at the processes of this machine, which takes some milliseconds and allocates: call
// it when something is odd, not for every message. It always answers: after Close its state is closed, and unknown if the driver's
// files cannot be read, with the reason in Err. Any goroutine may call it.
func (p *Publication) Explain() Explanation {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.Explain()
}

// LogFile is the file that the publication's log is in. It is named after the first registration of the channel, stream and session, which
// concurrent publications share. The driver removes it some time after the last of them was closed.
func (p *Publication) LogFile() string {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.LogFile()
}

// Publish sends a message and waits politely for as long as the stream is not connected or back pressured; ctx ends that. The error
// then matches ctx's and the reason for the waiting.
func (p *Publication) Publish(ctx context.Context, message []byte) error {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.Publish(ctx, message)
}

// AwaitReady waits until a subscriber is connected and the window is open, so that an offer will be taken; ctx ends the wait, and the
// error then says which of the two is missing. Closing the publication or losing the driver ends it too.
func (p *Publication) AwaitReady(ctx context.Context, options ...ReadyOption) error {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.AwaitReady(ctx, options...)
}

// IsConnected reports whether at least one subscriber is connected.
//
// C: aeron_publication_is_connected, aeron_exclusive_publication_is_connected
func (p *Publication) IsConnected() bool { return p != nil && p.sending.IsConnected() }

// IsClosed reports whether the publication is closed or its driver lost.
//
// C: aeron_publication_is_closed, aeron_exclusive_publication_is_closed
func (p *Publication) IsClosed() bool { return p == nil || p.sending.IsClosed() }

// Position is how far the stream has been written, in bytes since its beginning.
//
// C: aeron_publication_position, aeron_exclusive_publication_position
func (p *Publication) Position() (int64, error) {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.Position()
}

// PositionLimit is how far the stream may be written before Offer returns ErrBackPressured.
//
// C: aeron_publication_position_limit, aeron_exclusive_publication_position_limit
func (p *Publication) PositionLimit() (int64, error) {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.PositionLimit()
}

// Constants is what does not change: ids, lengths and limits. Usable after Close.
//
// C: aeron_publication_constants, aeron_exclusive_publication_constants
func (p *Publication) Constants() Constants {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.Constants()
}

// DataPath says who writes the publication's log: Go, or C's own functions, and why.
func (p *Publication) DataPath() DataPath {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.DataPath()
}

// Channel is the channel that the publication was added with.
func (p *Publication) Channel() string {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.Channel()
}

// StreamID is the stream.
func (p *Publication) StreamID() int32 {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.StreamID()
}

// SessionID is the publication's session.
func (p *Publication) SessionID() int32 {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.SessionID()
}

// MaxMessageLength is the longest message that Offer takes.
func (p *Publication) MaxMessageLength() int {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.MaxMessageLength()
}

// MaxPayloadLength is the longest claim, and how much of a message goes into one frame.
func (p *Publication) MaxPayloadLength() int {
	if p == nil {
		p = &Publication{}
	}
	return p.sending.MaxPayloadLength()
}

// AddDestination adds a destination to a publication with control-mode=manual: what is offered is sent there too. The id is for
// RemoveDestinationByID.
//
// C: aeron_publication_async_add_destination, aeron_exclusive_publication_async_add_destination
func (p *ExclusivePublication) AddDestination(ctx context.Context, channel string) (id int64, err error) {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.AddDestination(ctx, channel)
}

// RemoveDestination removes a destination by the channel that it was added with.
//
// C: aeron_publication_async_remove_destination, aeron_exclusive_publication_async_remove_destination
func (p *ExclusivePublication) RemoveDestination(ctx context.Context, channel string) error {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.RemoveDestination(ctx, channel)
}

// RemoveDestinationByID removes a destination by the id that AddDestination returned.
//
// C: aeron_publication_async_remove_destination_by_id, aeron_exclusive_publication_async_remove_destination_by_id
func (p *ExclusivePublication) RemoveDestinationByID(ctx context.Context, id int64) error {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.RemoveDestinationByID(ctx, id)
}

// LocalAddresses are the addresses "host:port" that the publication sends from; none for IPC.
//
// C: aeron_publication_local_sockaddrs, aeron_exclusive_publication_local_sockaddrs
func (p *ExclusivePublication) LocalAddresses() ([]string, error) {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.LocalAddresses()
}

// Explain tells why the publication is ready or not, and who limits it: which subscriber, of which client and process, and how far
// behind it is; a spy or an untethered one; a receiver's window; nobody at all. For example "limited by subscriber 12 (client
// risk-engine, pid 4711): 3.1 MiB behind (812 messages)".
//
// It reads the driver's files and on Linux looks at the processes of this machine, which takes some milliseconds and allocates: call
// it when something is odd, not for every message. It always answers: after Close its state is closed, and unknown if the driver's
// files cannot be read, with the reason in Err. Any goroutine may call it.
func (p *ExclusivePublication) Explain() Explanation {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.Explain()
}

// LogFile is the file that the publication's log is in. It is named after the first registration of the channel, stream and session, which
// concurrent publications share. The driver removes it some time after the last of them was closed.
func (p *ExclusivePublication) LogFile() string {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.LogFile()
}

// Publish sends a message and waits politely for as long as the stream is not connected or back pressured; ctx ends that. The error
// then matches ctx's and the reason for the waiting.
func (p *ExclusivePublication) Publish(ctx context.Context, message []byte) error {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.Publish(ctx, message)
}

// AwaitReady waits until a subscriber is connected and the window is open, so that an offer will be taken; ctx ends the wait, and the
// error then says which of the two is missing. Closing the publication or losing the driver ends it too.
func (p *ExclusivePublication) AwaitReady(ctx context.Context, options ...ReadyOption) error {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.AwaitReady(ctx, options...)
}

// IsConnected reports whether at least one subscriber is connected.
//
// C: aeron_publication_is_connected, aeron_exclusive_publication_is_connected
func (p *ExclusivePublication) IsConnected() bool { return p != nil && p.sending.IsConnected() }

// IsClosed reports whether the publication is closed or its driver lost.
//
// C: aeron_publication_is_closed, aeron_exclusive_publication_is_closed
func (p *ExclusivePublication) IsClosed() bool { return p == nil || p.sending.IsClosed() }

// Position is how far the stream has been written, in bytes since its beginning.
//
// C: aeron_publication_position, aeron_exclusive_publication_position
func (p *ExclusivePublication) Position() (int64, error) {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.Position()
}

// PositionLimit is how far the stream may be written before Offer returns ErrBackPressured.
//
// C: aeron_publication_position_limit, aeron_exclusive_publication_position_limit
func (p *ExclusivePublication) PositionLimit() (int64, error) {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.PositionLimit()
}

// Constants is what does not change: ids, lengths and limits. Usable after Close.
//
// C: aeron_publication_constants, aeron_exclusive_publication_constants
func (p *ExclusivePublication) Constants() Constants {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.Constants()
}

// DataPath says who writes the publication's log: Go, or C's own functions, and why.
func (p *ExclusivePublication) DataPath() DataPath {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.DataPath()
}

// Channel is the channel that the publication was added with.
func (p *ExclusivePublication) Channel() string {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.Channel()
}

// StreamID is the stream.
func (p *ExclusivePublication) StreamID() int32 {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.StreamID()
}

// SessionID is the publication's session.
func (p *ExclusivePublication) SessionID() int32 {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.SessionID()
}

// MaxMessageLength is the longest message that Offer takes.
func (p *ExclusivePublication) MaxMessageLength() int {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.MaxMessageLength()
}

// MaxPayloadLength is the longest claim, and how much of a message goes into one frame.
func (p *ExclusivePublication) MaxPayloadLength() int {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.sending.MaxPayloadLength()
}
