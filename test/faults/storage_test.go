package faults

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

const mib = 1 << 20

// confined runs a task in a child with a file system of its own of so many bytes at dir's parent. Needs root.
func confined(t *testing.T, size int, task string, args ...string) *child {
	t.Helper()
	require.Zero(t, os.Geteuid(), "mounting a small file system takes root")
	base := shmBase(t)
	return startWith(t, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Unshareflags: syscall.CLONE_NEWNS}, task, base+"/driver",
		append([]string{fmt.Sprint(size)}, args...)...)
}

// mount makes the small file system, which ends with the process.
func mount(dir string, args []string) error {
	base := strings.TrimSuffix(dir, "/driver")
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	return syscall.Mount("tmpfs", base, "tmpfs", 0, "size="+args[0])
}

// runFullAtStart starts a driver where it does not fit, and then one where it does.
func runFullAtStart(dir string, args []string) error {
	if err := mount(dir, args); err != nil {
		return err
	}
	d, err := aeron.Open(small(dir))
	if err != nil {
		return err
	}
	ctx, cancel := patience()
	defer cancel()
	err = d.Start(ctx)
	var e *aeron.Error
	_, stat := os.Stat(dir)
	report(map[string]any{
		"error": fmt.Sprint(err), "typed": errors.As(err, &e), "space": errors.Is(err, syscall.ENOSPC) || errors.Is(err, aeron.CodeStorageSpace),
		"left": stat == nil,
	})
	return d.Close()
}

func TestStorageFullAtStart(t *testing.T) {
	figures.Begin(t)
	sizes := []int{64 << 10, mib, 2 * mib}
	for _, size := range sizes {
		said := result[map[string]any](confined(t, size, "fullAtStart"))
		require.Equal(t, true, said["typed"], said)
		require.Equal(t, true, said["space"], said)
		require.Equal(t, false, said["left"], "what the failed start has made is gone: %v", said)
	}
	figures.Record(t, "sizes of storage, up to 2 MiB, in none of which a driver starts or leaves anything", len(sizes))
}

// runFullAtAdd adds publications until they do not fit: that is an error, those that are there work, and there is room again when some
// are closed.
func runFullAtAdd(dir string, args []string) error {
	if err := mount(dir, args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*testdriver.Patience) // for some eighty streams in turn
	defer cancel()
	cfg := small(dir)
	cfg.LingerTimeout = 20 * time.Millisecond
	d, err := begun(ctx, cfg)
	if err != nil {
		return err
	}
	var pubs []*aeron.Publication
	var refused error
	for refused == nil && len(pubs) < 1000 {
		pub, err := d.AddPublication(ctx, "aeron:ipc", int32(len(pubs)))
		if refused = err; err == nil {
			pubs = append(pubs, pub)
		}
	}
	works := 0
	for i, pub := range pubs {
		sub, err := d.AddSubscription(ctx, "aeron:ipc", int32(i))
		if err != nil {
			return err
		}
		if err := pour(pub, sub, 2000, 100); err != nil { // more than the log holds
			return err
		}
		works++
		if err := sub.Close(); err != nil {
			return err
		}
	}
	for _, pub := range pubs[:len(pubs)/2] {
		if err := pub.Close(); err != nil {
			return err
		}
	}
	err = await("room again", func() bool {
		pub, err := d.AddPublication(ctx, "aeron:ipc", 5000)
		return err == nil && pub.Close() == nil
	})
	report(map[string]any{"publications": len(pubs), "works": works, "space": errors.Is(refused, aeron.CodeStorageSpace), "error": fmt.Sprint(refused)})
	return errors.Join(err, d.Close())
}

func TestStorageFullAtAdd(t *testing.T) {
	figures.Begin(t)
	said := result[map[string]any](confined(t, 16*mib, "fullAtAdd"))
	require.Equal(t, true, said["space"], said)
	require.Equal(t, said["publications"], said["works"])
	require.Greater(t, said["publications"], 10.0)
	figures.Record(t, "publications until 16 MiB were full, all of which went on", said["publications"])
}

// runFullMidStream runs a driver with sparse terms, and a client in a process of its own that writes more than there is room for.
func runFullMidStream(dir string, args []string) error {
	if err := mount(dir, args); err != nil {
		return err
	}
	cfg := small(dir)
	cfg.SparseTerms = args[1] == "sparse"
	cfg.IPCTermLength = 8 * mib
	ctx, cancel := patience()
	defer cancel()
	d, err := begun(ctx, cfg)
	if err != nil {
		return err
	}
	writer := exec.Command("/proc/self/exe")
	writer.Env = append(os.Environ(), childTask+"=writer", childDir+"="+dir)
	out, _ := writer.CombinedOutput() // how it ended is asked below
	fate := fateOf(writer.ProcessState, string(out))
	// The driver is another process: it goes on, and says that there is no room.
	pub, err := d.AddPublication(ctx, "aeron:ipc?term-length=64k", 9)
	lives := d.Err() == nil && (errors.Is(err, aeron.CodeStorageSpace) || err == nil && pub.Close() == nil)
	report(map[string]any{"writer": fate, "driver": lives, "add": fmt.Sprint(err)})
	return d.Close()
}

