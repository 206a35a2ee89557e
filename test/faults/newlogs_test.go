package faults

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// Where the metadata of a log say what it is: aeron_logbuffer_metadata_t.
const (
	atActiveTermCount = 24
	atInitialTermID   = 264
	atMTU             = 272
	atTermLength      = 276
	atPageSize        = 280
	atStreamID        = 320 + 16 // in the model of a header
)

// newLogs are the logs that a client maps when the driver answers it. A client without threads decides when it hears that answer, and so when it
// maps: until then the log is there for anybody to damage.
var newLogs = []struct {
	name string
	add  func(v *newLog) (fate string, err error)
}{
	{"publication over UDP", func(v *newLog) (string, error) {
		return addDamaged(v, func() (underWay[*aeronc.Publication], error) {
			return v.client.AsyncAddPublication(v.udp, v.stream)
		})
	}},
	{"exclusive publication over IPC", func(v *newLog) (string, error) {
		return addDamaged(v, func() (underWay[*aeronc.ExclusivePublication], error) {
			return v.client.AsyncAddExclusivePublication("aeron:ipc", v.stream)
		})
	}},
	{"exclusive publication over UDP", func(v *newLog) (string, error) {
		return addDamaged(v, func() (underWay[*aeronc.ExclusivePublication], error) {
			return v.client.AsyncAddExclusivePublication(v.udp, v.stream)
		})
	}},
	{"image over UDP", (*newLog).image},
}

// newLog is one that is damaged before the client maps it.
type newLog struct {
	dir, udp string
	client   *aeronc.Client // without threads
	holder   *aeron.Driver  // another client of the same driver
	reported *atomic.Int64
	seen     map[string]bool // logs of images
	stream   int32
	damage   damage
}

// spoil waits for a log, whole, and puts a damaged one in its place. written says that there are messages in it, too.
func (v *newLog) spoil(path string, written bool) error {
	var whole []byte
	err := await("a log at "+path, func() bool {
		var err error
		if whole, err = os.ReadFile(path); err != nil || len(whole) < logMetadata {
			return false
		}
		metadata := whole[len(whole)-logMetadata:]
		return int32(binary.LittleEndian.Uint32(metadata[atStreamID:])) == v.stream && binary.LittleEndian.Uint32(metadata[atMTU:]) != 0 &&
			(!written || binary.LittleEndian.Uint32(whole) != 0)
	})
	if err != nil {
		return err
	}
	fresh := filepath.Join(filepath.Dir(v.dir), "fresh")
	return errors.Join(os.WriteFile(fresh, v.damage.to(whole), 0o600), os.Rename(fresh, path))
}

// step lets the client hear the driver until condition holds.
func (v *newLog) step(what string, condition func() bool) error {
	var failed error
	err := await(what, func() bool {
		_, err := v.client.DoWork()
		failed = errors.Join(failed, typed(err))
		return condition()
	})
	return errors.Join(err, failed)
}

// batchable is what both kinds of publication have.
type batchable interface {
	comparable
	writable
	NewBatch(length int) (*aeronc.Batch, error)
	IsConnected() bool
	Constants() aeronc.PublicationConstants
	Close() error
}

// underWay is an add that is under way.
type underWay[P any] interface {
	Poll() (P, bool, error)
	RegistrationID() int64
}

// addDamaged adds a publication whose log is damaged before the client maps it, and writes to it if it is there.
func addDamaged[P batchable](v *newLog, add func() (underWay[P], error)) (string, error) {
	a, err := add()
	if err != nil {
		return "", err
	}
	if _, _, err := a.Poll(); err != nil { // which asks the driver
		return "", err
	}
	if err := v.spoil(filepath.Join(v.dir, "publications", strconv.FormatInt(a.RegistrationID(), 10)+".logbuffer"), false); err != nil {
		return "", err
	}
	var pub P
	var refused error
	err = v.step("the answer to an add", func() (done bool) {
		pub, done, refused = a.Poll()
		return done || refused != nil
	})
	var none P
	switch {
	case err != nil:
		return "", err
	case errors.Is(refused, aeronc.ErrLayout):
		return "refused by Go", nil
	case refused != nil || pub == none:
		return "refused", typed(refused)
	}
	if err := write(pub, pub.Constants().MaxMessageLength); err != nil {
		return "", err
	}
	for range 40 {
		batch, err := pub.NewBatch(1 << 12)
		var err2, err3, err4 error
		if err == nil {
			_, err2 = batch.Flush()
			err3 = batch.Add(make([]byte, 300))
			_, err4 = batch.Flush()
		}
		pub.IsConnected()
		if err := errors.Join(typed(err), typed(err2), typed(err3), typed(err4)); err != nil {
			return "", err
		}
	}
	return "mapped", pub.Close()
}

