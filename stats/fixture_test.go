package stats_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

// The layout once more, written down by itself: from the C structs' declarations, not from the code under test.
const (
	metadataSize = 512
	valueSize    = 128
	keyAt        = 16
	labelLenAt   = 128
	labelAt      = 132
)

// files is the two files of a driver, to be filled and damaged.
type files struct {
	spec   cnctest.Spec
	header cncfile.Header
	cnc    []byte
	loss   []byte // none if nil
}

// newFiles is a driver that lived just now, with room for counters (a multiple of 32).
func newFiles(t testing.TB, counters int) *files {
	t.Helper()
	spec := cnctest.Valid(time.Now())
	spec.CounterValuesLength = int32(counters * valueSize)
	spec.CounterMetadataLength = int32(counters * metadataSize)
	return filesOf(t, spec)
}

func filesOf(t testing.TB, spec cnctest.Spec) *files {
	t.Helper()
	f := &files{spec: spec, cnc: spec.Bytes()}
	h, err := cncfile.DecodeHeader(f.cnc, int64(len(f.cnc)))
	require.NoError(t, err)
	f.header = h
	return f
}

func (f *files) metadata(id int) []byte {
	return f.cnc[f.header.CounterMetadataOffset()+int64(id)*metadataSize:][:metadataSize]
}

func (f *files) value(id int) []byte {
	return f.cnc[f.header.CounterValuesOffset()+int64(id)*valueSize:][:valueSize]
}

func (f *files) errorLog() []byte {
	return f.cnc[f.header.ErrorLogOffset():][:f.header.ErrorLogLength]
}

// counter fills the record of a counter that is allocated.
func (f *files) counter(id int, typeID int32, key []byte, label string, value int64) {
	m, v := f.metadata(id), f.value(id)
	clear(m)
	clear(v)
	put32(m, 0, 1)
	put32(m, 4, typeID)
	put64(m, 8, stats.NotFreeForReuse)
	copy(m[keyAt:labelLenAt], key)
	put32(m, labelLenAt, int32(copy(m[labelAt:], label)))
	put64(v, 0, value)
}

// owned sets whom a counter belongs to.
func (f *files) owned(id int, registration, owner, reference int64) {
	v := f.value(id)
	put64(v, 8, registration)
	put64(v, 16, owner)
	put64(v, 24, reference)
}

// write puts the files into a directory of the test's own.
func (f *files) write(t testing.TB) string {
	t.Helper()
	dir := cnctest.Dir(t)
	f.writeTo(t, dir)
	return dir
}

func (f *files) writeTo(t testing.TB, dir string) {
	t.Helper()
	cnctest.WriteBytes(t, dir, f.cnc)
	if f.loss != nil {
		require.NoError(t, os.WriteFile(filepath.Join(dir, stats.LossReportFile), f.loss, 0o600))
	}
}

// open writes the files and reads them.
func (f *files) open(t testing.TB) *stats.Snapshot {
	t.Helper()
	snap, err := stats.Open(f.write(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, snap.Close()) })
	return snap
}

// streamKey lays out the key of a stream's counter.
func streamKey(registration int64, session, stream int32, channel string) []byte {
	b := make([]byte, 112)
	put64(b, 0, registration)
	put32(b, 8, session)
	put32(b, 12, stream)
	put32(b, 16, int32(copy(b[20:], channel)))
	return b
}

// errorRecord lays out a record of the error log, padded.
func errorRecord(count int32, last, first int64, text string) []byte {
	b := make([]byte, (24+len(text)+7)&^7)
	put32(b, 0, int32(24+len(text)))
	put32(b, 4, count)
	put64(b, 8, last)
	put64(b, 16, first)
	copy(b[24:], text)
	return b
}

// lossRecord lays out a record of the loss report, padded.
func lossRecord(count, lost, first, last int64, session, stream int32, channel, source string) []byte {
	padded := (len(channel) + 3) &^ 3
	b := make([]byte, (40+4+padded+4+len(source)+63)&^63)
	put64(b, 0, count)
	put64(b, 8, lost)
	put64(b, 16, first)
	put64(b, 24, last)
	put32(b, 32, session)
	put32(b, 36, stream)
	put32(b, 40, int32(len(channel)))
	copy(b[44:], channel)
	put32(b, 44+padded, int32(len(source)))
	copy(b[48+padded:], source)
	return b
}

// full is a driver with something of everything.
func full(t testing.TB) *files {
	t.Helper()
	f := newFiles(t, 64)
	for id := range 46 {
		key := make([]byte, 4)
		put32(key, 0, int32(id))
		f.counter(id, stats.TypeSystem, key, stats.SystemCounterName(int32(id)), int64(1000+id))
		f.owned(id, int64(id), -1, 0)
	}
	f.counter(34, stats.TypeSystem, []byte{34}, "Aeron software: version=1.54.0 commit=abcdef", 1<<16|54<<8)
	const channel = "aeron:udp?endpoint=127.0.0.1:40123"
	for i, c := range []struct {
		typeID       int32
		registration int64
		value        int64
	}{
		{stats.TypePublisherLimit, 7, 131072},
		{stats.TypePublisherPosition, 7, 65536},
		{stats.TypeSenderPosition, 7, 60000},
		{stats.TypeSenderLimit, 7, 90000},
		{stats.TypeReceiverHWM, 9, 59008},
		{stats.TypeReceiverPosition, 9, 59000},
		{stats.TypeSubscriberPosition, 12, 50000},
		{stats.TypeSubscriberPosition, 11, 59008},
	} {
		id := 46 + i
		f.counter(id, c.typeID, streamKey(c.registration, -5, 10, channel), stats.TypeName(c.typeID)+": 7 -5 10 "+channel, c.value)
		f.owned(id, c.registration, 3, 0)
	}
	client := make([]byte, 8)
	put64(client, 0, 3)
	f.counter(54, stats.TypeClientHeartbeat, client, "client-heartbeat: id=3 name=risk engine version=1.54.0 commit=abcdef", 1700000000123)
	log := f.errorLog()
	n := copy(log, errorRecord(2, 1700000002000, 1700000001000, "(98) address already in use\n[bind, x.c:1] 127.0.0.1:1"))
	copy(log[n:], errorRecord(1, 1700000003000, 1700000003000, "unknown host"))
	f.loss = append(
		lossRecord(3, 4096, 1700000001000, 1700000002000, -5, 10, channel, "127.0.0.1:5555"),
		lossRecord(1, 64, 1700000003000, 1700000003000, 6, 11, "aeron:udp?endpoint=224.0.1.1:40456", "10.0.0.7:9")...)
	f.loss = append(f.loss, make([]byte, 4096)...)
	return f
}

func put32(b []byte, at int, v int32) { binary.LittleEndian.PutUint32(b[at:], uint32(v)) }
func put64(b []byte, at int, v int64) { binary.LittleEndian.PutUint64(b[at:], uint64(v)) }

// everything iterates over all of a snapshot, as a program that shows it would, and says how much there was.
func everything(snap *stats.Snapshot) (counters, streams, errors, losses int) {
	for c := range snap.Counters() {
		_ = c.TypeName()
		_, _ = c.Stream()
		_, _ = c.Channel()
		_, _, _ = c.LocalAddress()
		_, _ = c.SystemID()
		_, _ = c.Client()
		counters++
	}
	for s := range snap.Backlog() {
		_ = s.String()
		streams++
	}
	for range snap.Errors() {
		errors++
	}
	for range snap.Loss() {
		losses++
	}
	for range snap.Clients() {
		losses += 0
	}
	return counters, streams, errors, losses
}
