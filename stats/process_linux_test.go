package stats

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestMapped_readsProc(t *testing.T) {
	const maps = `55d0c0c00000-55d0c0c01000 r-xp 00000000 08:01 123                        /usr/bin/x
7f0000000000-7f0000001000 rw-s 00000000 00:17 42                         /dev/shm/d/cnc.dat
7f0000001000-7f0000002000 rw-s 00000000 00:17 42                         /dev/shm/d/cnc.dat (deleted)
7f0000002000-7f0000003000 r--s 00000000 00:17 42                         /dev/shm/d/cnc.dat
7f0000003000-7f0000004000 rw-s 00001000 00:17 43                         /dev/shm/d/a
7f0000004000-7f0000005000 r--s 00000000 00:17 43                         /dev/shm/d/a
7f0000005000-7f0000006000 rw-p 00000000 00:17 43                         /dev/shm/d/a
7f0000006000-7f0000007000 rw-s 00000000 00:18 43                         /dev/shm/d/a
7f0000007000-7f0000008000 rw-p 00000000 00:00 0
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
nonsense
7f
`
	names := map[string]string{"00:17 42": cncName, "00:17 43": "a"}
	require.Equal(t, map[string]int{cncName: 2, "a": 1}, mapped([]byte(maps), names))
	require.Empty(t, mapped(nil, names))
}

func TestLookAtProcesses_findsThisOne(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, cncName)
	require.NoError(t, os.WriteFile(path, make([]byte, 4096), 0o600))
	require.Empty(t, lookAtProcesses(dir, []string{cncName}))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	for n := 1; n <= 2; n++ {
		m, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, unix.Munmap(m)) })
		require.Equal(t, []sighting{{os.Getpid(), map[string]int{cncName: n}}}, lookAtProcesses(dir, []string{cncName, "absent"}))
	}
}
