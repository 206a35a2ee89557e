package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// logMetadata is how long the end of a log is that says what the log is: aeron_logbuffer_metadata_t.
const logMetadata = 4096

// cuts are lengths at which a file of so many bytes is cut off: each of the first 4 KiB, and a hundred others.
func cuts(r *rand.Rand, size int) []int {
	all := r.Perm(size)[:bounded(8, 100)]
	for n := 0; n <= 4096; n += bounded(128, 1) {
		all = append(all, n)
	}
	return all
}

// flips is how often bytes are flipped at random, beside that.
func flips() int { return bounded(70, 10_000) }

// cutFile is the begin of a file.
func cutFile(whole []byte, length int) []byte { return whole[:min(length, len(whole))] }

// flippedFile is a file of a driver's with bytes flipped, half of them where a log has its metadata.
func flippedFile(r *rand.Rand, whole []byte) []byte {
	b := slices.Clone(whole)
	for range 1 + r.IntN(8) {
		at := r.IntN(len(b))
		if r.IntN(2) == 0 {
			at = max(0, len(b)-logMetadata) + r.IntN(512)
		}
		b[at] ^= byte(1 + r.IntN(255))
	}
	return b
}

// runStarts starts a driver in a directory whose driver is dead, again and again: each time what that has left besides its cnc.dat is
// damaged in another way. left is where files of a driver that was killed are.
func runStarts(dir string, args []string) error {
	left := args[0]
	*full = args[1] == "true"
	r := rand.New(rand.NewPCG(11, 12))
	var variants []func(whole []byte) []byte
	for _, length := range cuts(r, 3*64<<10+logMetadata) {
		variants = append(variants, func(whole []byte) []byte { return cutFile(whole, length) })
	}
	for range flips() {
		variants = append(variants, func(whole []byte) []byte { return flippedFile(r, whole) })
	}
	dead := cnctest.Valid(time.Now().Add(-time.Hour)).Bytes()
	for n, variant := range variants {
		fmt.Println("variant", n)
		if err := errors.Join(os.CopyFS(dir, os.DirFS(left)), os.WriteFile(filepath.Join(dir, cncfile.FileName), dead, 0o600)); err != nil {
			return err
		}
		damaged := 0
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || e.Name() == cncfile.FileName {
				return err
			}
			whole, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			damaged++
			return os.WriteFile(path, variant(whole), 0o600)
		})
		if err != nil {
			return err
		}
		if damaged < 3 {
			return fmt.Errorf("a driver left %d files", damaged)
		}
		if err := flows(dir); err != nil {
			return fmt.Errorf("variant %d: %w", n, err)
		}
	}
	report(len(variants))
	return nil
}

// flows starts a driver, which sends something to itself and has nothing to tell of what was there before.
func flows(dir string) (err error) {
	ctx, cancel := patience()
	defer cancel()
	d, err := begun(ctx, small(dir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	pub, sub, err := ipcStream(ctx, d, 1)
	if err != nil {
		return err
	}
	if err := pour(pub, sub, 10, 100); err != nil {
		return err
	}
	snapshot, err := stats.Open(dir)
	if err != nil {
		return err
	}
	for loss := range snapshot.Loss() {
		err = fmt.Errorf("the new driver tells of a loss that it has not seen: %+v", loss)
	}
	return errors.Join(err, snapshot.Err(), snapshot.Close())
}

// A dead driver's loss report and logs, cut off or with bytes flipped, are no obstacle for one that starts.
func TestDamagedFiles_ofADeadDriver(t *testing.T) {
	figures.Begin(t)
	base := shmBase(t)
	left := base + "/left"
	c := start(t, "driver", left)
	c.expect("started")
	d := external(t, left)
	ctx := testdriver.Context(t)
	udp := testdriver.UDP(t)
	sub, err := d.AddSubscription(ctx, udp, 1)
	require.NoError(t, err)
	pub, err := d.AddExclusivePublication(ctx, udp, 1)
	require.NoError(t, err)
	require.NoError(t, pour(pub, sub, 100, 1000))
	c.signal(syscall.SIGKILL)
	<-c.ended
	require.NoError(t, os.Remove(left+"/"+cncfile.FileName))
	count := result[int](start(t, "starts", base+"/driver", left, strconv.FormatBool(*full)))
	require.Greater(t, count, bounded(100, 14_000))
	figures.Record(t, "variants of the loss report and the logs, with each of which a driver started", count)
}
