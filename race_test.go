//go:build race

package aeron_test

// raceEnabled: the race detector allocates where the code does not.
const raceEnabled = true
