package stats_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

// broadcast writes records into the buffer for clients as a driver does, from a position, and moves the counters of its trailer.
func (f *files) broadcast(position int64, records ...[]byte) (tail int64) {
	capacity := int64(f.header.ToClientsLength) - 128
	b := f.cnc[f.header.ToClientsOffset():][:f.header.ToClientsLength]
	for _, r := range records {
		if position%capacity+int64(len(r)) > capacity { // does not fit: a record of padding
			put32(b, int(position%capacity), int32(capacity-position%capacity))
			put32(b, int(position%capacity)+4, -1)
			position += capacity - position%capacity
		}
		copy(b[position%capacity:], r)
		position += int64(len(r))
	}
	put64(b, int(capacity), position)
	put64(b, int(capacity)+8, position)
	return position
}

// told lays out a record, padded.
func told(kind int32, body []byte) []byte {
	b := make([]byte, (8+len(body)+7)&^7)
	put32(b, 0, int32(8+len(body)))
	put32(b, 4, kind)
	copy(b[8:], body)
	return b
}

func availableImage(source string) []byte {
	const log = "/dev/shm/x/images/9.logbuffer" // whose length is no multiple of 4
	body := make([]byte, 32+(len(log)+3)&^3+4+len(source))
	put64(body, 0, 9)
	put32(body, 8, -5)
	put32(body, 12, 10)
	put64(body, 16, 7)
	put32(body, 24, 52)
	put32(body, 28, int32(copy(body[32:], log)))
	at := 32 + (len(log)+3)&^3
	put32(body, at, int32(copy(body[at+4:], source)))
	return told(0x0F02, body)
}

func pollAll(t *testing.T, e *stats.Events) []stats.Event {
	t.Helper()
	all, err := e.Poll()
	require.NoError(t, err)
	for i := range all {
		require.False(t, all[i].Time.IsZero())
		all[i].Time = stats.Event{}.Time
	}
	return all
}

