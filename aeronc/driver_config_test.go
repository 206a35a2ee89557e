package aeronc_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// sample is a value of every kind of field that is neither zero nor C's default, and that goes with those of the others.
func sample(name string, field reflect.Value) {
	special := map[string]any{
		"Dir":           "/dev/shm/aerontest-sample",
		"ThreadingMode": aeronc.Some(aeronc.ThreadingShared), "ThreadNaming": aeronc.ThreadNamingNew,
		"ConductorIdleStrategy": "yield", "SenderIdleStrategy": "noop", "ReceiverIdleStrategy": "spin", "SharedIdleStrategy": "sleep-ns",
		"SharedNetworkIdleStrategy": "yield", "NativeResourceAgentIdleStrategy": "sleeping",
		"SharedNetworkIdleStrategyInitArgs": "1-2-3us-4ms", "UnicastFlowControl": "max", "MulticastFlowControl": "tagged", "CongestionControl": "cubic",
		"NameResolver": "driver", "IncomingLoss": "loss:rate=0.25|seed=3|recv-msg-mask=0x2", "ResolverName": "driver-a",
		"SendLoss": "data-rate=0.25|data-seed=3", "ReceiveLoss": "control-rate=0.5|control-seed=4", "ResolverInterface": "127.0.0.1:8050",
		"ResolverBootstrapNeighbor": "127.0.0.1:8051,127.0.0.1:8052", "NameResolverInitArgs": "a table",
		"ToConductorBufferLength": 2<<20 + 768, "ToClientsBufferLength": 4<<20 + 128, "CountersBufferLength": 2 << 20, "ErrorBufferLength": 8 << 20,
		"LossReportBufferLength": 1 << 16, "FilePageSize": 8192, "TermBufferLength": 128 << 10, "IPCTermBufferLength": 256 << 10, "MTULength": 4096,
		"IPCMTULength": 8192, "TimerInterval": time.Second / 2, "ClientLivenessTimeout": 11 * time.Second, "PublicationUnblockTimeout": 17 * time.Second,
		"ReceiverGroupConsideration": aeronc.Some(aeronc.ForceFalse), "SenderWildcardPorts": aeronc.PortRange{Low: 20000, High: 20100},
		"ReceiverWildcardPorts": aeronc.PortRange{Low: 30000, High: 30100}, "SocketMulticastTTL": uint8(3), "RcvInitialWindowLength": 64 << 10,
		"SenderIOVectorCapacity": uint32(8), "UDPChannelTransportPollerSocketPollLimit": int32(7),
	}
	if value, ok := special[name]; ok {
		field.Set(reflect.ValueOf(value))
		return
	}
	switch reflect.Zero(field.Type()).Interface().(type) {
	case aeronc.Optional[bool]:
		field.Set(reflect.ValueOf(aeronc.Some(!onByDefault[name])))
	case aeronc.Optional[int32]:
		field.Set(reflect.ValueOf(aeronc.Some[int32](0)))
	case aeronc.Optional[int64]:
		field.Set(reflect.ValueOf(aeronc.Some[int64](0)))
	case aeronc.Optional[int]:
		field.Set(reflect.ValueOf(aeronc.Some(0)))
	case aeronc.Optional[time.Duration]:
		field.Set(reflect.ValueOf(aeronc.Some[time.Duration](0)))
	case time.Duration:
		field.SetInt(int64(7 * time.Second))
	case string: // idle arguments
		field.SetString("100us")
	case uint32:
		field.SetUint(5)
	default:
		field.SetInt(9)
	}
}

// onByDefault are the switches that C has on.
var onByDefault = map[string]bool{
	"TermBufferSparseFile": true, "PerformStorageChecks": true, "ReliableStream": true, "RejoinStream": true, "TetherSubscriptions": true, "ConnectEnabled": true,
}

func sampleConfig() aeronc.DriverConfig {
	var config aeronc.DriverConfig
	v := reflect.ValueOf(&config).Elem()
	for i := range v.NumField() {
		sample(v.Type().Field(i).Name, v.Field(i))
	}
	return config
}

