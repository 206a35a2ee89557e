package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

func TestAnswer_countsWhatWasDone(t *testing.T) {
	e := &embedded{message: make([]byte, messageLength), config: aeron.Config{
		Directory: testdriver.Dir(t), Threading: aeron.Shared, CountersLength: 1 << 20, TermLength: 64 << 10, IPCTermLength: 64 << 10, InitialWindow: 16 << 10,
	}}
	e.handler = func(aeron.Fragment) { e.received++ }
	require.Contains(t, e.answer("turns 1 1"), "error unknown command, or out of turn")
	t.Cleanup(func() { require.NoError(t, e.drv.Close()) })
	for _, c := range []struct{ command, answer string }{
		{"first", `^ok [1-9]\d* 1$`},
		{"add 3", `^ok [1-9]\d* 3$`},
		{"streams 2", `^ok 0 2$`},
		{"streams 5", `^ok 0 5$`},
		{"turns 5 3", `^ok [1-9]\d* 1920$`}, // 128 messages for each of five streams, three times
		{"turns 1 2", `^ok [1-9]\d* 256$`},
		{"turns 6 1", `^error unknown command, or out of turn: "turns 6 1"$`},
		{"idle 10", `^ok \d+ 0$`},
		{"add many", `^error unknown`},
		{"", `^error unknown`},
	} {
		require.Regexp(t, c.answer, e.answer(c.command), c.command)
	}
	require.Len(t, e.subs, 5)
	require.Len(t, e.pubs, 5)
}

func TestRest_isProcessorTimeAndNotTime(t *testing.T) {
	const while = 50 * time.Millisecond
	begin := time.Now()
	spent := rest(while)
	require.GreaterOrEqual(t, time.Since(begin), while)
	require.GreaterOrEqual(t, spent, time.Duration(0))
	before := used()
	for begin := time.Now(); used() <= before; {
		require.Less(t, time.Since(begin), time.Minute, "a loop that spins takes some")
	}
}
