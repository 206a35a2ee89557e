package main

import (
	"math/rand/v2"
	"slices"
)

// turns gives the orders in which some take turns: one by chance, then the same backwards, and so on. Whoever is behind another one, or comes
// first, may be faster or slower for it; so in two rounds each is before every other as often as behind it, and neighbors change.
type turns[T any] struct {
	random *rand.Rand
	all    []T
	back   bool // the next order is the last one backwards
}

func newTurns[T any](random *rand.Rand, all []T) *turns[T] {
	return &turns[T]{random: random, all: slices.Clone(all)}
}

// next is the order of the next round. It is valid until the one after.
func (t *turns[T]) next() []T {
	if t.back {
		slices.Reverse(t.all)
	} else {
		t.random.Shuffle(len(t.all), func(i, j int) { t.all[i], t.all[j] = t.all[j], t.all[i] })
	}
	t.back = !t.back
	return t.all
}

// seeded is a source of chance that a seed repeats.
func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
