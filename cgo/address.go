package cgo

// #include <stdlib.h>
// #include "shim.h"
import "C"

import "unsafe"

// maxAddress is the longest text of an address that Aeron writes, with its NUL. C: AERON_CLIENT_MAX_LOCAL_ADDRESS_STR_LEN
const maxAddress = 64

// addresses is room for texts that C writes, in C's memory: it holds pointers to itself.
type addresses struct {
	vec   []C.aeron_iovec_t
	block unsafe.Pointer
}

func newAddresses(limit int) *addresses {
	a := &addresses{vec: make([]C.aeron_iovec_t, max(limit, 1))}
	a.block = C.malloc(C.size_t(len(a.vec)) * maxAddress)
	for n := range a.vec {
		text := (*C.uint8_t)(unsafe.Add(a.block, n*maxAddress))
		*text = 0
		a.vec[n] = C.aeron_iovec_t{iov_base: text, iov_len: maxAddress}
	}
	return a
}

func (a *addresses) c() *C.aeron_iovec_t { return &a.vec[0] }

// texts copies the first n and frees the room.
func (a *addresses) texts(n C.int64_t) []string {
	defer C.free(a.block)
	var texts []string
	for i := range min(int(n), len(a.vec)) {
		texts = append(texts, C.GoString((*C.char)(unsafe.Pointer(a.vec[i].iov_base))))
	}
	return texts
}
