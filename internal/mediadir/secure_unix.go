//go:build linux || darwin

package mediadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

const private = fs.FileMode(0o700)

// secure gives a directory of ours the mode 0700. What is not a directory of ours is
// refused; detail says why in words.
func secure(path string) (detail string, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", bare(err)
	}
	if detail, err := checkOurs(info); err != nil {
		return detail, err
	}
	// A directory made under a umask that takes our own rights away cannot be opened.
	// Nobody else can put a link in its place: it is ours, and its parent is ours, root's
	// or sticky (DefaultParent), or just as trustworthy as the caller made it.
	if info.Mode().Perm()&0o500 != 0o500 {
		if err := os.Chmod(path, private); err != nil {
			return "", bare(err)
		}
	}
	dir, err := openDir(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = dir.Close() }() // only read from
	if info, err = dir.Stat(); err != nil {
		return "", bare(err)
	}
	if detail, err := checkOurs(info); err != nil {
		return detail, err
	}
	if info.Mode().Perm() == private && info.Mode()&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky) == 0 {
		return "", nil
	}
	return "", bare(dir.Chmod(private))
}

// checkOurs refuses what is not a directory of this process's effective user: to change
// the mode of root's would be wrong even where it is allowed.
func checkOurs(info fs.FileInfo) (detail string, err error) {
	if detail, err := checkDirectory(info); err != nil {
		return detail, err
	}
	if uid, ok := owner(info); !ok || uid != effectiveUID() {
		return fmt.Sprintf("the directory belongs to uid %d, this process runs as uid %d", uid, effectiveUID()), ErrForeignOwner
	}
	return "", nil
}

// checkWritable returns an error unless entries can be made and removed in a directory.
func checkWritable(path string) error {
	err := unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return nil // no such question on this kernel; the driver will find out
	}
	return err
}

func freeSpace(path string) (uint64, error) {
	var st unix.Statfs_t
	if _, err := retryEINTR(func() (int, error) { return 0, unix.Statfs(path, &st) }); err != nil {
		return 0, err
	}
	return available(&st), nil
}
