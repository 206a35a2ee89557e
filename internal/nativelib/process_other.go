//go:build !unix

package nativelib

import (
	"context"
	"os/exec"
)

func ownGroup(*exec.Cmd) {}

// lockFile is never reached: Install refuses these systems first.
func lockFile(context.Context, string, func()) (func(), error) { return nil, Supported() }