func TestDriverConfig_everyFieldGoesThroughC(t *testing.T) {
	want := sampleConfig()
	defaults := openDriverContext(t).Config()
	v, d := reflect.ValueOf(want), reflect.ValueOf(defaults)
	for i := range v.NumField() {
		require.False(t, v.Field(i).IsZero(), v.Type().Field(i).Name)
		if name := v.Type().Field(i).Name; name != "UnicastFlowControl" { // there is one only
			require.NotEqual(t, d.Field(i).Interface(), v.Field(i).Interface(), "%s: a sample that C has anyway proves nothing", name)
		}
	}
	c := openDriverContext(t)
	require.NoError(t, c.Apply(want))
	require.Equal(t, want, c.Config())

	// The other values of switches, since a setter that always sets the one would pass.
	for i := range v.NumField() {
		var off aeronc.DriverConfig
		field := reflect.ValueOf(&off).Elem().Field(i)
		if field.Type() != reflect.TypeFor[aeronc.Optional[bool]]() {
			continue
		}
		was, _ := reflect.TypeAssert[aeronc.Optional[bool]](v.Field(i))
		other := aeronc.Some(!was.Or(false))
		field.Set(reflect.ValueOf(other))
		require.NoError(t, c.Apply(off))
		require.Equal(t, other, reflect.ValueOf(c.Config()).Field(i).Interface(), v.Type().Field(i).Name)
	}
}

func TestDriverConfig_zeroChangesNothing(t *testing.T) {
	c := openDriverContext(t)
	require.NoError(t, c.Apply(aeronc.DriverConfig{}))
	require.Equal(t, openDriverContext(t).Config(), c.Config())
	require.NoError(t, aeronc.DriverConfig{}.Validate())
	require.NoError(t, c.Close())
	require.Zero(t, c.Config())
	require.ErrorIs(t, c.Apply(aeronc.DriverConfig{MTULength: 4096}), aeronc.ErrClosed)
}

// The defaults in the fields' comments are C's.
func TestDriverConfig_documentedDefaults(t *testing.T) {
	c := openDriverContext(t)
	values := maps.Collect(c.Settings())
	for _, f := range aeronc.DriverConfigFields() {
		if f.Setting == "dir" {
			continue // with the user's name in it
		}
		value, ok := values[f.Setting]
		require.True(t, ok, "%s is no setting that can be read", f.Setting)
		if f.Def == "" {
			require.Contains(t, []string{"", "0-0"}, value, f.Name)
			continue
		}
		require.Equal(t, f.Def, value, f.Name)
	}
}

// notInConfig are the setters that no field has, and why.
var notInConfig = map[string]string{
	"agent_on_start_function":           "a function that C calls on its threads; installed for the CPU affinities",
	"driver_termination_validator":      "SetAllowTermination and SetTerminationToken: C's threads ask it",
	"driver_termination_hook":           "ours tells of a request",
	"udp_channel_transport_bindings":    "a struct of functions, and upstream has one only",
	"udp_channel_outgoing_interceptors": "a struct of functions, and upstream has none",
	"conductor_duty_cycle_tracker":      "a struct of functions", "sender_duty_cycle_tracker": "a struct of functions",
	"receiver_duty_cycle_tracker": "a struct of functions", "name_resolver_time_tracker": "a struct of functions",
	"sender_port_manager": "a struct of functions; its range is SenderWildcardPorts", "receiver_port_manager": "the same",
}

// notInHeader are the settings that C has in a header that is not its driver's public one.
var notInHeader = []string{"send_channel_loss_supplier", "receive_channel_loss_supplier"}

func TestDriverConfig_hasEverySettingOfTheHeader(t *testing.T) {
	header, err := os.ReadFile(filepath.Join("..", "vendor-c", "prefix", "include", "aeron", "aeronmd.h"))
	if err != nil {
		t.Skip("the headers are installed elsewhere")
	}
	fields := map[string]bool{}
	for _, f := range aeronc.DriverConfigFields() {
		fields[f.Setting] = true
	}
	found := 0
	for _, m := range regexp.MustCompile(`(?m)^int(?:64_t)? aeron_driver_context_set_(\w+)\(`).FindAllStringSubmatch(string(header), -1) {
		found++
		_, without := notInConfig[m[1]]
		require.NotEqual(t, fields[m[1]], without, "%s is a field, or has a reason not to be", m[1])
	}
	for _, name := range notInHeader {
		require.True(t, fields[name], name)
	}
	require.Equal(t, len(fields)-len(notInHeader)+len(notInConfig), found)
	require.Len(t, fields, reflect.TypeFor[aeronc.DriverConfig]().NumField())
}

