//go:build !linux || !amd64 || race

package aeronc

// biased: see gate_biased.go. Here a mutex does it for everybody.
const biased = false

func currentStack() stack { return stack{} }

func piece() uintptr { return 0 }

func (s stack) holds(uintptr) bool { return false }

func barrierWorks() bool { return false }

func barrier() {}
