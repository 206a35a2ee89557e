package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// bootstrap runs scripts/bootstrap on a machine whose go answers `check --packages` with missing, whose user is uid, and whose
// programs write down how they were called. It returns what was called, one line each.
func bootstrap(t *testing.T, missing, uid string, without string, args ...string) (calls []string, output string, err error) {
	t.Helper()
	home := t.TempDir()
	bin := filepath.Join(home, "bin")
	require.NoError(t, os.Mkdir(bin, 0o755))
	log := filepath.Join(home, "calls")
	programs := map[string]string{
		"go":      `echo "go $*" >> "$LOG"; case "$*" in *"check --packages"*) [ -z "$MISSING" ] || echo "$MISSING" ;; esac`,
		"apt-get": `echo "apt-get $* ($DEBIAN_FRONTEND)" >> "$LOG"`,
		"id":      `echo ` + uid,
		"dirname": `exec /usr/bin/dirname "$@"`,
	}
	delete(programs, without)
	for name, body := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755))
	}
	script, err := filepath.Abs(filepath.Join("..", "..", "scripts", "bootstrap"))
	require.NoError(t, err)
	cmd := exec.Command("/bin/sh", append([]string{script}, args...)...)
	cmd.Env = []string{"PATH=" + bin, "LOG=" + log, "MISSING=" + missing}
	text, runErr := cmd.CombinedOutput()
	called, err := os.ReadFile(log)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	for line := range strings.Lines(string(called)) {
		calls = append(calls, strings.TrimSpace(line))
	}
	return calls, string(text), runErr
}

func TestBootstrap_installsWhatIsMissingAsRootThenTheLibrary(t *testing.T) {
	calls, output, err := bootstrap(t, "cmake ninja-build", "0", "", "--asan", "--prefix", "a b")
	require.NoError(t, err, output)
	require.Equal(t, []string{
		"go run ./cmd/aeron-native check --packages --asan --prefix a b",
		"apt-get update -qq (noninteractive)",
		"apt-get install -y -qq --no-install-recommends cmake ninja-build (noninteractive)",
		"go run ./cmd/aeron-native install --asan --prefix a b",
	}, calls)
}

func TestBootstrap_touchesNoPackageWhenAllIsThere(t *testing.T) {
	calls, output, err := bootstrap(t, "", "0", "", "--source=tree")
	require.NoError(t, err, output)
	require.Equal(t, []string{
		"go run ./cmd/aeron-native check --packages --source",
		"go run ./cmd/aeron-native install --source=tree",
	}, calls)
}

func TestWithPrograms_withoutACommandIsAMistake(t *testing.T) {
	script := filepath.Join("..", "..", "scripts", "with-programs")
	for _, args := range [][]string{{"sh=dash"}, {"sh=dash", "--"}, {}} {
		text, err := exec.Command(script, args...).CombinedOutput()
		require.Error(t, err, args)
		require.Contains(t, string(text), "no -- with a command behind it")
	}
	text, err := exec.Command(script, "sh=dash", "--", "echo", "done").CombinedOutput()
	require.NoError(t, err, string(text))
	require.Equal(t, "done\n", string(text))
}

func TestBootstrap_namesTheCommandToOthers(t *testing.T) {
	calls, output, err := bootstrap(t, "gcc libc6-dev", "1000", "")
	require.Error(t, err)
	require.Contains(t, output, "apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev")
	require.Equal(t, []string{"go run ./cmd/aeron-native check --packages"}, calls)

	_, output, err = bootstrap(t, "cmake", "0", "apt-get")
	require.Error(t, err)
	require.Contains(t, output, "lacks what these Debian packages have: cmake")

	calls, output, err = bootstrap(t, "", "0", "go")
	require.Error(t, err)
	require.Contains(t, output, "install Go 1.26")
	require.Empty(t, calls)
}
