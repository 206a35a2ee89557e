package aeron

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/stats"
)

// watch is what an entry knows of asynchronous errors. The entry's mu guards it.
type watch struct {
	restart    error // why the driver must be restarted
	generation int   // of the client: what an earlier one says late is no reason to restart
	stop       chan struct{}
	seen       map[string]int // how often the driver has seen an error, by its text
	failures   []string       // what adds of this process were told lately
	adds       int            // that have not been answered
	passed     []passed       // what polls have found and nobody was told of yet
	passing    bool           // somebody tells
	unpassed   int            // how many there was no room for
}

// passed is an error of a poll, and of which client.
type passed struct {
	generation int
	err        error
}

const (
	// watchInterval is how often the driver's error counter is looked at.
	watchInterval = time.Second
	// keptFailures is how many failed adds are remembered, to be told from what nobody has been told of.
	keptFailures = 64
	// patientLooks is how many looks a new error waits while adds are not answered, one of which may be its cause.
	patientLooks = 30
	// keptPassed is how many errors of polls wait while listeners are slow. What there is no room for is counted, and told in one.
	keptPassed = 256
)

// MustRestart reports whether the network or the driver has failed in a way that nothing recovers from by itself: the driver was lost, or
// has said that the network is down or unreachable. Listeners of OnError have been told, and are told of no further error. What it
// changes: Send fails at once with ErrMustRestart, IsInUse does not ask for clients of other processes, and CloseIfSingle closes. To
// recover, close all handles and open the driver anew, or call Start, which closes what was added and begins anew.
func (d *Driver) MustRestart() bool {
	if d == nil || d.entry == nil {
		return false
	}
	return d.entry.mustRestart() != nil
}

func (e *entry) mustRestart() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.watch.restart
}

// DefaultErrorFilter is what decides about errors until SetErrorFilter is called: false for those that tell their cause to somebody
// else already, or say nothing about the driver, which are channels that are invalid, addresses that are in use or not this machine's,
// and a driver's end.
func DefaultErrorFilter(err error) bool {
	for _, quiet := range []error{CodeInvalidChannel, CodeDriverTimeout, syscall.EADDRINUSE, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, quiet) {
			return false
		}
	}
	return true
}

// SetErrorFilter makes filter decide which asynchronous errors the listeners of this handle are told of: those for which it returns
// true, and those after which the driver must be restarted, for which it is not asked. It runs where listeners do; when it
// panics, they are told. nil is DefaultErrorFilter.
func (d *Driver) SetErrorFilter(filter func(error) bool) {
	if d == nil || d.entry == nil {
		return
	}
	d.mu.Lock()
	d.filter = filter
	d.mu.Unlock()
}

// wants asks the handle's filter.
func (d *Driver) wants(err error) (wanted bool) {
	d.mu.Lock()
	filter := d.filter
	d.mu.Unlock()
	if filter == nil {
		return DefaultErrorFilter(err)
	}
	defer func() {
		if cause := recover(); cause != nil {
			d.entry.log(slog.LevelError, "an error filter panicked", "panic", fmt.Sprint(cause))
			wanted = true
		}
	}()
	return filter(err)
}

// clientErrors is the handler of a new client's errors.
func (e *entry) clientErrors() func(error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watch.restart = nil
	e.watch.generation++
	generation := e.watch.generation
	return func(err error) { e.report(generation, err, endsClient(err)) }
}

