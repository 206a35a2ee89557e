//go:build race

package aeronc_test

const raceEnabled = true
