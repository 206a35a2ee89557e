package aeron_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Everything that docs/FEATURES.md names exists.
func TestFeatures_nameWhatThereIs(t *testing.T) {
	table, err := os.ReadFile(filepath.Join("docs", "FEATURES.md"))
	require.NoError(t, err)
	var tests strings.Builder
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "test/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			tests.Write(text)
		}
	}
	transports := 0
	rows := 0
	for line := range strings.Lines(string(table)) {
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1)
		if !strings.HasPrefix(line, "| ") || len(names) == 0 {
			continue
		}
		rows++
		if strings.Contains(line, "`TestTransport_") && !strings.Contains(line, "OfARange") {
			require.Regexp(t, "`(Example_|examples/)", line, "each transport has an example that runs")
			transports++
		}
		for _, name := range names {
			if strings.HasPrefix(name[1], "Test") || strings.HasPrefix(name[1], "Example") {
				require.Contains(t, tests.String(), "func "+name[1]+"(", line)
				continue
			}
			_, err := os.Stat(name[1])
			require.NoError(t, err, line)
		}
	}
	require.Greater(t, rows, 20)
	require.Equal(t, 12, transports)
	// An example without an expected output compiles, and does not run.
	for _, name := range regexp.MustCompile("`(Example\\w*)`").FindAllStringSubmatch(string(table), -1) {
		_, body, _ := strings.Cut(tests.String(), "func "+name[1]+"(")
		body, _, _ = strings.Cut(body, "\n}\n")
		require.Contains(t, body, "// Output:", name[1])
	}
}
