package aeron_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// appliedRefusals are of the fields that are chosen or applied; TestValidate_namesFieldValueAndRemedy tries them too.
var appliedRefusals = []refusal{
	{"AppendAppID", []aeron.Config{{AppendAppID: true}, {AppendAppID: true, AppID: "x"}}, "needs Directory"},
	{"UniqueDirectory", []aeron.Config{{External: true, UniqueDirectory: true}}, "driver that runs already"},
	{"AllowShared", []aeron.Config{{External: true, AllowShared: true}}, "driver that would run here"},
	{"StartAttempts", []aeron.Config{{StartAttempts: -1}, {StartAttempts: 101}}, "from 1 to 100"},
	{"ClientSettings", []aeron.Config{{ClientSettings: "keepalive_interval_ns"}, {ClientSettings: "=1", External: true}, {ClientSettings: "a\x00"}}, "name=value"},
	{"Settings", []aeron.Config{{Settings: "mtu_length"}, {Settings: "=1"}, {Settings: "a\x00"}}, "name=value"},
}

func TestSettings_refuses(t *testing.T) {
	for settings, says := range map[string]string{
		"mtu_length":                            "name=value",
		"=5":                                    "name=value",
		"no_such=5":                             "no_such",
		"mtu_length=much":                       "whole number",
		"socket_tos=8;socket_tos=9":             "once is enough",
		"dir=/elsewhere":                        "Config.Directory",
		"threading_mode=INVOKER":                "Config.Threading",
		"driver_timeout_ms=5s":                  "Config.DriverTimeout",
		"dir_delete_on_shutdown=false":          "Config.KeepDirectory",
		"publication_reserved_session_id_low=5": "fixed",
		"socket_tos=8; publication_linger_timeout_ns=": "duration",
	} {
		err := aeron.Config{Settings: settings}.Validate()
		require.ErrorIs(t, err, aeron.ErrInvalidArgument, settings)
		require.ErrorContains(t, err, "Config.Settings")
		require.ErrorContains(t, err, says)
	}
	for _, settings := range []string{"", ";", " ; ", "socket_tos=8;", "publication_linger_timeout_ns = 7s ; mtu_length=2k"} {
		require.NoError(t, aeron.Config{Settings: settings}.Validate(), settings)
	}
}

func TestClientSettings_refuses(t *testing.T) {
	for settings, says := range map[string]string{
		"dir=/elsewhere": "Config.Directory", "client_name=x": "Config.ClientName", "driver_timeout_ms=5s": "Config.DriverTimeout",
		"use_conductor_agent_invoker=true": "Config.Invoker", "mtu_length=1408": "no setting", "keepalive_interval_ns=soon": "duration",
		"idle_strategy=backoff;idle_strategy=yield": "once is enough", "idle_strategy=dream": "must be backoff",
	} {
		for _, external := range []bool{false, true} {
			err := aeron.Config{ClientSettings: settings, External: external}.Validate()
			require.ErrorIs(t, err, aeron.ErrInvalidArgument, settings)
			require.ErrorContains(t, err, "Config.ClientSettings")
			require.ErrorContains(t, err, says)
		}
	}
}

// Every setting of C's client is a field, or can be said in ClientSettings.
func TestClient_everySettingCanBeReached(t *testing.T) {
	cfg := config(t)
	cfg.PreTouchMemory = true
	cfg.ClientSettings = "keepalive_interval_ns=123ms; resource_linger_duration_ns=4s;idle_sleep_duration_ns=5ms; idle_strategy_init_args=;idle_strategy=backoff"
	d := start(t, cfg)
	info := d.ContextInfo()
	for _, line := range []string{
		"client.pre_touch_mapped_memory=true\n", "client.keepalive_interval_ns=123ms\n", "client.resource_linger_duration_ns=4s\n",
		"client.idle_sleep_duration_ns=5ms\n", "client.idle_strategy=backoff\n",
	} {
		require.Contains(t, info, line)
	}
	_, err := d.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)

	elsewhere := testdriver.Start(t)
	external := start(t, aeron.Config{External: true, Directory: elsewhere.Dir(), PreTouchMemory: true, ClientSettings: "keepalive_interval_ns=321ms"})
	require.Contains(t, external.ContextInfo(), "client.keepalive_interval_ns=321ms\n")
}

