//go:build !race

package cgo_test

const raceEnabled = false
