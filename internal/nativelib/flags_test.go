package nativelib_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
	"github.com/aeroncgo/aeron/internal/nativelib/nativetest"
)

func TestMergeFlags_keepsOthersAndReplacesItsOwn(t *testing.T) {
	m := nativetest.New(t)
	one, two := layout(t, m, filepath.Join(m.Home, "one")), layout(t, m, filepath.Join(m.Home, "two words"))
	first, err := nativelib.MergeFlags(nativelib.Flags{CFlags: "-O3 -I/other/include -DX='a'", LDFlags: "-O2 -g -L/other/lib '-Wl,-z,a b'"}, one, nativelib.Manifest{ID: "1111"})
	require.NoError(t, err)
	require.Equal(t, `-O3 -I/other/include "-DX='a'" -I`+one.IncludeDir()+` '-DAERONGO_NATIVE_ID="1111"'`, first.CFlags)
	require.Equal(t, `-O2 -g -L/other/lib '-Wl,-z,a b' -L`+one.LibDir(), first.LDFlags)

	same, err := nativelib.MergeFlags(first, one, nativelib.Manifest{ID: "1111"})
	require.NoError(t, err)
	require.Equal(t, first, same)

	moved, err := nativelib.MergeFlags(first, two, nativelib.Manifest{ID: "2222"})
	require.NoError(t, err)
	require.Equal(t, `-O3 -I/other/include "-DX='a'" '-I`+two.IncludeDir()+`' '-DAERONGO_NATIVE_ID="2222"'`, moved.CFlags)
	require.Equal(t, `-O2 -g -L/other/lib '-Wl,-z,a b' '-L`+two.LibDir()+`'`, moved.LDFlags)
}

func TestMergeFlags_whatCannotBeWritten(t *testing.T) {
	m := nativetest.New(t)
	_, err := nativelib.MergeFlags(nativelib.Flags{}, layout(t, m, filepath.Join(m.Home, `both'and"`)), nativelib.Manifest{ID: "1"})
	require.ErrorIs(t, err, nativelib.ErrFlags)
	require.ErrorContains(t, err, "--prefix")
	_, err = nativelib.MergeFlags(nativelib.Flags{CFlags: "'-O2"}, layout(t, m, ""), nativelib.Manifest{ID: "1"})
	require.ErrorContains(t, err, "CGO_CFLAGS")
	_, err = nativelib.MergeFlags(nativelib.Flags{LDFlags: `"-lm`}, layout(t, m, ""), nativelib.Manifest{ID: "1"})
	require.ErrorContains(t, err, "CGO_LDFLAGS")
}

func TestCurrentFlags_environmentThenWrittenThenDefault(t *testing.T) {
	nativetest.New(t)
	flags, err := nativelib.CurrentFlags(t.Context(), false)
	require.NoError(t, err)
	require.Equal(t, nativelib.Flags{CFlags: "-O2 -g", LDFlags: "-O2 -g"}, flags)

	shadowed, err := nativelib.WriteFlags(t.Context(), nativelib.Flags{CFlags: "-O1 '-DA=b c'", LDFlags: "-L/x"})
	require.NoError(t, err)
	require.Empty(t, shadowed)
	t.Setenv("CGO_CFLAGS", "-O0")
	flags, err = nativelib.CurrentFlags(t.Context(), false)
	require.NoError(t, err)
	require.Equal(t, nativelib.Flags{CFlags: "-O0", LDFlags: "-L/x"}, flags)
	flags, err = nativelib.CurrentFlags(t.Context(), true)
	require.NoError(t, err)
	require.Equal(t, nativelib.Flags{CFlags: "-O1 '-DA=b c'", LDFlags: "-L/x"}, flags)

	shadowed, err = nativelib.WriteFlags(t.Context(), flags)
	require.NoError(t, err)
	require.Equal(t, []string{"CGO_CFLAGS"}, shadowed)
}

func TestSplitFlags(t *testing.T) {
	words, err := nativelib.SplitFlags("  -O2\t'-I/a b' \"-DX='y'\" -DZ=\"q\" ''\n")
	require.NoError(t, err)
	require.Equal(t, []string{"-O2", "-I/a b", "-DX='y'", `-DZ="q"`, ""}, words)
	for _, text := range []string{"'", `"-I`, "-a 'b"} {
		_, err := nativelib.SplitFlags(text)
		require.ErrorContains(t, err, "has no end", text)
	}
}

func FuzzFlags(f *testing.F) {
	f.Add("-O2 -g", "with space")
	f.Add(`'a"b' "c'd"`, `q"`)
	f.Fuzz(func(t *testing.T, text, word string) {
		words, err := nativelib.SplitFlags(text)
		if err != nil {
			return
		}
		words = append(words, word)
		joined, err := nativelib.JoinFlags(words)
		if err != nil {
			require.True(t, strings.ContainsAny(err.Error(), `'"`) || strings.Contains(err.Error(), "line break"))
			return
		}
		again, err := nativelib.SplitFlags(joined)
		require.NoError(t, err)
		require.Equal(t, words, again)
	})
}

func TestShellQuote(t *testing.T) {
	require.Equal(t, `'a'\''b c'`, nativelib.ShellQuote("a'b c"))
}
