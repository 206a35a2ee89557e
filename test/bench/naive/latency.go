//go:build cgo && !asan && !aeron_pkgconfig

package main

import (
	"errors"
	"sync/atomic"

	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

// latency has a pinger and a ponger, each on a thread of its own, and two streams between them. A subscription has its handler from the
// beginning, and so that goes to whoever the run has.
type latency struct {
	pingSub, pongSub *subscription
	pingPub, pongPub *publication
	message          []byte
	pinger           *protocol.Pinger
	ponger           *ponger
}

// ponger counts apart from the pinger.
type ponger struct {
	_      protocol.Apart
	done   int
	failed error
	wait   idle.Strategy
	stop   *atomic.Bool
	_      protocol.Apart
}

func (c contestant) Latency(l protocol.Latency) (protocol.Session, error) {
	s := &latency{message: protocol.NewMessage(l.Length)}
	if err := s.open(c.client, l); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *latency) open(cl *client, l protocol.Latency) (err error) {
	if s.pingSub, err = cl.addSubscription(l.Ping, l.PingStream, s.onPing); err != nil {
		return err
	}
	if s.pongSub, err = cl.addSubscription(l.Pong, l.PongStream, func(m []byte) { s.pinger.Pong(m) }); err != nil {
		return err
	}
	if s.pingPub, err = cl.addPublication(l.Ping, l.PingStream, true); err != nil {
		return err
	}
	if s.pongPub, err = cl.addPublication(l.Pong, l.PongStream, true); err != nil {
		return err
	}
	return errors.Join(s.pingPub.awaitConnected(), s.pongPub.awaitConnected(), s.pingSub.awaitConnected(), s.pongSub.awaitConnected())
}

func (s *latency) Run(run protocol.Run) (protocol.Result, error) {
	stop := protocol.NewStop()
	s.pinger, s.ponger = protocol.NewPinger(run), &ponger{wait: idle.Yield(), stop: stop}
	ponged := make(chan error, 1)
	go func() {
		err := s.pong(run.Messages)
		stop.Store(stop.Load() || err != nil)
		ponged <- err
	}()
	err := s.ping(stop)
	stop.Store(stop.Load() || err != nil)
	if err := errors.Join(err, <-ponged); err != nil {
		return protocol.Result{}, err
	}
	return s.pinger.Finish()
}

func (s *latency) ping(stop *atomic.Bool) error {
	wait := idle.Yield()
	for pinger := s.pinger; !pinger.Done(); {
		work := 0
		if pinger.Next(s.message) {
			offered, _, err := s.pingPub.offer(s.message)
			if err != nil {
				return err
			}
			if offered {
				pinger.Sent()
				work++
			}
		}
		n, err := s.pongSub.poll()
		if err != nil {
			return err
		}
		if stop.Load() {
			return errStopped
		}
		wait.Idle(work + n)
	}
	return nil
}

func (s *latency) onPing(message []byte) {
	p := s.ponger
	p.done++
	if p.failed == nil {
		p.failed = send(s.pongPub, message, p.wait, p.stop.Load)
	}
}

func (s *latency) pong(count int) error {
	p := s.ponger
	for p.done < count && p.failed == nil {
		n, err := s.pingSub.poll()
		if err != nil {
			return err
		}
		if p.stop.Load() {
			return errStopped
		}
		p.wait.Idle(n)
	}
	return p.failed
}

func (s *latency) Close() error {
	for _, pub := range []*publication{s.pingPub, s.pongPub} {
		if pub != nil {
			pub.close()
		}
	}
	for _, sub := range []*subscription{s.pingSub, s.pongSub} {
		if sub != nil {
			sub.close()
		}
	}
	return nil
}
