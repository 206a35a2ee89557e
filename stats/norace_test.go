//go:build !race

package stats_test

// variants is how many damaged files each test of them looks at.
const variants = 10_000
