//go:build official

package official

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// javaScript takes the place of java: of the command line that starts Java's driver it makes our driver's environment,
// -Daeron.term.buffer.length=64k becoming AERON_TERM_BUFFER_LENGTH=64k.
const javaScript = `#!/bin/sh
for argument in "$@"; do
    case $argument in
        -Daeron.*=*)
            setting=${argument#-D}
            export "$(printf %%s "${setting%%%%=*}" | tr a-z. A-Z_)=${setting#*=}"
            ;;
    esac
done
exec %s
`

// The system tests of aeron-go, a client in Go alone, start the driver by the name of java and kill it at their end.
func TestAeronGoSystemTests(t *testing.T) {
	figures.Begin(t)
	const module = "github.com/lirm/aeron-go"
	path := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(path, "java"), fmt.Appendf(nil, javaScript, aeronmd(t)), 0o755))
	tree := filepath.Join(t.TempDir(), "aeron-go") // a copy: the module cache is read-only, and go.sum may have to grow
	require.NoError(t, os.CopyFS(tree, os.DirFS(output(t, root, "go", "list", "-m", "-f", "{{.Dir}}", module))))
	user := fmt.Sprintf("aerontest-%d", os.Getpid()) // its directories are named for it
	t.Cleanup(func() { require.NoError(t, os.RemoveAll("/dev/shm/aeron-"+user)) })
	for _, packages := range []string{"./aeron/...", "./systests/..."} {
		cmd := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "-count=1", "-p", "1", "-timeout", "5m", "-v", packages)
		cmd.Dir = tree
		cmd.Env = append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"), "USER="+user, "GOFLAGS=-mod=mod")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", packages, tail(string(out)))
		passed := len(regexp.MustCompile(`(?m)^ *--- PASS: `).FindAll(out, -1))
		skipped := len(regexp.MustCompile(`(?m)^ *--- SKIP: `).FindAll(out, -1))
		require.Positive(t, passed)
		figures.Record(t, packages, fmt.Sprintf("%d passed, 0 failed, %d skipped upstream", passed, skipped))
	}
}
