//go:build unix

package cnctest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Contents describes everything below a directory: what it is, whose, since when, and what is in it. It must be the same afterwards when
// nothing was to be touched.
func Contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		require.True(t, ok)
		text := fmt.Sprint(info.Mode(), stat.Uid, stat.Gid, stat.Ino, info.ModTime())
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			text += " -> " + target
		case info.Mode().IsRegular() && info.Mode().Perm()&0o400 != 0:
			b, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrPermission) {
				b, err = []byte("(closed to this user)"), nil
			}
			if err != nil {
				return err
			}
			text += fmt.Sprintf(" %d %x", len(b), sha256.Sum256(b))
		}
		found[path] = text
		return nil
	}))
	return found
}
