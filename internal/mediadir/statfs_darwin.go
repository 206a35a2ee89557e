package mediadir

import "golang.org/x/sys/unix"

// available is the space that a user without privileges may use.
func available(st *unix.Statfs_t) uint64 { return st.Bavail * uint64(st.Bsize) }
