//go:build !interop

package interop

// Without the build tag interop there is no Java in the cast, and no need of a JDK.
func addJava(*stage) error { return nil }
