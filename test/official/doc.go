// Package official runs test suites that others wrote against the driver that aerongo embeds: Aeron's own Java system tests, from the
// pinned source of Aeron 1.52.1 with the packages that pin/pom.xml names, and aeron-go's own system tests. The driver believes it is
// aeronmd: `aerongo driver --from-env` takes its whole configuration from AERON_* variables.
//
// It takes ten minutes, cargo, Maven, a JDK 17 or newer and root, since the suite's fixed ports and multicast groups are kept in a network
// namespace of their own: `make official`, or one of its tests with go test -tags official ./test/official -run Regular -v.
package official
