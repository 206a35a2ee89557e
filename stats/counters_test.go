package stats_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/stats"
)

func TestCounters_giveEveryField(t *testing.T) {
	f := newFiles(t, 32)
	f.counter(0, 1234, []byte("key"), "my counter", -7)
	f.owned(0, 41, 42, 43)
	all := slices.Collect(f.open(t).Counters())
	require.Len(t, all, 1)
	c := all[0]
	var key [stats.MaxKeyLength]byte
	copy(key[:], "key")
	require.Equal(t, stats.Counter{
		ID: 0, TypeID: 1234, Value: -7, Label: "my counter", RawLabel: "my counter", Key: key,
		RegistrationID: 41, OwnerID: 42, ReferenceID: 43, FreeForReuseDeadline: stats.NotFreeForReuse,
	}, c)
	require.Equal(t, "type-1234", c.TypeName())
}

func TestCounters_skipFreedOnesAndEndAtTheFirstUnused(t *testing.T) {
	f := newFiles(t, 32)
	for _, id := range []int{0, 1, 2, 4} {
		f.counter(id, 1000, nil, fmt.Sprint(id), int64(id))
	}
	put32(f.metadata(1), 0, -1)
	snap := f.open(t)
	var ids []int32
	for c := range snap.Counters() {
		ids = append(ids, c.ID)
	}
	require.Equal(t, []int32{0, 2}, ids, "3 was never used, so that nothing is behind it")
	info := snap.Info()
	require.Equal(t, 2, info.CountersAllocated)
	require.Equal(t, 1, info.CountersFreed)
	require.Equal(t, 32, info.CounterCapacity)
	_, ok := snap.Counter(1)
	require.False(t, ok)
	_, ok = snap.Counter(4)
	require.False(t, ok)
	c, ok := snap.Counter(2)
	require.True(t, ok)
	require.Equal(t, "2", c.Label)
	_, ok = snap.Counter(-1)
	require.False(t, ok)
	require.NoError(t, snap.Err())
}

// More than is read at once, to the last record.
func TestCounters_readAsManyAsThereIsRoomFor(t *testing.T) {
	for _, n := range []int{32, 96, 128, 160, 256, 416} {
		f := newFiles(t, n)
		for id := range n {
			f.counter(id, 1000, nil, fmt.Sprint("counter ", id), int64(id)*3)
		}
		snap := f.open(t)
		next := 0
		for c := range snap.Counters() {
			require.EqualValues(t, next, c.ID)
			require.EqualValues(t, next*3, c.Value)
			require.Equal(t, fmt.Sprint("counter ", next), c.Label)
			next++
		}
		require.Equal(t, n, next)
		require.NoError(t, snap.Err())
	}
}

func TestCounters_stopWhenTheCallerDoes(t *testing.T) {
	snap := full(t).open(t)
	seen := 0
	for range snap.Counters() {
		if seen++; seen == 3 {
			break
		}
	}
	require.Equal(t, 3, seen)
	for range snap.Backlog() {
		break
	}
	for range snap.Clients() {
		break
	}
	for range snap.Errors() {
		break
	}
	for range snap.ErrorsSince(time.UnixMilli(1)) {
		break
	}
	for range snap.Loss() {
		break
	}
}

func TestCounters_cleanLabelsAndKeepThemRaw(t *testing.T) {
	for raw, label := range map[string]string{
		"plain":                         "plain",
		"":                              "",
		"grün":                          "grün",
		"bad \xff byte":                 "bad � byte",
		"esc \x1b[31m":                  "esc �[31m",
		"two\nlines\ttab":               "two�lines�tab",
		"nul\x00 del\x7f":               "nul� del�",
		"c1 \u009b bidi \u202e":         "c1 � bidi �",
		"sep \u2028 \u2029":             "sep � �",
		"cut " + "\xe2\x82":             "cut ��",
		strings.Repeat("x", 380):        strings.Repeat("x", 380),
		strings.Repeat("\xff", 380):     strings.Repeat("�", 380),
		"a surrogate \xed\xa0\x80 half": "a surrogate ��� half",
	} {
		f := newFiles(t, 32)
		f.counter(0, 1000, nil, raw, 0)
		c, ok := f.open(t).Counter(0)
		require.True(t, ok)
		require.Equal(t, raw, c.RawLabel)
		require.Equal(t, label, c.Label)
		require.True(t, utf8.ValidString(c.Label))
	}
}

