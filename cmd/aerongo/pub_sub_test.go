package main

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

func TestPubSub_aFileArrivesAsItIs(t *testing.T) {
	_, dir := aDriver(t)
	for name, channel := range map[string]string{"ipc": "aeron:ipc", "udp": testdriver.UDP(t)} {
		for _, length := range []int{0, 1, 1 << 20} {
			path, content := aFile(t, length)
			sub := launch(t, "sub", "--dir", dir, "-c", channel, "-s", "7", "--raw", "--until-eos")
			code, stdout, stderr := here(t, nil, "pub", "--dir", dir, "-c", channel, "-s", "7", "--raw", "--size", "5000", "--file", path, "--json")
			require.Equal(t, exitOK, code, stderr)
			require.Equal(t, exitOK, sub.wait(), sub.errs.String())
			require.Equal(t, sha256.Sum256(content), sha256.Sum256([]byte(sub.out.String())), "%s: %d bytes have become %d", name, length, len(sub.out.String()))
			report := decode[pubReport](t, stdout)
			require.Equal(t, int64(length), report.Bytes)
			require.Equal(t, int64((length+4999)/5000), report.Messages)
			require.Equal(t, int32(7), report.Stream)
			require.True(t, report.Consumed)
			require.Positive(t, report.Seconds)
			require.GreaterOrEqual(t, report.Position, int64(length))
		}
	}
}

func TestPubSub_lineByLine(t *testing.T) {
	_, dir := aDriver(t)
	for _, channel := range []string{"aeron:ipc", testdriver.UDP(t)} {
		// An empty line, blanks, a line of several fragments, bytes that are no text, and no newline at the end.
		text := "one\n\n  two\t\n" + strings.Repeat("long", 1000) + "\nno\xff\xfetext\x00\r\nlast"
		sub := launch(t, "sub", "--dir", dir, "-c", channel, "--count", "6")
		pub := launch(t, "pub", "--dir", dir, "-c", channel, "--json")
		pub.write(text, true)
		require.Equal(t, exitOK, pub.wait(), pub.errs.String())
		require.Equal(t, exitOK, sub.wait(), sub.errs.String())
		require.Equal(t, text+"\n", sub.out.String())
		require.Equal(t, int64(6), decode[pubReport](t, pub.out.String()).Messages)
		require.Empty(t, pub.errs.String(), "no progress bar where nobody looks")
	}
}

func TestPubSub_inTwoEmbeddedDrivers(t *testing.T) {
	channel := testdriver.UDP(t)
	path, content := aFile(t, 700000)
	sub := launch(t, "sub", "--embedded", "-c", channel, "--raw", "--until-eos")
	code, stdout, stderr := here(t, nil, "pub", "--embedded", "--wait", "20s", "-c", channel, "--raw", "--file", path, "--json")
	require.Equal(t, exitOK, code, stderr)
	require.True(t, decode[pubReport](t, stdout).Consumed, "the receiver on the other driver has reported it")
	require.Equal(t, exitOK, sub.wait(), sub.errs.String())
	require.Equal(t, sha256.Sum256(content), sha256.Sum256([]byte(sub.out.String())))
}

// A stream may begin elsewhere than at 0, and what was before that nobody is to consume.
func TestPubSub_aStreamThatBeginsElsewhere(t *testing.T) {
	channel := testdriver.UDP(t)
	sub := launch(t, "sub", "--embedded", "-c", channel, "--until-eos")
	code, stdout, stderr := here(t, strings.NewReader("one\ntwo\n"), "pub", "--embedded", "--wait", "20s", "--linger", "5s", "--json",
		"-c", channel+"|term-length=64k|init-term-id=7|term-id=1007|term-offset=64")
	require.Equal(t, exitOK, code, stderr)
	report := decode[pubReport](t, stdout)
	require.True(t, report.Consumed)
	require.EqualValues(t, 1000*64<<10+64+2*64, report.Position)
	require.Equal(t, exitOK, sub.wait(), sub.errs.String())
	require.Equal(t, "one\ntwo\n", sub.out.String())
}

func TestPubSub_inThePublishersDriver(t *testing.T) {
	dir := testdriver.Dir(t)
	pub := launch(t, "pub", "--embedded", "--dir", dir, "-c", "aeron:ipc", "--json")
	require.NoError(t, awaitReady(testdriver.Context(t), dir))
	sub := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "--until-eos")
	pub.write("one\ntwo\n", true)
	require.Equal(t, exitOK, sub.wait(), "the driver must not go before its subscriber: %s", sub.errs.String())
	require.Equal(t, "one\ntwo\n", sub.out.String())
	require.Equal(t, exitOK, pub.wait(), pub.errs.String())
	require.NoDirExists(t, dir)
}

