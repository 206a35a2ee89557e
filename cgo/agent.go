package cgo

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"syscall"
	"unsafe"
)

// DriverContextApplyAffinity makes the settings of CPU affinity count, if there are any: to be called last.
//
// C: aeron_driver_context_set_agent_on_start_function
// C: aeron_set_thread_affinity_on_start
func DriverContextApplyAffinity(c *DriverContext) error {
	return errorOf("apply CPU affinity", C.aerongo_driver_context_apply_affinity(c.c))
}

// DriverContextAppliesAffinity reports whether it did.
//
// C: aeron_driver_context_get_agent_on_start_function
// C: aeron_driver_context_get_agent_on_start_state
func DriverContextAppliesAffinity(c *DriverContext) bool {
	return bool(C.aerongo_driver_context_applies_affinity(c.c))
}

// maxToken is the longest token of a termination request that is taken.
const maxToken = 1024

// DriverContextSetTerminationValidator allows requests to end the driver to nobody, to everybody, or, if there is a token, to those
// who have it.
//
// C: aeron_driver_context_set_driver_termination_validator
func DriverContextSetTerminationValidator(c *DriverContext, allow bool, token []byte) error {
	const op = "set termination validator"
	if len(token) > maxToken {
		return &Error{Op: op, Code: int32(syscall.EINVAL), Text: fmt.Sprintf("the token has %d bytes, where up to %d are taken", len(token), maxToken)}
	}
	var state *C.aerongo_token_t
	if allow && len(token) > 0 {
		state = (*C.aerongo_token_t)(C.calloc(1, C.sizeof_aerongo_token_t))
		if state == nil {
			return &Error{Op: op, Code: int32(syscall.ENOMEM), Text: "out of memory"}
		}
		// With the context's strings: it is freed when the context is.
		c.kept = append(c.kept, (*C.char)(unsafe.Pointer(state)))
		state.length = C.int32_t(len(token))
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&state.bytes[0])), maxToken), token)
	}
	return errorOf(op, C.aerongo_driver_context_set_termination_validator(c.c, C.bool(allow), state))
}

// The policies of DriverContextTerminationPolicy.
const (
	TerminationUpstream = 0 // of the environment, or C's default
	TerminationDenied   = 1
	TerminationAllowed  = 2
	TerminationByToken  = 3
)

// DriverContextTerminationPolicy is who may end the driver.
//
// C: aeron_driver_context_get_driver_termination_validator
// C: aeron_driver_context_get_driver_termination_validator_state
func DriverContextTerminationPolicy(c *DriverContext) int {
	return int(C.aerongo_driver_context_termination_validator(c.c))
}

// DriverContextSetTerminationHook records with l that the driver was asked to end, and may.
//
// C: aeron_driver_context_set_driver_termination_hook
func DriverContextSetTerminationHook(c *DriverContext, l Listener) error {
	return errorOf("set termination hook", C.aerongo_driver_context_set_termination_hook(c.c, l.c))
}

// DriverContextHasTerminationHook reports whether it is recorded with l.
//
// C: aeron_driver_context_get_driver_termination_hook
// C: aeron_driver_context_get_driver_termination_hook_state
func DriverContextHasTerminationHook(c *DriverContext, l Listener) bool {
	return bool(C.aerongo_driver_context_has_termination_hook(c.c, l.c))
}
