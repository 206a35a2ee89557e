package stats

import (
	"io"
	"iter"
)

// ReadCounters reads counters from any source.
func ReadCounters(src io.ReaderAt, metadata, values int64, capacity int) ([]Counter, []error, error) {
	t := newCounterTable()
	counters, err := t.read(counterSource{src: src, metadata: metadata, values: values, capacity: capacity}, nil)
	return counters, t.problems, err
}

// CounterReader reads the same counters again and again, as a snapshot of one driver does.
func CounterReader(src io.ReaderAt, metadata, values int64, capacity int) func() ([]Counter, []error, error) {
	t, previous := newCounterTable(), []Counter(nil)
	return func() ([]Counter, []error, error) {
		counters, err := t.read(counterSource{src: src, metadata: metadata, values: values, capacity: capacity}, previous)
		previous = counters
		return counters, t.problems, err
	}
}

// ReadErrorLog reads an error log from any source.
func ReadErrorLog(src io.ReaderAt, length int64) ([]ErrorEntry, error) {
	return readErrorLog(&section{src: src, file: "cnc.dat", length: length})
}

// ReadLossReport reads a loss report from any source.
func ReadLossReport(src io.ReaderAt, length int64) ([]LossEntry, error) {
	return readLossReport(&section{src: src, file: LossReportFile, length: length})
}

// BacklogOf groups counters.
func BacklogOf(counters []Counter) []StreamBacklog { return backlogOf(counters) }

// CountMessages counts the messages in a publication's log.
func CountMessages(dir string, id, from, to, budget int64) (n int64, ok bool, err error) {
	d := newLogDir(dir, publicationsDir)
	defer d.close()
	l := d.log(id)
	if err := l.open(); err != nil {
		return 0, false, err
	}
	defer l.close()
	n, ok = l.messages(from, to, &budget)
	return n, ok, nil
}

// ExplainWithoutProcesses is Explain where all processes are known to be nobody's: looking at them takes long.
func ExplainWithoutProcesses(s *Snapshot) iter.Seq[Explanation] {
	return s.explain(func(string, []string) []sighting { return nil })
}

// ExplainCounting is that too, and counts how often it would have looked.
func ExplainCounting(s *Snapshot, looks *int) iter.Seq[Explanation] {
	return s.explain(func(string, []string) []sighting { *looks++; return nil })
}

// MaxCounted is of how many subscribers messages are counted.
const MaxCounted = maxCounted

// DecodeEvent decodes what a driver tells its clients.
func DecodeEvent(kind int32, body []byte) (Event, bool) { return decodeEvent(kind, body) }
