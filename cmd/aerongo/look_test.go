package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/mediadir"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

// lookVerbs show what a driver's files say.
var lookVerbs = []string{"stat", "errors", "loss", "streams", "backlog", "info", "explain"}

// busy is a driver with a stream that is behind, an error, and clients.
type busy struct {
	*testdriver.Driver
	client *aeronc.Client
	pub    *aeronc.ExclusivePublication
	sub    *aeronc.Subscription
}

const busyStream = 77

func aBusyDriver(t *testing.T, channel string) *busy {
	t.Helper()
	driver := testdriver.Start(t)
	b := &busy{Driver: driver, client: driver.Connect(func(c *aeronc.Context) { require.NoError(t, c.SetClientName("risk engine")) })}
	ctx := testdriver.Context(t)
	var err error
	b.sub, err = b.client.AddSubscription(ctx, channel, busyStream)
	require.NoError(t, err)
	b.pub, err = b.client.AddExclusivePublication(ctx, channel, busyStream)
	require.NoError(t, err)
	_, err = b.client.AddPublication(ctx, "aeron:udp?endpoint=127.0.0.1:1|mtu=31", 1)
	require.Error(t, err)
	b.offer(t, 10)
	snap, err := stats.Open(driver.Dir())
	require.NoError(t, err)
	testdriver.Await(t, "the position, the error, and the client's name", func() bool {
		require.NoError(t, snap.Refresh())
		c, ok := snap.Find(stats.TypePublisherPosition, b.pub.Constants().RegistrationID)
		failed, _ := snap.System(stats.SystemErrors)
		named := false
		for client := range snap.Clients() {
			named = named || client.Name != ""
		}
		return ok && c.Value == 10*128 && failed == 1 && named
	})
	return b
}

// offer publishes n frames of 128 bytes.
func (b *busy) offer(t *testing.T, n int) {
	t.Helper()
	for range n {
		testdriver.Await(t, "the offer", func() bool {
			_, err := b.pub.Offer(make([]byte, 96))
			return err == nil
		})
	}
}

func TestLook_usageErrorsEndWithTwo(t *testing.T) {
	for _, c := range []struct {
		args     string
		mentions string
	}{
		{"stat extra", `"extra"`},
		{"stat --interval 0", "--interval"},
		{"stat --interval 0s", "--interval 0s"},
		{"stat --interval -1s", "--interval -1s"},
		{"stat --interval 1ns", "--interval 1ns"},
		{"stat --dir=", "--dir"},
		{"stat --sort nicely", "--sort nicely"},
		{"stat --type nothing", "--type nothing"},
		{"stat --match (", "--match"},
		{"stat --stream x", `"x"`},
		{"errors extra", `"extra"`},
		{"errors --interval 0s", "--interval 0s"},
		{"errors --since 0s", "--since 0s"},
		{"loss extra", `"extra"`},
		{"loss --interval 0s", "--interval 0s"},
		{"streams extra", `"extra"`},
		{"streams --interval 0s", "--interval 0s"},
		{"backlog extra", `"extra"`},
		{"backlog --interval 0s", "--interval 0s"},
		{"info extra", `"extra"`},
		{"info --interval 0s", "--interval 0s"},
	} {
		code, stdout, stderr := here(t, nil, strings.Fields(c.args)...)
		require.Equal(t, exitUsage, code, "%s: %s", c.args, stderr)
		require.Empty(t, stdout)
		require.True(t, strings.HasPrefix(stderr, "aerongo: "), stderr)
		require.Contains(t, stderr, c.mentions)
		require.Contains(t, stderr, "--help")
	}
}

func TestLook_helpHasExamples(t *testing.T) {
	for _, verb := range lookVerbs {
		code, stdout, stderr := here(t, nil, verb, "--help")
		require.Equal(t, exitOK, code, stderr)
		require.Contains(t, stdout, "Examples:")
		require.Contains(t, stdout, "  aerongo "+verb)
		require.Contains(t, stdout, "--json")
		require.NotContains(t, stdout, "Slice", "people do not know Go's types")
		require.NotContains(t, stdout, "default []")
	}
}

// Whoever looks for a symptom finds every verb that shows a driver.
func TestOperations_knowEveryVerbThatLooks(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "OPERATIONS.md"))
	require.NoError(t, err)
	std, _ := unread()
	for _, cmd := range append(lookCommands(std), serveCommand(std), exporterCommand(std), benchCommand(std), tapCommand(std)) {
		require.Regexp(t, "`(aerongo )?"+cmd.Name()+"[ `]", string(page))
	}
}