// image adds a subscription, and a stream to it whose image's log is damaged before the client maps that, and polls it.
func (v *newLog) image() (fate string, err error) {
	ctx, cancel := patience()
	defer cancel()
	a, err := v.client.AsyncAddSubscription(v.udp, v.stream)
	if err != nil {
		return "", err
	}
	var sub *aeronc.Subscription
	var refused error
	if err := v.step("a subscription", func() (done bool) {
		sub, done, refused = a.Poll()
		return done || refused != nil
	}); err != nil || refused != nil {
		return "", errors.Join(err, refused)
	}
	pub, err := v.holder.AddExclusivePublication(ctx, v.udp, v.stream)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, pub.Close()) }()
	var log string
	err = await("a log of an image, and messages", func() bool {
		if log == "" {
			log = v.newest()
		}
		_, err := pub.Offer(make([]byte, 200))
		return log != "" && err == nil
	})
	if err := errors.Join(err, v.spoil(log, true)); err != nil {
		return "", err
	}
	before := v.reported.Load()
	err = v.step("an image, or an error", func() bool { return len(sub.Images()) > 0 || v.reported.Load() > before })
	if err != nil {
		return "", err
	}
	received := 0
	for range 40 {
		_, err := sub.Poll(func(f aeronc.Fragment) { received += 1 + len(f.Data()) }, 10)
		_, err2 := sub.PollMessages(func(f aeronc.Fragment) { received += 1 + len(f.Data()) }, 10)
		_, err3 := sub.PollBlocks(func(b aeronc.Block) { received += len(b.Data()) }, 4096)
		if err := errors.Join(typed(err), typed(err2), typed(err3)); err != nil {
			return "", err
		}
		for _, i := range sub.Images() {
			_, _, _, _, _ = i.Position(), i.IsEndOfStream(), i.EndOfStreamPosition(), i.ActiveTransportCount(), i.IsPublicationRevoked()
		}
	}
	fate = "mapped"
	if received == 0 {
		fate = "mapped, with nothing in it"
	}
	if v.reported.Load() > before {
		fate = "refused"
	}
	return fate, sub.Close()
}

// newest is the log of an image that was not there before, if there is one.
func (v *newLog) newest() (path string) {
	_ = filepath.WalkDir(filepath.Join(v.dir, "images"), func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !v.seen[p] {
			v.seen[p] = true
			path = p
		}
		return nil
	})
	return path
}

