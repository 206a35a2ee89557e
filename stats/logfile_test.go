package stats_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

const termSize = 64 << 10

// logOf lays out the log of a publication that is connected: three terms and the metadata, from the C struct's declaration.
func logOf(position int64) []byte {
	b := make([]byte, 3*termSize+4096)
	m := b[3*termSize:]
	const initial = -7
	count := position / termSize
	put64(m, int(8*(count%3)), (int64(initial)+count)<<32|position%termSize)
	put32(m, 24, int32(count))
	put64(m, 128, math.MaxInt64)
	put32(m, 136, 1)
	put32(m, 264, initial)
	put32(m, 272, 1408)
	put32(m, 276, termSize)
	put32(m, 284, 32<<10)
	put32(m, 288, 32<<10)
	return b
}

// frames fills a log with frames of a length between two positions, padding at the end of a term.
func frames(b []byte, from, to, length int64) (messages int64) {
	for from < to {
		offset := from / termSize % 3 * termSize
		at := offset + from%termSize
		left := termSize - from%termSize
		n := min(length, left, to-from)
		clear(b[at : at+32])
		put32(b, int(at), int32(n))
		b[at+5] = 0xC0
		b[at+6] = 1
		if n == left && n < length {
			b[at+6] = 0 // padding
		} else {
			messages++
		}
		from += n
	}
	return messages
}

func writeLog(t testing.TB, dir, sub string, id int64, b []byte) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, sub), 0o700))
	path := filepath.Join(dir, sub, strconv.FormatInt(id, 10)+".logbuffer")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	return path
}

func TestMessages_areCountedAcrossTerms(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ from, to, length int64 }{
		{0, 0, 32}, {0, 32, 32}, {0, 64, 64}, {0, termSize, 1024}, {termSize - 128, termSize + 128, 64},
		{termSize - 96, termSize + 512, 128}, {5*termSize + 64, 7*termSize + 64, 96}, {1 << 40, 1<<40 + 4096, 32},
	} {
		b := logOf(c.to)
		want := frames(b, c.from, c.to, c.length)
		writeLog(t, dir, "publications", 1, b)
		n, ok, err := stats.CountMessages(dir, 1, c.from, c.to, math.MaxInt64)
		require.NoError(t, err)
		require.True(t, ok, "%+v", c)
		require.Equal(t, want, n, "%+v", c)
	}
}

func TestMessages_ofSeveralFragmentsCountOnce(t *testing.T) {
	dir := t.TempDir()
	b := logOf(192)
	frames(b, 0, 192, 64)
	b[5], b[64+5], b[128+5] = 0x80, 0, 0x40 // begins, goes on, ends
	writeLog(t, dir, "publications", 1, b)
	n, ok, err := stats.CountMessages(dir, 1, 0, 192, math.MaxInt64)
	require.NoError(t, err)
	require.True(t, ok)
	require.EqualValues(t, 1, n)
}

func TestMessages_thatCannotBeCounted(t *testing.T) {
	dir := t.TempDir()
	b := logOf(1024)
	frames(b, 0, 1024, 128)
	clear(b[512:544]) // not there yet
	writeLog(t, dir, "publications", 1, b)
	for name, c := range map[string]struct{ from, to, budget int64 }{
		"a gap":               {0, 1024, math.MaxInt64},
		"no budget":           {0, 512, 256},
		"between two frames":  {16, 512, math.MaxInt64},
		"backwards":           {512, 0, math.MaxInt64},
		"before the begin":    {-32, 512, math.MaxInt64},
		"more than there is":  {0, 4 * termSize, math.MaxInt64},
		"to the middle of it": {0, 200, math.MaxInt64},
		"far away":            {math.MaxInt64 - 31, math.MaxInt64, math.MaxInt64},
	} {
		_, ok, err := stats.CountMessages(dir, 1, c.from, c.to, c.budget)
		require.NoError(t, err, name)
		require.False(t, ok, name)
	}
	put32(b, 512, termSize) // longer than the term
	writeLog(t, dir, "publications", 1, b)
	_, ok, err := stats.CountMessages(dir, 1, 0, 1024, math.MaxInt64)
	require.NoError(t, err)
	require.False(t, ok)
}

