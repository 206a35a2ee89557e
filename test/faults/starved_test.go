package faults

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// starve keeps one thread of a child from running, as a system does that has no processor for it: the others run. What it returns lets it run
// again. Only as a debugger can this be done for sure; how little processor time priorities leave to a thread is each kernel's affair.
func starve(t *testing.T, thread int) (feed func()) {
	t.Helper()
	starving, enough, fed := make(chan error, 1), make(chan struct{}), make(chan error, 1)
	go func() {
		// A debugger is a thread. It is given back afterwards: a child dies with the thread that has started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := unix.PtraceSeize(thread)
		if err == nil {
			err = unix.PtraceInterrupt(thread)
		}
		if err == nil {
			_, err = unix.Wait4(thread, nil, unix.WALL, nil) // until it stands still
		}
		starving <- err
		if err != nil {
			return
		}
		<-enough
		fed <- unix.PtraceDetach(thread)
	}()
	require.NoError(t, <-starving)
	feed = sync.OnceFunc(func() {
		close(enough)
		require.NoError(t, <-fed)
	})
	t.Cleanup(feed) // before the child is killed, which would not end while somebody debugs it
	return feed
}

// The conductor of a client gets no processor, and that of another is not stepped by whoever has to, for longer than a client may be silent,
// while the rest of both processes could go on: the driver gives them up, every object has a typed error as soon as the conductor is served
// again, and a new client works. Others are not disturbed meanwhile.
func TestConductorStarved(t *testing.T) {
	figures.Begin(t)
	dir := shm(t)
	cfg := small(dir)
	cfg.ClientLivenessTimeout = liveness
	d := opened(t, cfg)
	requireFlow(t, d) // a client is known once it has asked for something
	rounds, flows := bounded(1, 5), 0
	var silent time.Duration // the longest
	for range rounds {
		children := []*child{start(t, "client", dir, "lost", "starved"), start(t, "client", dir, "lost", "unstepped")}
		for _, c := range children {
			c.expect("running")
		}
		clients := func(n int) func() bool {
			return func() bool { return counters(t, dir, stats.TypeClientHeartbeat) == n }
		}
		testdriver.Await(t, "this process's client and the children's to be known", clients(3))
		conductors := threadsOfC(t, children[0].cmd.Process.Pid)
		require.Len(t, conductors, 1, "the driver is elsewhere")
		began := time.Now()
		feed := starve(t, conductors[0])
		testdriver.Await(t, "the driver to give both up", func() bool {
			requireFlow(t, d)
			flows++
			return clients(1)()
		})
		silent = max(silent, time.Since(began))
		feed()
		for _, c := range children {
			c.tell("go on")
		}
		for _, c := range children {
			said := result[map[string]bool](c)
			require.Equal(t, map[string]bool{"lost": true, "typed": true, "said": true, "flows": false}, said)
		}
	}
	require.NoError(t, d.Err())
	figures.Record(t, "clients of each kind", rounds)
	figures.Record(t, "until the driver had given both up, where a client may be silent for", fmt.Sprintf("%v, %v", silent.Round(time.Millisecond), liveness))
	figures.Record(t, "rounds of streams that came, flowed and went meanwhile", flows)
}
