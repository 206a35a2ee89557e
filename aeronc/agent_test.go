package aeronc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// threads are this process's threads: their CPUs, as the kernel lists them, by their names.
func threads(t *testing.T) map[string]string {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*/status")
	require.NoError(t, err)
	if len(tasks) == 0 {
		t.Skip("threads are looked at in /proc")
	}
	found := map[string]string{}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // one that has ended meanwhile
		}
		var name, cpus string
		for line := range strings.Lines(string(text)) {
			if value, ok := strings.CutPrefix(line, "Name:"); ok {
				name = strings.TrimSpace(value)
			}
			if value, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
				cpus = strings.TrimSpace(value)
			}
		}
		found[name] = cpus
	}
	return found
}

// ownCPUs are two of the CPUs that this process may use, the same twice if it has one only.
func ownCPUs(t *testing.T) (int32, int32) {
	t.Helper()
	list := threads(t)[strings.TrimSpace(readComm(t))]
	first, rest, _ := strings.Cut(list, ",")
	low, high, ranged := strings.Cut(first, "-")
	a, err := strconv.ParseInt(low, 10, 32)
	require.NoError(t, err, list)
	b := a
	switch {
	case ranged:
		b, err = strconv.ParseInt(high, 10, 32)
	case rest != "":
		next, _, _ := strings.Cut(strings.ReplaceAll(rest, "-", ","), ",")
		b, err = strconv.ParseInt(next, 10, 32)
	}
	require.NoError(t, err, list)
	return int32(a), int32(b)
}

func readComm(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/comm")
	require.NoError(t, err)
	return string(text)
}

func TestDriver_threadsHaveTheirNamesAndCPUs(t *testing.T) {
	a, b := ownCPUs(t)
	cpu := aeronc.Some[int32]
	for _, test := range []struct {
		mode   aeronc.ThreadingMode
		naming aeronc.ThreadNaming
		names  map[string]int32
	}{
		{aeronc.ThreadingDedicated, aeronc.ThreadNamingClassic, map[string]int32{"conductor": a, "sender": b, "receiver": a, "aeron-md-nra": b}},
		{aeronc.ThreadingDedicated, aeronc.ThreadNamingNew, map[string]int32{"aeron-md-cnd": a, "aeron-md-snd": b, "aeron-md-rcv": a}},
		{aeronc.ThreadingSharedNetwork, aeronc.ThreadNamingNew, map[string]int32{"aeron-md-cnd": a, "aeron-md-net": b}},
		{aeronc.ThreadingShared, aeronc.ThreadNamingNew, map[string]int32{"aeron-md-shd": a}},
	} {
		t.Run(fmt.Sprintf("%v %d", test.mode, test.naming), func(t *testing.T) {
			testdriver.Start(t, func(c *aeronc.DriverContext) {
				require.NoError(t, c.Apply(aeronc.DriverConfig{
					ThreadingMode: aeronc.Some(test.mode), ThreadNaming: test.naming, ConductorCPUAffinity: cpu(a), SenderCPUAffinity: cpu(b),
					ReceiverCPUAffinity: cpu(a), NativeResourceAgentCPUAffinity: cpu(b),
				}))
			})
			for name, want := range test.names {
				var last map[string]string
				testdriver.Await(t, name+" on its CPU", func() bool {
					last = threads(t)
					for found, cpus := range last {
						// The kernel keeps 15 bytes of a name.
						if strings.HasPrefix(found, name) && cpus == strconv.Itoa(int(want)) {
							return true
						}
					}
					return false
				})
			}
		})
	}
}

// Without the setting, threads run where the program does.
func TestDriver_threadsAreNotBoundUnlessAsked(t *testing.T) {
	own := threads(t)[strings.TrimSpace(readComm(t))]
	testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetThreadNaming(aeronc.ThreadNamingNew)) })
	testdriver.Await(t, "its thread", func() bool { return threads(t)["aeron-md-shd"] == own })
}

func TestStartDriver_affinityWithinTheCpuset(t *testing.T) {
	c := newDriverContext(t, testdriver.Dir(t))
	require.NoError(t, c.Apply(aeronc.DriverConfig{
		ConductorCPUAffinity: aeronc.Some[int32](255), ThreadAffinityUseCpusetOffsets: aeronc.Some(true),
	}))
	_, err := aeronc.StartDriver(c)
	require.Error(t, err, "there is no such CPU, or the control group cannot be read")
	require.NoError(t, c.Close())
}

func TestStartDriver_affinityNeedsThreads(t *testing.T) {
	c := newDriverContext(t, testdriver.Dir(t))
	require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker))
	require.NoError(t, c.SetConductorCPUAffinity(0))
	_, err := aeronc.StartDriver(c)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	require.ErrorContains(t, err, "ThreadingInvoker has none")
	// The frame guard is in the context by now, and stays before the loss, and without it.
	for _, spec := range []string{"loss:rate=0.25|seed=3|recv-msg-mask=0x2", "fixed-loss:term-id=5|term-offset=0|length=4096", ""} {
		require.NoError(t, c.SetIncomingLoss(spec))
		require.Equal(t, spec, c.IncomingLoss())
	}
	require.NoError(t, c.SetConductorCPUAffinity(-1))
	d, err := aeronc.StartDriver(c)
	require.NoError(t, err)
	require.NoError(t, d.Close())
}

func TestDriver_endsForThoseWithTheToken(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) {
		require.Equal(t, "upstream", c.TerminationPolicy())
		require.NoError(t, c.SetAllowTermination(true))
		require.Equal(t, "allow", c.TerminationPolicy())
		require.NoError(t, c.SetAllowTermination(false))
		require.Equal(t, "deny", c.TerminationPolicy())
		require.ErrorIs(t, c.SetTerminationToken(nil), aeronc.ErrInvalidArgument)
		require.ErrorIs(t, c.SetTerminationToken(make([]byte, 1025)), aeronc.ErrInvalidArgument)
		require.Equal(t, "deny", c.TerminationPolicy())
		token := []byte("secret")
		require.NoError(t, c.SetTerminationToken(token))
		token[0] = 'S' // the driver has a copy
		require.Equal(t, "token", c.TerminationPolicy())
	})
	client := d.Connect()
	for _, wrong := range []string{"", "secre", "secret ", "Secret", "terces", "secres"} {
		require.NoError(t, aeronc.RequestDriverTermination(d.Dir(), []byte(wrong)))
		// The driver reads its clients' commands in their order: when it has answered this one, it has judged that one.
		_, err := client.AddPublication(testdriver.Context(t), "aeron:ipc?term-length=64k", 1)
		require.NoError(t, err)
		select {
		case <-d.TerminationRequested():
			require.FailNow(t, "allowed", "with %q", wrong)
		default:
		}
	}
	require.NoError(t, aeronc.RequestDriverTermination(d.Dir(), []byte("secret")))
	<-d.TerminationRequested()
}
