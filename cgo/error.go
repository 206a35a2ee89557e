package cgo

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"strings"
	"syscall"
	"unsafe"
)

// Error is what C said of an operation that failed. Code is Aeron's errcode as it is: an errno when positive, the negative
// of an Aeron code otherwise (-1000: no driver). Text is Aeron's message, several lines with the C functions that it passed.
type Error struct {
	Op   string
	Code int32
	Text string
}

// Error gives the operation, the code and C's text.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s (%d)", e.Op, e.Text, e.Code) }

// text takes over a C string that a shim has allocated.
func text(c *C.char) string {
	if c == nil {
		return ""
	}
	defer C.free(unsafe.Pointer(c))
	return C.GoString(c)
}

// errorOf is nil for success. A shim has read C's error of its thread, see error.c.
//
// C: aeron_errcode
// C: aeron_errmsg
func errorOf(op string, r C.aerongo_result_t) error {
	if r.failed == 0 {
		return nil
	}
	return &Error{Op: op, Code: int32(r.code), Text: text(r.text)}
}

// cString copies s to C, for as long as free has not been called. C would take a string with a NUL byte for a shorter one.
func cString(op, s string) (c *C.char, free func(), err error) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return nil, nil, &Error{Op: op, Code: int32(syscall.EINVAL), Text: fmt.Sprintf("NUL byte at %d in %q", i, s)}
	}
	c = C.CString(s)
	return c, func() { C.free(unsafe.Pointer(c)) }, nil
}