func TestCounters_withAnImpossibleLabelAreReadAndReported(t *testing.T) {
	for length, want := range map[int32]string{
		381: "label" + strings.Repeat("\x00", 375), -1: "", 1 << 30: "label" + strings.Repeat("\x00", 375), -1 << 31: "",
	} {
		f := newFiles(t, 32)
		f.counter(0, 1000, nil, "label", 1)
		f.counter(1, 1000, nil, "next", 2)
		put32(f.metadata(0), labelLenAt, length)
		snap := f.open(t)
		require.ErrorIs(t, snap.Err(), stats.ErrCorrupt)
		require.ErrorContains(t, snap.Err(), fmt.Sprintf("counter 0 has a label of %d bytes, there is room for 380", length))
		c, ok := snap.Counter(0)
		require.True(t, ok)
		require.Equal(t, want, c.RawLabel)
		c, ok = snap.Counter(1)
		require.True(t, ok)
		require.Equal(t, "next", c.Label)
	}
}

func TestCounters_inAnUnknownStateAreLeftOutAndReported(t *testing.T) {
	f := newFiles(t, 32)
	for id := range 20 {
		f.counter(id, 1000, nil, "x", 1)
		put32(f.metadata(id), 0, int32(id+2))
	}
	f.counter(20, 1000, nil, "last", 1)
	snap := f.open(t)
	all := slices.Collect(snap.Counters())
	require.Len(t, all, 1)
	require.Equal(t, "last", all[0].Label)
	require.ErrorIs(t, snap.Err(), stats.ErrCorrupt)
	require.ErrorContains(t, snap.Err(), "counter 0 has state 2")
	require.Less(t, len(snap.Err().Error()), 2000, "twenty of the same are not told")
}

func TestCounters_decodeKeys(t *testing.T) {
	const channel = "aeron:udp?endpoint=localhost:20121"
	for _, typeID := range []int32{1, 2, 3, 4, 5, 9, 10, 12, 13, 17, 19, 20} {
		c := stats.Counter{TypeID: typeID}
		copy(c.Key[:], streamKey(-9, -8, 7, channel))
		key, ok := c.Stream()
		require.True(t, ok, typeID)
		require.Equal(t, stats.StreamKey{RegistrationID: -9, SessionID: -8, StreamID: 7, Channel: channel}, key)
		got, ok := c.Channel()
		require.True(t, ok)
		require.Equal(t, channel, got)
	}
	for _, typeID := range []int32{6, 7, 18} {
		c := stats.Counter{TypeID: typeID}
		put32(c.Key[:], 0, int32(copy(c.Key[4:], channel)))
		got, ok := c.Channel()
		require.True(t, ok)
		require.Equal(t, channel, got)
		_, ok = c.Stream()
		require.False(t, ok)
	}
	c := stats.Counter{TypeID: stats.TypeLocalAddress}
	put32(c.Key[:], 0, 31)
	put32(c.Key[:], 4, int32(copy(c.Key[8:], "127.0.0.1:4000")))
	address, status, ok := c.LocalAddress()
	require.True(t, ok)
	require.Equal(t, "127.0.0.1:4000", address)
	require.EqualValues(t, 31, status)

	c = stats.Counter{TypeID: stats.TypeSystem}
	put32(c.Key[:], 0, 15)
	id, ok := c.SystemID()
	require.True(t, ok)
	require.Equal(t, stats.SystemErrors, id)

	c = stats.Counter{TypeID: 1000}
	_, ok = c.Stream()
	require.False(t, ok)
	_, ok = c.Channel()
	require.False(t, ok)
	_, _, ok = c.LocalAddress()
	require.False(t, ok)
	_, ok = c.SystemID()
	require.False(t, ok)
	_, ok = c.Client()
	require.False(t, ok)
}

func TestCounters_believeNoLengthInAKey(t *testing.T) {
	for length, want := range map[int32]int{93: 92, 1 << 30: 92, -1: 0, -1 << 31: 0, 92: 92, 0: 0} {
		c := stats.Counter{TypeID: stats.TypePublisherLimit}
		copy(c.Key[:], streamKey(1, 2, 3, strings.Repeat("c", 92)))
		put32(c.Key[:], 16, length)
		key, ok := c.Stream()
		require.True(t, ok)
		require.Len(t, key.Channel, want)
	}
	c := stats.Counter{TypeID: stats.TypePublisherLimit}
	copy(c.Key[:], streamKey(1, 2, 3, "aeron:\x1b[2J"))
	key, _ := c.Stream()
	require.Equal(t, "aeron:�[2J", key.Channel)
}

