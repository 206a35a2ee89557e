package aeron_test

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestValidate_acceptsTheZeroConfigAndEveryLimit(t *testing.T) {
	require.NoError(t, aeron.Config{}.Validate())
	for name, c := range map[string]aeron.Config{
		"smallest": {
			AppID: "a", TermLength: 64 << 10, IPCTermLength: 64 << 10, MTU: 64, IPCMTU: 64, InitialWindow: 64, ReceiveBuffer: 64,
			SendBuffer: 64, CountersLength: 1 << 20, StreamSessionLimit: 1, DriverTimeout: 2 * time.Second,
			ClientLivenessTimeout: 2 * time.Second, ImageLivenessTimeout: 1, LingerTimeout: 1, PublicationConnectionTimeout: 1, UnblockTimeout: 3 * time.Second,
			ClientName: "c", ClientIdle: time.Microsecond,
		},
		"largest": {
			AppID: strings.Repeat("x", 31), TermLength: 1 << 30, IPCTermLength: 1 << 30, MTU: 65504, IPCMTU: 65504,
			CountersLength: 256 << 20, StreamSessionLimit: 1<<31 - 1, ClientName: strings.Repeat("x", 100), ClientIdle: time.Second,
			Threading: aeron.Dedicated,
		},
		"external":         {External: true, Directory: "d", AppID: "a", DriverTimeout: time.Second, ClientName: "c", ClientIdle: time.Millisecond, FromEnv: true},
		"from environment": {FromEnv: true},
		"longer liveness":  {ClientLivenessTimeout: time.Minute},
		"longest liveness": {ClientLivenessTimeout: 24*time.Hour - time.Second},
		"larger window":    {InitialWindow: 1 << 20},
	} {
		require.NoError(t, c.Validate(), name)
	}
}

// refusal is values of one field that Validate must refuse, and words of the remedy that it must name.
type refusal struct {
	field   string
	refused []aeron.Config
	remedy  string
}

// refusals is every field that can be refused.
var refusals = append(append(appliedRefusals, driverRefusals...), []refusal{
	{"AppID", []aeron.Config{{AppID: "a/b"}, {AppID: "../up"}, {AppID: "a b"}, {AppID: "nul\x00"}, {AppID: strings.Repeat("x", 32)}, {AppID: "ü"}, {AppID: "line\n"}}, "letters, digits"},
	{"Directory", []aeron.Config{{Directory: "a\x00b"}, {Directory: "a\x00b", External: true}}, "NUL"},
	{"Threading", []aeron.Config{{Threading: -1}, {Threading: 3}}, "SharedNetwork, Shared or Dedicated"},
	{"TermLength", []aeron.Config{{TermLength: -1}, {TermLength: 1}, {TermLength: 32 << 10}, {TermLength: 65537}, {TermLength: 1 << 31}, {TermLength: -64 << 10}}, "power of two from 65536 to 1073741824"},
	{"IPCTermLength", []aeron.Config{{IPCTermLength: -1}, {IPCTermLength: 96 << 10}, {IPCTermLength: 1 << 62}}, "power of two from 65536 to 1073741824"},
	{"MTU", []aeron.Config{{MTU: -32}, {MTU: 32}, {MTU: 31}, {MTU: 1409}, {MTU: 65536}, {MTU: 1 << 40}}, "multiple of 32"},
	{"IPCMTU", []aeron.Config{{IPCMTU: -32}, {IPCMTU: 32}, {IPCMTU: 65505}, {IPCMTU: 65536}}, "multiple of 32"},
	{"InitialWindow", []aeron.Config{{InitialWindow: -1}, {InitialWindow: 1407}, {InitialWindow: 2048, MTU: 4096}}, "at least MTU"},
	{"ReceiveBuffer", []aeron.Config{{ReceiveBuffer: -1}, {ReceiveBuffer: 4096}, {ReceiveBuffer: 128 << 10, InitialWindow: 256 << 10}}, "at least InitialWindow"},
	{"SendBuffer", []aeron.Config{{SendBuffer: 1407}, {SendBuffer: 1}}, "at least MTU"},
	{"SendBuffer", []aeron.Config{{SendBuffer: -1}}, "negative"},
	{"CountersLength", []aeron.Config{{CountersLength: -1}, {CountersLength: 1 << 19}, {CountersLength: 1<<20 + 1}, {CountersLength: 512 << 20}}, "power of two from 1048576"},
	{"StreamSessionLimit", []aeron.Config{{StreamSessionLimit: -1}, {StreamSessionLimit: 1 << 31}}, "from 1 to 2147483647"},
	{"DriverTimeout", []aeron.Config{{DriverTimeout: -1}, {DriverTimeout: time.Microsecond}, {DriverTimeout: 1500 * time.Microsecond}, {DriverTimeout: -time.Second, External: true}}, "milliseconds"},
	{"ClientLivenessTimeout", []aeron.Config{{ClientLivenessTimeout: -1}}, "negative"},
	{"ClientLivenessTimeout", []aeron.Config{{ClientLivenessTimeout: 24 * time.Hour}}, "below UnblockTimeout, which goes up to 24h0m0s"},
	{"ImageLivenessTimeout", []aeron.Config{{ImageLivenessTimeout: -1}}, "negative"},
	{"LingerTimeout", []aeron.Config{{LingerTimeout: -1}}, "negative"},
	{"PublicationConnectionTimeout", []aeron.Config{{PublicationConnectionTimeout: -1}}, "negative"},
	{"UnblockTimeout", []aeron.Config{{UnblockTimeout: -1}, {UnblockTimeout: 10 * time.Second}, {UnblockTimeout: time.Second, ClientLivenessTimeout: time.Second}}, "above ClientLivenessTimeout"},
	{"ClientName", []aeron.Config{{ClientName: strings.Repeat("x", 101)}, {ClientName: "a\x00b"}, {ClientName: "a\x00b", External: true}}, "100 bytes"},
	{"ClientIdle", []aeron.Config{{ClientIdle: -1}, {ClientIdle: 1}, {ClientIdle: time.Microsecond - 1}, {ClientIdle: time.Second + 1}}, "from 1µs to 1s"},
	{"External", []aeron.Config{
		{External: true, Threading: aeron.Shared}, {External: true, TermLength: 64 << 10}, {External: true, MTU: 1408}, {External: true, KeepDirectory: true},
		{External: true, SparseTerms: true}, {External: true, AllowTermination: true}, {External: true, LingerTimeout: time.Second}, {External: true, CountersLength: 1 << 20},
	}, "only Directory, AppID, DriverTimeout"},
}...)

