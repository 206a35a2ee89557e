package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestEvents_asTheyHappen(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	p := launch(t, "events", "--dir", b.Dir(), "--json")
	people := launch(t, "events", "--dir", b.Dir())
	channel := testdriver.UDP(t)
	ctx := testdriver.Context(t)
	// Until the programs look, what happens passes them by.
	testdriver.Await(t, "both to be there", func() bool {
		_, err := b.client.AddPublication(ctx, "aeron:nonsense", 1)
		require.Error(t, err)
		return strings.Contains(p.out.String(), "registration-error") && strings.Contains(people.out.String(), "registration-error")
	})
	sub, err := b.client.AddSubscription(ctx, channel, 5)
	require.NoError(t, err)
	pub, err := b.client.AddExclusivePublication(ctx, channel, 5)
	require.NoError(t, err)
	p.awaitOutput(`"event":"available-image"`)
	session := pub.Constants().SessionID
	require.NoError(t, pub.Close())
	p.awaitOutput(`"event":"unavailable-image"`)
	people.awaitOutput(" unavailable-image ")
	for _, p := range []*process{p, people} {
		p.signal(os.Interrupt)
		require.Equal(t, exitOK, p.wait(), p.errs.String())
		require.Empty(t, p.errs.String())
	}
	seen := map[string]eventRecord{}
	for _, line := range lines(p.out.String()) {
		e := decode[eventRecord](t, line)
		require.False(t, e.Time.IsZero())
		seen[e.Event] = e
	}
	image := seen["available-image"]
	require.Equal(t, session, *image.SessionID)
	require.EqualValues(t, 5, *image.StreamID)
	require.Equal(t, sub.RegistrationID(), image.SubscriptionID)
	require.Regexp(t, `^127\.0\.0\.1:\d+$`, image.Source)
	require.Equal(t, image.RegistrationID, seen["unavailable-image"].RegistrationID)
	require.Equal(t, channel, seen["unavailable-image"].Channel)
	require.NotEmpty(t, seen["registration-error"].Text)
	require.Regexp(t, `available-image registration=\d+ subscription=\d+ session=-?\d+ stream=5 counter=\d+ source=127`, people.out.String())
}

func TestEvents_ofADriverThatGoes(t *testing.T) {
	driver, dir := aDriver(t, "--delete-on-shutdown")
	p := launch(t, "events", "--dir", dir, "--interval", "10ms", "--json")
	client := testdriver.Connect(t, dir)
	testdriver.Await(t, "it to look", func() bool {
		_, err := client.AddPublication(testdriver.Context(t), "aeron:nonsense", 1)
		require.Error(t, err)
		return p.out.String() != ""
	})
	driver.signal(os.Interrupt)
	require.Equal(t, exitOK, driver.wait())
	testdriver.Await(t, "the news", func() bool { return strings.Contains(p.errs.String(), "no driver: ") })
	again := launch(t, "driver", "--dir", dir, "--threading", "shared", "--delete-on-shutdown")
	again.awaitOutput("ready")
	p.awaitOutput(`"event":"driver-started"`)
	p.signal(os.Interrupt)
	require.Equal(t, exitOK, p.wait())
	require.Len(t, lines(p.errs.String()), 1)
}

func TestEvents_endWhenNobodyReads(t *testing.T) {
	b := aBusyDriver(t, "aeron:ipc")
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	cmd := program("events", "--dir", b.Dir(), "--interval", "10ms")
	cmd.Stdout = writer
	p := launchCommand(t, cmd)
	require.NoError(t, writer.Close())
	require.NoError(t, reader.Close())
	testdriver.Await(t, "the end", func() bool { // something must happen for it to be noticed
		_, err := b.client.AddPublication(testdriver.Context(t), "aeron:nonsense", 1)
		require.Error(t, err)
		select {
		case <-p.done:
			return true
		default:
			return false
		}
	})
	require.Equal(t, exitOK, p.wait(), p.errs.String())
	require.Empty(t, p.errs.String())
}

func TestEvents_ofFilesThatAreNoDrivers(t *testing.T) {
	starting, short := cnctest.Dir(t), cnctest.Dir(t)
	cnctest.Starting().Write(t, starting)
	cnctest.WriteBytes(t, short, make([]byte, 100))
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for dir, mentions := range map[string]string{starting: "starting", short: "cnc.dat", file: "not a directory"} {
		code, stdout, stderr := here(t, nil, "events", "--dir", dir)
		require.Equal(t, exitError, code)
		require.Empty(t, stdout)
		oneSentence(t, stderr, dir, mentions)
	}
}

func TestEvents_badInput(t *testing.T) {
	dir := testdriver.Dir(t)
	code, stdout, stderr := here(t, nil, "events", "--dir", dir)
	require.Equal(t, exitError, code)
	require.Empty(t, stdout)
	oneSentence(t, stderr, dir, "--dir")
	for _, args := range []string{"events extra", "events --interval 0s", "events --dir="} {
		code, _, stderr := here(t, nil, strings.Fields(args)...)
		require.Equal(t, exitUsage, code, stderr)
	}
	_, stdout, _ = here(t, nil, "events", "--help")
	require.Contains(t, stdout, "Examples:")
}
