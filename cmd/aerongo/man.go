package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func manCommand(std streams) *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "man",
		Short: "Write manual pages",
		Long: `man writes a manual page for each verb, aerongo-stat.1 for stat, into a directory, which is made if it is not there.

Their date is today's, or $SOURCE_DATE_EPOCH's, so that packages can be built alike twice.`,
		Example: `  aerongo man --output man1
  aerongo man --output /usr/local/share/man/man1 && man aerongo-stat`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return usagef("--output: name a directory")
			}
			files, err := writeManual(cmd.Root(), dir)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(std.out, struct {
					Files []string `json:"files"`
				}{files})
			}
			_, err = fmt.Fprintf(std.out, "%d pages in %s\n", len(files), dir)
			return err
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "the directory")
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"files"}`)
	return cmd
}

func writeManual(root *cobra.Command, dir string) ([]string, error) {
	date := time.Now()
	if text := os.Getenv("SOURCE_DATE_EPOCH"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("$SOURCE_DATE_EPOCH is %q: must be a number of seconds since 1970", text)
		}
		date = time.Unix(seconds, 0).UTC()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("--output: %w", err)
	}
	v := versions()
	header := &doc.GenManHeader{Title: "AERONGO", Section: "1", Date: &date, Source: fmt.Sprintf("aerongo %s, Aeron %s", v.Version, v.Aeron), Manual: "Aeron for Go"}
	root.DisableAutoGenTag = true
	if err := doc.GenManTree(root, header, dir); err != nil {
		return nil, fmt.Errorf("--output: %w", err)
	}
	return filepath.Glob(filepath.Join(dir, "aerongo*.1"))
}

// completions tells shells what may follow: cobra's verb completion, with examples, and what flags take.
func completions(root *cobra.Command, std streams) {
	root.SetOut(std.out) // where scripts go is decided when the verb is made
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		for flag, values := range map[string][]string{
			"threading": {"shared", "shared-network", "dedicated"},
			"idle":      {"spin", "yield", "backoff", "sleep:1ms"},
		} {
			if cmd.Flags().Lookup(flag) != nil {
				// It fails for a flag that is not there or has one already.
				_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
			}
		}
		if cmd.Flags().Lookup("dir") != nil {
			_ = cmd.MarkFlagDirname("dir") // likewise
		}
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Example = "  source <(aerongo completion bash)\n  aerongo completion zsh > \"${fpath[1]}/_aerongo\"\n  aerongo completion fish > ~/.config/fish/completions/aerongo.fish"
		for _, shell := range cmd.Commands() {
			shell.Example = "  aerongo completion " + shell.Name() + " --no-descriptions"
			if shell.Name() == "powershell" {
				shell.Example = "  aerongo completion powershell | Out-String | Invoke-Expression"
			}
		}
	}
}
