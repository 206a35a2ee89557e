//go:build !unix

package cncfile

const openFlags = 0

func isSymlinkError(error) bool { return false }
