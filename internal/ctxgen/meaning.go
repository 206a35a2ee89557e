package main

import (
	"math"
	"time"
)

// meaning is what a header does not tell of a driver's setting: what it is for, and which values do. The order of meanings is the
// order of DriverConfig's fields.
type meaning struct {
	section  string // begins a section of the struct
	name     string // as C has it
	text     string // what the field is, after its name
	bytes    bool
	low      int64  // the least value, in Go's unit; no limits but the type's where both are 0
	high     int64  // the greatest
	step     int    // values are multiples of it
	power    bool   // values are powers of two
	oneOf    string // the names that a text may be, separated by spaces
	def      string // C's default, as DriverContext.Settings shows it; empty for none
	optional bool   // the zero value of the type is a value of its own, and not the default
	// Of a setting that is not plain, so that its setter and getter are written by hand: the type, and the function that says what
	// is wrong with a value.
	goType, check string
	field         string // its name in Go, where C's is none for what it is in Go
	env           string // its variable, where the headers do not put it with the setter
}

// The limits of durations. C adds them to its clock, so there is a greatest.
const (
	micro = int64(time.Microsecond)
	milli = int64(time.Millisecond)
	aYear = 365 * 24 * int64(time.Hour)
)

const strategies = "backoff noop sleep-ns sleeping spin yield"

