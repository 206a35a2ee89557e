package capture_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cmd/aerongo/internal/capture"
)

// written are the packets of a capture of these frames.
func written(t *testing.T, frames ...capture.Frame) (packets []gopacket.Packet) {
	t.Helper()
	var file bytes.Buffer
	w, err := capture.NewWriter(&file, "x")
	require.NoError(t, err)
	for _, f := range frames {
		require.NoError(t, w.Write(f))
	}
	require.NoError(t, w.Flush())
	r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
	require.NoError(t, err)
	for {
		b, _, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return packets
		}
		require.NoError(t, err)
		packets = append(packets, gopacket.NewPacket(b, layers.LayerTypeEthernet, gopacket.Default))
	}
}

// A frame's memory is used again: nothing of a longer one may be left in a shorter one's padding.
func TestWrite_nothingOfTheFrameBeforeIsLeft(t *testing.T) {
	packets := written(t, frame(bytes.Repeat([]byte{0xAA}, 1000)), frame([]byte{1}), frame(nil), frame(bytes.Repeat([]byte{0xBB}, 64)))
	require.Len(t, packets, 4)
	short := packets[1].Layer(layers.LayerTypeUDP).(*layers.UDP).Payload
	require.Equal(t, append([]byte{1}, make([]byte, 31)...), short[32:])
	require.Len(t, packets[2].Layer(layers.LayerTypeUDP).(*layers.UDP).Payload, 32)
	require.NotContains(t, string(packets[3].Data()), "\xAA\xAA")
}

// Wireshark marks a datagram with a wrong sum, and some tools drop it.
func TestWrite_sumsAreRight(t *testing.T) {
	six := frame([]byte("odd"))
	six.From, six.To = address("[fe80::1]:1"), address("[ff02::2]:65535")
	for _, p := range written(t, frame([]byte("odd")), frame(nil), six) {
		require.NoError(t, p.Layer(layers.LayerTypeUDP).(*layers.UDP).SetNetworkLayerForChecksum(p.NetworkLayer()))
		err, mismatches := p.VerifyChecksums()
		require.NoError(t, err)
		require.Empty(t, mismatches)
	}
}

func TestWrite_whoSendsToWhom(t *testing.T) {
	p := written(t, frame(nil))[0]
	ip, udp := p.Layer(layers.LayerTypeIPv4).(*layers.IPv4), p.Layer(layers.LayerTypeUDP).(*layers.UDP)
	require.Equal(t, "127.0.0.1", ip.SrcIP.String())
	require.Equal(t, layers.UDPPort(50000), udp.SrcPort)
	require.Equal(t, layers.UDPPort(40123), udp.DstPort)
	require.EqualValues(t, 20+8+32, ip.Length)
	ethernet := p.Layer(layers.LayerTypeEthernet).(*layers.Ethernet)
	require.NotEqual(t, ethernet.SrcMAC, ethernet.DstMAC)
	require.NotZero(t, ethernet.SrcMAC[0]&2, "nobody's own address")
	require.Zero(t, ethernet.SrcMAC[0]&1, "and no group's")
}

func TestWrite_refusesAddressesThatAreNone(t *testing.T) {
	for name, change := range map[string]func(*capture.Frame){
		"no sender":      func(f *capture.Frame) { f.From = netip.AddrPort{} },
		"no receiver":    func(f *capture.Frame) { f.To = netip.AddrPort{} },
		"neither":        func(f *capture.Frame) { f.From, f.To = netip.AddrPort{}, netip.AddrPort{} },
		"from IPv6 to 4": func(f *capture.Frame) { f.From = address("[::1]:1") },
	} {
		var file bytes.Buffer
		w, err := capture.NewWriter(&file, "x")
		require.NoError(t, err)
		require.NoError(t, w.Flush())
		length := file.Len()
		f := frame(nil)
		change(&f)
		require.ErrorContains(t, w.Write(f), "from ", name)
		require.NoError(t, w.Flush())
		require.Equal(t, length, file.Len(), "%s: nothing half is in the file", name)
	}
}

func TestWrite_numbersOfEveryKind(t *testing.T) {
	f := frame(nil)
	f.Flags, f.TermOffset, f.SessionID, f.StreamID, f.TermID, f.Reserved = 0xFF, math.MaxInt32, math.MinInt32, -1, math.MinInt32, math.MinInt64
	f.Time = time.Unix(0, 1)
	payload := written(t, f)[0].Layer(layers.LayerTypeUDP).(*layers.UDP).Payload
	require.Equal(t, []byte{
		32, 0, 0, 0, 0, 0xFF, 1, 0,
		0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0x80,
		0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x80,
		0, 0, 0, 0, 0, 0, 0, 0x80,
	}, payload)
}
