// Package mediadir checks and prepares the directory of a media driver before C sees it.
//
// The C driver trusts its directory. When it starts it deletes, with everything in it,
// any directory that holds no living driver, whatever else that directory is; told to
// delete on start it deletes a living driver's too; and it hangs or faults on a cnc.dat
// that is shorter than its header says. A client believes a directory that any user of
// the machine has put in place. So nothing here leaves to C what can be decided before:
//
//   - Inspect tells what a directory is, without touching it.
//   - PrepareForDriver makes a directory fit for a driver to start in, or says why not.
//   - RemoveDead removes what a dead driver left, and nothing else.
//   - DefaultParent and Secure keep other users out.
//
// # What is whose
//
// A directory is Aeron's if all it holds are the entries that a C or Java driver makes:
//
//	cnc.dat                     regular file
//	loss-report.dat             regular file
//	publications/               directory of regular files <number>.logbuffer
//	images/                     directory of regular files <number>.logbuffer
//
// Anything else in it, a symbolic link of one of these names included, makes it Foreign,
// and then nothing in it is ever deleted. (A C driver that finds errors in the log of a
// dead one saves them as <dir>-<date>-error.log: beside the directory, not in it.)
//
// # Who is alive
//
// A driver writes the time into cnc.dat about once a second, and -1 when it closes. It
// is taken for alive as long as that time is at most the driver timeout ago, which is
// what C does; a time in the future counts as alive. A process id cannot decide that:
// it means nothing in another pid namespace, and after a crash another process may
// have it.
//
// # Damaged and half-written files
//
// A damaged cnc.dat has no heartbeat to go by, and may belong to a driver that is
// starting this moment. It is given up for dead only if it has not been modified for the
// driver timeout, and, on Linux, if no process has it open or mapped (asked for by
// taking a lease on it for an instant). A cnc.dat of another major version is never
// given up: a driver of that version may be alive behind it.
//
// # Platforms
//
// Linux and macOS. Elsewhere every function that touches the file system returns
// ErrUnsupported.
package mediadir
