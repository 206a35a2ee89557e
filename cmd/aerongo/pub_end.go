package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/aeroncgo/aeron/cmd/aerongo/internal/drain"
)

// lookEvery is how often the counters are looked at.
const lookEvery = 2 * time.Millisecond

// quiet is how long nothing may have moved before a receiver on another driver counts as having everything: three of its status
// messages, six of the sender's heartbeats.
const quiet = 600 * time.Millisecond

// drain waits until everything is consumed, as far as that can be known. It reports whether it did: with --linger 0s it does not.
func (p *publisher) drain(ctx context.Context, watch *drain.Watch, position int64) (bool, error) {
	if p.options.linger == 0 {
		return false, nil
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var last drain.Progress
	consumedAt, activeAt, connectedAt := time.Now(), time.Now(), time.Now()
	for several := severalReceivers(p.options.channel); ; {
		if p.pub.IsConnected() { // first, so that a subscriber that leaves is looked at once more
			connectedAt = time.Now()
		}
		now, err := watch.Look(position)
		if err != nil {
			return false, err
		}
		if now.Activity != last.Activity {
			activeAt = time.Now()
		}
		if now.Consumed > last.Consumed {
			consumedAt = time.Now()
		}
		last = now
		switch {
		case now.Certain && !several:
			return true, nil
		case now.Done && time.Since(activeAt) > quiet:
			return true, nil
		case !now.Done && time.Since(connectedAt) > absence:
			return false, fmt.Errorf("the subscribers left with %d of %d bytes of the stream consumed", now.Consumed, position)
		case !now.Done && time.Since(consumedAt) > p.options.linger:
			return false, fmt.Errorf("subscribers stand still at %d of %d bytes of the stream: gave up after %v (--linger)",
				now.Consumed, position, p.options.linger)
		}
		if err := p.pause(ctx, tick); err != nil {
			return false, err
		}
	}
}

// farewellTime is how long a farewell may take: longer than the driver lingers for a receiver that has gone in silence.
const farewellTime = 8 * time.Second

// farewell closes the publication and keeps the driver, which is ours, until the subscribers know of the end: they would take its
// disappearance for a failure, or miss the end for the ten seconds of the image liveness timeout.
func (p *publisher) farewell(ctx context.Context, watch *drain.Watch) error {
	if err := p.pub.Close(); err != nil {
		return err
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var status int64
	heardAt := time.Now()
	for begun := time.Now(); time.Since(begun) < farewellTime; {
		left, err := watch.Left()
		if err != nil {
			return err
		}
		if left.Status != status {
			status, heardAt = left.Status, time.Now()
		}
		if left.Subscribers == 0 && (!left.Sending || time.Since(heardAt) > quiet) {
			return nil
		}
		if err := p.pause(ctx, tick); err != nil {
			return err
		}
	}
	return nil
}

func (p *publisher) pause(ctx context.Context, tick *time.Ticker) error {
	select {
	case <-tick.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-p.lost:
		return lost(p.drv)
	}
}

// severalReceivers reports whether a channel can have receivers on more than one driver: multicast or multi-destination.
func severalReceivers(channel string) bool {
	_, parameters, _ := strings.Cut(channel, "?")
	for parameter := range strings.SplitSeq(parameters, "|") {
		name, value, _ := strings.Cut(parameter, "=")
		switch name {
		case "control-mode":
			return value != "response"
		case "endpoint":
			host, _, err := net.SplitHostPort(value)
			if err != nil {
				host = value
			}
			if address, err := netip.ParseAddr(host); err == nil && address.IsMulticast() {
				return true
			}
		}
	}
	return false
}
