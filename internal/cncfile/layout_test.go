package cncfile_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
)

// TestLayout_agreesWithC states C's numbers a second time, by C's names: a slip in one
// of the two places is a difference.
func TestLayout_agreesWithC(t *testing.T) {
	for name, c := range map[string]struct{ ours, c int }{
		"AERON_CNC_VERSION = aeron_semantic_version_compose(0, 2, 0)": {int(cncfile.SupportedVersion), 0x000200},
		"AERON_CNC_VERSION_AND_META_DATA_LENGTH":                      {cncfile.HeaderLength, 2 * 64},
		"aeron_cnc_metadata_t.cnc_version":                            {cncfile.VersionOffset, 0},
		"aeron_cnc_metadata_t.to_driver_buffer_length":                {cncfile.ToDriverLengthOffset, 4},
		"aeron_cnc_metadata_t.to_clients_buffer_length":               {cncfile.ToClientsLengthOffset, 8},
		"aeron_cnc_metadata_t.counter_metadata_buffer_length":         {cncfile.CounterMetadataLengthOffset, 12},
		"aeron_cnc_metadata_t.counter_values_buffer_length":           {cncfile.CounterValuesLengthOffset, 16},
		"aeron_cnc_metadata_t.error_log_buffer_length":                {cncfile.ErrorLogLengthOffset, 20},
		"aeron_cnc_metadata_t.client_liveness_timeout":                {cncfile.ClientLivenessOffset, 24},
		"aeron_cnc_metadata_t.start_timestamp":                        {cncfile.StartTimestampOffset, 32},
		"aeron_cnc_metadata_t.pid":                                    {cncfile.PIDOffset, 40},
		"aeron_cnc_metadata_t.file_page_size":                         {cncfile.PageSizeOffset, 48},
		"AERON_RB_TRAILER_LENGTH: six pairs of cache lines":           {cncfile.RingTrailerLength, 6 * 2 * 64},
		"aeron_rb_descriptor_t.consumer_heartbeat: after five":        {cncfile.RingHeartbeatOffset, 5 * 2 * 64},
		"AERON_BROADCAST_BUFFER_TRAILER_LENGTH: a pair":               {cncfile.BroadcastTrailerLength, 2 * 64},
		"AERON_COUNTERS_METADATA_BUFFER_LENGTH":                       {cncfile.CounterMetadataRatio, 512 / 128},
		"AERON_NULL_VALUE":                                            {cncfile.NullValue, -1},
	} {
		require.Equal(t, c.c, c.ours, name)
	}
	require.Equal(t, "cnc.dat", cncfile.FileName)
}

func TestDecodeHeader_readsEveryField(t *testing.T) {
	// Bytes written down by hand, so that the decoder is not checked with its own offsets.
	b := make([]byte, 128)
	copy(b, []byte{
		0x07, 0x02, 0x00, 0x00, // version 0.2.7
		0x00, 0x13, 0x00, 0x00, // 4096 + 768
		0x80, 0x20, 0x00, 0x00, // 8192 + 128
		0x00, 0x40, 0x00, 0x00, // 16384
		0x00, 0x10, 0x00, 0x00, // 4096
		0x08, 0x01, 0x00, 0x00, // 264
		0x00, 0xe4, 0x0b, 0x54, 0x02, 0x00, 0x00, 0x00, // 10 s in ns
		0x00, 0xa8, 0x5a, 0xf1, 0x93, 0x01, 0x00, 0x00, // a time in ms
		0x39, 0x30, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // pid 12345
		0x00, 0x00, 0x20, 0x00, // pages of 2 MiB
	})
	h, err := cncfile.DecodeHeader(b, 1<<20)
	require.NoError(t, err)
	require.Equal(t, cncfile.Header{
		Version:               0x000207,
		ToDriverLength:        4096 + 768,
		ToClientsLength:       8192 + 128,
		CounterMetadataLength: 16384,
		CounterValuesLength:   4096,
		ErrorLogLength:        264,
		ClientLivenessTimeout: 10 * time.Second,
		StartTime:             time.UnixMilli(0x0193f15aa800),
		PID:                   12345,
		PageSize:              2 << 20,
		FileLength:            1 << 20,
	}, h)
	require.EqualValues(t, 128, h.ToDriverOffset())
	require.EqualValues(t, 128+4864, h.ToClientsOffset())
	require.EqualValues(t, 128+4864+8320, h.CounterMetadataOffset())
	require.EqualValues(t, 128+4864+8320+16384, h.CounterValuesOffset())
	require.EqualValues(t, 128+4864+8320+16384+4096, h.ErrorLogOffset())
	require.EqualValues(t, 128+4864+8320+16384+4096+264, h.EndOffset())
	require.EqualValues(t, 128+4096+640, h.HeartbeatOffset())
}

