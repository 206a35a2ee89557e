package aeronc_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// idleSettings are those of C's idle strategies by C's names, with the one that each begins with.
var idleSettings = map[string]string{
	"conductor_idle_strategy": "backoff", "sender_idle_strategy": "backoff", "receiver_idle_strategy": "backoff", "sharednetwork_idle_strategy": "backoff",
	"shared_idle_strategy": "backoff", "native_resource_agent_idle_strategy": "sleep-ns",
}

// badIdle are arguments that a strategy does not take. C leaks eight bytes of some of them, and loses its strategy at all.
var badIdle = map[string][]string{
	"sleep-ns": {"soon", "-1", "1.5ms", "1s1s", "1h", "1m", "99999999999999999999", "1-2-3us-4ms", "61s"},
	"sleeping": {"1-2-3us-4ms"},
	"backoff":  {"1ms", "1-2-3us", "1-2-3us-4ms-5ms", "a-2-3us-4ms", "1-2-3us-", "1-2-3us-4h", "-1-2-3us-4ms", "1-2--3us-4ms", "1-2-3ns-4ms"},
}

func TestIdleStrategy_badArgumentsNeverReachC(t *testing.T) {
	for name, def := range idleSettings {
		for strategy, all := range badIdle {
			for _, args := range all {
				c := openDriverContext(t)
				before := maps.Collect(c.Settings())
				// Either no strategy takes them, or the one that is chosen does not.
				err := errors.Join(c.Set(name+"_init_args", args), c.Set(name, strategy))
				if args != "" {
					require.ErrorIs(t, err, aeronc.ErrInvalidArgument, "%s=%s with %q", name, strategy, args)
				}
				require.ErrorContains(t, err, name+"_init_args")
				after := maps.Collect(c.Settings())
				if after[name+"_init_args"] == args {
					require.Equal(t, def, after[name], "C keeps the strategy that it had")
				} else {
					delete(after, name)
					delete(before, name)
					require.Equal(t, before, after)
				}
			}
		}
		c := openDriverContext(t)
		err := c.Set(name, "dream")
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
		require.ErrorContains(t, err, `="dream" must be backoff, noop, sleep-ns, sleeping, spin or yield`)
		require.Equal(t, def, maps.Collect(c.Settings())[name])
	}
}

func TestIdleStrategy_goodArgumentsGoThroughC(t *testing.T) {
	for strategy, all := range map[string][]string{
		"sleep-ns": {"", "0", "1", "500us", "1ms", "60s", "999999ns"}, "sleeping": {"", "2ms"}, "backoff": {"", "0-0-1-1", "10-20-1us-1ms", "4294967295-1-1us-60s"},
		"noop": {"", "1ms", "1-2-3us-4ms"}, "spin": {"", "1ms"}, "yield": {""}, "aeron_idle_strategy_backoff": {"1-2-3us-4ms"},
	} {
		for _, args := range all {
			c := openDriverContext(t)
			for name := range idleSettings {
				require.NoError(t, c.Set(name+"_init_args", args), "%s=%s with %q", name, strategy, args)
				require.NoError(t, c.Set(name, strategy), "%s=%s with %q", name, strategy, args)
				settings := maps.Collect(c.Settings())
				require.Equal(t, strategy, settings[name])
				require.Equal(t, args, settings[name+"_init_args"])
			}
			client := newContext(t, testdriver.Dir(t))
			require.NoError(t, client.SetIdleStrategyInitArgs(args))
			require.NoError(t, client.SetIdleStrategy(strategy))
			require.Equal(t, strategy, client.IdleStrategy())
			require.Equal(t, args, client.IdleStrategyInitArgs())
		}
	}
}

// A client's context comes with arguments for sleep-ns, which backoff does not take.
func TestIdleStrategy_ofAClientNeedsItsArgumentsFirst(t *testing.T) {
	c := newContext(t, testdriver.Dir(t))
	was := c.IdleStrategyInitArgs()
	require.NotEmpty(t, was)
	err := c.SetIdleStrategy("backoff")
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	require.ErrorContains(t, err, was)
	require.ErrorContains(t, err, "before the strategy")
	require.Equal(t, "sleep-ns", c.IdleStrategy())
	require.NoError(t, c.SetIdleStrategyInitArgs(""))
	require.NoError(t, c.SetIdleStrategy("backoff"))

	// And it runs with it.
	d := testdriver.Start(t)
	client := d.Connect(func(c *aeronc.Context) {
		require.NoError(t, c.SetIdleStrategyInitArgs("10-20-1us-200us"))
		require.NoError(t, c.SetIdleStrategy("backoff"))
	})
	_, err = client.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
}

// Where C itself fails it has no strategy left, and a thread would call a null pointer.
func TestIdleStrategy_thatCFailedToSetKeepsItsContextFromStarting(t *testing.T) {
	boom := errors.New("no memory")
	d := newDriverContext(t, testdriver.Dir(t))
	require.ErrorIs(t, d.FailIdleStrategy("sender_idle_strategy", boom), boom)
	_, err := aeronc.StartDriver(d)
	require.ErrorIs(t, err, boom)
	require.ErrorContains(t, err, "sender_idle_strategy")
	require.NoDirExists(t, d.Dir())
	require.NoError(t, d.SetReceiverIdleStrategy("yield"), "another is not the one")
	_, err = aeronc.StartDriver(d)
	require.ErrorIs(t, err, boom)
	require.NoError(t, d.SetSenderIdleStrategy("yield"))
	driver, err := aeronc.StartDriver(d)
	require.NoError(t, err)
	defer func() { require.NoError(t, driver.Close()) }()

	c := newContext(t, driver.Dir())
	require.ErrorIs(t, c.FailIdleStrategy("idle_strategy", boom), boom)
	_, err = aeronc.Connect(c)
	require.ErrorIs(t, err, boom)
	require.NoError(t, c.SetIdleStrategy("sleep-ns"))
	client, err := aeronc.Connect(c)
	require.NoError(t, err)
	require.NoError(t, client.Close())
}

func TestIdleStrategy_ofTheEnvironmentIsCheckedToo(t *testing.T) {
	for variable, bad := range map[string]string{
		"AERON_SENDER_IDLE_STRATEGY": "dream", "AERON_CONDUCTOR_IDLE_STRATEGY_INIT_ARGS": "1ms", "AERON_SHARED_IDLE_STRATEGY_INIT_ARGS": "",
		"AERON_DRIVER_NATIVE_RESOURCE_AGENT_IDLE_STRATEGY_INIT_ARGS": "1.5ms", "AERON_SHAREDNETWORK_IDLE_STRATEGY": "",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, bad)
			_, err := aeronc.NewDriverContextFromEnv()
			require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
			require.ErrorContains(t, err, variable)
			c, err := aeronc.NewDriverContext()
			require.NoError(t, err, "who does not ask for the environment is not bothered")
			require.NoError(t, c.Close())
		})
	}
	t.Setenv("AERON_RECEIVER_IDLE_STRATEGY", "sleep-ns")
	t.Setenv("AERON_RECEIVER_IDLE_STRATEGY_INIT_ARGS", "2ms")
	c, err := aeronc.NewDriverContextFromEnv()
	require.NoError(t, err)
	require.Equal(t, "2ms", c.ReceiverIdleStrategyInitArgs())
	require.NoError(t, c.Close())
}
