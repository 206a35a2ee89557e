package stats

import "strconv"

// The ids of the driver's own counters, those of [TypeSystem], as in aeron_counters.h
// (AERON_SYSTEM_COUNTER_ID_…). They count from the driver's start; their names are in
// [SystemCounterName]. An older driver does not have the last of them.
const (
	SystemBytesSent                           int32 = 0
	SystemBytesReceived                       int32 = 1
	SystemReceiverProxyFails                  int32 = 2
	SystemSenderProxyFails                    int32 = 3
	SystemConductorProxyFails                 int32 = 4
	SystemNAKMessagesSent                     int32 = 5
	SystemNAKMessagesReceived                 int32 = 6
	SystemStatusMessagesSent                  int32 = 7
	SystemStatusMessagesReceived              int32 = 8
	SystemHeartbeatsSent                      int32 = 9
	SystemHeartbeatsReceived                  int32 = 10
	SystemRetransmitsSent                     int32 = 11
	SystemFlowControlUnderRuns                int32 = 12
	SystemFlowControlOverRuns                 int32 = 13
	SystemInvalidPackets                      int32 = 14
	SystemErrors                              int32 = 15
	SystemShortSends                          int32 = 16
	SystemFreeFails                           int32 = 17
	SystemSenderFlowControlLimits             int32 = 18
	SystemUnblockedPublications               int32 = 19
	SystemUnblockedCommands                   int32 = 20
	SystemPossibleTTLAsymmetry                int32 = 21
	SystemControllableIdleStrategy            int32 = 22
	SystemLossGapFills                        int32 = 23
	SystemClientTimeouts                      int32 = 24
	SystemResolutionChanges                   int32 = 25
	SystemConductorMaxCycleTime               int32 = 26
	SystemConductorCycleTimeThresholdExceeded int32 = 27
	SystemSenderMaxCycleTime                  int32 = 28
	SystemSenderCycleTimeThresholdExceeded    int32 = 29
	SystemReceiverMaxCycleTime                int32 = 30
	SystemReceiverCycleTimeThresholdExceeded  int32 = 31
	SystemNameResolverMaxTime                 int32 = 32
	SystemNameResolverTimeThresholdExceeded   int32 = 33
	SystemAeronVersion                        int32 = 34
	SystemBytesCurrentlyMapped                int32 = 35
	SystemRetransmittedBytes                  int32 = 36
	SystemRetransmitOverflow                  int32 = 37
	SystemErrorFramesReceived                 int32 = 38
	SystemErrorFramesSent                     int32 = 39
	SystemPublicationsRevoked                 int32 = 40
	SystemPublicationImagesRevoked            int32 = 41
	SystemImagesRejected                      int32 = 42
	SystemControlProtocolVersion              int32 = 43
	SystemStatusMessagesRejected              int32 = 44
	SystemNativeResourceAgentProxyFails       int32 = 45
)

// SystemCounterName returns the name of one of the driver's own counters, without what the driver
// adds in the label, such as its version. For an id that Aeron 1.54 does not have it is "system-"
// and the number.
func SystemCounterName(id int32) string {
	if id >= 0 && int(id) < len(systemNames) {
		return systemNames[id]
	}
	return "system-" + strconv.Itoa(int(id))
}

// What the labels begin with: system_counters of aeron_system_counters.c.
var systemNames = [...]string{
	SystemBytesSent:                           "Bytes sent",
	SystemBytesReceived:                       "Bytes received",
	SystemReceiverProxyFails:                  "Failed offers to ReceiverProxy",
	SystemSenderProxyFails:                    "Failed offers to SenderProxy",
	SystemConductorProxyFails:                 "Failed offers to DriverConductorProxy",
	SystemNAKMessagesSent:                     "NAKs sent",
	SystemNAKMessagesReceived:                 "NAKs received",
	SystemStatusMessagesSent:                  "Status Messages sent",
	SystemStatusMessagesReceived:              "Status Messages received",
	SystemHeartbeatsSent:                      "Heartbeats sent",
	SystemHeartbeatsReceived:                  "Heartbeats received",
	SystemRetransmitsSent:                     "Retransmits sent",
	SystemFlowControlUnderRuns:                "Flow control under runs",
	SystemFlowControlOverRuns:                 "Flow control over runs",
	SystemInvalidPackets:                      "Invalid packets",
	SystemErrors:                              "Errors",
	SystemShortSends:                          "Short sends",
	SystemFreeFails:                           "Failed attempts to free log buffers",
	SystemSenderFlowControlLimits:             "Sender flow control limits, i.e. back-pressure events",
	SystemUnblockedPublications:               "Unblocked Publications",
	SystemUnblockedCommands:                   "Unblocked Control Commands",
	SystemPossibleTTLAsymmetry:                "Possible TTL Asymmetry",
	SystemControllableIdleStrategy:            "ControllableIdleStrategy status",
	SystemLossGapFills:                        "Loss gap fills",
	SystemClientTimeouts:                      "Client liveness timeouts",
	SystemResolutionChanges:                   "Resolution changes",
	SystemConductorMaxCycleTime:               "Conductor max cycle time doing its work in ns",
	SystemConductorCycleTimeThresholdExceeded: "Conductor work cycle exceeded threshold count",
	SystemSenderMaxCycleTime:                  "Sender max cycle time doing its work in ns",
	SystemSenderCycleTimeThresholdExceeded:    "Sender work cycle exceeded threshold count",
	SystemReceiverMaxCycleTime:                "Receiver max cycle time doing its work in ns",
	SystemReceiverCycleTimeThresholdExceeded:  "Receiver work cycle exceeded threshold count",
	SystemNameResolverMaxTime:                 "NameResolver max time in ns",
	SystemNameResolverTimeThresholdExceeded:   "NameResolver exceeded threshold count",
	SystemAeronVersion:                        "Aeron software",
	SystemBytesCurrentlyMapped:                "Bytes currently mapped",
	SystemRetransmittedBytes:                  "Retransmitted bytes",
	SystemRetransmitOverflow:                  "Retransmit Pool Overflow count",
	SystemErrorFramesReceived:                 "Error Frames received",
	SystemErrorFramesSent:                     "Error Frames sent",
	SystemPublicationsRevoked:                 "Publications Revoked",
	SystemPublicationImagesRevoked:            "Publication Images Revoked",
	SystemImagesRejected:                      "Images rejected",
	SystemControlProtocolVersion:              "Control protocol version",
	SystemStatusMessagesRejected:              "Status Messages rejected",
	SystemNativeResourceAgentProxyFails:       "Failed offers to NativeResourceAgentProxy",
}
