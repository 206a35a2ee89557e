// Command ipv6 sends itself a message over IPv6: addresses are in brackets, and all else is as it is with IPv4.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"syscall"

	"github.com/aeroncgo/aeron"
)

func main() {
	ctx, channel := context.Background(), "aeron:udp?endpoint=[::1]:40143"
	drv, err := aeron.Open(aeron.Config{AppID: "example-ipv6"})
	check(err)
	defer drv.Close()
	check(drv.Start(ctx))
	sub, err := drv.AddSubscription(ctx, channel, 10)
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		fmt.Println("this machine has no IPv6:", err)
		return
	}
	check(err)
	pub, err := drv.AddExclusivePublication(ctx, channel, 10)
	check(err)
	check(pub.AwaitReady(ctx))
	check(pub.Publish(ctx, []byte("hello")))
	for msg, err := range sub.Messages(ctx) {
		check(err)
		fmt.Printf("%s over IPv6\n", msg.Data())
		break
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
