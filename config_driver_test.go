package aeron_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// driverRefusals are of Driver and Profile; TestValidate_namesFieldValueAndRemedy tries them too.
var driverRefusals = []refusal{
	{"Driver", []aeron.Config{{Driver: aeron.DriverConfig{MTULength: 1409, MaxResend: 1000}, MTU: 64}}, "set one of them"},
	{"Driver", []aeron.Config{
		{Driver: aeron.DriverConfig{DeleteOnStart: aeron.Some(true)}}, {Driver: aeron.DriverConfig{DeleteOnStart: aeron.Some(false)}},
	}, "removes what a dead driver has left"},
	{"Driver", []aeron.Config{{Driver: aeron.DriverConfig{DeleteOnShutdown: aeron.Some(false)}}}, "KeepDirectory"},
	{"Driver", []aeron.Config{
		{Driver: aeron.DriverConfig{PublicationReservedSessionIDLow: aeron.Some[int32](1)}},
		{Driver: aeron.DriverConfig{PublicationReservedSessionIDHigh: aeron.Some[int32](1)}},
	}, "package ids"},
	{"Driver", []aeron.Config{{Driver: aeron.DriverConfig{MaxResend: 1000}}}, "from 1 to 256"},
	{"Driver", []aeron.Config{{Driver: aeron.DriverConfig{ThreadingMode: aeron.Some(aeronc.ThreadingDedicated)}, Threading: aeron.Shared}}, "is Threading"},
	{"Driver", []aeron.Config{{Driver: aeron.DriverConfig{SocketSORcvBuf: aeron.Some(1 << 20)}, ReceiveBuffer: 1 << 19}}, "is ReceiveBuffer"},
	{"Driver", []aeron.Config{{Driver: aeron.DriverConfig{TermBufferSparseFile: aeron.Some(false)}, SparseTerms: true}}, "is SparseTerms"},
	{"Driver", []aeron.Config{{Driver: aeron.DriverConfig{UntetheredWindowLimitTimeout: time.Second}}}, "above TimerInterval"},
	{"Threading", []aeron.Config{{Invoker: true, Threading: aeron.Shared}}, "Invoker has none"},
	{"TerminationToken", []aeron.Config{{TerminationToken: "x"}}, "needs AllowTermination"},
	{"TerminationToken", []aeron.Config{{TerminationToken: strings.Repeat("x", 1025), AllowTermination: true}}, "up to 1024 bytes"},
	{"Profile", []aeron.Config{{Profile: -1}, {Profile: 4}, {Profile: 4, External: true}}, "balanced, low-latency, server, laptop"},
}

// A setting means the same in Driver and in the Config's own field, and both mean the same driver.
func TestDriverConfig_twinsOfTheConfigsFields(t *testing.T) {
	for _, test := range []struct {
		driver aeron.DriverConfig
		config aeron.Config
	}{
		{aeron.DriverConfig{Dir: "/there"}, aeron.Config{Directory: "/there"}},
		{aeron.DriverConfig{TermBufferLength: 128 << 10}, aeron.Config{TermLength: 128 << 10}},
		{aeron.DriverConfig{IPCTermBufferLength: 128 << 10}, aeron.Config{IPCTermLength: 128 << 10}},
		{aeron.DriverConfig{MTULength: 4096}, aeron.Config{MTU: 4096}},
		{aeron.DriverConfig{IPCMTULength: 4096}, aeron.Config{IPCMTU: 4096}},
		{aeron.DriverConfig{RcvInitialWindowLength: 64 << 10}, aeron.Config{InitialWindow: 64 << 10}},
		{aeron.DriverConfig{SocketSORcvBuf: aeron.Some(200 << 10)}, aeron.Config{ReceiveBuffer: 200 << 10}},
		{aeron.DriverConfig{SocketSOSndBuf: 200 << 10}, aeron.Config{SendBuffer: 200 << 10}},
		{aeron.DriverConfig{CountersBufferLength: 2 << 20}, aeron.Config{CountersLength: 2 << 20}},
		{aeron.DriverConfig{StreamSessionLimit: 7}, aeron.Config{StreamSessionLimit: 7}},
		{aeron.DriverConfig{DriverTimeout: 7 * time.Second}, aeron.Config{DriverTimeout: 7 * time.Second}},
		{aeron.DriverConfig{ClientLivenessTimeout: 7 * time.Second}, aeron.Config{ClientLivenessTimeout: 7 * time.Second}},
		{aeron.DriverConfig{ImageLivenessTimeout: 7 * time.Second}, aeron.Config{ImageLivenessTimeout: 7 * time.Second}},
		{aeron.DriverConfig{PublicationLingerTimeout: 7 * time.Second}, aeron.Config{LingerTimeout: 7 * time.Second}},
		{aeron.DriverConfig{PublicationConnectionTimeout: 7 * time.Second}, aeron.Config{PublicationConnectionTimeout: 7 * time.Second}},
		{aeron.DriverConfig{PublicationUnblockTimeout: 17 * time.Second}, aeron.Config{UnblockTimeout: 17 * time.Second}},
		{aeron.DriverConfig{TermBufferSparseFile: aeron.Some(true)}, aeron.Config{SparseTerms: true}},
		{aeron.DriverConfig{TermBufferSparseFile: aeron.Some(false)}, aeron.Config{}},
		{aeron.DriverConfig{SpiesSimulateConnection: aeron.Some(true)}, aeron.Config{SpiesSimulateConnection: true}},
		{aeron.DriverConfig{ThreadingMode: aeron.Some(aeronc.ThreadingDedicated)}, aeron.Config{Threading: aeron.Dedicated}},
		{aeron.DriverConfig{ThreadingMode: aeron.Some(aeronc.ThreadingSharedNetwork)}, aeron.Config{}},
	} {
		want, err := test.config.Resolve()
		require.NoError(t, err)
		got, err := aeron.Config{Driver: test.driver}.Resolve()
		require.NoError(t, err, "%+v", test.driver)
		require.Equal(t, want, got)
		both := test.config
		both.Driver = test.driver
		got, err = both.Resolve()
		require.NoError(t, err, "the same value twice is no contradiction")
		require.Equal(t, want, got)
	}
}