func TestValidate_namesFieldValueAndRemedy(t *testing.T) {
	for _, r := range refusals {
		for _, c := range r.refused {
			err := c.Validate()
			require.ErrorIs(t, err, aeron.ErrInvalidArgument, "%+v", c)
			require.ErrorContains(t, err, "Config."+r.field)
			require.ErrorContains(t, err, r.remedy)
			require.NotEmpty(t, typed(t, err).Op)
			value := reflect.ValueOf(c).FieldByName(r.field)
			if value.Kind() != reflect.String && value.Kind() != reflect.Struct && r.field != "External" && !c.Invoker {
				text := value.Interface()
				if value.Type() == reflect.TypeFor[aeron.ThreadingMode]() || value.Type() == reflect.TypeFor[aeron.Profile]() {
					text = value.Int()
				}
				require.ErrorContains(t, err, reflectText(text), "the value itself")
			}
			require.NotContains(t, err.Error(), "\x00")
			require.NotContains(t, strings.ReplaceAll(err.Error(), "\naeron: ", ""), "\n", "a finding is one line")

			_, opened := aeron.Open(c)
			require.ErrorIs(t, opened, aeron.ErrInvalidArgument, "Open must say the same")
			require.Equal(t, err.Error(), opened.Error())
			_, err = c.DriverContext()
			require.ErrorIs(t, err, aeron.ErrInvalidArgument)
			require.False(t, aeron.IsLoaded(c))
		}
	}
}

// Whoever adds a field must say here what it refuses, or that there is nothing to refuse.
func TestValidate_isTestedForEveryField(t *testing.T) {
	tested := map[string]bool{"FromEnv": true, "ReferencePath": true, "SparseTerms": true, "SpiesSimulateConnection": true, "KeepDirectory": true, "AllowTermination": true, "Logger": true, "PreTouchMemory": true, "Invoker": true}
	for _, r := range refusals {
		tested[r.field] = true
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[aeron.Config]()) {
		require.True(t, tested[f.Name], "field %s", f.Name)
	}
}

func TestValidate_saysNothingOfWhatIsNotSet(t *testing.T) {
	err := aeron.Config{ClientLivenessTimeout: 24 * time.Hour}.Validate()
	require.NotContains(t, err.Error(), "Config.UnblockTimeout")
}

func TestValidate_reportsEveryFinding(t *testing.T) {
	err := aeron.Config{AppID: "/", MTU: 1, TermLength: 5, Threading: 7}.Validate()
	for _, field := range []string{"AppID", "MTU", "TermLength", "Threading"} {
		require.ErrorContains(t, err, "Config."+field)
	}
}

