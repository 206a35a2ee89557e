package cncfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// File is an open cnc.dat whose header has been checked. Its methods may be called by
// several goroutines at once.
//
// It keeps referring to the file it opened, also after a restarted driver has put
// another in its place: the heartbeat then stops advancing.
type File struct {
	file   *os.File
	path   string
	header Header
}

// Open opens dir/cnc.dat for reading and checks its header. dir may be a symbolic link,
// cnc.dat may not. Open never waits: a file that a driver is still setting up is
// ErrNotReady or ErrTooShort, and worth trying again.
//
// The error is an *Error that matches one of this package's errors, or fs.ErrPermission,
// or wraps what the operating system said.
func Open(dir string) (*File, error) {
	f, _, err := open(dir)
	return f, err
}

// ReadHeader opens dir/cnc.dat, reads and checks its header, and closes it. Errors are
// those of Open. With ErrNotReady, and only then, the Header holds what the starting
// driver has written so far, unchecked (its PID, usually).
func ReadHeader(dir string) (Header, error) {
	f, h, err := open(dir)
	if err != nil {
		return h, err
	}
	return h, f.Close()
}

func open(dir string) (*File, Header, error) {
	path := filepath.Join(dir, FileName)
	fail := func(h Header, err error) (*File, Header, error) {
		return nil, h, &Error{Op: "open", Path: path, Err: err}
	}
	if dir == "" {
		return fail(Header{}, errors.New("the directory's name is empty"))
	}
	if strings.ContainsRune(dir, 0) {
		return fail(Header{}, errors.New("the directory's name contains a NUL character"))
	}
	// Look before opening: opening a device can have effects of its own.
	before, err := os.Lstat(path)
	if err != nil {
		return fail(Header{}, translate(err))
	}
	if !before.Mode().IsRegular() {
		return fail(Header{}, fmt.Errorf("%w: it is a %s", ErrNotRegular, kind(before.Mode())))
	}
	file, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		if isSymlinkError(err) { // it has become one since the look
			err = fmt.Errorf("%w: it is a symbolic link", ErrNotRegular)
		}
		return fail(Header{}, translate(err))
	}
	h, err := load(file)
	if err != nil {
		_ = file.Close() // only read from: nothing can be lost
		return fail(h, bare(err))
	}
	return &File{file: file, path: path, header: h}, h, nil
}

// load reads and checks the header of an open file.
func load(file *os.File) (Header, error) {
	// Look again at what was opened: the name may mean another file by now.
	info, err := file.Stat()
	if err != nil {
		return Header{}, err
	}
	if !info.Mode().IsRegular() {
		return Header{}, fmt.Errorf("%w: it is a %s", ErrNotRegular, kind(info.Mode()))
	}
	var b [HeaderLength]byte
	n, err := file.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Header{}, err
	}
	return DecodeHeader(b[:n], info.Size())
}

// Header returns the header as it was when the file was opened.
func (f *File) Header() Header { return f.header }

// Path returns the path by which the file was opened.
func (f *File) Path() string { return f.path }

// Heartbeat reads when the driver was last alive, to the millisecond, as a time and as
// it stands in the file. The time is zero if the driver has not written one yet (0) or
// has closed (NullValue).
//
// The error is an *Error: ErrTooShort if somebody has shortened the file since it was
// opened, os.ErrClosed after Close.
func (f *File) Heartbeat() (time.Time, int64, error) {
	raw, err := f.readInt64(f.header.HeartbeatOffset())
	if err != nil {
		return time.Time{}, 0, &Error{Op: "read heartbeat", Path: f.path, Err: bare(err)}
	}
	if raw <= 0 {
		return time.Time{}, raw, nil
	}
	return time.UnixMilli(raw), raw, nil
}

// readInt64 reads a value that another process writes meanwhile. A read is a copy, and
// nothing promises that a copy takes eight bytes at once: two equal reads in a row do.
func (f *File) readInt64(offset int64) (int64, error) {
	var b [8]byte
	var last int64
	const attempts = 4
	for i := range attempts {
		n, err := f.file.ReadAt(b[:], offset)
		if n < len(b) {
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("%w: it ends before byte %d; it has been shortened since it was opened",
					ErrTooShort, offset+int64(len(b)))
			}
			return 0, err
		}
		value := int64(binary.LittleEndian.Uint64(b[:]))
		if i > 0 && value == last {
			break
		}
		last = value
	}
	return last, nil
}

// ReadAt reads from the file at an offset, as io.ReaderAt says. Offsets come from the
// Header.
func (f *File) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.file.ReadAt(p, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, &Error{Op: "read", Path: f.path, Err: bare(err)}
	}
	return n, err
}

// Stat describes the open file: its length, owner and identity.
func (f *File) Stat() (fs.FileInfo, error) { return f.file.Stat() }

// Close closes the file. Closing it again does nothing.
func (f *File) Close() error {
	if err := f.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return &Error{Op: "close", Path: f.path, Err: bare(err)}
	}
	return nil
}

// translate gives the absence of the file its own name and a remedy, and leaves every
// other error of the operating system as it is. The path is named once, by Error.
func translate(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	return bare(err)
}

// bare takes the path out of an error of the operating system.
func bare(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// kind names the type of what is not a regular file.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "directory"
	case mode&fs.ModeSymlink != 0:
		return "symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "fifo"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	default:
		return "special file (" + mode.String() + ")"
	}
}
