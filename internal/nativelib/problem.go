package nativelib

import "errors"

// What can be wrong, for errors.Is. The error itself is a [*Problem], whose text names the thing and the remedy.
var (
	// ErrUnsupported: the library is not built on this operating system.
	ErrUnsupported = errors.New("unsupported system")
	// ErrNoModule: the module that carries the recipe was not found.
	ErrNoModule = errors.New("module not found")
	// ErrTool: a program that the build needs is missing, too old or does not work.
	ErrTool = errors.New("build tool missing or too old")
	// ErrWrongVersion: the source is of another version of Aeron.
	ErrWrongVersion = errors.New("wrong Aeron version")
	// ErrNoSource: the source could not be had, or the directory named holds none.
	ErrNoSource = errors.New("no Aeron source")
	// ErrModifiedSource: a file of the source differs from the one that was pinned.
	ErrModifiedSource = errors.New("the source of Aeron is modified or damaged")
	// ErrNotInstalled: the library is not installed, or what is installed is damaged or out of date.
	ErrNotInstalled = errors.New("native library not installed")
	// ErrPrefix: the directory to install to cannot be used.
	ErrPrefix = errors.New("unusable prefix")
	// ErrBuild: cmake or the compiler failed.
	ErrBuild = errors.New("build failed")
	// ErrFlags: a path cannot be written in CGO_CFLAGS or CGO_LDFLAGS, or what they hold cannot be read.
	ErrFlags = errors.New("unusable compiler flags")
)

// Problem is an error with what went wrong and what to do about it.
type Problem struct {
	Kind   error  // one of this package's Err values
	What   string // one clause: what is wrong, and with which value
	Remedy string // one clause: what to do; may be empty
	Err    error  // the cause; may be nil
}

// Error gives the clause, its cause and the remedy in one line, unless the cause (a compiler's output) has more.
func (p *Problem) Error() string {
	text := p.What
	if p.Err != nil {
		text += ": " + p.Err.Error()
	}
	if p.Remedy != "" {
		text += "; " + p.Remedy
	}
	return text
}

// Unwrap gives the kind and the cause.
func (p *Problem) Unwrap() []error {
	if p.Err == nil {
		return []error{p.Kind}
	}
	return []error{p.Kind, p.Err}
}
