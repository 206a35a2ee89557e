package aeronc_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestProcess_versionClocksAndDefaultDirectory(t *testing.T) {
	require.Contains(t, aeronc.VersionFull(), aeronc.Version())
	before := aeronc.NanoClock()
	require.WithinDuration(t, time.Now(), aeronc.EpochClock(), time.Minute)
	require.GreaterOrEqual(t, aeronc.NanoClock(), before)
	t.Setenv("AERON_DIR", "/elsewhere")
	dir, err := aeronc.DefaultDir()
	require.NoError(t, err)
	require.Contains(t, filepath.Base(dir), "aeron-")
	c, err := aeronc.NewContext()
	require.NoError(t, err)
	require.Equal(t, dir, c.Dir(), "it is where a context looks")
	require.NoError(t, c.Close())
}

func TestIsDriverActive(t *testing.T) {
	d := testdriver.Start(t)
	client := d.Connect()
	for _, timeout := range []time.Duration{0, 10 * time.Second} {
		active, err := aeronc.IsDriverActive(d.Dir(), timeout)
		require.NoError(t, err)
		require.True(t, active)
	}
	require.NoError(t, client.Close())
	dir := d.Dir()
	require.NoError(t, d.Close())
	active, err := aeronc.IsDriverActive(dir, 0)
	require.NoError(t, err)
	require.False(t, active)

	short := testdriver.Dir(t)
	require.NoError(t, os.Mkdir(short, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(short, "cnc.dat"), make([]byte, 64), 0o600))
	active, _ = aeronc.IsDriverActive(short, 0) // whether that is an error or a no is for the directory's own tests
	require.False(t, active, "C would read beyond the file")
	for _, bad := range []string{"a\x00b", "/" + strings.Repeat("x", 5000)} {
		_, err = aeronc.IsDriverActive(bad, 0)
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	}
}

func TestDeleteDirectory_removesOnlyWhatADeadDriverHasLeft(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetDeleteOnShutdown(false)) })
	require.ErrorIs(t, aeronc.DeleteDirectory(d.Dir(), time.Minute), aeronc.ErrDriverActive)
	require.FileExists(t, filepath.Join(d.Dir(), "cnc.dat"))
	require.NoError(t, d.Close())
	require.DirExists(t, d.Dir())
	require.NoError(t, aeronc.DeleteDirectory(d.Dir(), 0), "it has said goodbye")
	require.NoDirExists(t, d.Dir())
	require.NoError(t, aeronc.DeleteDirectory(d.Dir(), 0), "there is nothing to remove")
	require.ErrorIs(t, aeronc.DeleteDirectory("a\x00b", 0), aeronc.ErrInvalidArgument)

	foreign := testdriver.Dir(t)
	require.NoError(t, os.Mkdir(foreign, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(foreign, "thesis.txt"), []byte("ten years"), 0o600))
	require.ErrorIs(t, aeronc.DeleteDirectory(foreign, 0), aeronc.ErrDirectoryRefused)
	require.FileExists(t, filepath.Join(foreign, "thesis.txt"))
}

func TestSetPrinter(t *testing.T) {
	require.False(t, aeronc.HasPrinter())
	var mu sync.Mutex
	var heard []string
	hear := func(toStderr bool, text string) {
		mu.Lock()
		defer mu.Unlock()
		stream := "out: "
		if toStderr {
			stream = "err: "
		}
		heard = append(heard, stream+text)
		panic("a handler may panic")
	}
	for range 2 {
		require.NoError(t, aeronc.SetPrinter(hear))
	}
	defer func() { require.NoError(t, aeronc.SetPrinter(nil)) }()
	require.True(t, aeronc.HasPrinter())
	require.NoError(t, cgo.Print(true, "a warning\n"))
	require.NoError(t, cgo.Print(false, "a line\n"))
	testdriver.Await(t, "both", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(heard) == 2
	})
	require.Equal(t, []string{"err: a warning\n", "out: a line\n"}, heard)
	// A driver's own words.
	testdriver.Start(t, func(c *aeronc.DriverContext) { require.NoError(t, c.SetPrintConfiguration(true)) })
	testdriver.Await(t, "the configuration", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(strings.Join(heard, ""), "mtu_length=1408")
	})
	require.NoError(t, aeronc.SetPrinter(nil))
	require.False(t, aeronc.HasPrinter())
}
