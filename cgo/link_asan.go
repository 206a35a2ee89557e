//go:build cgo && asan && !aeron_pkgconfig

package cgo

// go build -asan links the library that was built with AddressSanitizer: aeron-native install --asan.

// #cgo CFLAGS: -I${SRCDIR}/../vendor-c/prefix/asan/include/aeron
// #cgo LDFLAGS: -L${SRCDIR}/../vendor-c/prefix/asan/lib -laeron_native -lm -lpthread -ldl
import "C"
