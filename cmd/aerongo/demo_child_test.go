package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestChild_thatCannotStart(t *testing.T) {
	_, err := startChild(testdriver.Context(t), filepath.Join(t.TempDir(), "missing"), "verb")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "missing verb")
}

func TestChild_endsByItself(t *testing.T) {
	c, err := startChild(testdriver.Context(t), os.Args[0], "version")
	require.NoError(t, err)
	<-c.done
	require.NoError(t, c.err)
	require.Contains(t, c.output.String(), "Aeron")
	<-c.ctx.Done()
	c.end()
	c.end()
	missing := errors.New("it did not say what it should")
	reason := c.reason(missing)
	require.ErrorIs(t, reason, errChildEnded)
	require.ErrorIs(t, reason, missing)
}

func TestChild_saysWhyItHasEnded(t *testing.T) {
	c, err := startChild(testdriver.Context(t), os.Args[0], "sub", "--nonsense")
	require.NoError(t, err)
	<-c.done
	<-c.ctx.Done()
	reason := c.reason(context.Canceled)
	require.ErrorIs(t, reason, errChildEnded)
	require.ErrorContains(t, reason, "unknown flag: --nonsense")
}

func TestChild_isEnded(t *testing.T) {
	_, dir := aDriver(t)
	before := clients(t, dir)
	c, err := startChild(testdriver.Context(t), os.Args[0], "pong", "--dir", dir, "-c", "aeron:ipc", "-C", "aeron:ipc")
	require.NoError(t, err)
	testdriver.Await(t, "its client", func() bool { return clients(t, dir) > before })
	failure := errors.New("something else")
	require.Equal(t, failure, c.reason(failure), "as long as it is there, it is not the reason")
	c.end()
	require.NotNil(t, c.cmd.ProcessState, "it is reaped")
	require.Equal(t, exitOK, c.cmd.ProcessState.ExitCode())
	require.Empty(t, c.errors.String())
}

func TestChild_isEndedWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	c, err := startChild(ctx, os.Args[0], "demo-receiver", "--embedded", "-c", "aeron:ipc")
	require.NoError(t, err)
	enough := errors.New("enough")
	cancel(enough)
	<-c.done
	require.ErrorIs(t, c.reason(context.Canceled), enough)
}

func TestTail_keepsTheBeginning(t *testing.T) {
	var out tail
	for range 3 {
		n, err := out.Write([]byte(strings.Repeat("x", tailLength-1)))
		require.NoError(t, err)
		require.Equal(t, tailLength-1, n, "the child must not notice")
	}
	require.Len(t, out.String(), tailLength)
}

func TestDemoTable(t *testing.T) {
	report := demoReport{Runs: []demoRun{
		{Channel: "aeron:ipc", Bytes: 2 << 20, Messages: 32, Seconds: 0.5, SHA256Sent: strings.Repeat("ab", 32), Verified: true},
		{Channel: "aeron:udp", Bytes: 1, Messages: 1, Seconds: 1, SHA256Sent: strings.Repeat("ab", 32), SHA256Received: strings.Repeat("cd", 32)},
		{Channel: "aeron:lost", Error: "not done within 2m0s (--timeout)"},
	}}
	var out strings.Builder
	require.NoError(t, report.write(streams{out: &out}, demoOptions{}, "name"))
	table := lines(out.String())
	require.Contains(t, table[0], "name")
	require.Regexp(t, `^aeron:ipc +2\.0 MiB +500ms +4\.0 MiB/s +64 +✓ abababababab$`, table[3])
	require.Regexp(t, `^aeron:udp .*✗ differs$`, table[4])
	require.Regexp(t, `^aeron:lost .*✗ not done within 2m0s \(--timeout\)$`, table[5])
}
