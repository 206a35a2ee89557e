//go:build linux || darwin

package mediadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// beforeDelete is called between the last look and the first deletion; a test sets it.
var beforeDelete = func() {}

func removeTree(op, dir string, driverTimeout time.Duration) error {
	fail := func(err error) error {
		var own *Error
		if err == nil || errors.As(err, &own) {
			return err
		}
		return &Error{Op: op, Dir: dir, Err: remedied(bare(err))}
	}
	path, err := cleanPath(dir)
	if err != nil {
		return fail(err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return fail(err)
	}
	// The first look refuses whatever is not ours, symbolic links included, in words.
	if r, err := inspect(op, dir, driverTimeout); err != nil || r.State == Missing || r.State == Empty {
		return err
	} else if err := removable(op, r, driverTimeout); err != nil {
		return err
	}

	parent, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fail(err)
	}
	defer func() { _ = parent.Close() }() // only read from
	target, err := openDirAt(parent, filepath.Base(path))
	if err != nil {
		return fail(err)
	}
	defer func() { _ = target.Close() }() // only read from

	v := victim{op: op, dir: dir, path: path, parent: parent, target: target, timeout: driverTimeout}
	return fail(v.remove())
}

// victim is a directory on its way out, held by its descriptor.
type victim struct {
	op, dir, path  string
	parent, target *os.File
	timeout        time.Duration
}

func (v *victim) remove() error {
	t, err := scan(v.target)
	if err != nil {
		return err
	}
	if t.foreign != "" {
		return &Error{Op: v.op, Dir: v.dir, Detail: fmt.Sprintf("it holds %q", t.foreign), Err: ErrForeign}
	}
	if err := v.checkUnheld(); err != nil {
		return err
	}
	beforeDelete()
	if err := v.checkAgain(); err != nil {
		return err
	}
	for name, files := range t.dirs {
		if err := v.removeLogs(name, files); err != nil {
			return err
		}
	}
	slices.SortFunc(t.files, func(a, b string) int { // cnc.dat last
		return boolToInt(a == cncfile.FileName) - boolToInt(b == cncfile.FileName)
	})
	for _, name := range t.files {
		if err := unlinkAt(v.target, name, 0); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	// If the name means another directory by now, then what had to go is gone: leave it.
	if err := v.checkSame(); err != nil {
		return err
	}
	return unlinkAt(v.parent, filepath.Base(v.path), unix.AT_REMOVEDIR)
}

// checkAgain makes sure that the directory in hand is still the one by that name, and
// still without a living driver.
func (v *victim) checkAgain() error {
	// By name, twice: the directory looked at in between is then the one in hand.
	if err := v.checkSame(); err != nil {
		return err
	}
	r, err := inspect(v.op, v.dir, v.timeout)
	if err != nil {
		return err
	}
	if r.State == Missing {
		return fs.ErrNotExist // somebody else has removed it
	}
	if err := removable(v.op, r, v.timeout); err != nil {
		return err
	}
	return v.checkSame()
}

func (v *victim) checkSame() error {
	now, err := statAt(v.parent, filepath.Base(v.path))
	if err != nil {
		return err
	}
	info, err := v.target.Stat()
	if err != nil {
		return err
	}
	if id, ok := idOf(info); !ok || id != now.id {
		return ErrReplaced
	}
	return nil
}

// checkUnheld refuses a cnc.dat that cannot be believed while a process has it open.
func (v *victim) checkUnheld() error {
	r, err := inspect(v.op, v.dir, v.timeout)
	if err != nil || r.State != Corrupt {
		return err
	}
	fd, err := openAt(v.target, cncfile.FileName, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC)
	if err != nil {
		return fmt.Errorf("%s: %w", cncfile.FileName, err)
	}
	defer func() { _ = unix.Close(fd) }() // only read from
	if heldElsewhere(fd) {
		return &Error{Op: v.op, Dir: v.dir, Detail: r.Detail, Err: fmt.Errorf("%w: %w", ErrHeld, r.Err)}
	}
	return nil
}

func (v *victim) removeLogs(name string, files []string) error {
	sub, err := openDirAt(v.target, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer func() { _ = sub.Close() }() // only read from
	for _, file := range files {
		if err := unlinkAt(sub, file, 0); err != nil {
			return fmt.Errorf("%s/%s: %w", name, file, err)
		}
	}
	if err := unlinkAt(v.target, name, unix.AT_REMOVEDIR); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// unlinkAt removes an entry of dir. One that is gone already is no error.
func unlinkAt(dir *os.File, name string, flags int) error {
	err := onDescriptor(dir, func(fd int) error {
		_, err := retryEINTR(func() (int, error) { return 0, unix.Unlinkat(fd, name, flags) })
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
