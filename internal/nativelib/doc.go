// Package nativelib builds, checks and locates the native Aeron library that the cgo package links.
//
// It is what cmd/aeron-native is made of. It needs nothing but the Go standard library, a C compiler, CMake and ninja or
// make, and either cargo or an unpacked Aeron tree. It has no state of its own: everything is in the file system.
//
// The order of an installation ([Install]):
//
//   - [FindModule] finds the recipe: the module's CMakeLists.txt and vendor-c directory;
//   - [NewLayout] says where the library goes: vendor-c/prefix in a checkout that can be written, else the user's cache;
//   - the installed files are held against their manifest; if all is well, nothing is done;
//   - a file lock keeps two installations of one prefix apart, also after the death of one whose compilers live on;
//   - the source is found (cargo, or a directory that was named) and held against vendor-c/SOURCE.sha256, file by file;
//   - CMake builds into a directory beside the prefix, which takes the prefix's place by renaming.
//
// So an interrupted installation leaves either the old library or none, never half of one, and a rerun repairs it.
package nativelib

import (
	"strings"
	"unicode"
)

// Version is the version of Aeron that the library is built from. Internal structs are read, so no other one will do.
const Version = "1.54.0"

// ModulePath is the path of the module that carries the recipe.
const ModulePath = "github.com/aeroncgo/aeron"

// CrateName is the name of the crate that carries the source.
const CrateName = "libaeron_driver-sys"

// InstallCommand is what a person runs to build the library; messages name it.
const InstallCommand = "go run " + ModulePath + "/cmd/aeron-native install"

// CommandLine is what a person types for a verb of cmd/aeron-native and a library.
func CommandLine(verb, prefix string, asan bool) string {
	line := "go run " + ModulePath + "/cmd/aeron-native " + verb
	if prefix != "" {
		if strings.ContainsFunc(prefix, func(r rune) bool {
			return !strings.ContainsRune("+,-./:=@_", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) {
			prefix = ShellQuote(prefix)
		}
		line += " --prefix " + prefix
	}
	if asan {
		line += " --asan"
	}
	return line
}
