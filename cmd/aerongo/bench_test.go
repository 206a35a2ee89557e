package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestBench_measuresAChannelOfTheUsers(t *testing.T) {
	_, dir := aDriver(t)
	svg := filepath.Join(t.TempDir(), "latency.svg")
	args := []string{"bench", "--dir", dir, "-c", testdriver.UDP(t), "-s", "7", "--streams", "2", "--rate", "2000", "--size", "64", "--warmup", "10ms", "--duration", "200ms"}
	code, stdout, stderr := here(t, nil, append(args, "--json", "--svg", svg)...)
	require.Equal(t, exitOK, code, stderr)
	r := decode[benchReport](t, stdout)
	require.Equal(t, int64(400), r.Sent)
	require.Equal(t, int64(400), r.Received)
	require.Zero(t, r.Lost)
	require.Equal(t, 2, r.Streams)
	require.NotNil(t, r.Latency)
	require.Positive(t, r.Latency.P50)
	require.GreaterOrEqual(t, r.Latency.Max, r.Latency.P99)
	picture, err := os.ReadFile(svg)
	require.NoError(t, err)
	require.Contains(t, string(picture), "<polyline")
	require.Contains(t, string(picture), "2 stream(s)")

	code, stdout, stderr = here(t, nil, args...)
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "Value\tPercentile")
	require.Contains(t, stdout, "400 sent, 400 received, 0 lost")
}

func TestBench_asFastAsItGoes(t *testing.T) {
	_, dir := aDriver(t)
	code, stdout, stderr := here(t, nil, "bench", "--dir", dir, "-c", "aeron:ipc", "--rate", "0", "--warmup", "0s", "--duration", "50ms", "--json")
	require.Equal(t, exitOK, code, stderr)
	r := decode[benchReport](t, stdout)
	require.Positive(t, r.Received)
	require.Zero(t, r.Lost)
	require.Nil(t, r.Latency)
}

func TestBench_badChannel(t *testing.T) {
	_, dir := aDriver(t)
	code, _, stderr := here(t, nil, "bench", "--dir", dir, "-c", "aeron:udp", "--duration", "1s")
	require.Equal(t, exitError, code)
	oneSentence(t, stderr, "aeron:udp")
	code, _, stderr = here(t, nil, "bench", "--dir", dir, "-c", "aeron:ipc", "--size", "100000000")
	require.Equal(t, exitError, code)
	oneSentence(t, stderr, "100000000 bytes")
}
