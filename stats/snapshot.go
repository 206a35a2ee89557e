package stats

import (
	"errors"
	"io/fs"
	"iter"
	"path/filepath"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// Snapshot is what a driver's files said at a moment. Its methods may be called by several
// goroutines at once.
//
// Iterators give what the last reading found when they were asked for: a Refresh meanwhile does not
// disturb them. They may be used again, and give values of the caller's own.
type Snapshot struct {
	dir     string
	current atomic.Pointer[reading]
	memory  remembered // for Explain

	mu     sync.Mutex // of what follows, for Refresh
	closed bool
	table  *counterTable
	log    section // with its buffer
}

// reading is the outcome of one reading; it does not change.
type reading struct {
	info     Info
	counters []Counter
	errors   []ErrorEntry
	loss     []LossEntry
	problems error
}

// Open reads the files of the driver in dir, which may be a symbolic link, while the files may not.
// It writes nothing, takes no lock and does not wait; the driver does not notice. The right to read
// the files is enough.
//
// The error is an [*Error] that matches [ErrNotFound], [ErrNotReady], [ErrVersion], [ErrNotRegular],
// [ErrTooShort], [ErrCorrupt] or what the operating system said, fs.ErrPermission say. That a
// driver has died is no error: see [Info]. Nor is it one that parts of the files are damaged: see
// [Snapshot.Err].
func Open(dir string) (*Snapshot, error) {
	s := &Snapshot{dir: dir, table: newCounterTable()}
	if err := s.Refresh(); err != nil {
		return nil, err
	}
	return s, nil
}

// Refresh reads everything again. It opens the files by their names again, so that it follows a
// driver that was restarted in the same directory: [Info] tells the process and its start. What it
// costs is in the package's comment.
//
// The errors are those of [Open], and [ErrClosed] after Close. After an error the snapshot still
// has what it had before.
func (s *Snapshot) Refresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return &Error{Op: "refresh", Path: s.dir, Err: ErrClosed}
	}
	f, err := cncfile.Open(s.dir)
	if err != nil {
		return translate("open", s.dir, err)
	}
	defer func() { _ = f.Close() }() // only read from
	r := &reading{}
	if r.info, err = readInfo(s.dir, f); err != nil {
		return translate("read heartbeat of", s.dir, err)
	}
	var before []Counter
	if last := s.current.Load(); last != nil && last.info.PID == r.info.PID && last.info.StartTime.Equal(r.info.StartTime) {
		before = last.counters
	}
	var problems []error
	note := func(op, name string, err error) {
		if err != nil {
			problems = append(problems, translate(op, filepath.Join(s.dir, name), err))
		}
	}
	// What is lost by a file that is cut meanwhile is not worth keeping the rest: the driver has gone.
	if r.counters, err = s.table.read(sourceOf(f), before); err != nil {
		return translate("read counters of", f.Path(), err)
	}
	for _, err := range s.table.problems {
		note("read counters of", cncfile.FileName, err)
	}
	addCounters(&r.info, r.counters, s.table.reclaimed)

	h := f.Header()
	s.log = section{src: f, file: cncfile.FileName, base: h.ErrorLogOffset(), length: int64(h.ErrorLogLength), buf: s.log.buf}
	r.errors, err = readErrorLog(&s.log)
	note("read errors of", cncfile.FileName, err)

	r.loss, r.info.LossReportLength, err = s.readLoss()
	note("read loss of", LossReportFile, err)

	r.problems = errors.Join(problems...)
	s.current.Store(r)
	return nil
}

// readLoss reads the loss report, if there is one.
func (s *Snapshot) readLoss() ([]LossEntry, int64, error) {
	file, length, err := openRegular(s.dir, LossReportFile)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, 0, nil
		}
		return nil, 0, err
	}
	defer func() { _ = file.Close() }() // only read from
	s.log = section{src: file, file: LossReportFile, length: length, buf: s.log.buf}
	entries, err := readLossReport(&s.log)
	return entries, length, err
}

