// Package capture writes the frames of a stream as a pcapng file, the way they would have been on a network: Ethernet, IP, UDP, and an
// Aeron data frame each, for Wireshark's Aeron dissector.
package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Frame is one data frame of a stream.
type Frame struct {
	Time       time.Time
	From, To   netip.AddrPort // of one family
	Flags      uint8
	TermOffset int32
	SessionID  int32
	StreamID   int32
	TermID     int32
	Reserved   int64
	Data       []byte // without the frame's header
}

// The layout of a data frame: aeron_data_header_t of aeron_udp_protocol.h, little-endian.
const (
	headerLength = 32
	alignment    = 32
	typeData     = 1
)

// maxPayload is the most that a UDP datagram over IPv4 holds, which no frame of Aeron's exceeds.
const maxPayload = 65507

// Writer writes frames. It is for one goroutine.
type Writer struct {
	out    *pcapgo.NgWriter
	buffer gopacket.SerializeBuffer
	frame  []byte
}

// NewWriter begins a file. name is what Wireshark shows as the interface.
func NewWriter(w io.Writer, name string) (*Writer, error) {
	out, err := pcapgo.NewNgWriterInterface(w, pcapgo.NgInterface{
		Name: name, LinkType: layers.LinkTypeEthernet, TimestampResolution: 9,
	}, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: "aerongo tap"}})
	if err != nil {
		return nil, fmt.Errorf("begin the capture: %w", err)
	}
	return &Writer{out: out, buffer: gopacket.NewSerializeBuffer()}, nil
}

// Locally administered addresses: nobody's.
var (
	sourceMAC = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	targetMAC = net.HardwareAddr{2, 0, 0, 0, 0, 2}
)

// Write adds a frame.
func (w *Writer) Write(f Frame) error {
	length := headerLength + len(f.Data)
	aligned := (length + alignment - 1) &^ (alignment - 1)
	if length > maxPayload {
		return fmt.Errorf("a frame of %d bytes does not fit into a datagram of %d", length, maxPayload)
	}
	aligned = min(aligned, maxPayload)
	if cap(w.frame) < aligned {
		w.frame = make([]byte, aligned)
	}
	b := w.frame[:aligned]
	clear(b[length:])
	le := binary.LittleEndian
	le.PutUint32(b, uint32(length))
	b[4], b[5] = 0, f.Flags
	le.PutUint16(b[6:], typeData)
	le.PutUint32(b[8:], uint32(f.TermOffset))
	le.PutUint32(b[12:], uint32(f.SessionID))
	le.PutUint32(b[16:], uint32(f.StreamID))
	le.PutUint32(b[20:], uint32(f.TermID))
	le.PutUint64(b[24:], uint64(f.Reserved))
	copy(b[headerLength:], f.Data)

	udp := &layers.UDP{SrcPort: layers.UDPPort(f.From.Port()), DstPort: layers.UDPPort(f.To.Port())}
	ethernet := &layers.Ethernet{SrcMAC: sourceMAC, DstMAC: targetMAC, EthernetType: layers.EthernetTypeIPv4}
	from, to := f.From.Addr().Unmap(), f.To.Addr().Unmap()
	var ip interface {
		gopacket.SerializableLayer
		gopacket.NetworkLayer
	}
	switch {
	case from.Is4() && to.Is4():
		ip = &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: from.AsSlice(), DstIP: to.AsSlice()}
	case from.Is6() && to.Is6():
		ethernet.EthernetType = layers.EthernetTypeIPv6
		ip = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolUDP, SrcIP: from.AsSlice(), DstIP: to.AsSlice()}
	default:
		return fmt.Errorf("addresses of two families: from %v to %v", f.From, f.To)
	}
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		return fmt.Errorf("make a datagram: %w", err)
	}
	if err := gopacket.SerializeLayers(w.buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		ethernet, ip, udp, gopacket.Payload(b)); err != nil {
		return fmt.Errorf("make a datagram: %w", err)
	}
	packet := w.buffer.Bytes()
	info := gopacket.CaptureInfo{Timestamp: f.Time, CaptureLength: len(packet), Length: len(packet)}
	if err := w.out.WritePacket(info, packet); err != nil {
		return fmt.Errorf("write the capture: %w", err)
	}
	return nil
}

// Flush writes what is buffered.
func (w *Writer) Flush() error {
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write the capture: %w", err)
	}
	return nil
}
