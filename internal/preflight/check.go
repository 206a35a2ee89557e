package preflight

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron/internal/mediadir"
)

// machine is where the checks read; tests give them another one.
type machine struct {
	root       string // in front of /proc and /sys
	cores      int
	interfaces func() ([]net.Interface, error)
	environ    func() []string
	freeSpace  func(string) (uint64, error)
	openFiles  func() (uint64, error)
}

func thisMachine() machine {
	return machine{
		root: "/", cores: runtime.NumCPU(), interfaces: net.Interfaces, environ: os.Environ, freeSpace: mediadir.FreeSpace,
		openFiles: func() (uint64, error) {
			var limit unix.Rlimit
			err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
			return limit.Cur, err
		},
	}
}

// Check looks at everything.
func Check(p Plan) []Finding {
	m := thisMachine()
	return slices.Concat(m.quick(p), m.directory(p), m.mtu(p), m.openFilesFor(p), m.memory(p), m.clock(), m.environment())
}

// Quick looks at what takes no longer than some microseconds, and does not depend on the directory's contents; for every start. It
// leaves out what is fine.
func Quick(p Plan) []Finding {
	return slices.DeleteFunc(thisMachine().quick(p), func(f Finding) bool { return f.Severity < Warning })
}

func (m machine) quick(p Plan) []Finding {
	return slices.Concat(m.space(p), window(p), m.socketBuffers(p), m.coresFor(p))
}

// window compares the receiver's window with the terms: Aeron's receiver refuses what lies more than half a term ahead, and padding at the
// end of a term takes a sender that much further.
func window(p Plan) []Finding {
	const check = "window"
	text := fmt.Sprintf("a receiver's window (InitialWindow) of %d, with terms (TermLength) of %d", p.InitialWindow, p.TermLength)
	if p.InitialWindow >= p.TermLength/2 {
		return finding(check, Warning, "an InitialWindow of a quarter of TermLength, or longer terms",
			"%s: from half a term on, packets that are lost can stop a stream until it times out", text)
	}
	return finding(check, OK, "", "%s", text)
}

func finding(check string, severity Severity, remedy, format string, args ...any) []Finding {
	return []Finding{{Check: check, Severity: severity, Remedy: remedy, Text: fmt.Sprintf(format, args...)}}
}

// text reads a small file of /proc or /sys, without blanks around it.
func (m machine) text(path string) (string, bool) {
	b, err := os.ReadFile(filepath.Join(m.root, path))
	return strings.TrimSpace(string(b)), err == nil
}

