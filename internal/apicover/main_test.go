package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// That tests execute the wrappers is shown by make api, since it takes the tests to run.
func TestEveryFunctionIsWrappedOrExempt(t *testing.T) {
	a, err := load(filepath.Join("..", ".."))
	require.NoError(t, err)
	require.Empty(t, a.check())
	require.Len(t, a.declared, 477, "Aeron 1.54 declares that many: has the parser lost some, or the pin changed?")
	t.Log(a.figure())
}

func TestFunctions(t *testing.T) {
	found := functions(`
#ifdef __cplusplus
extern "C"
{
#endif
/* int aeron_in_a_comment(void); */
// int aeron_in_another(void);
#define AERON_MACRO(x) \
    aeron_macro(x);
typedef struct aeron_thing_stct
{
    int field;
}
aeron_thing_t;
typedef void (*aeron_handler_t)(void *clientd);
int aeron_one(aeron_thing_t *thing,
    const char *name);
const char *aeron_two(void);
extern bool aeron_three(void (*f)(const char *));
aeron_handler_t aeron_four(aeron_thing_t *thing);
#ifdef __cplusplus
}
#endif
`)
	require.Equal(t, []function{
		{"aeron_one", "aeron_thing_t *thing, const char *name"},
		{"aeron_two", "void"},
		{"aeron_three", "void (*f)(const char *)"},
		{"aeron_four", "aeron_thing_t *thing"},
	}, found)
}

const sample = `package cgo

// One does.
//
// C: aeron_one
func One() {
	_ = 1
}

// Two does two things to a aeron_other_t.
//
// C: aeron_two
// C: aeron_other_t
// C: aeron_three
func (t T) Two() { _ = 2 }
`

func samples(t *testing.T) map[string][]*wrapper {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.go"), []byte(sample), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a_test.go"), []byte("not Go"), 0o600))
	found, err := wrappers(dir)
	require.NoError(t, err)
	return found
}

func TestWrappers(t *testing.T) {
	found := samples(t)
	require.Len(t, found, 3)
	require.Equal(t, []*wrapper{{name: "One", file: "a.go", first: 6, last: 8}}, found["aeron_one"])
	require.Same(t, found["aeron_two"][0], found["aeron_three"][0])
}

func TestMarkExecuted(t *testing.T) {
	found := samples(t)
	require.NoError(t, markExecuted(found, strings.NewReader(`mode: set
example.org/other/a.go:6.12,8.2 1 1
`+cgoPackage+`/a.go:6.12,8.2 1 0
`+cgoPackage+`/a.go:15.20,15.27 1 1
`)))
	require.False(t, found["aeron_one"][0].executed)
	require.True(t, found["aeron_two"][0].executed)
	require.Equal(t, []string{"aeron_one: no test executes One, in cgo/a.go"}, (&api{wrapped: found}).unexecuted())

	require.ErrorContains(t, markExecuted(found, strings.NewReader("mode: set\n")), "it says nothing of")
	require.ErrorContains(t, markExecuted(found, strings.NewReader(cgoPackage+"/a.go:nonsense\n")), "nonsense")
	require.ErrorContains(t, markExecuted(found, strings.NewReader(cgoPackage+"/a.go:x.1,2.2 1 1\n")), "x.1")
}

func TestCheck_findsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "unwrapped.txt")
	require.NoError(t, os.WriteFile(list, []byte(`# a comment

aeron_two: undefined: it is wrapped all the same
aeron_four: undefined: but it is defined
aeron_five: struct: but it takes none
aeron_six: stack: but it takes no pair
aeron_seven: convenience: nobody needs it
aeron_gone: undefined: and not declared
aeron_eight: struct: as it should be
`), 0o600))
	exempt, err := readExemptions(list)
	require.NoError(t, err)
	a := &api{
		declared: map[string]function{},
		wrapped:  samples(t),
		exempt:   exempt,
		used:     map[string]bool{"aeron_two": true},
		defined:  map[string]bool{"aeron_four": true},
	}
	for _, name := range []string{"one", "two", "four", "five", "six", "seven", "nine"} {
		a.declared["aeron_"+name] = function{"aeron_" + name, "int x"}
	}
	a.declared["aeron_eight"] = function{"aeron_eight", "aeron_port_manager_t *manager"}
	findings := a.check()
	require.Len(t, findings, 9)
	for n, want := range []string{
		"aeron_five is exempt as \"struct\", and it takes no struct", "aeron_four is exempt as \"undefined\", and it is defined",
		"aeron_nine is not wrapped", "aeron_one is named by the comment of One, and nothing that is compiled refers to it",
		"aeron_seven is exempt by the reason \"convenience\", which is none", "aeron_six is exempt as \"stack\", and it takes no pair",
		"aeron_two is wrapped: take it out", "aeron_gone is in cgo/unwrapped.txt, and no header declares it",
		"aeron_three is named by the comment of Two, and no header declares it",
	} {
		require.Contains(t, findings[n], want)
	}
	require.NoError(t, os.WriteFile(list, []byte("aeron_two convenience\n"), 0o600))
	_, err = readExemptions(list)
	require.ErrorContains(t, err, `"aeron_two convenience" is not`)
}

func TestArchiveSymbols_ofWhatIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.a")
	_, err := archiveSymbols(path, nil)
	require.Error(t, err)
	require.NoError(t, os.WriteFile(path, []byte("no archive"), 0o600))
	_, err = archiveSymbols(path, nil)
	require.ErrorContains(t, err, "is no archive")
	require.NoError(t, os.WriteFile(path, []byte("!<arch>\n"+strings.Repeat("x", 60)), 0o600))
	_, err = archiveSymbols(path, nil)
	require.ErrorContains(t, err, "bad member at 8")
}