func TestClients_areReadFromTheirLabels(t *testing.T) {
	for label, want := range map[string]stats.Client{
		"client-heartbeat: id=3":                                               {},
		"client-heartbeat: id=3 name= version=1.54.0 commit=abc":               {Version: "1.54.0"},
		"client-heartbeat: id=3 name=risk engine version=1.54.0 commit=abc":    {Name: "risk engine", Version: "1.54.0"},
		"client-heartbeat: id=3 name=a version=9 commit=b version=1.1 commit=": {Name: "a version=9 commit=b", Version: "1.1"},
		"client-heartbeat: id=3 name=cut":                                      {Name: "cut"},
		"client-heartbeat: id=3 name=cut version=1.5":                          {Name: "cut", Version: "1.5"},
		"": {},
	} {
		f := newFiles(t, 32)
		key := make([]byte, 8)
		put64(key, 0, 3)
		f.counter(0, stats.TypeSystem, nil, "x", 0)
		f.counter(1, stats.TypeClientHeartbeat, key, label, 1700000000123)
		want.ID, want.CounterID, want.Heartbeat = 3, 1, time.UnixMilli(1700000000123).UTC()
		require.Equal(t, []stats.Client{want}, slices.Collect(f.open(t).Clients()), label)
	}
}

func TestFind_looksForTypeAndRegistration(t *testing.T) {
	snap := full(t).open(t)
	c, ok := snap.Find(stats.TypeSubscriberPosition, 11)
	require.True(t, ok)
	require.EqualValues(t, 59008, c.Value)
	_, ok = snap.Find(stats.TypeSubscriberPosition, 7)
	require.False(t, ok)
	_, ok = snap.Find(999, 7)
	require.False(t, ok)
	v, ok := snap.System(stats.SystemErrors)
	require.True(t, ok)
	require.EqualValues(t, 1015, v)
	_, ok = snap.System(46)
	require.False(t, ok)
}

func TestTypeName_isUniqueAndPrintable(t *testing.T) {
	seen := map[string]int32{}
	for id := int32(-1); id < 1100; id++ {
		name := stats.TypeName(id)
		require.Regexp(t, `^[a-z0-9-]+$`, name)
		require.NotContains(t, seen, name, "%d", id)
		seen[name] = id
	}
	require.EqualValues(t, 1, seen["pub-lmt"])
	require.EqualValues(t, 100, seen["archive-recording-position"])
	require.EqualValues(t, 201, seen["cluster-node-role"])
	require.Equal(t, "type--1", stats.TypeName(-1))
	require.Equal(t, "Errors", stats.SystemCounterName(15))
	require.Equal(t, "system-46", stats.SystemCounterName(46))
	require.Equal(t, "system--1", stats.SystemCounterName(-1))
}

// flicker is a file whose counters are replaced behind the reader's back: after every so many reads of it.
type flicker struct {
	*files
	t     *testing.T
	reads int
	after func(read int)
}

func (f *flicker) ReadAt(b []byte, offset int64) (int, error) {
	n := copy(b, f.cnc[offset:])
	require.Len(f.t, b, n)
	f.reads++
	f.after(f.reads)
	return n, nil
}

func (f *flicker) read() ([]stats.Counter, []error, error) {
	h := f.header
	return stats.ReadCounters(f, h.CounterMetadataOffset(), h.CounterValuesOffset(), h.CounterValuesLength/valueSize)
}

// A value belongs to the label and the key beside it, also when its counter was freed and taken again between their readings.
func TestCounters_areReadAgainWhenTheyWereReplaced(t *testing.T) {
	for replaceAfter := 1; replaceAfter <= 3; replaceAfter++ {
		f := &flicker{files: newFiles(t, 32), t: t}
		f.counter(0, 1, streamKey(1, 1, 1, "old"), "old", 1)
		f.owned(0, 1, 1, 1)
		f.after = func(read int) {
			if read == replaceAfter {
				f.counter(0, 4, streamKey(2, 2, 2, "new"), "new", 2)
				f.owned(0, 2, 2, 2)
			}
		}
		counters, problems, err := f.read()
		require.NoError(t, err)
		require.Empty(t, problems)
		require.Len(t, counters, 1)
		c := counters[0]
		key, ok := c.Stream()
		require.True(t, ok)
		if replaceAfter == 3 && c.Label == "old" { // all of it was read before
			require.Equal(t, []int64{1, 1, 1}, []int64{c.Value, c.RegistrationID, key.RegistrationID})
			continue
		}
		require.Equal(t, "new", c.Label)
		require.Equal(t, []int64{2, 2, 2}, []int64{c.Value, c.RegistrationID, key.RegistrationID})
		require.EqualValues(t, 4, c.TypeID)
	}
}

