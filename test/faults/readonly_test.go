package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// nobody is a user whom permissions bind.
const nobody = 65534

// asNobody runs a task in a child without the rights of root, with a directory of its own for the driver's.
func asNobody(t *testing.T, task string, args ...string) (c *child, dir string) {
	t.Helper()
	require.Zero(t, os.Geteuid(), "becoming another user takes root")
	base := shmBase(t)
	require.NoError(t, os.Chown(base, nobody, nobody))
	attributes := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	dir = base + "/parent/driver"
	return startWith(t, attributes, task, dir, args...), dir
}

// said is what a call that must fail has said.
type said struct {
	Error      string
	Typed      bool
	Permission bool
}

func saidBy(err error) said {
	var e *aeron.Error
	return said{Error: fmt.Sprint(err), Typed: errors.As(err, &e), Permission: errors.Is(err, fs.ErrPermission)}
}

// require holds it against what a user can ask of it.
func (s said) require(t *testing.T, path, remedy string) {
	t.Helper()
	require.True(t, s.Typed, s.Error)
	require.True(t, s.Permission, s.Error)
	require.Contains(t, s.Error, path)
	require.Contains(t, s.Error, remedy)
}

// runReadOnlyStart starts a driver where this user may not write, and then where it may.
func runReadOnlyStart(dir string, args []string) error {
	parent := filepath.Dir(dir)
	if err := os.Mkdir(parent, 0o700); err != nil {
		return err
	}
	locked := parent
	switch args[0] {
	case "remains": // of a driver that is dead
		locked = dir
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(dir+"/loss-report.dat", nil, 0o600); err != nil {
			return err
		}
		old := time.Now().Add(-time.Hour)
		if err := errors.Join(os.Chtimes(dir+"/loss-report.dat", old, old), os.Chtimes(dir, old, old)); err != nil {
			return err
		}
	case "empty":
		locked = dir
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	mode := map[string]fs.FileMode{"parent": 0o555, "remains": 0o500, "empty": 0o500}[args[0]]
	if err := os.Chmod(locked, mode); err != nil {
		return err
	}
	d, err := aeron.Open(small(dir))
	if err != nil {
		return err
	}
	ctx, cancel := patience()
	defer cancel()
	report(saidBy(d.Start(ctx)))
	if err := errors.Join(os.Chmod(locked, 0o700), d.Start(ctx)); err != nil {
		return err
	}
	if _, err := d.AddPublication(ctx, "aeron:ipc", 1); err != nil {
		return err
	}
	return d.Close()
}

// runReadOnlyAdd takes a running driver's directory the right to be written to, and gives it back.
func runReadOnlyAdd(dir string, _ []string) error {
	ctx, cancel := patience()
	defer cancel()
	d, err := begun(ctx, small(dir))
	if err != nil {
		return err
	}
	pub, sub, err := ipcStream(ctx, d, 1)
	if err != nil {
		return err
	}
	set := func(mode fs.FileMode) error {
		var errs []error
		for _, path := range []string{dir, dir + "/publications", dir + "/images"} {
			errs = append(errs, os.Chmod(path, mode))
		}
		return errors.Join(errs...)
	}
	if err := set(0o500); err != nil {
		return err
	}
	var all []said
	for _, channel := range []string{"aeron:ipc", "aeron:udp?endpoint=127.0.0.1:9"} {
		_, err := d.AddPublication(ctx, channel, 2)
		all = append(all, saidBy(err))
	}
	// What is there goes on, and so does what needs no file.
	if err := pour(pub, sub, 2000, 100); err != nil {
		return err
	}
	other, err := d.AddSubscription(ctx, "aeron:ipc", 3)
	if err != nil {
		return err
	}
	if err := errors.Join(other.Close(), d.Err(), set(0o700)); err != nil {
		return err
	}
	again, err := d.AddPublication(ctx, "aeron:ipc", 2)
	if err != nil {
		return err
	}
	if err := errors.Join(again.Close(), set(0o500)); err != nil {
		return err
	}
	all = append(all, saidBy(d.Close()))
	report(all)
	return nil
}

// A directory that may not be written to: Start and Add fail with an error that says which and what to do, and so does Close, which leaves
// the directory; the process lives, what is there goes on, and everything works once the right is there.
func TestDirectoryReadOnly(t *testing.T) {
	figures.Begin(t)
	const forUs, forTheDriver = "give uid 65534 the right to write there, or use another directory", "give the media driver's user the right to write there"
	cases := 0
	t.Run("Start", func(t *testing.T) {
		for name, locked := range map[string]string{"parent": "/parent\"", "remains": "/parent/driver"} {
			c, _ := asNobody(t, "readOnlyStart", name)
			result[said](c).require(t, locked+": ", forUs)
			cases++
		}
		// What is the driver's own and empty is made anew.
		c, _ := asNobody(t, "readOnlyStart", "empty")
		require.Equal(t, saidBy(nil), result[said](c))
	})
	t.Run("Add", func(t *testing.T) {
		c, dir := asNobody(t, "readOnlyAdd")
		all := result[[]said](c)
		require.Len(t, all, 3)
		for _, s := range all[:2] {
			s.require(t, dir+"/publications/", forTheDriver)
		}
		all[2].require(t, dir+": ", forUs)
		cases += len(all)
	})
	figures.Record(t, "errors that named the path and the remedy", cases)
}
