package freeport_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/freeport"
)

func TestUDP_givesEachOnce(t *testing.T) {
	seen := map[int]bool{}
	for range 300 {
		port, err := freeport.UDP()
		require.NoError(t, err)
		require.False(t, seen[port], "%d", port)
		require.Less(t, port, 32768, "where the system takes the ports that it gives out")
		seen[port] = true
	}
}

func TestUDP_passesOverWhatSomebodyHasOnOneAddress(t *testing.T) {
	for _, ip := range []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(127, 0, 0, 9), net.IPv6loopback} {
		t.Run(ip.String(), func(t *testing.T) {
			held := map[int]bool{}
			for range 200 {
				port, err := freeport.UDP()
				require.NoError(t, err)
				c, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip, Port: port})
				require.NoError(t, err)
				defer c.Close()
				held[port] = true
			}
			for range 200 { // more than are left of one turn: it comes by those that are held
				port, err := freeport.UDP()
				require.NoError(t, err)
				require.False(t, held[port], "%d", port)
			}
		})
	}
}