// Of terms of 64 KiB, where what is cut off is shorter than any log, and of 128 KiB, where it may be as long as another.
func TestTruncatedLog_atEveryLength(t *testing.T) {
	figures.Begin(t)
	dir := t.TempDir()
	count := 0
	for _, scale := range []int{1, 2} {
		whole := make([]byte, scale*3*termSize+4096)
		copy(whole[scale*3*termSize:], logOf(0)[3*termSize:])
		put32(whole, scale*3*termSize+276, int32(scale*termSize))
		path := writeLog(t, dir, "publications", 1, whole)
		_, ok, err := stats.CountMessages(dir, 1, 0, 0, 0)
		require.NoError(t, err)
		require.True(t, ok)
		lengths := append(cuts(len(whole)), len(whole)-4096, len(whole)-1)
		slices.Sort(lengths)
		for _, length := range slices.Backward(lengths) {
			require.NoError(t, os.Truncate(path, int64(length)))
			_, _, err := stats.CountMessages(dir, 1, 0, 0, 0)
			want := stats.ErrTooShort
			if length >= 3*termSize+4096 {
				want = stats.ErrCorrupt
			}
			require.ErrorIs(t, err, want, length)
			count++
		}
	}
	figures.Record(t, "lengths", count)
}

func TestLog_thatIsNone(t *testing.T) {
	dir := t.TempDir()
	_, _, err := stats.CountMessages(dir, 1, 0, 0, 0)
	require.ErrorIs(t, err, os.ErrNotExist)
	whole := logOf(0)
	for _, term := range []int32{0, -1, 1, termSize - 1, termSize + 1, 2 * termSize, math.MaxInt32, math.MinInt32} {
		b := logOf(0)
		put32(b, 3*termSize+276, term)
		writeLog(t, dir, "publications", 1, b)
		_, _, err := stats.CountMessages(dir, 1, 0, 0, 0)
		require.ErrorIs(t, err, stats.ErrCorrupt, term)
	}
	path := writeLog(t, dir, "publications", 1, whole)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Symlink("/dev/zero", path))
	_, _, err = stats.CountMessages(dir, 1, 0, 0, 0)
	require.ErrorIs(t, err, stats.ErrNotRegular)
}

// ipcStream adds a publication with counters from an id on, its log, and a subscriber that has read up to a position.
func ipcStream(t *testing.T, f *files, dir string, counter int, stream int32, published, read int64) {
	t.Helper()
	const channel = "aeron:ipc"
	id := int64(1000 + stream)
	for i, c := range []struct {
		typeID, reference int64
		name              string
		value             int64
	}{
		{int64(stats.TypePublisherLimit), 0, "pub-lmt", read + 32<<10}, {int64(stats.TypePublisherPosition), 0, "pub-pos", published},
		{int64(stats.TypeSubscriberPosition), id, "sub-pos", read},
	} {
		f.counter(counter+i, int32(c.typeID), streamKey(id, 5, stream, channel), c.name, c.value)
		f.owned(counter+i, id, 3, c.reference)
	}
	log := logOf(published)
	frames(log, 0, published, 128)
	writeLog(t, dir, "publications", id, log)
}

// Of many subscribers the messages of those are counted that are furthest behind, and the streams come in their order.
func TestExplain_countsTheMessagesOfThoseThatMatter(t *testing.T) {
	const streams = stats.MaxCounted + 20
	f := newFiles(t, 32*(3*streams/32+1))
	dir := f.write(t)
	for i := range streams {
		ipcStream(t, f, dir, 3*i, int32(streams-i), 128*int64(i+1), 0) // the later, the further behind, and the smaller its number
	}
	f.writeTo(t, dir)
	snap, err := stats.Open(dir)
	require.NoError(t, err)
	for range 2 { // the second time logs are opened for nothing else
		next, counted := int32(1), 0
		for e := range stats.ExplainWithoutProcesses(snap) {
			require.Equal(t, next, e.StreamID)
			next++
			require.Equal(t, stats.StreamReady, e.State)
			require.EqualValues(t, 32<<10, e.Window)
			require.Len(t, e.Subscribers, 1)
			s := e.Subscribers[0]
			require.Equal(t, 128*int64(streams-e.StreamID+1), s.Lag)
			if s.LagMessages >= 0 {
				counted++
				require.Equal(t, s.Lag/128, s.LagMessages)
				require.LessOrEqual(t, e.StreamID, int32(stats.MaxCounted))
			}
		}
		require.EqualValues(t, streams+1, next)
		require.Equal(t, stats.MaxCounted, counted)
	}
}

