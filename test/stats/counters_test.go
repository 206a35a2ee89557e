package stats_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

// Ids, keys, owners and values are those that C's client has for the same objects.
func TestCounters_areThoseOfTheClientsObjects(t *testing.T) {
	driver := testdriver.Start(t)
	client := driver.Connect()
	channel := testdriver.UDP(t)
	p, s := stream(t, client, channel, 77)
	offer(t, p, 3, 100)
	image, constants := s.Images()[0], p.Constants()
	snap := open(t, driver.Dir())
	position, err := p.Position()
	require.NoError(t, err)
	await(t, snap, "the receiver to have all", func() bool {
		c, ok := snap.Find(stats.TypeReceiverPosition, image.Constants().CorrelationID)
		return ok && c.Value == position
	})

	key := func(registration int64) stats.StreamKey {
		return stats.StreamKey{RegistrationID: registration, SessionID: constants.SessionID, StreamID: 77, Channel: channel}
	}
	for typeID, registration := range map[int32]int64{
		stats.TypePublisherLimit:     constants.RegistrationID,
		stats.TypePublisherPosition:  constants.RegistrationID,
		stats.TypeSenderPosition:     constants.RegistrationID,
		stats.TypeSenderLimit:        constants.RegistrationID,
		stats.TypeSenderBackPressure: constants.RegistrationID,
		stats.TypeSenderNAKsReceived: constants.RegistrationID,
		stats.TypeReceiverHWM:        image.Constants().CorrelationID,
		stats.TypeReceiverPosition:   image.Constants().CorrelationID,
		stats.TypeReceiverNAKsSent:   image.Constants().CorrelationID,
		stats.TypeSubscriberPosition: s.RegistrationID(),
	} {
		c := counterOf(t, snap, typeID, registration)
		got, ok := c.Stream()
		require.True(t, ok)
		require.Equal(t, key(registration), got, c.TypeName())
		require.Contains(t, c.Label, fmt.Sprintf(": %d %d 77 %s", registration, constants.SessionID, channel))
		require.True(t, strings.HasPrefix(c.Label, c.TypeName()), "%q is a %s", c.Label, c.TypeName())
		require.Equal(t, stats.NotFreeForReuse, c.FreeForReuseDeadline)
	}
	limit, err := p.PositionLimit()
	require.NoError(t, err)
	c := counterOf(t, snap, stats.TypePublisherLimit, constants.RegistrationID)
	require.Equal(t, constants.PublicationLimitCounter, c.ID)
	require.Equal(t, limit, c.Value)
	require.Equal(t, client.ID(), c.OwnerID)
	c = counterOf(t, snap, stats.TypeSubscriberPosition, s.RegistrationID())
	require.Equal(t, image.Constants().SubscriberPositionID, c.ID)
	require.Equal(t, client.ID(), c.OwnerID)
	require.Zero(t, c.Value, "nothing has been polled")
	require.Equal(t, position, counterOf(t, snap, stats.TypeSenderPosition, constants.RegistrationID).Value)
	require.Equal(t, position, counterOf(t, snap, stats.TypeReceiverHWM, image.Constants().CorrelationID).Value)

	for id, typeID := range map[int32]int32{
		constants.ChannelStatusIndicatorID: stats.TypeSendChannelStatus,
		s.ChannelStatusIndicatorID():       stats.TypeReceiveChannelStatus,
	} {
		c, ok := snap.Counter(id)
		require.True(t, ok)
		require.Equal(t, typeID, c.TypeID)
		require.EqualValues(t, aeronc.ChannelActive, c.Value)
		got, ok := c.Channel()
		require.True(t, ok)
		require.Equal(t, channel, got)
		found := false
		for c := range snap.Counters() {
			if address, of, ok := c.LocalAddress(); ok && of == id {
				require.True(t, strings.HasPrefix(address, "127.0.0.1:") || strings.HasPrefix(address, "0.0.0.0:"), address)
				found = true
			}
		}
		require.True(t, found, "the address of %s", c.Label)
	}

	total := 0
	for total < 3 {
		n, err := s.Poll(func(aeronc.Fragment) {}, 10)
		require.NoError(t, err)
		total += n
	}
	require.NoError(t, snap.Refresh())
	require.Equal(t, image.Position(), counterOf(t, snap, stats.TypeSubscriberPosition, s.RegistrationID()).Value)
}

func TestCounters_ofTheDriverItself(t *testing.T) {
	driver := testdriver.Start(t)
	snap := open(t, driver.Dir())
	next := int32(0)
	for c := range snap.Counters() {
		id, ok := c.SystemID()
		if !ok {
			continue
		}
		require.Equal(t, next, id)
		require.Equal(t, next, c.ID)
		require.True(t, strings.HasPrefix(c.Label, stats.SystemCounterName(id)), "%q is not %q", c.Label, stats.SystemCounterName(id))
		next++
	}
	require.Equal(t, stats.SystemNativeResourceAgentProxyFails+1, next)
	mapped, ok := snap.System(stats.SystemBytesCurrentlyMapped)
	require.True(t, ok)
	require.Positive(t, mapped)
}

