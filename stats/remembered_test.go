package stats

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRemembered_processesAreLookedForAgainWhenThatMayTellMore(t *testing.T) {
	const files = 7
	begin := time.Unix(1000, 0)
	two := map[int64]Client{1: {ID: 1}, 2: {ID: 2}}
	sure, open := map[int64][]int{1: {10}, 2: {20}}, map[int64][]int{1: {10}, 2: {20, 30}}
	var m remembered
	_, ok := m.processes(two, files, begin)
	require.False(t, ok, "nobody has looked")
	for name, c := range map[string]struct {
		found   map[int64][]int
		clients map[int64]Client
		files   int
		after   time.Duration
		good    bool
	}{
		"at once":                    {sure, two, files, 0, true},
		"later":                      {sure, two, files, pidsAreGood - 1, true},
		"much later":                 {sure, two, files, pidsAreGood, false},
		"sure, and more files":       {sure, two, files + 1, time.Second, true},
		"a client has gone":          {sure, map[int64]Client{2: {}}, files, time.Second, true},
		"a client has come":          {sure, map[int64]Client{1: {}, 2: {}, 3: {}}, files, time.Second, false},
		"open":                       {open, two, files, pidsAreOpen - 1, true},
		"open, and later":            {open, two, files, pidsAreOpen, false},
		"open, and more files":       {open, two, files + 1, time.Second, false},
		"the open one has gone":      {open, map[int64]Client{1: {}}, files, pidsAreOpen, true},
		"one of which nothing known": {map[int64][]int{1: {10}}, two, files, pidsAreOpen, false},
	} {
		m.keepProcesses(c.found, two, files, begin)
		pids, ok := m.processes(c.clients, c.files, begin.Add(c.after))
		require.Equal(t, c.good, ok, name)
		if c.good {
			require.Equal(t, c.found, pids, name)
		}
	}
}

func TestRemembered_isOfOneDriver(t *testing.T) {
	var m remembered
	info := Info{PID: 5, StartTime: time.Unix(1, 0)}
	keep := func() {
		m.of(&info)
		m.keepLog(9, logMetadata{termLength: 1 << 16}, 1)
		m.keepProcesses(map[int64][]int{}, nil, 0, time.Now())
	}
	known := func() [2]bool {
		_, log := m.log(9)
		_, pids := m.processes(nil, 0, time.Now())
		return [2]bool{log, pids}
	}
	keep()
	m.of(&info)
	require.Equal(t, [2]bool{true, true}, known())
	info.PID = 6
	m.of(&info)
	require.Equal(t, [2]bool{}, known())
	keep()
	info.StartTime = time.Unix(2, 0)
	m.of(&info)
	require.Equal(t, [2]bool{}, known(), "a number is used again")
}

func TestRemembered_forgetsLogsThatHaveGone(t *testing.T) {
	var m remembered
	for id := range int64(100000) {
		m.keepLog(id, logMetadata{}, 10)
		require.Less(t, len(m.logs), 1100)
	}
	_, ok := m.log(99999)
	require.True(t, ok)
}
