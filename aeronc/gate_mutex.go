//go:build !linux || !amd64 || race

package aeronc

// biased: see gate_biased.go. Here a mutex does it for everybody.
const biased = false

func goroutine() uintptr { return 0 }

func barrierWorks() bool { return false }

func barrier() {}
