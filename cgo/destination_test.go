package cgo_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// change is what the three kinds of change of destinations have in common.
type change interface {
	Poll() (bool, error)
	RegistrationID() int64
}

// changed steps until the driver has answered.
func (r *raw) changed(c change, err error) {
	r.t.Helper()
	require.NoError(r.t, err)
	r.await("the driver's answer", func() bool {
		done, err := c.Poll()
		require.NoError(r.t, err)
		return done
	})
}

func (r *raw) refused(c change, err error) {
	r.t.Helper()
	require.NoError(r.t, err)
	r.await("the driver's answer", func() bool {
		var done bool
		done, err = c.Poll()
		require.False(r.t, done)
		return err != nil
	})
}

func TestDestinations_ofPublications(t *testing.T) {
	type calls struct {
		connected   func() bool
		add, remove func(channel string) (change, error)
		removeByID  func(id int64) (change, error)
	}
	for name, start := range map[string]func(r *raw, channel string) calls{
		"concurrent": func(r *raw, channel string) calls {
			p := r.publication(channel, 7)
			return calls{
				func() bool { return cgo.PublicationIsConnected(p) },
				func(c string) (change, error) { return cgo.PublicationAddDestination(r.client, p, c) },
				func(c string) (change, error) { return cgo.PublicationRemoveDestination(r.client, p, c) },
				func(id int64) (change, error) { return cgo.PublicationRemoveDestinationByID(r.client, p, id) },
			}
		},
		"exclusive": func(r *raw, channel string) calls {
			p := r.exclusive(channel, 7)
			return calls{
				func() bool { return cgo.ExclusivePublicationIsConnected(p) },
				func(c string) (change, error) { return cgo.ExclusivePublicationAddDestination(r.client, p, c) },
				func(c string) (change, error) { return cgo.ExclusivePublicationRemoveDestination(r.client, p, c) },
				func(id int64) (change, error) {
					return cgo.ExclusivePublicationRemoveDestinationByID(r.client, p, id)
				},
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := begin(t, func(c *cgo.DriverContext) {
				require.NoError(t, cgo.DriverContextSetPublicationConnectionTimeout(c, 100_000_000))
				require.NoError(t, cgo.DriverContextSetImageLivenessTimeout(c, 200_000_000))
			})
			c := start(r, "aeron:udp?control-mode=manual|term-length=64k")
			destination := testdriver.UDP(t)
			r.subscription(destination, 7)
			require.False(t, c.connected())
			r.changed(c.add(destination))
			r.await("a connection", c.connected)
			r.changed(c.remove(destination))
			r.await("no connection", func() bool { return !c.connected() })
			request, err := c.add(destination)
			require.NoError(t, err)
			id := request.RegistrationID()
			r.changed(request, nil)
			r.await("a connection", c.connected)
			r.changed(c.removeByID(id))
			r.await("no connection", func() bool { return !c.connected() })
			r.refused(c.add("aeron:ipc"))
			_, err = c.add("a\x00b")
			require.ErrorContains(t, err, "NUL byte")
			_, err = c.remove("a\x00b")
			require.ErrorContains(t, err, "NUL byte")
		})
	}
}

func TestDestinations_ofSubscriptions(t *testing.T) {
	r := begin(t, func(c *cgo.DriverContext) {
		require.NoError(t, cgo.DriverContextSetImageLivenessTimeout(c, 200_000_000))
	})
	s := r.subscription("aeron:udp?control-mode=manual", 7)
	var destinations []string
	for range 2 {
		destinations = append(destinations, testdriver.UDP(t))
		r.changed(cgo.SubscriptionAddDestination(r.client, s, destinations[len(destinations)-1]))
	}
	p := r.publication(fmt.Sprintf("%s|term-length=64k", destinations[1]), 7)
	r.await("an image", func() bool { return cgo.SubscriptionIsConnected(s) && cgo.PublicationIsConnected(p) })
	r.changed(cgo.SubscriptionRemoveDestination(r.client, s, destinations[1]))
	r.await("no image", func() bool { return !cgo.SubscriptionIsConnected(s) })
	r.refused(cgo.SubscriptionAddDestination(r.client, s, "nonsense"))
	_, err := cgo.SubscriptionRemoveDestination(r.client, s, "a\x00b")
	require.ErrorContains(t, err, "NUL byte")
}
