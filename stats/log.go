package stats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// MinLogInterval is how often [Log] looks at most.
const MinLogInterval = 10 * time.Millisecond

// LogValue implements slog.LogValuer.
func (i Info) LogValue() slog.Value {
	return slog.GroupValue(slog.String("dir", i.Dir), slog.Bool("active", i.Active), slog.Int64("pid", i.PID),
		slog.String("aeron_version", i.AeronVersion.String()), slog.Duration("heartbeat_age", i.HeartbeatAge),
		slog.Int("counters", i.CountersAllocated), slog.Int("counter_capacity", i.CounterCapacity))
}

// LogValue implements slog.LogValuer.
func (e ErrorEntry) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("count", e.Count), slog.Time("first", e.First), slog.Time("last", e.Last), slog.String("text", e.Text))
}

// LogValue implements slog.LogValuer.
func (l LossEntry) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("observations", l.ObservationCount), slog.Int64("bytes_lost", l.TotalBytesLost),
		slog.Time("first", l.First), slog.Time("last", l.Last), slog.Int("session_id", int(l.SessionID)), slog.Int("stream_id", int(l.StreamID)),
		slog.String("channel", l.Channel), slog.String("source", l.Source))
}

// Log looks at the driver in dir every interval until ctx ends, and tells logger the news: at level Error an error of the driver's
// error log that is new or has been observed again, at Warn loss that has grown and a driver that has died, closed or cannot be
// read any more, at Info a driver that is there. What was in the logs when Log began is not told. It returns nil
// when ctx ends, and at once an error for an interval less than [MinLogInterval] or a logger that is nil.
//
// What happens to the Driver of this process its Config.Logger hears besides.
func Log(ctx context.Context, dir string, interval time.Duration, logger *slog.Logger) error {
	if interval < MinLogInterval {
		return fmt.Errorf("stats: log every %v: must be at least %v", interval, MinLogInterval)
	}
	if logger == nil {
		return errors.New("stats: log to nil: give a logger")
	}
	l := newsLog{dir: dir, logger: logger}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		l.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// newsLog knows what has been told.
type newsLog struct {
	dir     string
	logger  *slog.Logger
	snap    *Snapshot
	begun   bool // a driver has been seen, alive or not, or its absence told
	active  bool
	pid     int64
	started time.Time
	errors  []ErrorEntry
	loss    []LossEntry
}

func (l *newsLog) look(ctx context.Context) {
	var err error
	if l.snap == nil {
		l.snap, err = Open(l.dir)
	} else {
		err = l.snap.Refresh()
	}
	if err != nil {
		if !l.begun || l.active {
			l.logger.WarnContext(ctx, "no media driver", "dir", l.dir, "err", err)
		}
		l.begun, l.active = true, false
		return
	}
	info := l.snap.Info()
	another := info.PID != l.pid || !info.StartTime.Equal(l.started)
	switch {
	case info.Active && (!l.active || another):
		l.logger.InfoContext(ctx, "media driver", "driver", info)
	case !info.Active && (l.active || !l.begun || another):
		l.logger.WarnContext(ctx, "media driver is not alive", "driver", info, "closed", info.Closed)
	}
	first := !l.begun
	if another && l.begun {
		l.errors, l.loss = nil, nil // the files are another driver's
	}
	l.begun, l.active, l.pid, l.started = true, info.Active, info.PID, info.StartTime
	l.tell(ctx, first)
}

// tell compares the logs with what they had before: entries stay where they are for a driver's life.
func (l *newsLog) tell(ctx context.Context, first bool) {
	var failures []ErrorEntry
	for e := range l.snap.Errors() {
		i := len(failures)
		failures = append(failures, e)
		if !first && e.Count > 0 && (i >= len(l.errors) || l.errors[i].Count != e.Count) {
			l.logger.ErrorContext(ctx, "media driver error", "dir", l.dir, "error", e)
		}
	}
	var losses []LossEntry
	for e := range l.snap.Loss() {
		i := len(losses)
		losses = append(losses, e)
		if !first && (i >= len(l.loss) || l.loss[i].ObservationCount != e.ObservationCount) {
			l.logger.WarnContext(ctx, "media driver saw loss", "dir", l.dir, "loss", e)
		}
	}
	l.errors, l.loss = failures, losses
}
