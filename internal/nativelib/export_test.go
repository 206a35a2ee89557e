package nativelib

import (
	"context"
	"io"
)

// White-box hooks for the tests of package nativelib_test.
var (
	SplitFlags      = splitFlags
	JoinFlags       = joinFlags
	SupportedOn     = supported
	OlderThan       = olderThan
	CargoPackageFor = cargoPackage
	LockFile        = lockFile
	WriteFile       = writeFile
	Replace         = replace
	HashInstalled   = hashInstalled
	ReadID          = readID
	Foreign         = foreign
	LastLines       = lastLines
	EnvironWithout  = environWithout
	ModulePathOf    = modulePath
	InCargoStore    = inCargoStore
)

// StagingDir is where an unfinished installation lies.
func StagingDir(l Layout) string { return l.staging }

// IDHeader is the header that is kept in step, or "".
func IDHeader(l Layout) string { return l.idHeader }

// LockPath is the file that keeps two installations of a prefix apart.
func LockPath(l Layout) string { return l.lock }

// RunCommand runs a program as the package does.
func RunCommand(ctx context.Context, tee io.Writer, tail int, name string, args ...string) (string, error) {
	return command{tee: tee, tail: tail}.run(ctx, name, args...)
}
