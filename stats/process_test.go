package stats

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEliminate(t *testing.T) {
	for name, c := range map[string]struct {
		found map[int64][]int
		slots map[int]int
		want  map[int64][]int
	}{
		"nothing": {map[int64][]int{}, nil, map[int64][]int{}},
		"certain": {map[int64][]int{1: {10}}, map[int]int{10: 1}, map[int64][]int{1: {10}}},
		"one is taken": {
			map[int64][]int{1: {10}, 2: {10, 20}}, map[int]int{10: 1, 20: 1}, map[int64][]int{1: {10}, 2: {20}},
		},
		"one has room for both": {
			map[int64][]int{1: {10}, 2: {10, 20}}, map[int]int{10: 2, 20: 1}, map[int64][]int{1: {10}, 2: {10, 20}},
		},
		"a chain": {
			map[int64][]int{1: {10}, 2: {10, 20}, 3: {10, 20, 30}}, map[int]int{10: 1, 20: 1, 30: 1}, map[int64][]int{1: {10}, 2: {20}, 3: {30}},
		},
		"nobody knows": {
			map[int64][]int{1: {10, 20}, 2: {10, 20}}, map[int]int{10: 1, 20: 1}, map[int64][]int{1: {10, 20}, 2: {10, 20}},
		},
		"a contradiction is no answer": {
			map[int64][]int{1: {10}, 2: {20}, 3: {10, 20}}, map[int]int{10: 1, 20: 1}, map[int64][]int{1: {10}, 2: {20}, 3: {10, 20}},
		},
	} {
		eliminate(c.found, c.slots)
		require.Equal(t, c.want, c.found, name)
	}
}

// A file may say that there are a million clients: what each of them is cannot cost a look at all of them.
func TestEliminate_ofManyClients(t *testing.T) {
	const many = 1 << 17
	found, slots := map[int64][]int{0: {10}}, map[int]int{10: 1, 20: many}
	for id := range int64(many) {
		found[1+id] = []int{10, 20}
	}
	eliminate(found, slots)
	for id := range int64(many) {
		require.Equal(t, []int{20}, found[1+id])
	}
}

func TestClientProcesses_ofManyClientsAreNotLookedFor(t *testing.T) {
	now := time.Now()
	seen := []sighting{{10, map[string]int{cncName: 2 * maxPlaced}}}
	var clients []Client
	for id := range int64(maxPlaced) {
		clients = append(clients, Client{ID: id, Heartbeat: now})
	}
	require.Len(t, clientProcesses(seen, clients, nil, nil, now), maxPlaced)
	clients = append(clients, Client{ID: maxPlaced, Heartbeat: now})
	require.Equal(t, map[int64][]int{2: {7}}, clientProcesses(seen, clients, nil, map[int64]int{2: 7}, now))
}

func TestCandidates(t *testing.T) {
	seen := []sighting{
		{10, map[string]int{cncName: 1, "a": 1, "b": 1}},
		{20, map[string]int{cncName: 1, "a": 1}},
		{30, map[string]int{cncName: 0, "a": 0, "b": 0}}, // a driver without a client
	}
	require.Equal(t, []int{10, 20}, candidates(seen, nil))
	require.Equal(t, []int{10, 20}, candidates(seen, []string{"a"}))
	require.Equal(t, []int{10}, candidates(seen, []string{"a", "b"}))
	require.Equal(t, []int{10, 20}, candidates(seen, []string{"a", "gone"}))
}

func TestClientProcesses_whereNoneCanBeSeen(t *testing.T) {
	now := time.Now()
	clients := []Client{{ID: 1, Heartbeat: now}, {ID: 2, Heartbeat: now}}
	require.Equal(t, map[int64][]int{2: {7}}, clientProcesses(nil, clients, nil, map[int64]int{2: 7}, now))
}

func TestCalledSo(t *testing.T) {
	pid := os.Getpid()
	number := strconv.Itoa(pid)
	for _, name := range []string{"aerongo-" + number, number, number + " of many", "x" + number + "y"} {
		require.True(t, calledSo(pid, name), name)
	}
	for _, name := range []string{"1" + number, number + "0", "", "orders"} {
		require.False(t, calledSo(pid, name), name)
	}
}