var meanings = []meaning{
	{section: "Directory and life", name: "dir", text: "is the driver's directory, up to 4095 bytes", def: "<by user>"},
	{name: "dir_delete_on_start", field: "DeleteOnStart", goType: "bool", env: "AERON_DIR_DELETE_ON_START", text: "removes what a dead driver has left in the directory, its reports too; see [DriverContext.SetDeleteOnStart]", def: "false"},
	{name: "dir_delete_on_shutdown", field: "DeleteOnShutdown", goType: "bool", env: "AERON_DIR_DELETE_ON_SHUTDOWN", text: "removes the directory when the driver closes", def: "false"},
	{name: "dir_warn_if_exists", text: "prints a warning to standard error if the directory is there at the start", def: "false"},
	{name: "driver_timeout_ms", text: "is how long a silent driver counts as alive, in whole milliseconds", low: milli, high: aYear, def: "10s"},
	{name: "client_liveness_timeout_ns", text: "is how long a silent client counts as alive, and how long a client may be kept from its work before it gives up. Above TimerInterval", low: micro, high: aYear, def: "10s"},
	{name: "timer_interval_ns", text: "is how often the driver looks at timers and timeouts", low: micro, high: aYear, def: "1s"},
	{name: "print_configuration", text: "prints the configuration to standard output at the start", def: "false"},
	{name: "enable_experimental_features", text: "turns on what upstream calls experimental", def: "false"},
	{name: "resource_free_limit", text: "is how many resources the conductor frees in a duty cycle", low: 1, high: math.MaxInt32, def: "1"},

	{section: "Threads", name: "threading_mode", text: "is how many threads the driver runs", optional: true, low: 0, high: 3, def: "DEDICATED"},
	{name: "thread_naming", text: "is how the threads are called: [ThreadNamingClassic] or [ThreadNamingNew]", low: 0, high: 1, def: "0"},
	{name: "conductor_idle_strategy_init_args", text: "are the arguments of ConductorIdleStrategy", check: "idleArgs"},
	{name: "conductor_idle_strategy", text: "is what the conductor's thread does when it has nothing to do, unless the mode is Shared", oneOf: strategies, def: "backoff"},
	{name: "sender_idle_strategy_init_args", text: "are the arguments of SenderIdleStrategy", check: "idleArgs"},
	{name: "sender_idle_strategy", text: "is the same for the sender's thread in Dedicated mode", oneOf: strategies, def: "backoff"},
	{name: "receiver_idle_strategy_init_args", text: "are the arguments of ReceiverIdleStrategy", check: "idleArgs"},
	{name: "receiver_idle_strategy", text: "is the same for the receiver's thread in Dedicated mode", oneOf: strategies, def: "backoff"},
	{name: "sharednetwork_idle_strategy_init_args", text: "are the arguments of SharedNetworkIdleStrategy", check: "idleArgs"},
	{name: "sharednetwork_idle_strategy", text: "is the same for the thread of sender and receiver in SharedNetwork mode", oneOf: strategies, def: "backoff"},
	{name: "shared_idle_strategy_init_args", text: "are the arguments of SharedIdleStrategy", env: "AERON_SHARED_IDLE_STRATEGY_INIT_ARGS", check: "idleArgs"},
	{name: "shared_idle_strategy", text: "is the same for the one thread of Shared mode", oneOf: strategies, def: "backoff"},
	{name: "native_resource_agent_idle_strategy_init_args", text: "are the arguments of NativeResourceAgentIdleStrategy", check: "idleArgs", def: "1ms"},
	{name: "native_resource_agent_idle_strategy", text: "is the same for the thread that creates files and looks up names, which Shared mode has not", oneOf: strategies, def: "sleep-ns"},
	{name: "conductor_cpu_affinity", text: "is the CPU that the conductor's thread is bound to, also the one thread of Shared mode; -1 for none", optional: true, low: -1, high: 255, def: "-1"},
	{name: "sender_cpu_affinity", text: "is the same for the sender's thread, also the one that SharedNetwork mode has for sender and receiver", optional: true, low: -1, high: 255, def: "-1"},
	{name: "receiver_cpu_affinity", text: "is the same for the receiver's thread", optional: true, low: -1, high: 255, def: "-1"},
	{name: "native_resource_agent_cpu_affinity", text: "is the same for the thread that creates files and looks up names", optional: true, low: -1, high: 255, def: "-1"},
	{name: "thread_affinity_use_cpuset_offsets", text: "counts CPUs within the cpuset of the process, by the control group's own order, instead of the machine's", def: "false"},
	{name: "thread_affinity_fail_on_validation_errors", text: "makes C's warnings about CPUs, such as two threads on one, an error of the start", def: "false"},
	{name: "conductor_cycle_threshold_ns", env: "AERON_DRIVER_CONDUCTOR_CYCLE_THRESHOLD", text: "is how long a duty cycle of the conductor may take before it is counted as a stall", optional: true, low: 0, high: aYear, def: "100ms"},
	{name: "sender_cycle_threshold_ns", env: "AERON_DRIVER_SENDER_CYCLE_THRESHOLD", text: "is the same for the sender", optional: true, low: 0, high: aYear, def: "100ms"},
	{name: "receiver_cycle_threshold_ns", env: "AERON_DRIVER_RECEIVER_CYCLE_THRESHOLD", text: "is the same for the receiver", optional: true, low: 0, high: aYear, def: "100ms"},

	{section: "Files", name: "to_conductor_buffer_length", text: "is the length of the ring of clients' commands: a power of two plus 768", bytes: true, low: 1<<20 + 768, high: 1<<30 + 768, check: "powerPlus(768)", def: "1049344"},
	{name: "to_clients_buffer_length", text: "is the length of the driver's broadcast to clients: a power of two plus 128", bytes: true, low: 1<<20 + 128, high: 1<<30 + 128, check: "powerPlus(128)", def: "1048704"},
	{name: "counters_buffer_length", text: "is the length of the counters' values, 128 bytes each; four times as much is needed for their labels", bytes: true, low: 1 << 20, high: 500 << 20, power: true, def: "8388608"},
	{name: "error_buffer_length", text: "is the length of the log of distinct errors", bytes: true, low: 4 << 20, high: math.MaxInt32, step: 64, def: "4194304"},
	{name: "loss_report_buffer_length", text: "is the length of the loss report", bytes: true, low: 1024, high: math.MaxInt32, step: 64, def: "1048576"},
	{name: "file_page_size", text: "is what the lengths of files are rounded up to", bytes: true, low: 4 << 10, high: 1 << 30, power: true, def: "4096"},
	{name: "term_buffer_length", text: "is the length of one of the three terms of a network stream's log", bytes: true, low: 64 << 10, high: 1 << 30, power: true, def: "16777216"},
	{name: "ipc_term_buffer_length", text: "is the same for an IPC stream's log", bytes: true, low: 64 << 10, high: 1 << 30, power: true, def: "67108864"},
	{name: "term_buffer_sparse_file", text: "leaves log files to be filled on use: when the file system is full then, the process is killed by a SIGBUS that Go cannot catch", def: "true"},
	{name: "perform_storage_checks", text: "refuses a log file for which the file system has no room", def: "true"},
	{name: "low_file_store_warning_threshold", text: "is the room below which a warning goes to the error log", bytes: true, optional: true, low: 0, high: math.MaxInt64, def: "167772160"},
	{name: "counters_free_to_reuse_timeout_ns", text: "is how long a freed counter is not used again", optional: true, low: 0, high: aYear, def: "1s"},

	{section: "Publications", name: "mtu_length", text: "is the longest UDP payload, headers included", bytes: true, low: 64, high: 65504, step: 32, def: "1408"},
	{name: "ipc_mtu_length", text: "is the longest frame of an IPC stream, header included", bytes: true, low: 64, high: 65504, step: 32, def: "1408"},
	{name: "publication_term_window_length", text: "is how far a network publication may be ahead of its receivers; 0 for half a term", bytes: true, low: 0, high: 1 << 30, def: "0"},
	{name: "ipc_publication_term_window_length", text: "is the same for an IPC publication", bytes: true, low: 0, high: 1 << 30, def: "0"},
	{name: "publication_linger_timeout_ns", text: "is how long a publication's log outlives its close, so that receivers can ask for what they have missed", low: micro, high: aYear, def: "5s"},
	{name: "publication_connection_timeout_ns", text: "is how long a publication stays connected to receivers that are silent", low: micro, high: aYear, def: "5s"},
	{name: "publication_unblock_timeout_ns", text: "is after how long a claim that is never resolved becomes padding. Above ClientLivenessTimeout", low: micro, high: aYear, def: "15s"},
	{name: "publication_reserved_session_id_low", text: "begins the range of session ids that the driver does not give out", optional: true, def: "-1"},
	{name: "publication_reserved_session_id_high", text: "ends it", optional: true, def: "1000"},
	{name: "spies_simulate_connection", text: "makes a publication that has only spies connected", def: "false"},

	{section: "Images and subscriptions", name: "image_liveness_timeout_ns", text: "is how long an image outlives its silent source", low: micro, high: aYear, def: "10s"},
	{name: "stream_session_limit", text: "is how many sessions a stream may receive at a time: each costs a log file, at the sender's word", low: 1, high: math.MaxInt32, def: "2147483647"},
	{name: "reliable_stream", text: "asks for what was lost; otherwise gaps are filled with padding", def: "true"},
	{name: "rejoin_stream", text: "lets an image that has timed out be joined again", def: "true"},
	{name: "tether_subscriptions", text: "lets a slow subscriber hold up its stream; an untethered one is left behind", def: "true"},
	{name: "untethered_window_limit_timeout_ns", text: "is how long an untethered subscriber may be a window behind. Above TimerInterval", low: 1, high: aYear, def: "5s"},
	{name: "untethered_linger_timeout_ns", text: "is how long it then lingers. Above TimerInterval; C's default is UntetheredWindowLimitTimeout, shown as -1ns", low: 1, high: aYear, def: "-1ns"},
	{name: "untethered_resting_timeout_ns", text: "is how long it then rests before it joins again. Above TimerInterval", low: 1, high: aYear, def: "10s"},
	{name: "receiver_group_consideration", text: "says whether the receivers of a channel are a group: ForceTrue, ForceFalse, or Infer from its address", optional: true, low: 0, high: 2, def: "infer"},

	{section: "Sockets", name: "socket_so_rcvbuf", text: "is SO_RCVBUF; 0 for the system's. Not below RcvInitialWindowLength", bytes: true, optional: true, low: 0, high: math.MaxInt32, def: "131072"},
	{name: "socket_so_sndbuf", text: "is SO_SNDBUF; 0 for the system's. Not below MTULength", bytes: true, low: 0, high: math.MaxInt32, def: "0"},
	{name: "socket_multicast_ttl", text: "is IP_MULTICAST_TTL; 0 stays on this machine, or leaves it to the system for a channel without one", low: 0, high: 255, def: "0"},
	{name: "socket_tos", text: "is IP_TOS; -1 for the system's", optional: true, low: -1, high: 255, def: "-1"},
	{name: "connect_enabled", text: "connects the sockets of unicast publications", def: "true"},
	{name: "sender_wildcard_port_range", field: "SenderWildcardPorts", text: "is the range that an unspecified port of a publication's channel is taken from; the zero range leaves it to the system", goType: "PortRange", env: "AERON_SENDER_WILDCARD_PORT_RANGE"},
	{name: "receiver_wildcard_port_range", field: "ReceiverWildcardPorts", text: "is the same for a subscription's channel, whose endpoint ends with :0", goType: "PortRange", env: "AERON_RECEIVER_WILDCARD_PORT_RANGE"},
	{name: "udp_channel_transport_poller_iteration_threshold", text: "is up to how many sockets are polled one by one, before epoll", optional: true, low: 0, high: math.MaxInt32, def: "5"},
	{name: "udp_channel_transport_poller_socket_poll_limit", text: "is how often one socket is read before the next", low: 1, high: 16, def: "4"},
	{name: "receiver_io_vector_capacity", text: "is how many packets one system call receives", low: 1, high: 64, def: "4"},
	{name: "sender_io_vector_capacity", text: "is how many packets one system call sends", low: 1, high: 64, def: "4"},
	{name: "network_publication_max_messages_per_send", text: "is how many of them may be of one publication. Not above SenderIOVectorCapacity", low: 1, high: 64, def: "4"},
	{name: "send_to_status_poll_ratio", text: "is how often the sender sends for each look at status messages", low: 1, high: math.MaxInt32, def: "6"},
	{name: "receiver_poll_to_slow_work_ratio", text: "is how often the receiver reads for each round of its other work", low: 1, high: math.MaxInt32, def: "10"},

	{section: "Flow and congestion control", name: "rcv_initial_window_length", text: "is how much a receiver lets a sender send ahead. Not above SocketSORcvBuf", bytes: true, low: 256, high: math.MaxInt32, def: "131072"},
	{name: "rcv_status_message_timeout_ns", text: "is how often a receiver sends a status message at least", low: micro, high: aYear, def: "200ms"},
	{name: "unicast_flowcontrol_supplier", field: "UnicastFlowControl", text: "is how a unicast publication treats its receiver: max follows it", goType: "string", oneOf: "max", def: "max", env: "AERON_UNICAST_FLOWCONTROL_SUPPLIER"},
	{name: "multicast_flowcontrol_supplier", field: "MulticastFlowControl", text: "is how a multicast or multi-destination publication treats several receivers: max follows the fastest, min the slowest, tagged the slowest of those with FlowControlGroupTag. A channel's fc parameter goes before it", goType: "string", oneOf: "max min tagged", def: "max", env: "AERON_MULTICAST_FLOWCONTROL_SUPPLIER"},
	{name: "flow_control_group_tag", text: "is the tag of the receivers that tagged flow control follows", optional: true, def: "-1"},
	{name: "flow_control_group_min_size", text: "is how many receivers min and tagged flow control need before the publication is connected", low: 0, high: math.MaxInt32, def: "0"},
	{name: "flow_control_receiver_timeout_ns", text: "is how long a silent receiver is followed", optional: true, low: 0, high: aYear, def: "5s"},
	{name: "receiver_group_tag", text: "is the tag that receivers send with their status messages", goType: "Optional[int64]", env: "AERON_RECEIVER_GROUP_TAG"},
	{name: "congestioncontrol_supplier", field: "CongestionControl", text: "is how a receiver sizes its window: static keeps it, cubic adapts it to loss; default does what the channel's cc parameter says, and static without one", goType: "string", oneOf: "default static cubic", def: "default", env: "AERON_CONGESTIONCONTROL_SUPPLIER"},

	{section: "Loss", name: "nak_unicast_delay_ns", text: "is how long a unicast receiver waits before it asks for what it has missed", low: micro, high: int64(time.Hour), def: "1µs"},
	{name: "nak_unicast_retry_delay_ratio", text: "is by how much NAKUnicastDelay grows when it has to ask again", low: 1, high: 1_000_000, def: "100"},
	{name: "nak_multicast_group_size", text: "is how many receivers a multicast group is thought to have, for how long each of them waits", low: 1, high: math.MaxInt32, def: "10"},
	{name: "nak_multicast_max_backoff_ns", text: "is how long a multicast receiver waits at most", low: micro, high: aYear, def: "10ms"},
	{name: "max_resend", text: "is how many retransmissions a publication with a group of receivers has under way", low: 1, high: 256, def: "16"},
	{name: "retransmit_unicast_delay_ns", text: "is how long a sender waits before it sends again", low: 0, high: aYear, def: "0s"},
	{name: "retransmit_unicast_linger_ns", text: "is for how long it does not send the same again", low: micro, high: aYear, def: "10ms"},
	{name: "udp_channel_incoming_interceptors", field: "IncomingLoss", text: "drops packets that arrive, for tests: see [DriverContext.SetIncomingLoss]", goType: "string", check: "lossSpec", env: "AERON_UDP_CHANNEL_INCOMING_INTERCEPTORS"},
	{name: "send_channel_loss_supplier", field: "SendLoss", text: "drops what senders send and what comes back to them, for tests: see [DriverContext.SetSendLoss]", goType: "string", check: "debugLossSpec"},
	{name: "receive_channel_loss_supplier", field: "ReceiveLoss", text: "drops what receivers get and what they send back, for tests: see [DriverContext.SetReceiveLoss]", goType: "string", check: "debugLossSpec"},

	{section: "Names", name: "name_resolver_supplier", field: "NameResolver", text: "is who resolves names: default asks the system; driver asks other drivers first, and needs ResolverName and ResolverInterface; csv_table reads a table", goType: "string", oneOf: "default driver csv_table", def: "default", env: "AERON_NAME_RESOLVER_SUPPLIER"},
	{name: "name_resolver_init_args", text: "are its arguments; of csv_table the table itself"},
	{name: "resolver_name", text: "is this driver's name for other drivers"},
	{name: "resolver_interface", text: "is the host:port where it talks with them. Needs ResolverName, and NameResolver driver"},
	{name: "resolver_bootstrap_neighbor", text: "are the host:port of drivers to begin with, separated by commas"},
	{name: "resolver_neighbor_timeout_ns", text: "is how long a silent driver is remembered", low: milli, high: aYear, def: "10s"},
	{name: "self_resolution_interval_ns", text: "is how often it tells others its own name", low: milli, high: aYear, def: "1s", env: "AERON_DRIVER_RESOLVER_SELF_RESOLUTION_INTERVAL"},
	{name: "resolver_neighbor_resolution_interval_ns", text: "is how often it tells them of all that it knows", low: milli, high: aYear, def: "2s"},
	{name: "resolver_bootstrap_neighbor_resolution_interval_ns", text: "is how often ResolverBootstrapNeighbor is looked up again", low: milli, high: aYear, def: "10s"},
	{name: "re_resolution_check_interval_ns", text: "is how often it looks whether a name in use has to be resolved again", optional: true, low: 0, high: aYear, def: "1s"},
	{name: "name_resolver_threshold_ns", env: "AERON_DRIVER_NAME_RESOLVER_THRESHOLD", text: "is how long a look-up may take before it is counted", optional: true, low: 0, high: aYear, def: "5s"},
}
