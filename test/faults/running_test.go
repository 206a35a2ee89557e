package faults

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// flippedRun is what a client has been through whose logs change under it.
type flippedRun struct {
	Next     int // the variant that was not begun
	Flips    int
	Outcomes map[string]int
}

// runFlipped is a client whose streams have bytes flipped in their logs while they flow, by another mapping of its own. Each variant is a stream.
// It ends before the last of them if it loses the driver.
func runFlipped(dir string, args []string) error {
	first, err := strconv.Atoi(args[1])
	count, err2 := strconv.Atoi(args[2])
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	d, err := aeron.Open(aeron.Config{Directory: dir, External: true, ClientIdle: 200 * time.Microsecond, DriverTimeout: driverTimeout})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	if err := d.Start(ctx); err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() {
		bufio.NewScanner(os.Stdin).Scan()
		close(gone)
	}()
	own, ownSub, err := ipcStream(ctx, d, ownStream)
	if err != nil {
		return err
	}
	if _, err := d.AddPublication(ctx, args[0]+"|linger=0", ownStream); err != nil { // keeps the driver's socket from closing between two others
		return err
	}
	var refused atomic.Int64
	defer d.OnError(func(err error) {
		if errors.Is(err, aeronc.ErrLayout) {
			refused.Add(1)
		}
	})()
	run := flippedRun{first, 0, map[string]int{}}
	var before testdriver.Holdings
	for ; run.Next < count; run.Next++ {
		fmt.Println("variant", run.Next)
		v := &flippedStream{Rand: rand.New(rand.NewPCG(17, uint64(run.Next))), run: &run, d: d, exclusive: run.Next%2 == 1, stream: int32(1000 + run.Next)}
		v.channel = []string{"aeron:ipc?term-length=64k|linger=0", args[0] + "|term-length=64k|linger=0"}[run.Next/2%2]
		err := v.flow(ctx)
		if err == nil {
			err = pour(own, ownSub, 10, 100)
		}
		if err != nil && lost(d, err, gone) {
			fmt.Println("the driver is lost:", d.Err(), err)
			run.Next++
			break
		}
		if err != nil {
			return fmt.Errorf("variant %d: %w", run.Next, err)
		}
		if run.Next == first+20 { // what is made once per process is there
			if before, err = testdriver.Hold(); err != nil {
				return err
			}
		}
	}
	began := time.Now()
	if err := errors.Join(d.Close(), aeron.CheckLeaks()); err != nil && d.Err() == nil {
		return err
	}
	if took := time.Since(began); took > prompt {
		return fmt.Errorf("Close took %v", took)
	}
	after, err := testdriver.Hold()
	if err != nil {
		return err
	}
	if run.Next > first+20 && (mappedLogs() > 0 || after.Outgrows(before)) {
		return fmt.Errorf("%d logs are mapped, and the process holds %+v, where it held %+v before it closed", mappedLogs(), after, before)
	}
	run.Outcomes["image refused"] = int(refused.Load())
	report(run)
	return nil
}

// lost says whether an error is for want of the driver: C's trusts its logs, and may end, or turn in a circle, when they lie.
func lost(d *aeron.Driver, err error, gone <-chan struct{}) bool {
	select {
	case <-gone:
		return true
	default:
	}
	return d.Err() != nil || errors.Is(err, aeron.ErrTimeout) || errors.Is(err, aeron.ErrClosed)
}

// flippedStream is one stream in whose logs bytes are flipped.
type flippedStream struct {
	*rand.Rand
	run       *flippedRun
	d         *aeron.Driver
	channel   string
	stream    int32
	exclusive bool
	pub       aeron.Sender
	sub       *aeron.Subscription
	logs      [][]byte
}

// flow lets a stream flow, flips, and goes on to read and write it.
func (v *flippedStream) flow(ctx context.Context) (err error) {
	if v.sub, err = v.d.AddSubscription(ctx, v.channel, v.stream); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, typed(v.sub.Close())) }()
	if v.exclusive {
		v.pub, err = v.d.AddExclusivePublication(ctx, v.channel, v.stream)
	} else {
		v.pub, err = v.d.AddPublication(ctx, v.channel, v.stream)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, typed(v.pub.Close())) }()
	if err := pour(v.pub, v.sub, 20, 300); err != nil {
		return err
	}
	defer func() {
		for _, log := range v.logs {
			err = errors.Join(err, syscall.Munmap(log))
		}
	}()
	if err := v.mapLogs(); err != nil {
		return err
	}
	writer, reader := work(v.writes()), work(v.reads())
	for range 4 {
		what, undo := v.flip(reader)
		v.run.Flips++
		if err = errors.Join(writer.around("writing, "+what), reader.around("reading, "+what)); err != nil {
			err = fmt.Errorf("%s: %w", what, err)
			break
		}
		if v.IntN(2) == 0 {
			undo()
		}
	}
	if err == nil {
		err = v.comeLate(ctx)
	}
	for _, w := range []*worker{writer, reader} {
		w.stop.Store(true)
		select {
		case odd := <-w.done:
			err = errors.Join(err, odd)
			for what, n := range w.outcomes {
				v.run.Outcomes[what] += n
			}
		case <-time.After(prompt):
			return errors.Join(err, errors.New("a call does not return"))
		}
	}
	return err
}

