package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSamplesOf_countsAProcessAndTakesTheKernelAsOne(t *testing.T) {
	const script = `
     7     55d1a0 aeron_image_poll (/tmp/bench-c)
     7     55d1a4 aeron_image_poll (/tmp/bench-c)
     7     5611d1 pkg.(*Image).walk (/tmp/ours)
     7     5611d1 github.com/x.(*sync[go.shape.int]).f (/tmp/ours)
     7     7f11d1 long io.aeron.ExclusivePublication.offer(org.agrona.DirectBuffer, int, int) (/tmp/perf-7.map)
     7     7f11d1 [unknown] ([unknown])
     7     7f11d1 __vdso_clock_gettime ([vdso])
    77     5611d1 main (/tmp/another)
     7 ffffffff81 do_sched_yield ([kernel.kallsyms])
     7 ffffffff82 start_xmit ([virtio_net])
`
	require.Equal(t, map[function]int{
		{"aeron_image_poll", "/tmp/bench-c"}: 2, {"pkg.(*Image).walk", "/tmp/ours"}: 1, {"github.com/x.(*sync[go.shape.int]).f", "/tmp/ours"}: 1,
		{"long io.aeron.ExclusivePublication.offer(org.agrona.DirectBuffer, int, int)", "/tmp/perf-7.map"}: 1,
		{"[unknown]", "[unknown]"}: 1, {"__vdso_clock_gettime", "[vdso]"}: 1, kernel: 2,
	}, samplesOf(7, script))
	require.Empty(t, samplesOf(8, script))
	require.Empty(t, samplesOf(7, "\n"))
}

// A process's time has that of threads that have ended, and a profile that lacks most of it is none.
func TestCovered_refusesAProfileOfSomeThreadsOnly(t *testing.T) {
	require.NoError(t, covered(sampled, time.Second))
	require.NoError(t, covered(0, 0))
	require.EqualError(t, covered(905, 4*time.Second), "perf took 905 samples, which are 0.18 s of 4.00 s of processor time")

	before, err := processorTime(os.Getpid())
	require.NoError(t, err)
	for begin := time.Now(); ; {
		now, err := processorTime(os.Getpid())
		require.NoError(t, err)
		if now > before {
			break
		}
		require.Less(t, time.Since(begin), time.Minute, "a loop that spins takes some")
	}
	_, err = processorTime(-1)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestInstructions_thoseWithMostFirst(t *testing.T) {
	require.Equal(t, []instruction{
		{0.6047, "test %edx,%edx"},
		{0.1008, "jle 1c0d9 <aeron_image_poll+0x169>"},
		{0, "mov %fs:0x0,%rax"},
	}, instructions(` Percent |      Source code & Disassembly of bench-c for cpu-clock (258 samples, percent: local period)
-----------------------------------------------------------------------------------------------------------
         : 5      0000000000 <aeron_image_poll>:
    0.00 :   1c050:  mov    %fs:0x0,%rax
   10.08 :   1c05d:  jle    1c0d9 <aeron_image_poll+0x169>
   60.47 :   1c05b:  test   %edx,%edx
`))
}

func TestWriteProfile_leavesOutWhatIsLittle(t *testing.T) {
	walk, method := function{"walk", "/tmp/ours"}, function{"method", "/tmp/perf-1.map"}
	counts := map[function]int{walk: 400, kernel: 480, method: 100, {"rare", ""}: 15, {"never", ""}: 5}
	var out strings.Builder
	require.NoError(t, writeProfile(&out, "case, c: samples", counts, func(f function) (string, error) {
		require.Equal(t, walk, f, "nothing else can be looked into, or is worth it")
		return "80.00 : 1: load\n 5.00 : 2: store\n", nil
	}))
	require.Equal(t, `
case, c: samples
  48.0 %  the kernel
  40.0 %  walk
              32.0 %  load
  10.0 %  method
   1.5 %  rare
`, out.String())

	require.ErrorContains(t, writeProfile(&out, "case, c", nil, nil), "case, c: perf took no samples")
	failed := errors.New("no such function")
	require.ErrorIs(t, writeProfile(&out, "", counts, func(function) (string, error) { return "", failed }), failed)
}

func TestProfiles_withoutPerfSayWhereItIs(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := newBench(t.Context(), smokePlan()).profiles(filepath.Join(t.TempDir(), "profile"))
	require.ErrorIs(t, err, exec.ErrNotFound)
	require.ErrorContains(t, err, "linux-perf")
}

// obeys is a perf record that does what it is told.
const obeys = `while read -r command <&3; do echo ack >&4; test "$command" != stop || exit 0; done; exit 1`

// fakePerf is a perf in PATH that has seen one function of every process that the bench has started, so many times.
func fakePerf(t *testing.T, record string, samples int) {
	t.Helper()
	programs := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(programs, "perf"), fmt.Appendf(nil, `#!/bin/sh
case $1 in
record) %s ;;
script) for pid in $(grep -lx "PPid:	$PPID" /proc/[0-9]*/status | cut -d/ -f3) $PPID; do yes "$pid 1f offer (/tmp/program)" | head -n %d; done ;;
annotate) echo "100.00 : 1f: mov %%rax,(%%rbx)" ;;
esac
`, record, samples), 0o755))
	t.Setenv("PATH", programs+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// profileOf is what the bench writes about a case by such a perf.
func profileOf(t *testing.T, only string) string {
	t.Helper()
	fakePerf(t, obeys, 50000)
	t.Chdir("../..")
	file := filepath.Join(t.TempDir(), "profile")
	p := smokePlan()
	p.withoutJava, p.only = true, only
	b := newBench(t.Context(), p)
	require.NoError(t, b.profiles(file))
	require.Empty(t, b.errs)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

// Every contestant is watched while it runs, and for UDP the driver.
func TestProfiles_ofEveryContestant(t *testing.T) {
	text := profileOf(t, "udp-32-exclusive-1")
	for _, name := range []string{inC, ours, batched, aeronGo, "the driver of " + inC} {
		require.Regexp(t, `\nudp-32-exclusive-1, `+name+`: 50000 samples of [\d.]+ s of processor time, in sittings of [\d,]+ messages/s
 100\.0 %  offer
             100\.0 %  mov %rax,\(%rbx\)
`, text)
	}
}

// C's side and ours have the same process layout: one thread sends and receives, beside a driver's.
func TestProfiles_ofOneThread(t *testing.T) {
	text := profileOf(t, "poll-1-streams")
	for _, name := range []string{inC, ours} {
		require.Regexp(t, `\npoll-1-streams, `+name+`: 50000 samples of [\d.]+ s of processor time, in sittings of [\d,]+ messages/s\n 100\.0 %  offer\n`, text)
	}
}

func TestRecorder_saysWhatPerfSaysWhenItEnds(t *testing.T) {
	fakePerf(t, "echo no permission >&2; exit 3", 0)
	r, err := record(t.Context(), filepath.Join(t.TempDir(), "data"))
	require.NoError(t, err)
	err = r.tell("enable")
	require.ErrorContains(t, err, "perf record does not enable")
	require.ErrorContains(t, err, "exit status 3: no permission")
}
