//go:build linux && !race

#include "textflag.h"

// A goroutine's structure begins with the bounds of its stack.

// func currentStack() stack
TEXT ·currentStack(SB), NOSPLIT, $0-16
	MOVQ (TLS), AX
	MOVQ 0(AX), CX
	MOVQ CX, ret_low+0(FP)
	MOVQ 8(AX), CX
	MOVQ CX, ret_high+8(FP)
	RET
