//go:build programs

package tap_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

// sent is what a publication has sent, frame by frame.
type sent struct {
	term           int64
	offset, length int
	flags          string
}

// A message of three frames and one of one, as Wireshark sees them.
func TestTap_isReadByWireshark(t *testing.T) {
	program := filepath.Join(t.TempDir(), "aerongo")
	built, err := exec.Command("go", "build", "-o", program, "../../cmd/aerongo").CombinedOutput()
	require.NoError(t, err, "%s", built)

	ctx := testdriver.Context(t)
	drv, err := aeron.Open(aeron.Config{Directory: testdriver.Dir(t), Threading: aeron.Shared, TermLength: 64 << 10, MTU: 1408})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(ctx))
	port := testdriver.Port(t)
	channel := fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port)
	sub, err := drv.AddSubscription(ctx, channel, 10)
	require.NoError(t, err)
	pub, err := drv.AddExclusivePublication(ctx, channel, 10)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(ctx))

	file := filepath.Join(t.TempDir(), "stream.pcapng")
	tap := exec.Command(program, "tap", "--dir", drv.Dir(), "-c", channel, "-s", "10", "-o", file, "--count", "8")
	var said strings.Builder
	tap.Stdout, tap.Stderr = &said, &said
	require.NoError(t, tap.Start())
	done := make(chan error, 1)
	go func() { done <- tap.Wait() }()
	long, short := make([]byte, 2*1376+100), []byte("short")
	var failure error
	testdriver.Await(t, "the tap to have enough", func() bool {
		_, _ = pub.Offer(long) // a full window opens again: it is read from below
		_, _ = pub.Offer(short)
		_, err := sub.Poll(func(aeron.Fragment) {}, 64)
		require.NoError(t, err)
		select {
		case failure = <-done:
			return true
		default:
			return false
		}
	})
	require.NoError(t, failure, said.String())

	fields := []string{"term_id", "term_offset", "frame_length", "flags", "session_id", "stream_id", "type"}
	args := []string{"-r", file, "-d", fmt.Sprintf("udp.port==%d,aeron", port), "-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields", "-E", "separator=,", "-e", "udp.dstport", "-e", "udp.checksum.status", "-e", "ip.checksum.status"}
	for _, field := range fields {
		args = append(args, "-e", "aeron.data."+field)
	}
	var out, errs strings.Builder
	tshark := exec.Command("tshark", args...)
	tshark.Stdout, tshark.Stderr = &out, &errs
	require.NoError(t, tshark.Run(), errs.String())
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 8, out.String())

	var frames []sent
	for _, line := range lines {
		values := strings.Split(line, ",")
		require.Len(t, values, 3+len(fields), line)
		require.Equal(t, []string{strconv.Itoa(port), "1", "1"}, values[:3], "port, and both checksums are good: %s", line)
		require.Equal(t, []string{strconv.FormatUint(uint64(uint32(pub.SessionID())), 10), "10", "1"}, values[7:], line)
		term, err := strconv.ParseInt(values[3], 10, 64)
		require.NoError(t, err)
		offset, err := strconv.Atoi(values[4])
		require.NoError(t, err)
		length, err := strconv.Atoi(values[5])
		require.NoError(t, err)
		frames = append(frames, sent{term, offset, length, values[6]})
	}
	// Each frame is where the last one ended, in steps of 32 bytes.
	seen := map[string]bool{}
	for i, f := range frames {
		seen[f.flags] = true
		if i > 0 && f.term == frames[0].term {
			last := frames[i-1]
			require.Equal(t, last.offset+(last.length+31)&^31, f.offset, "%+v behind %+v", f, last)
		}
	}
	require.Len(t, seen, 4, "each kind of frame: %+v", frames)

	// Nothing is odd in Wireshark's eyes, which also puts the message of three frames together again.
	expert, err := exec.Command("tshark", "-r", file, "-d", fmt.Sprintf("udp.port==%d,aeron", port), "-Y", "_ws.malformed || _ws.expert.severity >= 6291456").Output()
	require.NoError(t, err)
	require.Empty(t, strings.TrimSpace(string(expert)))
}
