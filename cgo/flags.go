// Package cgo is the only place that talks to C: it holds the link flags, the C shims, the one exported callback and the
// handles behind C's void pointers. It has as few opinions as a binding can have and no safety of its own: a closed handle
// is a dangling pointer here. Package aeronc adds the lifecycles; use that, or the root package.
//
// Every function is one C operation with its error copied out in the same crossing. Pointers that it hands out are Aeron's,
// valid until the object that they came from is closed.
package cgo

//go:generate go run ../internal/ctxgen -include ../vendor-c/prefix/include/aeron -root ..

// #cgo CFLAGS: -O2 -std=gnu11 -fno-omit-frame-pointer -Wall -Wextra -Wno-unused-parameter
// #include "shim.h"
import "C"

// Version is the version of Aeron that is linked, such as "1.54.0".
//
// C: aeron_version_text
func Version() string { return C.GoString(C.aerongo_version()) }
