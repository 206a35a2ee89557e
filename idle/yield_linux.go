package idle

import "syscall"

// osYield offers the core to other threads of the machine. RawSyscall and not Syscall:
// sched_yield returns at once when nobody else wants the core, and telling the Go
// scheduler about a system call costs more than the call. The thread keeps its P
// meanwhile, which is why the callers run the Go scheduler now and then.
func osYield() {
	// It cannot fail on Linux.
	_, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0)
}
