package payload

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFill_dependsOnSeedAndNumber(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(10) {
		seed++ // xorshift has no 0, so 0 does for it what 1 does
		for n := range uint64(10) {
			message := make([]byte, 13)
			Fill(message, seed, n)
			seen[string(message)] = true
			longer := make([]byte, 29)
			Fill(longer, seed, n)
			require.True(t, bytes.HasPrefix(longer, message[:8]))
		}
	}
	require.Len(t, seen, 100)
	Fill(nil, 1, 1)
}

// Any single difference must show: this is what the other tests rely on.
func TestDigest_sees(t *testing.T) {
	digest := func(messages ...string) string {
		var d Digest
		for _, m := range messages {
			d.Add([]byte(m))
		}
		return d.String()
	}
	right := digest("", "a", "a longer message", "a")
	for what, wrong := range map[string]string{
		"a loss":             digest("", "a", "a longer message"),
		"a doubled message":  digest("", "a", "a longer message", "a", "a"),
		"another order":      digest("a", "", "a longer message", "a"),
		"another byte":       digest("", "a", "a longer messagf", "a"),
		"an early byte":      digest("", "a", "b longer message", "a"),
		"a cut":              digest("", "a", "a longer messag", "a"),
		"a zero at the end":  digest("", "a\x00", "a longer message", "a"),
		"joined messages":    digest("", "aa longer message", "a"),
		"nothing":            digest(),
		"an empty one moved": digest("a", "a longer message", "", "a"),
	} {
		require.NotEqual(t, right, wrong, what)
	}
	require.Equal(t, "count=4 bytes=18 hash="+right[len(right)-16:], right)
}

func TestExpected_isWhatSendersSend(t *testing.T) {
	var d Digest
	for n, size := range []int{0, 5, 17, 0, 5, 17} {
		message := make([]byte, size)
		Fill(message, 7, uint64(n))
		d.Add(message)
	}
	require.Equal(t, Expected(7, 2, []int{0, 5, 17}), d.String())
}
