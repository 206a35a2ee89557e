package capture_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/lirm/aeron-go/aeron/atomic"
	"github.com/lirm/aeron-go/aeron/logbuffer"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cmd/aerongo/internal/capture"
)

func address(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

func frame(data []byte) capture.Frame {
	return capture.Frame{
		Time: time.Unix(1700000000, 123456789), From: address("127.0.0.1:50000"), To: address("127.0.0.1:40123"), Flags: 0xC0,
		TermOffset: 1024, SessionID: -5, StreamID: 10, TermID: 7, Reserved: -9, Data: data,
	}
}

func TestWrite_isReadBackByOthers(t *testing.T) {
	for name, addresses := range map[string][2]string{
		"IPv4":        {"127.0.0.1:50000", "127.0.0.1:40123"},
		"IPv6":        {"[::1]:50000", "[::1]:40123"},
		"IPv4 mapped": {"[::ffff:127.0.0.1]:50000", "127.0.0.1:40123"},
	} {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			w, err := capture.NewWriter(&file, "aeron:udp?endpoint=localhost:40123")
			require.NoError(t, err)
			lengths := []int{0, 1, 31, 32, 1376, 65507 - 32}
			for _, n := range lengths {
				f := frame(bytes.Repeat([]byte{0xAB}, n))
				f.From, f.To = address(addresses[0]), address(addresses[1])
				require.NoError(t, w.Write(f))
			}
			require.NoError(t, w.Flush())

			r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
			require.NoError(t, err)
			for _, n := range lengths {
				packet, info, err := r.ReadPacketData()
				require.NoError(t, err)
				require.True(t, time.Unix(1700000000, 123456789).Equal(info.Timestamp), info.Timestamp)
				decoded := gopacket.NewPacket(packet, layers.LayerTypeEthernet, gopacket.Default)
				require.Nil(t, decoded.ErrorLayer())
				udp := decoded.Layer(layers.LayerTypeUDP).(*layers.UDP)
				require.Equal(t, layers.UDPPort(40123), udp.DstPort)
				payload := udp.Payload
				require.Len(t, payload, min((32+n+31)&^31, 65507))
				// aeron-go's view of the header.
				var header logbuffer.Header
				header.Wrap(atomic.MakeBuffer(payload).Ptr(), int32(len(payload)))
				require.Equal(t, int32(32+n), header.FrameLength())
				require.Equal(t, uint8(0xC0), header.Flags())
				require.Equal(t, uint32(1024), binary.LittleEndian.Uint32(payload[8:]))
				require.Equal(t, int32(-5), header.SessionId())
				require.Equal(t, int32(10), header.StreamId())
				require.Equal(t, int32(7), header.TermId())
				require.Equal(t, int64(-9), int64(binary.LittleEndian.Uint64(payload[24:])))
				require.Equal(t, bytes.Repeat([]byte{0xAB}, n), payload[32:32+n])
			}
		})
	}
}

func TestWrite_refusesWhatCannotBe(t *testing.T) {
	w, err := capture.NewWriter(&bytes.Buffer{}, "x")
	require.NoError(t, err)
	require.ErrorContains(t, w.Write(frame(make([]byte, 65507-31))), "65508 bytes")
	f := frame(nil)
	f.To = address("[::1]:1")
	require.ErrorContains(t, w.Write(f), "two families")
	require.NoError(t, w.Write(frame(nil)), "the next is none the worse")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, bytes.ErrTooLarge }

func TestWriter_tellsOfAFullDisk(t *testing.T) {
	w, err := capture.NewWriter(full{}, "x")
	if err == nil {
		err = w.Write(frame(make([]byte, 60000)))
	}
	if err == nil {
		err = w.Flush()
	}
	require.ErrorIs(t, err, bytes.ErrTooLarge)
}
