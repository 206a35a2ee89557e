//go:build !aeron_reference

package aeronc_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// Where the log of a stream with terms of 64 KiB has its metadata, and things in them.
const (
	metadata        = 3 * 64 << 10
	atTail          = 0
	atActiveTerm    = 24
	atLogTermLength = 276
)

// A client maps a log once. What it says of its terms may change before the next subscription takes the same mapping: C believes it, and a walk of
// the terms as long as that would read beyond the mapping.
func TestImage_ofALogWhoseTermLengthHasChanged(t *testing.T) {
	told := make(chan error, 16)
	d := testdriver.Start(t)
	client := d.Connect(func(c *aeronc.Context) {
		require.NoError(t, c.SetErrorHandler(func(err error) { told <- err }))
	})
	p, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc?term-length=64k", 1)
	require.NoError(t, err)
	s := connect(t, client, p)
	for range 500 { // further than the log is long
		offer(t, p, make([]byte, 1024))
		receive(t, s, 1)
	}
	log := mapLog(t, filepath.Join(d.Dir(), "publications", fmt.Sprintf("%d.logbuffer", p.Constants().OriginalRegistrationID)))
	atomic.StoreInt32(int32At(log, metadata+atLogTermLength), 1<<30)
	late, err := client.AddSubscription(testdriver.Context(t), "aeron:ipc?term-length=64k", 1)
	require.NoError(t, err)
	testdriver.Await(t, "the image", func() bool { return late.ImageCount() > 0 })
	offer(t, p, []byte("one more"))
	n, err := late.Poll(func(aeronc.Fragment) { t.Error("handed out") }, 10)
	require.NoError(t, err)
	require.Zero(t, n)
	testdriver.Await(t, "an error", func() bool { return len(told) > 0 })
	require.ErrorIs(t, <-told, aeronc.ErrLayout)
	require.Equal(t, "one more", string(receive(t, s, 1)[0]), "who was there before goes on")
}

// Writers of a concurrent publication find their place by what the log says. Whatever that is, they write inside of a term, at a frame's
// beginning.
func TestPublication_whoseLogSaysWhatCannotBe(t *testing.T) {
	for _, offset := range []uint32{33, 64<<10 - 8, 64<<10 - 33, 64<<10 + 1, 1<<31 + 7, 1<<32 - 1} {
		t.Run(fmt.Sprint("tail ", offset), func(t *testing.T) {
			d := testdriver.Start(t)
			client := d.Connect()
			p, err := client.AddPublication(testdriver.Context(t), "aeron:ipc?term-length=64k", 1)
			require.NoError(t, err)
			s := connect(t, client, p)
			for range 40 {
				offer(t, p, make([]byte, 1024))
				receive(t, s, 1)
			}
			testdriver.Await(t, "a window beyond the term", func() bool { limit, err := p.PositionLimit(); return err == nil && limit > 64<<10 })
			log := mapLog(t, filepath.Join(d.Dir(), "publications", fmt.Sprintf("%d.logbuffer", p.Constants().OriginalRegistrationID)))
			atomic.StoreInt32(int32At(log, metadata+atTail), int32(offset))
			message := bytes.Repeat([]byte{0xEE}, 100)
			_, err = p.Offer(message)
			if err != nil {
				require.ErrorIs(t, err, aeronc.ErrAdminAction)
			}
			require.Equal(t, make([]byte, 64<<10), log[64<<10:128<<10], "the next term")
			if at := bytes.Index(log, message); at >= 0 {
				require.Zero(t, at%32, "a message at %d", at)
			}
		})
	}
	t.Run("active term", func(t *testing.T) {
		d := testdriver.Start(t)
		client := d.Connect()
		p, err := client.AddPublication(testdriver.Context(t), "aeron:ipc?term-length=64k", 1)
		require.NoError(t, err)
		connect(t, client, p)
		log := mapLog(t, filepath.Join(d.Dir(), "publications", fmt.Sprintf("%d.logbuffer", p.Constants().OriginalRegistrationID)))
		// A term before the first, which its tail agrees with: no position is there.
		const before = -1
		atomic.StoreInt32(int32At(log, metadata+atActiveTerm), before)
		for tail := range 3 {
			atomic.StoreInt32(int32At(log, metadata+atTail+8*tail+4), p.Constants().InitialTermID+before)
		}
		_, err = p.Offer(make([]byte, 100))
		require.ErrorIs(t, err, aeronc.ErrAdminAction)
		_, err = p.TryClaim(100)
		require.ErrorIs(t, err, aeronc.ErrAdminAction)
	})
}
