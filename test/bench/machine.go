package main

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/bench/report"
)

// machine is what the figures are of. What cannot be found out is left out.
func machine(p plan) report.Machine {
	m := report.Machine{
		CPU: valueOf("/proc/cpuinfo", "model name", ":"), Cores: runtime.NumCPU(), OS: strings.Trim(valueOf("/etc/os-release", "PRETTY_NAME", "="), `"`),
		Go: runtime.Version(), Aeron: aeron.Version(), Date: time.Now().UTC().Format(time.DateOnly), Command: commandLine(os.Args[1:]),
		Setup: maps.Clone(setup),
	}
	m.Setup["order"] = fmt.Sprintf("by chance in each sitting, who opens first as well, and backwards in every second round; --seed %d repeats it", p.seed)
	if m.CPU == "" {
		m.CPU = runtime.GOARCH
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = string(bytes.TrimSpace(kernel))
	}
	if !p.withoutJava {
		if out, err := exec.Command("java", "-version").CombinedOutput(); err == nil {
			m.Java, _, _ = strings.Cut(string(out), "\n")
		}
	}
	return m
}

// commandLine is what to run for such figures; where they were written to does not matter.
func commandLine(args []string) string {
	line := []string{"scripts/bench"}
	for i := 0; i < len(args); i++ {
		name, _, value := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		switch {
		case name != "json":
			line = append(line, args[i])
		case !value:
			i++
		}
	}
	return strings.Join(line, " ")
}

// setup is what is the same for everybody.
var setup = map[string]string{
	"throughput":  "one C driver for all, threading shared-network, aeron.Config's defaults; a thread for each publisher and one for the receiver, sched_yield when idle; fragment limit 256",
	"latency":     "one C driver for all, threading shared, its thread yields when idle; pinger and ponger on a thread each in one process, sched_yield when idle; 32 B",
	"clients":     "conductors sleep 16 ms when idle (aeron-go 4 ms), as they do by default",
	"ratios":      "medians of the ratios of one round",
	"percentiles": fmt.Sprintf("medians of those of one round; %s is of all rounds together, where at least %d times lie beyond it", rare.name, rarest),
}

// valueOf is what stands behind a name in a file of lines.
func valueOf(file, name, separator string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), separator); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