func TestLook_atAMissingOrForeignDirectory(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	starting := cnctest.Dir(t)
	cnctest.Starting().Write(t, starting)
	short := cnctest.Dir(t)
	cnctest.WriteBytes(t, short, make([]byte, 100))
	for _, verb := range lookVerbs {
		for dir, mentions := range map[string]string{
			absent: "--dir", file: "not a directory", starting: "its driver is starting", short: "cnc.dat", t.TempDir(): "no media driver has been in",
		} {
			code, stdout, stderr := here(t, nil, verb, "--dir", dir)
			require.Equal(t, exitError, code)
			require.Empty(t, stdout)
			oneSentence(t, stderr, dir, mentions)
		}
	}
}

// A program that names no directory has its driver where no verb looks by default.
func TestNoDriver_namesThoseThatProgramsEmbed(t *testing.T) {
	t.Setenv("USER", fmt.Sprintf("aerontest-%d", os.Getpid()))                                                  // whose default directory no driver of this machine has
	drv, err := aeron.Open(aeron.Config{AppID: fmt.Sprintf("0-test-%d", os.Getpid()), Threading: aeron.Shared}) // the first, should there be many
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(testdriver.Context(t)))
	verbs := slices.Concat(lookVerbs, []string{"events", "sub"})
	for _, verb := range verbs {
		code, _, stderr := here(t, nil, verb)
		require.Equal(t, exitError, code)
		oneSentence(t, stderr, mediadir.AeronDefaultDir(), "embed drivers in ", drv.Dir())
	}
	require.NoError(t, drv.Close())
	for _, verb := range verbs {
		_, _, stderr := here(t, nil, verb)
		oneSentence(t, stderr, mediadir.AeronDefaultDir())
		require.NotContains(t, stderr, drv.Dir())
		_, _, stderr = here(t, nil, verb, "--dir", filepath.Join(t.TempDir(), "absent"))
		require.NotContains(t, stderr, "embed drivers")
	}
}

func TestLook_withoutPermission(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can become somebody else; a directory without permission is tried")
		dir := cnctest.Dir(t)
		cnctest.Valid(time.Now()).Write(t, dir)
		require.NoError(t, os.Chmod(dir, 0))
		t.Cleanup(func() { require.NoError(t, os.Chmod(dir, 0o700)) })
		for _, verb := range slices.Concat(lookVerbs, []string{"events"}) {
			code, _, stderr := here(t, nil, verb, "--dir", dir)
			require.Equal(t, exitError, code, verb)
			oneSentence(t, stderr, dir, "permission denied")
		}
		return
	}
	b := aBusyDriver(t, "aeron:ipc")
	as := func(verb string) *process { // as nobody
		cmd := program(verb, "--dir", b.Dir())
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		// The test's binary lies where nobody may not go; an open file can be run all the same.
		self, err := os.Open(os.Args[0])
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, self.Close()) })
		cmd.ExtraFiles = []*os.File{self}
		cmd.Path = "/proc/self/fd/3"
		return launchCommand(t, cmd)
	}
	require.NoError(t, os.Chmod(b.Dir(), 0o700))
	for _, verb := range slices.Concat(lookVerbs, []string{"events"}) {
		p := as(verb)
		require.Equal(t, exitError, p.wait(), p.out.String())
		require.Empty(t, p.out.String(), verb)
		oneSentence(t, p.errs.String(), b.Dir(), "permission denied")
	}
	require.NoError(t, os.Chmod(b.Dir(), 0o755)) // a foreign user's, but readable
	require.NoError(t, os.Chmod(filepath.Join(b.Dir(), cncfile.FileName), 0o644))
	require.NoError(t, os.Chmod(filepath.Join(b.Dir(), stats.LossReportFile), 0o600))
	for _, verb := range lookVerbs {
		p := as(verb)
		if verb == "loss" || verb == "explain" { // which need the one thing that is not
			require.Equal(t, exitError, p.wait())
			oneSentence(t, p.errs.String(), stats.LossReportFile, "permission denied")
			continue
		}
		require.Equal(t, exitOK, p.wait(), p.errs.String())
		require.Contains(t, p.out.String(), "alive")
	}
}

