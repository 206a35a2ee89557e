package aeronc

import "context"

// What both kinds of publication do alike, on each: a method that is promoted cannot bear a nil pointer.

// LocalAddresses are the addresses "host:port" that the publication sends from; none for IPC, and while the channel is not active.
//
// C: aeron_publication_local_sockaddrs, aeron_exclusive_publication_local_sockaddrs
func (p *Publication) LocalAddresses() ([]string, error) {
	if p == nil {
		p = &Publication{}
	}
	return p.publicationBase.LocalAddresses()
}

// DataPath says who reads and writes the publication's log.
func (p *Publication) DataPath() DataPath {
	if p == nil {
		p = &Publication{}
	}
	return p.publicationBase.DataPath()
}

// AddDestination adds a destination to a publication with control-mode=manual: what is offered is sent there too. The id is for
// RemoveDestinationByID.
//
// C: aeron_publication_async_add_destination, aeron_exclusive_publication_async_add_destination
func (p *Publication) AddDestination(ctx context.Context, channel string) (id int64, err error) {
	if p == nil {
		p = &Publication{}
	}
	return p.publicationBase.AddDestination(ctx, channel)
}

// RemoveDestination removes a destination by the channel that it was added with.
//
// C: aeron_publication_async_remove_destination, aeron_exclusive_publication_async_remove_destination
func (p *Publication) RemoveDestination(ctx context.Context, channel string) error {
	if p == nil {
		p = &Publication{}
	}
	return p.publicationBase.RemoveDestination(ctx, channel)
}

// RemoveDestinationByID removes a destination by the id that AddDestination returned.
//
// C: aeron_publication_async_remove_destination_by_id, aeron_exclusive_publication_async_remove_destination_by_id
func (p *Publication) RemoveDestinationByID(ctx context.Context, id int64) error {
	if p == nil {
		p = &Publication{}
	}
	return p.publicationBase.RemoveDestinationByID(ctx, id)
}

// Constants is what does not change. Usable after Close.
//
// C: aeron_publication_constants, aeron_exclusive_publication_constants
func (p *Publication) Constants() PublicationConstants {
	if p == nil {
		p = &Publication{}
	}
	return p.publicationBase.Constants()
}

// IsConnected reports whether at least one subscriber is connected; false when closed.
//
// C: aeron_publication_is_connected, aeron_exclusive_publication_is_connected
func (p *Publication) IsConnected() bool { return p != nil && p.publicationBase.IsConnected() }

// IsClosed reports whether the publication is closed, or its client has given up.
//
// C: aeron_publication_is_closed, aeron_exclusive_publication_is_closed
func (p *Publication) IsClosed() bool { return p == nil || p.publicationBase.IsClosed() }

// Position is how far the stream has been written, in bytes since its beginning. ErrClosed when closed.
//
// C: aeron_publication_position, aeron_exclusive_publication_position
func (p *Publication) Position() (int64, error) {
	if p == nil {
		p = &Publication{}
	}
	return p.publicationBase.Position()
}

// PositionLimit is how far the stream may be written before offers are back pressured. ErrClosed when closed.
//
// C: aeron_publication_position_limit, aeron_exclusive_publication_position_limit
func (p *Publication) PositionLimit() (int64, error) {
	if p == nil {
		p = &Publication{}
	}
	return p.publicationBase.PositionLimit()
}

// ChannelStatus is the state of the channel in the driver. IPC channels have none and are active while open.
//
// C: aeron_publication_channel_status, aeron_exclusive_publication_channel_status
func (p *Publication) ChannelStatus() ChannelStatus {
	if p == nil {
		p = &Publication{}
	}
	return p.publicationBase.ChannelStatus()
}

// Close closes the publication and waits until C has let go of it. Calls in flight are waited for. Claims that are open are not:
// ErrClaimsOutstanding says so, and C keeps the publication until they are resolved or the client is closed. Any goroutine; a
// second call returns nil.
//
// C: aeron_publication_close, aeron_exclusive_publication_close
func (p *Publication) Close() error {
	if p == nil {
		p = &Publication{}
	}
	return p.publicationBase.Close()
}

