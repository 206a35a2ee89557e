package aeron_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestLoadProperties_isAConfig(t *testing.T) {
	dir := testdriver.Dir(t)
	cfg, err := aeron.LoadProperties(testdriver.File(t, "driver.properties", `
# a driver for tests
aeron.dir=`+dir+`
aeron.threading.mode = SHARED
aeron.term.buffer.length: 64k
aeron.ipc.term.buffer.length=128k
aeron.term.buffer.sparse.file=true
aeron.driver.timeout=5s
aeron.client.liveness.timeout=7s
aeron.shared.idle.strategy=backoff
aeron.shared.idle.strategy.init.args=1-2-3us-4ms
aeron.multicast.flowcontrol.supplier=aeron_min_flow_control_strategy_supplier
aeron.counters.buffer.length=1m
aeron.dir.delete.on.start=true
aeron.dir.delete.on.shutdown=true
aeron.driver.termination.validator=allow
aeron.client.name=by properties
aeron.client.pre.touch.mapped.memory=true
aeron.client.idle.sleep.duration=3ms
another.program=its business
`))
	require.NoError(t, err)
	require.Empty(t, os.Getenv("AERON_DIR"), "the process's environment is not touched")
	d := start(t, cfg)
	require.Equal(t, dir, d.Dir())
	resolved := d.Config()
	require.Equal(t, aeron.Shared, resolved.Threading)
	require.Equal(t, 64<<10, resolved.TermLength)
	require.Equal(t, 128<<10, resolved.IPCTermLength)
	require.Equal(t, 16<<10, resolved.InitialWindow, "defaults go by what the file says")
	require.True(t, resolved.SparseTerms)
	require.True(t, resolved.AllowTermination)
	require.False(t, resolved.KeepDirectory)
	require.Equal(t, 5*time.Second, resolved.DriverTimeout)
	require.Equal(t, 7*time.Second, resolved.ClientLivenessTimeout)
	require.Equal(t, "by properties", resolved.ClientName)
	info := d.ContextInfo()
	for _, line := range []string{
		"driver.shared_idle_strategy_init_args=1-2-3us-4ms\n", "driver.multicast_flowcontrol_supplier=min\n", "client.pre_touch_mapped_memory=true\n",
		"client.idle_sleep_duration_ns=3ms\n",
	} {
		require.Contains(t, info, line)
	}
	kept, err := aeron.LoadProperties(testdriver.File(t, "driver.properties", "aeron.dir.delete.on.shutdown=false\n"))
	require.NoError(t, err)
	require.Equal(t, aeron.Config{KeepDirectory: true}, kept)
	empty, err := aeron.LoadProperties(testdriver.File(t, "driver.properties", ""))
	require.NoError(t, err)
	require.Equal(t, aeron.Config{}, empty)
}

func TestLoadProperties_namesFileLineAndProperty(t *testing.T) {
	for text, says := range map[string]string{
		"\naeron.mtu.length=1409": `driver.properties:2: aeron.mtu.length="1409"`,
		"aeron.mtu.length=much":   `driver.properties:1: aeron.mtu.length="much"`,
		"aeron.mtu.lenght=1408":   `:1: aeron.mtu.lenght="1408" is no setting`,
		"#\n\nmalformed":          `:3: "malformed" must be name=value`,
		"=5":                      ":1: ",
		"aeron.mtu.length=1408\naeron.mtu.length=1408":        ":2: aeron.mtu.length is set in line 1 already",
		"aeron.dir.delete.on.start=perhaps":                   "must be true or false",
		"aeron.driver.termination.validator=maybe":            "must be allow or deny",
		"aeron.publication.reserved.session.id.low=5":         "is fixed",
		"aeron.client.idle.sleep.duration=soon":               `:1: aeron.client.idle.sleep.duration="soon"`,
		"aeron.sender.idle.strategy=dream":                    `:1: aeron.sender.idle.strategy="dream"`,
		"aeron.client.pre.touch.mapped.memory=2":              "must be true or false",
		"aeron.threading.mode=BOTH\naeron.socket.so.rcvbuf=x": ":2: aeron.socket.so.rcvbuf",
	} {
		_, err := aeron.LoadProperties(testdriver.File(t, "driver.properties", text))
		require.ErrorIs(t, err, aeron.ErrInvalidArgument, text)
		require.ErrorContains(t, err, says)
	}
	_, err := aeron.LoadProperties(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func ExampleLoadProperties() {
	dir, err := os.MkdirTemp("", "properties")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "driver.properties")
	text := "# for a small machine\naeron.threading.mode=SHARED\naeron.term.buffer.length=64k\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	cfg, err := aeron.LoadProperties(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg.AppID = "orders" // and what else the program knows better
	resolved, err := cfg.Resolve()
	fmt.Println(resolved.Threading, resolved.TermLength, resolved.InitialWindow, err)
	// Output:
	// shared 65536 16384 <nil>
}