// The system's own receive buffer cannot be said with ReceiveBuffer.
func TestDriverConfig_systemReceiveBuffer(t *testing.T) {
	cfg := aeron.Config{Directory: testdriver.Dir(t), Driver: aeron.DriverConfig{SocketSORcvBuf: aeron.Some(0)}}
	require.Zero(t, driverContext(t, cfg).SocketSORcvBuf())
}

func TestDriverConfig_isSetOnTheDriver(t *testing.T) {
	cfg := config(t)
	cfg.Driver = aeron.DriverConfig{
		NAKUnicastDelay: 3 * time.Millisecond, MulticastFlowControl: "min", FlowControlGroupMinSize: 2, ThreadNaming: aeronc.ThreadNamingNew,
		TimerInterval: 30 * time.Millisecond,
	}
	d := start(t, cfg)
	info := d.ContextInfo()
	for _, line := range []string{
		"driver.nak_unicast_delay_ns=3ms\n", "driver.multicast_flowcontrol_supplier=min\n", "driver.flow_control_group_min_size=2\n",
		"driver.thread_naming=1\n", "driver.timer_interval_ns=30ms\n",
	} {
		require.Contains(t, info, line)
	}
	require.Equal(t, cfg.Driver, d.Config().Driver)
	other := cfg
	other.Driver.MaxResend = 20
	_, err := aeron.Open(other)
	require.ErrorIs(t, err, aeron.ErrConfigConflict, "another setting is another driver")
}

func TestDriverConfig_hasALowerSayThanSettings(t *testing.T) {
	d := driverContext(t, aeron.Config{
		Directory: testdriver.Dir(t), Driver: aeron.DriverConfig{SocketTOS: aeron.Some[int32](0), MaxResend: 20}, Settings: "max_resend=30",
	})
	require.EqualValues(t, 0, d.SocketTOS())
	require.EqualValues(t, 30, d.MaxResend())
}

func TestDriverConfig_setsWhatTheEnvironmentSetToo(t *testing.T) {
	t.Setenv("AERON_MAX_RESEND", "40")
	t.Setenv("AERON_SOCKET_TOS", "8")
	d := driverContext(t, aeron.Config{Directory: testdriver.Dir(t), FromEnv: true, Driver: aeron.DriverConfig{MaxResend: 20}})
	require.EqualValues(t, 20, d.MaxResend())
	require.EqualValues(t, 8, d.SocketTOS())
}

func TestDriverID_dependsOnEveryFieldOfDriver(t *testing.T) {
	base := aeron.Config{Directory: "/somewhere"}
	id, err := base.DriverID()
	require.NoError(t, err)
	seen := map[uint64]string{id: "nothing"}
	v := reflect.TypeFor[aeron.DriverConfig]()
	for i := range v.NumField() {
		cfg := base
		field := reflect.ValueOf(&cfg.Driver).Elem().Field(i)
		switch field.Kind() {
		case reflect.String:
			field.SetString("1us") // the ids of Configs that are not valid are of no use, so this is about the fields that take it
		case reflect.Struct:
			continue // below
		default:
			if field.CanInt() {
				field.SetInt(1)
			} else {
				field.SetUint(1)
			}
		}
		got, err := cfg.DriverID()
		if err != nil {
			continue
		}
		require.Empty(t, seen[got], v.Field(i).Name)
		seen[got] = v.Field(i).Name
	}
	require.Greater(t, len(seen), 15)
	cfg := base
	cfg.Driver.SocketTOS = aeron.Some[int32](0)
	zero, err := cfg.DriverID()
	require.NoError(t, err)
	require.NotEqual(t, id, zero, "an Optional of zero is not none")
}