// TestDecodeHeader_acceptsADriversDefaults uses the lengths of a C driver of 1.54 with
// its defaults.
func TestDecodeHeader_acceptsADriversDefaults(t *testing.T) {
	s := cnctest.Valid(time.Now())
	s.ToDriverLength = 1<<20 + 768
	s.ToClientsLength = 1<<20 + 128
	s.CounterMetadataLength, s.CounterValuesLength = 4*(8<<20), 8<<20
	s.ErrorLogLength = 4 << 20
	h, err := cncfile.DecodeHeader(header(s), 48_238_592)
	require.NoError(t, err)
	require.LessOrEqual(t, h.EndOffset(), h.FileLength)
	require.Less(t, h.FileLength-h.EndOffset(), int64(4096))
}

// header returns the first 128 bytes of a file.
func header(s cnctest.Spec) []byte {
	s.FileLength = cncfile.HeaderLength
	return s.Bytes()
}

func TestDecodeHeader_refusesWhatCannotBeTrue(t *testing.T) {
	const huge = math.MaxInt32
	for name, c := range map[string]struct {
		damage func(*cnctest.Spec)
		words  string
	}{
		"to driver negative":        {func(s *cnctest.Spec) { s.ToDriverLength = -1 }, "to_driver_buffer_length is negative: -1"},
		"to clients negative":       {func(s *cnctest.Spec) { s.ToClientsLength = math.MinInt32 }, "to_clients_buffer_length is negative"},
		"metadata negative":         {func(s *cnctest.Spec) { s.CounterMetadataLength = -4 }, "counter_metadata_buffer_length is negative"},
		"values negative":           {func(s *cnctest.Spec) { s.CounterValuesLength = -128 }, "counter_values_buffer_length is negative"},
		"error log negative":        {func(s *cnctest.Spec) { s.ErrorLogLength = -7 }, "error_log_buffer_length is negative"},
		"to driver zero":            {func(s *cnctest.Spec) { s.ToDriverLength = 0 }, "to_driver_buffer_length 0 is not"},
		"ring only a trailer":       {func(s *cnctest.Spec) { s.ToDriverLength = 768 }, "to_driver_buffer_length 768 is not"},
		"ring below C's minimum":    {func(s *cnctest.Spec) { s.ToDriverLength = 768 + 4 }, "to_driver_buffer_length 772 is not"},
		"ring not a power of two":   {func(s *cnctest.Spec) { s.ToDriverLength-- }, "not a power of two"},
		"heartbeat outside":         {func(s *cnctest.Spec) { s.ToDriverLength = 100 }, "to_driver_buffer_length 100 is not"},
		"to clients zero":           {func(s *cnctest.Spec) { s.ToClientsLength = 0 }, "to_clients_buffer_length 0 is not"},
		"broadcast only a trailer":  {func(s *cnctest.Spec) { s.ToClientsLength = 128 }, "to_clients_buffer_length 128 is not"},
		"broadcast not a power":     {func(s *cnctest.Spec) { s.ToClientsLength += 3 }, "not a power of two"},
		"counters without values":   {func(s *cnctest.Spec) { s.CounterMetadataLength, s.CounterValuesLength = 40*512, 0 }, "is of 40 counters"},
		"less metadata than values": {func(s *cnctest.Spec) { s.CounterMetadataLength-- }, "less than 4 times"},
		"values huge":               {func(s *cnctest.Spec) { s.CounterValuesLength = huge }, "less than 4 times"},
		"error log huge":            {func(s *cnctest.Spec) { s.ErrorLogLength = huge }, "more than any driver writes"},
		"everything huge": {func(s *cnctest.Spec) {
			s.ToDriverLength, s.ToClientsLength = 1<<30+768, 1<<30+128
			s.CounterMetadataLength, s.CounterValuesLength, s.ErrorLogLength = huge, huge/4, huge
		}, "more than any driver writes"},
		"sum wraps 32 bits to fit": {func(s *cnctest.Spec) {
			s.ToDriverLength, s.ToClientsLength = 1<<30+768, 1<<30+128
			s.CounterMetadataLength, s.CounterValuesLength, s.ErrorLogLength = 1<<30, 0, 1<<30
		}, "more than any driver writes"},
		"page size negative":         {func(s *cnctest.Spec) { s.PageSize = -4096 }, "file_page_size -4096"},
		"page size no power of two":  {func(s *cnctest.Spec) { s.PageSize = 4097 }, "file_page_size 4097"},
		"one byte longer than there": {func(s *cnctest.Spec) { s.ErrorLogLength++ }, "the header describes"},
	} {
		t.Run(name, func(t *testing.T) {
			s := cnctest.Valid(time.Now())
			full := int64(len(s.Bytes()))
			c.damage(&s)
			h, err := cncfile.DecodeHeader(header(s), full)
			require.ErrorIs(t, err, cncfile.ErrCorrupt)
			require.ErrorContains(t, err, c.words)
			require.Zero(t, h)
		})
	}
}

