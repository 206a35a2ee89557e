package soak

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/freeport"
	"github.com/aeroncgo/aeron/stats"
)

// In a process of its own, this test is a client of the driver in the directory that childDirectory names, on a UDP channel with
// the port of childPort.
const (
	childDirectory = "SOAK_CHILD_DIRECTORY"
	childPort      = "SOAK_CHILD_PORT"
)

// child is a client that runs a stream over shared memory and one over UDP to itself, and ends; or is killed in the middle. What it sends
// is decided by -seed.
func child() int {
	flag.Parse()
	err := func() (err error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		d, err := aeron.Open(aeron.Config{Directory: os.Getenv(childDirectory), External: true})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.Close()) }()
		if err := d.Start(ctx); err != nil {
			return err
		}
		return twoStreams(ctx, d, d, "aeron:udp?endpoint=127.0.0.1:"+os.Getenv(childPort), *seed)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak: client with -seed", *seed, "of its own:", err)
		return 1
	}
	return 0
}

// twoStreams runs a short stream over shared memory and one over UDP.
func twoStreams(ctx context.Context, from, to *aeron.Driver, udp string, seed uint64) error {
	for i, r := range []route{{from, from, "aeron:ipc"}, {from, to, udp}} {
		s, err := openStream(ctx, r, int32(2_000_000+seed%1_000_000), seed+uint64(i))
		if err != nil {
			return err
		}
		s.count = 100
		if err := errors.Join(s.live(ctx, new(totals)), s.close()); err != nil {
			return err
		}
	}
	return nil
}

// churn is what comes and goes beside the streams.
type churn struct {
	place, near                             string
	port                                    int
	driversDone, clientsDone, clientsKilled int
}

// seedOf is that of the n-th that comes and goes: another in every run with another seed, and the same when that is repeated.
func seedOf(n int) uint64 { return *seed<<32 + uint64(n) }

// pause is between two that come and go.
func pause(ctx context.Context) {
	select {
	case <-time.After(200 * time.Millisecond):
	case <-ctx.Done():
	}
}

// clients lets processes come and go that are clients of the near driver, three at least; every third is killed while it is at it.
func (c *churn) clients(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	for n := 1; ctx.Err() == nil || c.clientsKilled == 0; n++ {
		// A port of its own: the driver is still closing that of a client that was killed, and would ask to try again.
		port, err := freeport.UDP()
		if err != nil {
			return err
		}
		own := seedOf(n)
		cmd := exec.Command(program, "-seed", strconv.FormatUint(own, 10))
		cmd.Env = append(os.Environ(), childDirectory+"="+c.near, childPort+"="+strconv.Itoa(port))
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			return err
		}
		if n%3 == 0 {
			time.Sleep(time.Duration(n%7*20) * time.Millisecond) // wherever it is by then
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return err
			}
			_ = cmd.Wait() // it was killed, or ended before that
			c.clientsKilled++
		} else {
			if err := cmd.Wait(); err != nil {
				return fmt.Errorf("client %d, with -seed %d, of a run with -seed %d: %w", n, own, *seed, err)
			}
			c.clientsDone++
		}
		pause(ctx)
	}
	return nil
}

// drivers lets drivers come and go in this process, each of which sends a little to itself.
func (c *churn) drivers(ctx context.Context) error {
	for n := 1; ctx.Err() == nil; n++ {
		if err := c.driver(n); err != nil {
			return fmt.Errorf("driver %d, of a run with -seed %d: %w", n, *seed, err)
		}
		c.driversDone++
		pause(ctx)
	}
	return nil
}

func (c *churn) driver(n int) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir := filepath.Join(c.place, fmt.Sprintf("driver-%d", n))
	d, err := aeron.Open(settings(dir))
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, d.Close()); err == nil {
			if _, left := os.Stat(dir); !errors.Is(left, os.ErrNotExist) {
				err = fmt.Errorf("its directory is still there: %w", left)
			}
		}
	}()
	if err := d.Start(ctx); err != nil {
		return err
	}
	return twoStreams(ctx, d, d, fmt.Sprintf("aeron:udp?endpoint=127.0.0.2:%d", c.port), seedOf(n))
}

// losses is how many gaps the driver has seen.
func losses(t *testing.T, d *aeron.Driver) int64 {
	t.Helper()
	snapshot, err := stats.Open(d.Dir())
	require.NoError(t, err)
	defer func() { require.NoError(t, snapshot.Close()) }()
	var n int64
	for loss := range snapshot.Loss() {
		n += loss.ObservationCount
	}
	return n
}
