//go:build asan

package aeronc_test

// C's client frees no static counter that nobody has closed, and an add of one that was given up leaves nobody to do so: 88 bytes each, which
// LeakSanitizer reports. All else is tried under it.
func init() { delete(asyncAdds, "static counter") }
