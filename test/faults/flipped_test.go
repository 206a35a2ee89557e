package faults

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/mediadir"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// flipped flips bits of a cnc.dat: half of the time in its header.
func flipped(r *rand.Rand, b []byte) {
	for range 1 + r.IntN(8) {
		at := r.IntN(len(b))
		if r.IntN(2) == 0 {
			at = r.IntN(cncfile.HeaderLength)
		}
		b[at] ^= byte(1 + r.IntN(255))
	}
}

// clientTimeout is how old the heartbeat in a file may be that a client is to connect to: as old as one may get that was made just now.
const clientTimeout = 2 * time.Second

// fates are what became of clients of damaged files.
type fates struct {
	Reached   int // the file passes what Go looks at, so that C maps it
	Connected int // and the client had work to do
}

// try connects a client, without threads so that it works when it is told to, to what is in a directory: whatever becomes of that is typed,
// and soon.
func (f *fates) try(dir string) error {
	began := time.Now()
	found, err := mediadir.Inspect(dir, clientTimeout)
	if err != nil {
		return err
	}
	alive := found.State == mediadir.Active && found.Version.ServesClients()
	if alive {
		f.Reached++
	}
	d, err := aeron.Open(aeron.Config{Directory: dir, External: true, Invoker: true, DriverTimeout: clientTimeout})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), prompt)
	defer cancel()
	switch err := d.Start(ctx); {
	case err == nil && !alive:
		return errors.Join(errors.New("a client of a driver that is dead"), d.Close())
	case err == nil:
		f.Connected++
		err = f.work(d)
		if err != nil {
			return errors.Join(err, d.Close())
		}
	default:
		var e *aeron.Error
		if !errors.As(err, &e) {
			return fmt.Errorf("an error of no type: %w", err)
		}
	}
	if err := d.Close(); err != nil {
		return err
	}
	if took := time.Since(began); took > prompt {
		return fmt.Errorf("it took %v", took)
	}
	return nil
}

// work lets a client hear its driver, and, now and then, as it takes time, asks for something that nobody answers.
func (f *fates) work(d *aeron.Driver) error {
	for range 4 {
		if _, err := d.DoWork(); typed(err) != nil {
			return err
		}
	}
	if f.Connected%32 != 1 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	_, err := d.AddPublication(ctx, "aeron:ipc", 1)
	if err == nil {
		return errors.New("somebody has answered")
	}
	return typed(err)
}

// place puts a cnc.dat into a directory, whole at once.
func place(dir string, b []byte) error {
	fresh := dir + ".fresh"
	return errors.Join(os.WriteFile(fresh, b, 0o600), os.Rename(fresh, filepath.Join(dir, cncfile.FileName)))
}

// runFlippedCnC connects clients to the file of a driver that lives just now, in which bytes are flipped.
func runFlippedCnC(dir string, args []string) error {
	count, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(7, 10))
	variants := edges()
	for len(variants) < count {
		variants = append(variants, func() []byte {
			b := cnctest.Valid(time.Now()).Bytes()
			flipped(r, b)
			return b
		})
	}
	var f fates
	for n, variant := range variants {
		fmt.Println("variant", n)
		if err := errors.Join(place(dir, variant()), f.try(dir)); err != nil {
			return fmt.Errorf("variant %d: %w", n, err)
		}
	}
	report(f)
	return nil
}

// edges are files that no chance finds soon: positions in the trailers of the two buffers that something may stumble over, and records of
// counters whose values would lie beyond the end of the file.
func edges() (all []func() []byte) {
	h, err := cncfile.DecodeHeader(cnctest.Valid(time.Now()).Bytes(), 1<<20)
	if err != nil {
		return nil // of too few variants the test complains
	}
	ring, broadcast := h.HeartbeatOffset()-cncfile.RingHeartbeatOffset, h.CounterMetadataOffset()-cncfile.BroadcastTrailerLength
	for _, at := range []int64{ring, ring + 128, ring + 256, ring + 384, ring + 512, broadcast, broadcast + 8, broadcast + 16} {
		for _, value := range []uint64{1, 4, 8, 4096 - 8, 4096, 1 << 31, 1 << 40, 1<<63 - 8, 1 << 63, 1<<64 - 1} {
			all = append(all, func() []byte {
				b := cnctest.Valid(time.Now()).Bytes()
				binary.LittleEndian.PutUint64(b[at:], value)
				return b
			})
		}
	}
	return append(all, func() []byte {
		const records, record = 1 << 14, 512
		spec := cnctest.Valid(time.Now())
		spec.CounterMetadataLength, spec.CounterValuesLength = records*record, 0
		b := spec.Bytes()
		for n := range int64(records) {
			b[h.CounterMetadataOffset()+n*record] = 1 // allocated
		}
		return b
	})
}

