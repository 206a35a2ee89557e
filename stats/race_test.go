//go:build race

package stats_test

// variants is how many damaged files each test of them looks at: fewer here, where nothing runs beside it and each takes long.
const variants = 1_000
