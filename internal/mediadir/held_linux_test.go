package mediadir_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/mediadir"
)

// TestRemoveDead_ofADamagedFileThatIsInUse maps the file as a driver does, whose cnc.dat
// somebody has damaged: its heartbeat cannot be found, but it is alive.
func TestRemoveDead_ofADamagedFileThatIsInUse(t *testing.T) {
	f := driver(t, hugeLengths(), longAgo)
	require.Equal(t, mediadir.Corrupt, f.inspect().State)
	file, err := os.OpenFile(f.path(cncfile.FileName), os.O_RDWR, 0)
	require.NoError(t, err)
	mapping, err := unix.Mmap(int(file.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	require.NoError(t, err)
	require.NoError(t, file.Close()) // as C does: the mapping is all that remains

	f.untouched(func() {
		err := mediadir.RemoveDead(f.dir, timeout)
		requireError(t, err, mediadir.ErrHeld, f.dir)
		require.ErrorIs(t, err, cncfile.ErrCorrupt)
		requireError(t, mediadir.PrepareForDriver(f.dir, mediadir.PrepareOptions{DeleteOnStart: true}), mediadir.ErrHeld, f.dir)
	})
	require.NoError(t, unix.Munmap(mapping))
	require.NoError(t, mediadir.RemoveDead(f.dir, timeout))
	requireGone(t, f.dir)
}
