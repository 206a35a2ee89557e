package main

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/lirm/aeron-go/aeron"
	buffers "github.com/lirm/aeron-go/aeron/atomic"
	"github.com/lirm/aeron-go/aeron/logbuffer"

	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

// latency has a pinger and a ponger, each on a thread of its own, and two streams between them.
type latency struct {
	pingSub, pongSub *aeron.Subscription
	pingPub, pongPub *aeron.Publication
	message          []byte
	buffer           *buffers.Buffer
}

func (c contestant) Latency(l protocol.Latency) (protocol.Session, error) {
	s := &latency{message: protocol.NewMessage(l.Length)}
	s.buffer = buffers.MakeBuffer(s.message)
	if err := s.open(c.client, l); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *latency) open(client *aeron.Aeron, l protocol.Latency) (err error) {
	if s.pingSub, err = client.AddSubscription(l.Ping, l.PingStream); err != nil {
		return err
	}
	if s.pongSub, err = client.AddSubscription(l.Pong, l.PongStream); err != nil {
		return err
	}
	if s.pingPub, err = client.AddExclusivePublication(l.Ping, l.PingStream); err != nil {
		return err
	}
	if s.pongPub, err = client.AddExclusivePublication(l.Pong, l.PongStream); err != nil {
		return err
	}
	return await("pinger and ponger", func() bool {
		return s.pingPub.IsConnected() && s.pongPub.IsConnected() && s.pingSub.IsConnected() && s.pongSub.IsConnected()
	})
}

func (s *latency) Run(run protocol.Run) (protocol.Result, error) {
	stop := protocol.NewStop()
	ponged := make(chan error, 1)
	go func() {
		err := s.pong(run.Messages, stop)
		stop.Store(stop.Load() || err != nil)
		ponged <- err
	}()
	pinger := protocol.NewPinger(run)
	err := s.ping(pinger, stop)
	stop.Store(stop.Load() || err != nil)
	if err := errors.Join(err, <-ponged); err != nil {
		return protocol.Result{}, err
	}
	return pinger.Finish()
}

func (s *latency) ping(pinger *protocol.Pinger, stop *atomic.Bool) error {
	wait := idle.Yield()
	handler := func(buffer *buffers.Buffer, offset, length int32, _ *logbuffer.Header) {
		if length < 16 {
			pinger.Pong(nil)
			return
		}
		pinger.PongOf(buffer.GetInt64(offset), buffer.GetInt64(offset+8))
	}
	for !pinger.Done() {
		work := 0
		if pinger.Next(s.message) {
			switch position := s.pingPub.Offer(s.buffer, 0, int32(len(s.message)), nil); {
			case position >= 0:
				pinger.Sent()
				work++
			case position != aeron.BackPressured && position != aeron.AdminAction:
				return fmt.Errorf("offer: %d", position)
			}
		}
		work += s.pongSub.Poll(handler, fragmentLimit)
		if stop.Load() {
			return errStopped
		}
		wait.Idle(work)
	}
	return nil
}

func (s *latency) pong(count int, stop *atomic.Bool) error {
	wait := idle.Yield()
	var echo struct {
		_      protocol.Apart // the pinger writes next to it
		done   int
		failed error
		_      protocol.Apart
	}
	handler := func(buffer *buffers.Buffer, offset, length int32, _ *logbuffer.Header) {
		echo.done++
		for echo.failed == nil {
			position := s.pongPub.Offer(buffer, offset, length, nil)
			if position >= 0 {
				return
			}
			if stop.Load() {
				echo.failed = errStopped
				return
			}
			echo.failed = refused(position, wait)
		}
	}
	for echo.done < count && echo.failed == nil {
		n := s.pingSub.Poll(handler, fragmentLimit)
		if stop.Load() {
			return errStopped
		}
		wait.Idle(n)
	}
	return echo.failed
}

func (s *latency) Close() error {
	var errs []error
	for _, pub := range []*aeron.Publication{s.pingPub, s.pongPub} {
		if pub != nil {
			errs = append(errs, pub.Close())
		}
	}
	for _, sub := range []*aeron.Subscription{s.pingSub, s.pongSub} {
		if sub != nil {
			errs = append(errs, sub.Close())
		}
	}
	return errors.Join(errs...)
}
