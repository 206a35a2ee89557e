package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
)

// sleeper is a contestant that takes commands and answers none of them, nor ends with its input.
func sleeper(string) []string { return []string{"sh", "-c", "exec sleep 60"} }

// However a run ends, neither contestants nor directories are left.
func TestBench_leavesNothingWhenItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	b := newBench(ctx, smokePlan())
	var dir string
	var pid int
	begin := time.Now()
	err := b.withDriver(aeron.Config{}, map[string]command{"sleeper": sleeper}, func(in string) error {
		dir, pid = in, b.processes["sleeper"].command.Process.Pid
		require.DirExists(t, dir)
		time.AfterFunc(10*time.Millisecond, stop)
		return b.processes["sleeper"].open(word("open sesame"))
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, b.errs, "that a contestant was killed is no error then")
	require.Less(t, time.Since(begin), patience)
	require.NoDirExists(t, dir)
	require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	require.Empty(t, b.processes)
}

func TestBench_leavesNothingWhenItFails(t *testing.T) {
	b := newBench(t.Context(), smokePlan())
	var dir string
	failure := errors.New("on purpose")
	commands := map[string]command{"idler": func(string) []string { return []string{"cat"} }}
	err := b.withDriver(aeron.Config{}, commands, func(in string) error {
		dir = in
		return failure
	})
	require.ErrorIs(t, err, failure)
	require.NoDirExists(t, dir)

	commands["missing"] = func(string) []string { return []string{os.DevNull} }
	err = b.withDriver(aeron.Config{}, commands, func(in string) error { return failure })
	require.ErrorIs(t, err, os.ErrPermission)
	require.Empty(t, b.processes)
	require.Empty(t, b.errs)
}

func TestMeasure_thatIsStoppedSaysSoAndNothingElse(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	t.Chdir("../..")
	_, err := measure(ctx, smokePlan())
	require.Equal(t, context.Canceled, err)
}
