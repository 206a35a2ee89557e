// Command profiles measures what the profiles of package aeron cost when there is nothing to do, and what they do for one message: for
// each, in a process of its own, the processor time of an idle driver with a client, and the time of an Add and of messages that end
// a pause. The numbers in docs/PROFILES.md are its output.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/freeport"
)

var (
	idle    = flag.Duration("idle", 5*time.Second, "how long each profile is idle")
	profile = flag.String("profile", "", "measure this one, in this process")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "profiles:", err)
		os.Exit(1)
	}
}

func run() error {
	if *profile != "" {
		p, err := aeron.ParseProfile(*profile)
		if err != nil {
			return err
		}
		line, err := measure(p)
		fmt.Println(line)
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "profile\tidle CPU, of one core\tAdd, median\tUDP one-way after a pause, median")
	for p := aeron.Balanced; p <= aeron.Laptop; p++ {
		child := exec.Command(self, "-profile", p.String(), "-idle", idle.String())
		child.Stderr = os.Stderr
		line, err := child.Output()
		if err != nil {
			return fmt.Errorf("measuring %v: %w", p, err)
		}
		fmt.Fprint(table, string(line))
	}
	return table.Flush()
}

const rounds = 21

func measure(p aeron.Profile) (line string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), *idle+time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("/dev/shm", "aeron-profiles-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg := aeron.Config{Directory: filepath.Join(dir, "driver"), Profile: p}
	drv, err := aeron.Open(cfg)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, drv.Close()) }()
	if err := drv.Start(ctx); err != nil {
		return "", err
	}
	// A client that has never added anything looks through all counters twice a second for one that the driver makes at its first add.
	if _, err := drv.AddSubscription(ctx, "aeron:ipc", 1); err != nil {
		return "", err
	}
	time.Sleep(time.Second) // until all of its threads have found that there is nothing to do
	before, begin := processorTime(), time.Now()
	time.Sleep(*idle)
	share := float64(processorTime()-before) / float64(time.Since(begin))

	var adds, passages []time.Duration
	for i := range rounds {
		begin := time.Now()
		pub, err := drv.AddExclusivePublication(ctx, "aeron:ipc?term-length=64k", int32(100+i))
		if err != nil {
			return "", err
		}
		adds = append(adds, time.Since(begin))
		if err := pub.Close(); err != nil {
			return "", err
		}
	}
	port, err := freeport.UDP()
	if err != nil {
		return "", err
	}
	channel := fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", port)
	sub, err := drv.AddSubscription(ctx, channel, 2)
	if err != nil {
		return "", err
	}
	pub, err := drv.AddExclusivePublication(ctx, channel, 2)
	if err != nil {
		return "", err
	}
	if err := pub.AwaitReady(ctx); err != nil {
		return "", err
	}
	for range rounds {
		time.Sleep(50 * time.Millisecond) // a pause
		begin := time.Now()
		if err := pub.Publish(ctx, []byte("after a pause")); err != nil {
			return "", err
		}
		for n := 0; n == 0; {
			if n, err = sub.Poll(func(aeron.Fragment) {}, 1); err != nil {
				return "", err
			}
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
		}
		passages = append(passages, time.Since(begin))
	}
	return fmt.Sprintf("%v\t%.2f %%\t%v\t%v", p, 100*share, median(adds), median(passages)), nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2].Round(time.Microsecond)
}

// processorTime is what this process has used of processors, in all of its threads.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
