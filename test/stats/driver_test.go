package stats_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

func TestInfo_isTheDrivers(t *testing.T) {
	begin := time.Now().Truncate(time.Millisecond)
	driver := testdriver.Start(t, func(c *aeronc.DriverContext) {
		require.NoError(t, c.SetClientLivenessTimeout(7*time.Second))
		require.NoError(t, c.SetLossReportBufferLength(1<<20))
	})
	snap := open(t, driver.Dir())
	info := snap.Info()
	require.EqualValues(t, os.Getpid(), info.PID)
	require.Equal(t, "0.2.0", info.CnCVersion.String())
	require.Equal(t, aeronc.Version(), info.AeronVersion.String())
	require.True(t, strings.HasPrefix(info.AeronSoftware, "version="+aeronc.Version()+" commit="), info.AeronSoftware)
	require.True(t, info.Active)
	require.False(t, info.Closed)
	require.WithinRange(t, info.StartTime, begin, time.Now())
	require.Equal(t, 7*time.Second, info.ClientLivenessTimeout)
	require.Equal(t, os.Getpagesize(), info.PageSize)
	require.Equal(t, 1<<20, info.CounterValuesLength)
	require.Equal(t, 4<<20, info.CounterMetadataLength)
	require.Equal(t, 8192, info.CounterCapacity)
	require.Zero(t, (info.ToDriverLength-768)&(info.ToDriverLength-769))
	require.Zero(t, (info.ToClientsLength-128)&(info.ToClientsLength-129))
	require.Positive(t, info.ErrorLogLength)
	for name, length := range map[string]int64{cncfile.FileName: info.CnCLength, stats.LossReportFile: info.LossReportLength} {
		file, err := os.Stat(filepath.Join(driver.Dir(), name))
		require.NoError(t, err)
		require.Equal(t, file.Size(), length, name)
	}
	require.Len(t, slices.Collect(snap.Counters()), info.CountersAllocated)
	await(t, snap, "a later heartbeat", func() bool { return snap.Info().Heartbeat.After(info.Heartbeat) })
}

func TestInfo_ofADriverThatHasClosed(t *testing.T) {
	var dir string
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	driver := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetDeleteOnShutdown(false)) })
	dir = driver.Dir()
	snap := open(t, dir)
	require.NoError(t, driver.Close())
	require.NoError(t, snap.Refresh())
	info := snap.Info()
	require.True(t, info.Closed)
	require.False(t, info.Active)
	require.True(t, info.Heartbeat.IsZero())
	for c := range snap.Counters() {
		require.Equal(t, stats.TypeRejectedFrames, c.TypeID, "a driver gives all counters back, but for what its guard has rejected: %s", c.Label)
	}
	require.Zero(t, info.AeronVersion)
	require.NoError(t, os.RemoveAll(dir))
	require.ErrorIs(t, snap.Refresh(), stats.ErrNotFound)
}

func TestBacklog_growsAndShrinks(t *testing.T) {
	for _, channel := range []string{"aeron:ipc", testdriver.UDP(t)} {
		driver := testdriver.Start(t)
		client := driver.Connect()
		p, s := stream(t, client, channel, 5)
		offer(t, p, 4, 96) // frames of 128 bytes
		const bytes = 4 * 128
		snap := open(t, driver.Dir())
		await(t, snap, "the publications' position", func() bool { return backlogOf(t, snap, 5).Publisher.Position == bytes })
		await(t, snap, "a backlog", func() bool { return backlogOf(t, snap, 5).Subscribers[0].Backlog == bytes })
		b := backlogOf(t, snap, 5)
		require.Equal(t, p.Constants().SessionID, b.SessionID)
		require.Equal(t, channel, b.Channel)
		require.Equal(t, p.Constants().RegistrationID, b.Publisher.RegistrationID)
		limit, err := p.PositionLimit()
		require.NoError(t, err)
		require.Equal(t, limit-bytes, b.Publisher.RemainingWindow())
		require.Equal(t, client.ID(), b.Subscribers[0].OwnerID)
		require.Equal(t, s.RegistrationID(), b.Subscribers[0].RegistrationID)
		if channel == "aeron:ipc" {
			require.Nil(t, b.Sender)
			require.Nil(t, b.Receiver)
		} else {
			await(t, snap, "all to be sent", func() bool {
				n, ok := backlogOf(t, snap, 5).SenderBacklog()
				return ok && n == 0
			})
			await(t, snap, "all to be there", func() bool { return backlogOf(t, snap, 5).Receiver.Position == bytes })
			require.Contains(t, backlogOf(t, snap, 5).String(), " has 512 backlog bytes")
		}
		n, err := s.Poll(func(aeronc.Fragment) {}, 3)
		require.NoError(t, err)
		require.Equal(t, 3, n)
		require.NoError(t, snap.Refresh())
		require.EqualValues(t, 128, backlogOf(t, snap, 5).Subscribers[0].Backlog)
	}
}

