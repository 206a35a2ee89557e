// Package aeron sends and receives messages with Aeron at native speed: the C Aeron client and an embedded C media driver behind a
// Go API.
//
// # Concepts
//
// A media driver moves messages between the processes of a machine, through shared memory, and between machines, over UDP. It lives
// in a directory of /dev/shm. A [Driver] is a handle of one: either embedded in this process, which is the default, or one that
// already runs in [Config.Directory], with [Config.External]. Without Directory it is /dev/shm/aerongo-UID/aeron_APPID, which is not
// where `aerongo driver` and aeronmd run, /dev/shm/aeron-USER: name one Directory in both. [Driver.Dir] says which it is.
//
// A publication sends on a channel, such as aeron:ipc or aeron:udp?endpoint=host:port, and a stream, which is a number. A
// subscription receives from a channel and stream, from any number of publishers: each is an [Image] with its own session. A
// publisher's stream is a log; a position is a number of bytes since its beginning.
//
// Four words more. A term is a third of the log; when one is full, writing goes on in the next, with [ErrAdminAction] for a moment. An
// image is one publisher's stream, as a subscription sees it. A window is how far a receiver lets a sender run ahead; beyond it is
// back pressure: [ErrBackPressured].
//
// Messages arrive in order per session, whole, and on reliable streams, which is the default, without gaps. Offer returning a
// position says that the message is in the log, not that anybody has received it. There is no encryption and no authentication:
// whoever reaches a subscription's port, or may write the directory, is trusted.
//
// # Lifecycle
//
// [Open] checks the Config and gives a handle; handles with equal Configs share one driver. [Driver.Start] runs it and connects.
// The Add methods return when the driver has what was asked for. Close, on anything, may be called at any time, from any goroutine
// and more than once: it waits for calls in flight, and later calls return [ErrClosed]. [Driver.Close] closes what was added through
// the handle, and the last handle closes the driver and removes its directory.
//
// A program whose driver dies goes on: every call returns [ErrClosed] with the reason, [Driver.Lost] is closed, and
// [Driver.Start] begins anew. Of a driver that was killed that is noticed after DriverTimeout, 10 s by default. An embedded driver begins
// at once; with External, call Start until it no longer returns [ErrNoDriver], then add everything again: examples/recover
// and, with publisher and subscriber in processes of their own, examples/two-processes.
//
// # Threading
//
// Everything may be called from any goroutine. Two things have one user at a time, and others wait: the reading of a
// [Subscription], and the writing of an [ExclusivePublication]. A handler runs on the goroutine that polls. Inside one, Close returns
// at once and is carried out when the handler has returned, and a poll of the same subscription returns [ErrBusy] where it would
// wait for itself. docs/THREADING.md has the table.
//
// # Memory
//
// What a handler gets is borrowed: [Fragment] and [Message] and their Data are the log itself, valid until the handler returns. The
// log is reused behind the position, so a slice that is kept changes under its owner; Clone what is needed. The data of a [Claim] is
// the log too, until Commit or Abort.
//
// Nothing is freed by the garbage collector. [CheckLeaks] says what is still open, for the end of tests.
//
// # Sending
//
// The ways to send differ in who waits, and in how many messages share the cost of an append; all leave the same in the log.
//
//   - Offer and TryClaim never wait. TryClaim gives a piece of the log to fill in place, which saves a copy.
//   - Publish waits for as long as receivers are behind.
//   - [Batch] collects messages with Add and appends them with Flush, for loops that have many at hand. Flush never waits, and says how
//     many are out; the rest stays in the batch, and nothing is lost or sent twice.
//   - [Writer] is a batch that flushes itself: when enough bytes or messages are there, or the first has waited long enough, a
//     millisecond unless told otherwise. Its Write waits when there is no room, so it fits where messages come one by one and from
//     several goroutines. Close sends the rest.
//
// A message in a Batch or Writer that was not flushed has not been sent.
//
// # Who reads and writes the log
//
// Messages need no call into C: publications append to the mapped log, and polls walk it, in Go, with C's own stores and order of
// stores. C does what is rare. Before that, the layout of what Go shares with C is checked: against the library's headers by the compiler,
// and for each log against what C says of it. A log in doubt is refused, with ErrLayout: C's functions would believe it. They can do all that
// Go does, at a crossing or more for each message: the reference path. [Config.ReferencePath] chooses it for a driver's client and the build tag
// aeron_reference for a program, to compare with, or to see whether a fault is Go's; nothing else does. Receivers cannot tell the difference.
// [DataPath], which publications and subscriptions report, says which of the two is used, and who chose it.
//
// # Waiting
//
// Offer and Poll never block. Between two tries use a strategy of package idle: runtime.Gosched does not give the core to the
// driver's threads, so on a small machine a loop with nothing else starves what it waits for. Publish and Messages wait politely by
// themselves.
//
// # Errors
//
// Flow control is told by preallocated sentinels: [ErrBackPressured], [ErrAdminAction] and [ErrNotConnected] mean to try again.
// Everything else is an [*Error] with the operation, the channel, the code and the driver's text; errors.Is finds the sentinels of
// this package, codes such as [CodeStorageSpace], errnos, and a context's error. Nothing here ends the process.
//
// # When something is odd
//
// [Publication.Explain] says why a stream is slow, and who limits it, by name and process; `aerongo explain --dir DIR` says it from outside.
// Of a stream between machines, ask the receiver's driver too. [Config.Logger] and [Driver.OnError] hear of the rest;
// docs/OPERATIONS.md has the symptoms, and what helps.
//
// # The native library
//
// The C code is built once, by
//
//	go run github.com/aeroncgo/aeron/cmd/aeron-native install
//
// and linked statically. In a checkout plain go build works after that; elsewhere, aeron-native env prints what to export. cgo and a
// C compiler are needed. Linux is supported; macOS may build and is untested.
package aeron
