package nativelib

import (
	"context"
	"io"
	"os"
	"path/filepath"
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
	Restore         = restore
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

// IDHeader and RecipeHeader are the headers of a checkout that are kept in step.
func IDHeader(l Layout) string     { return filepath.Join(l.headers, "native_id.h") }
func RecipeHeader(l Layout) string { return filepath.Join(l.headers, "native_recipe.h") }

// HasHeaders says whether a layout is a checkout's, which has them.
func HasHeaders(l Layout) bool { return l.headers != "" }

// LockPath is the file that keeps two installations of a prefix apart.
func LockPath(l Layout) string { return l.lock }

// RunCommand runs a program as the package does.
func RunCommand(ctx context.Context, tee io.Writer, tail int, name string, args ...string) (string, error) {
	return command{tee: tee, tail: tail}.run(ctx, name, args...)
}

// RunHolding runs a program that keeps a file open, with its children.
func RunHolding(ctx context.Context, hold *os.File, name string, args ...string) (string, error) {
	return command{hold: hold}.run(ctx, name, args...)
}
