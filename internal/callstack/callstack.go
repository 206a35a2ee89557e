// Package callstack tells what the calling goroutine is in the middle of.
package callstack

import (
	"runtime"
	"strings"
)

// Has reports whether a function whose full name ends in one of suffixes is on the calling goroutine's stack. It walks the whole stack, a
// microsecond or so: for where something would wait.
func Has(suffixes ...string) bool {
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		frames := runtime.CallersFrames(pcs[:n])
		for n > 0 {
			frame, more := frames.Next()
			for _, suffix := range suffixes {
				if strings.HasSuffix(frame.Function, suffix) {
					return true
				}
			}
			if !more {
				break
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}