func TestDriverConfig_refuses(t *testing.T) {
	for _, test := range []struct {
		field, says string
		config      aeronc.DriverConfig
	}{
		{"MTULength", "1409 must be a multiple of 32 from 64 to 65504", aeronc.DriverConfig{MTULength: 1409}},
		{"MTULength", "-32 must be", aeronc.DriverConfig{MTULength: -32}},
		{"TermBufferLength", "65537 must be a power of two from 65536 to 1073741824", aeronc.DriverConfig{TermBufferLength: 65537}},
		{"TermBufferLength", "power of two", aeronc.DriverConfig{TermBufferLength: 1 << 40}},
		{"CountersBufferLength", "power of two from 1048576", aeronc.DriverConfig{CountersBufferLength: 1 << 19}},
		{"ToConductorBufferLength", "plus 768", aeronc.DriverConfig{ToConductorBufferLength: 2 << 20}},
		{"ToClientsBufferLength", "plus 128", aeronc.DriverConfig{ToClientsBufferLength: 1 << 20}},
		{"SocketTOS", "256 must be from -1 to 255", aeronc.DriverConfig{SocketTOS: aeronc.Some[int32](256)}},
		{"ConductorCPUAffinity", "-2 must be from -1 to 255", aeronc.DriverConfig{ConductorCPUAffinity: aeronc.Some[int32](-2)}},
		{"TimerInterval", "-1s must be from 1µs", aeronc.DriverConfig{TimerInterval: -time.Second}},
		{"NAKUnicastDelay", "must be from 1µs to 1h0m0s", aeronc.DriverConfig{NAKUnicastDelay: 2 * time.Hour}},
		{"DriverTimeout", "must be from 1ms", aeronc.DriverConfig{DriverTimeout: 1000 * 24 * time.Hour}},
		{"MaxResend", "257 must be from 1 to 256", aeronc.DriverConfig{MaxResend: 257}},
		{"ThreadingMode", "must be from DEDICATED to INVOKER", aeronc.DriverConfig{ThreadingMode: aeronc.Some(aeronc.ThreadingMode(4))}},
		{"SharedIdleStrategy", `"dream" must be backoff, noop,`, aeronc.DriverConfig{SharedIdleStrategy: "dream"}},
		{"SharedIdleStrategyInitArgs", "spins-yields-shortest-longest", aeronc.DriverConfig{SharedIdleStrategyInitArgs: "1-2-3us"}},
		{"SharedIdleStrategyInitArgs", "500us", aeronc.DriverConfig{SharedIdleStrategyInitArgs: "soon"}},
		{"SenderIdleStrategyInitArgs", "500us", aeronc.DriverConfig{SenderIdleStrategyInitArgs: "1h"}},
		{"SenderIdleStrategyInitArgs", "500us", aeronc.DriverConfig{SenderIdleStrategyInitArgs: "1s1s"}},
		{"SenderIdleStrategyInitArgs", "for sleep-ns", aeronc.DriverConfig{SenderIdleStrategy: "sleep-ns", SenderIdleStrategyInitArgs: "1-2-3us-4ms"}},
		{"ReceiverIdleStrategyInitArgs", "for backoff", aeronc.DriverConfig{ReceiverIdleStrategyInitArgs: "1ms"}},
		{"NativeResourceAgentIdleStrategyInitArgs", "for sleep-ns", aeronc.DriverConfig{NativeResourceAgentIdleStrategyInitArgs: "1-2-3us-4ms"}},
		{"MulticastFlowControl", `"slowest" must be max, min or tagged`, aeronc.DriverConfig{MulticastFlowControl: "slowest"}},
		{"UnicastFlowControl", `"min" must be max`, aeronc.DriverConfig{UnicastFlowControl: "min"}},
		{"CongestionControl", "must be default, static or cubic", aeronc.DriverConfig{CongestionControl: "bbr"}},
		{"NameResolver", "must be default, driver or csv_table", aeronc.DriverConfig{NameResolver: "dns"}},
		{"ResolverName", "NUL", aeronc.DriverConfig{ResolverName: "a\x00b"}},
		{"ResolverName", "up to 4095 bytes", aeronc.DriverConfig{ResolverName: strings.Repeat("n", 4096)}},
		{"ResolverInterface", "needs ResolverName", aeronc.DriverConfig{ResolverInterface: "127.0.0.1:1"}},
		{"ResolverInterface", "needs NameResolver driver", aeronc.DriverConfig{ResolverInterface: "127.0.0.1:1", ResolverName: "n"}},
		{"NameResolver", "needs ResolverName and ResolverInterface", aeronc.DriverConfig{NameResolver: "driver", ResolverName: "n"}},
		{"IncomingLoss", `"drop" must begin with loss, fixed-loss or multi-gap-loss`, aeronc.DriverConfig{IncomingLoss: "drop"}},
		{"SendLoss", `has the unknown parameter "rate": the spec has control-rate, control-seed, data-rate, data-seed`, aeronc.DriverConfig{SendLoss: "rate=0.1"}},
		{"ReceiveLoss", "has a wrong control-rate, which must be a share from 0 to 1", aeronc.DriverConfig{ReceiveLoss: "data-rate=0.1|control-rate=-1"}},
		{"ReceiveLoss", "has a wrong data-seed, which must be a number of 63 bits", aeronc.DriverConfig{ReceiveLoss: "data-rate=0.1|data-seed=-1"}},
		{"IncomingLoss", `unknown parameter "rat": loss has rate, recv-msg-mask, seed`, aeronc.DriverConfig{IncomingLoss: "loss:rat=1|recv-msg-mask=2"}},
		{"SenderWildcardPorts", "5-4 must begin above 0", aeronc.DriverConfig{SenderWildcardPorts: aeronc.PortRange{Low: 5, High: 4}}},
		{"ReceiverWildcardPorts", "0-4 must begin above 0", aeronc.DriverConfig{ReceiverWildcardPorts: aeronc.PortRange{High: 4}}},
		{"NetworkPublicationMaxMessagesPerSend", "SenderIOVectorCapacity (4)", aeronc.DriverConfig{NetworkPublicationMaxMessagesPerSend: 5}},
		{"NetworkPublicationMaxMessagesPerSend", "SenderIOVectorCapacity (3)", aeronc.DriverConfig{SenderIOVectorCapacity: 3}},
		{"ClientLivenessTimeout", "above TimerInterval (1s)", aeronc.DriverConfig{ClientLivenessTimeout: time.Second}},
		{"PublicationUnblockTimeout", "above ClientLivenessTimeout (10s)", aeronc.DriverConfig{PublicationUnblockTimeout: 10 * time.Second}},
		{"UntetheredWindowLimitTimeout", "above TimerInterval (1s)", aeronc.DriverConfig{UntetheredWindowLimitTimeout: time.Second}},
		{"UntetheredLingerTimeout", "above TimerInterval", aeronc.DriverConfig{UntetheredLingerTimeout: time.Millisecond}},
	} {
		err := test.config.Validate()
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument, test.field)
		require.ErrorContains(t, err, "DriverConfig."+test.field)
		require.ErrorContains(t, err, test.says)
		c := openDriverContext(t)
		before := c.Config()
		require.ErrorIs(t, c.Apply(test.config), aeronc.ErrInvalidArgument)
		require.Equal(t, before, c.Config(), "nothing is set")
	}
	err := aeronc.DriverConfig{MTULength: 1, MaxResend: 1000}.Validate()
	require.ErrorContains(t, err, "MTULength")
	require.ErrorContains(t, err, "MaxResend", "every finding")
}

