package preflight

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
)

// a machine of files, that lacks what is not given.
func machineOf(t *testing.T, files map[string]string) machine {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content+"\n"), 0o600))
	}
	return machine{
		root: root, cores: 4,
		interfaces: func() ([]net.Interface, error) { return nil, nil },
		environ:    func() []string { return nil },
		freeSpace:  func(string) (uint64, error) { return 1 << 40, nil },
		openFiles:  func() (uint64, error) { return 1024, nil },
	}
}

func aPlan(t *testing.T) Plan {
	return Plan{
		Dir: filepath.Join(t.TempDir(), "driver"), Streams: 10, IPCStreams: 1, TermLength: 2 << 20, IPCTermLength: 8 << 20, MTU: 1408,
		InitialWindow: 128 << 10, ReceiveBuffer: 128 << 10, Threads: 2, CnCLength: 11 << 20, DriverTimeout: 10 * time.Second,
	}
}

// only is the one finding that a check has.
func only(t *testing.T, all []Finding) Finding {
	t.Helper()
	require.Len(t, all, 1)
	require.NotEmpty(t, all[0].Check)
	require.NotEmpty(t, all[0].Text)
	require.Equal(t, all[0].Severity >= Warning, all[0].Remedy != "" && all[0].Severity >= Warning, "%+v", all[0])
	return all[0]
}

func TestSpace(t *testing.T) {
	m, p := machineOf(t, nil), aPlan(t)
	need := uint64(10*(3*2<<20+4096) + 3*8<<20 + 4096 + 11<<20 + 1<<20)
	require.EqualValues(t, need, p.space())
	free := need
	m.freeSpace = func(dir string) (uint64, error) {
		require.Equal(t, filepath.Dir(p.Dir), dir, "the nearest that is there")
		return free, nil
	}
	require.Equal(t, OK, only(t, m.space(p)).Severity)
	free--
	f := only(t, m.space(p))
	require.Equal(t, Failure, f.Severity)
	require.Contains(t, f.Remedy, "shm-size")
	p.Sparse = true
	require.Contains(t, only(t, m.space(p)).Remedy, "SIGBUS")
	m.freeSpace = func(string) (uint64, error) { return 0, errors.New("no idea") }
	require.Equal(t, Warning, only(t, m.space(p)).Severity)
}

func TestWindow_isHeldAgainstTheTerms(t *testing.T) {
	for _, c := range []struct {
		window, term int
		want         Severity
	}{
		{128 << 10, 2 << 20, OK}, {16 << 10, 64 << 10, OK}, {32<<10 - 1, 64 << 10, OK},
		{32 << 10, 64 << 10, Warning}, {128 << 10, 64 << 10, Warning},
	} {
		p := aPlan(t)
		p.InitialWindow, p.TermLength = c.window, c.term
		f := only(t, window(p))
		require.Equal(t, c.want, f.Severity, "%+v", c)
		require.Contains(t, f.Text, fmt.Sprint(c.window))
		require.Equal(t, c.want == Warning, strings.Contains(f.Remedy, "InitialWindow"))
	}
}

func TestSocketBuffers(t *testing.T) {
	for _, c := range []struct {
		limit          string
		buffer, window int
		want           Severity
	}{
		{"212992", 131072, 131072, OK},
		{"131072", 131072, 131072, OK},
		{"65536", 131072, 131072, Warning}, // the double is just enough for the driver to start
		{"65535", 131072, 131072, Failure},
		{"4194304", 131072, 200000, Warning},
		{"4194304", 131072, 300000, Failure},
	} {
		m, p := machineOf(t, map[string]string{"proc/sys/net/core/rmem_max": c.limit}), aPlan(t)
		p.ReceiveBuffer, p.InitialWindow = c.buffer, c.window
		f := only(t, m.socketBuffers(p))
		require.Equal(t, c.want, f.Severity, "%+v: %+v", c, f)
	}
	p := aPlan(t)
	require.Empty(t, machineOf(t, nil).socketBuffers(p), "what cannot be read is not judged")
	require.Empty(t, machineOf(t, map[string]string{"proc/sys/net/core/rmem_max": "nonsense"}).socketBuffers(p))
	p.SendBuffer, p.ReceiveBuffer = 65536, 0
	f := only(t, machineOf(t, map[string]string{"proc/sys/net/core/wmem_max": "1000"}).socketBuffers(p))
	require.Equal(t, Warning, f.Severity)
	require.Contains(t, f.Remedy, "wmem_max=65536")
	require.Equal(t, Failure, only(t, machineOf(t, map[string]string{"proc/sys/net/core/wmem_max": "500"}).socketBuffers(p)).Severity)
}