// endsClient reports whether a client that was told err has lost its driver.
func endsClient(err error) bool {
	for _, code := range []error{CodeDriverTimeout, CodeClientTimeout, CodeConductorServiceTimeout, aeronc.CodeClientIllegalState, aeronc.CodeBroadcastReceiverIllegalState} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

// report tells the listeners of an asynchronous error. It runs on a goroutine of the client, on the one that watches the driver or on the
// one of tellPassed, and never on one that polls: see passOn.
func (e *entry) report(generation int, err error, critical bool) {
	e.mu.Lock()
	current := generation == e.watch.generation
	swallowed := current && e.watch.restart != nil
	if critical && current && !swallowed {
		e.watch.restart = err
	}
	listeners := make([]*listener, 0, len(e.listeners))
	for l := range e.listeners {
		listeners = append(listeners, l)
	}
	e.mu.Unlock()
	if swallowed {
		e.log(slog.LevelDebug, "asynchronous error of a driver that must be restarted", "err", err)
		return
	}
	e.log(slog.LevelError, "asynchronous error", "err", err, "restart", critical)
	e.telling.Lock()
	defer e.telling.Unlock()
	for _, l := range listeners {
		if critical || l.owner.wants(err) {
			e.tell(l.hear, err)
		}
	}
}

// passOn has an error of what runs now told that nobody else would tell of. It is called inside polls, so it waits for no listener: one may
// be waiting for the poll to end, or poll itself.
func (e *entry) passOn(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.watch.passed) == keptPassed {
		e.watch.unpassed++
		return
	}
	e.watch.passed = append(e.watch.passed, passed{e.watch.generation, err})
	if !e.watch.passing {
		e.watch.passing = true
		go e.tellPassed()
	}
}

// tellPassed tells what polls have found, in order, and ends when there is nothing left: no goroutine waits for errors that do not come.
func (e *entry) tellPassed() {
	for {
		e.mu.Lock()
		all, unpassed, generation := e.watch.passed, e.watch.unpassed, e.watch.generation
		e.watch.passed, e.watch.unpassed = nil, 0
		if e.watch.passing = len(all) > 0; !e.watch.passing {
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		for _, p := range all {
			e.report(p.generation, p.err, false)
		}
		if unpassed > 0 {
			e.report(generation, &Error{
				Op: "tell of errors", Dir: e.cfg.Directory, Detail: fmt.Sprintf("%d more errors of polls were not told: listeners were too slow", unpassed),
			}, false)
		}
	}
}

// adding counts an add, or another command that the driver may refuse, until the returned function has been told how it went: C's driver
// records each that it refuses among its errors.
func (e *entry) adding(op, channel string, streamID int32) func(*error) {
	e.mu.Lock()
	e.watch.adds++
	e.mu.Unlock()
	return func(err *error) {
		e.mu.Lock()
		e.watch.adds--
		if known := (*Error)(nil); errors.As(*err, &known) && known.Detail != "" {
			if len(e.watch.failures) == keptFailures {
				e.watch.failures = slices.Delete(e.watch.failures, 0, 1)
			}
			e.watch.failures = append(e.watch.failures, known.Detail)
		}
		e.mu.Unlock()
		if *err != nil {
			e.log(slog.LevelError, "cannot "+op, "channel", channel, "stream", streamID, "err", *err)
		} else {
			e.log(levelTrace, op, "channel", channel, "stream", streamID)
		}
	}
}

// levelTrace is below slog's debug.
const levelTrace = slog.LevelDebug - 4

// otherClients is how many clients but the one with that id the running driver hears of.
func (e *entry) otherClients(id int64) (int, error) {
	snap, err := stats.Open(e.cfg.Directory)
	if err != nil {
		return 0, err
	}
	others, info := 0, snap.Info()
	for c := range snap.Clients() {
		if c.ID != id && info.Taken.Sub(c.Heartbeat) <= info.ClientLivenessTimeout {
			others++
		}
	}
	return others, snap.Close()
}

// rememberErrors takes the errors that a driver had seen before this process used it as known.
func (e *entry) rememberErrors(embedded bool) {
	seen := map[string]int{}
	if !embedded {
		snap, err := stats.Open(e.cfg.Directory)
		if err == nil {
			for entry := range snap.Errors() {
				seen[entry.RawText] += entry.Count
			}
			err = errors.Join(snap.Err(), snap.Close())
		}
		if err != nil {
			e.log(slog.LevelWarn, "the driver's errors cannot be read", "err", err)
		}
	}
	e.mu.Lock()
	e.watch.seen = seen
	e.mu.Unlock()
}

// watchErrors watches the driver's errors while it runs and there is somebody to tell. The driver tells nobody of them but its log.
func (e *entry) watchErrors() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running == nil || e.watch.stop != nil || !e.audience() {
		return
	}
	stop := make(chan struct{})
	e.watch.stop = stop
	go e.watchLoop(stop, e.watch.generation)
}

// audience reports whether anybody would hear of an error. The caller holds mu.
func (e *entry) audience() bool { return e.cfg.Logger != nil || len(e.listeners) > 0 }

