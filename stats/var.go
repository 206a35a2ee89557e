package stats

import (
	"encoding/json"
	"sync"
	"time"
)

// Var is what a driver does, in short, for package expvar:
//
//	expvar.Publish("aeron", stats.NewVar(drv.Dir()))
//
// It is an expvar.Var without importing expvar, which would open its page to everybody who imports this package. Any goroutines may
// use it; it holds no file open.
type Var struct {
	dir  string
	mu   sync.Mutex // of snap
	snap *Snapshot
}

// NewVar makes a Var of the driver in dir, which need not be there yet, and may come and go.
func NewVar(dir string) *Var { return &Var{dir: dir} }

// varState is the JSON of a Var.
type varState struct {
	Dir            string           `json:"dir"`
	Active         bool             `json:"active"`
	Error          string           `json:"error,omitempty"`
	PID            int64            `json:"pid,omitempty"`
	AeronVersion   string           `json:"aeron_version,omitempty"`
	HeartbeatAgeMS *int64           `json:"heartbeat_age_ms,omitempty"`
	Streams        int              `json:"streams"`
	MaxLag         int64            `json:"max_subscriber_lag"`
	DistinctErrors int              `json:"distinct_errors"`
	BytesLost      int64            `json:"bytes_lost"`
	System         map[string]int64 `json:"system"`
}

// String reads the directory and returns a JSON object: dir, active, error (why there is nothing to read), pid, aeron_version,
// heartbeat_age_ms, streams, max_subscriber_lag (bytes, of the slowest subscriber), distinct_errors, bytes_lost, and system, which has the
// driver's own counters by name.
func (v *Var) String() string {
	text, err := json.Marshal(v.state())
	if err != nil {
		return "null" // a state has nothing that JSON has not
	}
	return string(text)
}

func (v *Var) state() varState {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := varState{Dir: clean(v.dir, false), System: map[string]int64{}}
	var err error
	if v.snap == nil {
		v.snap, err = Open(v.dir)
	} else {
		err = v.snap.Refresh()
	}
	if err != nil {
		s.Error = err.Error()
		return s
	}
	info := v.snap.Info()
	s.Active, s.PID = info.Active, info.PID
	if info.AeronVersion != 0 {
		s.AeronVersion = info.AeronVersion.String()
	}
	if !info.Heartbeat.IsZero() {
		age := info.HeartbeatAge.Round(time.Millisecond).Milliseconds()
		s.HeartbeatAgeMS = &age
	}
	for c := range v.snap.Counters() {
		if id, ok := c.SystemID(); ok {
			if id >= 0 && int(id) < len(systemNames) { // a damaged file can have any
				s.System[SystemCounterName(id)] = c.Value
			}
		}
	}
	for b := range v.snap.Backlog() {
		s.Streams++
		for _, sub := range b.Subscribers {
			s.MaxLag = max(s.MaxLag, sub.Backlog)
		}
	}
	for range v.snap.Errors() {
		s.DistinctErrors++
	}
	for l := range v.snap.Loss() {
		s.BytesLost += l.TotalBytesLost
	}
	return s
}
