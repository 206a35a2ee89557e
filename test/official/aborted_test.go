package official

import (
	"bufio"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// abortedFile lists the tests that the suite itself has aborted so far, since an assumption of theirs did not hold: one a line, by the
// names of those that contain it. A line that begins with # is a word to the reader.
const abortedFile = "aborted.txt"

// treeLine is a line of JUnit's tree in ASCII: what is above, the name, how long it took if that was long, how it ended, and why.
var treeLine = regexp.MustCompile(`^([| ]*)[+']-- (.*?)(?: \d+ ms)? \[(OK|X|S|A)\]( .*)?$`)

// aborted gives the names of tests that were aborted, of what JUnit prints.
func aborted(text string) (names []string) {
	var above []string
	for line := range strings.Lines(text) {
		parts := treeLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if parts == nil {
			continue
		}
		depth := len(parts[1]) / 2
		above = append(above[:min(depth, len(above))], parts[2])
		if parts[3] == "A" {
			names = append(names, strings.Join(above[min(1, len(above)-1):], " / "))
		}
	}
	return names
}

// knownAborted reads the list.
func knownAborted(t *testing.T) (names []string) {
	t.Helper()
	file, err := os.Open(abortedFile)
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") {
			names = append(names, line)
		}
	}
	require.NoError(t, lines.Err())
	return names
}

// requireKnownAborted fails for a test that was aborted and is not in the list: it tested something until now.
func requireKnownAborted(t *testing.T, text string, count int) {
	t.Helper()
	known := knownAborted(t)
	names := aborted(text)
	require.Len(t, names, count, "the tree does not show the tests that JUnit says to be aborted:\n%s", strings.Join(names, "\n"))
	var fresh []string
	for _, name := range names {
		if !slices.Contains(known, name) {
			fresh = append(fresh, name)
		}
	}
	require.Empty(t, fresh, "aborted, and not in %s: %s", abortedFile, strings.Join(fresh, "\n"))
}

func TestAborted_readsJUnitsTree(t *testing.T) {
	require.Equal(t, []string{
		"EchoTest / shouldEcho(String) / [2] aeron:udp?endpoint=localhost:24325",
		"EchoTest / shouldNot()",
	}, aborted(`Thanks for using JUnit!
+-- JUnit Jupiter [OK]
| +-- EchoTest [OK]
| | +-- shouldEcho(String) [OK]
| | | +-- [1] aeron:ipc [OK]
| | | '-- [2] aeron:udp?endpoint=localhost:24325 [A] Assumption failed: no [A]
| | '-- shouldNot() 1052 ms [A] Assumption failed
| '-- OtherTest [S] disabled
'-- JUnit Platform Suite [OK]
[         2 tests aborted         ]
`))
}
