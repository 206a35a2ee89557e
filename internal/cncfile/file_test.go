package cncfile_test

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
)

func TestOpen_readsHeaderAndHeartbeat(t *testing.T) {
	dir := cnctest.Dir(t)
	beat := time.UnixMilli(time.Now().UnixMilli() - 1234)
	spec := cnctest.Valid(beat)
	path := spec.Write(t, dir)

	f, err := cncfile.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	require.Equal(t, path, f.Path())
	require.Equal(t, cncfile.SupportedVersion, f.Header().Version)
	require.EqualValues(t, os.Getpid(), f.Header().PID)
	require.EqualValues(t, len(spec.Bytes()), f.Header().FileLength)
	at, raw, err := f.Heartbeat()
	require.NoError(t, err)
	require.True(t, beat.Equal(at))
	require.Equal(t, beat.UnixMilli(), raw)
	info, err := f.Stat()
	require.NoError(t, err)
	require.Equal(t, f.Header().FileLength, info.Size())

	h, err := cncfile.ReadHeader(dir)
	require.NoError(t, err)
	require.Equal(t, f.Header(), h)
}

func TestHeartbeat_followsTheDriver(t *testing.T) {
	dir := cnctest.Dir(t)
	spec := cnctest.Valid(time.UnixMilli(1_700_000_000_000))
	path := spec.Write(t, dir)
	f, err := cncfile.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()

	for raw, want := range map[int64]time.Time{
		1_700_000_001_000: time.UnixMilli(1_700_000_001_000),
		1:                 time.UnixMilli(1),
		0:                 {},
		cncfile.NullValue: {},
		-1 << 63:          {},
	} {
		writeHeartbeat(t, path, f.Header(), raw)
		at, got, err := f.Heartbeat()
		require.NoError(t, err)
		require.Equal(t, raw, got)
		require.True(t, want.Equal(at), "%d: %v", raw, at)
	}
}

func writeHeartbeat(t *testing.T, path string, h cncfile.Header, raw int64) {
	t.Helper()
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(raw))
	_, err = w.WriteAt(b[:], h.HeartbeatOffset())
	require.NoError(t, err)
	require.NoError(t, w.Close())
}

func TestOpen_everyTruncationIsAnError(t *testing.T) {
	dir := cnctest.Dir(t)
	whole := cnctest.Valid(time.Now()).Bytes()
	lengths := []int{len(whole) - 1, len(whole) / 2, 4096, 1000}
	for n := range 257 {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		cnctest.WriteBytes(t, dir, whole[:n])
		f, err := cncfile.Open(dir)
		require.Nil(t, f, "length %d", n)
		require.ErrorIs(t, err, cncfile.ErrTooShort, "length %d", n)
		require.Equal(t, n > cncfile.HeaderLength, errors.Is(err, cncfile.ErrCorrupt), "length %d: %v", n, err)
		requireNames(t, err, dir)
	}
}

// requireNames makes sure that an error says where, exactly once, and has the type that
// callers look for.
func requireNames(t *testing.T, err error, dir string) {
	t.Helper()
	var own *cncfile.Error
	require.ErrorAs(t, err, &own)
	require.Equal(t, filepath.Join(dir, cncfile.FileName), own.Path)
	require.Equal(t, 1, strings.Count(err.Error(), own.Path), err.Error())
}

// TestOpen_everyDamagedByte changes each byte of the header in several ways: what is
// then still accepted must lie inside the file.
func TestOpen_everyDamagedByte(t *testing.T) {
	dir := cnctest.Dir(t)
	whole := cnctest.Valid(time.Now()).Bytes()
	accepted, refused := 0, 0
	for i := range 64 {
		for _, mask := range []byte{0x01, 0x80, 0xff} {
			b := append([]byte(nil), whole...)
			b[i] ^= mask
			cnctest.WriteBytes(t, dir, b)
			f, err := cncfile.Open(dir)
			if err != nil {
				refused++
				continue
			}
			accepted++
			inside(t, f.Header())
			_, _, err = f.Heartbeat()
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}
	}
	require.NotZero(t, accepted)
	require.NotZero(t, refused)
}

func TestOpen_randomContents(t *testing.T) {
	dir := cnctest.Dir(t)
	const seed = 42
	random := rand.New(rand.NewPCG(seed, seed))
	for range 300 {
		b := make([]byte, 129+random.IntN(4096))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		if random.IntN(2) == 0 { // get past the version
			copy(b, []byte{0, 2, 0, 0})
		}
		cnctest.WriteBytes(t, dir, b)
		_, err := cncfile.Open(dir)
		require.Error(t, err)
		requireNames(t, err, dir)
	}
}

func TestOpen_whatIsNotThere(t *testing.T) {
	dir := cnctest.Dir(t)
	for _, missing := range []string{dir, filepath.Join(dir, "no", "such")} {
		_, err := cncfile.Open(missing)
		require.ErrorIs(t, err, cncfile.ErrNotFound)
		require.ErrorIs(t, err, fs.ErrNotExist)
		requireNames(t, err, missing)
	}
}