func TestCores(t *testing.T) {
	p := aPlan(t)
	m := machineOf(t, nil)
	require.Equal(t, OK, only(t, m.coresFor(p)).Severity)
	m.cores = 2
	require.Equal(t, Warning, only(t, m.coresFor(p)).Severity)
	for file, content := range map[string]string{"max 100000": "", "400000 100000": "", "nonsense": "", "1 2 3": "", "5 0": ""} {
		m := machineOf(t, map[string]string{"sys/fs/cgroup/cpu.max": file})
		require.Equal(t, OK, only(t, m.coresFor(p)).Severity, file+content)
	}
	m = machineOf(t, map[string]string{"sys/fs/cgroup/cpu.max": "250000 100000"})
	f := only(t, m.coresFor(p))
	require.Equal(t, Warning, f.Severity)
	require.Contains(t, f.Text, "quota of 2.5 cores")
	// On a host, the process's own group counts.
	m = machineOf(t, map[string]string{"proc/self/cgroup": "1:cpu:/old\n0::/user.slice/x", "sys/fs/cgroup/user.slice/x/cpu.max": "100000 100000"})
	require.Equal(t, Warning, only(t, m.coresFor(p)).Severity)
}

func TestMTU(t *testing.T) {
	m, p := machineOf(t, nil), aPlan(t)
	m.interfaces = func() ([]net.Interface, error) {
		return []net.Interface{
			{Name: "lo", MTU: 100, Flags: net.FlagUp | net.FlagLoopback}, {Name: "down", MTU: 100}, {Name: "eth0", MTU: 1436, Flags: net.FlagUp},
			{Name: "tun0", MTU: 1435, Flags: net.FlagUp},
		}, nil
	}
	all := m.mtu(p)
	require.Len(t, all, 2)
	require.Equal(t, OK, all[0].Severity)
	require.Equal(t, Warning, all[1].Severity)
	require.Contains(t, all[1].Remedy, "at most 1376 for channels by tun0")
	m.interfaces = func() ([]net.Interface, error) { return nil, errors.New("no") }
	require.Equal(t, Note, only(t, m.mtu(p)).Severity)
}

func TestOpenFiles(t *testing.T) {
	m, p := machineOf(t, nil), aPlan(t)
	require.Equal(t, OK, only(t, m.openFilesFor(p)).Severity)
	p.Streams = 1000
	f := only(t, m.openFilesFor(p))
	require.Equal(t, Failure, f.Severity)
	require.Contains(t, f.Remedy, "ulimit -n 2064")
	m.openFiles = func() (uint64, error) { return 0, errors.New("no") }
	require.Empty(t, m.openFilesFor(p))
}

func TestMemory(t *testing.T) {
	p := aPlan(t)
	require.Empty(t, machineOf(t, map[string]string{"sys/fs/cgroup/memory.max": "max", "sys/fs/cgroup/pids.max": "max"}).memory(p))
	require.Empty(t, machineOf(t, nil).memory(p))
	require.Equal(t, OK, only(t, machineOf(t, map[string]string{"sys/fs/cgroup/memory.max": "1073741824"}).memory(p)).Severity)
	f := only(t, machineOf(t, map[string]string{"sys/fs/cgroup/memory.max": "1073741824", "sys/fs/cgroup/memory.current": "1073741000"}).memory(p))
	require.Equal(t, Failure, f.Severity)
	require.Contains(t, f.Text, "killed")
	cached := map[string]string{
		"sys/fs/cgroup/memory.max": "1073741824", "sys/fs/cgroup/memory.current": "1073741000",
		"sys/fs/cgroup/memory.stat": "anon 1048576\nfile 1072692424\nshmem 1048576\ninactive_file 1070595272\nactive_file 1048576",
	}
	f = only(t, machineOf(t, cached).memory(p))
	require.Equal(t, OK, f.Severity, "files that were read can go: %s", f.Text)
	cached["sys/fs/cgroup/memory.stat"] = "inactive_file 4096\n"
	require.Equal(t, Failure, only(t, machineOf(t, cached).memory(p)).Severity)
	require.Equal(t, Failure, only(t, machineOf(t, map[string]string{"sys/fs/cgroup/pids.max": "10"}).memory(p)).Severity)
}

