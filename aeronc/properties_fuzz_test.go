package aeronc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// FuzzReadProperties reads a file of anything at all: a typed error of one line that says where, or properties that are what was written,
// for written down again they are the same.
func FuzzReadProperties(f *testing.F) {
	for _, text := range []string{
		"", "\n", "a=1", "aeron.mtu.length=1408\r\naeron.dir: /dev/shm/x\n", "# comment\n! another\n\n  a = one two \nb==:\n",
		"a=x\\\n# between\n   y\\\n\nz=w\n", "a=1\\", "a=1\na=1", "name", "=", "a=\x00", "a=\r\r\n", "a=\\\n\\\\\nb", "\xff\xfe=\u2028",
		"a=" + strings.Repeat("v", 2046), someProperties,
	} {
		f.Add([]byte(text))
	}
	dir := testdriver.Dir(f) // in memory
	require.NoError(f, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, "driver.properties")
	f.Fuzz(func(t *testing.T, text []byte) {
		require.NoError(t, os.WriteFile(path, text, 0o600))
		properties, err := aeronc.ReadProperties(path)
		if err != nil {
			var e *aeronc.Error
			require.ErrorAs(t, err, &e)
			require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
			require.Equal(t, -1, strings.IndexFunc(err.Error(), unicode.IsControl), "%q", err)
			require.Contains(t, err.Error(), path+":")
			require.Nil(t, properties)
			return
		}
		lines := strings.Count(string(text), "\n") + 1
		var again strings.Builder
		seen, before := map[string]bool{}, 0
		for _, p := range properties {
			require.NotEmpty(t, p.Name)
			require.False(t, seen[p.Name], "%q is there twice", p.Name)
			seen[p.Name] = true
			require.Greater(t, p.Line, before)
			require.LessOrEqual(t, p.Line, lines)
			before = p.Line
			require.LessOrEqual(t, len(p.Name)+len(p.Value), 2047)
			require.NotContains(t, p.Name+p.Value, "\x00")
			require.Equal(t, p.Setting() != "", p.IsDriver() || p.IsClient())
			fmt.Fprintf(&again, "%s=%s\r\n", p.Name, p.Value)
		}
		require.NoError(t, os.WriteFile(path, []byte(again.String()), 0o600))
		same, err := aeronc.ReadProperties(path)
		require.NoError(t, err)
		require.Len(t, same, len(properties))
		for i, p := range same {
			require.Equal(t, properties[i].Name, p.Name)
			require.Equal(t, properties[i].Value, p.Value)
		}
	})
}
