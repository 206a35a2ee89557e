package nativelib_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/nativelib"
	"github.com/aeroncgo/aeron/internal/nativelib/nativetest"
)

func TestInstall_onAMountPointSaysSoBeforeItBuilds(t *testing.T) {
	m := nativetest.New(t)
	prefix := filepath.Join(m.Home, "mounted")
	require.NoError(t, os.Mkdir(prefix, 0o755))
	require.NoError(t, syscall.Mount("none", prefix, "tmpfs", 0, "size=1m"), "this test mounts a file system, as root")
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(prefix, 0)) })
	_, err := nativelib.Install(t.Context(), m.Module(), nativelib.InstallOptions{Prefix: prefix})
	require.ErrorIs(t, err, nativelib.ErrPrefix)
	require.ErrorIs(t, err, syscall.EBUSY)
	require.ErrorContains(t, err, "it is a mount point: name a directory in it, such as --prefix "+prefix+"/aeron")
	require.Zero(t, m.Built())
	require.True(t, install(t, m, nativelib.InstallOptions{Prefix: filepath.Join(prefix, "aeron")}).Built)
}
