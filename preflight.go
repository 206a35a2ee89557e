package aeron

import (
	"log/slog"

	"github.com/aeroncgo/aeron/internal/preflight"
)

// Warning is what a look at the machine has found: Check, what was looked at; Severity; Text, with values; and Remedy.
type Warning = preflight.Finding

// Severity says how bad a Warning is.
type Severity = preflight.Severity

// The severities, from good to bad. The first two are not among Driver.Warnings.
const (
	SeverityOK      = preflight.OK      // looked at, and fine
	SeverityNote    = preflight.Note    // worth knowing
	SeverityWarning = preflight.Warning // works, and not as well as it could, or not forever
	SeverityFailure = preflight.Failure // something will fail
)

// Warnings is what the last Start of an embedded driver has found on this machine that will bite later: too little space in /dev/shm
// for a stream, socket buffers that the system cuts, fewer cores than threads. None of it keeps Start from succeeding; the Logger has
// heard of it. Empty for an external driver. Config.Preflight looks at more.
func (d *Driver) Warnings() []Warning {
	if d == nil || d.entry == nil {
		return nil
	}
	e := d.entry
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Warning(nil), e.warnings...)
}

// Preflight looks at this machine and the directory for what would make a driver with this Config fail or limp, with so many network
// streams and IPC publications open at a time: space, socket buffers, cores, MTU, open files, limits of a container, what is in the directory
// and whose it is, the clock, the environment. It reads only, and tells what is fine, too. The error is that of a Config that is invalid.
func (c Config) Preflight(networkStreams, ipcStreams int) ([]Warning, error) {
	c, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	return preflight.Check(c.plan(networkStreams, ipcStreams)), nil
}

// C's own, for what a Config that takes the environment leaves open.
const (
	defaultTerm    = 16 * mib
	defaultIPCTerm = 64 * mib
	defaultMTU     = 1408
	// otherBuffers is what cnc.dat holds besides counters: commands, answers, errors.
	otherBuffers = 6 * mib
	// perCounterByte is values and metadata.
	perCounterByte = 5
)

// plan is what a resolved Config would run.
func (c Config) plan(networkStreams, ipcStreams int) preflight.Plan {
	threads := map[ThreadingMode]int{Shared: 1, SharedNetwork: 2, Dedicated: 3}[c.Threading]
	if c.Invoker {
		threads = 0
	}
	return preflight.Plan{
		Dir: c.Directory, Streams: networkStreams, IPCStreams: ipcStreams,
		TermLength: orDefault(c.TermLength, defaultTerm), IPCTermLength: orDefault(c.IPCTermLength, defaultIPCTerm), Sparse: c.SparseTerms,
		MTU: orDefault(c.MTU, defaultMTU), InitialWindow: orDefault(c.InitialWindow, defaultReceiveBuffer),
		ReceiveBuffer: orDefault(c.ReceiveBuffer, defaultReceiveBuffer), SendBuffer: c.SendBuffer, Threads: threads,
		CnCLength: perCounterByte*int64(orDefault(c.CountersLength, mib)) + otherBuffers, DriverTimeout: c.silence(),
	}
}

// warn takes the cheap part of a preflight: one network stream is the least that a driver is for.
func (e *entry) warn() {
	found := preflight.Quick(e.cfg.plan(1, 0))
	e.mu.Lock()
	e.warnings = found
	e.mu.Unlock()
	for _, w := range found {
		e.log(slog.LevelWarn, w.Check+": "+w.Text, "severity", w.Severity.String(), "remedy", w.Remedy)
	}
}
