package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSamples_countsFunctionsAndTakesTheKernelAsOne(t *testing.T) {
	require.Equal(t, map[string]int{
		"aeron_image_poll": 2, "pkg.(*Image).walk": 1, "main": 1, kernel: 2, "github.com/x.(*sync[go.shape.int]).f": 1,
	}, samples(`
     55d1a0 aeron_image_poll (/tmp/bench-c)
     55d1a4 aeron_image_poll (/tmp/bench-c)
     5611d1 pkg.(*Image).walk (/tmp/ours)
     5611d1 main (/tmp/ours)
     5611d1 github.com/x.(*sync[go.shape.int]).f (/tmp/ours)
 ffffffff81 do_sched_yield ([kernel.kallsyms])
 ffffffff82 __schedule ([kernel.kallsyms])
`))
	require.Empty(t, samples("\n"))
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
	counts := map[string]int{"walk": 500, kernel: 480, "rare": 15, "never": 5}
	var out strings.Builder
	require.NoError(t, writeProfile(&out, "case, c", counts, func(function string) (string, error) {
		require.Equal(t, "walk", function, "nothing else is worth a look inside")
		return "80.00 : 1: load\n 5.00 : 2: store\n", nil
	}))
	require.Equal(t, `
case, c: 1000 samples
  50.0 %  walk
              40.0 %  load
  48.0 %  the kernel
   1.5 %  rare
`, out.String())

	require.ErrorContains(t, writeProfile(&out, "case, c", nil, nil), "case, c: perf took no samples")
	failed := errors.New("no such function")
	require.ErrorIs(t, writeProfile(&out, "", counts, func(string) (string, error) { return "", failed }), failed)
}

func TestProfiles_withoutPerfSayWhereItIs(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := newBench(t.Context(), smokePlan()).profiles(filepath.Join(t.TempDir(), "profile"))
	require.ErrorIs(t, err, exec.ErrNotFound)
	require.ErrorContains(t, err, "linux-perf")
}

// Every contestant is watched while it runs, with a perf that has seen one function.
func TestProfiles_ofEveryContestant(t *testing.T) {
	programs := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(programs, "perf"), []byte(`#!/bin/sh
case $1 in
record) exec sleep 60 ;;
script) echo "  1f offer (/tmp/program)" ;;
annotate) echo "100.00 : 1f: mov %rax,(%rbx)" ;;
esac
`), 0o755))
	t.Setenv("PATH", programs+string(filepath.ListSeparator)+os.Getenv("PATH"))
	t.Chdir("../..")
	file := filepath.Join(t.TempDir(), "profile")
	p := smokePlan()
	p.withoutJava = true
	b := newBench(t.Context(), p)
	require.NoError(t, b.profiles(file))
	require.Empty(t, b.errs)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, name := range profiled {
		require.Contains(t, string(text), profileCase+", "+name+": 1 samples\n 100.0 %  offer\n             100.0 %  mov %rax,(%rbx)\n")
	}
}
