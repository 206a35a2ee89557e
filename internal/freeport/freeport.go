// Package freeport finds ports that nobody uses and nobody gets by chance.
package freeport

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
)

// They lie below those that the system gives to sockets that take any, by default from 32768 on: each driver has some of these, and one would
// now and then get the port that has been chosen here and is not bound yet.
const first, count = 10_000, 22_000

var asked atomic.Int64

// A process takes every 64th port, from another one on than its parents and children: whoever is started next to it has the next id.
const stride = 64

// UDP is a port that no address of this machine had a moment ago, of IPv4 or IPv6, and another one than in the 342 calls before.
func UDP() (int, error) {
	pid := int64(os.Getpid())
	for range count / stride {
		turn := (pid/stride*37 + asked.Add(1)) % (count / stride)
		port := first + int(turn*stride+pid%stride)
		c, err := net.ListenUDP("udp", &net.UDPAddr{Port: port}) // of all addresses: it is refused if anyone has it on one
		if err == nil {
			return port, c.Close()
		}
	}
	return 0, fmt.Errorf("no UDP port of this process's, every %dth from %d on, is free", stride, first+pid%stride)
}