func TestCounters_areReadAgainWhenTheirRegistrationComesLate(t *testing.T) {
	f := &flicker{files: newFiles(t, 32), t: t}
	f.counter(0, 1, streamKey(5, 1, 1, "c"), "c", 1)
	f.after = func(read int) {
		if read == 2 {
			f.owned(0, 5, 6, 7)
		}
	}
	counters, problems, err := f.read()
	require.NoError(t, err)
	require.Empty(t, problems)
	require.EqualValues(t, 5, counters[0].RegistrationID)
	require.EqualValues(t, 6, counters[0].OwnerID)
}

func TestCounters_whoseLabelGrowsAreKept(t *testing.T) {
	f := &flicker{files: newFiles(t, 32), t: t}
	f.counter(0, 1000, nil, "", 1)
	f.after = func(read int) {
		m := f.metadata(0)
		m[labelAt+read] = 'x'
		put32(m, labelLenAt, int32(read))
	}
	counters, problems, err := f.read()
	require.NoError(t, err)
	require.Empty(t, problems)
	require.Len(t, counters, 1)
	require.NotEmpty(t, counters[0].Label)
}

func TestCounters_thatNeverSettleAreLeftOutAndReported(t *testing.T) {
	f := &flicker{files: newFiles(t, 32), t: t}
	f.counter(1, 1000, nil, "steady", 1)
	f.after = func(read int) { f.counter(0, int32(1000+read), nil, "x", int64(read)) }
	f.after(0)
	counters, problems, err := f.read()
	require.NoError(t, err)
	require.Len(t, counters, 1)
	require.Equal(t, "steady", counters[0].Label)
	require.Len(t, problems, 1)
	require.ErrorIs(t, problems[0], stats.ErrUnsettled)
	require.ErrorContains(t, problems[0], "counter 0")
	require.Less(t, f.reads, 20, "a writer that never rests must not keep the reader")
}

func TestRefresh_seesChangesAndUsesLabelsAgain(t *testing.T) {
	f := full(t)
	dir := f.write(t)
	snap, err := stats.Open(dir)
	require.NoError(t, err)
	before := slices.Collect(snap.Counters())
	iterator := snap.Counters()
	put64(f.value(20), 0, 12345)
	put32(f.metadata(10), 0, -1)
	f.counter(21, 1000, nil, "another", 1)
	f.writeTo(t, dir)
	require.NoError(t, snap.Refresh())
	require.Equal(t, before, slices.Collect(iterator), "an iterator gives what there was when it was made")
	c, ok := snap.Counter(20)
	require.True(t, ok)
	require.EqualValues(t, 12345, c.Value)
	require.Equal(t, before[20].Label, c.Label)
	_, ok = snap.Counter(10)
	require.False(t, ok)
	c, ok = snap.Counter(21)
	require.True(t, ok)
	require.Equal(t, "another", c.Label)
	require.Len(t, slices.Collect(snap.Counters()), len(before)-1)
	labels := testing.AllocsPerRun(5, func() { require.NoError(t, snap.Refresh()) })
	require.Less(t, labels, float64(len(before)), "unchanged labels are not made again")
}