func TestLook_atADeadDriver(t *testing.T) {
	dir := cnctest.Dir(t)
	cnctest.Valid(time.Now().Add(-time.Hour)).Write(t, dir)
	for _, verb := range lookVerbs {
		code, stdout, stderr := here(t, nil, verb, "--dir", dir)
		require.Equal(t, exitOK, code, stderr)
		require.Contains(t, stdout, "DEAD, last heartbeat 1h0m")
	}
	cnctest.Closed().Write(t, dir)
	_, stdout, _ := here(t, nil, "info", "--dir", dir)
	require.Contains(t, stdout, "has shut down")
}

func TestWatch_endsWithASignal(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	for _, verb := range lookVerbs {
		for _, format := range []string{"--json=false", "--json"} {
			p := launch(t, verb, "--dir", b.Dir(), "--watch", "--interval", "20ms", format)
			testdriver.Await(t, "several looks", func() bool { return strings.Count(p.out.String(), b.Dir()) > 3 })
			p.signal(os.Interrupt)
			require.Equal(t, exitOK, p.wait(), p.errs.String())
			require.Empty(t, p.errs.String())
			require.NotContains(t, p.out.String(), "\x1b", "no terminal, no tricks")
		}
	}
}

func TestWatch_jsonIsAnObjectALine(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	p := launch(t, "stat", "--dir", b.Dir(), "--watch", "--interval", "20ms", "--json", "--type", "pub-pos", "--stream", "77")
	testdriver.Await(t, "a few", func() bool { return strings.Count(p.out.String(), "\n") > 2 })
	b.offer(t, 20)
	testdriver.Await(t, "growth", func() bool {
		all := lines(p.out.String())
		return strings.Contains(all[len(all)-1], `"value":3840`)
	})
	p.signal(os.Interrupt)
	require.Equal(t, exitOK, p.wait())
	grew := 0.0
	var last time.Time
	for i, line := range lines(p.out.String()) {
		d := decode[statDocument](t, line)
		require.Len(t, d.Counters, 1)
		require.Equal(t, i > 0, d.Counters[0].Rate != nil, "there is nothing to compare the first with")
		if i > 0 {
			grew += *d.Counters[0].Rate * d.Time.Sub(last).Seconds()
		}
		last = d.Time
	}
	require.InDelta(t, 20*128, grew, 1, "the rates add up to what was published")
}

func TestWatch_survivesADriverThatDiesAndComesBack(t *testing.T) {
	for _, format := range []string{"--json=false", "--json"} {
		t.Run(format, func(t *testing.T) {
			driver, dir := aDriver(t, "--delete-on-shutdown")
			p := launch(t, "stat", "--dir", dir, "--watch", "--interval", "20ms", format, "--match", "^Bytes sent")
			p.awaitOutput("Bytes sent")
			driver.signal(os.Interrupt)
			require.Equal(t, exitOK, driver.wait())
			if format == "--json" {
				p.awaitOutput(`"error":"`)
			} else {
				p.awaitOutput("no driver: ")
			}
			looks := strings.Count(p.out.String(), "Bytes sent")
			driver = launch(t, "driver", "--dir", dir, "--threading", "shared", "--delete-on-shutdown")
			driver.awaitOutput("ready")
			testdriver.Await(t, "the new driver to be seen", func() bool { return strings.Count(p.out.String(), "Bytes sent") > looks })
			p.signal(os.Interrupt)
			require.Equal(t, exitOK, p.wait(), p.errs.String())
			require.Empty(t, p.errs.String())
		})
	}
}

func TestWatch_endsWhenNobodyReads(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	for _, verb := range lookVerbs {
		reader, writer, err := os.Pipe()
		require.NoError(t, err)
		cmd := program(verb, "--dir", b.Dir(), "--watch", "--interval", "10ms")
		cmd.Stdout = writer
		p := launchCommand(t, cmd)
		require.NoError(t, writer.Close())
		_, err = io.ReadFull(reader, make([]byte, 10))
		require.NoError(t, err)
		require.NoError(t, reader.Close())
		require.Equal(t, exitOK, p.wait(), p.errs.String())
		require.Empty(t, p.errs.String())
	}
}