// mapLogs maps the logs of the stream once more: one of an IPC stream, two of one over UDP. The last is what the image lies in.
func (v *flippedStream) mapLogs() error {
	files := []string{v.pub.(interface{ LogFile() string }).LogFile()}
	for _, i := range v.sub.Images() {
		files = append(files, v.d.ImageLogFile(i))
	}
	for _, path := range slices.Compact(files) {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			return errors.Join(err, f.Close())
		}
		log, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		v.logs = append(v.logs, log)
	}
	return nil
}

// wild is a number that something may stumble over.
func (v *flippedStream) wild() uint32 {
	edges := []uint32{
		0, 1, 31, 32, 33, 64, 1 << 16, 1<<16 - 1, 1<<16 - 8, 1<<16 - 31, 1<<16 - 32, 1 << 17, 1 << 20, 1 << 24, 1 << 30, 1<<31 - 1, 1<<31 - 32, 1 << 31,
		1<<32 - 1, 1<<32 - 2, 1<<32 - 31, 1<<32 - 32, 1<<32 - 64,
	}
	if v.IntN(4) == 0 {
		return v.Uint32()
	}
	return edges[v.IntN(len(edges))]
}

// put32 changes a word, says so, and how to undo it.
func put32(b []byte, what string, value uint32) (string, func()) {
	old := binary.LittleEndian.Uint32(b)
	binary.LittleEndian.PutUint32(b, value)
	return fmt.Sprintf("%s: %#x", what, value), func() { binary.LittleEndian.PutUint32(b, old) }
}

// flipWritten changes the header of a frame that was written and is still to be read, if the reader is held up long enough for one to come.
func (v *flippedStream) flipWritten(reader *worker) (what string, undo func()) {
	reader.step.Lock()
	defer reader.step.Unlock()
	log := v.logs[len(v.logs)-1]
	terms := log[:len(log)-logMetadata]
	length := func(at int) int { return int(int32(binary.LittleEndian.Uint32(terms[at:]))) }
	at := 0
	if images := v.sub.Images(); len(images) > 0 {
		at = max(0, int(images[0].Position())%len(terms)&^31)
	}
	for deadline := time.Now().Add(5 * time.Millisecond); length(at) <= 0 && time.Now().Before(deadline); { // the stream may have come to its end
		time.Sleep(20 * time.Microsecond)
	}
	for range v.IntN(4) {
		if next := at + (length(at)+31)&^31; length(at) > 0 && next < len(terms) && length(next) > 0 {
			at = next
		}
	}
	field := 4 * (v.IntN(3) / 2) // length; or version, flags and type
	return put32(terms[at+field:], fmt.Sprintf("the word at %d of the frame at %d, which is to be read", field, at), v.wild())
}

// flip changes something in one of the stream's logs, says what, and how to undo it.
func (v *flippedStream) flip(reader *worker) (what string, undo func()) {
	log := v.logs[v.IntN(len(v.logs))]
	terms, metadata := log[:len(log)-logMetadata], log[len(log)-logMetadata:]
	switch v.IntN(10) {
	case 0: // a word of the metadata
		at := 4 * v.IntN(456/4)
		return put32(metadata[at:], fmt.Sprintf("the metadata's word at %d", at), v.wild())
	case 1: // bits of the metadata
		at := 4 * v.IntN(456/4)
		return put32(metadata[at:], fmt.Sprintf("bits of the metadata's word at %d", at), binary.LittleEndian.Uint32(metadata[at:])^1<<v.IntN(32))
	case 2: // how far a term is written
		at := 8 * v.IntN(3)
		return put32(metadata[at:], fmt.Sprintf("tail %d", at/8), v.wild())
	case 3: // which term it is
		at := 8 * v.IntN(3)
		return put32(metadata[at+4:], fmt.Sprintf("term of tail %d", at/8), binary.LittleEndian.Uint32(metadata[at+4:])+[]uint32{1, 1<<32 - 1, 3, 1 << 31, v.wild()}[v.IntN(5)])
	case 4: // which term is active
		return put32(metadata[atActiveTermCount:], "active term count", v.wild())
	case 5: // what a log is
		at := []int{atInitialTermID, atMTU, atTermLength, atPageSize}[v.IntN(4)]
		return put32(metadata[at:], fmt.Sprintf("the metadata's word at %d", at), v.wild())
	case 6, 7:
		return v.flipWritten(reader)
	default: // a frame where it is written or read now, or anywhere
		at := 32 * v.IntN(len(terms)/32)
		if images := v.sub.Images(); len(images) > 0 && v.IntN(3) > 0 {
			at = (int(images[0].Position()) + 32*v.IntN(8)) % len(terms) &^ 31
		}
		field := 4 * v.IntN(2) // length; version, flags and type
		if v.IntN(4) == 0 {
			field = 4 * v.IntN(8)
		}
		return put32(terms[max(0, at)+field:], fmt.Sprintf("the word at %d of the frame at %d", field, at), v.wild())
	}
}