// fateOf says how a process has ended that may have written to memory for which there was no room: that is SIGBUS, of which Go's runtime says
// so before it exits.
func fateOf(ended *os.ProcessState, out string) string {
	status, ok := ended.Sys().(syscall.WaitStatus)
	const goFatal = 2 // the exit status of a Go program that its runtime has ended
	switch {
	case !ok:
		return "unknown"
	case status.Signaled() && status.Signal() == syscall.SIGBUS, status.Exited() && status.ExitStatus() == goFatal && strings.Contains(out, "SIGBUS"):
		return "killed"
	case ended.Success():
		return "ended well"
	}
	return fmt.Sprintf("%v: %s", ended, out[max(0, len(out)-300):])
}

// ipcStream adds a subscription, and a publication to it, in a child.
func ipcStream(ctx context.Context, d *aeron.Driver, id int32) (*aeron.Publication, *aeron.Subscription, error) {
	sub, err := d.AddSubscription(ctx, "aeron:ipc", id)
	if err != nil {
		return nil, nil, err
	}
	pub, err := d.AddPublication(ctx, "aeron:ipc", id)
	return pub, sub, err
}

// pour sends so many messages of a length, and receives what comes.
func pour(pub interface{ Offer([]byte) (int64, error) }, sub *aeron.Subscription, count, length int) error {
	message := make([]byte, length)
	deadline := time.Now().Add(testdriver.Patience)
	for sent, received := 0, 0; received < count; {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d messages of %d received", received, count)
		}
		if sent < count {
			if _, err := pub.Offer(message); err == nil {
				sent++
			} else if !passing(err) {
				return err
			}
		}
		if _, err := sub.PollMessages(func(aeron.Message) { received++ }, 10); err != nil {
			return err
		}
	}
	return nil
}

// runWriter fills streams of a driver in another process, all of which are there before the first is written to.
func runWriter(dir string, _ []string) error {
	ctx, cancel := patience()
	defer cancel()
	d, err := begun(ctx, aeron.Config{Directory: dir, External: true})
	if err != nil {
		return err
	}
	var pubs []*aeron.ExclusivePublication
	var subs []*aeron.Subscription
	for i := range int32(4) {
		pub, err := d.AddExclusivePublication(ctx, "aeron:ipc", i)
		if errors.Is(err, aeron.CodeStorageSpace) {
			fmt.Println("refused:", err)
			break
		}
		if err != nil {
			return err
		}
		sub, err := d.AddSubscription(ctx, "aeron:ipc", i)
		if err != nil {
			return err
		}
		pubs, subs = append(pubs, pub), append(subs, sub)
	}
	for i := range pubs {
		if err := pour(pubs[i], subs[i], 500, 60<<10); err != nil {
			return err
		}
	}
	return d.Close()
}

// Sparse terms are opted in, and /dev/shm runs full under a writer: it is killed, as Config.SparseTerms says, and the driver in another
// process is not. By default the Add is refused and nobody is killed.
func TestStorageFullMidStream(t *testing.T) {
	figures.Begin(t)
	fates := map[string]any{}
	for terms, fate := range map[string]string{"sparse": "killed", "whole": "ended well"} {
		t.Run(terms, func(t *testing.T) {
			said := result[map[string]any](confined(t, 40*mib, "fullMidStream", terms))
			require.Equal(t, fate, said["writer"], said)
			require.Equal(t, true, said["driver"], said)
			fates[terms] = said["writer"]
		})
	}
	figures.Record(t, "the writer of sparse terms, of whole ones, while the driver went on", fmt.Sprintf("%v, %v", fates["sparse"], fates["whole"]))
}