func TestPubSub_whatComesAtOnceIsShownAtOnce(t *testing.T) {
	_, dir := aDriver(t)
	sub := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc")
	pub := launch(t, "pub", "--dir", dir, "-c", "aeron:ipc")
	pub.write("one\ntwo\nthr", false)
	sub.awaitOutput("one\ntwo\n")
	pub.write("ee\n", false)
	sub.awaitOutput("three\n")
	// Both are up now, and in the middle of their work: a signal is the user's wish.
	for _, p := range []*process{pub, sub} {
		p.signal(syscall.SIGINT)
		require.Equal(t, exitOK, p.wait(), p.errs.String())
		require.Empty(t, p.errs.String())
	}
}

func TestSub_endsAfterItsCount(t *testing.T) {
	_, dir := aDriver(t)
	first := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "--count", "2")
	pub := launch(t, "pub", "--dir", dir, "-c", "aeron:ipc")
	pub.write("1\n2\n", false)
	require.Equal(t, exitOK, first.wait(), first.errs.String())
	require.Equal(t, "1\n2\n", first.out.String())
	require.NoError(t, pub.stdin.Close())
	require.Equal(t, exitOK, pub.wait(), "both were consumed, by one who has left: %s", pub.errs.String())
}

func TestSub_JSON(t *testing.T) {
	_, dir := aDriver(t)
	sub := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "-s", "12", "--count", "4", "--json")
	code, _, stderr := here(t, strings.NewReader("<text> é\n\n\xff\xfe\nlast"), "pub", "--dir", dir, "-c", "aeron:ipc", "-s", "12")
	require.Equal(t, exitOK, code, stderr)
	require.Equal(t, exitOK, sub.wait(), sub.errs.String())
	records := lines(sub.out.String())
	require.Len(t, records, 4)
	require.Contains(t, records[0], `"data":"<text> é"`)
	require.Contains(t, records[1], `"data":""`)
	require.Contains(t, records[2], `"data_base64":"//4="`)
	require.NotContains(t, records[2], `"data":`)
	first := decode[messageRecord](t, records[0])
	for i, want := range []struct {
		length   int
		position int64
	}{{len("<text> é"), 64}, {0, 96}, {2, 160}, {4, 224}} {
		r := decode[messageRecord](t, records[i])
		require.Equal(t, want.length, r.Length)
		require.Equal(t, want.position, r.Position)
		require.Equal(t, first.Session, r.Session)
		require.Equal(t, int32(12), r.Stream)
	}
}

func TestSub_timeIsUp(t *testing.T) {
	_, dir := aDriver(t)
	code, stdout, stderr := here(t, nil, "sub", "--dir", dir, "-c", "aeron:ipc", "--timeout", "20ms")
	require.Equal(t, exitError, code)
	require.Empty(t, stdout)
	oneSentence(t, stderr, "0 messages", "20ms", "aeron:ipc", "stream 1001")

	code, _, stderr = here(t, nil, "sub", "--dir", dir, "-c", "aeron:ipc", "--timeout", "20ms", "--until-eos")
	require.Equal(t, exitError, code)
	oneSentence(t, stderr, "0 messages")

	// One of two; and some, where nothing more is asked for. Their time runs at the same time.
	const time = "8s" // in which all of them must have begun
	twoWanted := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "--timeout", time, "--count", "2")
	anyWanted := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "-s", "2", "--timeout", time)
	endWanted := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "--timeout", time, "--until-eos")
	going := launch(t, "pub", "--dir", dir, "-c", "aeron:ipc")
	snap, err := stats.Open(dir)
	require.NoError(t, err)
	testdriver.Await(t, "two that want the message, which is for those that have come", func() bool {
		require.NoError(t, snap.Refresh())
		come := 0
		for c := range snap.Counters() {
			if stream, ok := c.Stream(); ok && c.TypeID == stats.TypeSubscriberPosition && stream.StreamID == 1001 {
				come++
			}
		}
		return come == 2
	})
	require.NoError(t, snap.Close())
	going.write("1\n", false)
	code, _, stderr = here(t, strings.NewReader("1\n"), "pub", "--dir", dir, "-c", "aeron:ipc", "-s", "2")
	require.Equal(t, exitOK, code, stderr)
	require.Equal(t, exitOK, anyWanted.wait(), anyWanted.errs.String())
	for p, mentions := range map[*process]string{twoWanted: "1 of 2 messages", endWanted: "1 messages"} {
		require.Equal(t, exitError, p.wait())
		require.Equal(t, "1\n", p.out.String(), "what came is shown all the same")
		oneSentence(t, p.errs.String(), mentions, time)
	}
}

