//go:build official

package official

import (
	"bytes"
	"context"
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

	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// Names of the classes that test the transport. The archive and the cluster are others.
const transportClasses = `io\.aeron\.[A-Z]\w*Test(s)?|io\.aeron\.driver\.\w+Test`

// private gives a command its own /dev/shm, which the suite fills.
const privateShm = "mount -t tmpfs -o size=12g tmpfs /dev/shm && "

// privateNetwork keeps the suite's fixed ports and its multicast groups on a loopback interface of its own.
const privateNetwork = "ip link set lo up && ip link set lo multicast on && ip route add 224.0.0.0/4 dev lo && "

// namespaces says where a part of the suite runs.
type namespaces struct {
	unshare []string
	prepare string
}

var (
	isolated = namespaces{[]string{"-n", "-m"}, privateShm + privateNetwork}
	// A test in it looks for an address that is routed, so it stays in the machine's network.
	ownShm = namespaces{[]string{"-m"}, privateShm}
	// DriverSpaceTest uses this small directory, if it is there.
	smallDisk = namespaces{[]string{"-n", "-m"}, privateShm + privateNetwork +
		"mount -t tmpfs tmpfs /mnt && mkdir /mnt/tmp_aeron_dir && mount -t tmpfs -o size=50m,mode=777 tmpfs /mnt/tmp_aeron_dir && "}
)

// tally is what JUnit says at the end.
type tally struct{ found, succeeded, failed, aborted, skipped int }

func (n tally) String() string {
	return fmt.Sprintf("%d passed, %d failed of %d (%d aborted by upstream's own assumptions, %d disabled upstream)",
		n.succeeded, n.failed, n.found, n.aborted, n.skipped)
}

func tallyOf(t *testing.T, text string) tally {
	t.Helper()
	count := func(word string) int {
		m := regexp.MustCompile(`\[ *(\d+) tests ` + word + ` *\]`).FindStringSubmatch(text)
		require.NotNil(t, m, "JUnit did not come to its end:\n%s", tail(text))
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		return n
	}
	return tally{count("found"), count("successful"), count("failed"), count("aborted"), count("skipped")}
}

func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-60):], "\n")
}

// run runs a part of the suite, and fails unless atLeast of its tests pass and none fails.
func run(t *testing.T, where namespaces, atLeast int, options, selection []string) {
	t.Helper()
	require.Zero(t, os.Getuid(), "the suite needs namespaces of its own for network and mounts: run it as root")
	s, driver := compile(t), aeronmd(t)
	java := []string{"java", "-Xmx1g", "-XX:MaxDirectMemorySize=2g", "-XX:+UseParallelGC"}
	for _, opened := range []string{"jdk.internal.misc", "java.util.zip", "sun.nio.ch", "java.lang.reflect", "java.net"} {
		java = append(java, "--add-opens", "java.base/"+opened+"=ALL-UNNAMED")
	}
	// As upstream's own build has them; test names end in .path even for a driver that is no file of theirs.
	java = append(java, "-Daeron.timer.interval=100ms", "-Daeron.dir.delete.on.start=true", "-Daeron.term.buffer.sparse.file=true",
		"-Daeron.perform.storage.checks=false", "-Dagrona.strict.alignment.checks=true", "-Djava.net.preferIPv4Stack=true",
		"-Daeron.fallback.logger=no_op", "-Daeron.event.log=admin", "-Daeron.debug.timeout=3600s", "-Daeron.test.system.aeronmd.path="+driver)
	java = append(java, options...)
	java = append(java, "-jar", s.console, "execute", "-cp", s.classPath, "--disable-banner", "--disable-ansi-colors", "--details=tree", "--details-theme=ascii")
	java = append(java, selection...)
	args := append(append([]string{}, where.unshare...), "sh", "-c", where.prepare+`exec "$@"`, "sh")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", append(args, java...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &out, 10*time.Second
	cmd.Dir = t.TempDir() // where it leaves what a failed test's driver had
	failure := cmd.Run()  // the counts say more than the exit status
	if dir := os.Getenv("OFFICIAL_LOGS"); dir != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, t.Name()+".txt"), out.Bytes(), 0o644))
	}
	n := tallyOf(t, out.String())
	require.Zero(t, n.failed, "%s\n%s", n, tail(out.String()))
	require.GreaterOrEqual(t, n.succeeded, atLeast, "%s: fewer ran than should", n)
	require.NoError(t, failure)
	requireKnownAborted(t, out.String(), n.aborted)
	figures.Record(t, "suite, driver", fmt.Sprintf("%s, %s", suiteVersion, driverVersion(t)))
	figures.Record(t, "tests", n)
}

// transport selects the transport's classes, and of their tests those whose tags agree.
func transport(tags ...string) []string {
	return append([]string{"-p", "io.aeron", "--include-classname", transportClasses}, tags...)
}

func TestAeronSystemTests_regular(t *testing.T) {
	figures.Begin(t)
	run(t, isolated, 461, nil, transport("-T", "slow", "-T", "bindings", "-T", "topology"))
}

func TestAeronSystemTests_slow(t *testing.T) {
	figures.Begin(t)
	run(t, ownShm, 62, nil, transport("-t", "slow"))
}

func TestAeronSystemTests_space(t *testing.T) {
	figures.Begin(t)
	run(t, smallDisk, 3, nil, []string{"-c", "io.aeron.driver.DriverSpaceTest"})
}

// What upstream has authors of other clients run: a driver that runs already, an echo server, every kind of channel.
func TestAeronSystemTests_bindings(t *testing.T) {
	figures.Begin(t)
	dir := testdriver.Dir(t)
	cmd := exec.Command(aeronmd(t))
	cmd.Env = append(os.Environ(), "AERON_DIR="+dir)
	ready := &notice{word: []byte("ready "), seen: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = ready, os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait(), "the driver's end")
	})
	select {
	case <-ready.seen:
	case <-time.After(testdriver.Patience):
		require.FailNow(t, "the driver did not say that it is ready")
	}
	run(t, namespaces{unshare: []string{"-m"}}, 2, []string{"-Daeron.dir=" + dir, "-Daeron.test.system.aeron.dir=" + dir},
		[]string{"-c", "io.aeron.RemoteEchoTest"})
}

// notice is a writer that tells when a word has been written.
type notice struct {
	word, text []byte
	seen       chan struct{}
}

func (n *notice) Write(p []byte) (int, error) {
	if n.text = append(n.text, p...); n.word != nil && bytes.Contains(n.text, n.word) {
		n.word = nil
		close(n.seen)
	}
	return len(p), nil
}
