package aeronc_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func openDriverContext(t *testing.T) *aeronc.DriverContext {
	c, err := aeronc.NewDriverContext()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestDriverContext_Set(t *testing.T) {
	c := openDriverContext(t)
	require.NoError(t, c.Set("mtu_length", "2048"))
	require.Equal(t, 2048, c.MTULength())
	require.NoError(t, c.Set("term_buffer_length", " 64k "))
	require.Equal(t, 64<<10, c.TermBufferLength())
	require.NoError(t, c.Set("term_buffer_length", "1G"))
	require.Equal(t, 1<<30, c.TermBufferLength())
	require.NoError(t, c.Set("driver_timeout_ms", "3s"))
	require.Equal(t, 3*time.Second, c.DriverTimeout())
	require.NoError(t, c.Set("driver_timeout_ms", "4000"))
	require.Equal(t, 4*time.Second, c.DriverTimeout())
	require.NoError(t, c.Set("threading_mode", "shared"))
	require.Equal(t, aeronc.ThreadingShared, c.ThreadingMode())
	require.NoError(t, c.Set("receiver_group_consideration", "true"))
	require.Equal(t, aeronc.ForceTrue, c.ReceiverGroupConsideration())
	require.NoError(t, c.Set("tether_subscriptions", "FALSE"))
	require.False(t, c.TetherSubscriptions())
	require.NoError(t, c.Set("resolver_name", "somebody"))
	require.Equal(t, "somebody", c.ResolverName())
	require.NoError(t, c.Set("socket_multicast_ttl", "255"))
	require.EqualValues(t, 255, c.SocketMulticastTTL())
}

func TestDriverContext_Set_refuses(t *testing.T) {
	for _, bad := range [][2]string{
		{"", "1"}, {"no_such_setting", "1"}, {"MTU_LENGTH", "1408"},
		{"mtu_length", ""}, {"mtu_length", "1.5"}, {"mtu_length", "-1"}, {"mtu_length", "9223372036854775807k"}, {"mtu_length", "m"},
		{"socket_multicast_ttl", "256"}, {"stream_session_limit", "2g"}, {"max_resend", "-1"},
		{"driver_timeout_ms", "soon"}, {"driver_timeout_ms", "-1s"}, {"driver_timeout_ms", "1us"}, {"driver_timeout_ms", "9223372036854775807"},
		{"threading_mode", "both"}, {"tether_subscriptions", "yes"}, {"receiver_group_consideration", "perhaps"}, {"thread_naming", "x"},
		{"dir_delete_on_start", "2"},
	} {
		c := openDriverContext(t)
		before := maps.Collect(c.Settings())
		err := c.Set(bad[0], bad[1])
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument, "%q", bad)
		require.ErrorContains(t, err, bad[0])
		require.Equal(t, before, maps.Collect(c.Settings()), "%q", bad)
	}
}

func TestDriverContext_Settings_areWhatSetTakes(t *testing.T) {
	c := openDriverContext(t)
	var names []string
	for name, value := range c.Settings() {
		names = append(names, name)
		// C's own default is no value that its setter takes, or none for a setting of texts.
		if value == "" {
			continue
		}
		require.NoError(t, c.Set(name, value), name)
	}
	require.True(t, slices.IsSorted(names))
	require.Greater(t, len(names), 80)
	require.Contains(t, names, "mtu_length")

	other := openDriverContext(t)
	require.Equal(t, maps.Collect(other.Settings()), maps.Collect(c.Settings()))
	require.NoError(t, c.Close())
	require.Empty(t, maps.Collect(c.Settings()))
	require.ErrorIs(t, c.Set("mtu_length", "1408"), aeronc.ErrClosed)
}

func TestDriverContext_Settings_stopWithTheLoop(t *testing.T) {
	n := 0
	for range openDriverContext(t).Settings() {
		n++
		break
	}
	require.Equal(t, 1, n)
}

func TestDriverContext_Settings_tellWhatTheDriverDoesWithItsDirectory(t *testing.T) {
	c := openDriverContext(t)
	for _, name := range []string{"dir_delete_on_start", "dir_delete_on_shutdown"} {
		require.NoError(t, c.Set(name, "true"))
		require.Equal(t, "true", maps.Collect(c.Settings())[name])
		require.NoError(t, c.Set(name, "false"))
		require.Equal(t, "false", maps.Collect(c.Settings())[name])
	}
	require.NoError(t, c.Set("dir_delete_on_shutdown", "true"))
	dir := testdriver.Dir(t)
	require.NoError(t, c.SetDir(dir))
	require.NoError(t, c.SetThreadingMode(aeronc.ThreadingShared))
	d, err := aeronc.StartDriver(c)
	require.NoError(t, err)
	require.DirExists(t, dir)
	// In use: to be read, and no longer to be set.
	require.Equal(t, dir, maps.Collect(c.Settings())["dir"])
	require.ErrorIs(t, c.Set("mtu_length", "1408"), aeronc.ErrInvalidArgument)
	require.NoError(t, d.Close())
	require.NoDirExists(t, dir)
}

func TestContext_Set(t *testing.T) {
	c, err := aeronc.NewContext()
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	require.NoError(t, c.Set("client_name", "somebody"))
	require.NoError(t, c.Set("keepalive_interval_ns", "200ms"))
	settings := maps.Collect(c.Settings())
	require.Equal(t, "somebody", settings["client_name"])
	require.Equal(t, "200ms", settings["keepalive_interval_ns"])
	require.ErrorIs(t, c.Set("mtu_length", "1408"), aeronc.ErrInvalidArgument)
}

func FuzzDriverContext_Set(f *testing.F) {
	f.Add("mtu_length", "2k")
	f.Add("driver_timeout_ms", "5s")
	f.Add("resolver_name", "a\x00b")
	f.Fuzz(func(t *testing.T, name, value string) {
		c := openDriverContext(t)
		if err := c.Set(name, value); err != nil {
			require.NotEmpty(t, err.Error())
		}
	})
}
