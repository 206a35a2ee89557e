package aeronc_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestReadProperties_readsWhatCReads(t *testing.T) {
	path := testdriver.File(t, "driver.properties", "# comment\n! another\n\n  aeron.a = one two \naeron.b:2\r\naeron.c=\naeron.d=x\\\n# between\n   y\\\n\nz=w\naeron.e==:\nlast=1")
	all, err := aeronc.ReadProperties(path)
	require.NoError(t, err)
	var got []string
	for _, p := range all {
		require.Equal(t, path, p.File)
		got = append(got, p.Name+"|"+p.Value)
	}
	require.Equal(t, []string{"aeron.a|one two ", "aeron.b|2", "aeron.c|", "aeron.d|xyz=w", "aeron.e|=:", "last|1"}, got)
	require.Equal(t, 4, all[0].Line)
	require.Equal(t, 7, all[3].Line, "where the name is")
	require.Equal(t, "AERON_A", all[0].Variable())
}

func TestReadProperties_refuses(t *testing.T) {
	for text, says := range map[string]string{
		"name":                                `:1: "name" must be name=value`,
		"a=1\n = 2":                           `:2: " = 2" must be`,
		"a=1\na=1":                            ":2: a is set in line 1 already",
		"a=\x00":                              ":1: holds a NUL byte",
		"a=" + strings.Repeat("v", 2046):      ":1: is longer than 2047 bytes",
		"a=1\\\n" + strings.Repeat("v", 2045): ":2: is longer than",
		"a=1\\":                               ":1: a goes on",
		strings.Repeat("a", 1<<20+1):          "has 1048577 bytes",
	} {
		_, err := aeronc.ReadProperties(testdriver.File(t, "driver.properties", text))
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument, "%.20q", text)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "\x00")
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := aeronc.ReadProperties(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = aeronc.ReadProperties(t.TempDir())
	require.ErrorContains(t, err, "is no file")
}

const someProperties = `
aeron.mtu.length=4096
aeron.term.buffer.length=128k
aeron.ipc.term.buffer.length = 1m
aeron.threading.mode: SHARED
aeron.driver.timeout=7000
aeron.client.liveness.timeout=9s
aeron.publication.linger.timeout=70ms
aeron.tether.subscriptions=false
aeron.receiver.group.consideration=infer
aeron.thread.naming=new
aeron.sender.wildcard.port.range=20000 20100
aeron.flow.control.group.tag=-7
aeron.receiver.group.tag=11
aeron.multicast.flowcontrol.supplier=aeron_tagged_flow_control_strategy_supplier
aeron.congestioncontrol.supplier=aeron_cubic_congestion_control_strategy_supplier
aeron.conductor.idle.strategy.init.args=1-2-3us-4ms
aeron.driver.conductor.cycle.threshold=200ms
aeron.driver.resolver.name=somebody
aeron.socket.so.rcvbuf=256k
aeron.rcv.initial.window.length=64k
`

// What a file says, it says as C's own loader would have it, which sets variables of the process.
func TestSetProperties_isWhatCMakesOfTheFile(t *testing.T) {
	path := testdriver.File(t, "driver.properties", someProperties)
	properties, err := aeronc.ReadProperties(path)
	require.NoError(t, err)
	ours := openDriverContext(t)
	require.NoError(t, ours.SetProperties(properties))
	for _, p := range properties {
		variable := p.Variable()
		require.Empty(t, os.Getenv(variable), "the process's environment is its own")
		require.True(t, p.IsDriver(), p.Name)
		require.NotEmpty(t, p.Setting(), p.Name)
		t.Cleanup(func() { require.NoError(t, os.Unsetenv(variable)) })
	}
	// C reads the byte in front of an empty line, so it gets none.
	require.NoError(t, cgo.PropertiesFileLoad(testdriver.File(t, "driver.properties", strings.TrimPrefix(someProperties, "\n"))))
	theirs, err := aeronc.NewDriverContextFromEnv()
	require.NoError(t, err)
	defer func() { require.NoError(t, theirs.Close()) }()
	want, got := maps.Collect(theirs.Settings()), maps.Collect(ours.Settings())
	require.Equal(t, want, got)
	require.NotEqual(t, maps.Collect(openDriverContext(t).Settings()), got)
}

func TestDriverConfigOf_isWhatTheFileSaysAndNoMore(t *testing.T) {
	properties, err := aeronc.ReadProperties(testdriver.File(t, "driver.properties", someProperties+"aeron.client.name=x\nother=1\n"))
	require.NoError(t, err)
	config, err := aeronc.DriverConfigOf(properties)
	require.NoError(t, err)
	require.NoError(t, config.Validate())
	c := openDriverContext(t)
	require.NoError(t, c.Apply(config))
	require.Equal(t, 4096, c.MTULength())
	require.Equal(t, 4096, config.MTULength)
	require.Zero(t, config.MaxResend, "which the file does not name")
	require.Equal(t, aeronc.Some(aeronc.ThreadingShared), config.ThreadingMode)

	properties, err = aeronc.ReadProperties(testdriver.File(t, "driver.properties", "aeron.term.buffer.length=65537\naeron.mtu.length=2048\naeron.max.resend=many\n"))
	require.NoError(t, err)
	_, err = aeronc.DriverConfigOf(properties)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	require.ErrorContains(t, err, ":3: aeron.max.resend")
	_, err = aeronc.DriverConfigOf(properties[:2])
	require.ErrorContains(t, err, ":1: aeron.term.buffer.length")
	require.ErrorContains(t, err, "power of two")
}

func TestSetProperties_ofAClient(t *testing.T) {
	c := newContext(t, testdriver.Dir(t))
	properties, err := aeronc.ReadProperties(testdriver.File(t, "driver.properties", "aeron.client.name=somebody\naeron.client.pre.touch.mapped.memory=true\naeron.mtu.length=1408\naeron.driver.timeout=3s\n"))
	require.NoError(t, err)
	require.NoError(t, c.SetProperties(properties))
	require.Equal(t, "somebody", c.ClientName())
	require.True(t, c.PreTouchMappedMemory())
	require.Equal(t, "client_name", properties[0].Setting())
	require.True(t, properties[0].IsClient())
	require.False(t, properties[2].IsClient())
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.SetProperties(nil), aeronc.ErrClosed)
}

// Every setting of a driver can be said in a file, and in the environment, but for one that is none of C's, and two that C's driver does
// not look for there.
func TestProperties_nameEverySettingOfADriver(t *testing.T) {
	require.Equal(t, []string{"frame_guard", "receive_channel_loss_supplier", "send_channel_loss_supplier"}, aeronc.SettingsWithoutVariable())
}
