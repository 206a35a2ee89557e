package aeron_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

var allProfiles = []aeron.Profile{aeron.Balanced, aeron.LowLatency, aeron.Server, aeron.Laptop}

func TestParseProfile_isTheInverseOfString(t *testing.T) {
	for _, p := range allProfiles {
		parsed, err := aeron.ParseProfile(strings.ToUpper(p.String()))
		require.NoError(t, err)
		require.Equal(t, p, parsed)
	}
	_, err := aeron.ParseProfile("fast")
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	require.ErrorContains(t, err, `"fast" must be one of balanced, low-latency, server, laptop`)
	require.Equal(t, "Profile(9)", aeron.Profile(9).String())
}

func TestProfile_isWrittenOut(t *testing.T) {
	resolved := map[aeron.Config]aeron.Profile{}
	for _, p := range allProfiles {
		once, err := aeron.Config{AppID: "profile", Profile: p}.Resolve()
		require.NoError(t, err)
		require.Equal(t, aeron.Balanced, once.Profile)
		again, err := once.Resolve()
		require.NoError(t, err)
		require.Equal(t, once, again, p)
		resolved[once] = p
	}
	require.Len(t, resolved, len(allProfiles), "each is something else")
	plain, err := aeron.Config{AppID: "profile"}.Resolve()
	require.NoError(t, err)
	require.Equal(t, aeron.Balanced, resolved[plain], "balanced is what Config names")
}

func TestProfile_leavesWhatIsSet(t *testing.T) {
	own := aeron.Config{
		AppID: "profile", Threading: aeron.Dedicated, ClientIdle: time.Millisecond, InitialWindow: 64 << 10, ReceiveBuffer: 100 << 10, SendBuffer: 90 << 10,
		TermLength: 1 << 20, CountersLength: 2 << 20,
		Driver: aeron.DriverConfig{
			SharedIdleStrategy: "yield", SharedNetworkIdleStrategy: "yield", ConductorIdleStrategy: "yield", SenderIdleStrategy: "yield",
			ReceiverIdleStrategy: "yield", NativeResourceAgentIdleStrategy: "yield", ReceiverIOVectorCapacity: 2, SenderIOVectorCapacity: 5,
			NetworkPublicationMaxMessagesPerSend: 3, ResourceFreeLimit: 2,
		},
	}
	want, err := own.Resolve()
	require.NoError(t, err)
	for _, p := range allProfiles {
		own.Profile = p
		got, err := own.Resolve()
		require.NoError(t, err)
		require.Equal(t, want, got, p)
	}
}

func TestProfile_staysValidWithOtherFields(t *testing.T) {
	for _, p := range allProfiles {
		for name, cfg := range map[string]aeron.Config{
			"a larger window": {InitialWindow: 400 << 10}, "a large MTU": {MTU: 65504}, "fewer packets at a time": {Driver: aeron.DriverConfig{SenderIOVectorCapacity: 4}},
			"one thread": {Threading: aeron.Shared}, "short timeouts": {DriverTimeout: time.Second, ClientLivenessTimeout: time.Second},
			"external": {External: true}, "environment": {FromEnv: true}, "arguments alone": {Driver: aeron.DriverConfig{SharedIdleStrategyInitArgs: "1-2-3us-4ms"}},
		} {
			cfg.Profile = p
			require.NoError(t, cfg.Validate(), "%v with %s", p, name)
		}
	}
}

// SharedNetwork is the zero value of Threading, which a profile fills in; in Driver it can be given.
func TestProfile_leavesAThreadingModeThatIsGiven(t *testing.T) {
	given := aeron.DriverConfig{ThreadingMode: aeron.Some(aeronc.ThreadingSharedNetwork)}
	for _, p := range allProfiles {
		cfg := aeron.Config{Directory: testdriver.Dir(t), Profile: p, Driver: given}
		require.Equal(t, aeronc.ThreadingSharedNetwork, driverContext(t, cfg).ThreadingMode(), p)
		resolved, err := cfg.Resolve()
		require.NoError(t, err)
		again, err := resolved.Resolve()
		require.NoError(t, err)
		require.Equal(t, resolved, again, p)
		cfg.Threading = aeron.Shared
		err = cfg.Validate()
		require.ErrorIs(t, err, aeron.ErrInvalidArgument)
		require.ErrorContains(t, err, "set one of them")
	}
	t.Setenv("AERON_THREADING_MODE", "DEDICATED")
	cfg := aeron.Config{Directory: testdriver.Dir(t), FromEnv: true, Driver: given}
	require.Equal(t, aeronc.ThreadingSharedNetwork, driverContext(t, cfg).ThreadingMode(), "nor does the environment change it")
	resolved, err := cfg.Resolve()
	require.NoError(t, err)
	again, err := resolved.Resolve()
	require.NoError(t, err)
	require.Equal(t, resolved, again)
}

// Messages go through under each.
func TestProfile_works(t *testing.T) {
	for _, p := range allProfiles {
		t.Run(p.String(), func(t *testing.T) {
			ctx := testdriver.Context(t)
			d := start(t, aeron.Config{Directory: testdriver.Dir(t), Profile: p, TermLength: 64 << 10, IPCTermLength: 64 << 10})
			channel := testdriver.UDP(t)
			sub, err := d.AddSubscription(ctx, channel, 10)
			require.NoError(t, err)
			pub, err := d.AddExclusivePublication(ctx, channel, 10)
			require.NoError(t, err)
			require.NoError(t, pub.AwaitReady(ctx))
			require.NoError(t, pub.Publish(ctx, []byte(p.String())))
			for msg, err := range sub.Messages(ctx) {
				require.NoError(t, err)
				require.Equal(t, p.String(), string(msg.Data()))
				break
			}
		})
	}
}

// idleFor is how long the process that is measured does nothing.
const idleFor = 4 * time.Second

// idleTask begins the task of a child that measures a profile.
const idleTask = "idle-"

// idleWith prints how many microseconds of processor time a driver of this profile and its client have used while nothing happened.
func idleWith(profile, dir string) (err error) {
	p, err := aeron.ParseProfile(profile)
	if err != nil {
		return err
	}
	d, err := aeron.Open(aeron.Config{Directory: dir, Profile: p})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Start(context.Background()); err != nil {
		return err
	}
	time.Sleep(time.Second) // until its threads have found that there is nothing to do
	before := processorTime()
	time.Sleep(idleFor)
	fmt.Println((processorTime() - before).Microseconds())
	return nil
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Laptop takes under one per cent of a core when idle: docs/PROFILES.md has the figure, by go run ./test/profiles. The bound here is far
// above it, for machines that are busy; a thread that spins takes more.
func TestLaptop_costsNextToNothingWhenIdle(t *testing.T) {
	micros, err := strconv.ParseInt(strings.TrimSpace(asChild(t, idleTask+aeron.Laptop.String(), testdriver.Dir(t), nil)), 10, 64)
	require.NoError(t, err)
	used := time.Duration(micros) * time.Microsecond
	t.Logf("%.2f %% of a core", 100*float64(used)/float64(idleFor))
	require.Positive(t, used)
	require.Less(t, used, idleFor/10)
}