func TestErrors_tellOfRefusedRegistrations(t *testing.T) {
	driver := testdriver.Start(t)
	client := driver.Connect()
	snap := open(t, driver.Dir())
	require.Empty(t, slices.Collect(snap.Errors()))
	begin := time.Now()
	const channel = "aeron:udp?endpoint=127.0.0.1:40123|mtu=31"
	for range 3 {
		_, err := client.AddPublication(testdriver.Context(t), channel, 1)
		require.Error(t, err)
	}
	await(t, snap, "the errors", func() bool {
		all := slices.Collect(snap.Errors())
		return len(all) > 0 && all[0].Count == 3
	})
	all := slices.Collect(snap.Errors())
	require.Len(t, all, 1, "three times the same")
	require.Contains(t, all[0].Text, "mtu")
	require.WithinRange(t, all[0].First, begin.Add(-time.Minute), time.Now(), "the driver's clock is one that it looks at now and then")
	require.WithinRange(t, all[0].Last, all[0].First, time.Now())
	require.Len(t, slices.Collect(snap.ErrorsSince(all[0].Last)), 1)
	require.Empty(t, slices.Collect(snap.ErrorsSince(all[0].Last.Add(time.Millisecond))))
	count, ok := snap.System(stats.SystemErrors)
	require.True(t, ok)
	require.EqualValues(t, 3, count)
}

func TestLoss_isReportedByADriver(t *testing.T) {
	driver := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetNAKUnicastDelay(time.Millisecond)) })
	client := driver.Connect()
	channel := testdriver.UDP(t)
	_, err := client.AddSubscription(testdriver.Context(t), channel, 9)
	require.NoError(t, err)
	snap := open(t, driver.Dir())
	require.Empty(t, slices.Collect(snap.Loss()))
	require.Positive(t, snap.Info().LossReportLength)
	begin := time.Now().Truncate(time.Millisecond)
	_, endpoint, _ := strings.Cut(channel, "endpoint=")
	missing := testdriver.Gap(t, endpoint, -123, 9)
	await(t, snap, "loss", func() bool { return len(slices.Collect(snap.Loss())) > 0 })
	all := slices.Collect(snap.Loss())
	require.Len(t, all, 1)
	require.Equal(t, channel, all[0].Channel)
	require.EqualValues(t, -123, all[0].SessionID)
	require.EqualValues(t, 9, all[0].StreamID)
	require.EqualValues(t, 1, all[0].ObservationCount)
	require.EqualValues(t, missing, all[0].TotalBytesLost)
	require.Regexp(t, `^127\.0\.0\.1:\d+$`, all[0].Source)
	require.WithinRange(t, all[0].First, begin.Add(-time.Minute), time.Now())
	require.Equal(t, all[0].First, all[0].Last)

	b := backlogOf(t, snap, 9)
	require.Nil(t, b.Publisher, "it is not this driver's")
	require.EqualValues(t, 64, b.Receiver.Position)
	require.EqualValues(t, 64+missing+64, b.Receiver.HighWaterMark)
	require.EqualValues(t, 64+missing+64, b.Subscribers[0].Backlog)
}
