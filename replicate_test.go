package aeron_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// What one stream's PollBlocks delivers, another one's OfferBlock takes: the copy has the same messages at the same positions, over the
// end of a term.
func TestOfferBlock_copiesAStream(t *testing.T) {
	const channel = "aeron:ipc?term-length=64k|init-term-id=5|term-id=5|term-offset=0|session-id=9"
	from, to := start(t, config(t)), start(t, config(t))
	original, copied := subscribe(t, from, "aeron:ipc"), subscribe(t, to, "aeron:ipc")
	p, twin := publishOn(t, from, channel), publishOn(t, to, channel)
	ctx := testdriver.Context(t)
	require.NoError(t, p.AwaitReady(ctx))
	require.NoError(t, twin.AwaitReady(ctx))
	require.NoError(t, copied.AwaitReady(ctx)) // it must not miss what makes room
	_, err := twin.OfferBlock([]byte("no frame"))
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	_, err = twin.AppendPadding(-1)
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	var sent, received []string
	for n := range 600 {
		message := fmt.Sprintf("message %*d", 20+n%300, n)
		sent = append(sent, message)
		publish(t, p, message)
		_, err := original.PollBlocks(func(b aeron.Block) {
			testdriver.Await(t, "the window of the copy", func() bool {
				var err error
				if binary.NativeEndian.Uint16(b.Data()[6:]) == 0 { // padding
					_, err = twin.AppendPadding(len(b.Data()) - 32)
				} else {
					_, err = twin.OfferBlock(b.Data())
				}
				if err != nil {
					require.ErrorIs(t, err, aeron.ErrBackPressured)
				}
				return err == nil
			})
		}, 1<<20)
		require.NoError(t, err)
		_, err = copied.Poll(func(f aeron.Fragment) { received = append(received, string(f.Data())) }, 100)
		require.NoError(t, err)
	}
	testdriver.Await(t, "the rest", func() bool {
		_, err := copied.Poll(func(f aeron.Fragment) { received = append(received, string(f.Data())) }, 100)
		require.NoError(t, err)
		return len(received) == len(sent)
	})
	require.Equal(t, sent, received)
	position, err := p.Position()
	require.NoError(t, err)
	require.Greater(t, position, int64(64<<10))
	same, err := twin.Position()
	require.NoError(t, err)
	require.Equal(t, position, same)
}
