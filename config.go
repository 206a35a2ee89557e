package aeron

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

// ThreadingMode is how many threads an embedded driver runs.
type ThreadingMode int

// The threading modes. The zero value is the default.
const (
	// SharedNetwork: sender and receiver share a thread, the conductor and the helper that creates files have one each.
	SharedNetwork ThreadingMode = iota
	// Shared: everything on one thread, for tests and small machines. A slow name lookup stalls every client of the driver.
	Shared
	// Dedicated: conductor, sender, receiver and helper have a thread each.
	Dedicated
)

var threadingModes = map[ThreadingMode]aeronc.ThreadingMode{
	SharedNetwork: aeronc.ThreadingSharedNetwork,
	Shared:        aeronc.ThreadingShared,
	Dedicated:     aeronc.ThreadingDedicated,
}

// String is the mode's name on the command line.
func (m ThreadingMode) String() string {
	switch m {
	case SharedNetwork:
		return "shared-network"
	case Shared:
		return "shared"
	case Dedicated:
		return "dedicated"
	}
	return fmt.Sprintf("ThreadingMode(%d)", int(m))
}

// ParseThreadingMode is the mode of a name: shared-network, shared or dedicated.
func ParseThreadingMode(name string) (ThreadingMode, error) {
	for mode := range threadingModes {
		if mode.String() == strings.ToLower(name) {
			return mode, nil
		}
	}
	return 0, invalid("threading", name, "must be shared, shared-network or dedicated")
}

