//go:build asan

package aeron_test

// Under AddressSanitizer values escape that stay on the stack otherwise: those of a context that is asked whether it has ended, for one.
func init() { countsAllocations = false }
