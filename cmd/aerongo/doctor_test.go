package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestDoctor_ofAHealthyMachine(t *testing.T) {
	dir := testdriver.Dir(t)
	args := []string{"doctor", "--dir", dir, "--streams", "1", "--ipc-streams", "0", "--term-length", "65536", "--threading", "shared"}
	code, stdout, stderr := here(t, nil, args...)
	require.Equal(t, exitOK, code, "%s%s", stdout, stderr)
	require.Contains(t, stdout, "ok       space: ")
	require.NoDirExists(t, dir)
	code, stdout, stderr = here(t, nil, append(args, "--json")...)
	require.Equal(t, exitOK, code, stderr)
	d := decode[doctorDocument](t, stdout)
	require.True(t, d.Healthy)
	require.Equal(t, dir, d.Dir)
	require.NotEmpty(t, d.Findings)
	for _, f := range d.Findings {
		require.Contains(t, []string{"ok", "note", "warning"}, f.Severity)
		require.True(t, f.Severity != "warning" || f.Remedy != "", "%+v", f)
	}
}

func TestDoctor_saysWhatWillFailAndEndsWithOne(t *testing.T) {
	foreign := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(foreign, "diary.txt"), nil, 0o600))
	for what, args := range map[string][]string{
		"space":          {"--dir", testdriver.Dir(t), "--streams", "10000000"},
		"receive buffer": {"--dir", testdriver.Dir(t), "--window", "1073741824", "--receive-buffer", "1073741824", "--term-length", "1073741824", "--sparse"},
		"directory":      {"--dir", foreign},
	} {
		code, stdout, stderr := here(t, nil, append([]string{"doctor", "--json"}, args...)...)
		require.Equal(t, exitError, code, "%s: %s", what, stdout)
		oneSentence(t, stderr, "something will fail")
		d := decode[doctorDocument](t, stdout)
		require.False(t, d.Healthy)
		failed := map[string]string{}
		for _, f := range d.Findings {
			if f.Severity == "failure" {
				failed[f.Check] = f.Remedy
			}
		}
		require.NotEmpty(t, failed[what], "%v", failed)
		code, stdout, _ = here(t, nil, append([]string{"doctor"}, args...)...)
		require.Equal(t, exitError, code)
		require.Contains(t, stdout, "failure  "+what)
		require.Contains(t, stdout, "remedy: ")
	}
}

func TestDoctor_usage(t *testing.T) {
	for _, args := range []string{"doctor extra", "doctor --streams -1", "doctor --ipc-streams -1", "doctor --streams x", "doctor --threading quick", "doctor --dir="} {
		code, stdout, stderr := here(t, nil, strings.Fields(args)...)
		require.Equal(t, exitUsage, code, stderr)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "--help")
	}
	code, _, stderr := here(t, nil, "doctor", "--term-length", "1000")
	require.Equal(t, exitError, code)
	oneSentence(t, stderr, "TermLength")
	_, stdout, _ := here(t, nil, "doctor", "--help")
	require.Contains(t, stdout, "Examples:")
}
