package aeron

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/aeroncgo/aeron/aeronc"
)

// DriverConfig is every setting of C's driver; see [aeronc.DriverConfig].
type DriverConfig = aeronc.DriverConfig

// Optional is a value that may be left out; see [aeronc.Optional].
type Optional[T comparable] = aeronc.Optional[T]

// Some is v, given: for the fields of a DriverConfig whose zero value is a value that one may want.
func Some[T comparable](v T) Optional[T] { return aeronc.Some(v) }

// PortRange is a range of UDP ports; see [aeronc.PortRange].
type PortRange = aeronc.PortRange

// twin is a setting that is a field of Config and of DriverConfig.
type twin struct {
	field, name string
	// move moves the value into the Config's field, if that is free or the same, and reports whether there is none left behind.
	move func(*Config) bool
	// left is the value that is left behind, and the Config's.
	left func(Config) (there, here string)
}

// twinOf is the twin of two fields of the same type, or of numbers.
func twinOf[H, T cmp.Ordered](field, name string, here func(*Config) *H, there func(*Config) *T, convert func(T) H) twin {
	return twin{
		field: field, name: name,
		move: func(c *Config) bool {
			var none H
			var left T
			h, t := here(c), there(c)
			if *t != left && (*h == none || *h == convert(*t)) {
				*h, *t = convert(*t), left
			}
			return *t == left
		},
		left: func(c Config) (string, string) { return fmt.Sprint(*there(&c)), fmt.Sprint(*here(&c)) },
	}
}

func same[T any](v T) T { return v }

// switchTwin is the twin of a switch that is off by default.
func switchTwin(field, name string, here func(*Config) *bool, there func(*Config) *Optional[bool]) twin {
	return twin{
		field: field, name: name,
		move: func(c *Config) bool {
			on, given := there(c).Get()
			if given && (on || !*here(c)) {
				*here(c), *there(c) = on, Optional[bool]{}
				given = false
			}
			return !given
		},
		left: func(c Config) (string, string) { return there(&c).String(), strconv.FormatBool(*here(&c)) },
	}
}

var twins = []twin{
	twinOf("Directory", "Dir", func(c *Config) *string { return &c.Directory }, func(c *Config) *string { return &c.Driver.Dir }, same),
	twinOf("TermLength", "TermBufferLength", func(c *Config) *int { return &c.TermLength }, func(c *Config) *int { return &c.Driver.TermBufferLength }, same),
	twinOf("IPCTermLength", "IPCTermBufferLength", func(c *Config) *int { return &c.IPCTermLength }, func(c *Config) *int { return &c.Driver.IPCTermBufferLength }, same),
	twinOf("MTU", "MTULength", func(c *Config) *int { return &c.MTU }, func(c *Config) *int { return &c.Driver.MTULength }, same),
	twinOf("IPCMTU", "IPCMTULength", func(c *Config) *int { return &c.IPCMTU }, func(c *Config) *int { return &c.Driver.IPCMTULength }, same),
	twinOf("InitialWindow", "RcvInitialWindowLength", func(c *Config) *int { return &c.InitialWindow }, func(c *Config) *int { return &c.Driver.RcvInitialWindowLength }, same),
	twinOf("SendBuffer", "SocketSOSndBuf", func(c *Config) *int { return &c.SendBuffer }, func(c *Config) *int { return &c.Driver.SocketSOSndBuf }, same),
	twinOf("CountersLength", "CountersBufferLength", func(c *Config) *int { return &c.CountersLength }, func(c *Config) *int { return &c.Driver.CountersBufferLength }, same),
	twinOf("StreamSessionLimit", "StreamSessionLimit", func(c *Config) *int { return &c.StreamSessionLimit }, func(c *Config) *int32 { return &c.Driver.StreamSessionLimit },
		func(v int32) int { return int(v) }),
	twinOf("DriverTimeout", "DriverTimeout", func(c *Config) *time.Duration { return &c.DriverTimeout }, func(c *Config) *time.Duration { return &c.Driver.DriverTimeout }, same),
	twinOf("ClientLivenessTimeout", "ClientLivenessTimeout", func(c *Config) *time.Duration { return &c.ClientLivenessTimeout },
		func(c *Config) *time.Duration { return &c.Driver.ClientLivenessTimeout }, same),
	twinOf("ImageLivenessTimeout", "ImageLivenessTimeout", func(c *Config) *time.Duration { return &c.ImageLivenessTimeout },
		func(c *Config) *time.Duration { return &c.Driver.ImageLivenessTimeout }, same),
	twinOf("LingerTimeout", "PublicationLingerTimeout", func(c *Config) *time.Duration { return &c.LingerTimeout },
		func(c *Config) *time.Duration { return &c.Driver.PublicationLingerTimeout }, same),
	twinOf("PublicationConnectionTimeout", "PublicationConnectionTimeout", func(c *Config) *time.Duration { return &c.PublicationConnectionTimeout },
		func(c *Config) *time.Duration { return &c.Driver.PublicationConnectionTimeout }, same),
	twinOf("UnblockTimeout", "PublicationUnblockTimeout", func(c *Config) *time.Duration { return &c.UnblockTimeout },
		func(c *Config) *time.Duration { return &c.Driver.PublicationUnblockTimeout }, same),
	switchTwin("SparseTerms", "TermBufferSparseFile", func(c *Config) *bool { return &c.SparseTerms }, func(c *Config) *Optional[bool] { return &c.Driver.TermBufferSparseFile }),
	switchTwin("SpiesSimulateConnection", "SpiesSimulateConnection", func(c *Config) *bool { return &c.SpiesSimulateConnection },
		func(c *Config) *Optional[bool] { return &c.Driver.SpiesSimulateConnection }),
	receiveBufferTwin, threadingTwin,
}

