//go:build cgo && !asan && !aeron_pkgconfig

package cgo

// The library that aeron-native installed in a checkout; a program that uses the module names another folder in
// CGO_CFLAGS and CGO_LDFLAGS, which come first on the command line.

// #cgo CFLAGS: -I${SRCDIR}/../vendor-c/prefix/include/aeron
// #cgo LDFLAGS: -L${SRCDIR}/../vendor-c/prefix/lib -laeron_native -lm -lpthread -ldl
import "C"
