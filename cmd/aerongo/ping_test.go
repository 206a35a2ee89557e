package main

import (
	"encoding/json"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestPingPong(t *testing.T) {
	_, dir := aDriver(t)
	for _, channels := range [][2]string{{"aeron:ipc", "aeron:ipc"}, {testdriver.UDP(t), testdriver.UDP(t)}} {
		common := []string{"--dir", dir, "-c", channels[0], "-C", channels[1]}
		pong := launch(t, append([]string{"pong", "--json"}, common...)...)
		ping := func(args ...string) (int, string, string) {
			return here(t, nil, append(append([]string{"ping", "--wait", "15s"}, common...), args...)...)
		}

		code, stdout, stderr := ping("--messages", "500", "--warmup", "20", "--json")
		require.Equal(t, exitOK, code, stderr)
		report := map[string]float64{}
		require.NoError(t, json.Unmarshal([]byte(stdout), &report))
		require.InDelta(t, 500, report["count"], 0)
		require.InDelta(t, 32, report["length"], 0)
		require.Zero(t, report["rate"])
		last := 1.0
		for _, name := range []string{"min", "p50", "p90", "p99", "p99.9", "p99.99", "max"} {
			require.Contains(t, report, name)
			require.GreaterOrEqual(t, report[name], last, name)
			last = report[name]
		}
		require.Less(t, report["max"], 15e9)

		// Another client of the same pong, at a rate, with messages of several fragments.
		code, stdout, stderr = ping("--messages", "200", "--warmup", "0", "--rate", "2000", "--length", "5000", "--json")
		require.Equal(t, exitOK, code, stderr)
		require.NoError(t, json.Unmarshal([]byte(stdout), &report))
		require.InDelta(t, 200, report["count"], 0)
		require.InDelta(t, 2000, report["rate"], 0)
		require.InDelta(t, 5000, report["length"], 0)

		code, stdout, stderr = ping("--messages", "100", "--warmup", "0", "--length", "8", "--idle", "backoff")
		require.Equal(t, exitOK, code, stderr)
		require.Contains(t, stdout, "Percentile")
		require.Contains(t, stdout, "Total count    =          100", "HdrHistogram's own format")
		require.NotContains(t, stdout, "|#", "a plot is for terminals")

		pong.signal(syscall.SIGTERM)
		require.Equal(t, exitOK, pong.wait(), pong.errs.String())
		require.InDelta(t, 820, decode[map[string]float64](t, pong.out.String())["echoed"], 0)
	}
}

func TestPing_nobodyAnswers(t *testing.T) {
	_, dir := aDriver(t)
	code, stdout, stderr := here(t, nil, "ping", "--dir", dir, "-c", "aeron:ipc", "-C", "aeron:ipc", "--wait", "20ms", "--json")
	require.Equal(t, exitError, code)
	require.Empty(t, stdout)
	oneSentence(t, stderr, "no pong", "stream 1003", "20ms")
}

func TestPing_aMessageThatIsTooLong(t *testing.T) {
	_, dir := aDriver(t)
	code, _, stderr := here(t, nil, "ping", "--dir", dir, "-c", "aeron:ipc?term-length=64k", "-C", "aeron:ipc", "--length", "8193")
	require.Equal(t, exitError, code)
	oneSentence(t, stderr, "8193", "8192")
}

func TestPingPong_theDriverDies(t *testing.T) {
	driver, dir := aDriver(t)
	common := []string{"--dir", dir, "-c", "aeron:ipc", "-C", "aeron:ipc", "--driver-timeout", "5s"}
	pong := launch(t, append([]string{"pong"}, common...)...)
	code, _, stderr := here(t, nil, append(append([]string{"ping"}, common...), "--messages", "10", "--warmup", "0")...)
	require.Equal(t, exitOK, code, stderr)
	ping := launch(t, append(append([]string{"ping"}, common...), "--messages", "1000000000", "--warmup", "0")...)
	client := testdriver.Connect(t, dir)
	sub, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", pingStream)
	require.NoError(t, err)
	testdriver.Await(t, "pings", sub.IsConnected)
	require.NoError(t, client.Close())
	driver.signal(syscall.SIGKILL)
	for _, p := range []*process{pong, ping} {
		require.Equal(t, exitError, p.wait())
		oneSentence(t, p.errs.String(), "the media driver in "+dir+" is gone")
	}
}

func TestPong_defaultsAreThoseOfAeronsSamples(t *testing.T) {
	_, help, _ := here(t, nil, "ping", "--help")
	for _, text := range []string{"endpoint=localhost:20123", "endpoint=localhost:20124", "1002", "1003", "100000"} {
		require.Contains(t, help, text)
	}
	_, help, _ = here(t, nil, "pub", "--help")
	require.Contains(t, help, "aeron:udp?endpoint=localhost:20121")
	require.Contains(t, help, "1001")
}
