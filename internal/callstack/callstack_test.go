package callstack_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/callstack"
)

//go:noinline
func marked(f func() bool) bool { return f() }

//go:noinline
func deep(n int, f func() bool) bool {
	if n == 0 {
		return f()
	}
	return deep(n-1, f)
}

func TestHas_findsACallerHoweverDeep(t *testing.T) {
	has := func() bool { return callstack.Has("callstack_test.marked") }
	require.False(t, has())
	require.True(t, marked(has))
	for _, depth := range []int{1, 60, 61, 62, 63, 64, 65, 200} {
		require.True(t, marked(func() bool { return deep(depth, has) }))
		require.False(t, deep(depth, has))
	}
	other := make(chan bool)
	marked(func() bool { go func() { other <- has() }(); return true })
	require.False(t, <-other, "another goroutine's stack is another")
}
