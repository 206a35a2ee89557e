package aeronc

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/aeroncgo/aeron/cgo"
)

// Settings that C takes as functions and structs, by the names that people use.

// C's names of its flow controls.
var (
	unicastFlowControls   = map[string]string{"max": "unicast_max"}
	multicastFlowControls = map[string]string{"max": "multicast_max", "min": "multicast_min", "tagged": "multicast_tagged"}
)

func shortName(names map[string]string, long string) string {
	for short, name := range names {
		if name == long {
			return short
		}
	}
	return long
}

// named sets what a name stands for, after it was checked.
func (c *DriverContext) named(setting, name string, check func(string) string, set func(*cgo.DriverContext) error) error {
	if rule := check(name); rule != "" {
		return invalidArgument(setting, strconv.Quote(name), rule)
	}
	return c.set(set)
}

// SetUnicastFlowControl sets how a unicast publication treats its receiver: max. It fails once the context is in use or closed.
//
// C: aeron_driver_context_set_unicast_flowcontrol_supplier
func (c *DriverContext) SetUnicastFlowControl(name string) error {
	return c.named("unicast_flowcontrol_supplier", name, oneOf("max"), func(raw *cgo.DriverContext) error {
		return cgo.DriverContextSetUnicastFlowControl(raw, unicastFlowControls[name])
	})
}

// UnicastFlowControl reports it; empty when the context is closed.
//
// C: aeron_driver_context_get_unicast_flowcontrol_supplier
func (c *DriverContext) UnicastFlowControl() string {
	return get(c, func(raw *cgo.DriverContext) string {
		return shortName(unicastFlowControls, cgo.DriverContextUnicastFlowControl(raw))
	})
}

// SetMulticastFlowControl sets how a multicast or multi-destination publication treats its receivers: max follows the fastest, min
// the slowest, tagged the slowest of those with the flow control's group tag. A channel's fc parameter goes before it. It
// fails once the context is in use or closed.
//
// C: aeron_driver_context_set_multicast_flowcontrol_supplier
func (c *DriverContext) SetMulticastFlowControl(name string) error {
	return c.named("multicast_flowcontrol_supplier", name, oneOf("max min tagged"), func(raw *cgo.DriverContext) error {
		return cgo.DriverContextSetMulticastFlowControl(raw, multicastFlowControls[name])
	})
}

// MulticastFlowControl reports it; empty when the context is closed.
//
// C: aeron_driver_context_get_multicast_flowcontrol_supplier
func (c *DriverContext) MulticastFlowControl() string {
	return get(c, func(raw *cgo.DriverContext) string {
		return shortName(multicastFlowControls, cgo.DriverContextMulticastFlowControl(raw))
	})
}

// SetCongestionControl sets how a receiver sizes its window: static keeps it, cubic adapts it to loss, and default does what the
// channel's cc parameter says, static without one. It fails once the context is in use or closed.
//
// C: aeron_driver_context_set_congestioncontrol_supplier
func (c *DriverContext) SetCongestionControl(name string) error {
	return c.named("congestioncontrol_supplier", name, oneOf("default static cubic"), func(raw *cgo.DriverContext) error {
		return cgo.DriverContextSetCongestionControl(raw, name)
	})
}

// CongestionControl reports it; empty when the context is closed.
//
// C: aeron_driver_context_get_congestioncontrol_supplier
func (c *DriverContext) CongestionControl() string { return get(c, cgo.DriverContextCongestionControl) }

// SetNameResolver sets who resolves names: default asks the system and, with a resolver name, other drivers; csv_table reads the table in
// NameResolverInitArgs. It fails once the context is in use or closed.
//
// C: aeron_driver_context_set_name_resolver_supplier
func (c *DriverContext) SetNameResolver(name string) error {
	return c.named("name_resolver_supplier", name, oneOf("default driver csv_table"), func(raw *cgo.DriverContext) error {
		return cgo.DriverContextSetNameResolver(raw, name)
	})
}

// NameResolver reports it; empty when the context is closed.
//
// C: aeron_driver_context_get_name_resolver_supplier
func (c *DriverContext) NameResolver() string { return get(c, cgo.DriverContextNameResolver) }

// SetSenderWildcardPorts sets the range that an unspecified port of a publication's channel is taken from; the zero range leaves it to the
// system. It fails once the context is in use or closed.
//
// C: aeron_driver_context_set_sender_wildcard_port_range
func (c *DriverContext) SetSenderWildcardPorts(ports PortRange) error {
	if rule := ports.check(); rule != "" {
		return invalidArgument("sender_wildcard_port_range", ports, rule)
	}
	return c.set(func(raw *cgo.DriverContext) error {
		return cgo.DriverContextSetSenderWildcardPorts(raw, ports.Low, ports.High)
	})
}

