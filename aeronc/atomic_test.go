package aeronc_test

import "unsafe"

// int32At is a word of mapped memory.
func int32At(b []byte, offset int) *int32 { return (*int32)(unsafe.Pointer(&b[offset])) }
