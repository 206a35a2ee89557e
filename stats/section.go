package stats

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Bounds on what is read, whatever a file says. They are far above what drivers have: C's
// default is 65,536 counters, and an error log or a loss report of some KiB.
const (
	// MaxCounters is how many counter records are read.
	MaxCounters = 1 << 20
	// MaxEntries is how many entries of the error log, and of the loss report, are read.
	MaxEntries = 1 << 16
	// MaxTextLength is how many bytes of one error's text, or of a channel or source in the loss
	// report, are read.
	MaxTextLength = 1 << 20

	maxTotalText = 64 << 20 // of all entries together
)

const chunkLength = 64 << 10

// section is a stretch of a file that is walked from its begin to its end.
type section struct {
	src    io.ReaderAt
	file   string // its name, for errors
	base   int64  // where the section begins in the file
	length int64

	buf    []byte
	loaded []byte // what is in buf
	from   int64  // where in the section loaded begins
}

// at gives n bytes, valid until the next call. The caller has checked that they lie inside.
func (s *section) at(offset int64, n int) ([]byte, error) {
	if offset >= s.from && offset+int64(n) <= s.from+int64(len(s.loaded)) {
		return s.loaded[offset-s.from:][:n:n], nil
	}
	want := int(min(int64(max(n, chunkLength)), s.length-offset))
	if cap(s.buf) < want {
		s.buf = make([]byte, want)
	}
	s.loaded, s.from = nil, 0
	if err := readFull(s.src, s.file, s.buf[:want], s.base+offset); err != nil {
		return nil, err
	}
	s.loaded, s.from = s.buf[:want], offset
	return s.loaded[:n:n], nil
}

// has reports whether n bytes at offset lie inside.
func (s *section) has(offset, n int64) bool { return n >= 0 && offset <= s.length-n }

// readFull reads all of b or fails.
func readFull(src io.ReaderAt, file string, b []byte, offset int64) error {
	n, err := src.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return problemf(ErrTooShort, "%s ends before byte %d: it has been shortened while it was read", file, offset+int64(len(b)))
	}
	return bare(err)
}

// openRegular opens a file of a driver's directory for reading, never anything but a regular
// file, and tells its length.
func openRegular(dir, name string) (*os.File, int64, error) {
	path := filepath.Join(dir, name)
	// Look before opening: opening a device can have effects of its own.
	info, err := os.Lstat(path)
	if err != nil {
		return nil, 0, bare(err)
	}
	refuse := func() (*os.File, int64, error) {
		return nil, 0, problemf(ErrNotRegular, "%s is not a regular file but %v", name, info.Mode())
	}
	if !info.Mode().IsRegular() {
		return refuse()
	}
	file, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, 0, bare(err)
	}
	if info, err = file.Stat(); err != nil {
		_ = file.Close() // only read from
		return nil, 0, bare(err)
	}
	if !info.Mode().IsRegular() { // the name means another file by now
		_ = file.Close()
		return refuse()
	}
	return file, info.Size(), nil
}