// SenderWildcardPorts reports it; the zero range when the context is closed.
//
// C: aeron_driver_context_get_sender_wildcard_port_range
func (c *DriverContext) SenderWildcardPorts() PortRange {
	return get(c, func(raw *cgo.DriverContext) PortRange {
		low, high := cgo.DriverContextSenderWildcardPorts(raw)
		return PortRange{low, high}
	})
}

// SetReceiverWildcardPorts sets the range that the port of a subscription's channel is taken from if its endpoint ends with :0. See
// SetSenderWildcardPorts.
//
// C: aeron_driver_context_set_receiver_wildcard_port_range
func (c *DriverContext) SetReceiverWildcardPorts(ports PortRange) error {
	if rule := ports.check(); rule != "" {
		return invalidArgument("receiver_wildcard_port_range", ports, rule)
	}
	return c.set(func(raw *cgo.DriverContext) error {
		return cgo.DriverContextSetReceiverWildcardPorts(raw, ports.Low, ports.High)
	})
}

// ReceiverWildcardPorts reports it; the zero range when the context is closed.
//
// C: aeron_driver_context_get_receiver_wildcard_port_range
func (c *DriverContext) ReceiverWildcardPorts() PortRange {
	return get(c, func(raw *cgo.DriverContext) PortRange {
		low, high := cgo.DriverContextReceiverWildcardPorts(raw)
		return PortRange{low, high}
	})
}

// SetReceiverGroupTag sets the tag that receivers send with their status messages, or that they send none. It fails once the
// context is in use or closed.
//
// C: aeron_driver_context_set_receiver_group_tag
func (c *DriverContext) SetReceiverGroupTag(tag Optional[int64]) error {
	return c.set(func(raw *cgo.DriverContext) error {
		return cgo.DriverContextSetReceiverGroupTag(raw, tag.given, tag.value)
	})
}

// ReceiverGroupTag reports it.
//
// C: aeron_driver_context_get_receiver_group_tag_is_present, aeron_driver_context_get_receiver_group_tag_value
func (c *DriverContext) ReceiverGroupTag() Optional[int64] {
	return get(c, func(raw *cgo.DriverContext) Optional[int64] {
		if tag, present := cgo.DriverContextReceiverGroupTag(raw); present {
			return Some(tag)
		}
		return Optional[int64]{}
	})
}

// SetIncomingLoss makes the driver drop packets that arrive, as Aeron's tests do. spec is a kind and its parameters:
//
//	loss:rate=0.1|seed=7|recv-msg-mask=0x2      a share of packets, by chance; the mask has a bit for each frame type, and 0x2 is data
//	fixed-loss:term-id=5|term-offset=0|length=4096      once, what lies in this part of a term
//	multi-gap-loss:term-id=5|gap-radix=4096|gap-length=1408|total-gaps=10      once, a gap at every gap-radix of a term
//
// An empty spec drops nothing. C keeps the parameters of each kind for the whole process: what was set last counts, for every
// driver that has the kind, so that one driver at a time should.
//
// It fails once the context is in use or closed, and with ErrInvalidArgument naming the parameter.
//
// C: aeron_driver_context_set_udp_channel_incoming_interceptors
func (c *DriverContext) SetIncomingLoss(spec string) error {
	if rule := lossSpec(spec); spec != "" && rule != "" {
		return invalidArgument("udp_channel_incoming_interceptors", strconv.Quote(spec), rule)
	}
	kind, args, _ := strings.Cut(spec, ":")
	return c.set(func(raw *cgo.DriverContext) error {
		if err := cgo.DriverContextSetIncomingLoss(raw, kind, args); err != nil {
			return err
		}
		c.lossArgs = args
		return nil
	})
}

// IncomingLoss reports it; empty when there is none, or the context is closed.
//
// C: aeron_driver_context_get_udp_channel_incoming_interceptors
func (c *DriverContext) IncomingLoss() string {
	return get(c, func(raw *cgo.DriverContext) string {
		kind := cgo.DriverContextIncomingLoss(raw)
		if kind != "" && c.lossArgs != "" {
			return kind + ":" + c.lossArgs
		}
		return kind
	})
}

