//go:build aeron_reference

package aeronc

// referenceBuild: see reference_off.go.
const referenceBuild = true
