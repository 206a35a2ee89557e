// Package interop lets this module speak with everybody else who speaks Aeron: clients in Go (this module), C, Java and aeron-go, on a
// driver embedded by this module, on C's aeronmd and on Java's MediaDriver, over every kind of channel. What is sent is made of a seed
// and hashed at both ends, lengths and order included.
//
//	go test ./test/interop                      without Java, a covering part of the matrix
//	go test -tags interop ./test/interop        with Java; fails where there is no JDK or Maven (make interop-short)
//	go test -tags interop ./test/interop -full  the whole matrix (make interop)
package interop