func TestClockAndEnvironment(t *testing.T) {
	const file = "sys/devices/system/clocksource/clocksource0/current_clocksource"
	require.Equal(t, OK, only(t, machineOf(t, map[string]string{file: "tsc"}).clock()).Severity)
	require.Equal(t, Warning, only(t, machineOf(t, map[string]string{file: "acpi_pm"}).clock()).Severity)
	require.Empty(t, machineOf(t, nil).clock())
	m := machineOf(t, nil)
	require.Empty(t, m.environment())
	m.environ = func() []string {
		return []string{"AERON_DIR=/x", "AERON_TERM_BUFFER_LENGTH=1m", "PATH=/bin", "AERON_A"}
	}
	f := only(t, m.environment())
	require.Equal(t, Note, f.Severity)
	require.Contains(t, f.Text, "AERON_A, AERON_TERM_BUFFER_LENGTH")
	require.NotContains(t, f.Text, "AERON_DIR")
}

func TestDirectory(t *testing.T) {
	worst := func(dir string) (Severity, string) {
		p := aPlan(t)
		p.Dir = dir
		severity, text := OK, ""
		for _, f := range machineOf(t, nil).directory(p) {
			if f.Check == "filesystem" { // depends on where the tests run
				continue
			}
			if f.Severity >= severity {
				severity, text = f.Severity, f.Text+" "+f.Remedy
			}
		}
		return severity, text
	}
	severity, _ := worst(filepath.Join(t.TempDir(), "not-yet"))
	require.Equal(t, OK, severity)
	dir := cnctest.Dir(t)
	cnctest.Valid(time.Now()).Write(t, dir)
	severity, text := worst(dir)
	require.Equal(t, OK, severity)
	require.Contains(t, text, "a driver runs in")
	cnctest.Valid(time.Now().Add(time.Hour)).Write(t, dir)
	severity, text = worst(dir)
	require.Equal(t, Failure, severity)
	require.Contains(t, text, "in the future")
	cnctest.Valid(time.Now().Add(-time.Hour)).Write(t, dir)
	severity, text = worst(dir)
	require.Equal(t, Note, severity)
	require.Contains(t, text, "dead driver")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "diary.txt"), nil, 0o600))
	severity, text = worst(dir)
	require.Equal(t, Failure, severity)
	require.Contains(t, text, "diary.txt")
	require.NoError(t, os.Remove(filepath.Join(dir, "diary.txt")))
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(dir, link))
	severity, _ = worst(link)
	require.Equal(t, Failure, severity)
	if os.Geteuid() == 0 {
		require.NoError(t, os.Chown(dir, 12345, 12345))
		severity, text = worst(dir)
		require.Equal(t, Failure, severity)
		require.Contains(t, text, "uid 12345")
	}
}

func TestQuick_leavesOutWhatIsFine(t *testing.T) {
	p := aPlan(t)
	p.Streams = 1 << 40
	for _, f := range Quick(p) {
		require.GreaterOrEqual(t, f.Severity, Warning)
		require.NotEmpty(t, f.Remedy)
	}
	require.NotEmpty(t, Quick(p))
	for _, f := range Check(aPlan(t)) {
		require.Equal(t, strings.TrimSpace(f.Text), f.Text)
		require.True(t, f.Severity < Warning || f.Remedy != "", "%+v", f)
	}
}

func TestSeverity(t *testing.T) {
	require.Equal(t, "ok note warning failure Severity(9)", strings.Join([]string{OK.String(), Note.String(), Warning.String(), Failure.String(), Severity(9).String()}, " "))
}

func TestSize(t *testing.T) {
	require.Equal(t, "1023 B", size(1023))
	require.Equal(t, "1.0 KiB", size(1024))
	require.Equal(t, "8.0 EiB", size(1<<63-1))
}

func BenchmarkQuick(b *testing.B) {
	p := Plan{Dir: "/dev/shm/x", Streams: 1, TermLength: 2 << 20, MTU: 1408, InitialWindow: 128 << 10, ReceiveBuffer: 128 << 10, Threads: 2}
	for b.Loop() {
		Quick(p)
	}
}