// Close ends the snapshot: it cannot be refreshed any more. What it has read remains. It holds no
// file open, so that nothing leaks without. Closing again does nothing; the error is always nil.
func (s *Snapshot) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.table, s.log = nil, section{}
	return nil
}

// Err returns what was wrong with the files when they were last read, although they could be read:
// [ErrCorrupt] for records that no driver writes, [ErrLimit], [ErrUnsettled], or an error of the
// loss report's own, such as fs.ErrPermission. Each is an [*Error]; several are joined. It is nil
// if nothing was.
func (s *Snapshot) Err() error { return s.current.Load().problems }

// Info returns what is known of the driver as a whole.
func (s *Snapshot) Info() Info { return s.current.Load().info }

// Counters gives the allocated counters in the order of their ids, the driver's own first.
func (s *Snapshot) Counters() iter.Seq[Counter] { return values(s.current.Load().counters) }

// Find returns the counter of a type with a registration id, as
// aeron_counters_reader_find_by_type_id_and_registration_id does: the first, if there are several,
// like the positions of one subscription in several images. ok is false if there is none.
func (s *Snapshot) Find(typeID int32, registrationID int64) (c Counter, ok bool) {
	counters := s.current.Load().counters
	for i := range counters {
		if counters[i].TypeID == typeID && counters[i].RegistrationID == registrationID {
			return counters[i], true
		}
	}
	return Counter{}, false
}

// Counter returns the counter with an id; ok is false if it is not allocated.
func (s *Snapshot) Counter(id int32) (c Counter, ok bool) {
	counters := s.current.Load().counters
	i := sort.Search(len(counters), func(i int) bool { return counters[i].ID >= id })
	if i == len(counters) || counters[i].ID != id {
		return Counter{}, false
	}
	return counters[i], true
}

// System returns the value of one of the driver's own counters, such as [SystemErrors]; ok is false
// if the driver does not have it.
func (s *Snapshot) System(id int32) (value int64, ok bool) {
	if c := systemCounter(s.current.Load().counters, id); c != nil {
		return c.Value, true
	}
	return 0, false
}

// Clients gives the clients that the driver knows, in the order of their counters' ids.
func (s *Snapshot) Clients() iter.Seq[Client] {
	counters := s.current.Load().counters
	return func(yield func(Client) bool) {
		for i := range counters {
			if counters[i].TypeID != TypeClientHeartbeat {
				continue
			}
			if client, _ := counters[i].Client(); !yield(client) {
				return
			}
		}
	}
}

// Backlog gives the streams and how far their ends are, ordered by stream, session and channel. It
// groups the counters each time it is called.
func (s *Snapshot) Backlog() iter.Seq[StreamBacklog] {
	return values(backlogOf(s.current.Load().counters))
}

// Errors gives the driver's distinct errors, in the order in which each was first observed.
func (s *Snapshot) Errors() iter.Seq[ErrorEntry] { return values(s.current.Load().errors) }

// ErrorsSince gives the errors that were observed, first or again, at the given time or later. A
// zero time gives them all. Only whole milliseconds of it count.
func (s *Snapshot) ErrorsSince(since time.Time) iter.Seq[ErrorEntry] {
	if since.IsZero() {
		return s.Errors()
	}
	all, from := s.current.Load().errors, since.UnixMilli()
	return func(yield func(ErrorEntry) bool) {
		for _, e := range all {
			if e.last >= from && !yield(e) {
				return
			}
		}
	}
}

// Loss gives the loss that the driver has seen in images, in the order in which each began. Without
// a loss report, there is none.
func (s *Snapshot) Loss() iter.Seq[LossEntry] { return values(s.current.Load().loss) }

// values iterates over copies.
func values[T any](all []T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range all {
			if !yield(all[i]) {
				return
			}
		}
	}
}
