package misuse

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// victim has a method for everything that a call may do wrong.
type victim struct {
	contexts []error
	handled  int
	closed   int
}

func (v *victim) Panics([]byte)          { panic("on purpose") }
func (v *victim) PanicsAtNil(f func())   { f() }
func (v *victim) NilFunc() func()        { return nil }
func (v *victim) BadFunc() func()        { return func() { panic("later") } }
func (v *victim) Quiet() (int, error)    { return 1, nil }
func (v *victim) Fails() (int, error)    { return 0, errors.New("no") }
func (v *victim) Says() int              { return 1 }
func (v *victim) Variadic(s ...string)   { v.handled += len(s) }
func (v *victim) Child() *child          { return &child{v} }
func (v *victim) NoChild() *child        { return nil }
func (v *victim) All() func(func() bool) { return func(yield func() bool) { v.handled++; _ = yield() } }

func (v *victim) Takes(ctx context.Context, text string, data []byte, n int32, f func(string) (int, error)) error {
	v.contexts = append(v.contexts, ctx.Err())
	if f != nil {
		v.handled += len(text) + len(data) + int(n)
		got, err := f("x")
		v.handled += got
		return err
	}
	return nil
}

type child struct{ v *victim }

func (c *child) Close() error { c.v.closed++; return errors.New("for its own test") }

// of calls a method of a victim.
func of(t *testing.T, v *victim, name string, plausible bool) ([]reflect.Value, string) {
	t.Helper()
	m := reflect.ValueOf(v).MethodByName(name)
	require.True(t, m.IsValid(), name)
	return call(m, plausible)
}

func TestCall_saysWhatWentWrong(t *testing.T) {
	v := &victim{}
	for _, c := range []struct {
		method    string
		plausible bool
		want      string // "" is nothing
	}{
		{"Panics", false, "panics: on purpose"},
		{"Panics", true, "panics: on purpose"},
		{"PanicsAtNil", false, "panics: runtime error: invalid memory address"},
		{"PanicsAtNil", true, ""},
		{"NilFunc", true, "a function that is nil"},
		{"BadFunc", true, "panics: later"},
		{"Quiet", true, ""},
		{"Variadic", true, ""},
	} {
		_, failure := of(t, v, c.method, c.plausible)
		if c.want == "" {
			require.Empty(t, failure, c.method)
		} else {
			require.Contains(t, failure, c.want, c.method)
		}
	}
	require.Zero(t, v.handled, "nothing is passed where there may be any number")
}

func TestCall_givesArgumentsAndUsesResults(t *testing.T) {
	v := &victim{}
	_, failure := of(t, v, "Takes", false)
	require.Empty(t, failure)
	require.Zero(t, v.handled)
	_, failure = of(t, v, "Takes", true)
	require.Empty(t, failure)
	require.Equal(t, len("aeron:ipc")+16+16, v.handled)
	require.Equal(t, []error{context.Canceled, context.Canceled}, v.contexts, "a context is never nil, and has ended")

	v.handled = 0
	for _, method := range []string{"Child", "NoChild", "All"} {
		_, failure = of(t, v, method, true)
		require.Empty(t, failure, method)
	}
	require.Equal(t, 1, v.closed, "what was opened is closed")
	require.Equal(t, 1, v.handled, "what can be looped over is")
}

func TestLacksError(t *testing.T) {
	for method, want := range map[string]bool{"Quiet": true, "Fails": false, "Says": false, "Child": false} {
		m := reflect.ValueOf(&victim{}).MethodByName(method)
		results, failure := call(m, true)
		require.Empty(t, failure)
		require.Equal(t, want, lacksError(m.Type(), results), method)
	}
}

// good survives everything.
type good struct{ calls map[string]int }

func (g good) Closed() error            { g.calls["Closed"]++; return errors.New("closed") }
func (g good) Silent() error            { g.calls["Silent"]++; return nil }
func (g good) Never(time.Duration) bool { g.calls["Never"]++; return false }

func TestCalls_callsEachMethodTwiceButThoseThatAreLeftOut(t *testing.T) {
	g := good{map[string]int{}}
	Calls(t, g, true, "Silent", "-Never")
	require.Equal(t, map[string]int{"Closed": 2, "Silent": 2}, g.calls)
	Calls(t, g, false)
	require.Equal(t, map[string]int{"Closed": 4, "Silent": 4, "Never": 2}, g.calls)
}

func TestTypes_areThoseWithMethods(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.go": `package p
type Struct struct{}
type Alias = Struct
type Number int
type Named int
func (Named) Method() {}
type Generic[T any] []T
func (*Generic[T]) Method() {}
type hidden struct{}
func (hidden) Method() {}
type OnlyHidden int
func (OnlyHidden) method() {}
func Function() {}
`,
		"a_test.go": "package p\ntype InTest struct{}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	require.Equal(t, []string{"Alias", "Generic", "Named", "Struct"}, Types(t, dir))
}
