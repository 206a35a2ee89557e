package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/interop/peer"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// A sample is how a program of upstream's is called, as it is shipped, to use a driver, a channel and one for the way back, if it has two,
// a stream, with the next one for the way back, and as many messages.
type sample func(dir, channel, back string, stream, count int) []string

// The samples that are peers. Without Java, those of C.
var (
	pingSamples      = map[string]sample{"cping": cPing}
	pongSamples      = map[string]sample{"cpong": cPong}
	publishSamples   = map[string]sample{"basic_publisher": cPublisher}
	subscribeSamples = map[string]sample{"basic_subscriber": cSubscriber}
)

// How many pings each sample warms up with.
const warmUp = 10

func cSample(name string) string { return filepath.Join(samplePrefix, "bin", name) }

func cPing(dir, channel, back string, stream, count int) []string {
	return []string{
		cSample("cping"), "-p", dir, "-c", channel, "-s", fmt.Sprint(stream), "-C", back, "-S", fmt.Sprint(stream + 1),
		"-m", fmt.Sprint(count), "-w", fmt.Sprint(warmUp), "-L", "64",
	}
}

func cPong(dir, channel, back string, stream, _ int) []string {
	return []string{cSample("cpong"), "-p", dir, "-c", channel, "-s", fmt.Sprint(stream), "-C", back, "-S", fmt.Sprint(stream + 1)}
}

func cPublisher(dir, channel, _ string, stream, count int) []string {
	return []string{cSample("basic_publisher"), "-p", dir, "-c", channel, "-s", fmt.Sprint(stream), "-m", fmt.Sprint(count)}
}

func cSubscriber(dir, channel, _ string, stream, _ int) []string {
	return []string{cSample("basic_subscriber"), "-p", dir, "-c", channel, "-s", fmt.Sprint(stream)}
}

// program is one that runs beside the test.
type program struct {
	cmd        *exec.Cmd
	out, words bytes.Buffer // what it prints, and its complaints; read after ended
	ended      chan struct{}
}

// run starts a program, which has nobody to answer it and does not outlive the test.
func run(t *testing.T, command ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{})}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = strings.NewReader("n\n"), &p.out, &p.words // no, do not execute again
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, p.cmd.Start())
	go func() { defer close(p.ended); _ = p.cmd.Wait() }()
	t.Cleanup(func() {
		select {
		case <-p.ended:
		default:
			_ = p.cmd.Process.Kill()
			<-p.ended
		}
	})
	return p
}

// end waits for the program to end and gives what it has printed.
func (p *program) end(t *testing.T) string {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(2 * peer.Patience):
		require.FailNow(t, "a program does not end", p.cmd.String())
	}
	return p.out.String()
}

// interrupt is what ends the samples that go on for ever. Java's listen to either signal, but not to one that their parent ignores, as
// shells have it for what runs in the background; C's listen to this one, whatever their parent does.
func (p *program) interrupt(t *testing.T) string {
	t.Helper()
	signal := os.Interrupt
	if filepath.Base(p.cmd.Path) == "java" {
		signal = syscall.SIGTERM
	}
	require.NoError(t, p.cmd.Process.Signal(signal), "%s: %s", p.cmd, &p.words)
	return p.end(t)
}

// requireSuccess is for those that say so.
func (p *program) requireSuccess(t *testing.T) {
	t.Helper()
	require.True(t, p.cmd.ProcessState.Success(), "%s: %s\n%s\n%s", p.cmd, p.cmd.ProcessState, &p.out, &p.words)
}

// What upstream ships for people to try Aeron with speaks with this module's programs and with the module, on its embedded driver.
func TestSamples(t *testing.T) {
	figures.Begin(t)
	dir := drivers["embedded"]
	aerongo := filepath.Join(t.TempDir(), "aerongo")
	require.NoError(t, command("go", "build", "-o", aerongo, root+"/cmd/aerongo"))
	const count = 200
	exchanged := regexp.MustCompile(`Total count += +(\d+)`)
	stream := 5000
	// Both channels of a case, and its stream.
	channels := func(t *testing.T) (there, back string, id int) {
		stream += 2
		return fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", testdriver.Port(t)), fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", testdriver.Port(t)), stream
	}
	ours := func(verb, there, back string, id int, more ...string) []string {
		return append([]string{
			aerongo, verb, "--dir", dir, "-c", there, "-C", back, "-s", fmt.Sprint(id), "-S", fmt.Sprint(id + 1), "--json",
		}, more...)
	}
	for name, ping := range pingSamples {
		t.Run(name+"→aerongo pong", func(t *testing.T) {
			there, back, id := channels(t)
			pong := run(t, ours("pong", there, back, id)...)
			p := run(t, ping(dir, there, back, id, count)...)
			shown := p.end(t)
			p.requireSuccess(t)
			total := exchanged.FindStringSubmatch(shown)
			require.NotNil(t, total, shown)
			require.Equal(t, fmt.Sprint(count), total[1])
			var told struct{ Echoed, Dropped int64 }
			require.NoError(t, json.Unmarshal([]byte(pong.interrupt(t)), &told))
			pong.requireSuccess(t)
			require.EqualValues(t, count+warmUp, told.Echoed)
			require.Zero(t, told.Dropped)
		})
	}
	for name, pong := range pongSamples {
		t.Run("aerongo ping→"+name, func(t *testing.T) {
			there, back, id := channels(t)
			p := run(t, pong(dir, there, back, id, 0)...)
			ping := run(t, ours("ping", there, back, id, "-m", fmt.Sprint(count), "-w", fmt.Sprint(warmUp), "-L", "64", "--wait", "30s")...)
			shown := ping.end(t)
			ping.requireSuccess(t)
			var told struct {
				Count  int64
				Length int
			}
			require.NoError(t, json.Unmarshal([]byte(shown), &told))
			require.EqualValues(t, count, told.Count)
			require.Equal(t, 64, told.Length)
			require.Contains(t, p.interrupt(t), "Shutting down...")
		})
	}
	for name, publisher := range publishSamples {
		t.Run(name+"→go", func(t *testing.T) {
			there, _, id := channels(t)
			receiveFrom(t, clientOf(t, dir), there, id, publisher(dir, there, "", id, 1000))
		})
	}
	for name, subscriber := range subscribeSamples {
		t.Run("go→"+name, func(t *testing.T) {
			there, _, id := channels(t)
			sendTo(t, clientOf(t, dir), there, id, subscriber(dir, there, "", id, 0))
		})
	}
	figures.Record(t, "samples", len(pingSamples)+len(pongSamples)+len(publishSamples)+len(subscribeSamples))
	figures.Record(t, "pings of each, all back", count)
}

// clientOf shares the driver that this process runs.
func clientOf(t *testing.T, dir string) *aeron.Driver {
	t.Helper()
	d, err := aeron.Open(embeddedConfig(dir))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	require.NoError(t, d.Start(testdriver.Context(t)))
	return d
}

// receiveFrom receives from a sample, which says of each message whether it was taken: until a few have come, and then all that were.
func receiveFrom(t *testing.T, d *aeron.Driver, channel string, stream int, sample []string) {
	t.Helper()
	sub, err := d.AddSubscription(testdriver.Context(t), channel, int32(stream))
	require.NoError(t, err)
	var got []string
	receive := func(what string, wanted func() bool) {
		testdriver.Await(t, what, func() bool {
			_, err := sub.PollMessages(func(m aeron.Message) { got = append(got, string(m.Data())) }, 10)
			require.NoError(t, err)
			return wanted()
		})
	}
	p := run(t, sample...)
	receive("a few messages", func() bool { return len(got) >= 3 })
	shown := p.interrupt(t) // its status is no success even if it is one
	var sent []string
	for _, taken := range regexp.MustCompile(`(?m)(\d+)/\d+ - yay!`).FindAllStringSubmatch(shown, -1) {
		sent = append(sent, "Hello World! "+taken[1])
	}
	// Java's dies of the interrupt, perhaps before it has said that the last one was taken.
	if last := regexp.MustCompile(`(\d+)/\d+ - \z`).FindStringSubmatch(shown); last != nil && len(got) > len(sent) {
		sent = append(sent, "Hello World! "+last[1])
	}
	require.GreaterOrEqual(t, len(sent), 3, shown)
	receive("all that were taken", func() bool { return len(got) >= len(sent) })
	require.Equal(t, sent, got)
}

// sendTo sends to a sample, which prints what it receives.
func sendTo(t *testing.T, d *aeron.Driver, channel string, stream int, sample []string) {
	t.Helper()
	ctx := testdriver.Context(t)
	p := run(t, sample...)
	pub, err := d.AddExclusivePublication(ctx, channel, int32(stream))
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))
	var sent []string
	for n := range 50 {
		message := fmt.Sprintf("message %d of ours", n)
		if n%10 == 0 {
			message += " " + strings.Repeat(strconv.Itoa(n), 2000) // in fragments
		}
		require.NoError(t, pub.Publish(ctx, []byte(message)))
		sent = append(sent, message)
	}
	position, err := pub.Position()
	require.NoError(t, err)
	snapshot, err := stats.Open(d.Dir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, snapshot.Close()) })
	testdriver.Await(t, "the sample to have read all", func() bool {
		require.NoError(t, snapshot.Refresh())
		for s := range snapshot.Backlog() {
			if s.StreamID == int32(stream) && s.SessionID == pub.SessionID() && len(s.Subscribers) == 1 {
				return s.Subscribers[0].Position == position
			}
		}
		return false
	})
	shown := p.interrupt(t)
	var printed []string
	for _, message := range regexp.MustCompile(`<<(.*)>>`).FindAllStringSubmatch(shown, -1) {
		printed = append(printed, message[1])
	}
	require.Equal(t, sent, printed)
}
