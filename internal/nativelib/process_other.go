//go:build !unix

package nativelib

import (
	"context"
	"os"
	"os/exec"
)

func ownGroup(*exec.Cmd) {}

// lockFile is never reached: Install refuses these systems first.
func lockFile(context.Context, string, func()) (*os.File, func(), error) {
	return nil, nil, Supported()
}
