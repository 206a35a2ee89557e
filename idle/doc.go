// Package idle holds the ways a polling loop may wait when there is nothing to do.
//
// A loop that polls a subscription or retries an offer hands its result to a
// [Strategy], which returns at once after work and otherwise waits a little:
//
//	idler := idle.Backoff()
//	for running() {
//		n, err := sub.Poll(handler, 64)
//		if err != nil {
//			return err
//		}
//		idler.Idle(n)
//	}
//
// # Choosing one
//
//	strategy     reacts within    one core busy   use it when
//	BusySpin     nanoseconds      always          the loop owns a core that nothing else needs
//	Yield        microseconds     when idle       latency matters and cores are shared
//	Backoff      up to 1 ms       no              in doubt: fast under load, quiet when idle
//	Sleep(d)     d + ~60 µs       no              the loop is not in a hurry
//
// The media driver's threads are C threads that the Go scheduler knows nothing
// about: runtime.Gosched runs another goroutine but never gives the core away. On a
// machine with few cores a Go loop that waits by Gosched alone keeps the driver off
// the core it needs, and throughput over UDP falls to a fraction. Yield and Backoff
// therefore reach the operating system. For the same reason BusySpin slows
// everything down unless there are more cores than busy threads (the driver has one
// to three of its own, and each client one).
//
// # Threads
//
// A Strategy belongs to one goroutine at a time: make one for each loop. None of them
// allocates memory in Idle or Reset.
package idle
