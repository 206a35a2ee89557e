package aeronc

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aeroncgo/aeron/cgo"
)

// Optional is a value that may be left out: the zero Optional leaves a setting as it is, and Some(v) sets it to v, zero or not.
// Optionals are comparable.
type Optional[T comparable] struct {
	value T
	given bool
}

// Some is v, given.
func Some[T comparable](v T) Optional[T] { return Optional[T]{v, true} }

// Get is the value, and whether there is one.
func (o Optional[T]) Get() (value T, given bool) { return o.value, o.given }

// Or is the value, or other if there is none.
func (o Optional[T]) Or(other T) T {
	if o.given {
		return o.value
	}
	return other
}

// String is the value as text, or empty if there is none.
func (o Optional[T]) String() string {
	if !o.given {
		return ""
	}
	return fmt.Sprint(o.value)
}

// PortRange is a range of UDP ports, both ends included. The zero range is none.
type PortRange struct{ Low, High uint16 }

// String is the range as Set takes it, such as 40000-40100.
func (r PortRange) String() string { return fmt.Sprintf("%d-%d", r.Low, r.High) }

// configField is one field of a DriverConfig.
type configField struct {
	name    string // in Go
	setting string // as C has it
	def     string // C's default
	given   func(*DriverConfig) bool
	check   func(*DriverConfig) error
	apply   func(*DriverContext, *DriverConfig) error
	read    func(*DriverContext, *DriverConfig) // nil where C has no getter
	copy    func(to, from *DriverConfig)
}

func plainField[T comparable](
	name, setting, def string, at func(*DriverConfig) *T, check func(T) string, set func(*DriverContext, T) error, get func(*DriverContext) T,
) configField {
	var zero T
	f := configField{
		name: name, setting: setting, def: def,
		given: func(c *DriverConfig) bool { return *at(c) != zero },
		check: func(c *DriverConfig) error { return badField(name, *at(c), check(*at(c))) },
		apply: func(d *DriverContext, c *DriverConfig) error { return set(d, *at(c)) },
		copy:  func(to, from *DriverConfig) { *at(to) = *at(from) },
	}
	if get != nil {
		f.read = func(d *DriverContext, c *DriverConfig) { *at(c) = get(d) }
	}
	return f
}

func optionalField[T comparable](
	name, setting, def string, at func(*DriverConfig) *Optional[T], check func(T) string, set func(*DriverContext, T) error, get func(*DriverContext) T,
) configField {
	f := configField{
		name: name, setting: setting, def: def,
		given: func(c *DriverConfig) bool { return at(c).given },
		check: func(c *DriverConfig) error { return badField(name, at(c).value, check(at(c).value)) },
		apply: func(d *DriverContext, c *DriverConfig) error { return set(d, at(c).value) },
		copy:  func(to, from *DriverConfig) { *at(to) = *at(from) },
	}
	if get != nil {
		f.read = func(d *DriverContext, c *DriverConfig) { *at(c) = Some(get(d)) }
	}
	return f
}

func badField(name string, value any, rule string) error {
	if rule == "" {
		return nil
	}
	if text, ok := value.(string); ok {
		value = strconv.Quote(text)
	}
	return &Error{Op: "check DriverConfig." + name, Detail: fmt.Sprintf("%v %s", value, rule), Err: ErrInvalidArgument}
}

// The checks give what would do, or nothing if the value does.

func anything[T comparable](T) string { return "" }

func text(s string) string {
	switch {
	case strings.ContainsRune(s, 0):
		return "must not hold a NUL byte"
	case len(s) > maxSettingText:
		return fmt.Sprintf("must be up to %d bytes", maxSettingText)
	}
	return ""
}

// maxSettingText is the longest text that C keeps whole.
const maxSettingText = 4095

type number interface {
	~int | ~int64 | ~int32 | ~uint32 | ~uint16 | ~uint8
}

