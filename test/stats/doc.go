// Package stats holds the tests of package stats against living drivers. With the build tag
// interop they compare it also with what upstream's own C tools print, which
// "aeron-native install --samples" builds.
package stats
