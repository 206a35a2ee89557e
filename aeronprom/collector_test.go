package aeronprom_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronprom"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

func TestNew_refusesWhatMakesNoSense(t *testing.T) {
	for name, test := range map[string]struct {
		dir      string
		options  aeronprom.Options
		mentions string
	}{
		"no directory":       {"", aeronprom.Options{}, `directory ""`},
		"a NUL":              {"a\x00b", aeronprom.Options{}, "directory"},
		"a name not UTF-8":   {"d", aeronprom.Options{Driver: "\xFF"}, "Driver"},
		"negative streams":   {"d", aeronprom.Options{MaxStreams: -1}, "MaxStreams -1"},
		"negative readers":   {"d", aeronprom.Options{MaxSubscribers: -1}, "MaxSubscribers -1"},
		"negative clients":   {"d", aeronprom.Options{MaxClients: -1}, "MaxClients -1"},
		"a negative timeout": {"d", aeronprom.Options{DriverTimeout: -time.Second}, "DriverTimeout -1s"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := aeronprom.New(test.dir, test.options)
			require.Nil(t, c)
			require.ErrorIs(t, err, aeronprom.ErrOptions)
			require.ErrorContains(t, err, test.mentions)
		})
	}
}

func TestSystemMetricNames_areManyAndDifferent(t *testing.T) {
	seen := map[string]int32{}
	for id := range int32(46) {
		name := aeronprom.SystemMetricName(id)
		require.NotContains(t, seen, name)
		require.Regexp(t, "^aeron_[a-z][a-z_]*[a-z]$", name)
		seen[name] = id
	}
	require.Equal(t, "aeron_system_counter", aeronprom.SystemMetricName(46))
	require.Equal(t, "aeron_system_counter", aeronprom.SystemMetricName(-1))
}

func TestCollect_tellsWhatTheFilesSay(t *testing.T) {
	dir := cnctest.Dir(t)
	f := newCounterFile(t, time.Now(), 96)
	f.system(stats.SystemBytesSent, 4711)
	f.system(stats.SystemConductorMaxCycleTime, 2_500_000)
	f.system(50, 7) // of a driver to come
	f.client(12, "risk engine")
	const udp = "aeron:udp?endpoint=127.0.0.1:40123"
	f.stream(stats.TypePublisherPosition, 21, -5, udp, 1000, 12)
	f.stream(stats.TypePublisherLimit, 21, -5, udp, 5000, 12)
	f.stream(stats.TypeSenderPosition, 21, -5, udp, 900, 12)
	f.stream(stats.TypeSenderLimit, 21, -5, udp, 1600, 12)
	f.stream(stats.TypeSenderBackPressure, 21, -5, udp, 3, 12)
	f.stream(stats.TypeReceiverHWM, 22, -5, udp, 896, 0)
	f.stream(stats.TypeReceiverPosition, 22, -5, udp, 800, 0)
	f.stream(stats.TypeReceiverNAKsSent, 22, -5, udp, 2, 0)
	f.stream(stats.TypeSubscriberPosition, 30, -5, udp, 640, 12)
	f.add(stats.TypeSendChannelStatus, nil, "snd-channel", 1, 0, 0)
	f.add(stats.TypeReceiveChannelStatus, nil, "rcv-channel", -1, 0, 0)
	f.write(t, dir)

	got := gather(t, newCollector(t, dir, aeronprom.Options{}))
	s := " channel=" + udp + " session_id=-5 stream_id=10"
	sub := " channel=" + udp + " client_id=12 client_name=risk engine session_id=-5 stream_id=10 subscription_id=30"
	for name, want := range map[string]float64{
		"aeron_up":                                        1,
		"aeron_bytes_sent_total":                          4711,
		"aeron_conductor_cycle_max_seconds":               0.0025,
		"aeron_system_counter id=50":                      7,
		"aeron_driver_counters":                           15,
		"aeron_driver_counter_capacity":                   96,
		"aeron_read_problems":                             0,
		"aeron_clients":                                   1,
		"aeron_clients_others":                            0,
		"aeron_streams":                                   1,
		"aeron_streams_others":                            0,
		"aeron_publisher_position_bytes_total" + s:        1000,
		"aeron_publisher_limit_bytes" + s:                 5000,
		"aeron_publisher_window_bytes" + s:                4000,
		"aeron_sender_position_bytes_total" + s:           900,
		"aeron_sender_window_bytes" + s:                   700,
		"aeron_sender_backlog_bytes" + s:                  100,
		"aeron_sender_back_pressure_events_total" + s:     3,
		"aeron_receiver_position_bytes_total" + s:         800,
		"aeron_receiver_high_water_mark_bytes_total" + s:  896,
		"aeron_receiver_gap_bytes" + s:                    96,
		"aeron_receiver_naks_sent_total" + s:              2,
		"aeron_stream_loss_bytes_total" + s:               0,
		"aeron_subscriber_position_bytes_total" + sub:     640,
		"aeron_subscriber_lag_bytes" + sub:                256,
		"aeron_channels direction=send status=active":     1,
		"aeron_channels direction=receive status=errored": 1,
		"aeron_channels direction=receive status=active":  0,
		"aeron_error_observations_total":                  0,
		"aeron_loss_bytes_total":                          0,
		fmt.Sprintf("aeron_driver_info aeron_version= cnc_version=%v pid=%d", cncfile.SupportedVersion, os.Getpid()): 1,
	} {
		require.Contains(t, got, name)
		require.InDelta(t, want, got[name], 1e-9, name)
	}
	require.Less(t, got["aeron_driver_heartbeat_age_seconds"], 10.0)
	require.Contains(t, got, "aeron_client_heartbeat_age_seconds client_id=12 client_name=risk engine")
}

