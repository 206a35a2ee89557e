package stats

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// The layout of a counter's two records: aeron_counter_metadata_descriptor_t and
// aeron_counter_value_descriptor_t of aeronc.h.
const (
	metadataLength = 512
	stateOffset    = 0
	typeOffset     = 4
	deadlineOffset = 8
	keyOffset      = 16
	labelLengthAt  = 128
	labelOffset    = 132
	maxLabelLength = metadataLength - labelOffset

	valueLength        = 128
	valueOffset        = 0
	registrationOffset = 8
	ownerOffset        = 16
	referenceOffset    = 24

	// AERON_COUNTER_RECORD_…
	stateUnused    = 0
	stateAllocated = 1
	stateReclaimed = -1
)

const (
	recordsPerRead = 128 // 64 KiB of metadata and 16 KiB of values
	readAttempts   = 4
)

// counterTable reads the counters of a file. It may be used again, by one goroutine at a time.
type counterTable struct {
	metadata, again     []byte
	values, valuesAgain []byte

	// Of the last read: how many records there are before the first unused one, and how many of
	// those are freed, or kept changing.
	scanned, reclaimed, unsettled int
	problems                      []error

	before int // scanned, of the read before
}

func newCounterTable() *counterTable {
	return &counterTable{
		metadata:    make([]byte, recordsPerRead*metadataLength),
		again:       make([]byte, recordsPerRead*metadataLength),
		values:      make([]byte, recordsPerRead*valueLength),
		valuesAgain: make([]byte, recordsPerRead*valueLength),
	}
}

// counterSource says where the counters are.
type counterSource struct {
	src              io.ReaderAt
	metadata, values int64 // offsets in the file
	capacity         int   // in records
}

func sourceOf(f *cncfile.File) counterSource {
	h := f.Header()
	return counterSource{
		src: f, metadata: h.CounterMetadataOffset(), values: h.CounterValuesOffset(),
		capacity: min(h.CounterMetadataLength/metadataLength, h.CounterValuesLength/valueLength),
	}
}

// read gives the allocated counters in the order of their ids, and what was wrong with some. previous
// are those of the last reading of the same driver, if any. The error is that of a read
// that failed; the counters before it are given all the same.
func (t *counterTable) read(from counterSource, previous []Counter) (counters []Counter, err error) {
	t.before = t.scanned
	if previous == nil {
		t.before = 0
	}
	t.scanned, t.reclaimed, t.unsettled, t.problems = 0, 0, 0, nil
	counters = make([]Counter, 0, len(previous)+8)
	for first, limit := 0, min(from.capacity, MaxCounters); first < limit; first += recordsPerRead {
		records := min(recordsPerRead, limit-first)
		if cap(counters)-len(counters) < records { // double, as append does for small slices only
			counters = slices.Grow(counters, max(records, len(counters)))
		}
		for len(previous) > 0 && int(previous[0].ID) < first {
			previous = previous[1:]
		}
		more, n, err := t.steady(from, counters, previous, first, records)
		if err != nil {
			return counters, err
		}
		if more == nil {
			if n, err = t.load(from, first, records); err != nil {
				return counters, err
			}
			more = t.decode(counters, previous, first, n)
		}
		counters = more
		t.scanned += n
		if n < recordsPerRead {
			return counters, nil
		}
	}
	if from.capacity > MaxCounters {
		t.note(problemf(ErrLimit, "%s has room for %d counters, the first %d have been read", cncfile.FileName, from.capacity, MaxCounters))
	}
	return counters, nil
}

// steady reads records that are mostly those of the reading before with other values, with half the work of load: the values first and
// then the metadata. Those that are the same as before are the same in between, when the values were read. It gives nil
// if some are not, which is for load to settle, and else the counters with those of the n records.
func (t *counterTable) steady(from counterSource, counters, previous []Counter, first, records int) (all []Counter, n int, err error) {
	n = min(records, t.before-first)
	if n <= 0 {
		return nil, 0, nil
	}
	if err := readFull(from.src, cncfile.FileName, t.values[:n*valueLength], from.values+int64(first)*valueLength); err != nil {
		return nil, 0, err
	}
	metadata := t.metadata[:min(records, n+1)*metadataLength] // with the one that was unused
	if err := readFull(from.src, cncfile.FileName, metadata, from.metadata+int64(first)*metadataLength); err != nil {
		return nil, 0, err
	}
	if n < records && state(metadata[n*metadataLength:]) != stateUnused {
		return nil, 0, nil
	}
	reclaimed := 0
	for i := range n {
		switch state(metadata[i*metadataLength:]) {
		case stateReclaimed:
			reclaimed++
			if len(previous) > 0 && int(previous[0].ID) == first+i {
				previous = previous[1:]
			}
			continue
		case stateAllocated:
		default:
			return nil, 0, nil
		}
		if len(previous) == 0 || int(previous[0].ID) != first+i ||
			!sameCounter(&previous[0], metadata[i*metadataLength:][:metadataLength], t.values[i*valueLength:][:valueLength]) {
			return nil, 0, nil
		}
		counters = append(counters, previous[0])
		counters[len(counters)-1].Value = int64(binary.LittleEndian.Uint64(t.values[i*valueLength+valueOffset:]))
		previous = previous[1:]
	}
	t.reclaimed += reclaimed
	return counters, n, nil
}

