package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron/stats"
)

// look is what the verbs have in common that show what a driver's files say. They write nothing and need no client, so that they work on
// the directory of any driver, C's or Java's, of a dead one too, and of other users' where the files may be read.
type look struct {
	dir      string
	asJSON   bool
	watch    bool
	interval time.Duration
}

// lookCommands are the verbs that show a driver.
func lookCommands(std streams) []*cobra.Command {
	return []*cobra.Command{
		statCommand(std), errorsCommand(std), lossCommand(std), streamsCommand(std), backlogCommand(std), infoCommand(std),
		explainCommand(std), doctorCommand(std), eventsCommand(std),
	}
}

// shortestInterval keeps a mistyped interval from taking a core.
const shortestInterval = 10 * time.Millisecond

// flags declares what is common; document says what --json prints.
func (l *look) flags(cmd *cobra.Command, document string) {
	f := cmd.Flags()
	f.StringVar(&l.dir, "dir", "", "the media driver's directory (default $AERON_DIR, else Aeron's own)")
	f.BoolVar(&l.asJSON, "json", false, "print "+document)
	f.BoolVarP(&l.watch, "watch", "w", false, "go on until a signal: redraw, or with --json print one object a line")
	if l.interval == 0 {
		l.interval = time.Second
	}
	f.DurationVar(&l.interval, "interval", l.interval, "how often --watch looks")
}

func (l *look) check(cmd *cobra.Command) error {
	if cmd.Flags().Changed("dir") && l.dir == "" || strings.ContainsRune(l.dir, 0) {
		return usagef("--dir %q: name a directory", l.dir)
	}
	if l.interval < shortestInterval {
		return usagef("--interval %v: must be at least %v", l.interval, shortestInterval)
	}
	if l.dir == "" {
		l.dir = defaultDir()
	}
	return nil
}

// sight is one look at a driver.
type sight struct {
	*stats.Snapshot
	rates rates
	rows  int // how many lines of the view are shown, 0 for all
}

// view is how a verb shows a sight.
type view struct {
	// needs are the operations of stats' errors without which what is shown is not whole.
	needs []string
	// text writes lines for people; errors are those of files that are read for it.
	text func(b *bytes.Buffer, s *sight)
	// json is the document, behind the heading that all have.
	json func(h heading, s *sight) any
}

// The operations that stats.Error names.
const (
	readsCounters = "read counters of"
	readsErrors   = "read errors of"
	readsLoss     = "read loss of"
)

// heading is what every document begins with.
type heading struct {
	Time time.Time `json:"time"`
	Dir  string    `json:"dir"`
}

// missing is the trouble that concerns a view, of all that a snapshot had.
func (v view) missing(snap *stats.Snapshot) error {
	all := snap.Err()
	if all == nil {
		return nil
	}
	problems := []error{all}
	if joined, ok := all.(interface{ Unwrap() []error }); ok {
		problems = slices.Clone(joined.Unwrap())
	}
	return errors.Join(slices.DeleteFunc(problems, func(err error) bool {
		var known *stats.Error
		return errors.As(err, &known) && !slices.Contains(v.needs, known.Op)
	})...)
}

// openSnapshot reads a directory, once more if its driver was just starting or busy with a counter.
func openSnapshot(ctx context.Context, dir string) (*stats.Snapshot, error) {
	const attempts, pause = 20, 50 * time.Millisecond
	snap, err := stats.Open(dir)
	for range attempts {
		switch {
		case errors.Is(err, stats.ErrNotReady):
			if err = wait(ctx, pause); err == nil {
				snap, err = stats.Open(dir)
			}
		case err == nil && errors.Is(snap.Err(), stats.ErrUnsettled):
			err = snap.Refresh()
		default:
			if errors.Is(err, stats.ErrNotFound) {
				return nil, noDirectory(dir, err)
			}
			return snap, err
		}
	}
	return snap, err
}

func noDirectory(dir string, err error) error {
	return fmt.Errorf("no media driver has been in %s: name its directory with --dir, or $AERON_DIR%s: %w", dir, embeddedInstead(dir), err)
}

// wait is over after a pause, or when ctx has ended, with its cause.
func wait(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pause):
		return nil
	}
}

// show looks once, or again and again until the user has seen enough.
func (l *look) show(ctx context.Context, std streams, v view) error {
	snap, err := openSnapshot(ctx, l.dir)
	if err != nil {
		return err
	}
	defer func() { _ = snap.Close() }() // which cannot fail
	s := &sight{Snapshot: snap}
	s.rates.look(snap)
	if l.watch {
		return l.showAgain(ctx, std, v, s)
	}
	if l.asJSON {
		err = printJSON(std.out, v.json(l.heading(s), s))
	} else {
		var b bytes.Buffer
		b.WriteString(headline(snap.Info()) + "\n")
		v.text(&b, s)
		_, err = std.out.Write(b.Bytes())
	}
	if err != nil {
		return outputError(err)
	}
	if err := v.missing(snap); err != nil {
		return fmt.Errorf("that is not all: %w", err)
	}
	return nil
}

