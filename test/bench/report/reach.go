package report

// Reach is a ratio that is to be reached.
type Reach struct {
	Name   string
	What   string
	Bound  float64
	AtMost bool // less is better
	// From and To are the cases of a ratio of growths, of Contestants: without what it grows from, a growth tells little.
	From, To    string
	Contestants [2]string
}

// Reaches are all of them, in the order of the table.
var Reaches = []Reach{
	{Name: "ipc32_batch_vs_c", What: "IPC 32 B: Batch and Poll / C's offer and poll loop", Bound: 1.3},
	{Name: "ipc32_offer_vs_c", What: "IPC 32 B: exclusive Offer and Poll / C", Bound: 1},
	{Name: "ipc32_conc4_vs_c", What: "IPC 32 B: concurrent Offer, 4 publishers / C", Bound: 0.9},
	{Name: "ipc1344_offer_vs_c", What: "IPC 1,344 B: exclusive Offer and Poll / C", Bound: 1},
	{Name: "ipc16k_offer_vs_c", What: "IPC 16 KiB: exclusive Offer and Poll / C", Bound: 1},
	{Name: "udp32_vs_c", What: "UDP 32 B: exclusive Offer and Poll / C", Bound: 1},
	{Name: "udp1344_vs_c", What: "UDP 1,344 B: exclusive Offer and Poll / C", Bound: 1},
	{Name: "udp32_guard_vs_none", What: "UDP 32 B: with the frame guard / without", Bound: 0.97},
	{Name: "udp1344_guard_vs_none", What: "UDP 1,344 B: with the frame guard / without", Bound: 0.97},
	{Name: "ipc32_offer_vs_aerongo", What: "IPC 32 B: exclusive Offer and Poll / aeron-go", Bound: 8},
	{Name: "ipc32_batch_vs_aerongo", What: "IPC 32 B: Batch and Poll / aeron-go", Bound: 12},
	{Name: "ipc32_offer_vs_java", What: "IPC 32 B: exclusive Offer and Poll / Java", Bound: 2},
	{Name: "rtt_ipc_p50_vs_c", What: "IPC round trip, median: ours / C", Bound: 1.1, AtMost: true},
	{Name: "rtt_ipc_p99_vs_c", What: "IPC round trip, 99th percentile: ours / C", Bound: 1.25, AtMost: true},
	{Name: "rtt_udp_p50_vs_c", What: "UDP round trip, median: ours / C", Bound: 1.1, AtMost: true},
	{Name: "rtt_udp_p99_vs_c", What: "UDP round trip, 99th percentile: ours / C", Bound: 1.25, AtMost: true},
	{Name: "allocs_per_message", What: "Allocations per message, the worst of all paths", AtMost: true},
	{Name: "first_message_vs_c", What: "Time from Open to the first message, driver start included: ours / C", Bound: 1.2, AtMost: true},
	{Name: "streams1000_vs_c", What: "Growth of time per message from 1 to 1,000 streams: ours / C's", Bound: 1.1, AtMost: true,
		From: "poll-1-streams", To: "poll-1000-streams", Contestants: [2]string{"aeron", "c"}},
}

// Reached reports whether a value is good enough.
func (r Reach) Reached(value float64) bool {
	if r.AtMost {
		return value <= r.Bound
	}
	return value >= r.Bound
}