func TestDecodeHeader_acceptsWhatOldDriversLeaveOut(t *testing.T) {
	s := cnctest.Valid(time.Now())
	full := int64(len(s.Bytes()))
	s.PageSize, s.StartMillis = 0, 0
	h, err := cncfile.DecodeHeader(header(s), full)
	require.NoError(t, err)
	require.Zero(t, h.PageSize)
	require.True(t, h.StartTime.IsZero())
}

func TestDecodeHeader_versions(t *testing.T) {
	for _, c := range []struct {
		version cncfile.Version
		text    string
		want    error
		serves  bool
	}{
		{0x000200, "0.2.0", nil, true},
		{0x0002ff, "0.2.255", nil, true},
		{0x00ff00, "0.255.0", nil, true},
		{0x000100, "0.1.0", nil, false},
		{0x000001, "0.0.1", nil, false},
		{0, "0.0.0", cncfile.ErrNotReady, false},
		{0x010000, "1.0.0", cncfile.ErrVersion, false},
		{0x090000, "9.0.0", cncfile.ErrVersion, false},
		{0xffffff, "255.255.255", cncfile.ErrVersion, false},
		{0x1000200, "0x01000200", cncfile.ErrVersion, false}, // C looks at one byte, and would take it for 0.2.0
		{-1, "0xffffffff", cncfile.ErrVersion, false},
		{math.MinInt32, "0x80000000", cncfile.ErrVersion, false},
	} {
		t.Run(c.text, func(t *testing.T) {
			s := cnctest.Valid(time.Now())
			full := int64(len(s.Bytes()))
			s.Version = c.version
			_, err := cncfile.DecodeHeader(header(s), full)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.text, c.version.String())
			require.Equal(t, c.serves, c.version.ServesClients())
			if errors.Is(c.want, cncfile.ErrVersion) {
				var v *cncfile.VersionError
				require.ErrorAs(t, err, &v)
				require.Equal(t, c.version, v.File)
				require.Equal(t, cncfile.SupportedVersion, v.Supported)
				require.ErrorContains(t, err, c.text)
			}
		})
	}
}

