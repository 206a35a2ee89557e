package main

import (
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

// Four processes: a driver, a publisher that would go on forever, a subscriber that reads, and one whose output nobody reads.
func TestExplain_namesTheProcessThatIsSlow(t *testing.T) {
	for name, channel := range map[string]string{"ipc": "aeron:ipc", "udp": testdriver.UDP(t)} {
		t.Run(name, func(t *testing.T) {
			_, dir := aDriver(t)
			flags := []string{"--dir", dir, "-c", channel, "-s", "9"}
			fast := launch(t, append([]string{"sub"}, flags...)...)
			reader, writer, err := os.Pipe()
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, reader.Close()) })
			cmd := program(append([]string{"sub"}, flags...)...)
			cmd.Stdout = writer
			slow := launchCommand(t, cmd)
			require.NoError(t, writer.Close())
			testdriver.Await(t, "both subscribers", func() bool { return clients(t, dir) == 2 })
			pub := launch(t, append([]string{"pub", "--raw", "--size", "1000", "--file", "/dev/zero"}, flags...)...)

			var stream explanationRecord
			testdriver.Await(t, "the limiter", func() bool {
				code, stdout, stderr := here(t, nil, "explain", "--dir", dir, "-s", "9", "--json")
				require.Equal(t, exitOK, code, stderr)
				d := decode[explainDocument](t, stdout)
				if len(d.Streams) != 1 {
					return false
				}
				stream = d.Streams[0]
				// Until the pipe is full the other one may limit, and names come a little after their clients.
				unclear := slices.ContainsFunc(stream.Subscribers, func(s readerRecord) bool { return len(s.PIDs) != 1 })
				return stream.State == "back-pressured" && !unclear && stream.LimitedBy != nil &&
					stream.LimitedBy.Client == "aerongo-"+strconv.Itoa(slow.cmd.Process.Pid)
			})
			require.Equal(t, []int{slow.cmd.Process.Pid}, stream.LimitedBy.PIDs)
			require.Positive(t, stream.LimitedBy.Lag)
			require.Zero(t, stream.Remaining)
			require.Len(t, stream.Subscribers, 2)
			for _, s := range stream.Subscribers {
				if s.RegistrationID != stream.LimitedBy.RegistrationID {
					require.Equal(t, []int{fast.cmd.Process.Pid}, s.PIDs)
				}
			}
			require.Regexp(t, `^limited by subscriber \d+ \(client aerongo-\d+, pid `+strconv.Itoa(slow.cmd.Process.Pid)+`\): [\d.]+ [KM]iB behind`, stream.Explanation)
			code, stdout, _ := here(t, nil, "explain", "--dir", dir)
			require.Equal(t, exitOK, code)
			require.Contains(t, stdout, "limited by subscriber ")
			for _, p := range []*process{pub, fast, slow} {
				require.NoError(t, p.cmd.Process.Kill())
				<-p.done
			}
		})
	}
}

func TestExplain_withoutStreams(t *testing.T) {
	_, dir := aDriver(t)
	code, stdout, stderr := here(t, nil, "explain", "--dir", dir)
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "no streams\n")
	code, stdout, _ = here(t, nil, "explain", "--dir", dir, "--json")
	require.Equal(t, exitOK, code)
	require.Empty(t, decode[explainDocument](t, stdout).Streams)
}