// What has only other values is not read twice.
func TestRefresh_readsOnceWhatIsStillTheSame(t *testing.T) {
	f := &flicker{files: newFiles(t, 160), t: t, after: func(int) {}}
	for id := range 150 { // more than is read at once
		f.counter(id, 1, streamKey(int64(id), 1, 1, "channel"), fmt.Sprint("label ", id), int64(id))
		f.owned(id, int64(id), 1, 1)
	}
	put32(f.metadata(3), 0, -1)
	h := f.header
	read := stats.CounterReader(f, h.CounterMetadataOffset(), h.CounterValuesOffset(), h.CounterValuesLength/valueSize)
	_, _, err := read()
	require.NoError(t, err)
	f.reads, f.after = 0, func(read int) {
		if read == 1 { // behind what has been read by then
			put64(f.value(0), 0, 4711)
			put64(f.value(140), 0, 4712)
		}
	}
	counters, problems, err := read()
	require.NoError(t, err)
	require.Empty(t, problems)
	require.Len(t, counters, 149)
	require.EqualValues(t, 0, counters[0].Value)
	require.EqualValues(t, 4712, counters[139].Value)
	for _, c := range counters {
		require.Equal(t, fmt.Sprint("label ", c.ID), c.Label)
		require.EqualValues(t, c.ID, c.RegistrationID)
	}
	require.Equal(t, 4, f.reads, "values and metadata, of two parts")
}

// Whenever a counter is replaced, freed, or followed by another one: a value belongs to the label and the key beside it.
func TestRefresh_seesWhatIsReplacedWhileItReads(t *testing.T) {
	changes := map[string]func(*flicker){
		"another": func(f *flicker) {
			f.counter(0, 4, streamKey(2, 2, 2, "new"), "new", 2)
			f.owned(0, 2, 2, 2)
		},
		"label": func(f *flicker) {
			f.counter(0, 1, streamKey(1, 1, 1, "old"), "changed", 1)
			f.owned(0, 1, 1, 1)
		},
		"owner":   func(f *flicker) { f.owned(0, 1, 9, 1) },
		"freed":   func(f *flicker) { put32(f.metadata(0), 0, -1) },
		"hostile": func(f *flicker) { put32(f.metadata(0), 0, 77) },
		"more":    func(f *flicker) { f.counter(2, 1000, nil, "third", 5) },
		"fewer":   func(f *flicker) { clear(f.metadata(1)) },
	}
	for name, change := range changes {
		for when := range 6 { // 0 is between the two readings
			f := &flicker{files: newFiles(t, 32), t: t}
			f.counter(0, 1, streamKey(1, 1, 1, "old"), "old", 1)
			f.owned(0, 1, 1, 1)
			f.counter(1, 1000, nil, "second", 4)
			f.after = func(read int) {
				if read == when {
					change(f)
				}
			}
			changing, h := f.after, f.header
			read := stats.CounterReader(f, h.CounterMetadataOffset(), h.CounterValuesOffset(), h.CounterValuesLength/valueSize)
			f.after = func(int) {}
			_, _, err := read()
			require.NoError(t, err)
			f.reads = 0
			if when == 0 {
				change(f)
			}
			f.after = changing
			counters, _, err := read()
			require.NoError(t, err)
			for _, c := range counters {
				if c.ID != 0 {
					continue
				}
				key, _ := c.Stream()
				require.Equal(t, c.RegistrationID, key.RegistrationID, "%s %d: %+v", name, when, c)
				switch c.Label {
				case "old":
					require.EqualValues(t, 1, c.RegistrationID)
					require.EqualValues(t, 1, c.Value, "%s %d", name, when)
				case "new":
					require.EqualValues(t, 2, c.Value, "%s %d", name, when)
				}
			}
			// The next reading is of what is there.
			f.after = func(int) {}
			counters, _, err = read()
			require.NoError(t, err)
			want, _, err := f.read()
			require.NoError(t, err)
			require.Equal(t, want, counters, "%s %d", name, when)
		}
	}
}

// pattern is a file without end that repeats one record.
type pattern []byte

func (p pattern) ReadAt(b []byte, offset int64) (int, error) {
	for n := 0; n < len(b); {
		n += copy(b[n:], p[(offset+int64(n))%int64(len(p)):])
	}
	return len(b), nil
}

func TestCounters_areReadUpToALimit(t *testing.T) {
	require.Greater(t, stats.MaxCounters, 8<<20/valueSize, "C's default must fit")
	// One pattern serves as both kinds of record: freed counters, which cost nothing.
	record := make([]byte, metadataSize)
	put32(record, 0, -1)
	counters, problems, err := stats.ReadCounters(pattern(record), 0, 0, 16<<20)
	require.NoError(t, err)
	require.Empty(t, counters)
	require.Len(t, problems, 1)
	require.ErrorIs(t, problems[0], stats.ErrLimit)
	require.ErrorContains(t, problems[0], "room for 16777216 counters")
}