// A driver starts with all of them at once, so that C refuses none for another's sake.
func TestDriverConfig_startsADriver(t *testing.T) {
	config := sampleConfig()
	config.Dir, config.DeleteOnShutdown = testdriver.Dir(t), aeronc.Some(true)
	config.PrintConfiguration, config.ThreadAffinityUseCpusetOffsets, config.ThreadAffinityFailOnValidationErrors = aeronc.Some(false), aeronc.Some(false), aeronc.Some(false)
	config.ResolverName, config.ResolverInterface, config.ResolverBootstrapNeighbor = "", "", ""
	config.NameResolver, config.NameResolverInitArgs, config.IncomingLoss = "", "", ""
	c, err := aeronc.NewDriverContext()
	require.NoError(t, err)
	require.NoError(t, c.Apply(config))
	d, err := aeronc.StartDriver(c)
	require.NoError(t, err)
	require.NoError(t, d.Close())
}

func TestDriverConfig_argumentsAloneCountForTheStrategyThatIsSet(t *testing.T) {
	c := openDriverContext(t)
	require.NoError(t, c.Apply(aeronc.DriverConfig{SharedIdleStrategyInitArgs: "1-2-3us-4ms"}))
	require.Equal(t, "backoff", c.SharedIdleStrategy())
	// Arguments that the strategy does not take never reach C.
	require.ErrorContains(t, c.Apply(aeronc.DriverConfig{SharedIdleStrategyInitArgs: "1ms"}), "spins-yields-shortest-longest")
	require.Equal(t, "1-2-3us-4ms", c.SharedIdleStrategyInitArgs())
}