// SetSendLoss makes the driver drop a share of what its senders send and of what comes back to them, by chance, with C's debug
// configuration of channel endpoints, for tests:
//
//	data-rate=0.1|data-seed=7|control-rate=0.2|control-seed=8
//
// data is data, heartbeats and setups; C sends data that it has dropped when sent first again at once, and counts a short send, so that
// of data only what was asked for again is missing. control is status messages and requests for what is missing. A rate that is left
// out is 0, and a seed the clock's. An empty spec drops nothing. Every channel of this driver, and of no other, begins with the same
// seeds.
//
// It fails once the context is in use or closed, and with ErrInvalidArgument naming the parameter. C's own way to set this is variables
// AERON_DEBUG_…, which count for nothing here, as in aeronmd, which does not look at them.
//
// C: aeron_debug_channel_endpoint_configuration_install, aeron_driver_context_set_send_channel_loss_supplier
func (c *DriverContext) SetSendLoss(spec string) error {
	return c.setDebugLoss("send_channel_loss_supplier", false, spec)
}

// SendLoss reports it; empty when there is none, or the context is closed.
//
// C: aeron_debug_channel_endpoint_configuration_install
func (c *DriverContext) SendLoss() string {
	return get(c, func(raw *cgo.DriverContext) string { return showDebugLoss(cgo.DriverContextDebugLoss(raw, false)) })
}

// SetReceiveLoss is the same for what the driver's receivers get, which is data, and what they send back, which is control. Data that is
// dropped here is missing until it is sent again.
//
// C: aeron_debug_channel_endpoint_configuration_install, aeron_driver_context_set_receive_channel_loss_supplier
func (c *DriverContext) SetReceiveLoss(spec string) error {
	return c.setDebugLoss("receive_channel_loss_supplier", true, spec)
}

// ReceiveLoss reports it; empty when there is none, or the context is closed.
//
// C: aeron_debug_channel_endpoint_configuration_install
func (c *DriverContext) ReceiveLoss() string {
	return get(c, func(raw *cgo.DriverContext) string { return showDebugLoss(cgo.DriverContextDebugLoss(raw, true)) })
}

func (c *DriverContext) setDebugLoss(name string, receive bool, spec string) error {
	if rule := debugLossSpec(spec); spec != "" && rule != "" {
		return invalidArgument(name, strconv.Quote(spec), rule)
	}
	loss := cgo.DebugLoss{DataSeed: -1, ControlSeed: -1}
	for text := range strings.SplitSeq(spec, "|") { // which has been checked
		name, value, _ := strings.Cut(text, "=")
		switch name {
		case "data-rate":
			loss.DataRate, _ = strconv.ParseFloat(value, 64)
		case "data-seed":
			loss.DataSeed, _ = strconv.ParseInt(value, 10, 64)
		case "control-rate":
			loss.ControlRate, _ = strconv.ParseFloat(value, 64)
		case "control-seed":
			loss.ControlSeed, _ = strconv.ParseInt(value, 10, 64)
		}
	}
	return c.set(func(raw *cgo.DriverContext) error { return cgo.DriverContextSetDebugLoss(raw, receive, loss) })
}

// showDebugLoss writes the parts that drop anything.
func showDebugLoss(loss cgo.DebugLoss) string {
	var parts []string
	add := func(name string, rate float64, seed int64) {
		if rate == 0 {
			return
		}
		parts = append(parts, name+"-rate="+strconv.FormatFloat(rate, 'g', -1, 64))
		if seed >= 0 {
			parts = append(parts, name+"-seed="+strconv.FormatInt(seed, 10))
		}
	}
	add("data", loss.DataRate, loss.DataSeed)
	add("control", loss.ControlRate, loss.ControlSeed)
	return strings.Join(parts, "|")
}

// lossParam is a parameter of a kind of loss, and must says what its value must be.
type lossParam struct {
	valid func(string) bool
	must  string
	free  bool // it may be left out
}

var (
	lossTermID = lossParam{valid: isNumber(math.MinInt32, math.MaxInt32), must: "the number of a term, of 32 bits"}
	lossLength = lossParam{valid: isNumber(0, 1<<30), must: "a number of bytes up to 1073741824"}

	lossParams = map[string]map[string]lossParam{
		"loss": {
			"rate":          {valid: isShare, must: "a share from 0 to 1, such as 0.1"},
			"seed":          {valid: isSeed, must: "a number of 64 bits from 0", free: true},
			"recv-msg-mask": {valid: isMask, must: "a hexadecimal number of 32 bits, such as 0x2"},
		},
		"fixed-loss": {"term-id": lossTermID, "term-offset": lossLength, "length": lossLength},
		"multi-gap-loss": {
			"term-id":    lossTermID,
			"gap-radix":  {valid: isPower, must: "a power of two from 32 to 1073741824"},
			"gap-length": lossLength,
			"total-gaps": {valid: isNumber(1, 1<<16), must: "a number from 1 to 65536"},
		},
	}
)

