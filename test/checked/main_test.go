package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestRun_bounded(t *testing.T) {
	reports, err := run(testdriver.Context(t), 200_000)
	require.NoError(t, err)
	all := reports[len(reports)-1]
	require.GreaterOrEqual(t, all.Messages, int64(190_000))
	require.GreaterOrEqual(t, all.Terms, int64(200))
	require.NoError(t, aeron.CheckLeaks())
}

// The check can fail: a message that was changed, left out or sent twice is found.
func TestReceive_findsWhatIsWrong(t *testing.T) {
	drv, err := aeron.Open(aeron.Config{AppID: "checked-test", UniqueDirectory: true, Threading: aeron.Shared})
	require.NoError(t, err)
	defer drv.Close()
	ctx := testdriver.Context(t)
	require.NoError(t, drv.Start(ctx))
	for what, spoil := range map[string]struct {
		f    func(s *source, m []byte) []byte
		says string
	}{
		"changed":  {func(_ *source, m []byte) []byte { m[len(m)-1]++; return m }, "not what was sent"},
		"left out": {func(s *source, _ []byte) []byte { return s.message() }, "message 6 where 5 should be"},
		"doubled":  {func(s *source, _ []byte) []byte { s.next -= 2; return s.message() }, "message 4 where 5 should be"},
		"shorter":  {func(_ *source, m []byte) []byte { return m[:len(m)-1] }, "has"},
		"empty":    {func(_ *source, _ []byte) []byte { return []byte{} }, "0 bytes"},
	} {
		_, err := one(ctx, drv, "aeron:ipc?term-length=64k", 7, true, 1, 10, func(_ context.Context, pub aeron.Sender, s *source) error {
			for n := range 10 {
				m := s.message()
				if n == 5 {
					m = spoil.f(s, m)
				}
				if m == nil {
					break
				}
				if _, err := pub.Offer(m); err != nil {
					return err
				}
			}
			return nil
		})
		require.ErrorContains(t, err, spoil.says, what)
	}
}