func TestParameters(t *testing.T) {
	for channel, want := range map[string]string{
		"": "", "aeron:ipc": "", "aeron:ipc?tether=false": "false", "aeron:udp?endpoint=a:1|tether=true|fc=x": "true",
		"aeron:udp?xtether=false": "", "aeron:udp?endpoint=a:1|tether": "", "aeron-spy:aeron:udp?endpoint=a:1|tether=false": "false",
	} {
		require.Equal(t, want, parameter(channel, "tether"), channel)
	}
	for fc, want := range map[string]int64{"": 0, "max": 0, "min,g:/3": 3, "tagged,g:7/2,t:5s": 2, "min,g:7": 0, "min,g:/x": 0, "min,t:5s": 0} {
		require.Equal(t, want, groupSize(fc), fc)
	}
}

func TestExplanation_asASentence(t *testing.T) {
	slow := StreamSubscriber{RegistrationID: 12, ClientID: 3, Client: "risk-engine", PIDs: []int{4711}, Lag: 3<<20 + 100<<10, LagMessages: 812, Counts: true}
	unknown := StreamSubscriber{RegistrationID: 13, ClientID: 4, Lag: 32, LagMessages: 1, Counts: true}
	several := StreamSubscriber{RegistrationID: 14, Client: "x", PIDs: []int{1, 2, 3}, Spy: true, Untethered: true, LagMessages: -1}
	for want, e := range map[string]Explanation{
		"limited by subscriber 12 (client risk-engine, pid 4711): 3.1 MiB behind (812 messages)": {
			State: StreamBackPressured, Limiter: LimitedBySubscriber, Slowest: &slow,
		},
		"limited by subscriber 13 (client 4, pid unknown): 32 B behind (1 message)": {
			State: StreamBackPressured, Limiter: LimitedBySubscriber, Slowest: &unknown,
		},
		"limited by untethered spy 14 (client x, pid 1, 2 or 3): 0 B behind": {
			State: StreamBackPressured, Limiter: LimitedBySubscriber, Slowest: &several,
		},
		"ready, 1.0 KiB of window left":              {State: StreamReady, Limit: 1024},
		"ready, 0 B of window left; 64 B to be sent": {State: StreamReady, Unsent: 64},
		"not ready: no subscriber":                   {State: StreamNoSubscriber},
		"not ready: no subscriber that counts; untethered spy 14 (client x, pid 1, 2 or 3) has been left behind and may rejoin": {
			State: StreamNoSubscriber, Subscribers: []StreamSubscriber{several},
		},
		"connected, and the driver has not opened the window yet": {State: StreamBackPressured},
		"limited by the receivers' window, with flow control min: 2.0 KiB published and not sent; the receiver's own driver knows who is behind": {
			State: StreamBackPressured, Limiter: LimitedByReceiverWindow, FlowControl: "min", Unsent: 2048,
		},
		"limited by loss: the receiver waits for what is missing of 100 B": {State: StreamBackPressured, Limiter: LimitedByLoss, Missing: 100},
		"limited by this driver's sender: 100 B to be sent":                {State: StreamBackPressured, Limiter: LimitedBySender, Unsent: 100},
		"not ready: waiting for status messages, as no receiver answers": { // of those that are here, nobody is to blame
			State: StreamAwaitingStatus, Subscribers: []StreamSubscriber{slow, unknown},
		},
		"not ready: waiting for status messages, as no receiver answers; untethered spy 14 (client x, pid 1, 2 or 3) has been left behind and may rejoin": {
			State: StreamAwaitingStatus, Subscribers: []StreamSubscriber{slow, several},
		},
		"not ready: flow control tagged,g:7/1 waits for 1 receivers, and counts 0": {
			State: StreamAwaitingReceivers, FlowControl: "tagged,g:7/1", RequiredReceivers: 1, Subscribers: []StreamSubscriber{slow},
		},
		"closed": {State: StreamClosed},
		"unknown: file does not exist; 5 B lost in 2 gaps; receivers asked 3 times for retransmission": {
			State: StreamUnknown, Err: os.ErrNotExist, BytesLost: 5, LossObservations: 2, NAKsReceived: 3,
		},
		"not ready: the driver could not open the channel; its errors say why": {State: StreamChannelError},
	} {
		require.Equal(t, want, e.String())
	}
}
