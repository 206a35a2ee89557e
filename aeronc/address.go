package aeronc

import "github.com/aeroncgo/aeron/cgo"

// allAddresses asks with more and more room, until what C finds leaves some.
func allAddresses(ask func(limit int) ([]string, error)) ([]string, error) {
	for limit := 4; ; limit *= 2 {
		found, err := ask(limit)
		if err != nil {
			return nil, fromC("local addresses", err)
		}
		if len(found) < limit || limit > 1<<12 {
			return found, nil
		}
	}
}

// LocalAddresses are the addresses "host:port" that the publication sends from; none for IPC, and while the channel is not active.
//
// C: aeron_publication_local_sockaddrs, aeron_exclusive_publication_local_sockaddrs
func (p *publicationBase) LocalAddresses() ([]string, error) {
	if p == nil || p.client == nil {
		return nil, ErrClosed
	}
	if !p.calls.enter() {
		return nil, ErrClosed
	}
	defer p.calls.exit()
	return allAddresses(p.raw.localAddresses)
}

// LocalAddresses are the addresses "host:port" that the subscription is bound to; none for IPC, and while the channel is not active.
// It waits for a poll that is running; inside a handler it returns ErrBusy.
//
// C: aeron_subscription_local_sockaddrs
func (s *Subscription) LocalAddresses() ([]string, error) {
	if s == nil || s.client == nil {
		return nil, ErrClosed
	}
	if err := s.acquire(); err != nil {
		return nil, err
	}
	defer s.release()
	return allAddresses(func(limit int) ([]string, error) { return cgo.SubscriptionLocalAddresses(s.raw, limit) })
}

// ResolvedEndpoint is the address "host:port" that the channel's endpoint is bound to, "" for IPC and while the channel is not active.
// It waits for a poll that is running; inside a handler it returns ErrBusy.
//
// C: aeron_subscription_resolved_endpoint
func (s *Subscription) ResolvedEndpoint() (string, error) {
	if s == nil || s.client == nil {
		return "", ErrClosed
	}
	return s.resolve(cgo.SubscriptionResolvedEndpoint)
}

// TryResolveChannelEndpointPort is the channel with the port that the system chose where the endpoint has port 0, for others to publish
// to; the channel as it is where it names a port; and "" while none is bound. It waits for a poll that is running; inside a handler it
// returns ErrBusy.
//
// C: aeron_subscription_try_resolve_channel_endpoint_port
func (s *Subscription) TryResolveChannelEndpointPort() (string, error) {
	if s == nil || s.client == nil {
		return "", ErrClosed
	}
	return s.resolve(cgo.SubscriptionTryResolveChannelEndpointPort)
}

func (s *Subscription) resolve(f func(cgo.Subscription) (string, error)) (string, error) {
	if err := s.acquire(); err != nil {
		return "", err
	}
	defer s.release()
	text, err := f(s.raw)
	if err != nil {
		e := fromC("resolve endpoint", err)
		e.Channel, e.StreamID = s.channel, s.info.StreamID
		return "", e
	}
	return text, nil
}
