package cgo

// #include "shim.h"
import "C"

import (
	"runtime"
	"sync"
	"unsafe"
)

// vector is the parts of one message as C takes them. C reads them during one call only, for which they are pinned.
type vector struct {
	parts []C.aeron_iovec_t
	pins  runtime.Pinner
}

// vectors keeps what an offer of parts needs, so that it does not allocate.
var vectors = sync.Pool{New: func() any { return new(vector) }}

// newVector pins parts. free must follow.
func newVector(parts [][]byte) *vector {
	v := vectors.Get().(*vector)
	for _, part := range parts {
		// C reads nothing at an address without a length, and may not be given NULL.
		base := &C.aerongo_nothing[0]
		if len(part) > 0 {
			data := unsafe.SliceData(part)
			v.pins.Pin(data)
			base = (*C.uint8_t)(unsafe.Pointer(data))
		}
		v.parts = append(v.parts, C.aeron_iovec_t{iov_base: base, iov_len: C.size_t(len(part))})
	}
	if len(parts) == 0 {
		v.parts = append(v.parts, C.aeron_iovec_t{iov_base: &C.aerongo_nothing[0]})
	}
	return v
}

func (v *vector) free() {
	v.pins.Unpin()
	clear(v.parts)
	v.parts = v.parts[:0]
	vectors.Put(v)
}

// offered is what an offer returned: the new position, or one of C's negative codes with an error if it is the last.
func offered(o C.aerongo_offer_t) (int64, error) {
	if o.text != nil {
		return int64(o.value), &Error{Op: "offer", Code: int32(o.code), Text: text(o.text)}
	}
	return int64(o.value), nil
}