func TestSettings_comeAfterTheFields(t *testing.T) {
	d := driverContext(t, aeron.Config{Directory: testdriver.Dir(t), MTU: 4096, Settings: "mtu_length=2048; publication_linger_timeout_ns=7s"})
	require.Equal(t, 2048, d.MTULength())
	require.Equal(t, 7*time.Second, d.PublicationLingerTimeout())
}

func TestResolve_choosesOnce(t *testing.T) {
	for name, cfg := range map[string]aeron.Config{
		"zero": {}, "app": {AppID: "resolve-test"}, "directory": {Directory: "there"}, "unique": {UniqueDirectory: true},
		"unique directory": {Directory: "there", UniqueDirectory: true, AppendAppID: true}, "external": {External: true, AppID: "other"},
		"external environment": {External: true, FromEnv: true}, "environment": {FromEnv: true}, "shared": {AllowShared: true},
	} {
		once, err := cfg.Resolve()
		require.NoError(t, err, name)
		require.True(t, filepath.IsAbs(once.Directory), name)
		again, err := once.Resolve()
		require.NoError(t, err, name)
		require.Equal(t, once, again, name)
		require.Equal(t, once, again, name)
		require.NoError(t, once.Validate(), name)
	}
	_, err := aeron.Config{MTU: 1}.Resolve()
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
}

func TestResolve_appendsTheAppIDUnlessItIsThere(t *testing.T) {
	for dir, want := range map[string]string{
		"/a/b": "/a/b_orders", "/a/b_orders": "/a/b_orders", "/a/orders": "/a/orders", "/a/orders/": "/a/orders",
		"/a/reorders": "/a/reorders_orders", "/orders/b": "/orders/b_orders",
	} {
		cfg, err := aeron.Config{AppID: "orders", Directory: dir, AppendAppID: true}.Resolve()
		require.NoError(t, err)
		require.Equal(t, want, cfg.Directory, dir)
	}
}

func TestUniqueDirectory(t *testing.T) {
	base := config(t)
	base.UniqueDirectory = true
	seen := map[string]bool{}
	for range 100 {
		cfg, err := base.Resolve()
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(cfg.Directory, base.Directory+"_"), cfg.Directory)
		require.False(t, seen[cfg.Directory], "chosen twice")
		seen[cfg.Directory] = true
	}
	one, other := start(t, base), start(t, base)
	require.NotEqual(t, one.Dir(), other.Dir())
	require.False(t, aeron.IsLoaded(base), "it is not said which")
	require.True(t, aeron.IsLoaded(one.Config()))
	running, err := aeron.IsRunning(other.Config())
	require.NoError(t, err)
	require.True(t, running)
	same := open(t, one.Config())
	require.Equal(t, one.Dir(), same.Dir())
	require.Equal(t, 2, one.Users())
	_, err = base.DriverID()
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	require.ErrorContains(t, err, "Resolve")
}

// The id is the same in every process: this one was computed in another. It changes when a field or a default does.
func TestDriverID_isStable(t *testing.T) {
	id, err := aeron.Config{Directory: "/somewhere", AppID: "orders"}.DriverID()
	require.NoError(t, err)
	same, err := aeron.Config{Directory: "/somewhere/../somewhere", AppID: "orders", MTU: 1408, Logger: slog.Default()}.DriverID()
	require.NoError(t, err)
	require.Equal(t, id, same, "a default that is written out, and who listens, change nothing")
	require.Equal(t, "8184292e02722688", fmt.Sprintf("%016x", id))
}

