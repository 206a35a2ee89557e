package aeronc_test

import (
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// special gives values to the settings that do not take just any.
var special = map[string][]any{
	"Dir":                             {"/dev/shm/aerontest-setting"},
	"ConductorIdleStrategy":           {"yield", "spin"},
	"SenderIdleStrategy":              {"yield", "spin"},
	"ReceiverIdleStrategy":            {"yield", "spin"},
	"SharedIdleStrategy":              {"yield", "spin"},
	"ThreadingMode":                   {aeronc.ThreadingShared, aeronc.ThreadingInvoker},
	"ThreadNaming":                    {aeronc.ThreadNaming(1), aeronc.ThreadNaming(0)},
	"IdleStrategy":                    {"yield", "spin"},
	"ResolverName":                    {"resolver"},
	"ClientName":                      {"a client", "another"},
	"ReceiverGroupConsideration":      {aeronc.ForceTrue, aeronc.ForceFalse},
	"SharedNetworkIdleStrategy":       {"yield", "spin"},
	"NativeResourceAgentIdleStrategy": {"yield", "spin"},
	"UnicastFlowControl":              {"max"},
	"MulticastFlowControl":            {"min", "tagged", "max"},
	"CongestionControl":               {"cubic", "static", "default"},
	"NameResolver":                    {"csv_table", "driver", "default"},
	"SenderWildcardPorts":             {aeronc.PortRange{Low: 1000, High: 2000}, aeronc.PortRange{Low: 5, High: 5}, aeronc.PortRange{}},
	"ReceiverWildcardPorts":           {aeronc.PortRange{Low: 1000, High: 2000}, aeronc.PortRange{Low: 1, High: 65535}, aeronc.PortRange{}},
	"ReceiverGroupTag":                {aeronc.Some[int64](-7), aeronc.Some[int64](0), aeronc.Optional[int64]{}},
	"SendLoss":                        {"data-rate=0.5|data-seed=7|control-rate=1|control-seed=0", "control-rate=0.25", ""},
	"ReceiveLoss":                     {"data-rate=0.125|control-rate=0.5|control-seed=9223372036854775807", "data-rate=1|data-seed=1", ""},
	"IncomingLoss": {
		"loss:rate=0.5|seed=7|recv-msg-mask=0x2", "fixed-loss:term-id=1|term-offset=0|length=64", "",
		"multi-gap-loss:term-id=1|gap-radix=4096|gap-length=64|total-gaps=2", "loss:rate=0|recv-msg-mask=2", "",
	},
}

// values are what a setting of a type is set to: each must come back, so that a setter which does nothing is found out.
func values(name string, t reflect.Type) []any {
	if v, ok := special[name]; ok {
		return v
	}
	if strings.HasSuffix(name, "IdleStrategyInitArgs") {
		return []any{"5us", "1-2-3us-4ms", ""}
	}
	switch reflect.Zero(t).Interface().(type) {
	case bool:
		return []any{true, false, true}
	case string:
		return []any{"first", "second"}
	case time.Duration:
		return []any{7 * time.Second, 9 * time.Second}
	}
	return []any{reflect.ValueOf(32).Convert(t).Interface(), reflect.ValueOf(64).Convert(t).Interface()}
}

// testSettings sets every setting through C and reads it back.
func testSettings(t *testing.T, context any, settings int) {
	c := reflect.ValueOf(context)
	tested := 0
	for i := range c.NumMethod() {
		name, ok := strings.CutPrefix(c.Type().Method(i).Name, "Set")
		getter := c.MethodByName(name)
		if !ok || !getter.IsValid() || getter.Type().NumIn() != 0 {
			continue
		}
		tested++
		t.Run(name, func(t *testing.T) {
			setter := c.MethodByName("Set" + name)
			for _, value := range values(name, setter.Type().In(0)) {
				result := setter.Call([]reflect.Value{reflect.ValueOf(value)})[0]
				require.True(t, result.IsNil(), "set %v: %v", value, result)
				require.Equal(t, value, getter.Call(nil)[0].Interface())
			}
			if setter.Type().In(0).Kind() == reflect.Int || setter.Type().In(0) == reflect.TypeFor[time.Duration]() {
				negative := reflect.ValueOf(-2).Convert(setter.Type().In(0))
				err, _ := reflect.TypeAssert[error](setter.Call([]reflect.Value{negative})[0])
				require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
			}
		})
	}
	require.Equal(t, settings, tested, "every setting with a setter and a getter, and no other")
}

func TestDriverContext_everySettingComesBackFromC(t *testing.T) {
	c, err := aeronc.NewDriverContext()
	require.NoError(t, err)
	require.Empty(t, aeronc.SettingsWithoutGetter(), "what cannot be read cannot be proven")
	testSettings(t, c, len(maps.Collect(c.Settings())))
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	require.Zero(t, c.MTULength())
	require.ErrorIs(t, c.SetMTULength(1408), aeronc.ErrClosed)
}

func TestContext_everySettingComesBackFromC(t *testing.T) {
	c, err := aeronc.NewContext()
	require.NoError(t, err)
	require.NoError(t, c.SetIdleStrategyInitArgs("1us"))
	testSettings(t, c, len(maps.Collect(c.Settings())))
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.SetClientName("late"), aeronc.ErrClosed)
}

func TestContext_refusesAStringThatCWouldCutOff(t *testing.T) {
	c, err := aeronc.NewContext()
	require.NoError(t, err)
	defer c.Close()
	err = c.SetDir("/dev/shm/a\x00b")
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	require.ErrorContains(t, err, "NUL")
	require.Error(t, c.SetClientName(strings.Repeat("n", 200)))
	require.ErrorIs(t, c.SetDir("/dev/shm/"+strings.Repeat("n", 4096)), aeronc.ErrInvalidArgument)
}

func TestDriverContext_ignoresTheEnvironmentUnlessAsked(t *testing.T) {
	t.Setenv("AERON_MTU_LENGTH", "4096")
	t.Setenv("AERON_DIR", "/dev/shm/aerontest-env")
	t.Setenv("AERON_EVENT_LOG", "all")
	plain, err := aeronc.NewDriverContext()
	require.NoError(t, err)
	defer plain.Close()
	require.Equal(t, 1408, plain.MTULength())
	require.NotEqual(t, "/dev/shm/aerontest-env", plain.Dir())
	asked, err := aeronc.NewDriverContextFromEnv()
	require.NoError(t, err)
	defer asked.Close()
	require.Equal(t, 4096, asked.MTULength())
	require.Equal(t, "/dev/shm/aerontest-env", asked.Dir())
	client, err := aeronc.NewContextFromEnv()
	require.NoError(t, err)
	defer client.Close()
	require.Equal(t, "/dev/shm/aerontest-env", client.Dir())
}

func TestDriverContext_belongsToOneDriver(t *testing.T) {
	var context *aeronc.DriverContext
	testdriver.Start(t, func(c *aeronc.DriverContext) { context = c })
	_, err := aeronc.StartDriver(context)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	require.ErrorIs(t, context.SetMTULength(4096), aeronc.ErrInvalidArgument)
	require.NoError(t, context.Close(), "the driver's to close")
	require.Equal(t, 1408, context.MTULength())
}
