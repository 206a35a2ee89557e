package aeron_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aeroncgo/aeron"
)

// For loops that have many messages at hand: they share the cost of one append.
func ExampleBatch() {
	drv := exampleDriver(aeron.Config{AppID: "example-batch"})
	defer drv.Close()
	sub := exampleSubscription(drv, "aeron:ipc", 10)
	pub := examplePublication(drv, "aeron:ipc", 10)
	orEnd(pub.AwaitReady(context.Background()))
	batch := aeron.NewBatch(pub, 64<<10)
	for _, text := range []string{"one", "two", "three"} {
		orEnd(batch.Add([]byte(text))) // ErrBatchFull: flush first
	}
	for batch.Len() > 0 {
		n, err := batch.Flush() // never waits; what is not out stays in the batch
		if err != nil && !errors.Is(err, aeron.ErrBackPressured) && !errors.Is(err, aeron.ErrAdminAction) {
			orEnd(err)
		}
		fmt.Println(n, "are out")
	}
	fmt.Println(next(sub), next(sub), next(sub))
	// Output:
	// 3 are out
	// one two three
}

// Where messages come one by one, from any goroutine: it flushes itself, by bytes, by count, or after a millisecond.
func ExampleWriter() {
	ctx := context.Background()
	drv := exampleDriver(aeron.Config{AppID: "example-writer"})
	defer drv.Close()
	sub := exampleSubscription(drv, "aeron:ipc", 10)
	w := aeron.NewWriter(ctx, examplePublication(drv, "aeron:ipc", 10), aeron.WriterOptions{Count: 100})
	for _, text := range []string{"one", "two", "three"} {
		_, err := fmt.Fprint(w, text) // each Write is a message
		orEnd(err)
	}
	orEnd(w.Close()) // sends the rest
	fmt.Println(next(sub), next(sub), next(sub))
	// Output: one two three
}

// For the moment when something is odd: what a publication waits for, and who limits it.
func ExamplePublication_Explain() {
	ctx := context.Background()
	drv := exampleDriver(aeron.Config{AppID: "example-explain"})
	defer drv.Close()
	pub, err := drv.AddPublication(ctx, "aeron:ipc", 10)
	orEnd(err)
	fmt.Println(pub.Explain())

	exampleSubscription(drv, "aeron:ipc", 10) // and nobody reads it
	orEnd(pub.AwaitReady(ctx))
	for err == nil || errors.Is(err, aeron.ErrAdminAction) {
		_, err = pub.Offer(make([]byte, 1000))
	}
	why := pub.Explain()
	fmt.Printf("%s by %s: %t\n", why.State, why.Limiter, why.Slowest.Lag > 1_000_000)
	// Output:
	// not ready: no subscriber
	// back-pressured by subscriber: true
}

// A number of the program's own, among the driver's: every tool that shows a driver shows it, aerongo stat for one.
func ExampleCounter() {
	drv := exampleDriver(aeron.Config{AppID: "example-counter"})
	defer drv.Close()
	orders, err := drv.AddCounter(context.Background(), 2000, nil, "orders") // ids of types from 1000 on are free
	orEnd(err)
	orEnd(orders.Set(40))
	now, err := orders.Add(2)
	orEnd(err)
	fmt.Println(now)
	for record := range drv.Counters() {
		if record.ID == orders.ID() {
			fmt.Println(record.Label, record.Value)
		}
	}
	// Output:
	// 42
	// orders 42
}
