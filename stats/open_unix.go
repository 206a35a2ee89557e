//go:build unix

package stats

import (
	"io"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// openFlags keep an open from waiting for a fifo's writer and from following a symbolic link.
const openFlags = unix.O_NONBLOCK | unix.O_NOFOLLOW | unix.O_CLOEXEC

// logDescriptor is an open log, or a directory of logs, without what an os.File costs beside: there are thousands to read.
type logDescriptor int

const closedLog logDescriptor = -1

func (d logDescriptor) close() {
	if d != closedLog {
		_ = unix.Close(int(d)) // only read from
	}
}

// ReadAt reads as io.ReaderAt says.
func (d logDescriptor) ReadAt(b []byte, offset int64) (n int, err error) {
	for n < len(b) {
		more, err := unix.Pread(int(d), b[n:], offset+int64(n))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return n, err
		case more == 0:
			return n, io.EOF
		default:
			n += more
		}
	}
	return n, nil
}

// open opens a log, never anything but a regular file, and tells its length.
func (d *logDir) open(name string) (file logDescriptor, length int64, err error) {
	if d.at == closedLog {
		at, err := openAt(unix.AT_FDCWD, filepath.Join(d.dir, d.sub), unix.O_DIRECTORY)
		if err != nil {
			return closedLog, 0, err
		}
		d.at = at
	}
	// Look before opening, and again at what was opened: see openRegular.
	var st unix.Stat_t
	if err := unix.Fstatat(int(d.at), name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return closedLog, 0, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return closedLog, 0, problemf(ErrNotRegular, "%s is not a regular file", name)
	}
	if file, err = openAt(int(d.at), name, 0); err != nil {
		return closedLog, 0, err
	}
	if err := unix.Fstat(int(file), &st); err != nil {
		file.close()
		return closedLog, 0, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		file.close()
		return closedLog, 0, problemf(ErrNotRegular, "%s is not a regular file", name)
	}
	return file, st.Size, nil
}

func openAt(at int, name string, flags int) (logDescriptor, error) {
	for {
		fd, err := unix.Openat(at, name, unix.O_RDONLY|openFlags|flags, 0)
		switch err {
		case nil:
			return logDescriptor(fd), nil
		case unix.EINTR:
		default:
			return closedLog, &fs.PathError{Op: "open", Path: name, Err: err}
		}
	}
}
