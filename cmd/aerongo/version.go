package main

import (
	"runtime"
	"runtime/debug"

	"github.com/aeroncgo/aeron"
)

// versionReport is what version --json prints.
type versionReport struct {
	Version string `json:"version"` // of this module, "(devel)" for a build from a checkout
	Module  string `json:"module"`
	Aeron   string `json:"aeron"` // of the C library that is linked
	Go      string `json:"go"`
}

func versions() versionReport {
	v := versionReport{Version: "(devel)", Module: "github.com/aeroncgo/aeron", Aeron: aeron.Version(), Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, module := range append(info.Deps, &info.Main) {
		if module.Path == v.Module && module.Version != "" {
			v.Version = module.Version
		}
	}
	return v
}