// What is known from an earlier look is not what has changed since: an end, a closed window, another driver.
func TestExplain_againSeesWhatHasChanged(t *testing.T) {
	f := newFiles(t, 32)
	dir := f.write(t)
	ipcStream(t, f, dir, 0, 1, 1024, 1024)
	f.writeTo(t, dir)
	snap, err := stats.Open(dir)
	require.NoError(t, err)
	looks := 0
	explained := func() stats.Explanation {
		require.NoError(t, snap.Refresh())
		all := slices.Collect(stats.ExplainCounting(snap, &looks))
		require.Len(t, all, 1)
		return all[0]
	}
	require.Equal(t, stats.StreamReady, explained().State)
	require.Equal(t, stats.StreamReady, explained().State)
	require.Equal(t, 1, looks, "it is known whose the clients are")

	put64(f.value(2), 0, 0) // the subscriber's position
	put64(f.value(0), 0, 1024)
	f.writeTo(t, dir)
	e := explained()
	require.Equal(t, stats.StreamBackPressured, e.State)
	require.Equal(t, stats.LimitedBySubscriber, e.Limiter)
	require.EqualValues(t, 8, e.Slowest.LagMessages)

	log := logOf(1024)
	put64(log, 3*termSize+128, 1024) // the end of the stream; a driver sets the limit to it
	writeLog(t, dir, "publications", 1001, log)
	require.Equal(t, stats.StreamEnded, explained().State)
	require.NoError(t, os.Remove(writeLog(t, dir, "publications", 1001, log)))
	require.Equal(t, stats.StreamBackPressured, explained().State, "without the log, by the counters")
	require.EqualValues(t, -1, explained().Slowest.LagMessages)
}

// Whatever logs, counters and loss hold: a sentence, soon, and no crash.
func TestExplain_ofMutatedFiles(t *testing.T) {
	figures.Begin(t)
	f := full(t)
	for id := 46; id < 54; id++ {
		f.owned(id, 7, 3, 7)
	}
	f.owned(53, 11, 3, 9)
	dir := f.write(t)
	cnc := filepath.Join(dir, "cnc.dat")
	log := logOf(65536)
	frames(log, 0, 65536, 96)
	r := rand.New(rand.NewPCG(7, 8))
	states := map[stats.StreamState]int{}
	open := newDisk(t, cnc, f.cnc)
	b, l := make([]byte, len(f.cnc)), make([]byte, len(log))
	for i := range variants {
		copy(b, f.cnc)
		copy(l, log)
		mutate(r, b[f.header.CounterMetadataOffset()+46*512:][:8*512])
		if r.IntN(2) == 0 {
			mutate(r, b[f.header.CounterValuesOffset()+46*128:][:8*128])
		}
		mutate(r, l[3*termSize:])
		mutate(r, l[:512])
		open.write(b)
		if i%10 == 0 {
			for _, sub := range []string{"publications", "images"} {
				for _, id := range []int64{7, 9} {
					writeLog(t, dir, sub, id, l[:len(l)-r.IntN(2)*r.IntN(len(l))])
				}
			}
		}
		snap, err := stats.Open(dir)
		if err != nil {
			require.True(t, known(err), "%v", err)
			continue
		}
		for e := range stats.ExplainWithoutProcesses(snap) {
			require.NotEmpty(t, e.String())
			states[e.State]++
		}
	}
	require.Greater(t, len(states), 2, "the mutations are too tame: %v", states)
	figures.Record(t, "variants", variants)
}
