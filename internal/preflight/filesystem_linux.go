package preflight

import "golang.org/x/sys/unix"

// memoryFilesystem reports whether a path lies in memory; ok is false if that is unknown.
func memoryFilesystem(path string) (inMemory, ok bool) {
	var st unix.Statfs_t
	if unix.Statfs(path, &st) != nil {
		return false, false
	}
	switch int64(st.Type) { //nolint:unconvert // narrower on other architectures
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC, unix.HUGETLBFS_MAGIC:
		return true, true
	}
	return false, true
}
