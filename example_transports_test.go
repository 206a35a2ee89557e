package aeron_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/aeroncgo/aeron"
)

// What the examples of transports have in common: a driver, a message sent, and one received. The channels are what they are about.

func orEnd(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func exampleDriver(cfg aeron.Config) *aeron.Driver {
	drv, err := aeron.Open(cfg)
	orEnd(err)
	orEnd(drv.Start(context.Background()))
	return drv
}

func exampleSubscription(drv *aeron.Driver, channel string, stream int32) *aeron.Subscription {
	sub, err := drv.AddSubscription(context.Background(), channel, stream)
	orEnd(err)
	return sub
}

func examplePublication(drv *aeron.Driver, channel string, stream int32) *aeron.ExclusivePublication {
	pub, err := drv.AddExclusivePublication(context.Background(), channel, stream)
	orEnd(err)
	return pub
}

// send waits until somebody receives, and publishes.
func send(pub *aeron.ExclusivePublication, text string) {
	ctx := context.Background()
	orEnd(pub.AwaitReady(ctx))
	orEnd(pub.Publish(ctx, []byte(text)))
}

// next waits for a message.
func next(sub *aeron.Subscription) string {
	for msg, err := range sub.Messages(context.Background()) {
		orEnd(err)
		return string(msg.Data())
	}
	return ""
}

// Between the programs of one machine, through shared memory: every subscription of the stream gets every message.
func Example_ipc() {
	drv := exampleDriver(aeron.Config{AppID: "example-ipc"})
	defer drv.Close()
	one, other := exampleSubscription(drv, "aeron:ipc", 10), exampleSubscription(drv, "aeron:ipc", 10)
	pub := examplePublication(drv, "aeron:ipc", 10)
	send(pub, "hello")
	fmt.Println(next(one), next(other))
	// Output: hello hello
}

// To one address: the subscriber binds it, the publisher sends there.
func Example_udpUnicast() {
	drv := exampleDriver(aeron.Config{AppID: "example-unicast"})
	defer drv.Close()
	sub := exampleSubscription(drv, "aeron:udp?endpoint=127.0.0.1:40131", 10)
	pub := examplePublication(drv, "aeron:udp?endpoint=127.0.0.1:40131", 10)
	send(pub, "hello")
	fmt.Println(next(sub))
	// Output: hello
}

// To a group, whose odd addresses are for data: an interface says which network it is on, here this machine's own.
func Example_multicast() {
	drv := exampleDriver(aeron.Config{AppID: "example-multicast"})
	defer drv.Close()
	const channel = "aeron:udp?endpoint=224.20.30.41:40132|interface=localhost|ttl=0"
	sub := exampleSubscription(drv, channel, 10)
	pub := examplePublication(drv, channel, 10)
	send(pub, "to the group")
	fmt.Println(next(sub))
	// Output: to the group
}

// Multi-destination-cast: one publication for several unicast receivers, which the publisher names.
func Example_mdcManual() {
	ctx := context.Background()
	drv := exampleDriver(aeron.Config{AppID: "example-mdc-manual"})
	defer drv.Close()
	one := exampleSubscription(drv, "aeron:udp?endpoint=127.0.0.1:40133", 10)
	other := exampleSubscription(drv, "aeron:udp?endpoint=127.0.0.1:40134", 10)
	pub := examplePublication(drv, "aeron:udp?control-mode=manual", 10)
	for _, receiver := range []string{"aeron:udp?endpoint=127.0.0.1:40133", "aeron:udp?endpoint=127.0.0.1:40134"} {
		_, err := pub.AddDestination(ctx, receiver)
		orEnd(err)
	}
	orEnd(other.AwaitReady(ctx)) // the publication is ready when the first one is
	send(pub, "to both")
	fmt.Println(next(one), "-", next(other))
	orEnd(pub.RemoveDestination(ctx, "aeron:udp?endpoint=127.0.0.1:40134"))
	// Output: to both - to both
}

// Multi-destination-cast where receivers come and go: they tell the publisher's control address where they are.
func Example_mdcDynamic() {
	drv := exampleDriver(aeron.Config{AppID: "example-mdc-dynamic"})
	defer drv.Close()
	pub := examplePublication(drv, "aeron:udp?control-mode=dynamic|control=127.0.0.1:40135", 10)
	sub := exampleSubscription(drv, "aeron:udp?control-mode=dynamic|control=127.0.0.1:40135|endpoint=127.0.0.1:40136", 10)
	send(pub, "to whoever is there")
	fmt.Println(next(sub))
	// Output: to whoever is there
}

// A multi-destination subscription receives from several addresses at once: here the same stream by two ways.
func Example_mds() {
	ctx := context.Background()
	drv := exampleDriver(aeron.Config{AppID: "example-mds"})
	defer drv.Close()
	sub := exampleSubscription(drv, "aeron:udp?control-mode=manual", 10)
	for _, channel := range []string{"aeron:udp?endpoint=127.0.0.1:40137", "aeron:udp?endpoint=127.0.0.1:40138"} {
		_, err := sub.AddDestination(ctx, channel)
		orEnd(err)
		send(examplePublication(drv, channel, 10), "by "+channel[len(channel)-5:])
		fmt.Println(next(sub))
	}
	// Output:
	// by 40137
	// by 40138
}

// A spy reads what a publication of its own driver sends, without the network. With SpiesSimulateConnection it may be all the audience.
func Example_spy() {
	drv := exampleDriver(aeron.Config{AppID: "example-spy", SpiesSimulateConnection: true})
	defer drv.Close()
	spy := exampleSubscription(drv, "aeron-spy:aeron:udp?endpoint=127.0.0.1:40139", 10)
	pub := examplePublication(drv, "aeron:udp?endpoint=127.0.0.1:40139", 10)
	send(pub, "overheard")
	fmt.Println(next(spy))
	// Output: overheard
}

// A tag is a short name of a channel that the same client has: two streams of it share a socket.
func Example_tagged() {
	drv := exampleDriver(aeron.Config{AppID: "example-tagged"})
	defer drv.Close()
	orders := exampleSubscription(drv, "aeron:udp?endpoint=127.0.0.1:40140|tags=1001", 10)
	fills := exampleSubscription(drv, "aeron:udp?tags=1001", 11)
	send(examplePublication(drv, "aeron:udp?endpoint=127.0.0.1:40140", 10), "an order")
	send(examplePublication(drv, "aeron:udp?endpoint=127.0.0.1:40140", 11), "a fill")
	fmt.Println(next(orders), "-", next(fills))
	// Output: an order - a fill
}

// A response channel: the requester says with its question where the answer is to go, and the responder finds it by the question's image.
func Example_response() {
	drv := exampleDriver(aeron.Config{AppID: "example-response"})
	defer drv.Close()
	const requests, control = "aeron:udp?endpoint=127.0.0.1:40141", "127.0.0.1:40142"
	server := exampleSubscription(drv, requests, 10)

	answers := exampleSubscription(drv, "aeron:udp?control-mode=response|control="+control, 11)
	ask := examplePublication(drv, fmt.Sprintf("%s|response-correlation-id=%d", requests, answers.RegistrationID()), 10)
	send(ask, "how much?")

	fmt.Println(next(server))
	asker := server.Images()[0].Constants().CorrelationID
	answer := examplePublication(drv, fmt.Sprintf("aeron:udp?control-mode=response|control=%s|response-correlation-id=%d", control, asker), 11)
	send(answer, "a dozen")
	fmt.Println(next(answers))
	// Output:
	// how much?
	// a dozen
}

// An untethered subscriber that does not keep up is left behind, and rejoins later; a tethered one would hold up the stream for all.
func Example_untethered() {
	drv := exampleDriver(aeron.Config{AppID: "example-untethered", IPCTermLength: 64 << 10, Driver: aeron.DriverConfig{
		TimerInterval: 20 * time.Millisecond, UntetheredWindowLimitTimeout: 50 * time.Millisecond,
	}})
	defer drv.Close()
	reader := exampleSubscription(drv, "aeron:ipc", 10)
	idle := exampleSubscription(drv, "aeron:ipc?tether=false", 10) // nobody polls it
	pub := examplePublication(drv, "aeron:ipc", 10)
	orEnd(idle.AwaitReady(context.Background()))
	message := strings.Repeat("x", 1000)
	for range 300 { // more than the log holds
		send(pub, message)
		next(reader)
	}
	fmt.Println("300 messages, and nobody was waited for")
	// Output: 300 messages, and nobody was waited for
}

// Port 0 lets the system choose; the subscription knows what it has got, and publishers are to be told.
func Example_wildcardPort() {
	drv := exampleDriver(aeron.Config{AppID: "example-wildcard"})
	defer drv.Close()
	sub := exampleSubscription(drv, "aeron:udp?endpoint=127.0.0.1:0", 10)
	channel, err := sub.ResolvedChannel()
	for err == nil && channel == "" { // the driver has not bound it yet
		time.Sleep(time.Millisecond)
		channel, err = sub.ResolvedChannel()
	}
	orEnd(err)
	send(examplePublication(drv, channel, 10), "found")
	fmt.Println(next(sub), strings.HasSuffix(channel, ":0"))
	// Output: found false
}