func TestOpen_pathsThatCannotBe(t *testing.T) {
	dir := cnctest.Dir(t)
	file := cnctest.WriteBytes(t, dir, []byte("x"))
	loop := filepath.Join(dir, "loop")
	require.NoError(t, os.Symlink(loop, loop))
	for name, c := range map[string]struct{ dir, words string }{
		"empty":          {"", "empty"},
		"NUL":            {dir + "\x00/etc", "NUL"},
		"a file":         {file, "not a directory"},
		"a loop":         {loop, "too many levels"},
		"far too long":   {dir + strings.Repeat("/x", 4000), "file name too long"},
		"long component": {filepath.Join(dir, strings.Repeat("x", 300)), "file name too long"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cncfile.Open(c.dir)
			require.ErrorContains(t, err, c.words)
			var own *cncfile.Error
			require.ErrorAs(t, err, &own)
		})
	}
}

func TestOpen_directoryMayBeALink(t *testing.T) {
	dir := cnctest.Dir(t)
	cnctest.Valid(time.Now()).Write(t, dir)
	link := filepath.Join(cnctest.Dir(t), "link")
	require.NoError(t, os.Symlink(dir, link))
	_, err := cncfile.ReadHeader(link)
	require.NoError(t, err)
}

func TestReadHeader_tellsWhoIsStarting(t *testing.T) {
	dir := cnctest.Dir(t)
	spec := cnctest.Starting()
	spec.PID = 99
	spec.Write(t, dir)
	h, err := cncfile.ReadHeader(dir)
	require.ErrorIs(t, err, cncfile.ErrNotReady)
	require.EqualValues(t, 99, h.PID)
	f, err := cncfile.Open(dir)
	require.ErrorIs(t, err, cncfile.ErrNotReady)
	require.Nil(t, f)
}

func TestHeartbeat_ofAFileThatIsCutMeanwhile(t *testing.T) {
	dir := cnctest.Dir(t)
	path := cnctest.Valid(time.Now()).Write(t, dir)
	f, err := cncfile.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	for _, length := range []int64{f.Header().HeartbeatOffset() + 7, 128, 0} {
		require.NoError(t, os.Truncate(path, length))
		_, _, err = f.Heartbeat()
		require.ErrorIs(t, err, cncfile.ErrTooShort)
		requireNames(t, err, dir)
	}
}

func TestFile_survivesItsNameBeingReused(t *testing.T) {
	dir := cnctest.Dir(t)
	old := time.UnixMilli(1_600_000_000_000)
	path := cnctest.Valid(old).Write(t, dir)
	f, err := cncfile.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	require.NoError(t, os.Remove(path))
	cnctest.Valid(time.Now()).Write(t, dir)
	at, _, err := f.Heartbeat()
	require.NoError(t, err)
	require.True(t, old.Equal(at))
}

func TestReadAt_readsSections(t *testing.T) {
	dir := cnctest.Dir(t)
	beat := time.Now()
	cnctest.Valid(beat).Write(t, dir)
	f, err := cncfile.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()

	var b [8]byte
	_, err = f.ReadAt(b[:], f.Header().HeartbeatOffset())
	require.NoError(t, err)
	require.EqualValues(t, beat.UnixMilli(), binary.LittleEndian.Uint64(b[:]))

	n, err := f.ReadAt(b[:], f.Header().FileLength-3)
	require.Equal(t, 3, n)
	require.ErrorIs(t, err, io.EOF)
	_, err = f.ReadAt(b[:], -1)
	requireNames(t, err, dir)
}

func TestClose_twiceIsFineAndThenNothingWorks(t *testing.T) {
	dir := cnctest.Dir(t)
	cnctest.Valid(time.Now()).Write(t, dir)
	f, err := cncfile.Open(dir)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
	_, _, err = f.Heartbeat()
	require.ErrorIs(t, err, os.ErrClosed)
	_, err = f.ReadAt(make([]byte, 1), 0)
	require.ErrorIs(t, err, os.ErrClosed)
	require.Equal(t, cncfile.SupportedVersion, f.Header().Version)
}

func TestFile_isSafeForConcurrentUse(t *testing.T) {
	dir := cnctest.Dir(t)
	path := cnctest.Valid(time.Now()).Write(t, dir)
	f, err := cncfile.Open(dir)
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				if _, _, err := f.Heartbeat(); err != nil {
					if !errors.Is(err, os.ErrClosed) {
						t.Errorf("heartbeat: %v", err)
					}
					return
				}
			}
		})
	}
	for beat := range int64(200) {
		writeHeartbeat(t, path, f.Header(), beat)
	}
	require.NoError(t, f.Close())
	group.Wait()
}