var debugLossParams = map[string]lossParam{
	"data-rate":    {valid: isShare, must: "a share from 0 to 1, such as 0.1", free: true},
	"data-seed":    {valid: isNumber(0, math.MaxInt64), must: "a number of 63 bits from 0", free: true},
	"control-rate": {valid: isShare, must: "a share from 0 to 1, such as 0.1", free: true},
	"control-seed": {valid: isNumber(0, math.MaxInt64), must: "a number of 63 bits from 0", free: true},
}

// debugLossSpec checks what SetSendLoss and SetReceiveLoss take.
func debugLossSpec(spec string) string {
	return lossArguments("the spec", debugLossParams, spec, true)
}

func isNumber(least, most int64) func(string) bool {
	return func(v string) bool {
		n, err := strconv.ParseInt(v, 10, 64)
		return err == nil && n >= least && n <= most
	}
}

func isPower(v string) bool {
	n, err := strconv.ParseInt(v, 10, 32)
	return err == nil && n >= 32 && n <= 1<<30 && n&(n-1) == 0
}

func isShare(v string) bool {
	rate, err := strconv.ParseFloat(v, 64)
	return err == nil && rate >= 0 && rate <= 1 && !strings.Contains(v, "_") // which C stops at
}

func isSeed(v string) bool {
	_, err := strconv.ParseUint(v, 10, 64)
	return err == nil
}

func isMask(v string) bool {
	_, err := strconv.ParseUint(strings.TrimPrefix(v, "0x"), 16, 32)
	return err == nil
}

// lossSpec checks what SetIncomingLoss takes. C would take an unknown parameter for nothing, and a number's beginning for the number.
func lossSpec(spec string) string {
	kind, args, given := strings.Cut(spec, ":")
	params, known := lossParams[kind]
	if !known {
		return "must begin with loss, fixed-loss or multi-gap-loss, such as loss:rate=0.1|seed=7|recv-msg-mask=0x2"
	}
	return lossArguments(kind, params, args, given)
}

// lossArguments checks name=value|… for what has these parameters.
func lossArguments(kind string, params map[string]lossParam, args string, given bool) string {
	names := slices.Sorted(maps.Keys(params))
	seen := map[string]bool{}
	for text := range strings.SplitSeq(args, "|") {
		name, value, _ := strings.Cut(text, "=")
		param, known := params[name]
		switch {
		case !given:
		case !known:
			return "has the unknown parameter " + strconv.Quote(name) + ": " + kind + " has " + strings.Join(names, ", ")
		case seen[name]:
			return "has " + name + " twice: give it once"
		case !param.valid(value):
			return "has a wrong " + name + ", which must be " + param.must
		}
		seen[name] = true
	}
	for _, name := range names {
		if param := params[name]; !param.free && !seen[name] {
			return "lacks " + name + ", which must be " + param.must
		}
	}
	return ""
}

func (r PortRange) check() string {
	if r != (PortRange{}) && (r.Low == 0 || r.Low > r.High) {
		return "must begin above 0 and not end before it begins"
	}
	return ""
}

func parsePortRange(text string) (PortRange, error) {
	low, high, ok := strings.Cut(text, "-")
	if !ok {
		low, high, ok = strings.Cut(text, " ") // as C's own variable has it
	}
	from, err := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
	if err != nil || !ok {
		return PortRange{}, &badTextError{"must be two ports, such as 40000-40100"}
	}
	to, err := strconv.ParseUint(strings.TrimSpace(high), 10, 16)
	if err != nil {
		return PortRange{}, &badTextError{"must be two ports, such as 40000-40100"}
	}
	return PortRange{uint16(from), uint16(to)}, nil
}

func parseOptional[T comparable](parse func(string) (T, error)) func(string) (Optional[T], error) {
	return func(text string) (Optional[T], error) {
		if text == "" {
			return Optional[T]{}, nil
		}
		value, err := parse(text)
		if err != nil {
			return Optional[T]{}, err
		}
		return Some(value), nil
	}
}