// receiveBufferTwin: 0 in DriverConfig is the system's buffer, which the Config cannot say, so that it stays where it is.
var receiveBufferTwin = twin{
	field: "ReceiveBuffer", name: "SocketSORcvBuf",
	move: func(c *Config) bool {
		size, given := c.Driver.SocketSORcvBuf.Get()
		if given && size == 0 {
			return true
		}
		if given && (c.ReceiveBuffer == 0 || c.ReceiveBuffer == size) {
			c.ReceiveBuffer, c.Driver.SocketSORcvBuf = size, Optional[int]{}
			given = false
		}
		return !given
	},
	left: func(c Config) (string, string) {
		return c.Driver.SocketSORcvBuf.String(), strconv.Itoa(c.ReceiveBuffer)
	},
}

// threadingTwin: SharedNetwork is the zero value and so counts as free. Where something else would fill it in, a profile or the environment, it
// stays where it says that it was given.
var threadingTwin = twin{
	field: "Threading", name: "ThreadingMode",
	move: func(c *Config) bool {
		mode, given := c.Driver.ThreadingMode.Get()
		if given && mode == aeronc.ThreadingSharedNetwork && !c.Invoker && (c.FromEnv || c.Profile != Balanced) {
			return c.Threading == SharedNetwork
		}
		for here, there := range threadingModes {
			if given && there == mode && (c.Threading == SharedNetwork || c.Threading == here) {
				c.Threading, c.Driver.ThreadingMode = here, Optional[aeronc.ThreadingMode]{}
				given = false
			}
		}
		return !given
	},
	left: func(c Config) (string, string) { return c.Driver.ThreadingMode.String(), c.Threading.String() },
}

// withoutTwins moves what Driver says into the fields that this Config has for it, so that equal Configs are equal however they were
// written.
func (c Config) withoutTwins() Config {
	if c.Driver == (DriverConfig{}) || c.External {
		return c
	}
	for _, t := range twins {
		t.move(&c)
	}
	return c
}

// checkDriver checks Driver, after withoutTwins.
func (c Config) checkDriver() []error {
	var errs []error
	if c.Driver == (DriverConfig{}) {
		return nil
	}
	refuse := func(field, value, rule string) { errs = append(errs, invalid("Driver."+field, value, rule)) }
	driver := c.Driver
	for _, t := range twins {
		if !t.move(&c) {
			there, here := t.left(c)
			refuse(t.name, there, "is "+t.field+" of the Config, where "+here+" is set: set one of them")
		}
	}
	for _, fixed := range []struct {
		field string
		value fmt.Stringer
		given bool
		use   string
	}{
		{"DeleteOnStart", driver.DeleteOnStart, driver.DeleteOnStart != Optional[bool]{}, fixedSettings["dir_delete_on_start"]},
		{"DeleteOnShutdown", driver.DeleteOnShutdown, driver.DeleteOnShutdown != Optional[bool]{}, fixedSettings["dir_delete_on_shutdown"]},
		{"PublicationReservedSessionIDLow", driver.PublicationReservedSessionIDLow, driver.PublicationReservedSessionIDLow != Optional[int32]{}, fixedSettings["publication_reserved_session_id_low"]},
		{"PublicationReservedSessionIDHigh", driver.PublicationReservedSessionIDHigh, driver.PublicationReservedSessionIDHigh != Optional[int32]{}, fixedSettings["publication_reserved_session_id_high"]},
	} {
		if fixed.given {
			refuse(fixed.field, fixed.value.String(), fixed.use)
		}
	}
	// What depends on settings that are this Config's fields is checked with their values.
	driver.ClientLivenessTimeout, driver.PublicationUnblockTimeout = c.ClientLivenessTimeout, c.UnblockTimeout
	if driver.TimerInterval == 0 {
		driver.TimerInterval = c.timerInterval()
	}
	if err := driver.Validate(); err != nil && len(errs) == 0 {
		errs = append(errs, &Error{Op: "check Config.Driver", Err: err})
	}
	return errs
}

// timerInterval is how often the driver beats and looks at its clients.
func (c Config) timerInterval() time.Duration {
	if c.FromEnv {
		return 0
	}
	return min(time.Second, c.DriverTimeout/4, c.ClientLivenessTimeout/4)
}
