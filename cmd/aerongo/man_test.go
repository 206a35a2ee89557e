package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// verbs are all that people can call, with those below others.
func verbs(cmd *cobra.Command) (all []*cobra.Command) {
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			all = append(append(all, c), verbs(c)...)
		}
	}
	return all
}

func TestEveryVerb_hasExamplesThatBeginWithIt(t *testing.T) {
	std, _ := unread()
	begun := false
	all := verbs(rootCommand(std, &begun))
	require.Greater(t, len(all), 20)
	for _, c := range all {
		require.NotEmpty(t, c.Short, c.CommandPath())
		require.Contains(t, c.Example, c.CommandPath(), "%s has no example of itself", c.CommandPath())
		require.NotContains(t, c.Example, "\t", c.CommandPath())
	}
}

func TestMan_aPageForEachVerb(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	dir := filepath.Join(t.TempDir(), "new", "man1")
	code, stdout, stderr := here(t, nil, "man", "--output", dir, "--json")
	require.Equal(t, exitOK, code, stderr)
	files := decode[struct{ Files []string }](t, stdout).Files
	std, _ := unread()
	begun := false
	require.Len(t, files, 1+len(verbs(rootCommand(std, &begun))), "one for aerongo itself")
	page, err := os.ReadFile(filepath.Join(dir, "aerongo-tap.1"))
	require.NoError(t, err)
	for _, part := range []string{".TH", "NAME", "SYNOPSIS", "OPTIONS", "EXAMPLE", "Nov 2023"} {
		require.Contains(t, string(page), part)
	}
	require.NoFileExists(t, filepath.Join(dir, "aerongo-demo-receiver.1"))
	again := filepath.Join(t.TempDir(), "again")
	code, stdout, _ = here(t, nil, "man", "-o", again)
	require.Equal(t, exitOK, code)
	require.Contains(t, stdout, "pages in "+again)
	same, err := os.ReadFile(filepath.Join(again, "aerongo-tap.1"))
	require.NoError(t, err)
	require.Equal(t, string(page), string(same), "made twice, the same")
}

func TestMan_badInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	code, _, stderr := here(t, nil, "man", "--output", file)
	require.Equal(t, exitError, code)
	oneSentence(t, stderr, "--output", file)
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	code, _, stderr = here(t, nil, "man", "--output", t.TempDir())
	require.Equal(t, exitError, code)
	oneSentence(t, stderr, "SOURCE_DATE_EPOCH", "yesterday")
}

func TestCompletion_ofVerbsFlagsAndValues(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		code, stdout, stderr := here(t, nil, "completion", shell)
		require.Equal(t, exitOK, code, stderr)
		require.Contains(t, stdout, "aerongo")
	}
	for _, test := range []struct {
		words string
		want  []string
	}{
		{"exp", []string{"exporter"}},
		{"driver --threading ", []string{"shared", "shared-network", "dedicated"}},
		{"bench --idle s", []string{"spin", "sleep:1ms"}},
		{"tap --te", []string{"--tether"}},
	} {
		words := strings.Split(test.words, " ")
		code, stdout, stderr := here(t, nil, append([]string{"__complete"}, words...)...)
		require.Equal(t, exitOK, code, stderr)
		for _, word := range test.want {
			require.Contains(t, stdout, word)
		}
	}
	code, stdout, _ := here(t, nil, "__complete", "serve", "--dir", "")
	require.Equal(t, exitOK, code)
	require.Contains(t, stdout, ":16", "directories only")
}
