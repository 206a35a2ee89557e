package interop

import (
	"fmt"
	"testing"

	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// The longest message there is, 16 MiB, from everybody to everybody: over shared memory through our driver, and in full also over UDP and
// through every driver.
func TestMaximum(t *testing.T) {
	figures.Begin(t)
	longest := load{kind: "exclusive", termLength: 128 << 20, sizes: []int{16 << 20}, times: 2}
	ways, through := []string{"ipc"}, []string{"embedded"}
	if *full {
		ways, through = []string{"ipc", "udp"}, driverNames
	}
	var cases []one
	for _, way := range ways {
		for _, driver := range through {
			for i, publisher := range peerNames {
				for j, subscriber := range peerNames {
					if *full || i == j || i == 0 || j == 0 { // to and from ourselves, and each with itself
						cases = append(cases, one{way, publisher, driver, subscriber, driver})
					}
				}
			}
		}
	}
	for i, c := range cases {
		s := &scene{one: c, stream: int32(500_000 + i), id: fmt.Sprintf("longest%d", i), port: port(t)}
		t.Run(s.name(), func(t *testing.T) {
			transports[c.transport].subscribe(t, s)
			transports[c.transport].publish(t, s, longest)
			s.publisherPeer().do(t, "connected", s.id+"-pub")
			s.transfer(t, s.answers(), "offer", uint64(s.stream), longest.times, longest.sizes)
			s.publisherPeer().do(t, "close", s.id+"-pub")
			s.subscriberPeer().do(t, "close", s.id+"-sub")
		})
	}
	figures.Record(t, "messages of 16 MiB", 2*len(cases))
}