// startedOn starts a driver in a directory: it takes over what a dead one has left, whatever that is, or says why it does not, and then
// leaves it as it is.
func startedOn(t *testing.T, dir string) (started bool) {
	t.Helper()
	before := cnctest.Contents(t, dir)
	d, err := aeron.Open(small(dir))
	require.NoError(t, err)
	err = d.Start(testdriver.Context(t))
	if started = err == nil; started {
		requireFlow(t, d)
	}
	require.NoError(t, d.Close())
	if !started {
		var e *aeron.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, before, cnctest.Contents(t, dir), "refused, and not left alone")
	}
	return started
}

// A cnc.dat in which bytes are flipped: for a client, to whom the driver seems to live, a typed error or a driver that does not answer, and
// for a driver that starts where another one has died no obstacle that kills it.
func TestFlippedCnC(t *testing.T) {
	figures.Begin(t)
	dir := shm(t)
	require.NoError(t, os.Mkdir(dir, 0o700))
	variants := bounded(1500, 10_000)
	f := result[fates](start(t, "flippedCnC", dir, strconv.Itoa(variants)))
	require.Greater(t, f.Reached, variants/5)
	require.Greater(t, f.Connected, f.Reached/2)

	path := filepath.Join(dir, cncfile.FileName)
	dead := cnctest.Valid(time.Now().Add(-time.Hour)).Bytes()
	r := rand.New(rand.NewPCG(8, 11))
	starts, taken := bounded(40, 1000), 0
	for range starts {
		b := slices.Clone(dead)
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
	figures.Record(t, "variants for a client, of which C mapped, and which a client worked with", fmt.Sprintf("%d, %d, %d", variants, f.Reached, f.Connected))
	figures.Record(t, "variants for a driver that starts, of which it took over", fmt.Sprintf("%d, %d", starts, taken))
}

// A cnc.dat of another version: a typed error for a client, whether the driver lives or is dead. A driver that starts leaves a version alone
// that it cannot read, as its driver may live, and takes over from a dead one of a version that it can.
func TestCnCOfAnotherVersion(t *testing.T) {
	figures.Begin(t)
	versions := map[uint32]bool{1: true, 0x0000_0100: true, 0x0001_0000: false, 0x0003_0000: false, 0x7fff_ffff: false, 0xffff_ffff: false}
	taken, left := 0, 0
	for version, readable := range versions {
		for _, age := range []time.Duration{0, time.Hour} {
			dir := shm(t)
			require.NoError(t, os.Mkdir(dir, 0o700))
			b := cnctest.Valid(time.Now().Add(-age)).Bytes()
			binary.LittleEndian.PutUint32(b, version)
			path := filepath.Join(dir, cncfile.FileName)
			require.NoError(t, os.WriteFile(path, b, 0o600))
			old := time.Now().Add(-time.Hour)
			require.NoError(t, os.Chtimes(path, old, old)) // what a driver maps it writes to without that showing
			before := cnctest.Contents(t, dir)
			var f fates
			require.NoError(t, f.try(dir))
			require.Zero(t, f, "version %#x", version)
			require.Equal(t, before, cnctest.Contents(t, dir), "version %#x", version)
			if startedOn(t, dir) {
				require.True(t, readable && age > 0, "version %#x, of %v ago", version, age)
				taken++
			} else {
				require.False(t, readable && age > 0, "version %#x, of %v ago", version, age)
				left++
			}
		}
	}
	figures.Record(t, "versions, each of a living driver and of a dead one", len(versions))
	figures.Record(t, "of their directories a driver took over, left alone", fmt.Sprintf("%d, %d", taken, left))
}