func (l *look) heading(s *sight) heading {
	return heading{Time: s.Info().Taken.UTC(), Dir: l.dir}
}

// showAgain shows a sight at every interval. A driver that dies, or leaves, is news and no error: another one may come.
func (l *look) showAgain(ctx context.Context, std streams, v view, s *sight) error {
	collectLess()
	screen := newScreen(std.out)
	defer screen.leave()
	tick := time.NewTicker(l.interval)
	defer tick.Stop()
	var gone error
	for {
		var err error
		if l.asJSON {
			err = l.printObject(std, v, s, gone)
		} else {
			err = l.draw(screen, v, s, gone)
		}
		if err != nil {
			return outputError(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if gone = s.Refresh(); gone == nil {
			s.rates.look(s.Snapshot)
		}
	}
}

// collectLess is for programs that make a few megabytes at each look and keep as much: to look for garbage costs as much as to read.
func collectLess() {
	const percent = 400
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// failure is the document for a look that failed, or found less than all.
type failure struct {
	heading
	Error string `json:"error"`
}

func (l *look) printObject(std streams, v view, s *sight, gone error) error {
	if gone != nil {
		return printJSON(std.out, failure{heading{time.Now().UTC(), l.dir}, oneLine(gone)})
	}
	if err := printJSON(std.out, v.json(l.heading(s), s)); err != nil {
		return err
	}
	if err := v.missing(s.Snapshot); err != nil && !errors.Is(err, stats.ErrUnsettled) { // that comes again
		return printJSON(std.out, failure{l.heading(s), oneLine(err)})
	}
	return nil
}

// headLines is how many lines are above a view: the headline, and what is wrong.
const headLines = 2

func (l *look) draw(screen *screen, v view, s *sight, gone error) error {
	var b bytes.Buffer
	if gone != nil {
		fmt.Fprintf(&b, "%s  no driver: %s\n", time.Now().UTC().Format(time.RFC3339), oneLine(gone))
		return screen.draw(b.Bytes())
	}
	fmt.Fprintf(&b, "%s  %s\n", s.Info().Taken.UTC().Format(time.RFC3339), headline(s.Info()))
	if err := v.missing(s.Snapshot); err != nil && !errors.Is(err, stats.ErrUnsettled) {
		fmt.Fprintf(&b, "not all: %s\n", oneLine(err))
	}
	s.rows = max(0, screen.height()-headLines)
	v.text(&b, s)
	return screen.draw(b.Bytes())
}

// headline tells in a line which driver it is, and whether it lives.
func headline(i stats.Info) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", i.Dir)
	switch {
	case i.Closed:
		b.WriteString("the driver has shut down")
	case i.Heartbeat.IsZero():
		b.WriteString("the driver has given no sign of life yet")
	case i.Active:
		fmt.Fprintf(&b, "alive, heartbeat %v ago", i.HeartbeatAge.Round(time.Millisecond))
	default:
		fmt.Fprintf(&b, "DEAD, last heartbeat %v ago", i.HeartbeatAge.Round(time.Second))
	}
	if i.PID != 0 {
		fmt.Fprintf(&b, ", pid %d", i.PID)
	}
	if i.AeronVersion != 0 {
		fmt.Fprintf(&b, ", Aeron %s", i.AeronVersion)
	}
	return b.String()
}

// rates is how fast counters go: what they were at the look before.
type rates struct {
	driver time.Time // when the driver of it started
	pid    int64
	at     time.Time
	now    []reading // by id
	before []reading
	apart  time.Duration
}

// reading is the value of a counter, and which one it is: an id is used again.
type reading struct {
	there               bool
	typeID              int32
	registration, value int64
}

// look takes the counters of a snapshot that has just been taken.
func (r *rates) look(snap *stats.Snapshot) {
	info := snap.Info()
	if !info.StartTime.Equal(r.driver) || info.PID != r.pid { // of another driver
		r.now, r.driver, r.pid = nil, info.StartTime, info.PID
	}
	r.before, r.now = r.now, r.before
	clear(r.now)
	for c := range snap.Counters() {
		for int(c.ID) >= len(r.now) {
			r.now = append(r.now, reading{})
		}
		r.now[c.ID] = reading{true, c.TypeID, c.RegistrationID, c.Value}
	}
	r.apart, r.at = info.Taken.Sub(r.at), info.Taken
}

// of is how fast a counter grows in a second; ok is false if it was not there before, or counts nothing but time.
func (r *rates) of(id int32) (perSecond float64, ok bool) {
	if int(id) >= len(r.before) || int(id) >= len(r.now) || r.apart <= 0 {
		return 0, false
	}
	before, now := &r.before[id], &r.now[id]
	same := before.there && now.there && before.registration == now.registration && before.typeID == now.typeID
	if !same || now.typeID == stats.TypeClientHeartbeat {
		return 0, false
	}
	return float64(now.value-before.value) / r.apart.Seconds(), true
}
