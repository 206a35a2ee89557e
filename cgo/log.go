package cgo

// #include "shim.h"
import "C"

import "unsafe"

// Log is where a publication's log lies. Valid until the publication is closed.
type Log struct {
	Terms           [3]unsafe.Pointer
	Tails           *[3]int64 // term id and offset in one word each
	ActiveTermCount *int32
	Connected       *int32
	PositionLimit   *int64
	Closed          *uint8 // 1 once the client has given the publication up
	TermLength      int32
	MTU             int32
}

// ExclusiveState is C's own state of writing an exclusive publication; Go and C share it. One writer at a time, C or Go.
type ExclusiveState struct {
	TermBegin  int64
	TermOffset int32
	TermID     int32
	Partition  uintptr
}

// PublicationLog reads where p's log lies.
//
// C: aeron_publication_t
func PublicationLog(p Publication) Log {
	var c C.aerongo_log_t
	C.aerongo_publication_log(p.c, &c)
	return newLog(&c)
}

// ExclusivePublicationLog reads where p's log lies, and the state of writing it.
//
// C: aeron_exclusive_publication_t
func ExclusivePublicationLog(p ExclusivePublication) (Log, *ExclusiveState) {
	var c C.aerongo_log_t
	C.aerongo_exclusive_publication_log(p.c, &c)
	return newLog(&c), (*ExclusiveState)(unsafe.Pointer(C.aerongo_exclusive_publication_state(p.c)))
}

func newLog(c *C.aerongo_log_t) Log {
	log := Log{
		Tails:           (*[3]int64)(unsafe.Pointer(c.tails)),
		ActiveTermCount: (*int32)(unsafe.Pointer(c.active_term_count)),
		Connected:       (*int32)(unsafe.Pointer(c.is_connected)),
		PositionLimit:   (*int64)(unsafe.Pointer(c.position_limit)),
		Closed:          (*uint8)(unsafe.Pointer(c.is_closed)),
		TermLength:      int32(c.term_length),
		MTU:             int32(c.mtu_length),
	}
	for n := range log.Terms {
		log.Terms[n] = unsafe.Pointer(c.terms[n])
	}
	return log
}
