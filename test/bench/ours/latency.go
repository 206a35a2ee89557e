package main

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

// latency has a pinger and a ponger, each on a thread of its own, and two streams between them.
type latency struct {
	pingSub, pongSub *aeron.Subscription
	pingPub, pongPub *aeron.ExclusivePublication
	message          []byte
}

func (c contestant) Latency(l protocol.Latency) (protocol.Session, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s := &latency{message: protocol.NewMessage(l.Length)}
	if err := s.open(ctx, c.drv, l); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *latency) open(ctx context.Context, drv *aeron.Driver, l protocol.Latency) (err error) {
	if s.pingSub, err = drv.AddSubscription(ctx, l.Ping, l.PingStream); err != nil {
		return err
	}
	if s.pongSub, err = drv.AddSubscription(ctx, l.Pong, l.PongStream); err != nil {
		return err
	}
	if s.pingPub, err = drv.AddExclusivePublication(ctx, l.Ping, l.PingStream); err != nil {
		return err
	}
	if s.pongPub, err = drv.AddExclusivePublication(ctx, l.Pong, l.PongStream); err != nil {
		return err
	}
	return errors.Join(s.pingPub.AwaitReady(ctx), s.pongPub.AwaitReady(ctx), s.pingSub.AwaitReady(ctx), s.pongSub.AwaitReady(ctx))
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
	handler := func(f aeron.Fragment) { pinger.Pong(f.Data()) }
	for !pinger.Done() {
		work := 0
		if pinger.Next(s.message) {
			if _, err := s.pingPub.Offer(s.message); err == nil {
				pinger.Sent()
				work++
			} else if !errors.Is(err, aeron.ErrBackPressured) && !errors.Is(err, aeron.ErrAdminAction) {
				return err
			}
		}
		n, err := s.pongSub.Poll(handler, fragmentLimit)
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

func (s *latency) pong(count int, stop *atomic.Bool) error {
	wait := idle.Yield()
	var echo struct {
		_      protocol.Apart // the pinger writes next to it
		done   int
		failed error
		_      protocol.Apart
	}
	handler := func(f aeron.Fragment) {
		echo.done++
		for echo.failed == nil {
			_, err := s.pongPub.Offer(f.Data())
			if err == nil {
				return
			}
			if stop.Load() || !errors.Is(err, aeron.ErrBackPressured) && !errors.Is(err, aeron.ErrAdminAction) {
				echo.failed = err
			}
			wait.Idle(0)
		}
	}
	for echo.done < count && echo.failed == nil {
		n, err := s.pingSub.Poll(handler, fragmentLimit)
		if err != nil {
			return err
		}
		if stop.Load() {
			return errStopped
		}
		wait.Idle(n)
	}
	return echo.failed
}

func (s *latency) Close() error {
	var errs []error
	for _, pub := range []*aeron.ExclusivePublication{s.pingPub, s.pongPub} {
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
