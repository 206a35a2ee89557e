//go:build linux || darwin

package mediadir

// BeforeDelete has f called between the last look at a directory and the first deletion,
// until the function it returns is called.
func BeforeDelete(f func()) (restore func()) {
	old := beforeDelete
	beforeDelete = f
	return func() { beforeDelete = old }
}

// PretendUID makes the package take this process for one of another user, until the
// function it returns is called.
func PretendUID(uid int) (restore func()) {
	old := effectiveUID
	effectiveUID = func() int { return uid }
	return func() { effectiveUID = old }
}

// ParentIn is DefaultParent in another place.
var ParentIn = parentIn