func TestCollect_aDriverThatComesDiesAndComesAgain(t *testing.T) {
	dir := filepath.Join(cnctest.Dir(t), "later")
	c := newCollector(t, dir, aeronprom.Options{Driver: "orders"})
	require.Equal(t, series{"aeron_up": 0}, gather(t, c), "no directory")

	require.NoError(t, os.Mkdir(dir, 0o700))
	require.Equal(t, series{"aeron_up": 0}, gather(t, c), "no file")
	f := newCounterFile(t, time.Now(), 32)
	f.system(stats.SystemErrors, 1)
	f.write(t, dir)
	require.InDelta(t, 1.0, gather(t, c)["aeron_up"], 0)
	require.InDelta(t, 1.0, gather(t, c)["aeron_errors_total"], 0)

	dead := newCounterFile(t, time.Now().Add(-time.Minute), 32)
	dead.system(stats.SystemErrors, 1)
	dead.write(t, dir)
	got := gather(t, c)
	require.InDelta(t, 0.0, got["aeron_up"], 0)
	require.InDelta(t, 60, got["aeron_driver_heartbeat_age_seconds"], 30)
	require.NotContains(t, got, "aeron_errors_total", "a dead driver's last value would look like a quiet one's")
	require.InDelta(t, 1.0, gather(t, newCollector(t, dir, aeronprom.Options{DriverTimeout: time.Hour}))["aeron_up"], 0)

	cnctest.WriteBytes(t, dir, f.bytes[:100])
	require.Equal(t, series{"aeron_up": 0}, gather(t, c), "cut")
	f.write(t, dir)
	require.InDelta(t, 1.0, gather(t, c)["aeron_up"], 0, "again")
	require.NoError(t, os.RemoveAll(dir))
	require.Equal(t, series{"aeron_up": 0}, gather(t, c), "gone")
}