// sameCounter reports whether the two records are the counter's, whatever their value.
func sameCounter(c *Counter, metadata, value []byte) bool {
	i64 := func(b []byte, offset int) int64 { return int64(binary.LittleEndian.Uint64(b[offset:])) }
	length := int(int32(binary.LittleEndian.Uint32(metadata[labelLengthAt:])))
	return c.TypeID == int32(binary.LittleEndian.Uint32(metadata[typeOffset:])) &&
		c.FreeForReuseDeadline == i64(metadata, deadlineOffset) &&
		c.RegistrationID == i64(value, registrationOffset) && c.OwnerID == i64(value, ownerOffset) && c.ReferenceID == i64(value, referenceOffset) &&
		length == len(c.RawLabel) && c.RawLabel == string(metadata[labelOffset:labelOffset+length]) && // which does not allocate
		bytes.Equal(c.Key[:], metadata[keyOffset:labelLengthAt])
}

// load reads n records, or those before the first unused one, until value and metadata belong
// together: the driver may free a counter and give its record to another one between the two.
func (t *counterTable) load(from counterSource, first, n int) (int, error) {
	read := func(b []byte, offset int64) error { return readFull(from.src, cncfile.FileName, b, offset) }
	metadataAt := from.metadata + int64(first)*metadataLength
	valuesAt := from.values + int64(first)*valueLength
	if err := read(t.metadata[:n*metadataLength], metadataAt); err != nil {
		return 0, err
	}
	for i := range n {
		if state(t.metadata[i*metadataLength:]) == stateUnused {
			n = i
			break
		}
	}
	for range readAttempts {
		if err := read(t.values[:n*valueLength], valuesAt); err != nil {
			return 0, err
		}
		if err := read(t.again[:n*metadataLength], metadataAt); err != nil {
			return 0, err
		}
		if err := read(t.valuesAgain[:n*valueLength], valuesAt); err != nil {
			return 0, err
		}
		same := bytes.Equal(t.metadata[:n*metadataLength], t.again[:n*metadataLength])
		for i := 0; same && i < n; i++ {
			same = t.sameOwner(i)
		}
		if same {
			break
		}
		// Of the metadata, the last reading counts from here on; decode compares the two.
		t.metadata, t.again = t.again, t.metadata
	}
	return n, nil
}

// sameOwner reports whether both readings of a value are of the same registration: it is set a
// little after a counter is allocated.
func (t *counterTable) sameOwner(i int) bool {
	at := i*valueLength + registrationOffset
	return bytes.Equal(t.values[at:at+24], t.valuesAgain[at:at+24])
}

// sameIdentity reports whether both readings of the metadata are of the same counter. Its label may
// have grown.
func (t *counterTable) sameIdentity(i int) bool {
	at := i * metadataLength
	return bytes.Equal(t.metadata[at:at+labelLengthAt], t.again[at:at+labelLengthAt])
}

// decode appends the allocated counters of what load has read.
func (t *counterTable) decode(counters, previous []Counter, first, n int) []Counter {
	for i := range n {
		id := int32(first + i)
		metadata := t.metadata[i*metadataLength:][:metadataLength]
		for len(previous) > 0 && previous[0].ID < id {
			previous = previous[1:]
		}
		switch s := state(metadata); s {
		case stateAllocated:
		case stateReclaimed:
			t.reclaimed++
			continue
		default:
			t.note(problemf(ErrCorrupt, "counter %d has state %d, there are only 0, 1 and -1", id, s))
			continue
		}
		if !t.sameIdentity(i) || !t.sameOwner(i) {
			if t.unsettled++; t.unsettled == 1 {
				t.note(problemf(ErrUnsettled, "counter %d was another one in each of %d readings, and is left out: read again", id, readAttempts))
			}
			continue
		}
		var before *Counter
		if len(previous) > 0 && previous[0].ID == id {
			before = &previous[0]
		}
		counters = counters[:len(counters)+1] // there is room, and it is zero
		t.fill(&counters[len(counters)-1], id, metadata, t.values[i*valueLength:][:valueLength], before)
	}
	return counters
}

// fill decodes one counter in place: it is large.
func (t *counterTable) fill(c *Counter, id int32, metadata, value []byte, before *Counter) {
	i64 := func(b []byte, offset int) int64 { return int64(binary.LittleEndian.Uint64(b[offset:])) }
	c.ID = id
	c.TypeID = int32(binary.LittleEndian.Uint32(metadata[typeOffset:]))
	c.FreeForReuseDeadline = i64(metadata, deadlineOffset)
	copy(c.Key[:], metadata[keyOffset:labelLengthAt])
	c.Value = i64(value, valueOffset)
	c.RegistrationID = i64(value, registrationOffset)
	c.OwnerID = i64(value, ownerOffset)
	c.ReferenceID = i64(value, referenceOffset)

	length := int(int32(binary.LittleEndian.Uint32(metadata[labelLengthAt:])))
	if length < 0 || length > maxLabelLength {
		t.note(problemf(ErrCorrupt, "counter %d has a label of %d bytes, there is room for %d", id, length, maxLabelLength))
		length = max(0, min(length, maxLabelLength))
	}
	label := metadata[labelOffset : labelOffset+length]
	if before != nil && before.RawLabel == string(label) { // which does not allocate
		c.RawLabel, c.Label = before.RawLabel, before.Label
		return
	}
	c.RawLabel = string(label)
	c.Label = clean(c.RawLabel, false)
}

// note keeps a few of the problems: one tells as much as a million.
func (t *counterTable) note(err error) {
	const enough = 4
	if len(t.problems) < enough {
		t.problems = append(t.problems, err)
	}
}

func state(metadata []byte) int32 {
	return int32(binary.LittleEndian.Uint32(metadata[stateOffset:]))
}
