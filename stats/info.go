package stats

import (
	"strings"
	"time"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// DefaultDriverTimeout is how old the heartbeat of a living driver may be by Aeron's defaults.
// Which timeout a driver or its clients are configured with is not in the file.
const DefaultDriverTimeout = 10 * time.Second

// Info is what a driver's files say about the driver as a whole. Lengths are in bytes.
type Info struct {
	// Dir is the driver's directory, as [Open] was told it.
	Dir string
	// Taken is when the files were read.
	Taken time.Time
	// PID is the driver's process id, in the driver's own pid namespace; 0 if it wrote none.
	PID int64
	// CnCVersion is the version of cnc.dat's format, which is not Aeron's.
	CnCVersion Version
	// AeronVersion is the version of the driver; the zero Version if it does not tell it. Old drivers
	// do not, and the C driver gives all its counters back when it closes.
	AeronVersion Version
	// AeronSoftware is what the driver says of its build, "version=1.54.0 commit=…"; empty if it says
	// nothing.
	AeronSoftware string
	// Heartbeat is when the driver's conductor was last alive, to the millisecond; zero if it has
	// closed or has not begun.
	Heartbeat time.Time
	// HeartbeatAge is how long before Taken that was: negative if a clock is wrong, 0 if Heartbeat is
	// zero.
	HeartbeatAge time.Duration
	// Active says that the driver lives as far as its heartbeat tells: it is not older than
	// [DefaultDriverTimeout]. [Info.ActiveWithin] asks with another timeout.
	Active bool
	// Closed says that the driver has shut down in an orderly way and left its files.
	Closed bool
	// StartTime is when the driver started; zero if the file does not say.
	StartTime time.Time
	// ClientLivenessTimeout is how long the driver lets a client be silent.
	ClientLivenessTimeout time.Duration
	// PageSize is the page size of the driver's files; 0 if its version wrote none.
	PageSize int
	// ToDriverLength is the length of the ring buffer for commands, its trailer included.
	ToDriverLength int
	// ToClientsLength is the length of the broadcast buffer for answers, its trailer included.
	ToClientsLength int
	// CounterMetadataLength is the length of the records with labels and keys.
	CounterMetadataLength int
	// CounterValuesLength is the length of the records with values.
	CounterValuesLength int
	// ErrorLogLength is the length of the distinct error log.
	ErrorLogLength int
	// CnCLength is the length of cnc.dat.
	CnCLength int64
	// LossReportLength is the length of loss-report.dat; 0 if there is none or it cannot be read.
	LossReportLength int64
	// CounterCapacity is how many counters there can be.
	CounterCapacity int
	// CountersAllocated is how many there are.
	CountersAllocated int
	// CountersFreed is how many records have been given back and not been taken again. They stay out
	// of use for a while, a second by default.
	CountersFreed int
}

// ActiveWithin reports whether the driver's heartbeat was at most timeout old when it was read. A
// heartbeat in the future is none too old, as for C.
func (i Info) ActiveWithin(timeout time.Duration) bool {
	return !i.Heartbeat.IsZero() && i.HeartbeatAge <= timeout
}

// readInfo decodes what is known without the counters.
func readInfo(dir string, f *cncfile.File) (Info, error) {
	heartbeat, raw, err := f.Heartbeat()
	if err != nil {
		return Info{}, err
	}
	h := f.Header()
	i := Info{
		Dir:                   dir,
		Taken:                 time.Now(),
		PID:                   h.PID,
		CnCVersion:            h.Version,
		Heartbeat:             millis(raw),
		Closed:                raw == cncfile.NullValue,
		StartTime:             millis(h.StartTime.UnixMilli()),
		ClientLivenessTimeout: h.ClientLivenessTimeout,
		PageSize:              h.PageSize,
		ToDriverLength:        h.ToDriverLength,
		ToClientsLength:       h.ToClientsLength,
		CounterMetadataLength: h.CounterMetadataLength,
		CounterValuesLength:   h.CounterValuesLength,
		ErrorLogLength:        h.ErrorLogLength,
		CnCLength:             h.FileLength,
		CounterCapacity:       sourceOf(f).capacity,
	}
	if !i.Heartbeat.IsZero() {
		i.HeartbeatAge = i.Taken.Sub(heartbeat)
		i.Active = i.ActiveWithin(DefaultDriverTimeout)
	}
	return i, nil
}

// addCounters completes i by what the counters say.
func addCounters(i *Info, counters []Counter, freed int) {
	i.CountersAllocated, i.CountersFreed = len(counters), freed
	if c := systemCounter(counters, SystemAeronVersion); c != nil {
		// Packed like the format's version (aeron_semantic_version_compose).
		if v := Version(c.Value); int64(v) == c.Value && v > 0 && v <= 0xFFFFFF {
			i.AeronVersion = v
		}
		_, i.AeronSoftware, _ = strings.Cut(c.Label, ": ")
	}
}

// systemCounter finds one of the driver's own counters. They are made first, so this is quick.
func systemCounter(counters []Counter, id int32) *Counter {
	for i := range counters {
		if c := &counters[i]; c.TypeID == TypeSystem && keyInt32(c, systemCounterIDOffset) == id {
			return c
		}
	}
	return nil
}
