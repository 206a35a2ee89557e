//go:build linux || darwin

package mediadir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const supported = true

// Directories are opened, read and changed by descriptor throughout: a name may mean
// another directory the next moment.
const dirFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

// openDir opens a directory that is not a symbolic link.
func openDir(path string) (*os.File, error) {
	f, err := os.OpenFile(path, dirFlags, 0)
	if err != nil {
		return nil, bare(err)
	}
	return f, nil
}

// openDirAt opens a directory inside another one.
func openDirAt(dir *os.File, name string) (*os.File, error) {
	fd, err := openAt(dir, name, dirFlags)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func openAt(dir *os.File, name string, flags int) (fd int, err error) {
	err = onDescriptor(dir, func(at int) error {
		fd, err = retryEINTR(func() (int, error) { return unix.Openat(at, name, flags, 0) })
		return err
	})
	return fd, err
}

// onDescriptor calls f with dir's descriptor, which stays open for the call.
func onDescriptor(dir *os.File, f func(fd int) error) error {
	conn, err := dir.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

func retryEINTR(f func() (int, error)) (int, error) {
	for {
		n, err := f()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// statAt describes an entry of dir.
func statAt(dir *os.File, name string) (entry, error) {
	var st unix.Stat_t
	err := onDescriptor(dir, func(fd int) error {
		_, err := retryEINTR(func() (int, error) { return 0, unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) })
		return err
	})
	if err != nil {
		return entry{}, err
	}
	return entryOf(&st), nil
}

func entryOf(st *unix.Stat_t) entry {
	var mode fs.FileMode
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		mode = fs.ModeDir
	case unix.S_IFLNK:
		mode = fs.ModeSymlink
	default:
		mode = fs.ModeIrregular
	}
	return entry{
		mode:     mode,
		length:   st.Size,
		modified: time.Unix(st.Mtim.Unix()),
		id:       fileID{dev: uint64(st.Dev), ino: st.Ino},
	}
}

// idOf returns the identity of what info describes.
func idOf(info fs.FileInfo) (fileID, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{}, false
	}
	return fileID{dev: uint64(st.Dev), ino: st.Ino}, true
}

// owner returns the user that owns what info describes.
func owner(info fs.FileInfo) (uid int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}

// effectiveUID is a variable so that a test can be somebody else.
var effectiveUID = os.Geteuid

// scanPath lists what a directory holds.
func scanPath(path string) (tree, error) {
	dir, err := openDir(path)
	if err != nil {
		return tree{}, err
	}
	defer func() { _ = dir.Close() }() // only read from
	return scan(dir)
}

// scan lists what an open directory holds, by its descriptor. It starts at the
// directory's first entry, however often it was listed before.
func scan(dir *os.File) (tree, error) {
	var t tree
	info, err := dir.Stat()
	if err != nil {
		return tree{}, bare(err)
	}
	t.saw(info.ModTime())
	var subs []string
	err = eachEntry(dir, func(name string, e entry) {
		if t.addTop(name, e) {
			subs = append(subs, name)
		}
	})
	if err != nil {
		return tree{}, err
	}
	for _, name := range subs {
		sub, err := openDirAt(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return tree{}, fmt.Errorf("%s: %w", name, err)
		}
		err = eachEntry(sub, func(file string, e entry) { t.addLog(name, file, e) })
		_ = sub.Close() // only read from
		if err != nil {
			return tree{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return t, nil
}

// eachEntry calls f for every entry. Entries that disappear meanwhile are left out.
func eachEntry(dir *os.File, f func(name string, e entry)) error {
	if _, err := dir.Seek(0, io.SeekStart); err != nil {
		return bare(err)
	}
	const batch = 256
	for {
		names, err := dir.Readdirnames(batch)
		for _, name := range names {
			e, err := statAt(dir, name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			f(name, e)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bare(err)
		}
	}
}

// processGone reports whether no process of this machine has that id. It is false in
// doubt.
func processGone(pid int64) bool {
	const maxPID = 1<<31 - 1
	if pid <= 0 || pid > maxPID {
		return false
	}
	return errors.Is(unix.Kill(int(pid), 0), unix.ESRCH)
}
