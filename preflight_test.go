package aeron_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestWarnings_areFoundAtStartAndDoNotFailIt(t *testing.T) {
	var log bytes.Buffer
	// No machine lets a socket have a gigabyte.
	drv := start(t, aeron.Config{ReceiveBuffer: 1 << 30, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	var found *aeron.Warning
	for _, w := range drv.Warnings() {
		require.GreaterOrEqual(t, w.Severity, aeron.SeverityWarning)
		require.NotEmpty(t, w.Remedy)
		if w.Check == "receive buffer" {
			found = &w
		}
	}
	require.NotNil(t, found, "%v", drv.Warnings())
	require.Contains(t, found.Text, "rmem_max")
	require.Contains(t, found.Remedy, "sysctl -w net.core.rmem_max=1073741824")
	require.Contains(t, log.String(), "rmem_max")

	guest := start(t, aeron.Config{External: true, Directory: testdriver.Start(t).Dir()})
	require.Empty(t, guest.Warnings(), "its settings are not ours")
}

func TestPreflight_ofTheDefaultsAndOfTooMuch(t *testing.T) {
	cfg := aeron.Config{Directory: testdriver.Dir(t)}
	all, err := cfg.Preflight(1, 0)
	require.NoError(t, err)
	checks := map[string]aeron.Severity{}
	for _, f := range all {
		checks[f.Check] = max(checks[f.Check], f.Severity)
	}
	require.Equal(t, aeron.SeverityOK, checks["space"])
	require.Equal(t, aeron.SeverityOK, checks["directory"])
	require.Contains(t, checks, "cores")
	require.Contains(t, checks, "receive buffer")
	require.NoDirExists(t, cfg.Directory, "looking makes nothing")

	all, err = cfg.Preflight(1<<30, 0) // petabytes
	require.NoError(t, err)
	failed := false
	for _, f := range all {
		failed = failed || f.Check == "space" && f.Severity == aeron.SeverityFailure
	}
	require.True(t, failed)

	_, err = aeron.Config{Directory: filepath.Join("a", "\x00")}.Preflight(1, 0)
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
}