// comeLate adds a subscription and a publication to what the stream's logs have become, which this client has mapped already.
func (v *flippedStream) comeLate(ctx context.Context) error {
	sub, err := v.d.AddSubscription(ctx, v.channel, v.stream)
	if err != nil {
		return typed(err)
	}
	defer sub.Close()
	var pub *aeron.Publication
	if !v.exclusive {
		if pub, err = v.d.AddPublication(ctx, v.channel, v.stream); err != nil {
			v.run.Outcomes["publication refused"]++
		} else {
			defer pub.Close()
		}
		if err := typed(err); err != nil {
			return err
		}
	}
	late := &flippedStream{pub: pub, sub: sub}
	does := late.reads()
	if pub != nil {
		does = append(does, late.writes()...)
	}
	for round := range int64(3 * len(does)) {
		if err := typed(does[round%int64(len(does))](round)); err != nil {
			return err
		}
	}
	return nil
}

// Somebody flips bytes in the logs of streams that flow, over IPC and UDP, from exclusive publications and others: what the metadata say, and the
// headers of frames where they are written and read. Whatever a call returns is data, nothing, or a typed error, and it returns. Nothing is kept
// from being flipped: what C's client reads of a log after it has mapped it (positions, connectedness, the end of a stream) stays inside of the
// mapping whatever it finds. C's driver trusts its logs, so it is in a process of its own, and a new one takes the place of one that ends.
func TestFlippedLog_underARunningClient(t *testing.T) {
	figures.Begin(t)
	base := shmBase(t)
	count := bounded(240, 10_000)
	var run flippedRun
	run.Outcomes = map[string]int{}
	drivers := 0
	for run.Next < count {
		dir := fmt.Sprint(base, "/driver", drivers)
		driver := start(t, "driver", dir)
		drivers++
		driver.expect("started")
		client := start(t, "flipped", dir, testdriver.UDP(t), fmt.Sprint(run.Next), fmt.Sprint(count))
		told := make(chan struct{})
		go func() {
			defer close(told)
			select {
			case <-driver.ended:
				_, _ = fmt.Fprintln(client.in, "the driver is gone")
			case <-client.ended:
			}
		}()
		some := result[flippedRun](client)
		<-told
		require.Greater(t, some.Next, run.Next)
		run.Next, run.Flips = some.Next, run.Flips+some.Flips
		for what, n := range some.Outcomes {
			run.Outcomes[what] += n
		}
		if run.Next < count {
			select {
			case <-driver.ended:
				t.Logf("a driver ended at variant %d: %v", run.Next-1, driver.err)
			default:
				require.Error(t, answers(dir), "the client has lost a driver that others can use, at variant %d:\n%s", run.Next-1, client.last())
			}
		}
		driver.kill()
		<-driver.ended
	}
	t.Log(run.Outcomes)
	for _, what := range []error{aeron.ErrAdminAction, aeron.ErrBackPressured, aeron.ErrCorruptFrame} {
		require.Positive(t, run.Outcomes[what.Error()], "%v of %v", what, run.Outcomes)
	}
	require.Greater(t, run.Flips, 2*count)
	figures.Record(t, "streams, flips in their logs", fmt.Sprint(count, ", ", run.Flips))
	figures.Record(t, "drivers that ended meanwhile, since C's believes its logs", drivers-1)
}

// answers connects to a driver, and lets a stream flow through it.
func answers(dir string) error {
	ctx, cancel := patience()
	defer cancel()
	d, err := begun(ctx, aeron.Config{Directory: dir, External: true, DriverTimeout: driverTimeout})
	if err != nil {
		return err
	}
	pub, sub, err := ipcStream(ctx, d, ownStream+1)
	if err == nil {
		err = pour(pub, sub, 10, 100)
	}
	return errors.Join(err, d.Close())
}
