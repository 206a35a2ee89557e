//go:build !cgo

// Package cgo binds the C Aeron client and media driver, so it needs cgo: build with CGO_ENABLED=1 and a C compiler.
package cgo

// The next line stops the build with its name.
var _ = aeron_needs_cgo__build_with_CGO_ENABLED_1_and_a_C_compiler
