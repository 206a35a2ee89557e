//go:build cgo && aeron_pkgconfig

package cgo

// For packagers, who install the library themselves: pkg-config finds it by the name aeron_native.

// #cgo pkg-config: --static aeron_native
import "C"
