package stats

import "strconv"

// The types of the driver's counters, as in aeron_counters.h (AERON_COUNTER_…_TYPE_ID). Positions
// are in bytes since a stream's begin. Archive, cluster and others have types of their own, which
// [TypeName] knows too.
const (
	TypeSystem                    int32 = 0  // one of the driver's own counters; the key has its id
	TypePublisherLimit            int32 = 1  // how far publishers may go
	TypeSenderPosition            int32 = 2  // how far the sender has sent
	TypeReceiverHWM               int32 = 3  // the end of what has arrived, gaps or not
	TypeSubscriberPosition        int32 = 4  // how far a subscriber has read an image
	TypeReceiverPosition          int32 = 5  // the end of what has arrived without a gap
	TypeSendChannelStatus         int32 = 6  // the status of a channel that is sent to
	TypeReceiveChannelStatus      int32 = 7  // the status of a channel that is received from
	TypeSenderLimit               int32 = 9  // how far receivers let the sender go
	TypePerImage                  int32 = 10 // something about an image, which the label names
	TypeClientHeartbeat           int32 = 11 // when a client last lived, in milliseconds since 1970
	TypePublisherPosition         int32 = 12 // how far publishers have gone, as the driver last saw
	TypeSenderBackPressure        int32 = 13 // how often receivers stopped the sender
	TypeLocalAddress              int32 = 14 // the status of a bound socket; the key has its address
	TypeResolverNeighbors         int32 = 15 // neighbours known to the name resolver
	TypeResolverCacheEntries      int32 = 16 // names known to the name resolver
	TypeFlowControlReceivers      int32 = 17 // receivers that flow control counts
	TypeDestinations              int32 = 18 // destinations of a multi-destination channel
	TypeSenderNAKsReceived        int32 = 19 // requests for retransmission that a sender got
	TypeReceiverNAKsSent          int32 = 20 // requests for retransmission that a receiver sent
	TypeResolverBootstrapNeighbor int32 = 21 // a neighbour that the name resolver starts from

	// TypeRejectedFrames is this module's own, above the ids that Aeron keeps for itself: datagrams that the frame guard of its
	// drivers has dropped, because no peer would send them and the driver or a subscriber would come to harm.
	TypeRejectedFrames int32 = 7101
)

// TypeName returns the short name of a type of counter. For the driver's types it is, where there is
// one, that which begins the labels of C's counters, like "pub-lmt" or "sub-pos"; for others the
// name of Aeron's constant, like "archive-recording-position". For a type that Aeron 1.54 does not
// have, such as an application's, it is "type-" and the number.
func TypeName(typeID int32) string {
	if name, ok := typeNames[typeID]; ok {
		return name
	}
	return "type-" + strconv.Itoa(int(typeID))
}