func (m machine) number(path string) (int64, bool) {
	text, ok := m.text(path)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// existing is the directory, or the nearest one above it that is there.
func existing(dir string) string {
	for path := filepath.Clean(dir); ; path = filepath.Dir(path) {
		if _, err := os.Stat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
	}
}

func (m machine) space(p Plan) []Finding {
	const check = "space"
	where := existing(p.Dir)
	free, err := m.freeSpace(where)
	if err != nil {
		return finding(check, Warning, "make the directory accessible", "the space left in %s is unknown: %v", where, err)
	}
	need := p.space()
	remedy := fmt.Sprintf("enlarge it (mount -o remount,size=… %s; in a container docker run --shm-size=…), or use shorter terms", where)
	text := fmt.Sprintf("%d network and %d IPC streams with terms of %s and %s need %s, %s has %s left", p.Streams, p.IPCStreams,
		size(int64(p.TermLength)), size(int64(p.IPCTermLength)), size(need), where, size(int64(min(free, 1<<62))))
	switch {
	case free >= uint64(need):
		return finding(check, OK, "", "%s", text)
	case p.Sparse:
		return finding(check, Failure, remedy+"; with sparse terms the process ends by SIGBUS when it is full", "%s", text)
	}
	return finding(check, Failure, remedy, "%s", text)
}

func (m machine) socketBuffers(p Plan) []Finding {
	var all []Finding
	for _, b := range []struct {
		check, file, field, option string
		wanted, least              int
		what                       string
	}{
		{"receive buffer", "rmem_max", "ReceiveBuffer", "SO_RCVBUF", p.ReceiveBuffer, p.InitialWindow, "the receiver's window"},
		{"send buffer", "wmem_max", "SendBuffer", "SO_SNDBUF", p.SendBuffer, p.MTU, "the MTU"},
	} {
		limit, ok := m.number("proc/sys/net/core/" + b.file)
		if !ok || b.wanted == 0 { // not Linux, or a network namespace that hides it
			continue
		}
		remedy := fmt.Sprintf("sysctl -w net.core.%s=%d", b.file, max(b.wanted, b.least))
		granted := min(int64(b.wanted), limit)
		switch {
		case 2*granted < int64(b.least): // Linux tells, and the driver compares, the double
			all = append(all, finding(b.check, Failure, remedy, "net.core.%s=%d allows %s of %d, and %s needs %d: the driver will not start",
				b.file, limit, b.option, granted, b.what, b.least)...)
		case limit < int64(b.wanted):
			all = append(all, finding(b.check, Warning, remedy, "net.core.%s=%d cuts %s (%s) of %d: bursts will be lost", b.file, limit, b.option, b.field, b.wanted)...)
		case granted < int64(b.least):
			all = append(all, finding(b.check, Warning, remedy, "%s (%s) of %d is less than %s of %d: a window may not fit", b.option, b.field, granted, b.what, b.least)...)
		default:
			all = append(all, finding(b.check, OK, "", "net.core.%s=%d allows %s of %d", b.file, limit, b.option, b.wanted)...)
		}
	}
	return all
}

// coresFor compares the driver's threads with what there is to run them.
func (m machine) coresFor(p Plan) []Finding {
	const check = "cores"
	cores, why := float64(m.cores), fmt.Sprintf("%d cores", m.cores)
	if quota, ok := m.cpuQuota(); ok && quota < cores {
		cores, why = quota, fmt.Sprintf("the cgroup's quota of %.2g cores", quota)
	}
	text := fmt.Sprintf("the driver keeps %d threads busy, and the program needs at least one; there are %s", p.Threads, why)
	if cores < float64(p.Threads+1) {
		return finding(check, Warning, "fewer threads (Threading: Shared), or more cores; latencies will be those of the scheduler", "%s", text)
	}
	return finding(check, OK, "", "%s", text)
}

// cgroupFile finds a file of this process's cgroup, version 2, as a container sees it or the host.
func (m machine) cgroupFile(name string) (string, bool) {
	if own, ok := m.text("proc/self/cgroup"); ok {
		for line := range strings.SplitSeq(own, "\n") {
			if path, ok := strings.CutPrefix(line, "0::"); ok {
				if text, ok := m.text(filepath.Join("sys/fs/cgroup", path, name)); ok {
					return text, true
				}
			}
		}
	}
	return m.text("sys/fs/cgroup/" + name)
}

func (m machine) cpuQuota() (cores float64, ok bool) {
	text, ok := m.cgroupFile("cpu.max") // "max 100000" or "150000 100000"
	fields := strings.Fields(text)
	if !ok || len(fields) != 2 {
		return 0, false
	}
	quota, err1 := strconv.ParseFloat(fields[0], 64)
	period, err2 := strconv.ParseFloat(fields[1], 64)
	return quota / period, err1 == nil && err2 == nil && period > 0
}

// directory tells what is in the driver's directory, and whose it is.
func (m machine) directory(p Plan) []Finding {
	const check = "directory"
	r, err := mediadir.Inspect(p.Dir, p.DriverTimeout)
	switch {
	case errors.Is(err, mediadir.ErrForeignOwner):
		return finding(check, Failure, "run as that user, or use a directory of your own", "%v", err)
	case errors.Is(err, fs.ErrPermission):
		return finding(check, Failure, "run as the directory's owner, or let the owner change its mode", "%v", err)
	case err != nil:
		return finding(check, Failure, "use another directory", "%v", err)
	}
	all := []Finding{}
	add := func(f []Finding) { all = append(all, f...) }
	switch r.State {
	case mediadir.Active:
		add(finding(check, OK, "", "a driver runs in %s, pid %d", p.Dir, r.PID))
		if r.HeartbeatAge < -p.DriverTimeout {
			add(finding("clock", Failure, "set the clock; clients will take the driver for alive for that much longer",
				"the driver's heartbeat is %v in the future: the clock was set back", -r.HeartbeatAge))
		}
	case mediadir.Starting:
		add(finding(check, Note, "wait for the driver's timeout, if no driver is starting", "%s: %s", p.Dir, r.Detail))
	case mediadir.Dead:
		add(finding(check, Note, "nothing: the next driver removes it", "%s is what a dead driver left: %s", p.Dir, r.Detail))
	case mediadir.Corrupt:
		add(finding(check, Warning, "the next driver removes it; no client can connect until then", "%s is damaged: %v", p.Dir, r.Err))
	case mediadir.Foreign:
		add(finding(check, Failure, "use another directory: no driver of ours deletes what is not Aeron's", "%s: %s", p.Dir, r.Detail))
	default:
		add(finding(check, OK, "", "%s is %s", p.Dir, r.State))
	}
	where := existing(p.Dir)
	if unix.Access(where, unix.W_OK|unix.X_OK) != nil {
		add(finding("permission", Failure, "run as the owner of "+where+", or use another directory", "this process (uid %d) may not write in %s", os.Geteuid(), where))
	}
	if kind, ok := memoryFilesystem(where); ok && !kind {
		add(finding("filesystem", Warning, "use a directory in /dev/shm", "%s is not in memory: logs would be written to a disk", where))
	}
	return all
}

// mtu compares the frame length with what the interfaces carry in a piece.
func (m machine) mtu(p Plan) []Finding {
	const check, headers = "MTU", 28 // of IPv4 and UDP
	interfaces, err := m.interfaces()
	if err != nil {
		return finding(check, Note, "", "the interfaces are unknown: %v", err)
	}
	var all []Finding
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		if p.MTU+headers > i.MTU {
			all = append(all, finding(check, Warning, fmt.Sprintf("an MTU of at most %d for channels by %s, or jumbo frames", (i.MTU-headers)&^31, i.Name),
				"%s carries %d bytes: frames of %d and %d of headers go in fragments, and are lost with each of them", i.Name, i.MTU, p.MTU, headers)...)
		} else {
			all = append(all, finding(check, OK, "", "%s carries %d bytes, frames have up to %d", i.Name, i.MTU, p.MTU+headers)...)
		}
	}
	return all
}

