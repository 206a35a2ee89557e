package testdriver

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Gap sends a driver the frames of a publication of which the middle never comes: what loss is. It returns how many bytes are missing.
func Gap(t *testing.T, endpoint string, session, stream int32) (missing int) {
	t.Helper()
	conn, err := net.Dial("udp4", endpoint)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	const term, mtu = 64 << 10, 1408
	le := binary.LittleEndian
	frame := func(kind uint16, flags byte, length int, offset uint32) []byte {
		b := make([]byte, length)
		le.PutUint32(b[0:], uint32(length))
		b[5] = flags
		le.PutUint16(b[6:], kind)
		le.PutUint32(b[8:], offset)
		le.PutUint32(b[12:], uint32(session))
		le.PutUint32(b[16:], uint32(stream))
		le.PutUint32(b[20:], 1) // the term
		return b
	}
	setup := frame(5, 0, 40, 0) // behind the session and the stream: initial and active term, their length, MTU, TTL
	le.PutUint32(setup[24:], 1)
	le.PutUint32(setup[28:], term)
	le.PutUint32(setup[32:], mtu)
	send := func(b []byte) {
		_, err := conn.Write(b)
		require.NoError(t, err)
	}
	le.PutUint32(setup[20:], 1)
	status := make([]byte, 256)
	Await(t, "the receiver's first status message", func() bool {
		send(setup)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
		_, err := conn.Read(status)
		return err == nil
	})
	send(frame(1, 0xC0, 64, 0))
	send(frame(1, 0xC0, 64, 64+1024))
	return 1024
}
