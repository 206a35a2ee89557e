//go:build !linux && !darwin

package mediadir

import (
	"io/fs"
	"os"
	"time"
)

const supported = false

var effectiveUID = os.Geteuid

func owner(fs.FileInfo) (int, bool) { return 0, false }

func scanPath(string) (tree, error) { return tree{}, ErrUnsupported }

func processGone(int64) bool { return false }

func removeTree(string, string, time.Duration) error { return ErrUnsupported }

func checkWritable(string) error { return ErrUnsupported }

func secure(string) (string, error) { return "", ErrUnsupported }

func freeSpace(string) (uint64, error) { return 0, ErrUnsupported }
