package interop

import (
	"fmt"
	"testing"
)

// transport is a kind of channel.
type transport struct {
	oneDriver bool // publisher and subscriber must share one
	// subscribe adds the subscription ID-sub, and publish the publication ID-pub.
	subscribe func(t *testing.T, s *scene)
	publish   func(t *testing.T, s *scene, l load)
}

// In the order in which cases are made.
var transportNames = []string{"ipc", "udp", "udp6", "multicast", "mdc-dynamic", "mdc-manual", "mds", "spy", "response"}

// The logs of the publications: these lengths, and sparse, since a test of them would soon fill a small /dev/shm.
func (l load) parameters() string {
	return fmt.Sprintf("mtu=%d|term-length=%d|sparse=true", mtu, l.termLength)
}

var transports = map[string]transport{
	"ipc": plain(true,
		func(*scene) string { return "aeron:ipc" },
		func(_ *scene, l load) string { return "aeron:ipc?" + l.parameters() }),
	"udp": plain(false,
		func(s *scene) string { return fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", s.port) },
		func(s *scene, l load) string {
			return fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|%s", s.port, l.parameters())
		}),
	"udp6": plain(false,
		func(s *scene) string { return fmt.Sprintf("aeron:udp?endpoint=[::1]:%d", s.port) },
		func(s *scene, l load) string {
			return fmt.Sprintf("aeron:udp?endpoint=[::1]:%d|%s", s.port, l.parameters())
		}),
	"multicast": plain(false,
		func(s *scene) string {
			return fmt.Sprintf("aeron:udp?endpoint=224.20.30.39:%d|interface=localhost|ttl=0", s.port)
		},
		func(s *scene, l load) string {
			return fmt.Sprintf("aeron:udp?endpoint=224.20.30.39:%d|interface=localhost|ttl=0|%s", s.port, l.parameters())
		}),
	"mdc-dynamic": plain(false,
		func(s *scene) string {
			return fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|control=127.0.0.1:%d|control-mode=dynamic", s.port, s.control)
		},
		func(s *scene, l load) string {
			return fmt.Sprintf("aeron:udp?control=127.0.0.1:%d|control-mode=dynamic|%s", s.control, l.parameters())
		}),
	"spy": plain(true,
		func(s *scene) string { return fmt.Sprintf("aeron-spy:aeron:udp?endpoint=127.0.0.1:%d", s.port) },
		func(s *scene, l load) string {
			return fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|ssc=true|%s", s.port, l.parameters())
		}),
	"mdc-manual": {
		subscribe: func(t *testing.T, s *scene) {
			t.Helper()
			s.addSubscription(t, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", s.port))
		},
		publish: func(t *testing.T, s *scene, l load) {
			t.Helper()
			s.addPublication(t, fmt.Sprintf("aeron:udp?control=127.0.0.1:%d|control-mode=manual|%s", s.control, l.parameters()), l)
			s.publisherPeer().do(t, "dest", s.id+"-pub", fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", s.port))
		},
	},
	"mds": {
		subscribe: func(t *testing.T, s *scene) {
			t.Helper()
			s.addSubscription(t, "aeron:udp?control-mode=manual")
			s.subscriberPeer().do(t, "dest", s.id+"-sub", fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", s.port))
		},
		publish: func(t *testing.T, s *scene, l load) {
			t.Helper()
			s.addPublication(t, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|%s", s.port, l.parameters()), l)
		},
	},
	// The subscriber asks on a stream of its own, and the publisher answers to whom the question came from: see converse.
	"response": {
		subscribe: func(t *testing.T, s *scene) {
			t.Helper()
			s.publisherPeer().do(t, "sub", s.id+"-questions", "c-"+s.pubDriver, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", s.port), s.stream)
			answers := s.addSubscription(t, fmt.Sprintf("aeron:udp?control=127.0.0.1:%d|control-mode=response", s.control))
			s.sessions[s.id+"-ask"] = s.subscriberPeer().do(t, "pub", s.id+"-ask", "c-"+s.subDriver,
				fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|response-correlation-id=%s", s.port, answers), s.stream, "exclusive")["session"]
		},
		publish: func(t *testing.T, s *scene, l load) {
			t.Helper()
			image := s.publisherPeer().do(t, "image", s.id+"-questions")
			s.addPublication(t, fmt.Sprintf("aeron:udp?control=127.0.0.1:%d|control-mode=response|response-correlation-id=%s|%s",
				s.control, image["correlation"], l.parameters()), l)
		},
	},
}

// plain is a transport of which all is said in two channels.
func plain(oneDriver bool, subscription func(*scene) string, publication func(*scene, load) string) transport {
	return transport{
		oneDriver: oneDriver,
		subscribe: func(t *testing.T, s *scene) {
			t.Helper()
			s.addSubscription(t, subscription(s))
		},
		publish: func(t *testing.T, s *scene, l load) {
			t.Helper()
			s.addPublication(t, publication(s, l), l)
		},
	}
}

// addSubscription gives the subscription's registration id.
func (s *scene) addSubscription(t *testing.T, channel string) string {
	t.Helper()
	return s.subscriberPeer().do(t, "sub", s.id+"-sub", "c-"+s.subDriver, channel, s.stream)["registration"]
}

func (s *scene) addPublication(t *testing.T, channel string, l load) {
	t.Helper()
	s.sessions[s.id+"-pub"] = s.publisherPeer().do(t, "pub", s.id+"-pub", "c-"+s.pubDriver, channel, s.stream, l.kind)["session"]
}
