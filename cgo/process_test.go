package cgo_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestVersion(t *testing.T) {
	major, minor, patch := cgo.VersionNumbers()
	require.Equal(t, cgo.Version(), fmt.Sprintf("%d.%d.%d", major, minor, patch))
	require.Contains(t, cgo.VersionFull(), cgo.Version())
	require.NotEmpty(t, cgo.VersionGitSHA())
}

func TestClocks(t *testing.T) {
	require.WithinDuration(t, time.Now(), time.UnixMilli(cgo.EpochClock()), time.Minute)
	nano := cgo.NanoClock()
	require.Positive(t, nano)
	require.GreaterOrEqual(t, cgo.NanoClock(), nano)
}

func TestDirectories(t *testing.T) {
	path, err := cgo.DefaultPath()
	require.NoError(t, err)
	require.Contains(t, path, "aeron-")
	r := start(t)
	r.step()
	active, err := cgo.IsDriverActive(r.dir, 10_000)
	require.NoError(t, err)
	require.True(t, active)
	dir := testdriver.Dir(t)
	active, err = cgo.IsDriverActive(dir, 10_000)
	require.NoError(t, err)
	require.False(t, active)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700))
	require.NoError(t, cgo.DeleteDirectory(dir))
	require.NoDirExists(t, dir)
	long := "/" + strings.Repeat("x", 5000)
	require.ErrorContains(t, cgo.DeleteDirectory(long), "5001 bytes")
	_, err = cgo.IsDriverActive("a\x00b", 1)
	require.ErrorContains(t, err, "NUL byte")
}

func TestPrinter(t *testing.T) {
	q, fd, err := cgo.NewEvents()
	require.NoError(t, err)
	// Not destroyed, as is said there; a file keeps its descriptor away from everybody else.
	file := os.NewFile(uintptr(fd), "printed")
	t.Cleanup(func() { _ = file.Name() })
	require.False(t, cgo.HasPrinter())
	cgo.SetPrinter(q)
	defer cgo.ResetPrinter()
	require.True(t, cgo.HasPrinter())
	require.NoError(t, cgo.Print(true, "100% \n"))
	require.NoError(t, cgo.Print(false, "out"))
	cgo.ResetPrinter()
	require.False(t, cgo.HasPrinter())
	require.ErrorContains(t, cgo.Print(true, "a\x00b"), "NUL byte")
	for _, want := range []cgo.Event{{Kind: cgo.EventPrinted, Text: "100% \n", Code: 1}, {Kind: cgo.EventPrinted, Text: "out"}} {
		e, ok := q.Take()
		require.True(t, ok)
		require.Equal(t, want, e)
	}
	_, ok := q.Take()
	require.False(t, ok)
}

func TestProperties(t *testing.T) {
	const properties = "# a comment\naeron.mtu.length=%d\naeron.term.buffer.length=128k\n"
	t.Cleanup(func() {
		require.NoError(t, os.Unsetenv("AERON_MTU_LENGTH"))
		require.NoError(t, os.Unsetenv("AERON_TERM_BUFFER_LENGTH"))
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, properties, 2048)
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "driver.properties")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, properties, 4096), 0o600))
	for name, test := range map[string]struct {
		load func() error
		mtu  int
	}{
		"text":         {func() error { return cgo.PropertiesBufferLoad(fmt.Sprintf(properties, 1024)) }, 1024},
		"file":         {func() error { return cgo.PropertiesFileLoad(file) }, 4096},
		"http":         {func() error { return cgo.PropertiesHTTPLoad(server.URL + "/") }, 2048},
		"either, file": {func() error { return cgo.PropertiesLoad(file) }, 4096},
		"either, http": {func() error { return cgo.PropertiesLoad(server.URL + "/") }, 2048},
	} {
		require.NoError(t, test.load(), name)
		c, err := cgo.DriverContextInit(true)
		require.NoError(t, err)
		require.Equal(t, test.mtu, cgo.DriverContextMTULength(c), name)
		require.Equal(t, 128<<10, cgo.DriverContextTermBufferLength(c), name)
		require.NoError(t, cgo.DriverContextClose(c))
	}
	require.NoError(t, cgo.PropertiesFileLoad(file+".not"), "what is not there says nothing")
	require.Error(t, cgo.PropertiesFileLoad(t.TempDir()))
	require.Error(t, cgo.PropertiesLoad("file://"+t.TempDir()))
	require.ErrorContains(t, cgo.PropertiesBufferLoad("a\x00b"), "NUL byte")
	require.Error(t, cgo.PropertiesHTTPLoad("http://127.0.0.1:"+fmt.Sprint(testdriver.Port(t))+"/"))
}
