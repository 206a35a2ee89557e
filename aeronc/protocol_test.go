package aeronc

import (
	"testing"

	independent "github.com/lirm/aeron-go/aeron"
	"github.com/lirm/aeron-go/aeron/logbuffer"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// The protocol's second opinion: a client that was written without C's headers has the same numbers.
func TestProtocol_agreesWithAnIndependentClient(t *testing.T) {
	figures.Begin(t)
	h := logbuffer.DataFrameHeader
	constants := map[string][2]int64{
		"header length":         {headerLength, int64(h.Length)},
		"data offset":           {headerLength, int64(h.DataOffset)},
		"frame alignment":       {frameAlignment, int64(logbuffer.FrameAlignment)},
		"frame length":          {0, int64(h.FrameLengthFieldOffset)},
		"flags":                 {offsetFlags, int64(h.FlagsFieldOffset)},
		"type":                  {offsetType, int64(h.TypeFieldOffset)},
		"term offset":           {offsetTermOffset, int64(h.TermOffsetFieldOffset)},
		"session id":            {offsetSessionID, int64(h.SessionIDFieldOffset)},
		"stream id":             {offsetStreamID, int64(h.StreamIDFieldOffset)},
		"term id":               {offsetTermID, int64(h.TermIDFieldOffset)},
		"reserved value":        {offsetReservedValue, int64(h.ReservedValueFieldOffset)},
		"padding":               {typePadding, int64(h.TypePad)},
		"terms":                 {int64(len(Image{}.memory.Terms)), logbuffer.PartitionCount},
		"not connected":         {resultNotConnected, independent.NotConnected},
		"back pressured":        {resultBackPressured, independent.BackPressured},
		"admin action":          {resultAdminAction, independent.AdminAction},
		"closed":                {resultClosed, independent.PublicationClosed},
		"max position exceeded": {resultMaxPosition, independent.MaxPositionExceeded},
	}
	for name, pair := range constants {
		require.Equal(t, pair[1], pair[0], name)
	}
	figures.Record(t, "constants", len(constants))
}
