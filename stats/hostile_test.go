package stats_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// known reports whether an error is one that the package's documentation names.
func known(err error) bool {
	var e *stats.Error
	if !errors.As(err, &e) {
		return false
	}
	for _, want := range []error{
		stats.ErrNotFound, stats.ErrNotReady, stats.ErrVersion, stats.ErrNotRegular,
		stats.ErrTooShort, stats.ErrCorrupt, stats.ErrLimit, stats.ErrUnsettled,
	} {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}

// look opens dir and looks at all there is. It returns the error of Open, or of Err.
func look(t *testing.T, dir string) error {
	t.Helper()
	begin := time.Now()
	snap, err := stats.Open(dir)
	if err == nil {
		everything(snap)
		err = snap.Err()
	}
	require.Less(t, time.Since(begin), 10*time.Second)
	if err != nil {
		require.True(t, known(err), "%v", err)
	}
	return err
}

// cuts are the lengths at which a file is cut off: every one up to 4 KiB, and a hundred others of those below its own.
func cuts(whole int) []int {
	lengths := rand.New(rand.NewPCG(1, 2)).Perm(whole)[:100]
	for length := range 4097 {
		lengths = append(lengths, length)
	}
	return lengths
}

// A file may say that every publication and every image are of one session. What each publication has to say of each image is not read then.
func TestExplain_ofManyPublicationsAndImagesOfOneSession(t *testing.T) {
	const many = 300
	f := newFiles(t, 8*many)
	next := 0
	add := func(typeID int32, registration, reference int64) {
		f.counter(next, typeID, streamKey(registration, -5, 10, overUDP), stats.TypeName(typeID)+": 1 -5 10 "+overUDP, 64)
		f.owned(next, registration, 3, reference)
		next++
	}
	for n := range int64(many) {
		for _, typeID := range []int32{stats.TypePublisherLimit, stats.TypePublisherPosition, stats.TypeSenderPosition, stats.TypeSenderLimit} {
			add(typeID, 1000+n, 0)
		}
		add(stats.TypeReceiverHWM, 10000+n, 0)
		add(stats.TypeReceiverPosition, 10000+n, 0)
		add(stats.TypeSubscriberPosition, 20000+n, 10000+n)
	}
	explained, subscribers := 0, 0
	for e := range stats.ExplainWithoutProcesses(f.open(t)) {
		explained++
		subscribers += len(e.Subscribers)
	}
	require.Equal(t, many, explained)
	require.Greater(t, subscribers, many)
	require.Less(t, subscribers, 10*many)
}

func TestTruncatedCnC_atEveryLength(t *testing.T) {
	figures.Begin(t)
	f := full(t)
	dir := f.write(t)
	path := filepath.Join(dir, cncfile.FileName)
	lengths := cuts(len(f.cnc))
	for _, length := range lengths {
		cnctest.WriteBytes(t, dir, f.cnc[:length])
		require.ErrorIs(t, look(t, dir), stats.ErrTooShort, length)
	}
	require.NoError(t, os.WriteFile(path, f.cnc, 0o600))
	require.NoError(t, look(t, dir))
	figures.Record(t, "lengths", len(lengths))
}

// A report of many records that is cut off in each of them: those that are whole are read, and the one that is not is an error.
func TestTruncatedLossReport_atEveryLength(t *testing.T) {
	figures.Begin(t)
	f := full(t)
	f.loss = nil
	type record struct{ begin, end int }
	var records []record
	for n := range 200 {
		channel, source := strings.Repeat("c", 1+n*7%90), strings.Repeat("s", 1+n%23)
		begin := len(f.loss)
		f.loss = append(f.loss, lossRecord(1, 64, 1, 2, int32(n), 3, channel, source)...)
		records = append(records, record{begin, begin + 40 + 4 + (len(channel)+3)&^3 + 4 + len(source)})
	}
	dir := f.write(t)
	path := filepath.Join(dir, stats.LossReportFile)
	lengths := cuts(len(f.loss))
	for _, length := range lengths {
		whole, begun := 0, 0
		for _, r := range records {
			if length >= r.begin+40 { // what is shorter is no record yet
				begun++
			}
			if length >= r.end {
				whole++
			}
		}
		require.NoError(t, os.WriteFile(path, f.loss[:length], 0o600))
		snap, err := stats.Open(dir)
		require.NoError(t, err)
		require.Len(t, slices.Collect(snap.Loss()), whole, length)
		if begun > whole {
			require.ErrorIs(t, snap.Err(), stats.ErrCorrupt, length)
		} else {
			require.NoError(t, snap.Err(), length)
		}
	}
	figures.Record(t, "lengths", len(lengths))
}

// mutate damages b in one of the ways in which files are damaged, and says nothing about it.
func mutate(r *rand.Rand, b []byte) {
	interesting := []uint32{
		0, 1, 2, 3, 4, 7, 23, 24, 63, 64, 127, 128, 380, 381, 512, 4096, 1 << 16, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1<<32 - 8, 1<<32 - 24,
	}
	for range 1 + r.IntN(4) {
		at := r.IntN(len(b))
		if r.IntN(3) == 0 {
			at = r.IntN(64) // the header
		}
		at = min(at&^3, len(b)-8)
		switch r.IntN(6) {
		case 0:
			b[at+r.IntN(4)] ^= 1 << r.IntN(8)
		case 1, 2:
			binary.LittleEndian.PutUint32(b[at:], interesting[r.IntN(len(interesting))])
		case 3:
			binary.LittleEndian.PutUint64(b[at:], r.Uint64())
		case 4:
			end := min(len(b), at+r.IntN(2048))
			for i := at; i < end; i++ {
				b[i] = byte(r.Uint32())
			}
		case 5:
			n := min(r.IntN(1024), len(b)-at, len(b)-1)
			copy(b[at:at+n], b[r.IntN(len(b)-n):])
		}
	}
}

// disk is a file and what it holds, so that only what changes is written.
type disk struct {
	t    *testing.T
	file *os.File
	held []byte
}

func newDisk(t *testing.T, path string, held []byte) *disk {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	return &disk{t, file, bytes.Clone(held)}
}

func (d *disk) write(b []byte) {
	const page = 4096
	for at := 0; at < len(b); at += page {
		end := min(at+page, len(b))
		if bytes.Equal(b[at:end], d.held[at:end]) {
			continue
		}
		_, err := d.file.WriteAt(b[at:end], int64(at))
		require.NoError(d.t, err)
		copy(d.held[at:], b[at:end])
	}
}

// Whatever the files hold: values or a typed error, soon, and in little memory.
func TestMutatedFiles_giveValuesOrTypedErrors(t *testing.T) {
	figures.Begin(t)
	f := full(t)
	dir := f.write(t)
	cnc, loss := newDisk(t, filepath.Join(dir, cncfile.FileName), f.cnc), newDisk(t, filepath.Join(dir, stats.LossReportFile), f.loss)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	damaged := 0
	r := rand.New(rand.NewPCG(3, 4))
	b, l := make([]byte, len(f.cnc)), make([]byte, len(f.loss))
	for range variants {
		copy(b, f.cnc)
		copy(l, f.loss)
		switch r.IntN(4) {
		case 0:
			mutate(r, l[:512])
		case 1:
			mutate(r, b[f.header.CounterMetadataOffset():])
		case 2:
			mutate(r, f.errorLogOf(b)[:256])
		default:
			mutate(r, b)
		}
		cnc.write(b)
		loss.write(l)
		if look(t, dir) != nil {
			damaged++
		}
	}
	runtime.ReadMemStats(&after)
	require.Greater(t, damaged, variants/10, "else the mutations are too tame to prove anything")
	require.Less(t, damaged, variants, "else they are too wild")
	perOpen := (after.TotalAlloc - before.TotalAlloc) / variants
	require.Less(t, perOpen, uint64(4<<20), "bytes allocated for a file of %d", len(f.cnc))
	figures.Record(t, "variants", variants)
}

// The loss report and the error log by themselves: entries, which lie in what is there, and an error that says what is wrong.
func TestMutatedReports_giveEntriesOrTypedErrors(t *testing.T) {
	figures.Begin(t)
	f := full(t)
	r := rand.New(rand.NewPCG(9, 10))
	for name, c := range map[string]struct {
		whole []byte
		read  func([]byte) (int, error)
	}{
		"loss":   {f.loss[:1024], func(b []byte) (int, error) { entries, err := readLoss(b); return len(entries), err }},
		"errors": {f.errorLog()[:1024], func(b []byte) (int, error) { entries, err := readErrors(b); return len(entries), err }},
	} {
		whole, err := c.read(c.whole)
		require.NoError(t, err)
		damaged, b := 0, make([]byte, len(c.whole))
		for range variants {
			copy(b, c.whole)
			mutate(r, b[:320])
			n, err := c.read(b[:len(b)-r.IntN(2)*r.IntN(len(b))])
			if err != nil {
				require.ErrorIs(t, err, stats.ErrCorrupt, name)
			}
			require.LessOrEqual(t, n, len(b)/24, name)
			if err != nil || n != whole {
				damaged++
			}
		}
		require.Greater(t, damaged, variants/10, name)
		require.Less(t, damaged, variants, name)
	}
	figures.Record(t, "variants", 2*variants)
}

// A log by itself: a number of messages, or none and perhaps a typed error.
func TestMutatedLog_givesANumberOrATypedError(t *testing.T) {
	figures.Begin(t)
	dir := t.TempDir()
	log := logOf(65536)
	messages := frames(log, 0, 65536, 96)
	file := newDisk(t, writeLog(t, dir, "publications", 1, log), log)
	r := rand.New(rand.NewPCG(11, 12))
	b := make([]byte, len(log))
	counted, refused := 0, 0
	for range variants {
		copy(b, log)
		mutate(r, b[3*termSize:][:512])
		mutate(r, b[:1024])
		file.write(b)
		n, ok, err := stats.CountMessages(dir, 1, 0, 65536, math.MaxInt64)
		switch {
		case err != nil:
			require.ErrorIs(t, err, stats.ErrCorrupt)
			refused++
		case ok:
			require.LessOrEqual(t, n, int64(65536/32))
			counted++
		}
	}
	require.Positive(t, messages)
	require.Positive(t, counted)
	require.Positive(t, refused)
	require.Less(t, counted, variants)
	figures.Record(t, "variants", variants)
}

func (f *files) errorLogOf(cnc []byte) []byte {
	return cnc[f.header.ErrorLogOffset():][:f.header.ErrorLogLength]
}

// Headers that describe far more than there is, and sparse files in which it is really there.
func TestHugeLengths_takeLittle(t *testing.T) {
	for name, change := range map[string]func(*cnctest.Spec){
		"metadata": func(s *cnctest.Spec) { s.CounterMetadataLength = 1<<31 - 1 },
		"values":   func(s *cnctest.Spec) { s.CounterValuesLength = 400 << 20; s.CounterMetadataLength = 1600 << 20 },
		"errors":   func(s *cnctest.Spec) { s.ErrorLogLength = 2000 << 20 },
		"commands": func(s *cnctest.Spec) { s.ToDriverLength = 1<<30 + 768 },
	} {
		spec := cnctest.Valid(time.Now())
		spec.FileLength = 8192
		change(&spec)
		dir := cnctest.Dir(t)
		path := spec.Write(t, dir)
		require.ErrorIs(t, look(t, dir), stats.ErrCorrupt, name)
		require.NoError(t, os.Truncate(path, 1<<31)) // a sparse file
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := look(t, dir)
		runtime.ReadMemStats(&after)
		if name == "metadata" { // with the rest it is more than any driver writes
			require.ErrorIs(t, err, stats.ErrCorrupt)
		} else {
			require.NoError(t, err, name)
		}
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20), name)
	}
}
