package uri_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/aeroncgo/aeron/uri"
)

func Example() {
	channel, err := uri.UDP().Endpoint("127.0.0.1", 40123).SessionID(5).Reliable(true).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(channel)

	u, err := uri.Parse(channel)
	if err != nil {
		fmt.Println(err)
		return
	}
	host, port, err := u.GetEndpoint()
	fmt.Println(host, port, err)
	_, err = u.GetLinger()
	fmt.Println(errors.Is(err, uri.ErrNotSet))
	// Output:
	// aeron:udp?endpoint=127.0.0.1:40123|session-id=5|reliable=true
	// 127.0.0.1 40123 <nil>
	// true
}

// Errors are kept until somebody asks, and nothing takes the text for a channel meanwhile.
func ExampleURI_Err() {
	u := uri.UDP().Endpoint("127.0.0.1", 70000)
	fmt.Println(u.Err())
	fmt.Println(u)
	// Output:
	// uri: set: endpoint="127.0.0.1:70000": invalid value: port 70000 is out of range; use 0 to 65535, 0 for any free port
	// invalid channel: uri: set: endpoint="127.0.0.1:70000": invalid value: port 70000 is out of range; use 0 to 65535, 0 for any free port
}

// The C driver takes this channel, and does something else than was meant.
func ExampleURI_Validate() {
	u, err := uri.Parse("aeron:udp?endpoint=localhost:40123|ttl=abc|reliabel=true")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Validate())
	// Output:
	// uri: validate: ttl="abc": invalid value: is not a number, and C takes 0; use 0 to 255
	// uri: validate: "reliabel"="true": unknown parameter: C ignores it; remove it; Keys lists what there is
}

func ExampleURI_ValidateFor() {
	u := uri.UDP().Endpoint("localhost", 0)
	fmt.Println(u.ValidateFor(uri.Subscription))
	fmt.Println(u.ValidateFor(uri.Publication))
	// Output:
	// <nil>
	// uri: validate: endpoint="localhost:0": contradictory channel: a publication cannot send to port 0; give the subscription's port
}

// One publication, many subscriptions that announce themselves to it.
func ExampleURI_DynamicControl() {
	fmt.Println(uri.UDP().DynamicControl("192.168.0.1", 40124))
	fmt.Println(uri.UDP().Endpoint("192.168.0.7", 40125).DynamicControl("192.168.0.1", 40124))
	// Output:
	// aeron:udp?control=192.168.0.1:40124|control-mode=dynamic
	// aeron:udp?endpoint=192.168.0.7:40125|control=192.168.0.1:40124|control-mode=dynamic
}

func ExampleURI_FlowControl() {
	three := int32(3)
	fmt.Println(uri.UDP().Endpoint("224.0.1.1", 40456).InterfaceName("eth0").
		FlowControl(uri.FlowControl{Strategy: uri.FlowMin, MinGroupSize: &three, Timeout: 5 * time.Second}))
	// Output: aeron:udp?endpoint=224.0.1.1:40456|interface={eth0}|fc=min,g:/3,t:5s
}

func ExampleURI_Spy() {
	fmt.Println(uri.UDP().Endpoint("localhost", 40123).Spy())
	// Output: aeron-spy:aeron:udp?endpoint=localhost:40123
}

// A stream that goes on where another ended.
func ExampleURI_InitialPosition() {
	fmt.Println(uri.IPC().InitialPosition(200_000, 7, 64<<10))
	// Output: aeron:ipc?term-length=64k|init-term-id=7|term-id=10|term-offset=3392
}

func ExampleSession() {
	fmt.Println(uri.Session(uri.MediaUDP, 77, true).Endpoint("::1", 40123))
	fmt.Println(uri.Session(uri.MediaIPC, 77, true))
	// Output:
	// aeron:udp?endpoint=[::1]:40123|session-id=77|reliable=true
	// aeron:ipc?session-id=77|reliable=true
}

func ExampleHandshake() {
	fmt.Println(uri.Handshake(uri.MediaUDP, true).Endpoint("0.0.0.0", 2000))
	// Output: aeron:udp?endpoint=0.0.0.0:2000|reliable=true
}

func ExampleAddress() {
	fmt.Println(uri.Address("::1", 40123))
	fmt.Println(uri.Address("", 40123))
	// Output:
	// [::1]:40123 <nil>
	//  uri: address: invalid value: the host is empty; use an address or a name, or 0.0.0.0 or [::] for every interface
}

func ExampleLocalAddress() {
	fmt.Println(uri.LocalAddress("[0:0:0:0:0:0:0:1]:40123"))
	fmt.Println(uri.LocalAddress("[::ffff:10.0.0.1]:40123"))
	// Output:
	// ::1 <nil>
	// 10.0.0.1 <nil>
}

func ExampleParse() {
	_, err := uri.Parse("aeron:tcp?endpoint=localhost:40123")
	fmt.Println(err)
	var e *uri.Error
	if errors.As(err, &e) {
		fmt.Println(e.Op, errors.Is(e, uri.ErrSyntax))
		fmt.Println(e.Remedy)
	}
	// Output:
	// uri: parse: "aeron:tcp?endpoint=localhost:40123": not a channel URI: "tcp" is neither udp nor ipc; write it as in aeron:udp?endpoint=127.0.0.1:40123 or aeron:ipc
	// parse true
	// write it as in aeron:udp?endpoint=127.0.0.1:40123 or aeron:ipc
}

// Which problems would make the driver refuse a subscription, and which it would take without a word.
func ExampleURI_Problems() {
	u, err := uri.Parse("aeron:udp?endpoint=localhost:40123|rejoin=1|cc=bbr|linger=soon")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range u.Problems(uri.Subscription) {
		fmt.Println(p.Field, p.RefusedBy)
	}
	// Output:
	// cc none
	// rejoin subscription
}

func ExampleURI_All() {
	for key, value := range uri.UDP().Reliable(false).TermLength(1<<20).Endpoint("localhost", 40123).All() {
		fmt.Println(key, value)
	}
	// Output:
	// endpoint localhost:40123
	// term-length 1m
	// reliable false
}

// Two publications of one session: the second takes it from the first one's tag.
func ExampleURI_SessionTag() {
	fmt.Println(uri.UDP().Endpoint("10.0.0.1", 40123).Tags(1, 2))
	fmt.Println(uri.UDP().Endpoint("10.0.0.2", 40123).SessionTag(2))
	// Output:
	// aeron:udp?tags=1,2|endpoint=10.0.0.1:40123
	// aeron:udp?endpoint=10.0.0.2:40123|session-id=tag:2
}

func ExampleURI_GetLinger() {
	u, err := uri.Parse("aeron:ipc?linger=1500us")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.GetLinger())
	fmt.Println(u.Linger(2 * time.Second))
	// Output:
	// 1.5ms <nil>
	// aeron:ipc?linger=2s
}

func ExampleSplitAddress() {
	host, port, err := uri.SplitAddress("[fe80::1%eth0]:40123")
	fmt.Println(host, port, err)
	// Output: fe80::1%eth0 40123 <nil>
}