// unwatchErrors ends the watching, without waiting: what it calls may be what closes the driver.
func (e *entry) unwatchErrors() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.watch.stop != nil {
		close(e.watch.stop)
		e.watch.stop = nil
	}
}

func (e *entry) watchLoop(stop chan struct{}, generation int) {
	look := time.NewTicker(watchInterval)
	defer look.Stop()
	var known int64 // what the counter was when the log was read last
	put := 0        // how often in a row reading was put off
	for {
		select {
		case <-stop:
			return
		case <-look.C:
		}
		e.mu.Lock()
		if e.watch.stop == stop && !e.audience() {
			e.watch.stop = nil
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		snap, err := stats.Open(e.cfg.Directory)
		if err != nil {
			continue // it went with its driver, which the client notices
		}
		if count, ok := snap.System(stats.SystemErrors); ok && count != known {
			entries := slices.Collect(snap.Errors())
			// Only now: an add that begins and fails while they are read is among them, and must have been answered before they are told.
			e.mu.Lock()
			adds := e.watch.adds
			e.mu.Unlock()
			if put++; adds == 0 || put > patientLooks {
				if err = snap.Err(); err == nil { // or it is read again
					known, put = count, 0
				}
				e.tellNew(entries, generation, stop)
			}
		}
		if err = errors.Join(err, snap.Close()); err != nil {
			e.log(slog.LevelDebug, "the driver's errors cannot be read", "err", err)
		}
	}
}

// tellNew reports the entries that were not there, or fewer times, before.
func (e *entry) tellNew(entries []stats.ErrorEntry, generation int, stop chan struct{}) {
	counts := map[string]int{}
	var order []string
	for _, entry := range entries {
		if _, twice := counts[entry.RawText]; !twice {
			order = append(order, entry.RawText)
		}
		counts[entry.RawText] += entry.Count
	}
	for _, text := range order {
		e.mu.Lock()
		if e.watch.stop != stop {
			e.mu.Unlock()
			return
		}
		again := counts[text] == e.watch.seen[text]
		e.watch.seen[text] = counts[text]
		err, critical := classify(text)
		err.Dir = e.cfg.Directory
		told := slices.ContainsFunc(e.watch.failures, func(detail string) bool { return tells(detail, messages(text)) })
		e.mu.Unlock()
		if !again && !told {
			e.report(generation, err, critical)
		}
	}
}

// leadingCode is how C begins the text of an error: with an errno, or the negative of an Aeron code.
var leadingCode = regexp.MustCompile(`^\((-?\d{1,9})\)`)

// codeLine is a line of C's report that has nothing but a code and its name.
var codeLine = regexp.MustCompile(`^\(-?\d+\) [^\[:]*$`)

// classify makes an entry of the driver's log an error, and says whether nothing will work before a restart.
func classify(text string) (err *Error, critical bool) {
	err = &Error{Op: "run driver", Detail: strings.Join(messages(text), ": ")}
	m := leadingCode.FindStringSubmatch(text)
	if m == nil {
		return err, false
	}
	code, _ := strconv.Atoi(m[1]) // nine digits at most
	if code <= 0 {
		err.Code = Code(-code)
		return err, false
	}
	errno := syscall.Errno(code)
	err.Err = errno
	if errno == syscall.ENETDOWN || errno == syscall.ENETUNREACH {
		err.Err = errors.Join(ErrMustRestart, errno)
		err.Detail = "the network is down or unreachable: " + err.Detail
		return err, true
	}
	return err, false
}

// messages are those that C's report holds, without the places in its source, printable, since they can come from the network. Lines
// with nothing but a code and its name, of which the first is one, are left out.
func messages(text string) (messages []string) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			_, line, _ = strings.Cut(line, "] ")
		}
		if line != "" && !codeLine.MatchString(line) {
			quoted := strconv.Quote(line)
			messages = append(messages, strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`))
		}
	}
	return messages
}

// tells reports whether a failed add was told all that the entry of the driver's log says.
func tells(detail string, messages []string) bool {
	for _, m := range messages {
		if !strings.Contains(detail, m) {
			return false
		}
	}
	return len(messages) > 0
}
