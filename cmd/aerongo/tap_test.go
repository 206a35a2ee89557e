package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// bothEnds are a publication on the driver in dir and a subscriber of it, connected.
func bothEnds(t *testing.T, dir, channel string, id int32) (*aeron.ExclusivePublication, *aeron.Subscription) {
	t.Helper()
	drv, err := aeron.Open(aeron.Config{Directory: dir, External: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(testdriver.Context(t)))
	sub, err := drv.AddSubscription(testdriver.Context(t), channel, id)
	require.NoError(t, err)
	pub, err := drv.AddExclusivePublication(testdriver.Context(t), channel, id)
	require.NoError(t, err)
	require.NoError(t, pub.AwaitReady(testdriver.Context(t)))
	return pub, sub
}

// publishTo sends messages, and reads them so that the window stays open, until done is closed.
func publishTo(t *testing.T, pub *aeron.ExclusivePublication, sub *aeron.Subscription, message []byte, done <-chan struct{}) {
	t.Helper()
	testdriver.Await(t, "the tap to have enough", func() bool {
		_, err := pub.Offer(message)
		if err != nil {
			require.True(t, errors.Is(err, aeron.ErrBackPressured) || errors.Is(err, aeron.ErrAdminAction), err)
		}
		_, err = sub.Poll(func(aeron.Fragment) {}, 16)
		require.NoError(t, err)
		select {
		case <-done:
			return true
		default:
			return false
		}
	})
}

// dataFrames are the payloads of a capture's datagrams, and where they go.
func dataFrames(t *testing.T, capture io.Reader) (payloads [][]byte, ports map[layers.UDPPort]int) {
	t.Helper()
	r, err := pcapgo.NewNgReader(capture, pcapgo.DefaultNgReaderOptions)
	require.NoError(t, err)
	ports = map[layers.UDPPort]int{}
	for {
		packet, _, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return payloads, ports
		}
		require.NoError(t, err)
		udp, ok := gopacket.NewPacket(packet, layers.LayerTypeEthernet, gopacket.Default).Layer(layers.LayerTypeUDP).(*layers.UDP)
		require.True(t, ok)
		ports[udp.DstPort]++
		payloads = append(payloads, udp.Payload)
	}
}

func TestTap_recordsALiveStream(t *testing.T) {
	_, dir := aDriver(t)
	port := testdriver.Port(t)
	channel := "aeron:udp?endpoint=127.0.0.1:" + strconv.Itoa(port)
	for name, args := range map[string][]string{"a spy": nil, "a subscriber": {"--receive"}, "a tethered spy": {"--tether"}} {
		t.Run(name, func(t *testing.T) {
			pub, sub := bothEnds(t, dir, channel, 10)
			file := filepath.Join(t.TempDir(), "stream.pcapng")
			p := launch(t, append([]string{"tap", "--dir", dir, "-c", channel, "-s", "10", "-o", file, "--count", "50", "--json"}, args...)...)
			message := bytes.Repeat([]byte("aerongo!"), 300) // two frames
			publishTo(t, pub, sub, message, p.done)
			require.Equal(t, exitOK, p.wait(), p.errs.String())
			summary := decode[struct {
				Frames, Bytes, Sessions int
				Missed                  int `json:"missed_bytes"`
				File                    string
			}](t, p.out.String())
			require.Equal(t, 50, summary.Frames)
			require.Equal(t, 1, summary.Sessions)
			require.Zero(t, summary.Missed)

			capture, err := os.Open(file)
			require.NoError(t, err)
			defer capture.Close()
			frames, ports := dataFrames(t, capture)
			require.Equal(t, map[layers.UDPPort]int{layers.UDPPort(port): 50}, ports)
			var whole []byte
			for i, f := range frames {
				length := binary.LittleEndian.Uint32(f)
				require.Equal(t, uint32(pub.SessionID()), binary.LittleEndian.Uint32(f[12:]))
				require.Equal(t, uint32(10), binary.LittleEndian.Uint32(f[16:]))
				if f[5]&0x80 != 0 { // begins a message
					whole = nil
				}
				whole = append(whole, f[32:length]...)
				if i > 0 && f[5]&0x40 != 0 { // ends it
					require.Equal(t, message, whole)
				}
			}
			require.NoError(t, pub.Close())
			require.NoError(t, sub.Close())
		})
	}
}

func TestTap_ofIPCToAPipeUntilASignal(t *testing.T) {
	_, dir := aDriver(t)
	pub, sub := bothEnds(t, dir, "aeron:ipc", 11)
	p := launch(t, "tap", "--dir", dir, "-c", "aeron:ipc", "-s", "11", "-o", "-")
	p.awaitOutput("\x0a\x0d\x0d\x0a") // pcapng's first block, before there is any frame
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		testdriver.Await(t, "frames in the pipe", func() bool { return strings.Contains(p.out.String(), "through memory") })
	}()
	publishTo(t, pub, sub, []byte("through memory"), seen)
	p.signal(syscall.SIGINT)
	require.Equal(t, exitOK, p.wait(), p.errs.String())
	frames, _ := dataFrames(t, strings.NewReader(p.out.String()))
	require.NotEmpty(t, frames)
	require.Contains(t, p.errs.String(), "frames of 1 sessions")
}

func TestTap_badInput(t *testing.T) {
	_, dir := aDriver(t)
	for args, mention := range map[string]string{
		"-c nonsense -o x":                      "nonsense",
		"-c aeron:ipc -o /nowhere/at/all":       "/nowhere/at/all",
		"-c aeron:udp -o /dev/null --count 1":   "aeron:udp",
		"-c aeron:udp?endpoint=:0 -o /dev/null": "endpoint",
	} {
		code, _, stderr := here(t, nil, append([]string{"tap", "--dir", dir}, strings.Fields(args)...)...)
		require.Equal(t, exitError, code, args)
		oneSentence(t, stderr, mention)
	}
	std, errs := unread()
	std.out = broken{}
	require.Equal(t, exitOK, execute(testdriver.Context(t), []string{"tap", "--dir", dir, "-c", "aeron:ipc", "-o", "-"}, std), errs.String())

	p := launch(t, "tap", "--dir", dir, "-c", "aeron:ipc", "-o", filepath.Join(t.TempDir(), "x"), "--duration", "10ms")
	require.Equal(t, exitOK, p.wait(), p.errs.String())
	require.Contains(t, p.errs.String(), "0 frames of 0 sessions")
}

func TestTap_aDriverThatDiesIsASentence(t *testing.T) {
	d, dir := aDriver(t)
	p := launch(t, "tap", "--dir", dir, "-c", "aeron:ipc", "-o", "-", "--driver-timeout", "4s")
	p.awaitOutput("\x0a\x0d\x0d\x0a")
	d.signal(os.Kill)
	require.Equal(t, exitError, p.wait())
	oneSentence(t, p.errs.String(), dir, "gone")
}
