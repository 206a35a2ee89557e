package cgo

// #include "shim.h"
import "C"

// VersionFull is the version with the revision that it was built from.
//
// C: aeron_version_full
func VersionFull() string { return C.GoString(C.aeron_version_full()) }

// VersionGitSHA is the revision that Aeron was built from.
//
// C: aeron_version_gitsha
func VersionGitSHA() string { return C.GoString(C.aeron_version_gitsha()) }

// VersionNumbers are the parts of the version.
//
// C: aeron_version_major
// C: aeron_version_minor
// C: aeron_version_patch
func VersionNumbers() (major, minor, patch int) {
	return int(C.aeron_version_major()), int(C.aeron_version_minor()), int(C.aeron_version_patch())
}

// NanoClock is C's monotonic clock, in nanoseconds of no particular origin.
//
// C: aeron_nano_clock
func NanoClock() int64 { return int64(C.aeron_nano_clock()) }

// EpochClock is the time in milliseconds of the epoch.
//
// C: aeron_epoch_clock
func EpochClock() int64 { return int64(C.aeron_epoch_clock()) }

// DefaultPath is the directory that Aeron uses when it is told none.
//
// C: aeron_default_path
func DefaultPath() (string, error) {
	var path [maxText + 1]C.char
	r := C.aerongo_default_path(&path[0], C.size_t(len(path)))
	if err := errorOf("default path", r); err != nil {
		return "", err
	}
	return C.GoString(&path[0]), nil
}

// DeleteDirectory removes a directory with all that is in it, whatever it is. It looks at nothing first: the caller must have.
//
// C: aeron_delete_directory
func DeleteDirectory(dir string) error { return withPath("delete directory", dir, deleteDirectory) }

func deleteDirectory(c *C.char) C.aerongo_result_t { return C.aerongo_delete_directory(c) }

// IsDriverActive reports whether a driver in dir has shown life in timeoutMillis. It reads cnc.dat without a look at its length: the
// caller must have.
//
// C: aeron_is_driver_active
func IsDriverActive(dir string, timeoutMillis int64) (active bool, err error) {
	return active, withPath("is driver active", dir, func(c *C.char) C.aerongo_result_t {
		active = bool(C.aerongo_is_driver_active(c, C.int64_t(timeoutMillis)))
		return C.aerongo_value(0)
	})
}

// withPath calls f with a copy of s in C, which is gone when f has returned.
func withPath(op, s string, f func(*C.char) C.aerongo_result_t) error {
	if len(s) > maxText {
		return tooLong(op, s)
	}
	c, free, err := cString(op, s)
	if err != nil {
		return err
	}
	defer free()
	return errorOf(op, f(c))
}

// PropertiesBufferLoad sets environment variables of the process from text of lines "aeron.some.name=value", as AERON_SOME_NAME. No
// other thread may read the environment meanwhile. No line may be empty: C reads the byte in front of it, which is none of its buffer's.
//
// C: aeron_properties_buffer_load
func PropertiesBufferLoad(properties string) error {
	c, free, err := cString("load properties", properties)
	if err != nil {
		return err
	}
	defer free()
	return errorOf("load properties", C.aerongo_properties_buffer_load(c))
}

// PropertiesFileLoad is PropertiesBufferLoad of a file. One that is not there says nothing.
//
// C: aeron_properties_file_load
func PropertiesFileLoad(path string) error {
	return withPath("load properties", path, func(c *C.char) C.aerongo_result_t { return C.aerongo_properties_file_load(c) })
}

// PropertiesHTTPLoad is PropertiesBufferLoad of what a server answers to a GET of an http URL.
//
// C: aeron_properties_http_load
func PropertiesHTTPLoad(url string) error {
	return withPath("load properties", url, func(c *C.char) C.aerongo_result_t { return C.aerongo_properties_http_load(c) })
}

// PropertiesLoad is PropertiesBufferLoad of an http or file URL, or of a file.
//
// C: aeron_properties_load
func PropertiesLoad(urlOrPath string) error {
	return withPath("load properties", urlOrPath, func(c *C.char) C.aerongo_result_t { return C.aerongo_properties_load(c) })
}

// SetPrinter makes a queue the receiver of what Aeron prints, as EventPrinted, for all drivers and clients of the process. The queue
// must never be destroyed.
//
// C: aeron_set_fprintf_handler
func SetPrinter(q Events) { C.aerongo_set_fprintf_handler(q.c) }

// ResetPrinter lets Aeron print to the process's standard output and error again.
//
// C: aeron_set_fprintf_handler
func ResetPrinter() { C.aerongo_set_fprintf_handler(nil) }

// HasPrinter reports whether SetPrinter is in effect.
//
// C: aeron_get_fprintf_handler
func HasPrinter() bool { return bool(C.aerongo_has_fprintf_handler()) }

// Print prints as Aeron does.
//
// C: aeron_fprintf
func Print(toStderr bool, s string) error {
	c, free, err := cString("print", s)
	if err != nil {
		return err
	}
	defer free()
	C.aerongo_fprintf(C.bool(toStderr), c)
	return nil
}