func TestEvents_areWhatTheDriverTells(t *testing.T) {
	f := full(t)
	capacity := int64(f.header.ToClientsLength) - 128
	tail := f.broadcast(capacity-64, told(0x0F0A, make([]byte, 8))) // before the reader comes
	dir := f.write(t)
	e, err := stats.OpenEvents(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	require.Empty(t, pollAll(t, e))

	counter := make([]byte, 12)
	put64(counter, 0, 33)
	put32(counter, 8, 60)
	failed := append(make([]byte, 16), "no\x1bgood"...)
	put64(failed, 0, 34)
	put32(failed, 8, 4)
	put32(failed, 12, 7)
	gone := append(make([]byte, 24), "aeron:ipc"...)
	put64(gone, 0, 9)
	put64(gone, 8, 7)
	put32(gone, 16, 10)
	put32(gone, 20, 9)
	tail = f.broadcast(tail, availableImage("127.0.0.1:5"), told(0x0F08, counter), told(0x0F04, make([]byte, 8)), told(0x0F01, failed), told(0x0F05, gone),
		told(0x0F09, counter))
	cnctest.WriteBytes(t, dir, f.cnc)
	require.Equal(t, []stats.Event{
		{Kind: stats.EventAvailableImage, RegistrationID: 9, SubscriptionID: 7, SessionID: -5, StreamID: 10, CounterID: 52, Source: "127.0.0.1:5"},
		{Kind: stats.EventAvailableCounter, RegistrationID: 33, CounterID: 60},
		{Kind: stats.EventRegistrationError, RegistrationID: 34, Code: 4, Text: "no\uFFFDgood"},
		{Kind: stats.EventUnavailableImage, RegistrationID: 9, SubscriptionID: 7, StreamID: 10, Channel: "aeron:ipc"},
		{Kind: stats.EventUnavailableCounter, RegistrationID: 33, CounterID: 60},
	}, pollAll(t, e))
	require.Empty(t, pollAll(t, e))

	f.broadcast(tail+2*capacity, told(0x0F08, counter))
	cnctest.WriteBytes(t, dir, f.cnc)
	require.Equal(t, []stats.Event{{Kind: stats.EventMissed}}, pollAll(t, e), "the driver has lapped it")
	require.Empty(t, pollAll(t, e))
}

func TestEvents_goOnWithAnotherDriver(t *testing.T) {
	f := full(t)
	dir := f.write(t)
	e, err := stats.OpenEvents(dir)
	require.NoError(t, err)
	path := filepath.Join(dir, "cnc.dat")
	require.NoError(t, os.Remove(path))
	require.Empty(t, pollAll(t, e))
	_, err = e.Poll()
	require.ErrorIs(t, err, stats.ErrNotFound)
	_, err = e.Poll()
	require.ErrorIs(t, err, stats.ErrNotFound)
	cnctest.WriteBytes(t, dir, f.cnc)
	require.Equal(t, []stats.Event{{Kind: stats.EventDriverStarted}}, pollAll(t, e))
	require.Empty(t, pollAll(t, e))
	require.NoError(t, e.Close())
	require.NoError(t, e.Close())
	_, err = stats.OpenEvents(t.TempDir())
	require.ErrorIs(t, err, stats.ErrNotFound)
}

// put writes into the file that a reader has open.
func put(t *testing.T, dir string, at int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "cnc.dat"), os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(b, at)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// replace puts another file in the place of a driver's.
func replace(t *testing.T, dir string, b []byte) {
	t.Helper()
	fresh := filepath.Join(dir, "fresh")
	require.NoError(t, os.WriteFile(fresh, b, 0o600))
	require.NoError(t, os.Rename(fresh, filepath.Join(dir, "cnc.dat")))
}

func TestEvents_goOnFromAFileThatCannotBeRead(t *testing.T) {
	f := full(t)
	dir := f.write(t)
	e, err := stats.OpenEvents(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	tail := f.header.ToClientsOffset() + int64(f.header.ToClientsLength) - 128 + 8
	put(t, dir, tail, []byte{1}) // no record begins there
	for range 2 {
		_, err = e.Poll()
		require.ErrorIs(t, err, stats.ErrCorrupt)
	}
	damaged := slices.Clone(f.cnc)
	damaged[tail] = 1
	replace(t, dir, damaged)
	for range 3 { // of the old file, and then of the new one, which cannot be read either
		_, err = e.Poll()
		require.ErrorIs(t, err, stats.ErrCorrupt)
	}
	replace(t, dir, f.cnc)
	require.Equal(t, []stats.Event{{Kind: stats.EventDriverStarted}}, pollAll(t, e))
	require.Empty(t, pollAll(t, e))
}

func TestEvents_endWithClose(t *testing.T) {
	e, err := stats.OpenEvents(full(t).write(t))
	require.NoError(t, err)
	require.NoError(t, e.Close())
	for range 2 {
		events, err := e.Poll()
		require.ErrorIs(t, err, stats.ErrClosed)
		require.Empty(t, events)
		require.NoError(t, e.Close())
	}
}

// A file may say that the driver has told more than anybody wants to have in memory.
func TestEvents_ofAHugeBufferAreMissed(t *testing.T) {
	spec := cnctest.Valid(time.Now())
	spec.ToClientsLength = 64<<20 + 128
	f := filesOf(t, spec)
	dir := f.write(t)
	e, err := stats.OpenEvents(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	at := make([]byte, 16)
	put64(at, 0, 32<<20)
	put64(at, 8, 32<<20)
	put(t, dir, f.header.ToClientsOffset()+int64(f.header.ToClientsLength)-128, at)
	require.Equal(t, []stats.Event{{Kind: stats.EventMissed}}, pollAll(t, e))
	require.Empty(t, pollAll(t, e))
}

func TestEvents_ofDamagedFiles(t *testing.T) {
	f := full(t)
	dir := f.write(t)
	r := rand.New(rand.NewPCG(9, 10))
	capacity := int64(f.header.ToClientsLength) - 128
	buffer := f.cnc[f.header.ToClientsOffset():][:f.header.ToClientsLength]
	damaged := 0
	for range 3000 {
		start := capacity - int64(r.IntN(8))*8
		clear(buffer)
		f.broadcast(start)
		cnctest.WriteBytes(t, dir, f.cnc)
		e, err := stats.OpenEvents(dir)
		require.NoError(t, err)
		f.broadcast(start, availableImage("127.0.0.1:5"), told(0x0F08, make([]byte, 12)), told(int32(0x0F00+r.IntN(16)), make([]byte, r.IntN(40))))
		switch r.IntN(3) {
		case 0:
			mutate(r, buffer[capacity:])
		default:
			mutate(r, buffer[:256])
		}
		cnctest.WriteBytes(t, dir, f.cnc)
		all, err := e.Poll()
		if err != nil {
			require.True(t, known(err), "%v", err)
			damaged++
		}
		for _, event := range all {
			require.True(t, utf8.ValidString(event.Text+event.Channel+event.Source))
		}
		require.NoError(t, e.Close())
	}
	require.Positive(t, damaged)
}
