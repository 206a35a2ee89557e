package aeron

import "context"

// AddDestination adds a destination to a publication with control-mode=manual: what is offered is sent there too. The id is for
// RemoveDestinationByID.
//
// C: aeron_publication_async_add_destination, aeron_exclusive_publication_async_add_destination
func (p *sending) AddDestination(ctx context.Context, channel string) (id int64, err error) {
	if p == nil || p.raw == nil {
		return 0, ErrClosed
	}
	defer p.driver.entry.adding("add destination", channel, p.StreamID())(&err)
	return p.raw.AddDestination(ctx, channel)
}

// RemoveDestination removes a destination by the channel that it was added with.
//
// C: aeron_publication_async_remove_destination, aeron_exclusive_publication_async_remove_destination
func (p *sending) RemoveDestination(ctx context.Context, channel string) (err error) {
	if p == nil || p.raw == nil {
		return ErrClosed
	}
	defer p.driver.entry.adding("remove destination", channel, p.StreamID())(&err)
	return p.raw.RemoveDestination(ctx, channel)
}

// RemoveDestinationByID removes a destination by the id that AddDestination returned.
//
// C: aeron_publication_async_remove_destination_by_id, aeron_exclusive_publication_async_remove_destination_by_id
func (p *sending) RemoveDestinationByID(ctx context.Context, id int64) (err error) {
	if p == nil || p.raw == nil {
		return ErrClosed
	}
	defer p.driver.entry.adding("remove destination", p.Channel(), p.StreamID())(&err)
	return p.raw.RemoveDestinationByID(ctx, id)
}

// LocalAddresses are the addresses "host:port" that the publication sends from; none for IPC.
//
// C: aeron_publication_local_sockaddrs, aeron_exclusive_publication_local_sockaddrs
func (p *sending) LocalAddresses() ([]string, error) {
	if p == nil || p.raw == nil {
		return nil, ErrClosed
	}
	return p.raw.LocalAddresses()
}

// Revoke ends the stream at once: subscribers drop what they have not consumed. It closes the publication.
//
// C: aeron_exclusive_publication_revoke
func (p *ExclusivePublication) Revoke() error {
	if p == nil || p.raw == nil {
		return ErrClosed
	}
	if err := p.c.RevokeOnClose(); err != nil {
		return p.fail("revoke", err)
	}
	return p.Close()
}

// AddDestination adds a destination to a subscription with control-mode=manual: what is sent there is received too.
//
// C: aeron_subscription_async_add_destination
func (s *Subscription) AddDestination(ctx context.Context, channel string) (id int64, err error) {
	if s == nil || s.raw == nil {
		return 0, ErrClosed
	}
	defer s.driver.entry.adding("add destination", channel, s.StreamID())(&err)
	return s.raw.AddDestination(ctx, channel)
}

// RemoveDestination removes a destination by the channel that it was added with.
//
// C: aeron_subscription_async_remove_destination
func (s *Subscription) RemoveDestination(ctx context.Context, channel string) (err error) {
	if s == nil || s.raw == nil {
		return ErrClosed
	}
	defer s.driver.entry.adding("remove destination", channel, s.StreamID())(&err)
	return s.raw.RemoveDestination(ctx, channel)
}

// LocalAddresses are the addresses "host:port" that the subscription is bound to; none for IPC.
//
// C: aeron_subscription_local_sockaddrs
func (s *Subscription) LocalAddresses() ([]string, error) {
	if s == nil || s.raw == nil {
		return nil, ErrClosed
	}
	return s.raw.LocalAddresses()
}

// ResolvedChannel is the channel with the port that the system chose where the endpoint has port 0, for others to publish to; the channel
// as it is where it names a port; and "" while none is bound.
//
// C: aeron_subscription_try_resolve_channel_endpoint_port
func (s *Subscription) ResolvedChannel() (string, error) {
	if s == nil || s.raw == nil {
		return "", ErrClosed
	}
	return s.raw.TryResolveChannelEndpointPort()
}
