package cgo

// #include <stdlib.h>
// #include "shim.h"
import "C"

// withText calls f with a copy of s in C, which is gone when f has returned.
func withText(op, s string, f func(*C.char) C.aerongo_result_t) error {
	c, free, err := cString(op, s)
	if err != nil {
		return err
	}
	defer free()
	return errorOf(op, f(c))
}

// DriverContextSetUnicastFlowControl sets the flow control of unicast by C's name, such as unicast_max.
//
// C: aeron_driver_context_set_unicast_flowcontrol_supplier
// C: aeron_flow_control_strategy_supplier_by_name
func DriverContextSetUnicastFlowControl(c *DriverContext, name string) error {
	return withText("set unicast flow control", name, func(name *C.char) C.aerongo_result_t {
		return C.aerongo_driver_context_set_flow_control(c.c, false, name)
	})
}

// DriverContextUnicastFlowControl is its name, or empty for one that has none.
//
// C: aeron_driver_context_get_unicast_flowcontrol_supplier
func DriverContextUnicastFlowControl(c *DriverContext) string {
	return C.GoString(C.aerongo_driver_context_flow_control(c.c, false))
}

// DriverContextSetMulticastFlowControl sets the flow control of multicast by C's name, such as multicast_min.
//
// C: aeron_driver_context_set_multicast_flowcontrol_supplier
func DriverContextSetMulticastFlowControl(c *DriverContext, name string) error {
	return withText("set multicast flow control", name, func(name *C.char) C.aerongo_result_t {
		return C.aerongo_driver_context_set_flow_control(c.c, true, name)
	})
}

// DriverContextMulticastFlowControl is its name, or empty for one that has none.
//
// C: aeron_driver_context_get_multicast_flowcontrol_supplier
func DriverContextMulticastFlowControl(c *DriverContext) string {
	return C.GoString(C.aerongo_driver_context_flow_control(c.c, true))
}

// DriverContextSetCongestionControl sets the congestion control by its name: default, static or cubic.
//
// C: aeron_driver_context_set_congestioncontrol_supplier
func DriverContextSetCongestionControl(c *DriverContext, name string) error {
	return withText("set congestion control", name, func(name *C.char) C.aerongo_result_t {
		return C.aerongo_driver_context_set_congestion_control(c.c, name)
	})
}

// DriverContextCongestionControl is its name, or empty for one that has none.
//
// C: aeron_driver_context_get_congestioncontrol_supplier
func DriverContextCongestionControl(c *DriverContext) string {
	return C.GoString(C.aerongo_driver_context_congestion_control(c.c))
}

// DriverContextSetNameResolver sets the name resolver by its name: default, driver or csv_table.
//
// C: aeron_driver_context_set_name_resolver_supplier
func DriverContextSetNameResolver(c *DriverContext, name string) error {
	return withText("set name resolver", name, func(name *C.char) C.aerongo_result_t {
		return C.aerongo_driver_context_set_name_resolver(c.c, name)
	})
}

// DriverContextNameResolver is its name, or empty for one that has none.
//
// C: aeron_driver_context_get_name_resolver_supplier
func DriverContextNameResolver(c *DriverContext) string {
	return C.GoString(C.aerongo_driver_context_name_resolver(c.c))
}

// DriverContextSetSenderWildcardPorts sets the range of senders' ports that are not specified.
//
// C: aeron_driver_context_set_sender_wildcard_port_range
func DriverContextSetSenderWildcardPorts(c *DriverContext, low, high uint16) error {
	return errorOf("set sender wildcard ports", C.aerongo_driver_context_set_wildcard_ports(c.c, false, C.uint16_t(low), C.uint16_t(high)))
}

// DriverContextSenderWildcardPorts is the range.
//
// C: aeron_driver_context_get_sender_wildcard_port_range
func DriverContextSenderWildcardPorts(c *DriverContext) (low, high uint16) {
	ports := uint32(C.aerongo_driver_context_wildcard_ports(c.c, false))
	return uint16(ports), uint16(ports >> 16)
}

