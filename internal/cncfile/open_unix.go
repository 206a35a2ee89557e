//go:build unix

package cncfile

import (
	"errors"

	"golang.org/x/sys/unix"
)

// openFlags keep an open from waiting for a fifo's writer and from following a symbolic
// link, should the file have become one since it was looked at.
const openFlags = unix.O_NONBLOCK | unix.O_NOFOLLOW | unix.O_CLOEXEC

// isSymlinkError reports whether err says that O_NOFOLLOW met a symbolic link.
func isSymlinkError(err error) bool { return errors.Is(err, unix.ELOOP) }
