// Package stats reads what a media driver tells about itself: its counters, the backlog of
// its streams, its errors, the loss it has seen, and its versions and heartbeat. It reads any
// driver's directory, that of the C driver or of the Java one, in this process or another, of
// a living driver or of one that died, and needs neither a client nor cgo.
//
//	snap, err := stats.Open(dir)
//	if err != nil {
//		return err
//	}
//	defer snap.Close()
//	for c := range snap.Counters() {
//		fmt.Println(c.ID, c.TypeName(), c.Value, c.Label)
//	}
//	return snap.Err()
//
// # Snapshots
//
// [Open] copies what it reads, and a [Snapshot] answers from the copy until [Snapshot.Refresh]
// reads again. The files are opened read-only and read, never mapped: a read of a file that
// somebody cuts meanwhile ends with an error, a look at a mapping of it ends the process.
//
// A snapshot is no instant. The counters are read one after the other while the driver and its
// clients go on: a subscriber's position may be read later than the publisher's and be greater.
// One counter's value always belongs to its label and key, as those are read again afterwards.
//
// # Who holds a stream back
//
// [Snapshot.Explain] puts the counters, the logs and the processes of this machine together: whether a
// stream is ready, what it waits for, and which subscriber of which client and process limits it.
//
// [Events] reads what the driver tells its clients: images and counters that come and go.
//
// # Damaged files
//
// A file that cannot be what it should be, by its header or its length, is an error of [Open].
// Damage further in, say a record whose length is impossible, ends the part that it is in (or
// costs the one counter), and all the rest can be read; [Snapshot.Err] says what was wrong.
// Nothing in a file makes this package fault, hang, or take memory without bound: see
// [MaxCounters], [MaxEntries] and [MaxTextLength].
//
// # Text from others
//
// Labels, channels, error texts and sources may come from other processes and from the network.
// The fields for people (Label, Text, Channel, Source) are valid UTF-8 in which the control
// characters, among them those that steer a terminal or turn the direction of writing, have been
// replaced by U+FFFD; an error's text keeps its line breaks and tabs. The Raw fields hold the
// bytes as they stand in the file.
//
// # Cost
//
// A Refresh of a driver with few counters takes some tens of microseconds, an [Open] a little more.
// Both grow with the highest counter in use, not with the size of the file: 8,192 counters take a
// Refresh about 3 ms of one core and 1.6 MB for the new copy, an Open twice as long, as what a Refresh finds as it was need not
// be read again to be sure. Iterating costs no system call. What the verbs of aerongo take of a core while they watch
// 1,000 streams, one to two percent, is in docs/OPERATIONS.md, with the command that measures it.
package stats
