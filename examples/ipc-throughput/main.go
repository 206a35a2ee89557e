// Command ipc-throughput offers small messages over shared memory for a second while another goroutine polls them, and prints how
// many got across. It shows the loops that a program writes which cannot wait: Offer and Poll never block, and an idle strategy says
// what a thread does when there is nothing to do.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	drv, err := aeron.Open(aeron.Config{AppID: "ipc-throughput"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drv.Close()) }()
	if err := drv.Start(ctx); err != nil {
		return err
	}
	sub, err := drv.AddSubscription(ctx, "aeron:ipc", 10)
	if err != nil {
		return err
	}
	pub, err := drv.AddExclusivePublication(ctx, "aeron:ipc", 10)
	if err != nil {
		return err
	}
	if err := pub.AwaitReady(ctx); err != nil {
		return err
	}

	start := time.Now()
	sent := make(chan int64, 1)
	go func() {
		message, wait := make([]byte, 32), idle.Backoff()
		var n int64
		for time.Since(start) < time.Second {
			if _, err := pub.Offer(message); err != nil {
				wait.Idle(0) // back pressure: the receiver is a whole window behind
				continue
			}
			n++
		}
		sent <- n
	}()

	var received, total int64 = 0, -1
	for wait := idle.Backoff(); received != total && ctx.Err() == nil; {
		n, err := sub.Poll(func(aeron.Fragment) { received++ }, 256)
		if err != nil {
			return err
		}
		wait.Idle(n)
		select {
		case total = <-sent:
		default:
		}
	}
	if received != total {
		return fmt.Errorf("%d messages were sent and %d received: %w", total, received, context.Cause(ctx))
	}
	fmt.Printf("%d messages, all received: %.1f million a second\n", total, float64(total)/time.Since(start).Seconds()/1e6)
	return nil
}
