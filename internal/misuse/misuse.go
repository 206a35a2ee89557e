// Package misuse calls every method of a package's types on receivers that nobody should call them on, with arguments that nobody
// should give: nil, zero, closed, and closing meanwhile. What is found by reflection needs no row for a new method; a new type must be
// named in the test, or it fails.
package misuse

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// Patience is how long a call may take that has nothing to do.
const Patience = 20 * time.Second

// Types are the exported types of the package in dir that have exported methods, aliases included.
func Types(tb testing.TB, dir string) []string {
	tb.Helper()
	packages, err := parser.ParseDir(token.NewFileSet(), dir, func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0) //nolint:staticcheck // build tags make no difference to types
	if err != nil {
		tb.Fatal(err)
	}
	with, declared := map[string]bool{}, map[string]bool{}
	for _, p := range packages {
		for _, file := range p.Files {
			for _, decl := range file.Decls {
				switch d := decl.(type) {
				case *ast.FuncDecl:
					if d.Recv != nil && d.Name.IsExported() {
						with[baseName(d.Recv.List[0].Type)] = true
					}
				case *ast.GenDecl:
					for _, spec := range d.Specs {
						if t, ok := spec.(*ast.TypeSpec); ok && t.Name.IsExported() {
							declared[t.Name.Name] = true
							if _, isStruct := t.Type.(*ast.StructType); isStruct || t.Assign.IsValid() {
								// Methods may be promoted, or the alias's; reflection tells.
								with[t.Name.Name] = true
							}
						}
					}
				}
			}
		}
	}
	var names []string
	for name := range declared {
		if with[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func baseName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return baseName(e.X)
	case *ast.IndexExpr:
		return baseName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// Calls calls every method of receiver: once with arguments that are zero, nil functions among them, and once with a context that has
// ended and functions that do nothing. A panic, and a call that does not return, fail the test. Methods that may say nothing of an
// error, although they could, are in quiet; if strict, the others must return one. A method that is skipped is named with a minus sign.
// Of a zero value every call has its own: one of them may be Close.
func Calls(t *testing.T, receiver any, strict bool, quiet ...string) {
	t.Helper()
	v := reflect.ValueOf(receiver)
	zero := v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().IsZero()
	for i := range v.NumMethod() {
		if zero {
			v = reflect.New(v.Type().Elem())
		}
		method := v.Type().Method(i)
		if slices.Contains(quiet, "-"+method.Name) {
			continue
		}
		for _, plausible := range []bool{false, true} {
			label := fmt.Sprintf("%v.%s, arguments that are nil: %t", v.Type(), method.Name, !plausible)
			results, failure := call(v.Method(i), plausible)
			if failure != "" {
				t.Errorf("%s: %s", label, failure)
				continue
			}
			if strict && !slices.Contains(quiet, method.Name) && lacksError(method.Type, results) {
				t.Errorf("%s: returns no error", label)
			}
		}
	}
}

var errorType = reflect.TypeFor[error]()

// lacksError reports whether a method that can return an error did not.
func lacksError(method reflect.Type, results []reflect.Value) bool {
	n := method.NumOut()
	return n > 0 && method.Out(n-1) == errorType && results[n-1].IsNil()
}

func call(method reflect.Value, plausible bool) (results []reflect.Value, failure string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if cause := recover(); cause != nil {
				failure = fmt.Sprintf("panics: %v\n%s", cause, debug.Stack())
			}
		}()
		results = method.Call(arguments(method.Type(), plausible))
		for _, result := range results {
			if result.Kind() == reflect.Func && result.IsNil() {
				failure = "returns a function that is nil: whoever calls or defers it dies"
			}
			use(result)
		}
	}()
	select {
	case <-done:
		return results, failure
	case <-time.After(Patience):
		return nil, "does not return"
	}
}

func arguments(f reflect.Type, plausible bool) []reflect.Value {
	var args []reflect.Value
	for i := range f.NumIn() {
		if f.IsVariadic() && i == f.NumIn()-1 {
			break
		}
		args = append(args, argument(f.In(i), plausible))
	}
	return args
}

func argument(t reflect.Type, plausible bool) reflect.Value {
	if t == reflect.TypeFor[context.Context]() {
		// Not nil, which Go asks nobody to bear.
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return reflect.ValueOf(&ctx).Elem()
	}
	if !plausible {
		return reflect.Zero(t)
	}
	switch t.Kind() { //nolint:exhaustive // the others stay zero
	case reflect.Func:
		return reflect.MakeFunc(t, func([]reflect.Value) []reflect.Value {
			var results []reflect.Value
			for out := range t.Outs() {
				results = append(results, reflect.Zero(out))
			}
			return results
		})
	case reflect.Int, reflect.Int32, reflect.Int64:
		return reflect.ValueOf(16).Convert(t)
	case reflect.Slice:
		return reflect.MakeSlice(t, 16, 16)
	case reflect.String:
		return reflect.ValueOf("aeron:ipc").Convert(t)
	}
	return reflect.Zero(t)
}

// use does with a result what its owner would: it calls functions, loops over iterators, leaving at once, and closes what was opened.
func use(result reflect.Value) {
	switch result.Kind() { //nolint:exhaustive // there is nothing to do with the others
	case reflect.Func:
		if !result.IsNil() {
			result.Call(arguments(result.Type(), true))
		}
	case reflect.Pointer:
		if c, ok := reflect.TypeAssert[interface{ Close() error }](result); ok && !result.IsNil() {
			_ = c.Close() // what it says is for its own test
		}
	}
}