// The directory is removed, or replaced by a link, under a driver and its client: nothing dies, what is there goes on, a new Add fails
// with an error, and Close returns.
func TestDirectoryTakenAway(t *testing.T) {
	figures.Begin(t)
	took := map[string]string{}
	for name, take := range map[string]func(t *testing.T, dir string){
		"Removed": func(t *testing.T, dir string) { require.NoError(t, os.RemoveAll(dir)) },
		// What is behind the link has the names of all that is in the directory, those of its logs too.
		"ReplacedByALink": func(t *testing.T, dir string) {
			victim := t.TempDir()
			require.NoError(t, os.CopyFS(victim, os.DirFS(dir)))
			logs, err := filepath.Glob(victim + "/publications/*.logbuffer")
			require.NoError(t, err)
			require.Len(t, logs, 1)
			require.NoError(t, os.WriteFile(victim+"/thesis.txt", []byte("years of work"), 0o600))
			before := cnctest.Contents(t, victim)
			require.NoError(t, os.Rename(dir, dir+".gone"))
			require.NoError(t, os.Symlink(victim, dir))
			t.Cleanup(func() {
				require.Equal(t, before, cnctest.Contents(t, victim))
				link, err := os.Readlink(dir)
				require.NoError(t, err)
				require.Equal(t, victim, link)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := shm(t)
			d, err := aeron.Open(small(dir))
			require.NoError(t, err)
			require.NoError(t, d.Start(testdriver.Context(t)))
			ctx := testdriver.Context(t)
			sub, err := d.AddSubscription(ctx, "aeron:ipc", 1)
			require.NoError(t, err)
			pub, err := d.AddPublication(ctx, "aeron:ipc", 1)
			require.NoError(t, err)
			require.NoError(t, pub.AwaitReady(ctx))
			take(t, dir)
			require.NoError(t, pub.Publish(ctx, []byte("still here")))
			testdriver.Await(t, "the message", func() bool {
				n, err := sub.Poll(func(aeron.Fragment) {}, 1)
				require.NoError(t, err)
				return n == 1
			})
			adding := time.Now()
			_, err = d.AddPublication(ctx, "aeron:ipc", 2)
			refused := time.Since(adding)
			var e *aeron.Error
			require.ErrorAs(t, err, &e)
			closing := time.Now()
			if err := d.Close(); err != nil {
				require.ErrorAs(t, err, &e)
			}
			require.Less(t, time.Since(closing), 2*prompt)
			took[name] = fmt.Sprintf("%v, %v", refused.Round(time.Millisecond), time.Since(closing).Round(time.Millisecond))
		})
	}
	figures.Record(t, "removed: until the Add had its error, until Close returned", took["Removed"])
	figures.Record(t, "replaced by a link: the same", took["ReplacedByALink"])
}

// runTruncatedCnC connects clients to what is left of a file of a driver that lives just now, and last to all of it.
func runTruncatedCnC(dir string, args []string) error {
	whole, err := os.ReadFile(dir + "/cnc.dat")
	if err != nil {
		return err
	}
	h, err := cncfile.DecodeHeader(whole, int64(len(whole)))
	if err != nil {
		return err
	}
	var f fates
	for _, text := range append(strings.Fields(strings.Trim(args[0], "[]")), strconv.Itoa(len(whole))) {
		length, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		fmt.Println("length", length)
		binary.LittleEndian.PutUint64(whole[h.HeartbeatOffset():], uint64(time.Now().UnixMilli()))
		if err := errors.Join(place(dir, whole[:length]), f.try(dir)); err != nil {
			return fmt.Errorf("%d bytes: %w", length, err)
		}
	}
	report(f)
	return nil
}

// A driver's cnc.dat, cut off anywhere, is an error for a client at once, where C waits for ever, and no obstacle that kills a driver
// that starts, where C reads beyond its end.
func TestTruncatedCnC(t *testing.T) {
	figures.Begin(t)
	dir := shm(t)
	c := start(t, "driver", dir)
	c.expect("started")
	c.signal(syscall.SIGKILL)
	<-c.ended
	cnc, err := os.ReadFile(dir + "/cnc.dat")
	require.NoError(t, err)
	lengths := rand.New(rand.NewPCG(1, 3)).Perm(len(cnc))[:100]
	for n := 0; n <= 4096; n += bounded(29, 1) {
		lengths = append(lengths, n)
	}
	tried := result[fates](start(t, "truncatedCnC", dir, fmt.Sprint(lengths)))
	require.Equal(t, fates{Reached: 1, Connected: 1}, tried, "the whole file, and that only")
	starts := []int{8, 64, 127, 128, len(cnc) / 2, len(cnc) - 1}
	starts = append(starts, lengths[:bounded(15, 100)]...)
	for n := 0; n <= 4096; n += bounded(96, 1) {
		starts = append(starts, n)
	}
	refused := 0
	for _, n := range starts {
		require.NoError(t, os.RemoveAll(dir))
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.NoError(t, os.WriteFile(dir+"/cnc.dat", cnc[:n], 0o600))
		old := time.Now().Add(-time.Hour)
		require.NoError(t, os.Chtimes(dir+"/cnc.dat", old, old))
		if !startedOn(t, dir) {
			refused++
		}
	}
	require.Less(t, refused, len(starts), "a driver takes over")
	figures.Record(t, "lengths for a client, for a driver that starts", fmt.Sprintf("%d, %d", len(lengths), len(starts)))
}