func TestOptional(t *testing.T) {
	var none aeronc.Optional[int]
	_, given := none.Get()
	require.False(t, given)
	require.Equal(t, 7, none.Or(7))
	require.Empty(t, none.String())
	zero := aeronc.Some(0)
	value, given := zero.Get()
	require.True(t, given)
	require.Zero(t, value)
	require.Equal(t, 0, zero.Or(7))
	require.Equal(t, "0", zero.String())
	require.NotEqual(t, none, zero)
	require.Equal(t, "1s", fmt.Sprint(aeronc.Some(time.Second)))
}

// C would take what it does not know for nothing, and a number's beginning for the number.
func TestSetIncomingLoss_refuses(t *testing.T) {
	const fixed, gaps = "fixed-loss:term-id=1|term-offset=0", "multi-gap-loss:term-id=1|gap-length=64"
	for spec, says := range map[string]string{
		"lose:rate=1":                            "must begin with loss, fixed-loss or multi-gap-loss",
		":":                                      "must begin with",
		"loss:rate=1|recv-msg-mask=2|burst=3":    `has the unknown parameter "burst": loss has rate, recv-msg-mask, seed`,
		"loss:Rate=1|recv-msg-mask=2":            `has the unknown parameter "Rate"`,
		"loss:rate=1|recv-msg-mask=2|":           `has the unknown parameter ""`,
		"loss:rate=1|recv-msg-mask=2|seed":       "has a wrong seed, which must be a number of 64 bits from 0",
		"loss:":                                  `has the unknown parameter ""`,
		"loss":                                   "lacks rate, which must be a share from 0 to 1",
		"loss:rate=1":                            "lacks recv-msg-mask, which must be a hexadecimal number",
		"loss:rate=1|rate=1|recv-msg-mask=2":     "has rate twice: give it once",
		"loss:rate=1.5|recv-msg-mask=2":          "has a wrong rate, which must be a share from 0 to 1",
		"loss:rate=NaN|recv-msg-mask=2":          "has a wrong rate",
		"loss:rate=0x_1p-2|recv-msg-mask=2":      "has a wrong rate",
		"loss:rate=0.1x|recv-msg-mask=2":         "has a wrong rate",
		"loss:rate=1|recv-msg-mask=0x2g":         "has a wrong recv-msg-mask",
		fixed + "|length=64|gap-radix=64":        `has the unknown parameter "gap-radix": fixed-loss has length, term-id, term-offset`,
		fixed + "|length=-1":                     "has a wrong length, which must be a number of bytes up to 1073741824",
		fixed:                                    "lacks length",
		"fixed-loss:term-id=2147483648":          "has a wrong term-id, which must be the number of a term",
		gaps + "|total-gaps=0|gap-radix=64":      "has a wrong total-gaps, which must be a number from 1 to 65536",
		gaps + "|total-gaps=1|gap-radix=48":      "has a wrong gap-radix, which must be a power of two from 32",
		gaps + "|total-gaps=1|gap-radix=64|x=\n": `has the unknown parameter "x": multi-gap-loss has gap-length, gap-radix, term-id, total-gaps`,
	} {
		c := openDriverContext(t)
		err := c.SetIncomingLoss(spec)
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument, spec)
		require.ErrorContains(t, err, "udp_channel_incoming_interceptors="+strconv.Quote(spec)+" "+says)
		require.Empty(t, c.IncomingLoss(), "nothing is set")
	}
}