// Whatever the files hold: an answer or a sentence, and nothing that steers a terminal.
func TestLook_atMutatedFiles(t *testing.T) {
	const variants = 10000
	readers := len(lookVerbs) - 1 // the last one, explain, looks at processes, which takes long: package stats does that
	driver := testdriver.Start(t)
	client := driver.Connect()
	ctx := testdriver.Context(t)
	_, err := client.AddSubscription(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	_, err = client.AddExclusivePublication(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	_, err = client.AddPublication(ctx, "aeron:nonsense", 1)
	require.Error(t, err)

	dir := cnctest.Dir(t)
	copyOf := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(driver.Dir(), name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
		return content
	}
	cnc, loss := copyOf(cncfile.FileName), copyOf(stats.LossReportFile)
	copy(loss, cnctestLoss())
	h, err := cncfile.DecodeHeader(cnc, int64(len(cnc)))
	require.NoError(t, err)
	regions := []struct {
		name       string
		begin, end int64
	}{
		{cncfile.FileName, 0, 128},
		{cncfile.FileName, h.CounterMetadataOffset(), h.CounterMetadataOffset() + 60*512},
		{cncfile.FileName, h.CounterValuesOffset(), h.CounterValuesOffset() + 60*128},
		{cncfile.FileName, h.ErrorLogOffset(), h.ErrorLogOffset() + 512},
		{stats.LossReportFile, 0, 256},
	}
	r := rand.New(rand.NewPCG(5, 6))
	damage := func(content []byte, begin, end int64) []byte {
		b := bytes.Clone(content[begin:end])
		for range 1 + r.IntN(4) {
			at := r.IntN(len(b)) &^ 3
			for i := range min(len(b)-at, 1<<r.IntN(6)) {
				b[at+i] = []byte{0, 1, 0x7F, 0x80, 0xFF, 0x1B, '\n', byte(r.Uint32())}[r.IntN(8)]
			}
		}
		return b
	}
	codes := map[int]int{}
	for i := range variants {
		region := regions[r.IntN(len(regions))]
		content := cnc
		if region.name == stats.LossReportFile {
			content = loss
		}
		path := filepath.Join(dir, region.name)
		patch(t, path, region.begin, damage(content, region.begin, region.end))
		truncated := r.IntN(100) == 0 // the files are large
		if truncated {
			require.NoError(t, os.Truncate(path, r.Int64N(int64(len(content)))))
		}
		verb := lookVerbs[i%readers]
		asJSON := i/readers%2 == 0
		args := []string{verb, "--dir", dir}
		if asJSON {
			args = append(args, "--json")
		}
		var out, errs bytes.Buffer
		begin := time.Now()
		code := execute(context.Background(), args, streams{in: strings.NewReader(""), out: &out, err: &errs})
		require.Less(t, time.Since(begin), testdriver.Patience)
		codes[code]++
		require.Contains(t, []int{exitOK, exitError}, code, "%v: %s", args, errs.String())
		if code == exitError {
			oneSentence(t, errs.String())
		} else {
			require.Empty(t, errs.String())
			require.NotZero(t, out.Len())
		}
		if asJSON && out.Len() > 0 {
			require.True(t, json.Valid(out.Bytes()), "%v: %s", args, out.String())
		}
		require.True(t, utf8.Valid(out.Bytes()))
		steers := strings.ContainsFunc(strings.ReplaceAll(out.String(), "\n", ""), func(r rune) bool { return unicode.IsControl(r) && r != '\t' })
		require.False(t, steers, "%v: %q", args, out.String())
		if truncated {
			require.NoError(t, os.WriteFile(path, content, 0o600))
		} else {
			patch(t, path, region.begin, content[region.begin:region.end])
		}
	}
	require.Greater(t, codes[exitOK], variants/10, "else the mutations are too wild")
	require.Greater(t, codes[exitError], variants/10, "else they are too tame")
}

// cnctestLoss is a record of the loss report.
func cnctestLoss() []byte {
	const channel, source = "aeron:udp?endpoint=127.0.0.1:1\x1b[2J\n", "127.0.0.1:2"
	b := make([]byte, 192)
	b[0], b[8], b[32], b[36] = 1, 64, 5, 6 // observations, bytes, session, stream
	b[40] = byte(copy(b[44:], channel))
	at := 44 + (len(channel)+3)&^3
	b[at] = byte(copy(b[at+4:], source))
	return b
}

func patch(t *testing.T, path string, at int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(b, at)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// copyDriver makes a copy of a driver's files, for damage and additions.
func copyDriver(t *testing.T, from, to string) {
	t.Helper()
	for _, name := range []string{cncfile.FileName, stats.LossReportFile} {
		content, err := os.ReadFile(filepath.Join(from, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(to, name), content, 0o600))
	}
}

// writeLoss puts records into a loss report.
func writeLoss(t *testing.T, dir string, records []byte) {
	t.Helper()
	patch(t, filepath.Join(dir, stats.LossReportFile), 0, records)
}
