//go:build !unix

package stats

import "errors"

const openFlags = 0

// logDescriptor is an open log. There is none: drivers of this system keep them elsewhere.
type logDescriptor int

const closedLog logDescriptor = -1

func (logDescriptor) close() {}

func (logDescriptor) ReadAt([]byte, int64) (int, error) { return 0, errors.ErrUnsupported }

func (*logDir) open(string) (logDescriptor, int64, error) {
	return closedLog, 0, errors.ErrUnsupported
}
