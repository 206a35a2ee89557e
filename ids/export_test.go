package ids

import "io"

// CheckLeaksOf is CheckLeaks for pools of a test's own.
var CheckLeaksOf = checkLeaks

// SetRandom replaces the generator of a pool that was not used yet.
func (a *Allocator) SetRandom(r io.Reader) { a.random = r }

// Built says whether the pool has taken its memory.
func (a *Allocator) Built() bool { return a.queue != nil }
