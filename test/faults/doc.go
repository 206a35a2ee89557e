// Package faults holds tests of what goes wrong around the library: hostile traffic, processes that die or stop, storage that is full or
// not ours, networks that lose. Each case is a test of its own; what can kill a process runs in a child. Bounded in make test,
// in full with make faults (-full).
package faults