func (m machine) openFilesFor(p Plan) []Finding {
	const check = "open files"
	limit, err := m.openFiles()
	if err != nil {
		return nil
	}
	need := uint64(filesOfProcess + filesPerStream*p.Streams)
	if limit < need {
		return finding(check, Failure, fmt.Sprintf("ulimit -n %d, or LimitNOFILE in its unit", need), "%d may be open, %d network streams need about %d", limit, p.Streams, need)
	}
	return finding(check, OK, "", "%d may be open, about %d are needed", limit, need)
}

// memory looks at a container's limits: what lies in /dev/shm is charged to them.
func (m machine) memory(p Plan) []Finding {
	const check = "container memory"
	var all []Finding
	if text, ok := m.cgroupFile("memory.max"); ok && text != "max" {
		limit, err := strconv.ParseInt(text, 10, 64)
		used := int64(0)
		if current, ok := m.cgroupFile("memory.current"); ok {
			used, _ = strconv.ParseInt(current, 10, 64) // unknown is none
			used = max(0, used-m.reclaimable())
		}
		if err == nil {
			need := p.space()
			if limit-used < need {
				all = finding(check, Failure, "raise memory.max (docker run --memory=…), or use shorter terms", "the cgroup may use %s, uses %s, and the logs need %s: the process would be killed",
					size(limit), size(used), size(need))
			} else {
				all = finding(check, OK, "", "the cgroup may use %s, uses %s, and the logs need %s", size(limit), size(used), size(need))
			}
		}
	}
	if text, ok := m.cgroupFile("pids.max"); ok && text != "max" {
		const least = 32 // Go's and the driver's threads
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n < least {
			all = append(all, finding("container threads", Failure, "raise pids.max (docker run --pids-limit=…)", "the cgroup may have %d threads, driver and Go need about %d", n, least)...)
		}
	}
	return all
}

// reclaimable is what the kernel takes back by itself when the cgroup comes to its limit: pages of files that nobody has read lately. Those of
// /dev/shm are not among them.
func (m machine) reclaimable() int64 {
	text, _ := m.cgroupFile("memory.stat")
	for line := range strings.SplitSeq(text, "\n") {
		if value, ok := strings.CutPrefix(line, "inactive_file "); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(value), 10, 64) // unknown is none
			return n
		}
	}
	return 0
}

// clock looks at what the driver reads the time from some hundred thousand times a second.
func (m machine) clock() []Finding {
	const check = "clock source"
	source, ok := m.text("sys/devices/system/clocksource/clocksource0/current_clocksource")
	if !ok {
		return nil
	}
	if fast := []string{"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"}; !slices.Contains(fast, source) {
		return finding(check, Warning, "clocksource=tsc on the kernel's command line, if the machine's TSC is sound",
			"%s: reading the time takes a system call or a device, and the driver does so all the time", source)
	}
	return finding(check, OK, "", "%s", source)
}

// environment tells of variables that people set for Aeron and that do not count here.
func (m machine) environment() []Finding {
	var names []string
	for _, pair := range m.environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AERON_") && name != "AERON_DIR" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return finding("environment", Note, "Config.FromEnv, or aerongo driver --from-env, if they are meant", "set, and ignored unless asked for: %s", strings.Join(names, ", "))
}

// size is a number of bytes as people read it.
func size(n int64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/step, 0
	for units := "KMGTPE"; value >= step && unit < len(units)-1; unit++ {
		value /= step
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTPE"[unit])
}
