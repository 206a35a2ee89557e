package aeron_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aeroncgo/aeron"
)

// A driver in this process, a publisher and a subscriber, and one message between them over UDP on this machine.
func Example() {
	ctx := context.Background()
	drv, err := aeron.Open(aeron.Config{AppID: "hello"}) // equal settings, same driver; nothing runs yet
	if err != nil {
		log.Fatal(err)
	}
	defer drv.Close()
	if err := drv.Start(ctx); err != nil { // the embedded C driver and a client of it
		log.Fatal(err)
	}

	sub, err := drv.AddSubscription(ctx, "aeron:udp?endpoint=127.0.0.1:40123", 10)
	if err != nil {
		log.Fatal(err)
	}
	pub, err := drv.AddExclusivePublication(ctx, "aeron:udp?endpoint=127.0.0.1:40123", 10)
	if err != nil {
		log.Fatal(err)
	}
	if err := pub.AwaitReady(ctx); err != nil { // connected, and the window is open
		log.Fatal(err)
	}

	if err := pub.Publish(ctx, []byte("hello")); err != nil { // waits politely through back pressure; ctx ends it
		log.Fatal(err)
	}
	for msg, err := range sub.Messages(ctx) { // whole messages; break commits exactly what was consumed
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s, %d bytes into the stream\n", msg.Data(), msg.Position())
		break
	}
	// Output: hello, 64 bytes into the stream
}