// LocalAddresses are the addresses "host:port" that the publication sends from; none for IPC, and while the channel is not active.
//
// C: aeron_publication_local_sockaddrs, aeron_exclusive_publication_local_sockaddrs
func (p *ExclusivePublication) LocalAddresses() ([]string, error) {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.publicationBase.LocalAddresses()
}

// DataPath says who reads and writes the publication's log.
func (p *ExclusivePublication) DataPath() DataPath {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.publicationBase.DataPath()
}

// AddDestination adds a destination to a publication with control-mode=manual: what is offered is sent there too. The id is for
// RemoveDestinationByID.
//
// C: aeron_publication_async_add_destination, aeron_exclusive_publication_async_add_destination
func (p *ExclusivePublication) AddDestination(ctx context.Context, channel string) (id int64, err error) {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.publicationBase.AddDestination(ctx, channel)
}

// RemoveDestination removes a destination by the channel that it was added with.
//
// C: aeron_publication_async_remove_destination, aeron_exclusive_publication_async_remove_destination
func (p *ExclusivePublication) RemoveDestination(ctx context.Context, channel string) error {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.publicationBase.RemoveDestination(ctx, channel)
}

// RemoveDestinationByID removes a destination by the id that AddDestination returned.
//
// C: aeron_publication_async_remove_destination_by_id, aeron_exclusive_publication_async_remove_destination_by_id
func (p *ExclusivePublication) RemoveDestinationByID(ctx context.Context, id int64) error {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.publicationBase.RemoveDestinationByID(ctx, id)
}

// Constants is what does not change. Usable after Close.
//
// C: aeron_publication_constants, aeron_exclusive_publication_constants
func (p *ExclusivePublication) Constants() PublicationConstants {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.publicationBase.Constants()
}

// IsConnected reports whether at least one subscriber is connected; false when closed.
//
// C: aeron_publication_is_connected, aeron_exclusive_publication_is_connected
func (p *ExclusivePublication) IsConnected() bool { return p != nil && p.publicationBase.IsConnected() }

// IsClosed reports whether the publication is closed, or its client has given up.
//
// C: aeron_publication_is_closed, aeron_exclusive_publication_is_closed
func (p *ExclusivePublication) IsClosed() bool { return p == nil || p.publicationBase.IsClosed() }

// Position is how far the stream has been written, in bytes since its beginning. ErrClosed when closed.
//
// C: aeron_publication_position, aeron_exclusive_publication_position
func (p *ExclusivePublication) Position() (int64, error) {
	if p == nil || !p.calls.enter() {
		return 0, ErrClosed
	}
	defer p.calls.exit()
	switch {
	case p.log.isClosed():
		return 0, ErrClosed
	case !p.reference:
		return p.log.written(), nil
	case !p.gate.enter(): // C's answer is for the writer alone
		return 0, ErrClosed
	}
	defer p.gate.leave()
	return p.read(rawPublication.position)
}

// PositionLimit is how far the stream may be written before offers are back pressured. ErrClosed when closed.
//
// C: aeron_publication_position_limit, aeron_exclusive_publication_position_limit
func (p *ExclusivePublication) PositionLimit() (int64, error) {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.publicationBase.PositionLimit()
}

// ChannelStatus is the state of the channel in the driver. IPC channels have none and are active while open.
//
// C: aeron_publication_channel_status, aeron_exclusive_publication_channel_status
func (p *ExclusivePublication) ChannelStatus() ChannelStatus {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.publicationBase.ChannelStatus()
}

// Close closes the publication and waits until C has let go of it. Calls in flight are waited for. Claims that are open are not:
// ErrClaimsOutstanding says so, and C keeps the publication until they are resolved or the client is closed. Any goroutine; a
// second call returns nil.
//
// C: aeron_publication_close, aeron_exclusive_publication_close
func (p *ExclusivePublication) Close() error {
	if p == nil {
		p = &ExclusivePublication{}
	}
	return p.publicationBase.Close()
}
