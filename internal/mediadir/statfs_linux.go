package mediadir

import "golang.org/x/sys/unix"

// available is f_bavail * f_frsize, as in aeron_usable_fs_space.
func available(st *unix.Statfs_t) uint64 {
	unit := st.Frsize
	if unit <= 0 {
		unit = st.Bsize
	}
	return st.Bavail * uint64(unit)
}
