package faults

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// The driver goes while Close runs, in every way that a driver goes: when Close is half done and has to wait for a handler, and when it has
// just been let go on.
func TestDriverKilledWhileClosing(t *testing.T) {
	figures.Begin(t)
	rounds, running := 0, 0
	var longest time.Duration
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			for range bounded(1, 8) {
				for _, held := range []bool{true, false} {
					still, took := closeWhileItGoes(t, held, func(c *child, dir string, d *aeron.Driver) {
						end(t, c, dir)
						switch {
						case !held:
						case name == "StoppedPastItsTimeout":
							testdriver.Await(t, "the client to notice", func() bool { return d.Err() != nil })
						default:
							<-c.ended
						}
					})
					rounds++
					if still {
						running++
					}
					longest = max(longest, took)
				}
			}
		})
	}
	figures.Record(t, "rounds, those in which Close still ran when the driver was gone", fmt.Sprintf("%d, %d", rounds, running))
	figures.Record(t, "the longest that Close took from there", longest.Round(time.Millisecond))
}

// closeWhileItGoes closes a driver's client with a busy fleet while the driver goes. If it is held, Close is kept from coming to its end
// until the driver has gone. It reports whether Close still ran then, and how long it took from there.
func closeWhileItGoes(t *testing.T, held bool, end func(c *child, dir string, d *aeron.Driver)) (running bool, took time.Duration) {
	t.Helper()
	dir := shm(t)
	c := start(t, "driver", dir)
	c.expect("started")
	d := external(t, dir)
	f := newFleet(t, d)
	sub := sendTo(t, d, 97)
	inside, release := make(chan struct{}), make(chan struct{})
	letGo := sync.OnceFunc(func() { close(release) })
	defer letGo()
	polled := make(chan error, 1)
	go func() {
		_, err := sub.Poll(func(aeron.Fragment) {
			close(inside)
			<-release
		}, 1)
		polled <- err
	}()
	select {
	case <-inside:
	case err := <-polled:
		require.FailNow(t, "no message came", "%v", err)
	}
	closed := make(chan error, 1)
	go func() { closed <- d.Close() }()
	testdriver.Await(t, "Close to have closed everything but what the handler holds", func() bool {
		for i := range fleetSize {
			if !f.pubs[i].IsClosed() || !f.subs[i].IsClosed() {
				return false
			}
		}
		return true
	})
	if !held {
		letGo()
	}
	end(c, dir, d)
	select {
	case err := <-closed:
		require.False(t, held, "Close did not wait for the handler")
		closed <- err
	default:
		running = true
	}
	began := time.Now()
	letGo()
	select {
	case err := <-closed:
		require.NoError(t, err)
	case <-time.After(testdriver.Patience):
		require.FailNow(t, "Close does not return")
	}
	took = time.Since(began)
	require.Less(t, took, prompt)
	requireLostOrNil(t, <-polled)
	f.requireEnded(t)
	c.kill()
	return running, took
}

// Killed, taken over, killed again, in one directory, each time under a client that has ten busy publications and subscriptions, a claim
// that is open and Adds that follow each other, while messages flow: the new driver gets the directory while all of that is there, which ends as it does without
// a new driver, and whoever connects anew finds the new one.
func TestDriverRestart_inTheSameDirectory(t *testing.T) {
	figures.Begin(t)
	dir := shm(t)
	rounds, before := bounded(1, 10), 0
	var free, known time.Duration
	c := start(t, "driver", dir)
	c.expect("started")
	for range rounds {
		d := opened(t, aeron.Config{
			// Longer than the new driver waits, so that it comes while the client takes the old one for alive.
			Directory: dir, External: true, DriverTimeout: driverTimeout + driverTimeout/2, ClientIdle: 200 * time.Microsecond,
		})
		f := newFleet(t, d)
		claim := openClaim(t, d)
		adds := addUntilItEnds(d)
		f.requireFlows(t, 1)
		began := time.Now()
		c.signal(syscall.SIGKILL)
		<-c.ended
		c = start(t, "driver", dir, "patient")
		c.expect("started")
		free = max(free, time.Since(began))
		if d.Err() == nil {
			before++
		}
		f.requireEnded(t)
		known = max(known, time.Since(began))
		requireAddEnds(t, adds)
		copy(claim.Data(), strings.Repeat("x", 64)) // still mapped, though its file is gone
		requireLostOrNil(t, claim.Commit())
		require.ErrorIs(t, d.Err(), aeron.CodeDriverTimeout)
		closing := time.Now()
		require.NoError(t, d.Close())
		require.Less(t, time.Since(closing), prompt)

		again := external(t, dir)
		requireFlow(t, again)
		require.NoError(t, again.Close())
	}
	c.tell("close")
	c.succeed()
	require.NoDirExists(t, dir)
	figures.Record(t, "rounds, those in which the new driver was there before the old one was missed", fmt.Sprintf("%d, %d", rounds, before))
	figures.Record(t, "until the new driver had the directory, at most", free.Round(time.Millisecond))
	figures.Record(t, "until everybody knew, at most", known.Round(time.Millisecond))
}