// Names by type id: aeron_counters.h, and AeronCounters.java for the few that only Java has.
var typeNames = map[int32]string{
	TypeSystem:                    "system",
	TypePublisherLimit:            "pub-lmt",
	TypeSenderPosition:            "snd-pos",
	TypeReceiverHWM:               "rcv-hwm",
	TypeSubscriberPosition:        "sub-pos",
	TypeReceiverPosition:          "rcv-pos",
	TypeSendChannelStatus:         "snd-channel",
	TypeReceiveChannelStatus:      "rcv-channel",
	TypeSenderLimit:               "snd-lmt",
	TypePerImage:                  "per-image",
	TypeClientHeartbeat:           "client-heartbeat",
	TypePublisherPosition:         "pub-pos",
	TypeSenderBackPressure:        "snd-bpe",
	TypeLocalAddress:              "local-sockaddr",
	TypeResolverNeighbors:         "name-resolver-neighbors",
	TypeResolverCacheEntries:      "name-resolver-cache-entries",
	TypeFlowControlReceivers:      "fc-receivers",
	TypeDestinations:              "mdc-num-dest",
	TypeSenderNAKsReceived:        "snd-naks-received",
	TypeReceiverNAKsSent:          "rcv-naks-sent",
	TypeResolverBootstrapNeighbor: "name-resolver-bootstrap-neighbor",
	TypeRejectedFrames:            "rejected-frames",

	50: "ef-vi-port-info",
	51: "ef-vi-transport",
	52: "ef-vi-tx-nobufs",
	53: "ef-vi-tx-eagain",
	54: "ef-vi-tx-error",
	55: "ef-vi-rx-discard",
	56: "ef-vi-rx-invalid",
	57: "ef-vi-rx-pkts",
	58: "ef-vi-rx-bytes",
	59: "ef-vi-tx-pkts",
	60: "ef-vi-tx-bytes",
	61: "vma-transports",
	62: "vma-rx-zero-copy-bytes",
	63: "vma-rx-data-copy-bytes",
	65: "ats-transports",
	66: "ats-discards-non-ats",
	67: "ats-bytes-encrypted",
	68: "ats-bytes-decrypted",
	69: "ats-aead-errors",
	70: "ats-rsa-key-unknown",
	71: "ats-ec-key-sig-errors",
	72: "ats-unicast-re-keyings",
	73: "ats-unicast-re-keying-rsa-key-mismatch",
	74: "ats-dropped-sm",
	75: "dpdk-port-info",
	76: "dpdk-transport",
	77: "dpdk-nobufs",
	78: "dpdk-tx-eagain",
	79: "dpdk-error",
	82: "dpdk-pkts",
	83: "dpdk-bytes",
	84: "dpdk-missed-packets",
	85: "dpdk-arp-miss",
	86: "dpdk-rx-sender-discard",
	87: "dpdk-poller",
	88: "dpdk-queue-drop-count",
	89: "dpdk-checksum-failure",
	90: "dpdk-fragmented-packets",
	91: "dpdk-mempool-available",
	92: "dpdk-extended-stats",
	93: "dpdk-rx-unsupported-ethernet-type",
	94: "dpdk-rx-unsupported-protocol",
	95: "dpdk-rx-receiver-discard",

	100: "archive-recording-position",
	101: "archive-error-count",
	102: "archive-control-sessions",
	103: "archive-max-cycle-time",
	104: "archive-cycle-time-threshold-exceeded",
	105: "archive-recorder-max-write-time",
	106: "archive-recorder-total-write-bytes",
	107: "archive-recorder-total-write-time",
	108: "archive-replayer-max-read-time",
	109: "archive-replayer-total-read-bytes",
	110: "archive-replayer-total-read-time",
	111: "archive-recording-session-count",
	112: "archive-replay-session-count",
	113: "archive-control-session",
	114: "archive-persistent-subscription-state",
	115: "archive-persistent-subscription-join-difference",
	116: "archive-persistent-subscription-live-left-count",
	117: "archive-persistent-subscription-live-joined-count",

	200: "cluster-consensus-module-state",
	201: "cluster-node-role",
	202: "cluster-control-toggle",
	203: "cluster-commit-position",
	204: "cluster-recovery-state",
	205: "cluster-snapshot",
	207: "cluster-election-state",
	208: "cluster-backup-state",
	209: "cluster-backup-live-log-position",
	210: "cluster-backup-query-deadline",
	211: "cluster-backup-error-count",
	212: "cluster-consensus-module-error-count",
	213: "cluster-client-timeout-count",
	214: "cluster-invalid-request-count",
	215: "cluster-clustered-service-error-count",
	216: "cluster-max-cycle-time",
	217: "cluster-cycle-time-threshold-exceeded",
	218: "cluster-clustered-service-max-cycle-time",
	219: "cluster-clustered-service-cycle-time-threshold-exceeded",
	220: "cluster-standby-state",
	221: "cluster-standby-error-count",
	222: "cluster-standby-heartbeat-response-count",
	223: "cluster-standby-control-toggle",
	224: "cluster-transition-module-state",
	226: "cluster-transition-module-error-count",
	227: "cluster-standby-max-cycle-time",
	228: "cluster-standby-cycle-time-threshold-exceeded",
	229: "cluster-transition-module-max-cycle-time",
	230: "cluster-transition-module-cycle-time-threshold-exceeded",
	231: "cluster-standby-source-member-id",
	232: "cluster-standby-snapshot",
	233: "node-control-toggle",
	234: "cluster-total-max-snapshot-duration",
	235: "cluster-total-snapshot-duration-threshold-exceeded",
	236: "clustered-service-max-snapshot-duration",
	237: "clustered-service-snapshot-duration-threshold-exceeded",
	238: "cluster-election-count",
	239: "cluster-leadership-term-id",
	240: "cluster-backup-snapshot-retrieve-count",
	241: "cluster-session",

	300: "selector-clients",
	301: "selector-subscriptions",
	302: "selector-max-cycle-time",
	303: "selector-cycle-time-threshold-exceeded",

	500: "sequencer-index",
	501: "sequencer-group-hwm",
	502: "sequencer-session-greatest-message-id",
	503: "sequencer-session-messages",
	504: "sequencer-session-greatest-message-timestamp",
	505: "sequencer-client-snapshot-id",
	507: "sequencer-application-sequence-index",
	508: "sequencer-application-state",
	509: "sequencer-application-error-count",
	510: "sequencer-application-max-service-time",
	511: "sequencer-application-service-time-threshold-exceeded-count",
	512: "sequencer-application-interval-service-time",
	513: "sequencer-application-interval-max-service-time",
	514: "sequencer-application-interval-total-invocations",
	515: "sequencer-application-snapshot-load-time",
	516: "sequencer-application-snapshot-store-time",
	517: "sequencer-application-take-snapshot-failures",
	518: "sequencer-application-take-snapshot-count",
	519: "sequencer-application-session-id",
	520: "sequencer-replay-index-min-sequence-index",
	521: "sequencer-replay-index-min-sequence-log-position",
	522: "sequencer-replay-index-max-sequence-index",
	523: "sequencer-replay-index-max-sequence-log-position",
	524: "sequencer-replay-index-initial-sequence-index",
	525: "sequencer-replay-index-initial-sequence-log-position",
	526: "sequencer-application-greatest-committed-message-id",
	531: "sequencer-replay-service-session-count",
	535: "sequencer-replay-service-indexed-term-count",
	536: "sequencer-replay-service-total-term-count",
	537: "sequencer-replay-service-replay-job",
	538: "sequencer-snapshot-service-active-store-operations",
	539: "sequencer-snapshot-service-active-load-operations",
	540: "sequencer-snapshot-service-replicating-count",
	541: "sequencer-application-last-read-timestamp",
	542: "sequencer-replay-client-log-replay-sequence-index",
	543: "sequencer-replay-service-state",
	544: "sequencer-snapshot-service-state",
	545: "sequencer-replay-service-max-cycle-time",
	546: "sequencer-replay-service-cycle-time-threshold-exceeded",
	547: "sequencer-snapshot-service-max-cycle-time",
	548: "sequencer-snapshot-service-cycle-time-threshold-exceeded",
	549: "sequencer-snapshot-service-active-sessions",

	550: "sequencer-snapshot-service-active-admin-operations",
	551: "sequencer-snapshot-service-queued-operations",
	552: "sequencer-snapshot-service-store-error-count",
	553: "sequencer-snapshot-service-load-error-count",
	554: "sequencer-snapshot-service-list-error-count",
	555: "sequencer-snapshot-service-admin-error-count",
	556: "sequencer-snapshot-service-storage-module-error-count",
	557: "sequencer-application-snapshot-last-stored-sequence-index",
	558: "sequencer-application-snapshot-last-loaded-sequence-index",
	559: "sequencer-application-snapshot-activity-state",
	560: "sequencer-application-snapshot-load-error-count",
	561: "sequencer-snapshot-service-total-store-operations",
	562: "sequencer-snapshot-service-total-load-operations",
	563: "sequencer-snapshot-service-total-list-operations",
	564: "sequencer-snapshot-service-total-find-latest-operations",
	565: "sequencer-snapshot-service-total-admin-operations",
	566: "sequencer-snapshot-service-active-list-operations",
	567: "sequencer-snapshot-service-active-find-latest-operations",
	568: "sequencer-snapshot-service-active-describe-operations",
	569: "sequencer-snapshot-service-total-describe-operations",
	570: "sequencer-snapshot-service-describe-error-count",
}