func TestPub_nobodyComes(t *testing.T) {
	_, dir := aDriver(t)
	for _, wait := range []string{"0s", "20ms"} {
		code, stdout, stderr := here(t, strings.NewReader("x\n"), "pub", "--dir", dir, "-c", "aeron:ipc", "--wait", wait, "--json")
		require.Equal(t, exitError, code)
		require.Empty(t, stdout)
		oneSentence(t, stderr, "no subscriber", wait, "aeron:ipc", "--wait")
	}
}

func TestPub_aLineOverTheMaximumIsNamed(t *testing.T) {
	_, dir := aDriver(t)
	channel := "aeron:ipc?term-length=64k"
	sub := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "--until-eos")
	input := "short\n" + strings.Repeat("x", 8193) + "\n"
	code, _, stderr := here(t, strings.NewReader(input), "pub", "--dir", dir, "-c", channel)
	require.Equal(t, exitError, code)
	oneSentence(t, stderr, "line 2", "8193", "8192", "--raw")
	require.Equal(t, exitOK, sub.wait(), sub.errs.String())
	require.Equal(t, "short\n", sub.out.String())

	code, _, stderr = here(t, nil, "pub", "--dir", dir, "-c", channel, "--raw", "--size", "8193")
	require.Equal(t, exitError, code)
	oneSentence(t, stderr, "--size 8193", "8192")
}

func TestPub_badFiles(t *testing.T) {
	for path, mentions := range map[string]string{filepath.Join(t.TempDir(), "missing"): "missing", t.TempDir(): "is a directory"} {
		code, _, stderr := here(t, nil, "pub", "--file", path)
		require.Equal(t, exitError, code)
		oneSentence(t, stderr, path, mentions)
	}
}

func TestPub_waitsForSlowSubscribersAndGivesUpOnThoseThatStandStill(t *testing.T) {
	_, dir := aDriver(t)
	client := testdriver.Connect(t, dir)
	_, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", 5) // nobody polls it
	require.NoError(t, err)
	pub := launch(t, "pub", "--dir", dir, "-c", "aeron:ipc", "-s", "5", "--linger", "50ms")
	pub.write("unread\n", true)
	require.Equal(t, exitError, pub.wait())
	oneSentence(t, pub.errs.String(), "stand still", "0 of 64 bytes", "50ms", "--linger")

	code, stdout, stderr := here(t, strings.NewReader("unread\n"), "pub", "--dir", dir, "-c", "aeron:ipc", "-s", "5", "--linger", "0s", "--json")
	require.Equal(t, exitOK, code, stderr)
	require.False(t, decode[pubReport](t, stdout).Consumed, "it was not waited for")

	sub, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc", 6)
	require.NoError(t, err)
	leaving := launch(t, "pub", "--dir", dir, "-c", "aeron:ipc", "-s", "6", "--linger", "1m")
	leaving.write("unread\n", true)
	testdriver.Await(t, "the message", func() (there bool) {
		_, err := sub.PollControlled(func(aeronc.Fragment) aeronc.Action { there = true; return aeronc.Abort }, 1)
		require.NoError(t, err)
		return there
	})
	require.NoError(t, sub.Close())
	require.Equal(t, exitError, leaving.wait())
	oneSentence(t, leaving.errs.String(), "left with 0 of 64 bytes")
}

func TestPubSub_theDriverDies(t *testing.T) {
	driver, dir := aDriver(t)
	sub := launch(t, "sub", "--dir", dir, "-c", "aeron:ipc", "--driver-timeout", "5s")
	pub := launch(t, "pub", "--dir", dir, "-c", "aeron:ipc", "--driver-timeout", "5s")
	pub.write("one\n", false)
	sub.awaitOutput("one\n")
	driver.signal(syscall.SIGKILL)
	for _, p := range []*process{pub, sub} {
		require.Equal(t, exitError, p.wait())
		oneSentence(t, p.errs.String(), "the media driver in "+dir+" is gone")
	}
}

func TestSub_nobodyReadsItsOutput(t *testing.T) {
	_, dir := aDriver(t)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	cmd := program("sub", "--dir", dir, "-c", "aeron:ipc")
	cmd.Stdout = w
	sub := launchCommand(t, cmd)
	require.NoError(t, w.Close())
	pub := launch(t, "pub", "--dir", dir, "-c", "aeron:ipc")
	pub.write("one\n", false)
	first := make([]byte, 4)
	_, err = r.Read(first)
	require.NoError(t, err)
	require.Equal(t, "one\n", string(first))
	require.NoError(t, r.Close())
	pub.write("two\n", false)
	require.Equal(t, exitOK, sub.wait())
	require.Empty(t, sub.errs.String())
}
