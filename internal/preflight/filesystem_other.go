//go:build !linux

package preflight

func memoryFilesystem(string) (inMemory, ok bool) { return false, false }
