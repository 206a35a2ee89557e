package cgo_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
)

const ipc = "aeron:ipc?term-length=64k|mtu=1408"

// offers are the offers of one kind of publication.
type offers struct {
	offer    func([]byte) (int64, error)
	reserved func([]byte, int64) (int64, error)
	parts    func([][]byte, int64) (int64, error)
}

func bothKinds(t *testing.T, test func(t *testing.T, r *raw, o offers)) {
	t.Run("concurrent", func(t *testing.T) {
		r := start(t)
		p := r.publication(ipc, 7)
		test(t, r, offers{
			func(b []byte) (int64, error) { return cgo.PublicationOffer(p, b) },
			func(b []byte, v int64) (int64, error) { return cgo.PublicationOfferReserved(p, b, v) },
			func(b [][]byte, v int64) (int64, error) { return cgo.PublicationOfferV(p, b, v) },
		})
	})
	t.Run("exclusive", func(t *testing.T) {
		r := start(t)
		p := r.exclusive(ipc, 7)
		test(t, r, offers{
			func(b []byte) (int64, error) { return cgo.ExclusivePublicationOffer(p, b) },
			func(b []byte, v int64) (int64, error) { return cgo.ExclusivePublicationOfferReserved(p, b, v) },
			func(b [][]byte, v int64) (int64, error) { return cgo.ExclusivePublicationOfferV(p, b, v) },
		})
	})
}

func TestOffers_partsAndReservedValues(t *testing.T) {
	bothKinds(t, func(t *testing.T, r *raw, o offers) {
		for _, offer := range []func() (int64, error){
			func() (int64, error) { return o.offer([]byte("x")) },
			func() (int64, error) { return o.parts([][]byte{[]byte("x")}, 1) },
		} {
			position, err := offer()
			require.NoError(t, err)
			require.EqualValues(t, -1, position, "not connected")
		}
		s := r.subscription(ipc, 7)
		long := strings.Repeat("0123456789", 300) // three frames of 1376 bytes and less
		for _, test := range []struct {
			offer  func() (int64, error)
			frames []frame
		}{
			{func() (int64, error) { return o.offer(nil) }, []frame{{"", 0}}},
			{func() (int64, error) { return o.reserved([]byte("one"), -5) }, []frame{{"one", -5}}},
			{func() (int64, error) { return o.reserved(nil, 1<<62) }, []frame{{"", 1 << 62}}},
			{func() (int64, error) { return o.parts([][]byte{[]byte("a"), nil, []byte("bc"), {}}, 77) }, []frame{{"abc", 77}}},
			{func() (int64, error) { return o.parts(nil, 78) }, []frame{{"", 78}}},
			{func() (int64, error) { return o.parts([][]byte{nil}, 79) }, []frame{{"", 79}}},
			{
				func() (int64, error) { return o.parts([][]byte{[]byte(long[:1000]), []byte(long[1000:])}, 9) },
				[]frame{{long[:1376], 9}, {long[1376:2752], 9}, {long[2752:], 9}},
			},
			{
				func() (int64, error) { return o.reserved([]byte(long[:1377]), 8) },
				[]frame{{long[:1376], 8}, {long[1376:1377], 8}},
			},
		} {
			var position int64
			r.await("an offer", func() bool {
				var err error
				position, err = test.offer()
				require.NoError(t, err)
				return position > 0
			})
			require.Equal(t, test.frames, r.poll(s))
			require.Zero(t, position%32)
		}
		position, err := o.parts([][]byte{make([]byte, 8<<10), make([]byte, 1)}, 0)
		require.EqualValues(t, -6, position)
		require.ErrorContains(t, err, "length=8193 > max_message_length=8192")
		position, err = o.reserved(make([]byte, 8<<10+1), 0)
		require.EqualValues(t, -6, position)
		require.ErrorContains(t, err, "length=8193 > max_message_length=8192")
	})
}

func TestOfferParts_allocatesNothing(t *testing.T) {
	r := start(t)
	p := r.publication(ipc, 7)
	parts := [][]byte{make([]byte, 10), make([]byte, 20), make([]byte, 30)}
	// Not connected, so that it can be done any number of times.
	allocations := testing.AllocsPerRun(100, func() {
		if position, err := cgo.PublicationOfferV(p, parts, 1); position != -1 || err != nil {
			t.Fatal(position, err)
		}
	})
	if !raceEnabled { // the race detector makes a sync.Pool forget at random
		require.Zero(t, allocations)
	}
}

func TestExclusivePublication_blocksAndPadding(t *testing.T) {
	r := start(t)
	p := r.exclusive(ipc, 7)
	s := r.subscription(ipc, 7)
	info, err := cgo.ExclusivePublicationConstants(p)
	require.NoError(t, err)
	block := make([]byte, 128)
	for at := 0; at < len(block); at += 64 {
		header := block[at:]
		binary.LittleEndian.PutUint32(header, 32+11)
		header[5] = 0xC0
		binary.LittleEndian.PutUint16(header[6:], 1)
		binary.LittleEndian.PutUint32(header[8:], uint32(at))
		binary.LittleEndian.PutUint32(header[12:], uint32(info.SessionID))
		binary.LittleEndian.PutUint32(header[16:], uint32(info.StreamID))
		binary.LittleEndian.PutUint32(header[20:], uint32(info.InitialTermID))
		binary.LittleEndian.PutUint64(header[24:], uint64(at+1))
		copy(header[32:], "hello there")
	}
	r.await("a block", func() bool {
		position, err := cgo.ExclusivePublicationOfferBlock(p, block)
		require.NoError(t, err)
		require.Contains(t, []int64{-1, -2, 128}, position)
		return position == 128
	})
	position, err := cgo.ExclusivePublicationOfferBlock(p, block)
	require.EqualValues(t, -6, position, "the same again lies elsewhere")
	require.ErrorContains(t, err, "term_offset=0 (expected=128)")
	position, err = cgo.ExclusivePublicationAppendPadding(p, 32)
	require.NoError(t, err)
	require.EqualValues(t, 192, position)
	position, err = cgo.ExclusivePublicationAppendPadding(p, 8<<10+1)
	require.EqualValues(t, -6, position)
	require.ErrorContains(t, err, "max_message_length=8192")
	require.Equal(t, []frame{{"hello there", 1}, {"hello there", 65}}, r.poll(s))
	require.Empty(t, r.poll(s), "padding is skipped")
}