func TestDecodeHeader_tellsWhatAStartingDriverHasWritten(t *testing.T) {
	s := cnctest.Starting()
	s.PID = 4711
	h, err := cncfile.DecodeHeader(header(s), int64(len(s.Bytes())))
	require.ErrorIs(t, err, cncfile.ErrNotReady)
	require.EqualValues(t, 4711, h.PID)

	_, err = cncfile.DecodeHeader(make([]byte, 128), 1<<20)
	require.ErrorIs(t, err, cncfile.ErrNotReady)
}

func TestDecodeHeader_believesTheSmallerLength(t *testing.T) {
	b := header(cnctest.Valid(time.Now()))
	_, err := cncfile.DecodeHeader(b[:100], 1<<20)
	require.ErrorIs(t, err, cncfile.ErrTooShort)
	require.ErrorContains(t, err, "100 bytes")
	_, err = cncfile.DecodeHeader(b, 128)
	require.ErrorIs(t, err, cncfile.ErrTooShort)
	_, err = cncfile.DecodeHeader(nil, -1)
	require.ErrorIs(t, err, cncfile.ErrTooShort)
}

func TestErrors_areToldApart(t *testing.T) {
	all := []error{
		cncfile.ErrNotFound, cncfile.ErrTooShort, cncfile.ErrCorrupt, cncfile.ErrVersion,
		cncfile.ErrNotReady, cncfile.ErrNotRegular,
	}
	for i, a := range all {
		for j, b := range all {
			require.Equal(t, i == j, errors.Is(a, b), "%v, %v", a, b)
		}
	}
	require.ErrorIs(t, cncfile.ErrNotFound, fs.ErrNotExist)
}

// inside reports whether every offset that a reader uses lies in the file.
func inside(t *testing.T, h cncfile.Header) {
	t.Helper()
	offsets := []int64{
		cncfile.HeaderLength, h.ToDriverOffset(), h.ToClientsOffset(), h.CounterMetadataOffset(),
		h.CounterValuesOffset(), h.ErrorLogOffset(), h.EndOffset(), h.FileLength,
	}
	for i := 1; i < len(offsets); i++ {
		require.LessOrEqual(t, offsets[i-1], offsets[i], "%+v", h)
	}
	require.GreaterOrEqual(t, h.HeartbeatOffset(), h.ToDriverOffset(), "%+v", h)
	require.LessOrEqual(t, h.HeartbeatOffset()+8, h.ToClientsOffset(), "%+v", h)
}

func FuzzHeader(f *testing.F) {
	valid := cnctest.Valid(time.UnixMilli(1_700_000_000_000))
	f.Add(header(valid), int64(len(valid.Bytes())))
	f.Add(header(cnctest.Starting()), int64(1<<20))
	f.Add(header(valid)[:52], int64(52))
	f.Add([]byte{}, int64(0))
	wrap := valid
	wrap.ToDriverLength, wrap.ErrorLogLength = 1<<30+768, math.MaxInt32
	f.Add(header(wrap), int64(128))
	random := make([]byte, 128)
	for i := range random {
		random[i] = byte(i * 37)
	}
	f.Add(random, int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, b []byte, length int64) {
		h, err := cncfile.DecodeHeader(b, length)
		if err == nil {
			inside(t, h)
			require.Equal(t, binary.LittleEndian.Uint32(b), uint32(h.Version))
			return
		}
		known := 0
		for _, want := range []error{cncfile.ErrTooShort, cncfile.ErrCorrupt, cncfile.ErrVersion, cncfile.ErrNotReady} {
			if errors.Is(err, want) {
				known++
			}
		}
		require.NotZero(t, known, err)
		if !errors.Is(err, cncfile.ErrNotReady) {
			require.Zero(t, h)
		}
	})
}