func TestCollect_boundsWhatOthersChoose(t *testing.T) {
	dir := cnctest.Dir(t)
	c := newCollector(t, dir, aeronprom.Options{MaxStreams: 2, MaxSubscribers: 1, MaxClients: 1})
	write := func(sessions ...int32) {
		f := newCounterFile(t, time.Now(), 96)
		for i, session := range sessions {
			f.stream(stats.TypePublisherPosition, int64(session), session, "aeron:ipc", 1000, 1)
			f.stream(stats.TypeSubscriberPosition, 100, session, "aeron:ipc", 1000-int64(i), 1)
			f.stream(stats.TypeSubscriberPosition, 101, session, "aeron:ipc", 1000-int64(10*i), 1)
		}
		f.client(1, "a")
		f.client(2, "b")
		f.write(t, dir)
	}
	withSeries := func(got series) (sessions []string) {
		for name := range got {
			if rest, ok := strings.CutPrefix(name, "aeron_publisher_window_bytes channel=aeron:ipc session_id="); ok {
				session, _, _ := strings.Cut(rest, " ")
				sessions = append(sessions, session)
			}
		}
		return sessions
	}
	write(5, 6)
	got := gather(t, c)
	require.ElementsMatch(t, []string{"5", "6"}, withSeries(got))
	require.InDelta(t, 1.0, got["aeron_subscribers_others channel=aeron:ipc session_id=5 stream_id=10"], 0)
	require.InDelta(t, 1.0, got["aeron_clients_others"], 0)
	require.NotContains(t, got, "aeron_streams_others_subscriber_lag_max_bytes")

	write(1, 5, 6, 7) // newcomers do not take the places of those that have them
	got = gather(t, c)
	require.ElementsMatch(t, []string{"5", "6"}, withSeries(got))
	require.InDelta(t, 4.0, got["aeron_streams"], 0)
	require.InDelta(t, 2.0, got["aeron_streams_others"], 0)
	require.InDelta(t, 30.0, got["aeron_streams_others_subscriber_lag_max_bytes"], 0, "session 7's")

	write(6, 7) // a place is free again
	got = gather(t, c)
	require.ElementsMatch(t, []string{"6", "7"}, withSeries(got))
	require.InDelta(t, 0.0, got["aeron_streams_others"], 0)
}

func TestCollect_labelsThatBecomeAlikeAreGivenOnce(t *testing.T) {
	dir := cnctest.Dir(t)
	f := newCounterFile(t, time.Now(), 32)
	f.system(stats.SystemErrors, 1)
	f.system(stats.SystemErrors, 2)
	for _, channel := range []string{"aeron:ipc\x01", "aeron:ipc\x02", "aeron:ipc\xFF"} { // all shown as U+FFFD
		f.stream(stats.TypePublisherPosition, 1, 5, channel, 1000, 1)
		f.stream(stats.TypeSenderBackPressure, 1, 5, channel, 1, 1)
	}
	f.client(1, "evil\nname\xFE")
	f.client(1, "evil\rname\xFD")
	f.write(t, dir)
	got := gather(t, newCollector(t, dir, aeronprom.Options{}))
	require.InDelta(t, 1.0, got["aeron_errors_total"], 0, "the first")
	require.InDelta(t, 1000.0, got["aeron_publisher_position_bytes_total channel=aeron:ipc\uFFFD session_id=5 stream_id=10"], 0)
}

func TestCollect_takesAnyDamage(t *testing.T) {
	dir := cnctest.Dir(t)
	whole := newCounterFile(t, time.Now(), 32)
	for id := range int32(8) {
		whole.system(id, int64(id))
	}
	for i := range int64(4) {
		whole.stream(stats.TypePublisherPosition, i, int32(i), "aeron:ipc", 1000, 1)
		whole.stream(stats.TypeSubscriberPosition, i, int32(i), "aeron:ipc", 1000, 1)
	}
	whole.client(1, "a")
	c := newCollector(t, dir, aeronprom.Options{DriverTimeout: time.Hour})
	random := rand.New(rand.NewPCG(1, 2))
	up := 0
	for range 500 {
		damaged := *whole
		damaged.bytes = append([]byte(nil), whole.bytes...)
		begin := int(whole.header.CounterMetadataOffset())
		if random.IntN(8) == 0 {
			begin = 0 // the header too
		}
		for range 1 + random.IntN(200) {
			damaged.bytes[begin+random.IntN(min(32*1024, len(damaged.bytes)-begin))] = byte(random.Uint32())
		}
		damaged.write(t, dir)
		up += int(gather(t, c)["aeron_up"])
	}
	require.Positive(t, up, "some must be read")
}

func TestCollect_severalAtOnce(t *testing.T) {
	dir := cnctest.Dir(t)
	f := newCounterFile(t, time.Now(), 32)
	f.stream(stats.TypePublisherPosition, 1, 5, "aeron:ipc", 1000, 1)
	f.write(t, dir)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(newCollector(t, dir, aeronprom.Options{Driver: "a"}), newCollector(t, dir, aeronprom.Options{Driver: "b"}))
	var running sync.WaitGroup
	failures := make(chan error, 8)
	for range cap(failures) {
		running.Go(func() {
			families, err := registry.Gather()
			if err == nil && len(families) == 0 {
				err = fmt.Errorf("nothing gathered")
			}
			failures <- err
		})
	}
	running.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
}