// Config says which media driver to use, and how to run it. The zero value of every field means its default, and the zero Config is
// usable. It is a plain value: Open copies it.
//
// Lengths are in bytes. "C:" names the setting of C's driver or client behind a field.
type Config struct {
	// AppID names the default directory, so that different applications get different drivers. Up to 31 letters, digits and
	// "_.-". Default "default".
	AppID string
	// Directory is the media driver's directory, used exactly as given. Default: aeron_<AppID> in a private directory of this
	// user's in /dev/shm. C: dir
	Directory string
	// AppendAppID makes the last part of Directory end with _<AppID>, unless it does. Default: Directory is used as it is.
	AppendAppID bool
	// UniqueDirectory gives every Open a directory of its own: a random id is appended to its name. To open the same one again, or to
	// ask about it, use the Config that Resolve returns, or Driver.Config.
	UniqueDirectory bool
	// External uses a driver that already runs in Directory: it is never started, stopped or deleted here, and not waited for.
	// Settings of the driver are then not ours and must be left alone.
	External bool
	// AllowShared uses the driver of another process if one is active in Directory, where Start would fail with ErrDriverActive. It
	// runs with its own settings, and is not stopped or deleted here. Default: a driver is for one process.
	AllowShared bool
	// StartAttempts is how often Start tries to start the embedded driver when the directory is in use for a moment only, from 1 to
	// 100. Default 3.
	StartAttempts int
	// ReferencePath makes messages go through C's own functions, at a crossing for each, where Go reads and writes the logs itself: to
	// compare with, or to look for faults. Default false.
	ReferencePath bool
	// FromEnv lets AERON_* environment variables set what this Config does not: those of C's driver and of its client. Two have no influence all
	// the same: AERON_DIR_DELETE_ON_START, since Start removes what a dead driver has left and no living one, and
	// AERON_DIR_DELETE_ON_SHUTDOWN, which is KeepDirectory; nor has AERON_DIR where AppID is set. What neither sets is C's default, but for
	// ClientIdle. Default: they have no influence.
	FromEnv bool

	// Threading is how many threads an embedded driver runs. Default SharedNetwork. C: threading_mode
	Threading ThreadingMode
	// TermLength is the length of one of the three terms of a network stream's log: a power of two from 64 KiB to 1 GiB. A message may
	// be an eighth of it. Default 2 MiB. C: term_buffer_length
	TermLength int
	// IPCTermLength is the same for IPC streams. Default 8 MiB. C: ipc_term_buffer_length
	IPCTermLength int
	// SparseTerms leaves log files to be filled on use: cheaper to open, and when /dev/shm is full the process that writes is killed by a
	// SIGBUS that Go cannot catch, a publisher's or, of what comes over the network, the driver's, where otherwise Add fails with
	// CodeStorageSpace and an image is refused. Default false. C: term_buffer_sparse_file
	SparseTerms bool
	// MTU is the longest UDP payload, a multiple of 32 above 32, up to 65,504. Default 1,408. C: mtu_length
	MTU int
	// IPCMTU is the longest frame of an IPC stream. Default 65,504, or an eighth of IPCTermLength if that is less. C: ipc_mtu_length
	IPCMTU int
	// InitialWindow is how much a receiver lets a sender send ahead. Not above ReceiveBuffer, and best at most a quarter of the term of
	// whoever sends: from half a term on, lost packets can stop a stream until it times out. Default 128 KiB, or a quarter of TermLength
	// if that is less, but never less than MTU. C: rcv_initial_window_length
	InitialWindow int
	// ReceiveBuffer is SO_RCVBUF of the driver's sockets. Default 128 KiB, or InitialWindow if that is more. C: socket_so_rcvbuf
	ReceiveBuffer int
	// SendBuffer is SO_SNDBUF, at least MTU. Default: the system's. C: socket_so_sndbuf
	SendBuffer int
	// CountersLength is the length of the buffer with the counters' values: 128 bytes a counter, about ten counters a UDP stream.
	// A power of two from 1 MiB to 500 MiB. Default 1 MiB: 8,192 counters. C: counters_buffer_length
	CountersLength int
	// StreamSessionLimit is how many sessions a stream may receive at a time: each costs a log file, at the sender's word.
	// Default 1,000. C: stream_session_limit
	StreamSessionLimit int
	// SpiesSimulateConnection makes a publication with only spies connected. Default false. C: spies_simulate_connection
	SpiesSimulateConnection bool

	// DriverTimeout is how long a silent driver counts as alive. Default 10 s. C: driver_timeout_ms
	DriverTimeout time.Duration
	// ClientLivenessTimeout is how long a silent client counts as alive. Default 10 s. C: client_liveness_timeout_ns
	ClientLivenessTimeout time.Duration
	// ImageLivenessTimeout is how long an image outlives its silent source. Default 10 s. C: image_liveness_timeout_ns
	ImageLivenessTimeout time.Duration
	// LingerTimeout is how long a publication's log outlives its Close, so that subscribers can drain it. Default 5 s. C: publication_linger_timeout_ns
	LingerTimeout time.Duration
	// PublicationConnectionTimeout is how long a publication stays connected to silent subscribers. Default 5 s. C: publication_connection_timeout_ns
	PublicationConnectionTimeout time.Duration
	// UnblockTimeout is after how long a claim that is never resolved becomes padding; above ClientLivenessTimeout. Default 15 s.
	// C: publication_unblock_timeout_ns
	UnblockTimeout time.Duration

	// Profile chooses defaults for a purpose, for what this Config leaves at zero. Default: those that are named here. Resolve writes
	// them out, and makes Profile zero.
	Profile Profile
	// Driver is every setting of C's driver, under C's names. Those that this Config has a field for may be set here instead, and not
	// differently in both; those that would break what a Driver does are refused.
	Driver DriverConfig
	// Settings are the same as text, and have the last word: "name=value", separated by semicolons, with names as C has them and
	// values as aeronc.DriverContext.Set takes them, such as "nak_unicast_delay_ns=50us;socket_tos=8".
	Settings string

	// KeepDirectory leaves the directory of an embedded driver behind after Close. Default: removed.
	KeepDirectory bool
	// AllowTermination lets other processes ask an embedded driver to end; see Driver.TerminationRequested. Default: refused.
	AllowTermination bool
	// TerminationToken is what such a request must carry, with AllowTermination: up to 1024 bytes. Default: nothing, anybody may ask who may
	// write into the directory.
	TerminationToken string
	// Invoker leaves all work to the caller: the embedded driver and the client have no threads, and Driver.DoWork steps them. What waits in
	// this package steps them too. See Driver.DoWork for the rules. Default false. C: threading_mode INVOKER, use_conductor_agent_invoker
	Invoker bool

	// ClientName is how this client is called in the driver's counters, up to 100 bytes. Default: AppID. C: client_name
	ClientName string
	// ClientIdle is how long the client's conductor thread sleeps when it has nothing to do, which bounds how long an Add takes.
	// From 1 µs to 1 s. Default 500 µs. C: idle_strategy sleep-ns
	ClientIdle time.Duration

	// PreTouchMemory makes the client touch every page of a log when it maps it, so that no message waits for a page fault; an Add takes longer.
	// Default false. C: pre_touch_mapped_memory
	PreTouchMemory bool
	// ClientSettings are settings of C's client as text, as Settings are of its driver, and have the last word: names as C has them, values as
	// aeronc.Context.Set takes them, such as "keepalive_interval_ns=200ms;idle_strategy_init_args=;idle_strategy=backoff".
	ClientSettings string

	// Logger hears of what happens behind the program's back. Default: nobody does.
	Logger *slog.Logger
}

