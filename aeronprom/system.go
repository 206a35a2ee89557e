package aeronprom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/aeroncgo/aeron/stats"
)

// systemMetric is how a system counter is given: its name behind aeron_, and what its value is multiplied by.
type systemMetric struct {
	name  string
	kind  prometheus.ValueType
	scale float64
}

func counted(name string) systemMetric {
	return systemMetric{name: name + "_total", kind: prometheus.CounterValue, scale: 1}
}

func measured(name string) systemMetric {
	return systemMetric{name: name, kind: prometheus.GaugeValue, scale: 1}
}

// longest is a time in nanoseconds, the longest since the driver's start.
func longest(name string) systemMetric {
	return systemMetric{name: name + "_max_seconds", kind: prometheus.GaugeValue, scale: 1e-9}
}

// systemMetrics are by the counters' ids.
var systemMetrics = [...]systemMetric{
	stats.SystemBytesSent:                           counted("bytes_sent"),
	stats.SystemBytesReceived:                       counted("bytes_received"),
	stats.SystemReceiverProxyFails:                  counted("receiver_proxy_fails"),
	stats.SystemSenderProxyFails:                    counted("sender_proxy_fails"),
	stats.SystemConductorProxyFails:                 counted("conductor_proxy_fails"),
	stats.SystemNAKMessagesSent:                     counted("naks_sent"),
	stats.SystemNAKMessagesReceived:                 counted("naks_received"),
	stats.SystemStatusMessagesSent:                  counted("status_messages_sent"),
	stats.SystemStatusMessagesReceived:              counted("status_messages_received"),
	stats.SystemHeartbeatsSent:                      counted("heartbeats_sent"),
	stats.SystemHeartbeatsReceived:                  counted("heartbeats_received"),
	stats.SystemRetransmitsSent:                     counted("retransmits_sent"),
	stats.SystemFlowControlUnderRuns:                counted("flow_control_under_runs"),
	stats.SystemFlowControlOverRuns:                 counted("flow_control_over_runs"),
	stats.SystemInvalidPackets:                      counted("invalid_packets"),
	stats.SystemErrors:                              counted("errors"),
	stats.SystemShortSends:                          counted("short_sends"),
	stats.SystemFreeFails:                           counted("log_buffer_free_fails"),
	stats.SystemSenderFlowControlLimits:             counted("sender_flow_control_limits"),
	stats.SystemUnblockedPublications:               counted("unblocked_publications"),
	stats.SystemUnblockedCommands:                   counted("unblocked_commands"),
	stats.SystemPossibleTTLAsymmetry:                counted("possible_ttl_asymmetry"),
	stats.SystemControllableIdleStrategy:            measured("controllable_idle_strategy_status"),
	stats.SystemLossGapFills:                        counted("loss_gap_fills"),
	stats.SystemClientTimeouts:                      counted("client_timeouts"),
	stats.SystemResolutionChanges:                   counted("resolution_changes"),
	stats.SystemConductorMaxCycleTime:               longest("conductor_cycle"),
	stats.SystemConductorCycleTimeThresholdExceeded: counted("conductor_cycle_time_exceeded"),
	stats.SystemSenderMaxCycleTime:                  longest("sender_cycle"),
	stats.SystemSenderCycleTimeThresholdExceeded:    counted("sender_cycle_time_exceeded"),
	stats.SystemReceiverMaxCycleTime:                longest("receiver_cycle"),
	stats.SystemReceiverCycleTimeThresholdExceeded:  counted("receiver_cycle_time_exceeded"),
	stats.SystemNameResolverMaxTime:                 longest("name_resolution"),
	stats.SystemNameResolverTimeThresholdExceeded:   counted("name_resolution_time_exceeded"),
	stats.SystemAeronVersion:                        measured("software_version"),
	stats.SystemBytesCurrentlyMapped:                measured("mapped_bytes"),
	stats.SystemRetransmittedBytes:                  counted("retransmitted_bytes"),
	stats.SystemRetransmitOverflow:                  counted("retransmit_overflows"),
	stats.SystemErrorFramesReceived:                 counted("error_frames_received"),
	stats.SystemErrorFramesSent:                     counted("error_frames_sent"),
	stats.SystemPublicationsRevoked:                 counted("publications_revoked"),
	stats.SystemPublicationImagesRevoked:            counted("publication_images_revoked"),
	stats.SystemImagesRejected:                      counted("images_rejected"),
	stats.SystemControlProtocolVersion:              measured("control_protocol_version"),
	stats.SystemStatusMessagesRejected:              counted("status_messages_rejected"),
	stats.SystemNativeResourceAgentProxyFails:       counted("native_resource_agent_proxy_fails"),
}

// SystemMetricName returns the name of the metric for one of the driver's own counters, such as
// aeron_bytes_sent_total for [stats.SystemBytesSent]. For an id that Aeron 1.54 does not have it is
// aeron_system_counter, a metric with the id as a label.
func SystemMetricName(id int32) string {
	if id >= 0 && int(id) < len(systemMetrics) {
		return prefix + systemMetrics[id].name
	}
	return prefix + "system_counter"
}

// newSystemIDs is how many ids beyond those that are known may have a series: a damaged file can have any.
const newSystemIDs = 64

func (c *Collector) collectSystem(out *sink, snap *stats.Snapshot) {
	for counter := range snap.Counters() {
		id, ok := counter.SystemID()
		switch known := int32(len(systemMetrics)); {
		case !ok || id < 0 || id >= known+newSystemIDs:
		case id < known:
			m := systemMetrics[id]
			out.put(c.system[id], m.kind, float64(counter.Value)*m.scale)
		default:
			out.put(c.newSystem, prometheus.UntypedValue, float64(counter.Value), itoa(int64(id)))
		}
	}
}