// The numbers are those of the C headers that the native library was built from.
func TestTypesAndSystemCounters_areThoseOfTheHeader(t *testing.T) {
	_, file, _, ok := runtime.Caller(0)
	require.True(t, ok)
	path := filepath.Join(filepath.Dir(file), "..", "..", "vendor-c", "prefix", "include", "aeron", "aeron_counters.h")
	header, err := os.ReadFile(path)
	require.NoError(t, err, "the headers come with: go run ./cmd/aeron-native install")

	special := map[string]string{ // names that C's labels do not have as the constants have them
		"0": "system", "10": "per-image", "14": "local-sockaddr", "15": "name-resolver-neighbors", "16": "name-resolver-cache-entries",
		"17": "fc-receivers", "21": "name-resolver-bootstrap-neighbor",
	}
	labels := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^#define AERON_COUNTER_(\w+)_NAME(?:_\w+)? "([^ "]+)`).FindAllStringSubmatch(string(header), -1) {
		labels[m[1]] = m[2]
	}
	types := regexp.MustCompile(`(?m)^#define AERON_COUNTER_(\w+)_TYPE_ID\s+\((\d+)\)`).FindAllStringSubmatch(string(header), -1)
	require.Greater(t, len(types), 180)
	for _, m := range types {
		id, err := strconv.ParseInt(m[2], 10, 32)
		require.NoError(t, err)
		want := strings.TrimSuffix(strings.ToLower(strings.ReplaceAll(m[1], "_", "-")), "-counter")
		if name := special[m[2]]; name != "" {
			want = name
		} else if id < 50 {
			want = labels[m[1]]
			if m[1] == "CHANNEL_NUM_DESTINATIONS" {
				want = labels["CHANNEL_MDC_NUM_DESTINATIONS"]
			} else if m[1] == "SUBSCRIPTION_POSITION" {
				want = "sub-pos"
			}
		}
		require.Equal(t, want, stats.TypeName(int32(id)), m[0])
	}
	system := regexp.MustCompile(`(?m)^#define AERON_SYSTEM_COUNTER_ID_(\w+) \((\d+)\)`).FindAllStringSubmatch(string(header), -1)
	require.Len(t, system, int(stats.SystemNativeResourceAgentProxyFails)+1)
	for _, m := range system {
		id, err := strconv.ParseInt(m[2], 10, 32)
		require.NoError(t, err)
		require.NotContains(t, stats.SystemCounterName(int32(id)), "system-", m[0])
	}
}

func TestClients_areThoseThatAreConnected(t *testing.T) {
	driver := testdriver.Start(t)
	client := driver.Connect(func(c *aeronc.Context) { require.NoError(t, c.SetClientName("risk engine version=0")) })
	other := driver.Connect()
	for _, c := range []*aeronc.Client{client, other} { // the driver learns of a client by its first command
		_, err := c.AddSubscription(testdriver.Context(t), "aeron:ipc", 1)
		require.NoError(t, err)
	}
	snap := open(t, driver.Dir())
	var mine stats.Client
	await(t, snap, "the client's name", func() bool {
		for c := range snap.Clients() {
			if c.ID == client.ID() && c.Name != "" {
				mine = c
			}
		}
		return mine.ID != 0
	})
	require.Equal(t, "risk engine version=0", mine.Name)
	require.Equal(t, aeronc.Version(), mine.Version)
	require.WithinDuration(t, time.Now(), mine.Heartbeat, testdriver.Patience)
	c, ok := snap.Find(stats.TypeClientHeartbeat, client.ID())
	require.True(t, ok)
	require.Equal(t, mine.CounterID, c.ID)
	require.Equal(t, mine.Heartbeat, time.UnixMilli(c.Value).UTC())

	await(t, snap, "a later heartbeat", func() bool {
		c, ok := snap.Find(stats.TypeClientHeartbeat, client.ID())
		return ok && c.Value > mine.Heartbeat.UnixMilli()
	})
	require.NoError(t, other.Close())
	await(t, snap, "the other client to go", func() bool {
		_, ok := snap.Find(stats.TypeClientHeartbeat, other.ID())
		return !ok
	})
}

// A counter's value, label and key belong together while counters come and go and their records are taken again at once.
func TestCounters_areConsistentWhileTheyChange(t *testing.T) {
	driver := testdriver.Start(t, func(c *aeronc.DriverContext) {
		require.NoError(t, c.SetCountersFreeToReuseTimeout(0))
		require.NoError(t, c.SetPublicationLingerTimeout(time.Millisecond))
	})
	client := driver.Connect()
	snap := open(t, driver.Dir())
	stop := make(chan struct{})
	var all sync.WaitGroup
	for worker := range 2 {
		all.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				p, err := client.AddExclusivePublication(t.Context(), "aeron:ipc", int32(worker*1000+i%1000))
				if err == nil {
					err = p.Close()
				}
				if err != nil {
					t.Errorf("add and close: %v", err)
					return
				}
			}
		})
	}
	type identity struct {
		id           int32
		registration int64
	}
	seen := map[identity]bool{}
	reused := map[int32]int64{}
	again := false
	testdriver.Await(t, "records that are taken again", func() bool {
		require.NoError(t, snap.Refresh())
		if err := snap.Err(); err != nil {
			require.ErrorIs(t, err, stats.ErrUnsettled)
		}
		for c := range snap.Counters() {
			key, ok := c.Stream()
			if !ok {
				continue
			}
			require.Contains(t, c.Label, fmt.Sprintf(": %d %d %d %s", key.RegistrationID, key.SessionID, key.StreamID, key.Channel))
			if c.RegistrationID != 0 { // it is set a moment after the counter is there
				require.Equal(t, key.RegistrationID, c.RegistrationID, c.Label)
				seen[identity{c.ID, c.RegistrationID}] = true
				if before := reused[c.ID]; before != 0 && before != c.RegistrationID {
					again = true
				}
				reused[c.ID] = c.RegistrationID
			}
		}
		return again && len(seen) > 100
	})
	close(stop)
	all.Wait()
}