func TestParseThreadingMode_isTheInverseOfString(t *testing.T) {
	for _, mode := range []aeron.ThreadingMode{aeron.SharedNetwork, aeron.Shared, aeron.Dedicated} {
		parsed, err := aeron.ParseThreadingMode(strings.ToUpper(mode.String()))
		require.NoError(t, err)
		require.Equal(t, mode, parsed)
	}
	_, err := aeron.ParseThreadingMode("invoker")
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	require.ErrorContains(t, err, "invoker")
	require.ErrorContains(t, err, "shared-network")
	require.Equal(t, "ThreadingMode(9)", aeron.ThreadingMode(9).String())
}

// driverContext is cfg as C's driver would see it.
func driverContext(t *testing.T, cfg aeron.Config) *aeronc.DriverContext {
	t.Helper()
	d, err := cfg.DriverContext()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func TestDriverContext_hasTheDocumentedDefaults(t *testing.T) {
	t.Setenv("AERON_TERM_BUFFER_LENGTH", "131072")
	t.Setenv("AERON_THREADING_MODE", "DEDICATED")
	t.Setenv("AERON_COUNTERS_BUFFER_LENGTH", "8388608")
	t.Setenv("AERON_TERM_BUFFER_SPARSE_FILE", "1")
	t.Setenv("AERON_DIR", "/nowhere/near")
	t.Setenv("AERON_DRIVER_TERMINATION_VALIDATOR", "allow")
	dir := testdriver.Dir(t)
	d := driverContext(t, aeron.Config{Directory: dir})
	require.Equal(t, dir, d.Dir())
	require.Equal(t, aeronc.ThreadingSharedNetwork, d.ThreadingMode())
	require.False(t, d.TermBufferSparseFile(), "a full file system must be an error, not a signal")
	require.True(t, d.PerformStorageChecks())
	require.False(t, d.SpiesSimulateConnection())
	require.EqualValues(t, 1, d.PublicationReservedSessionIDLow())
	require.EqualValues(t, 1<<31-1, d.PublicationReservedSessionIDHigh())
	require.EqualValues(t, 1000, d.StreamSessionLimit())
	for name, got := range map[string][2]int{
		"TermLength": {2 << 20, d.TermBufferLength()}, "IPCTermLength": {8 << 20, d.IPCTermBufferLength()},
		"MTU": {1408, d.MTULength()}, "IPCMTU": {65504, d.IPCMTULength()}, "InitialWindow": {128 << 10, d.RcvInitialWindowLength()},
		"ReceiveBuffer": {128 << 10, d.SocketSORcvBuf()}, "SendBuffer": {0, d.SocketSOSndBuf()}, "CountersLength": {1 << 20, d.CountersBufferLength()},
	} {
		require.Equal(t, got[0], got[1], name)
	}
	for name, got := range map[string][2]time.Duration{
		"DriverTimeout": {10 * time.Second, d.DriverTimeout()}, "ClientLivenessTimeout": {10 * time.Second, d.ClientLivenessTimeout()},
		"ImageLivenessTimeout": {10 * time.Second, d.ImageLivenessTimeout()}, "LingerTimeout": {5 * time.Second, d.PublicationLingerTimeout()},
		"PublicationConnectionTimeout": {5 * time.Second, d.PublicationConnectionTimeout()}, "UnblockTimeout": {15 * time.Second, d.PublicationUnblockTimeout()},
	} {
		require.Equal(t, got[0], got[1], name)
	}
}

// From half a term on a receiver's window can stop a stream: no default comes near.
func TestConfig_defaultWindowIsAQuarterOfATerm(t *testing.T) {
	for _, c := range []struct {
		cfg  aeron.Config
		want int
	}{
		{aeron.Config{}, 128 << 10},
		{aeron.Config{TermLength: 64 << 10}, 16 << 10},
		{aeron.Config{TermLength: 128 << 10}, 32 << 10},
		{aeron.Config{TermLength: 256 << 10}, 64 << 10},
		{aeron.Config{TermLength: 512 << 10}, 128 << 10},
		{aeron.Config{TermLength: 1 << 30}, 128 << 10},
		{aeron.Config{TermLength: 64 << 10, MTU: 32768}, 32768}, // C wants a packet to fit
		{aeron.Config{TermLength: 64 << 10, InitialWindow: 40 << 10}, 40 << 10},
		{aeron.Config{Profile: aeron.Server}, 256 << 10},
		{aeron.Config{Profile: aeron.Server, TermLength: 64 << 10}, 16 << 10},
		{aeron.Config{Driver: aeron.DriverConfig{TermBufferLength: 64 << 10}}, 16 << 10},
		{aeron.Config{Profile: aeron.Server, Driver: aeron.DriverConfig{TermBufferLength: 512 << 10}}, 128 << 10},
		{aeron.Config{TermLength: 64 << 10, Driver: aeron.DriverConfig{RcvInitialWindowLength: 8 << 10}}, 8 << 10},
		{aeron.Config{FromEnv: true, TermLength: 64 << 10}, 0}, // the environment's, or C's own
	} {
		resolved, err := c.cfg.Resolve()
		require.NoError(t, err)
		require.Equal(t, c.want, resolved.InitialWindow, "%+v", c.cfg)
		again, err := resolved.Resolve()
		require.NoError(t, err)
		require.Equal(t, resolved, again, "what is resolved stays as it is")
		if !c.cfg.FromEnv {
			require.GreaterOrEqual(t, resolved.ReceiveBuffer, resolved.InitialWindow)
		}
	}
	// Written out, it is the same driver.
	id, err := aeron.Config{Directory: "d", TermLength: 64 << 10}.DriverID()
	require.NoError(t, err)
	same, err := aeron.Config{Directory: "d", TermLength: 64 << 10, InitialWindow: 16 << 10}.DriverID()
	require.NoError(t, err)
	require.Equal(t, id, same)
}

func TestDriverContext_hasWhatTheConfigSays(t *testing.T) {
	d := driverContext(t, aeron.Config{
		Directory: testdriver.Dir(t), Threading: aeron.Dedicated, TermLength: 128 << 10, IPCTermLength: 256 << 10, SparseTerms: true, MTU: 4096, IPCMTU: 8192,
		InitialWindow: 64 << 10, ReceiveBuffer: 96 << 10, SendBuffer: 100_000, CountersLength: 2 << 20, StreamSessionLimit: 7, SpiesSimulateConnection: true,
		DriverTimeout: 11 * time.Second, ClientLivenessTimeout: 12 * time.Second, ImageLivenessTimeout: 13 * time.Second,
		LingerTimeout: 14 * time.Millisecond, PublicationConnectionTimeout: 15 * time.Second, UnblockTimeout: 16 * time.Second,
	})
	require.Equal(t, aeronc.ThreadingDedicated, d.ThreadingMode())
	require.True(t, d.TermBufferSparseFile())
	require.True(t, d.SpiesSimulateConnection())
	require.EqualValues(t, 7, d.StreamSessionLimit())
	require.Equal(t, []int{128 << 10, 256 << 10, 4096, 8192, 64 << 10, 96 << 10, 100_000, 2 << 20}, []int{
		d.TermBufferLength(), d.IPCTermBufferLength(), d.MTULength(), d.IPCMTULength(), d.RcvInitialWindowLength(), d.SocketSORcvBuf(), d.SocketSOSndBuf(), d.CountersBufferLength(),
	})
	require.Equal(t, []time.Duration{11 * time.Second, 12 * time.Second, 13 * time.Second, 14 * time.Millisecond, 15 * time.Second, 16 * time.Second}, []time.Duration{
		d.DriverTimeout(), d.ClientLivenessTimeout(), d.ImageLivenessTimeout(), d.PublicationLingerTimeout(), d.PublicationConnectionTimeout(), d.PublicationUnblockTimeout(),
	})
	_, err := aeron.Config{External: true, Directory: testdriver.Dir(t)}.DriverContext()
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
}

func TestConfig_takesTheEnvironmentOnlyWhenAsked(t *testing.T) {
	t.Setenv("AERON_TERM_BUFFER_LENGTH", "131072")
	t.Setenv("AERON_IPC_TERM_BUFFER_LENGTH", "262144")
	t.Setenv("AERON_THREADING_MODE", "DEDICATED")
	t.Setenv("AERON_EVENT_LOG", "all")
	dir := testdriver.Dir(t)
	asked := driverContext(t, aeron.Config{Directory: dir, FromEnv: true, IPCTermLength: 64 << 10})
	require.Equal(t, 128<<10, asked.TermBufferLength())
	require.Equal(t, 64<<10, asked.IPCTermBufferLength(), "the Config comes first")
	require.Equal(t, aeronc.ThreadingDedicated, asked.ThreadingMode())
	require.Equal(t, aeronc.ThreadingShared, driverContext(t, aeron.Config{Directory: dir, FromEnv: true, Threading: aeron.Shared}).ThreadingMode())

	// And the driver really runs with it.
	d := start(t, aeron.Config{Directory: dir, FromEnv: true, Threading: aeron.Shared, CountersLength: 1 << 20})
	p, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	require.Equal(t, 256<<10, p.Constants().TermBufferLength)
}

// What the client has from there, this package must know too: how long a driver may be silent, and how often to show that one lives.
func TestConfig_takesTheClientsVariables(t *testing.T) {
	t.Setenv("AERON_DRIVER_TIMEOUT", "1000")
	t.Setenv("AERON_CLIENT_NAME", "by environment")
	t.Setenv("AERON_CLIENT_IDLE_SLEEP_DURATION", "3ms")
	cfg := config(t)
	cfg.FromEnv, cfg.ClientIdle = true, 0
	d := start(t, cfg)
	require.Equal(t, time.Second, d.DriverTimeout())
	for _, line := range []string{
		"client.driver_timeout_ms=1s\n", "driver.driver_timeout_ms=1s\n", "client.client_name=by environment\n", "client.keepalive_interval_ns=250ms\n",
		"client.idle_strategy_init_args=3000000ns\n",
	} {
		require.Contains(t, d.ContextInfo(), line)
	}
	again, err := d.Config().Resolve()
	require.NoError(t, err)
	require.Equal(t, d.Config(), again)

	given := aeron.Config{Directory: testdriver.Dir(t), FromEnv: true, DriverTimeout: 2 * time.Second, ClientName: "given", ClientIdle: time.Millisecond}
	resolved, err := given.Resolve()
	require.NoError(t, err)
	require.Equal(t, given.DriverTimeout, resolved.DriverTimeout, "the Config comes first")
	require.Equal(t, given.ClientName, resolved.ClientName)
	require.Equal(t, given.ClientIdle, resolved.ClientIdle)
	given.FromEnv = false
	given.DriverTimeout, given.ClientName = 0, ""
	resolved, err = given.Resolve()
	require.NoError(t, err)
	require.Equal(t, 10*time.Second, resolved.DriverTimeout, "nothing of it where it is not asked for")
	require.Equal(t, "default", resolved.ClientName)

	require.NoError(t, os.Unsetenv("AERON_CLIENT_IDLE_SLEEP_DURATION"))
	resolved, err = aeron.Config{FromEnv: true, External: true}.Resolve()
	require.NoError(t, err)
	require.Equal(t, 500*time.Microsecond, resolved.ClientIdle, "C's own default would make an add take 16 ms")
	t.Setenv("AERON_DRIVER_TIMEOUT", "50")
	_, err = aeron.Config{FromEnv: true}.Resolve()
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	require.ErrorContains(t, err, "AERON_DRIVER_TIMEOUT")
	require.ErrorContains(t, err, "at least 100ms")
}

func TestConfig_findsTheDirectory(t *testing.T) {
	env := testdriver.Dir(t)
	t.Setenv("AERON_DIR", env)
	require.Equal(t, env, open(t, aeron.Config{FromEnv: true}).Dir())
	given := testdriver.Dir(t)
	require.Equal(t, given, open(t, aeron.Config{FromEnv: true, Directory: given}).Dir(), "the Config comes first")
	require.Equal(t, given, open(t, aeron.Config{Directory: given, FromEnv: true}).Config().Directory)

	one, other := open(t, aeron.Config{AppID: "config-test-1"}).Dir(), open(t, aeron.Config{AppID: "config-test-2"}).Dir()
	require.NotEqual(t, one, other, "applications have drivers of their own")
	require.Equal(t, "aeron_config-test-1", filepath.Base(one))
	require.NotEqual(t, env, one)
	require.NoDirExists(t, one, "Open makes nothing of the driver's")

	t.Chdir(t.TempDir())
	relative := open(t, aeron.Config{Directory: "here"}).Dir()
	require.True(t, filepath.IsAbs(relative), "it must not change with the working directory")
	require.Equal(t, "here", filepath.Base(relative))
}

func TestConfig_isCopiedAndFilledIn(t *testing.T) {
	cfg := config(t)
	cfg.AppID = "orders"
	d := open(t, cfg)
	cfg.MTU = 4096
	filled := d.Config()
	require.Equal(t, 1408, filled.MTU)
	require.Equal(t, "orders", filled.ClientName, "the client is called after the application")
	require.Equal(t, 64<<10, filled.TermLength)
	require.NoError(t, filled.Validate())
	filled.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	again := open(t, filled)
	require.Equal(t, d.Dir(), again.Dir(), "a filled-in Config means the same driver, whoever listens")
}

func reflectText(value any) string { return strings.TrimSpace(fmt.Sprint(value)) }