func within[T number](low, high, step T) func(T) string {
	return func(value T) string {
		switch {
		case value < low || value > high:
		case step > 0 && value%step != 0:
		default:
			return ""
		}
		if step > 0 {
			return fmt.Sprintf("must be a multiple of %v from %v to %v", step, low, high)
		}
		return fmt.Sprintf("must be from %v to %v", low, high)
	}
}

func powerOfTwo[T number](low, high T) func(T) string {
	return func(value T) string {
		if value < low || value > high || value&(value-1) != 0 {
			return fmt.Sprintf("must be a power of two from %d to %d", low, high)
		}
		return ""
	}
}

// powerPlus is for C's ring buffers: a power of two from 1 MiB to 1 GiB, and a trailer.
func powerPlus(trailer int) func(int) string {
	power := powerOfTwo(1<<20, 1<<30)
	return func(value int) string {
		if power(value-trailer) != "" {
			return fmt.Sprintf("must be a power of two from 1048576 to 1073741824, plus %d", trailer)
		}
		return ""
	}
}

func oneOf(names string) func(string) string {
	known := strings.Fields(names)
	return func(name string) string {
		if slices.Contains(known, name) {
			return ""
		}
		return "must be " + inWords(known)
	}
}

func inWords(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// Validate says what is wrong with the config, every finding with its field, its value and what would do, or nil.
func (c DriverConfig) Validate() error {
	var errs []error
	for _, f := range driverConfigFields {
		if f.given(&c) {
			errs = append(errs, f.check(&c))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return errors.Join(c.checkTogether()...)
}

// checkTogether looks at settings that depend on each other, with C's defaults for those that are not set. What depends on the
// machine, such as socket buffers, is for the start of the driver.
func (c DriverConfig) checkTogether() []error {
	var errs []error
	check := func(ok bool, field string, value any, rule string, args ...any) {
		if !ok {
			errs = append(errs, badField(field, value, fmt.Sprintf(rule, args...)))
		}
	}
	capacity := orDefault(c.SenderIOVectorCapacity, 4)
	check(orDefault(c.NetworkPublicationMaxMessagesPerSend, 4) <= capacity, "NetworkPublicationMaxMessagesPerSend",
		orDefault(c.NetworkPublicationMaxMessagesPerSend, 4), "must not be above SenderIOVectorCapacity (%d)", capacity)
	timer, liveness := orDefault(c.TimerInterval, time.Second), orDefault(c.ClientLivenessTimeout, 10*time.Second)
	check(liveness > timer, "ClientLivenessTimeout", liveness, "must be above TimerInterval (%v)", timer)
	unblock := orDefault(c.PublicationUnblockTimeout, 15*time.Second)
	check(unblock > liveness, "PublicationUnblockTimeout", unblock, "must be above ClientLivenessTimeout (%v)", liveness)
	for field, value := range map[string]time.Duration{
		"UntetheredWindowLimitTimeout": orDefault(c.UntetheredWindowLimitTimeout, 5*time.Second),
		"UntetheredRestingTimeout":     orDefault(c.UntetheredRestingTimeout, 10*time.Second),
	} {
		check(value > timer, field, value, "must be above TimerInterval (%v)", timer)
	}
	check(c.UntetheredLingerTimeout == 0 || c.UntetheredLingerTimeout > timer, "UntetheredLingerTimeout", c.UntetheredLingerTimeout, "must be above TimerInterval (%v)", timer)
	for _, s := range c.idleStrategies() {
		rule := idleArgsOf(orDefault(s.strategy, s.def), s.args)
		check(rule == "", s.field+"InitArgs", strconv.Quote(s.args), "%s", rule)
	}
	check(c.ResolverInterface == "" || c.ResolverName != "", "ResolverInterface", c.ResolverInterface, "needs ResolverName")
	check(c.ResolverInterface == "" || c.NameResolver == "driver", "ResolverInterface", c.ResolverInterface, "needs NameResolver driver: C asks no other drivers without it")
	check(c.NameResolver != "driver" || c.ResolverName != "" && c.ResolverInterface != "", "NameResolver", c.NameResolver, "needs ResolverName and ResolverInterface")
	for _, ports := range []struct {
		field string
		r     PortRange
	}{{"SenderWildcardPorts", c.SenderWildcardPorts}, {"ReceiverWildcardPorts", c.ReceiverWildcardPorts}} {
		rule := ports.r.check()
		check(rule == "", ports.field, ports.r, "%s", rule)
	}
	return errs
}

func orDefault[T comparable](value, def T) T {
	var zero T
	if value == zero {
		return def
	}
	return value
}

// Apply sets what the config gives and leaves the rest as it is. Errors: those of Validate, before anything is set, and those of the
// setters.
func (c *DriverContext) Apply(config DriverConfig) error {
	if c == nil {
		return ErrClosed
	}
	if err := config.Validate(); err != nil {
		return err
	}
	var errs []error
	for _, f := range driverConfigFields {
		if f.given(&config) {
			errs = append(errs, f.apply(c, &config))
		}
	}
	return errors.Join(append(errs, c.renewStrategies(&config))...)
}

// idleChoice is an idle strategy of a config.
type idleChoice struct {
	field, strategy, args string
	def                   string // C's, where none is chosen
	set                   func(*DriverContext, string) error
	get                   func(*DriverContext) string
}

func (c *DriverConfig) idleStrategies() []idleChoice {
	return []idleChoice{
		{"ConductorIdleStrategy", c.ConductorIdleStrategy, c.ConductorIdleStrategyInitArgs, "backoff", (*DriverContext).SetConductorIdleStrategy, (*DriverContext).ConductorIdleStrategy},
		{"SenderIdleStrategy", c.SenderIdleStrategy, c.SenderIdleStrategyInitArgs, "backoff", (*DriverContext).SetSenderIdleStrategy, (*DriverContext).SenderIdleStrategy},
		{"ReceiverIdleStrategy", c.ReceiverIdleStrategy, c.ReceiverIdleStrategyInitArgs, "backoff", (*DriverContext).SetReceiverIdleStrategy, (*DriverContext).ReceiverIdleStrategy},
		{"SharedNetworkIdleStrategy", c.SharedNetworkIdleStrategy, c.SharedNetworkIdleStrategyInitArgs, "backoff", (*DriverContext).SetSharedNetworkIdleStrategy, (*DriverContext).SharedNetworkIdleStrategy},
		{"SharedIdleStrategy", c.SharedIdleStrategy, c.SharedIdleStrategyInitArgs, "backoff", (*DriverContext).SetSharedIdleStrategy, (*DriverContext).SharedIdleStrategy},
		{"NativeResourceAgentIdleStrategy", c.NativeResourceAgentIdleStrategy, c.NativeResourceAgentIdleStrategyInitArgs, "sleep-ns", (*DriverContext).SetNativeResourceAgentIdleStrategy, (*DriverContext).NativeResourceAgentIdleStrategy},
	}
}

// renewStrategies makes arguments count that were given without their strategy: C looks at them when the strategy is set.
func (c *DriverContext) renewStrategies(config *DriverConfig) error {
	var errs []error
	for _, s := range config.idleStrategies() {
		if s.args != "" && s.strategy == "" {
			errs = append(errs, s.set(c, s.get(c)))
		}
	}
	return errors.Join(errs...)
}

// Config reads every setting back from C. Empty when the context is closed.
func (c *DriverContext) Config() DriverConfig {
	if c == nil {
		return DriverConfig{}
	}
	var config DriverConfig
	closed := true
	c.read(func(*cgo.DriverContext) { closed = false })
	if closed {
		return config
	}
	for _, f := range driverConfigFields {
		if f.read != nil {
			f.read(c, &config)
		}
	}
	return config
}
