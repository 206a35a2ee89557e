//go:build !aeron_reference

package aeronc

// referenceBuild: logs are read and written by C's own functions in the whole program.
const referenceBuild = false
