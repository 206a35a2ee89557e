//go:build aeron_reference

package aeron_test

// A callback from C has a handle, which is allocated.
func init() { countsAllocations = false }
