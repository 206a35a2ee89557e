package faults

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// The driver goes in the midst of messages: every stream of ten has just moved when it is killed, closed or asked to end, and none was held up
// before. Whoever uses one gets a typed error, and is served by a new driver at once.
func TestDriverGone_whileMessagesFlow(t *testing.T) {
	for _, name := range []string{"Killed", "Closed", "AskedToEnd"} {
		t.Run(name, func(t *testing.T) {
			figures.Begin(t)
			rounds := bounded(1, 10)
			var known time.Duration
			for range rounds {
				base := shmBase(t)
				dir := base + "/driver"
				c := start(t, "driver", dir)
				c.expect("started")
				d := external(t, dir)
				f := newFleet(t, d)
				adds := addUntilItEnds(d)
				f.requireFlows(t, 1)
				began := time.Now()
				ways[name](t, c, dir)
				f.requireEnded(t)
				known = max(known, time.Since(began))
				requireAddEnds(t, adds)
				closing := time.Now()
				require.NoError(t, d.Close())
				require.Less(t, time.Since(closing), prompt)
				<-c.ended
				requireFlow(t, opened(t, small(base+"/another")))
			}
			figures.Record(t, "rounds", rounds)
			figures.Record(t, "until everybody knew, at most", known.Round(time.Millisecond))
		})
	}
}

// Two drivers are frozen in the midst of messages for longer than their timeout, and go on later. One finds its directory as it was: whoever
// opens it anew is served. The other's has been taken by a new driver, which keeps it while the old one goes on and closes, and whose streams go
// on. C takes away logs by their names, and the new driver's have the same ones: the old one leaves them, so that who comes later has them too.
func TestDriverResumed(t *testing.T) {
	figures.Begin(t)
	dirs := []string{shm(t), shm(t)}
	var frozen [2]*child
	var fleets [2]*fleet
	for i, dir := range dirs {
		frozen[i] = start(t, "driver", dir)
		frozen[i].expect("started")
		fleets[i] = newFleet(t, external(t, dir))
	}
	began := time.Now()
	for i, f := range fleets {
		f.requireFlows(t, 1)
		frozen[i].signal(syscall.SIGSTOP)
	}
	for _, f := range fleets {
		f.requireEnded(t)
		require.NoError(t, f.driver.Close())
	}
	figures.Record(t, "until everybody knew", time.Since(began).Round(time.Millisecond))

	again, err := aeron.Open(aeron.Config{Directory: dirs[0], External: true, DriverTimeout: driverTimeout})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, again.Close()) })
	require.ErrorIs(t, again.Start(testdriver.Context(t)), aeron.ErrNoDriver)
	frozen[0].signal(syscall.SIGCONT)
	testdriver.Await(t, "the driver to be alive again", func() bool {
		err := again.Start(testdriver.Context(t))
		if err != nil {
			require.ErrorIs(t, err, aeron.ErrNoDriver)
		}
		return err == nil
	})
	requireFlow(t, again)
	require.NoError(t, again.Close())
	frozen[0].tell("close")
	frozen[0].succeed()
	require.NoDirExists(t, dirs[0])

	c := start(t, "driver", dirs[1], "patient")
	c.expect("started")
	d := external(t, dirs[1])
	f := newFleet(t, d)
	before := logs(t, dirs[1])
	require.NotEmpty(t, before)
	frozen[1].signal(syscall.SIGCONT)
	frozen[1].tell("close")
	frozen[1].succeed()
	require.Equal(t, before, logs(t, dirs[1]))
	f.requireFlows(t, 1000)
	requireFlow(t, d)
	later := testdriver.Connect(t, dirs[1])
	sub, err := later.AddSubscription(testdriver.Context(t), "aeron:ipc", f.pubs[0].StreamID())
	require.NoError(t, err)
	testdriver.Await(t, "the image", func() bool { return sub.ImageCount() > 0 })
	require.NoError(t, later.Close())
	f.halt()
	require.NoError(t, d.Err())
	require.NoError(t, d.Close())
	c.tell("close")
	c.succeed()
	require.NoDirExists(t, dirs[1])
	figures.Record(t, "logs of the new driver, by the names of the old one's", len(before))
}

// logs are the files of the publications and images in a driver's directory.
func logs(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(dir + "/*/*.logbuffer")
	require.NoError(t, err)
	return files
}
