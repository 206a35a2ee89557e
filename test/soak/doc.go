// Package soak runs a hundred streams for as long as one likes, over shared memory and over UDP with a tenth of the data packets dropped,
// while streams, clients and drivers come and go. Every message is checked byte for byte and must arrive once and in order, and what
// the process holds of the system must not grow.
//
//	go test ./test/soak                                 30 seconds
//	go test ./test/soak -duration 30m -timeout 40m      make soak
//	… -seed N -streams N -messages N -plot FILE.svg
package soak
