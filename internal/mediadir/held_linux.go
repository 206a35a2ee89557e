package mediadir

import (
	"errors"

	"golang.org/x/sys/unix"
)

// heldElsewhere reports whether a file that is open here as fd is also open or mapped
// through another open, in any process of any pid namespace. The kernel grants a write
// lease only if it is not; the lease is given back at once. Where the kernel or the file
// system knows no leases, or the file is not ours, the answer is no.
func heldElsewhere(fd int) bool {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_WRLCK)
	if err != nil {
		return errors.Is(err, unix.EAGAIN)
	}
	// Cannot fail for a lease just taken, and closing fd would give it back too.
	_, _ = unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_UNLCK)
	return false
}
