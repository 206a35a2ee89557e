package protocol

import (
	"errors"
	"sync/atomic"
	"time"
)

// Measure runs the publishers and the receiver of a stream side by side, and times them from the first departure to the last arrival.
// Each is called on a goroutine of its own. They end early when stop is set, which is when one of them fails.
func Measure(publishers int, publish func(publisher int, stop *atomic.Bool) error, receive func(stop *atomic.Bool) error) (time.Duration, error) {
	var begin time.Time
	var elapsed time.Duration
	stop := NewStop()
	start := make(chan struct{})
	ended := make(chan error, publishers+1)
	go func() {
		err := receive(stop)
		elapsed = time.Since(begin)
		stop.Store(stop.Load() || err != nil)
		ended <- err
	}()
	for i := range publishers {
		go func() {
			<-start
			err := publish(i, stop)
			stop.Store(stop.Load() || err != nil)
			ended <- err
		}()
	}
	begin = time.Now()
	close(start)
	var errs []error
	for range publishers + 1 {
		errs = append(errs, <-ended)
	}
	return elapsed, errors.Join(errs...)
}

// NewStop is a flag that tells the threads of a run to end early. They look at it in every turn, so it lies apart.
func NewStop() *atomic.Bool {
	var apart struct {
		_    Apart
		stop atomic.Bool
		_    Apart
	}
	return &apart.stop
}

// Share is how many of a run's messages a publisher sends.
func Share(messages, publishers, publisher int) int {
	share := messages / publishers
	if publisher < messages%publishers {
		share++
	}
	return share
}