// runNewLogs is a client, two in truth, whose logs are damaged. It prints each variant before it does it.
func runNewLogs(dir string, args []string) error {
	*full = args[1] == "true"
	client, reported, err := threadless(dir)
	if err != nil {
		return err
	}
	holder, err := aeron.Open(aeron.Config{Directory: dir, External: true, ClientIdle: 200 * time.Microsecond})
	if err != nil {
		return err
	}
	ctx, cancel := patience()
	defer cancel()
	if err := holder.Start(ctx); err != nil {
		return err
	}
	if _, err := holder.AddPublication(ctx, args[0], ownStream); err != nil { // keeps the driver's socket from closing between two others
		return err
	}
	v := &newLog{dir: dir, udp: args[0], client: client, holder: holder, reported: reported, seen: map[string]bool{}, stream: 1000}
	fates, count := map[string]int{}, 0
	var before testdriver.Holdings
	objects, logs := aeronc.Live(), mappedLogs()
	all := damages()
	for n := range all {
		for k, kind := range newLogs {
			// Every kind has those that say what a log is, and all of the others have one kind each unless there is time.
			if telling := slices.Contains([]int{atActiveTermCount, atInitialTermID, atMTU, atTermLength, atPageSize}, all[n].at); !*full && !telling && n%len(newLogs) != k {
				continue
			}
			v.damage = all[n]
			v.stream++
			fmt.Println("variant", kind.name, v.damage.what)
			fate, err := kind.add(v)
			if err != nil {
				return fmt.Errorf("%s with %s: %w", kind.name, v.damage.what, err)
			}
			fates[kind.name+" "+fate]++
			if count++; count == 40 { // what is made once per process is there
				if before, err = testdriver.Hold(); err != nil {
					return err
				}
			}
		}
	}
	if err := v.step("everything to go", func() bool { return aeronc.Live() == objects && mappedLogs() == logs }); err != nil {
		return fmt.Errorf("%w: %+v where %+v was, and %d logs more are mapped", err, aeronc.Live(), objects, mappedLogs()-logs)
	}
	after, err := testdriver.Hold()
	if err != nil {
		return err
	}
	if after.Outgrows(before) {
		return fmt.Errorf("%d logs later the process holds %+v, where it held %+v", count, after, before)
	}
	if err := errors.Join(client.Close(), holder.Close(), aeron.CheckLeaks()); err != nil {
		return err
	}
	report(fates)
	return nil
}

// mappedLogs is how many logs this process has mapped.
func mappedLogs() int {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return -1
	}
	return bytes.Count(maps, []byte(".logbuffer"))
}

// threadless is a client whose conductor runs when it is stepped, and how many errors it has told of.
func threadless(dir string) (*aeronc.Client, *atomic.Int64, error) {
	c, err := aeronc.NewContext()
	if err != nil {
		return nil, nil, err
	}
	reported := &atomic.Int64{}
	err = errors.Join(c.SetDir(dir), c.SetUseConductorAgentInvoker(true), c.SetErrorHandler(func(error) { reported.Add(1) }))
	if err != nil {
		return nil, nil, err
	}
	client, err := aeronc.Connect(c)
	return client, reported, err
}

// damages are those of every word of the metadata, logs that are cut off, and some at random.
func damages() []damage {
	all := edged()
	const least = 3*64<<10 + logMetadata
	for _, length := range []int{1, 4095, 8192, 64 << 10, least - 4096, least - 1} {
		all = append(all, damage{fmt.Sprint("cut off at ", length), -1, func(whole []byte) []byte { return cutFile(whole, length) }})
	}
	r := rand.New(rand.NewPCG(15, 16))
	all = append(all, cutOff(r)...)
	for n := range flips() {
		all = append(all, damage{fmt.Sprint("random ", n), -1, func(whole []byte) []byte {
			b := flippedFile(r, whole)
			if len(b) > 64 {
				b[r.IntN(64)] ^= byte(r.IntN(256)) // of the first frames
			}
			return b
		}})
	}
	return all
}

// Exclusive publications and streams over UDP have logs of their own, which nobody else maps first: these are damaged between the driver's answer
// and the moment in which a client hears of it.
func TestDamagedLog_ofEveryKind(t *testing.T) {
	figures.Begin(t)
	dir := shm(t)
	driver := start(t, "driver", dir)
	driver.expect("started")
	fates := result[map[string]int](start(t, "newLogs", dir, testdriver.UDP(t)+"|linger=0|term-length=64k", fmt.Sprint(*full)))
	count, mapped := 0, 0
	for fate, n := range fates {
		count += n
		if strings.HasSuffix(fate, " mapped") {
			mapped += n
		}
	}
	for _, kind := range newLogs {
		require.Positive(t, fates[kind.name+" mapped"], fates)
		require.Positive(t, fates[kind.name+" refused"], fates)
		if kind.name != "image over UDP" {
			require.GreaterOrEqual(t, fates[kind.name+" refused by Go"], 7, fates)
		}
	}
	driver.tell("")
	driver.succeed()
	figures.Record(t, "damaged logs of exclusive publications and over UDP, that a client worked with", fmt.Sprint(count, ", ", mapped))
}
