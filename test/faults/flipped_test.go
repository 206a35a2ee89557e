package faults

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// flipped flips bits of a dead driver's cnc.dat: half of the time in its header.
func flipped(r *rand.Rand, b []byte) {
	for range 1 + r.IntN(8) {
		at := r.IntN(len(b))
		if r.IntN(2) == 0 {
			at = r.IntN(cncfile.HeaderLength)
		}
		b[at] ^= byte(1 + r.IntN(255))
	}
}

// refused connects to what is in a directory: a typed error, soon, is true.
func refused(t *testing.T, dir string) bool {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), prompt)
	defer cancel()
	d, err := aeron.Open(aeron.Config{Directory: dir, External: true, DriverTimeout: 100 * time.Millisecond})
	if err == nil {
		err = d.Start(ctx)
		require.NoError(t, d.Close())
	}
	require.Less(t, time.Since(began), prompt)
	if err == nil {
		return false
	}
	var e *aeron.Error
	require.ErrorAs(t, err, &e)
	return true
}

// looksAlive says whether a driver's heartbeat is of now, or of later.
func looksAlive(t *testing.T, dir string) bool {
	t.Helper()
	f, err := cncfile.Open(dir)
	require.NoError(t, err)
	defer f.Close()
	heartbeat, _, err := f.Heartbeat()
	require.NoError(t, err)
	return time.Since(heartbeat) < time.Minute
}

// startedOn starts a driver in a directory: it takes over what a dead one has left, whatever that is, or says why it does not.
func startedOn(t *testing.T, dir string) (started bool) {
	t.Helper()
	d, err := aeron.Open(small(dir))
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	if err := d.Start(testdriver.Context(t)); err != nil {
		var e *aeron.Error
		require.ErrorAs(t, err, &e)
		return false
	}
	requireFlow(t, d)
	return true
}

// A dead driver's cnc.dat in which bytes are flipped: for a client a typed error at once, for a driver that starts no obstacle that kills it.
func TestFlippedCnC(t *testing.T) {
	figures.Begin(t)
	dir := shm(t)
	require.NoError(t, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, cncfile.FileName)
	dead := cnctest.Valid(time.Now().Add(-time.Hour)).Bytes()
	r := rand.New(rand.NewPCG(7, 10))
	b := make([]byte, len(dead))
	const variants = 10_000
	resurrected := 0
	for range variants {
		copy(b, dead)
		flipped(r, b)
		require.NoError(t, os.WriteFile(path, b, 0o600))
		if !refused(t, dir) {
			require.True(t, looksAlive(t, dir), "a client of a driver that is dead")
			resurrected++
		}
	}
	require.Less(t, resurrected, variants/100)
	starts, taken := bounded(40, 1000), 0
	for range starts {
		copy(b, dead)
		flipped(r, b)
		require.NoError(t, os.RemoveAll(dir))
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.NoError(t, os.WriteFile(path, b, 0o600))
		old := time.Now().Add(-time.Hour)
		require.NoError(t, os.Chtimes(path, old, old))
		if startedOn(t, dir) {
			taken++
		}
	}
	require.Positive(t, taken)
	figures.Record(t, "variants for a client, for a driver that starts", fmt.Sprintf("%d, %d", variants, starts))
	figures.Record(t, "clients that were let in by a heartbeat of the future, drivers that took over", fmt.Sprintf("%d, %d", resurrected, taken))
}

// A cnc.dat of another version: a typed error for a client, living or dead; and a driver that starts leaves it alone or takes it over.
func TestCnCOfAnotherVersion(t *testing.T) {
	figures.Begin(t)
	versions := []uint32{1, 0x0000_0100, 0x0001_0000, 0x0003_0000, 0x7fff_ffff, 0xffff_ffff}
	dead, taken := 0, 0
	for _, version := range versions {
		for _, age := range []time.Duration{0, time.Hour} {
			dir := shm(t)
			require.NoError(t, os.Mkdir(dir, 0o700))
			b := cnctest.Valid(time.Now().Add(-age)).Bytes()
			binary.LittleEndian.PutUint32(b, version)
			require.NoError(t, os.WriteFile(filepath.Join(dir, cncfile.FileName), b, 0o600))
			require.True(t, refused(t, dir), "version %#x", version)
			if age > 0 {
				dead++
				if startedOn(t, dir) {
					taken++
				}
			}
		}
	}
	figures.Record(t, "versions, each of a living driver and of a dead one", len(versions))
	figures.Record(t, "directories of dead ones that a driver took over", fmt.Sprintf("%d of %d", taken, dead))
}
