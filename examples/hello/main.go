// Command hello sends itself a message over UDP, through a media driver that runs in its own process.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/aeroncgo/aeron"
)

func main() {
	ctx, channel := context.Background(), "aeron:udp?endpoint=127.0.0.1:40123"
	drv, err := aeron.Open(aeron.Config{AppID: "hello"})
	check(err)
	defer drv.Close()
	check(drv.Start(ctx)) // the embedded C driver, and a client of it
	sub, err := drv.AddSubscription(ctx, channel, 10)
	check(err)
	pub, err := drv.AddExclusivePublication(ctx, channel, 10)
	check(err)
	check(pub.AwaitReady(ctx))                // a subscriber is connected, and the window is open
	check(pub.Publish(ctx, []byte("hello")))  // waits for as long as receivers are behind
	for msg, err := range sub.Messages(ctx) { // leaving the loop consumes what it has seen
		check(err)
		fmt.Printf("%s, %d bytes into the stream\n", msg.Data(), msg.Position())
		break
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
