package ids

import (
	"errors"
	"fmt"
)

var (
	// ErrExhausted says that all ids of a pool are in use. Free some, or use a pool of your own.
	ErrExhausted = errors.New("every id is in use")
	// ErrNotAllocated says that an id which was given back is not in use: it was freed before, or is not one of the pool's.
	ErrNotAllocated = errors.New("id is not allocated")
	// ErrLeaked says that ids are in use where none should be.
	ErrLeaked = errors.New("ids are still allocated")
	// ErrInvalidRange says that a pool cannot be made of a range of ids.
	ErrInvalidRange = errors.New("invalid range of ids")
)

// Error is the error of every function of this package. It wraps one of the package's Err values, or what the operating system said.
type Error struct {
	Op     string // what was tried: allocate, free, new, check
	Pool   string // the pool's name: sessions, streams, or its range
	Detail string // the id or the numbers that it is about, and what to do
	Err    error  // why; errors.Is and errors.As reach it
}

// Error gives the operation, the pool, the reason and the remedy on one line.
func (e *Error) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("ids: %s (%s): %v", e.Op, e.Pool, e.Err)
	}
	return fmt.Sprintf("ids: %s (%s): %v: %s", e.Op, e.Pool, e.Err, e.Detail)
}

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }
