//go:build interop

package stats_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
)

// java prepares a program of Aeron's Java release.
func java(t *testing.T, dir, class string, properties ...string) *exec.Cmd {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	require.True(t, ok)
	find := exec.Command(filepath.Join(filepath.Dir(file), "..", "..", "scripts", "java-jar"))
	var words strings.Builder
	find.Stderr = &words
	jar, err := find.Output()
	require.NoError(t, err, words.String())
	arguments := []string{
		"--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Daeron.dir=" + dir,
	}
	arguments = append(append(arguments, properties...), "-cp", strings.TrimSpace(string(jar)), class)
	return exec.Command("java", arguments...)
}

// javasDriver runs Java's media driver until the test ends.
func javasDriver(t *testing.T) (explainable, *exec.Cmd) {
	t.Helper()
	dir := testdriver.Dir(t)
	var words bytes.Buffer
	driver := java(t, dir, "io.aeron.driver.MediaDriver",
		"-Daeron.threading.mode=SHARED", "-Daeron.term.buffer.length=65536", "-Daeron.ipc.term.buffer.length=65536", "-Daeron.print.configuration=false",
		"-Daeron.untethered.window.limit.timeout="+untetheredLimit.String(), "-Daeron.untethered.linger.timeout="+untetheredLinger.String(),
		"-Daeron.untethered.resting.timeout=3600s", "-Daeron.timer.interval=20ms", "-Daeron.dir.delete.on.shutdown=true")
	driver.Stdout, driver.Stderr = &words, &words
	require.NoError(t, driver.Start())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = driver.Wait() }()
	t.Cleanup(func() {
		_ = driver.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(testdriver.Patience):
			_ = driver.Process.Kill()
			<-ended
		}
	})
	testdriver.Await(t, "Java's driver", func() bool {
		select {
		case <-ended:
			require.FailNow(t, "Java's driver has ended", words.String())
		default:
		}
		snap, err := stats.Open(dir)
		return err == nil && snap.Info().Active
	})
	return explainable{dir}, driver
}

// With Java's driver, too, the right one is named, and all is read as C's tools read it.
func TestJavasDriver(t *testing.T) {
	d, process := javasDriver(t)
	info := open(t, d.dir).Info()
	require.EqualValues(t, process.Process.Pid, info.PID)
	require.True(t, info.Active)
	require.Equal(t, "1.51.0", info.AeronVersion.String())
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) { scenario(t, d) })
	}
	t.Run("C's tools", func(t *testing.T) {
		rested, _ := javasDriver(t) // the streams of the scenarios end meanwhile
		sameAsTools(t, rested)
	})
}

// Drivers of their own, since streams that end meanwhile would be a difference.
func TestBacklog_isWhatJavasBacklogStatPrints(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { sameAsBacklogStat(t, embedded(t)) })
	t.Run("Java's", func(t *testing.T) {
		d, _ := javasDriver(t)
		sameAsBacklogStat(t, d)
	})
}

func sameAsBacklogStat(t *testing.T, d explainable) {
	client := d.connect(t, named("compared"))
	for i, channel := range []string{"aeron:ipc", testdriver.UDP(t), testdriver.UDP(t)} {
		p, s := stream(t, client, channel, int32(100+i))
		add(t, client, channel, int32(100+i)) // and one that reads nothing
		testdriver.Await(t, "both", func() bool { return p.IsConnected() })
		offer(t, p, 20+i, 200)
		testdriver.Await(t, "some", func() bool {
			_, err := s.Poll(func(aeronc.Fragment) {}, 5)
			require.NoError(t, err)
			return s.Images()[0].Position() > 0
		})
	}
	snap := open(t, d.dir)
	// At rest when everything has been the same for many of the driver's cycles.
	text := func() string {
		require.NoError(t, snap.Refresh())
		var b strings.Builder
		for s := range snap.Backlog() {
			b.WriteString(s.String() + "\n")
		}
		return b.String()
	}
	var last string
	still := time.Now()
	testdriver.Await(t, "rest", func() bool {
		if now := text(); now != last {
			last, still = now, time.Now()
		}
		return time.Since(still) > 300*time.Millisecond
	})
	out, err := java(t, d.dir, "io.aeron.samples.BacklogStat").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, last, text(), "the tool took a while; nothing may have moved")

	theirs := blocks(string(out))
	n := 0
	for s := range snap.Backlog() {
		head := fmt.Sprintf("sessionId=%d streamId=%d channel=%s : ", s.SessionID, s.StreamID, s.Channel)
		block, ok := theirs[head]
		require.True(t, ok, "%q is not in\n%s", head, out)
		ours := blocks(s.String())[head]
		require.ElementsMatch(t, ours, block, "%s\n%s", s, out)
		n++
	}
	require.Len(t, theirs, n)
	require.GreaterOrEqual(t, n, 3)
}

// blocks are the lines below each line about a stream, without the corners in front, which depend on the order.
func blocks(text string) map[string][]string {
	all := map[string][]string{}
	head := ""
	corner := regexp.MustCompile(`^[├└┌]─`)
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.HasPrefix(line, "sessionId="):
			head = line
			all[head] = nil
		case corner.MatchString(line) && head != "":
			all[head] = append(all[head], strings.TrimSpace(corner.ReplaceAllString(line, "")))
		}
	}
	return all
}

func TestBlocks(t *testing.T) {
	require.Equal(t, map[string][]string{"sessionId=1 x": {"a", "b"}, "sessionId=2 y": nil},
		blocks("noise\nsessionId=1 x\n┌─a\n└─b\n\nsessionId=2 y\n"))
}
