// Package aeronc is the C Aeron client and media driver as Go types, one type per C object, with C's names less the prefix.
//
// It adds no policy, only what makes C safe to use from Go:
//
//   - every object goes from open over closing to closed. Close may be called any number of times, from any goroutine, while
//     other calls are running: it waits for those, and every later call returns [ErrClosed]. Closing a client closes what
//     belongs to it first;
//   - errors carry C's code and text, read on the thread that failed;
//   - callbacks of C's threads are recorded in C and delivered by Go, so that none of them can block or kill a conductor;
//   - directories are checked in Go before C sees them, since C deletes, hangs on or faults on some;
//   - memory that belongs to the log is handed out as borrowed slices, each with the time that it is valid for.
//
// The garbage collector frees nothing here: what was opened must be closed. [Live] counts what is not.
//
// Calls on an object may come from any goroutine unless its documentation says otherwise. A handler given to a poll runs on the
// polling goroutine and must not wait for a call that needs the same subscription; see [ErrBusy]. It may Close anything: inside a
// handler Close returns at once and is carried out when the handler has returned.
//
// Of what C has besides its objects, clocks, the default directory, the check of a driver, the removal of a directory and the hook for what is
// printed are functions here. C's readers of a CnC file (aeron_cnc_…) are not: they read beyond a file that is damaged. Package stats
// gives what they give, and more. Properties files are read by ReadProperties, without C's detour through the process's environment.
package aeronc
