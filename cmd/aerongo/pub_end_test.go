package main

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestSeveralReceivers(t *testing.T) {
	for channel, several := range map[string]bool{
		"aeron:ipc":                                   false,
		"aeron:ipc?term-length=64k":                   false,
		"aeron:udp?endpoint=localhost:20121":          false,
		"aeron:udp?endpoint=192.168.1.1:4|mtu=1408":   false,
		"aeron:udp?endpoint=[::1]:20121":              false,
		"aeron:udp?endpoint=224.0.1.1:20121":          true,
		"aeron:udp?mtu=1408|endpoint=239.255.0.1:1":   true,
		"aeron:udp?endpoint=[ff02::1]:20121":          true,
		"aeron:udp?control=a:1|control-mode=dynamic":  true,
		"aeron:udp?control-mode=manual":               true,
		"aeron:udp?control=a:1|control-mode=response": false,
		"nonsense": false,
		"aeron:udp?endpoint=|control-mode|=|endpoint=": true,
		"": false,
	} {
		require.Equal(t, several, severalReceivers(channel), channel)
	}
}

func TestPub_theLastSubscriberLeavesInTheMiddle(t *testing.T) {
	_, dir := aDriver(t)
	sub := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "--count", "1")
	pub := launch(t, "pub", "--dir", dir, "-c", "aeron:ipc")
	pub.write("1\n", false)
	require.Equal(t, exitOK, sub.wait(), sub.errs.String())
	pub.write("2\n", false)
	require.Equal(t, exitError, pub.wait())
	oneSentence(t, pub.errs.String(), "the last subscriber left after 1 messages")
}

func TestPub_anotherSubscriberTakesOver(t *testing.T) {
	_, dir := aDriver(t)
	first := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "--count", "1")
	pub := launch(t, "pub", "--dir", dir, "-c", "aeron:ipc")
	pub.write("1\n", false)
	require.Equal(t, exitOK, first.wait(), first.errs.String())
	client := testdriver.Connect(t, dir)
	taking, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", defaultStream)
	require.NoError(t, err)
	testdriver.Await(t, "the publisher", taking.IsConnected)
	second := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "--until-eos")
	testdriver.Await(t, "the second one is there too", func() bool { return clients(t, dir) >= 3 })
	require.NoError(t, client.Close())
	pub.write("2\n", false)
	second.awaitOutput("2\n")
	require.NoError(t, pub.stdin.Close())
	require.Equal(t, exitOK, pub.wait(), pub.errs.String())
	require.Equal(t, exitOK, second.wait(), second.errs.String())
}

func TestSub_untilEverybodyHasEnded(t *testing.T) {
	_, dir := aDriver(t)
	sub := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "--until-eos")
	long := launch(t, "pub", "--dir", dir, "-c", "aeron:ipc")
	long.write("long\n", false)
	sub.awaitOutput("long\n")
	code, _, stderr := here(t, strings.NewReader("short\n"), "pub", "--dir", dir, "-c", "aeron:ipc")
	require.Equal(t, exitOK, code, stderr)
	sub.awaitOutput("short\n")
	// One of the two has ended, and the other goes on.
	long.write("still here\n", false)
	sub.awaitOutput("still here\n")
	require.NoError(t, long.stdin.Close())
	require.Equal(t, exitOK, long.wait(), long.errs.String())
	require.Equal(t, exitOK, sub.wait(), sub.errs.String())
}

func TestPub_aSignalEndsItWhereverItWaits(t *testing.T) {
	_, dir := aDriver(t)
	client := testdriver.Connect(t, dir)
	_, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", 9)
	require.NoError(t, err)
	for name, args := range map[string][]string{
		"for a subscriber":                   {"--wait", "1h"},
		"for a subscriber that stands still": {"-s", "9", "--linger", "1h"},
	} {
		t.Run(name, func(t *testing.T) {
			before := clients(t, dir)
			pub := launch(t, append([]string{"pub", "--dir", dir, "-c", "aeron:ipc"}, args...)...)
			pub.write("x\n", true)
			testdriver.Await(t, "its client", func() bool { return clients(t, dir) > before })
			pub.signal(syscall.SIGTERM)
			require.Equal(t, exitOK, pub.wait(), pub.errs.String())
			require.Empty(t, pub.errs.String())
		})
	}
}

func TestOpenFile_doesNotWaitForAWriterForEver(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	_, _, err := openFile(canceled(), fifo)
	require.ErrorIs(t, err, context.Canceled)
	// Whoever waits in the background is let go.
	var writer int
	testdriver.Await(t, "its reader", func() bool {
		writer, err = unix.Open(fifo, unix.O_WRONLY|unix.O_NONBLOCK, 0)
		return err == nil
	})
	require.NoError(t, unix.Close(writer))
}