// DriverContextSetReceiverWildcardPorts sets the range of receivers' ports that are not specified.
//
// C: aeron_driver_context_set_receiver_wildcard_port_range
func DriverContextSetReceiverWildcardPorts(c *DriverContext, low, high uint16) error {
	return errorOf("set receiver wildcard ports", C.aerongo_driver_context_set_wildcard_ports(c.c, true, C.uint16_t(low), C.uint16_t(high)))
}

// DriverContextReceiverWildcardPorts is the range.
//
// C: aeron_driver_context_get_receiver_wildcard_port_range
func DriverContextReceiverWildcardPorts(c *DriverContext) (low, high uint16) {
	ports := uint32(C.aerongo_driver_context_wildcard_ports(c.c, true))
	return uint16(ports), uint16(ports >> 16)
}

// DriverContextSetReceiverGroupTag sets the tag of receivers, or that they have none.
//
// C: aeron_driver_context_set_receiver_group_tag
func DriverContextSetReceiverGroupTag(c *DriverContext, present bool, tag int64) error {
	return errorOf("set receiver group tag", C.aerongo_driver_context_set_receiver_group_tag(c.c, C.bool(present), C.int64_t(tag)))
}

// DriverContextReceiverGroupTag is the tag of receivers, and whether they have one.
//
// C: aeron_driver_context_get_receiver_group_tag_is_present
// C: aeron_driver_context_get_receiver_group_tag_value
func DriverContextReceiverGroupTag(c *DriverContext) (tag int64, present bool) {
	return int64(C.aeron_driver_context_get_receiver_group_tag_value(c.c)), bool(C.aeron_driver_context_get_receiver_group_tag_is_present(c.c))
}

// DriverContextSetIncomingLoss drops packets by the interceptor of this name, with these parameters, which are the process's; none if
// the name is empty.
//
// C: aeron_driver_context_set_udp_channel_incoming_interceptors
func DriverContextSetIncomingLoss(c *DriverContext, name, args string) error {
	const op = "set incoming loss"
	text, free, err := cString(op, args)
	if err != nil {
		return err
	}
	defer free()
	return withText(op, name, func(name *C.char) C.aerongo_result_t {
		return C.aerongo_driver_context_set_incoming_loss(c.c, name, text)
	})
}

// DriverContextIncomingLoss is the interceptor's name, or empty.
//
// C: aeron_driver_context_get_udp_channel_incoming_interceptors
func DriverContextIncomingLoss(c *DriverContext) string {
	return C.GoString(C.aerongo_driver_context_incoming_loss(c.c))
}

// DebugLoss is which shares of what passes an endpoint are dropped, and what chance begins with: -1 for the clock.
type DebugLoss struct {
	DataRate    float64
	DataSeed    int64
	ControlRate float64
	ControlSeed int64
}

// DriverContextSetDebugLoss drops what senders send and hear, or what receivers hear and send: what C's driver has for its own tests, in
// aeron_debug_channel_endpoint_configuration_install, which is in no public header.
//
// C: aeron_loss_generator_t
func DriverContextSetDebugLoss(c *DriverContext, receive bool, loss DebugLoss) error {
	return errorOf("set debug loss", C.aerongo_driver_context_set_debug_loss(c.c, C.bool(receive), C.aerongo_debug_loss_t{
		data_rate: C.double(loss.DataRate), data_seed: C.int64_t(loss.DataSeed),
		control_rate: C.double(loss.ControlRate), control_seed: C.int64_t(loss.ControlSeed),
	}))
}

// DriverContextDebugLoss is what was set, or the zero value.
//
// C: aeron_loss_generator_t
func DriverContextDebugLoss(c *DriverContext, receive bool) DebugLoss {
	loss := C.aerongo_driver_context_debug_loss(c.c, C.bool(receive))
	return DebugLoss{float64(loss.data_rate), int64(loss.data_seed), float64(loss.control_rate), int64(loss.control_seed)}
}