const (
	kib = 1 << 10
	mib = 1 << 20

	minTerm           = 64 * kib
	maxTerm           = 1 << 30
	maxPayload        = 65504
	headerSize        = 32
	defaultTermLength = 2 * mib
	defaultWindow     = 128 * kib
	windowsPerTerm    = 4
	// defaultReceiveBuffer is C's SO_RCVBUF.
	defaultReceiveBuffer = 128 * kib
	maxClientName        = 100
	maxToken             = 1024
	maxBuffer            = 1 << 30
	// minTimeout is what a driver's or client's heartbeat can still keep up with on a machine that is busy.
	minTimeout = 100 * time.Millisecond
	// maxTimeout keeps sums and C's units from overflowing.
	maxTimeout           = 24 * time.Hour
	defaultStartAttempts = 3
	maxStartAttempts     = 100
	defaultClientIdle    = 500 * time.Microsecond
	// C's own.
	defaultLinger            = 5 * time.Second
	defaultConnectionTimeout = 5 * time.Second
)

var appIDs = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,31}$`)

func invalid(field string, value any, rule string) error {
	return &Error{Op: "check Config." + field, Detail: fmt.Sprintf("%v %s", value, rule), Err: ErrInvalidArgument}
}

// withDefaults fills in what a zero value stands for.
func (c Config) withDefaults() Config {
	c = c.withoutTwins().withProfile().withoutTwins() // what a profile would have changed stays behind the first time
	if c.FromEnv {
		// See Resolve for what the client has from there.
		if !c.External {
			c.StartAttempts = orDefault(c.StartAttempts, defaultStartAttempts)
		}
		return c
	}
	c.AppID = orDefault(c.AppID, "default")
	c.DriverTimeout = orDefault(c.DriverTimeout, mediadir.DefaultDriverTimeout)
	c.ClientName = orDefault(c.ClientName, c.AppID)
	c.ClientIdle = orDefault(c.ClientIdle, defaultClientIdle)
	if c.External {
		return c // the rest is not ours to say
	}
	c.StartAttempts = orDefault(c.StartAttempts, defaultStartAttempts)
	c.TermLength = orDefault(c.TermLength, defaultTermLength)
	c.IPCTermLength = orDefault(c.IPCTermLength, 8*mib)
	c.MTU = orDefault(c.MTU, defaultMTU)
	c.IPCMTU = orDefault(c.IPCMTU, min(maxPayload, max(headerSize, c.IPCTermLength/8&^(headerSize-1))))
	c.InitialWindow = orDefault(c.InitialWindow, c.windowWithin(defaultWindow))
	c.ReceiveBuffer = orDefault(c.ReceiveBuffer, max(defaultReceiveBuffer, c.InitialWindow))
	c.CountersLength = orDefault(c.CountersLength, mib)
	c.StreamSessionLimit = orDefault(c.StreamSessionLimit, 1000)
	c.ClientLivenessTimeout = orDefault(c.ClientLivenessTimeout, 10*time.Second)
	c.ImageLivenessTimeout = orDefault(c.ImageLivenessTimeout, 10*time.Second)
	c.LingerTimeout = orDefault(c.LingerTimeout, defaultLinger)
	c.PublicationConnectionTimeout = orDefault(c.PublicationConnectionTimeout, defaultConnectionTimeout)
	c.UnblockTimeout = orDefault(c.UnblockTimeout, min(maxTimeout, max(15*time.Second, c.ClientLivenessTimeout+5*time.Second)))
	return c
}

// windowWithin is the window of a default, or what the terms allow: a receiver whose window is half a term refuses what it has itself asked
// for when padding at the end of the term takes the sender beyond it.
func (c Config) windowWithin(window int) int {
	term, mtu := orDefault(c.TermLength, defaultTermLength), orDefault(c.MTU, defaultMTU)
	return max(min(window, term/windowsPerTerm), mtu)
}

func orDefault[T comparable](value, def T) T {
	var zero T
	if value == zero {
		return def
	}
	return value
}

// Validate says what is wrong with the Config, every finding with the field, its value and what would do, or nil. It has no side
// effects and does not look at the machine.
func (c Config) Validate() error {
	set := c
	c = c.withDefaults()
	var errs []error
	check := func(ok bool, field string, value any, rule string) {
		if !ok {
			errs = append(errs, invalid(field, value, rule))
		}
	}
	check(c.AppID == "" || appIDs.MatchString(c.AppID), "AppID", fmt.Sprintf("%q", c.AppID), "must be up to 31 letters, digits, '_', '.' or '-'")
	check(len(c.Directory) <= mediadir.MaxPathLength, "Directory", fmt.Sprintf("of %d bytes", len(c.Directory)),
		fmt.Sprintf("must be up to %d bytes", mediadir.MaxPathLength))
	check(!strings.ContainsRune(c.Directory, 0), "Directory", fmt.Sprintf("%q", c.Directory), "must not hold a NUL byte")
	check(len(c.ClientName) <= maxClientName && !strings.ContainsRune(c.ClientName, 0), "ClientName", fmt.Sprintf("%q", c.ClientName), "must be up to 100 bytes without NUL")
	check(c.ClientIdle == 0 && c.FromEnv || c.ClientIdle >= time.Microsecond && c.ClientIdle <= time.Second, "ClientIdle", c.ClientIdle, "must be from 1µs to 1s")
	check(c.DriverTimeout == 0 && c.FromEnv || c.DriverTimeout >= minTimeout && c.DriverTimeout%time.Millisecond == 0, "DriverTimeout", c.DriverTimeout, "must be at least 100ms, in whole milliseconds")
	check(set.Profile.known(), "Profile", int(set.Profile), "must be one of "+profileNames())
	check(!set.AppendAppID || set.Directory != "", "AppendAppID", true, "needs Directory: the default one is named after AppID already")
	if err := c.checkClientSettings(); err != nil {
		errs = append(errs, err)
	}
	if c.External {
		check(!c.UniqueDirectory, "UniqueDirectory", true, "cannot name the directory of a driver that runs already, with External")
		check(!c.AllowShared, "AllowShared", true, "is for a driver that would run here: External never starts one")
		driver := set
		driver.AppID, driver.Directory, driver.AppendAppID, driver.UniqueDirectory, driver.AllowShared = "", "", false, false, false
		driver.External, driver.FromEnv, driver.ReferencePath, driver.Profile = false, false, false, Balanced
		driver.DriverTimeout, driver.ClientName, driver.ClientIdle, driver.Logger, driver.Invoker = 0, "", 0, nil, false
		driver.PreTouchMemory, driver.ClientSettings = false, ""
		check(driver == Config{}, "External", true, "leaves the driver's settings to whoever runs it: only Directory, AppID, DriverTimeout, AppendAppID, ClientName, ClientIdle, PreTouchMemory, ClientSettings, Profile, Invoker, FromEnv, ReferencePath and Logger may be set")
		return errors.Join(errs...)
	}
	check(c.StartAttempts >= 1 && c.StartAttempts <= maxStartAttempts, "StartAttempts", c.StartAttempts, "must be from 1 to 100")
	errs = append(errs, c.checkDriver()...)
	if err := c.checkSettings(); err != nil {
		errs = append(errs, err)
	}
	_, known := threadingModes[c.Threading]
	check(known, "Threading", int(c.Threading), "must be SharedNetwork, Shared or Dedicated")
	check(!c.Invoker || set.Threading == SharedNetwork, "Threading", c.Threading, "is for a driver with threads: Invoker has none")
	check(len(c.TerminationToken) <= maxToken, "TerminationToken", fmt.Sprintf("of %d bytes", len(c.TerminationToken)), fmt.Sprintf("must be up to %d bytes", maxToken))
	check(c.TerminationToken == "" || c.AllowTermination, "TerminationToken", fmt.Sprintf("of %d bytes", len(c.TerminationToken)), "needs AllowTermination")
	length := func(value, low, high int, field string) {
		check(value == 0 && c.FromEnv || value >= low && value <= high && value&(value-1) == 0, field, value,
			fmt.Sprintf("must be a power of two from %d to %d", low, high))
	}
	length(c.TermLength, minTerm, maxTerm, "TermLength")
	length(c.IPCTermLength, minTerm, maxTerm, "IPCTermLength")
	length(c.CountersLength, mib, 500*mib, "CountersLength")
	mtu := func(value int, field string) {
		check(value == 0 && c.FromEnv || value > headerSize && value <= maxPayload && value%headerSize == 0, field, value,
			"must be a multiple of 32 above 32 and up to 65504")
	}
	mtu(c.MTU, "MTU")
	mtu(c.IPCMTU, "IPCMTU")
	buffer := func(value int, field string) {
		check(value >= 0 && value <= maxBuffer, field, value, fmt.Sprintf("must not be negative, nor above %d", maxBuffer))
	}
	buffer(c.SendBuffer, "SendBuffer")
	buffer(c.ReceiveBuffer, "ReceiveBuffer")
	buffer(c.InitialWindow, "InitialWindow")
	check(c.SendBuffer <= 0 || c.SendBuffer >= c.MTU, "SendBuffer", c.SendBuffer, fmt.Sprintf("must be at least MTU (%d)", c.MTU))
	check(c.FromEnv || c.InitialWindow >= c.MTU, "InitialWindow", c.InitialWindow, fmt.Sprintf("must be at least MTU (%d)", c.MTU))
	check(c.FromEnv || c.ReceiveBuffer >= c.InitialWindow, "ReceiveBuffer", c.ReceiveBuffer, fmt.Sprintf("must be at least InitialWindow (%d)", c.InitialWindow))
	check(c.StreamSessionLimit >= 0 && c.StreamSessionLimit <= 1<<31-1, "StreamSessionLimit", c.StreamSessionLimit, "must be from 1 to 2147483647")
	for field, value := range map[string]time.Duration{
		"DriverTimeout":         c.DriverTimeout,
		"ClientLivenessTimeout": c.ClientLivenessTimeout, "ImageLivenessTimeout": c.ImageLivenessTimeout, "LingerTimeout": c.LingerTimeout,
		"PublicationConnectionTimeout": c.PublicationConnectionTimeout, "UnblockTimeout": c.UnblockTimeout,
	} {
		check(value >= 0 && value <= maxTimeout, field, value, "must not be negative, nor above "+maxTimeout.String())
	}
	check(c.ClientLivenessTimeout == 0 && c.FromEnv || c.ClientLivenessTimeout >= minTimeout, "ClientLivenessTimeout", c.ClientLivenessTimeout, "must be at least 100ms")
	if c.ClientLivenessTimeout >= maxTimeout {
		check(c.ClientLivenessTimeout > maxTimeout, "ClientLivenessTimeout", c.ClientLivenessTimeout, "must be below UnblockTimeout, which goes up to "+maxTimeout.String())
	} else {
		check(c.FromEnv || c.UnblockTimeout > c.ClientLivenessTimeout, "UnblockTimeout", c.UnblockTimeout,
			fmt.Sprintf("must be above ClientLivenessTimeout (%v)", c.ClientLivenessTimeout))
	}
	return errors.Join(errs...)
}

// DriverContext is the Config as a context of C's driver, for who wants to set more than a Config can, with aeronc.StartDriver.
// The caller closes it, or hands it to a driver.
func (c Config) DriverContext() (*aeronc.DriverContext, error) {
	c, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	if c.External {
		return nil, invalid("External", true, "means a driver that runs elsewhere: it has no context here")
	}
	if err := c.prepareParent(); err != nil {
		return nil, err
	}
	return c.driverContext()
}

func (c Config) driverContext() (*aeronc.DriverContext, error) {
	open := aeronc.NewDriverContext
	if c.FromEnv {
		open = aeronc.NewDriverContextFromEnv
	}
	d, err := open()
	if err != nil {
		return nil, err
	}
	var errs []error
	apply := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	apply(d.SetDir(c.Directory))
	apply(d.SetDeleteOnShutdown(!c.KeepDirectory))
	if c.Invoker {
		apply(d.SetThreadingMode(aeronc.ThreadingInvoker))
	} else if !c.FromEnv || c.Threading != SharedNetwork {
		apply(d.SetThreadingMode(threadingModes[c.Threading]))
	}
	if !c.FromEnv {
		apply(d.SetTermBufferSparseFile(c.SparseTerms))
		apply(d.SetPerformStorageChecks(true))
		apply(d.SetTimerInterval(c.timerInterval()))
		apply(d.SetPublicationReservedSessionIDLow(1))
		apply(d.SetPublicationReservedSessionIDHigh(1<<31 - 1))
	}
	if !c.FromEnv || c.AllowTermination {
		apply(d.SetAllowTermination(c.AllowTermination))
	}
	if c.TerminationToken != "" {
		apply(d.SetTerminationToken([]byte(c.TerminationToken)))
	}
	if c.SpiesSimulateConnection {
		apply(d.SetSpiesSimulateConnection(true))
	}
	for _, s := range []struct {
		value int
		set   func(int) error
	}{
		{c.TermLength, d.SetTermBufferLength}, {c.IPCTermLength, d.SetIPCTermBufferLength}, {c.MTU, d.SetMTULength},
		{c.IPCMTU, d.SetIPCMTULength}, {c.InitialWindow, d.SetRcvInitialWindowLength}, {c.ReceiveBuffer, d.SetSocketSORcvBuf},
		{c.SendBuffer, d.SetSocketSOSndBuf}, {c.CountersLength, d.SetCountersBufferLength},
		{c.StreamSessionLimit, func(limit int) error { return d.SetStreamSessionLimit(int32(limit)) }},
	} {
		if s.value > 0 {
			apply(s.set(s.value))
		}
	}
	for _, s := range []struct {
		value time.Duration
		set   func(time.Duration) error
	}{
		{c.DriverTimeout, d.SetDriverTimeout}, {c.ClientLivenessTimeout, d.SetClientLivenessTimeout},
		{c.ImageLivenessTimeout, d.SetImageLivenessTimeout}, {c.LingerTimeout, d.SetPublicationLingerTimeout},
		{c.PublicationConnectionTimeout, d.SetPublicationConnectionTimeout}, {c.UnblockTimeout, d.SetPublicationUnblockTimeout},
	} {
		if s.value > 0 {
			apply(s.set(s.value))
		}
	}
	apply(d.Apply(c.Driver))
	apply(c.applySettings(d))
	if d.ThreadingMode() == aeronc.ThreadingInvoker && !c.Invoker {
		apply(&Error{Op: "check AERON_THREADING_MODE", Detail: "INVOKER means a driver that its program steps: set another, or Config.Threading, or Config.Invoker", Err: ErrInvalidArgument})
	}
	if len(errs) > 0 {
		return nil, errors.Join(append(errs, d.Close())...)
	}
	return d, nil
}

// keepalive is how often the client shows that it lives, and looks whether the driver does: C's half second, or less for short timeouts.
func (c Config) keepalive() time.Duration {
	interval := min(500*time.Millisecond, c.DriverTimeout/4)
	if c.ClientLivenessTimeout > 0 {
		interval = min(interval, c.ClientLivenessTimeout/4)
	}
	return interval
}

// clientContext is the Config as a context of C's client.
func (c Config) clientContext(onError func(error), onEvent func(Event)) (*aeronc.Context, error) {
	open := aeronc.NewContext
	if c.FromEnv {
		open = aeronc.NewContextFromEnv
	}
	client, err := open()
	if err != nil {
		return nil, err
	}
	for _, err := range []error{
		client.SetDir(c.Directory),
		client.SetDriverTimeout(c.DriverTimeout),
		client.SetKeepaliveInterval(c.keepalive()),
		client.SetClientName(c.ClientName),
		// C's own default sleeps 16 ms between two looks at the driver's answers. The arguments come before the strategy.
		client.SetIdleStrategyInitArgs(fmt.Sprintf("%dns", c.ClientIdle.Nanoseconds())),
		client.SetIdleStrategy("sleep-ns"),
		client.SetErrorHandler(onError),
		client.SetEventHandler(onEvent),
		client.SetUseConductorAgentInvoker(c.Invoker),
		client.SetReferencePath(c.ReferencePath),
		c.preTouch(client),
		c.applyClientSettings(client),
	} {
		if err != nil {
			return nil, errors.Join(err, client.Close())
		}
	}
	return client, nil
}

// preTouch leaves what the environment says, unless the Config says yes.
func (c Config) preTouch(client *aeronc.Context) error {
	if !c.PreTouchMemory {
		return nil
	}
	return client.SetPreTouchMappedMemory(true)
}
