package main

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// In two rounds everybody is before and behind everybody else once, and over many, each is first about as often.
func TestTurns_areBalanced(t *testing.T) {
	all := []string{"a", "b", "c", "d"}
	order := newTurns(seeded(1), all)
	first := map[string]int{}
	const pairs = 1000
	for range pairs {
		forth := slices.Clone(order.next())
		require.ElementsMatch(t, all, forth)
		first[forth[0]]++
		back := slices.Clone(order.next())
		slices.Reverse(back)
		require.Equal(t, forth, back)
	}
	for _, name := range all {
		require.InDelta(t, pairs/len(all), first[name], pairs/10, name)
	}
	require.Equal(t, []string{"a", "b", "c", "d"}, all, "the caller's own order is left alone")
}

func TestTurns_areRepeatedByTheirSeed(t *testing.T) {
	orders := func(seed uint64) (all []string) {
		order := newTurns(seeded(seed), []string{"a", "b", "c", "d", "e"})
		for range 10 {
			all = append(all, order.next()...)
		}
		return all
	}
	first := orders(7)
	require.Equal(t, first, orders(7))
	require.NotEqual(t, orders(7), orders(8))
}