func TestDriverID_dependsOnEveryField(t *testing.T) {
	base, err := aeron.Config{Directory: "/somewhere", AppID: "orders"}.Resolve()
	require.NoError(t, err)
	id, err := base.DriverID()
	require.NoError(t, err)
	require.NotZero(t, id)
	changed := map[string]any{
		"AppID": "other", "Directory": "/elsewhere", "Threading": aeron.Shared, "ClientName": "other", "Settings": "socket_tos=8", "ClientSettings": "keepalive_interval_ns=200ms",
		"MTU": 4096, "IPCMTU": 4096, "UnblockTimeout": time.Minute, "ClientLivenessTimeout": 11 * time.Second,
		"Driver": aeron.DriverConfig{MaxResend: 17},
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[aeron.Config]()) {
		switch f.Name {
		case "Logger", "UniqueDirectory", "AppendAppID", "Profile", "TerminationToken": // who listens, and what Resolve clears
			continue
		case "External", "FromEnv": // below: with them most fields mean something else
			continue
		}
		cfg := base
		v := reflect.ValueOf(&cfg).Elem().FieldByIndex(f.Index)
		switch to, given := changed[f.Name]; {
		case given:
			v.Set(reflect.ValueOf(to))
		case v.Kind() == reflect.Bool:
			v.SetBool(true)
		case v.Type() == reflect.TypeFor[time.Duration]():
			v.SetInt(v.Int() + int64(time.Millisecond))
		case f.Name == "SendBuffer":
			v.SetInt(100_000)
		default:
			v.SetInt(2 * v.Int())
		}
		if f.Name == "AllowTermination" {
			cfg.TerminationToken = "token"
		}
		if f.Name == "InitialWindow" {
			cfg.ReceiveBuffer = cfg.InitialWindow
		}
		got, err := cfg.DriverID()
		require.NoError(t, err, f.Name)
		require.NotEqual(t, id, got, f.Name)
	}
	external, err := aeron.Config{External: true, Directory: "/somewhere", AppID: "orders"}.DriverID()
	require.NoError(t, err)
	require.NotEqual(t, id, external)
	_, err = aeron.Config{MTU: 1}.DriverID()
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
}

func TestDriver_String(t *testing.T) {
	d := open(t, config(t))
	id, err := d.Config().DriverID()
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("Aeron Driver [%016x]", id), d.String())
}

// A Config can be copied, compared and asked without anything being made for it.
func TestConfig_questionsHaveNoSideEffects(t *testing.T) {
	parent := t.TempDir()
	cfg := aeron.Config{Directory: filepath.Join(parent, "sub", "driver")}
	_, err := cfg.Resolve()
	require.NoError(t, err)
	require.False(t, aeron.IsLoaded(cfg))
	running, err := aeron.IsRunning(cfg)
	require.NoError(t, err)
	require.False(t, running)
	stopped, err := aeron.EnsureStopped(testdriver.Context(t), cfg)
	require.NoError(t, err)
	require.True(t, stopped)
	require.NotEmpty(t, open(t, cfg).ContextInfo())
	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// What Driver.Config returns opens the same driver again, an external one too.
func TestConfig_ofAnExternalDriverIsUsableAgain(t *testing.T) {
	dir := testdriver.Dir(t)
	startIn(t, dir)
	d := start(t, aeron.Config{External: true, Directory: dir})
	again := start(t, d.Config())
	require.Equal(t, 2, again.Users())
	require.Equal(t, 5*time.Second, d.LingerTimeout())
	require.Equal(t, 5*time.Second, d.PublicationConnectionTimeout())
}

func ExampleConfig_Resolve() {
	cfg, err := aeron.Config{AppID: "orders", Directory: "/dev/shm/drivers", AppendAppID: true}.Resolve()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cfg.Directory, cfg.MTU)
	again, _ := cfg.Resolve()
	fmt.Println(cfg == again)
	// Output:
	// /dev/shm/drivers_orders 1408
	// true
}
